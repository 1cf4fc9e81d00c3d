// The real ports on a temporary folder: files, bash and ripgrep as in a session, blobs and the to-do list in memory.
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FileState, Json } from "../../src/base/index.ts";
import { cleanEnvironment, createCages, createFiles, createSearch, createShell, type Disk, nodeDisk, sha256 } from "../../src/exec/index.ts";
import type { ToolResult } from "../../src/model/index.ts";
import {
  builtinTools,
  createRegistry,
  type EffectPorts,
  isPrepared,
  type Prepared,
  type ReadPorts,
  type TodoItem,
  type ToolContext,
  validateInput,
} from "../../src/tools/index.ts";

export interface Workplace {
  /** Real path of a folder made for this test. */
  readonly root: string;
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  readonly todo: { items: readonly TodoItem[] };
  put(name: string, content: string | Uint8Array, mode?: number): string;
  text(name: string): string;
  prepare(tool: string, input: Json, signal?: AbortSignal): Promise<Prepared | ToolResult>;
  /** Prepares and commits, as an allowed call; what it saw is remembered. */
  call(tool: string, input: Json, signal?: AbortSignal): Promise<ToolResult>;
  settle(prepared: Prepared | ToolResult): Promise<ToolResult>;
  /** Ends its jobs and removes its folders. */
  remove(): Promise<void>;
}

export function createWorkplace(disk: Disk = nodeDisk): Workplace {
  const top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "tools-")));
  const root = join(top, "project");
  const spill = join(top, "spill");
  fs.mkdirSync(root);
  fs.mkdirSync(spill);
  const registry = createRegistry(builtinTools);
  const blobs = new Map<string, Uint8Array>();
  const seen = new Map<string, { readonly state: FileState; readonly text: string | null }>();
  const texts = new Map<string, string>();
  const todo: { items: readonly TodoItem[] } = { items: [] };
  const environment = cleanEnvironment(process.env);
  const putBlob = async (bytes: Uint8Array) => {
    const name = sha256(bytes);
    blobs.set(name, bytes);
    return { ok: true as const, value: name };
  };
  const cages = createCages(process.env.PATH ?? "", () => undefined);
  const shell = createShell({ cwd: root, environment, folder: spill, runs: join(top, "runs"), cages, keep: putBlob });
  let steps = 0;
  const files = createFiles(disk);
  const reading: ReadPorts = {
    files,
    seen: { get: (path) => seen.get(path) },
    shellCwd: () => shell.cwd(),
    todo: () => todo.items,
    blob: async () => {
      throw new Error("no tool reads blobs");
    },
  };
  const effects: EffectPorts = {
    files,
    shell: { run: (request) => shell.run({ ...request, step: `s${++steps}`, key: `key${steps}`, onStart: () => undefined }) },
    jobs: shell.jobs,
    search: createSearch(() => import("@vscode/ripgrep").then((module) => module.rgPath), environment),
    putBlob,
    keepSeen: (state, text) => void texts.set(`${state.path} ${state.sha256}`, text),
    replaceTodo: async (items) => {
      todo.items = items;
    },
  };
  const remember = (result: ToolResult) => {
    for (const state of result.seen ?? []) seen.set(state.path, { state, text: texts.get(`${state.path} ${state.sha256}`) ?? null });
    return result;
  };
  const contextOf = (signal: AbortSignal): ToolContext => ({ cwd: root, root, signal, key: "key", ports: reading, progress: () => undefined });
  const workplace: Workplace = {
    root,
    blobs,
    todo,
    put(name, content, mode = 0o644) {
      const path = join(root, name);
      fs.mkdirSync(join(path, ".."), { recursive: true });
      fs.writeFileSync(path, content);
      fs.chmodSync(path, mode);
      return path;
    },
    text: (name) => fs.readFileSync(join(root, name), "utf8"),
    async prepare(name, input, signal = new AbortController().signal) {
      const tool = registry.get(name);
      if (tool === undefined) throw new Error(`no tool ${name}`);
      const invalid = await validateInput(tool, input);
      if (invalid !== null) throw new Error(invalid);
      return (await tool.load())(input, contextOf(signal));
    },
    settle: async (prepared) => remember(isPrepared(prepared) ? await prepared.commit(effects) : prepared),
    call: async (name, input, signal) => workplace.settle(await workplace.prepare(name, input, signal)),
    async remove() {
      await shell.close();
      fs.rmSync(top, { recursive: true, force: true });
    },
  };
  return workplace;
}

export const textOf = (result: ToolResult): string => result.parts.map((part) => (part.type === "text" ? part.text : `<${part.type}>`)).join("");
