// Runs rows in a world of their own and says whether each had the effect that it names.
//
// Owns: one copy of the world, mended after each row that changed it. Calls: bubblewrap, bash or zsh, strace.
// Invariants
//  R1  A row starts in the world as it was built: what the last one changed is put back before.
//  R2  A row can't reach the network, nor write anywhere but into its copy.
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, matchesGlob, resolve } from "node:path";
import type { Row } from "./row.ts";
import { harbour, hasStrace, hasZsh, missingSandbox, programFolders, sandboxLine, type World } from "./sandbox.ts";
import { type Change, compareTrees, readTree, type Tree } from "./tree.ts";

export interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
  readonly hung: boolean;
  readonly connected: boolean;
  /** Paths as those inside name them. */
  readonly changes: readonly Change[];
  readonly milliseconds: number;
}
export interface RunOptions {
  readonly shell?: "bash" | "zsh";
  readonly terminal?: boolean;
  /** Watch for attempts to connect: three times slower. */
  readonly watch?: boolean;
  /** Milliseconds. */
  readonly limit?: number;
}
/** True or false: it had the effect it names, or not. A text: not run, and why. */
export interface Verdict {
  readonly had: boolean | string;
  readonly outcome?: Outcome;
}

const outputLimit = 400_000;

/** Without the person's own settings; the command comes behind it. */
export const shellLine = (shell: "bash" | "zsh"): readonly string[] => (shell === "zsh" ? ["zsh", "-f", "-c"] : ["bash", "--noprofile", "--norc", "-c"]);

/** How a row wants to be run. */
export const optionsOf = (row: Row): RunOptions => ({ shell: row.shell, terminal: row.terminal === true, limit: row.effect === "hang" ? 1500 : 8000 });

/** As those inside name it. */
function inside({ folders }: World, path: string): string {
  const [name = "", ...rest] = path.split("/");
  const at = folders.find(([folder]) => folder === name)?.[1] ?? name;
  return [at, ...rest].join("/");
}

/** With the times of links too, which fs.cpSync makes new: git would then write its index. */
const copyAsItIs = (from: string, to: string): void => void execFileSync("cp", ["-a", "--", from, to]);

export interface Runner {
  run(command: string, options?: RunOptions): Promise<Outcome>;
  verify(row: Row, watchAll?: boolean): Promise<Verdict>;
  close(): void;
}

/** What a row is run by in place of a bash of its own. */
export interface Carrier {
  run(command: string, options: Required<RunOptions>): Promise<Ran>;
  /** The copy is not the same folder any more. */
  forget(): void;
}
export type Ran = Pick<Outcome, "code" | "output" | "errors" | "hung" | "connected">;

/** `built` is a world by buildWorld; `copy` a folder that doesn't exist yet, near it. */
export function createRunner(built: string, copy: string, world: World = harbour, carrier: Carrier | null = null): Runner {
  const names = world.folders.map(([name]) => name);
  let tree = refresh();

  function refresh(): Tree {
    carrier?.forget();
    rmSync(copy, { recursive: true, force: true });
    copyAsItIs(built, copy);
    return readTree(copy, names);
  }

  function mend(changes: readonly Change[], paths: readonly string[]): void {
    if (changes.length === 0) return;
    if (changes.length > 200) {
      tree = refresh();
      return;
    }
    for (const path of paths) {
      const [from, to] = [join(built, path), join(copy, path)];
      if (!existsSync(dirname(to))) continue;
      const folder = existsSync(from) && lstatSync(from).isDirectory();
      const stands = lstatSync(to, { throwIfNoEntry: false });
      if (folder && stands?.isDirectory()) chmodSync(to, lstatSync(from).mode);
      else {
        if (stands !== undefined) rmSync(to, { recursive: true, force: true });
        if (lstatSync(from, { throwIfNoEntry: false }) !== undefined) {
          mkdirSync(dirname(to), { recursive: true });
          copyAsItIs(from, to);
        }
      }
    }
    const now = readTree(copy, names);
    // What was put back is another file for the kernel: the same paths and modes are all that can be asked.
    const left = compareTrees(tree, now).filter(({ path }) => !paths.includes(path) && !paths.some((one) => path.startsWith(`${one}/`)));
    tree = left.length === 0 && now.size === tree.size ? now : refresh();
  }

  async function run(command: string, options: RunOptions = {}): Promise<Outcome> {
    const { shell = "bash", terminal = false, watch = false, limit = 8000 } = options;
    const start = performance.now();
    const ran = await (carrier?.run(command, { shell, terminal, watch, limit }) ?? runAlone(command, { shell, terminal, watch, limit }));
    const milliseconds = performance.now() - start;
    const changes = compareTrees(tree, readTree(copy, names));
    const paths = changes.map((change) => change.path);
    mend(changes, paths);
    return { ...ran, changes: changes.map((change) => ({ ...change, path: inside(world, change.path) })), milliseconds };
  }

  async function runAlone(command: string, { shell, terminal, watch, limit }: Required<RunOptions>): Promise<Ran> {
    const trace = join(copy, "tmp/.trace");
    let line = [...shellLine(shell), command];
    if (terminal) {
      writeFileSync(join(copy, "tmp/.command"), command);
      line = ["script", "-qec", `${shellLine(shell).join(" ")} "$(cat /tmp/.command)"`, "/dev/null"];
    }
    if (watch) line = ["strace", "-f", "-qq", "-e", "trace=connect,sendto", "-e", "signal=none", "-o", "/tmp/.trace", ...line];
    const ran = await spawned(sandboxLine(copy, line), limit);
    const connected = watch && existsSync(trace) && /AF_INET6?\b/.test(readFileSync(trace, "utf8"));
    for (const name of [".trace", ".command"]) rmSync(join(copy, "tmp", name), { force: true });
    return { ...ran, connected };
  }

  async function verify(row: Row, watchAll = false): Promise<Verdict> {
    const why = skipReason(row);
    if (why !== null) return { had: why };
    const watch = hasStrace && (watchAll || row.effect === "connect");
    const outcome = await run(row.command, { ...optionsOf(row), watch });
    return { had: hadEffect(world, row.effect, outcome), outcome };
  }

  return { run, verify, close: () => rmSync(copy, { recursive: true, force: true }) };
}

function skipReason(row: Row): string | null {
  if (row.effect.startsWith("notrun:")) return row.effect.slice("notrun:".length);
  if (missingSandbox !== null) return missingSandbox;
  if (row.shell === "zsh" && !hasZsh) return "zsh is not installed: apt-get install zsh";
  if (row.effect === "connect" && !hasStrace) return "strace is not installed: apt-get install strace";
  const missing = (row.needs ?? []).find((name) => !programFolders.some((folder) => existsSync(join(folder, name))));
  return missing === undefined ? null : `${missing} is not installed`;
}

function hadEffect({ home, project }: World, effect: string, outcome: Outcome): boolean {
  const colon = effect.indexOf(":");
  const [kind, about] = colon < 0 ? [effect, ""] : [effect.slice(0, colon), effect.slice(colon + 1)];
  const path = about.startsWith("~/") ? join(home, about.slice(2)) : resolve(project, about);
  const has = (what: Change["what"], at: (path: string) => boolean): boolean => outcome.changes.some((change) => change.what === what && at(change.path));
  switch (kind) {
    case "file":
      return has("made", (made) => made === path);
    case "modify":
      return has("changed", (changed) => changed === path);
    case "delete":
      return has("gone", (gone) => gone === path);
    case "glob":
      return has("made", (made) => matchesGlob(made, path));
    case "git":
      return outcome.changes.some((change) => change.path.startsWith(`${project}/.git/`) && !change.path.endsWith(".git/index"));
    case "stdout":
      return outcome.output.includes(about) || outcome.errors.includes(about);
    case "connect":
      return outcome.connected;
    case "hang":
      return outcome.hung;
    case "none":
      return outcome.changes.length === 0 && (outcome.code === 0 || outcome.code === 1) && !outcome.hung && !outcome.connected;
    default:
      throw new Error(`"${effect}" is no effect: see row.ts`);
  }
}

function spawned(line: readonly string[], limit: number): Promise<Pick<Outcome, "code" | "output" | "errors" | "hung">> {
  return new Promise((done) => {
    const child = spawn("bwrap", line, { stdio: ["ignore", "pipe", "pipe"] });
    const texts = { output: "", errors: "" };
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      child.kill("SIGKILL");
    }, limit);
    for (const [name, stream] of [["output", child.stdout] as const, ["errors", child.stderr] as const]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        if (texts[name].length < outputLimit) texts[name] += text;
      });
    }
    child.on("error", (error) => {
      clearTimeout(timer);
      done({ code: null, ...texts, errors: String(error), hung });
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      done({ code, ...texts, hung });
    });
  });
}

/** What `judge` says of each row, in order: two at a time, each of the two in a place of its own, which is closed at the end. */
export async function byTwo<Place extends { close(): void }, Said>(
  rows: readonly Row[],
  open: (name: string) => Place,
  judge: (row: Row, place: Place) => Promise<Said>,
): Promise<Said[]> {
  const places: Place[] = [];
  const said: Said[] = [];
  let next = 0;
  const work = async (name: string): Promise<void> => {
    const place = open(name);
    places.push(place);
    for (let at = next++; at < rows.length; at = next++) {
      const row = rows[at];
      if (row !== undefined) said[at] = await judge(row, place);
    }
  };
  try {
    await Promise.all([work("one"), work("two")]);
    return said;
  } finally {
    for (const place of places) place.close();
  }
}
