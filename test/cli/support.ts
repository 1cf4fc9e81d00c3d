// The command as users have it: bundled once for all tests of this folder, run as a process of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { copyAssets } from "../../scripts/build/assets.ts";
import { bundle } from "../../scripts/build/bundle.ts";
import type { ModelServer } from "../../src/testing/index.ts";
import type { Place } from "../agent/support.ts";
import { type ChildEnd, type Listened, listenTo } from "../support/child-process.ts";

const root = join(import.meta.dirname, "../..");
// Inside the repository, so that packages that are not bundled are found.
const cache = join(root, "node_modules/.cache/bosun-command");
let built: Promise<string> | undefined;

/** Path of cli.js, built from the sources as they are now. */
export function command(): Promise<string> {
  built ??= build();
  return built;
}

async function build(): Promise<string> {
  const hash = createHash("sha256");
  for (const file of fs.globSync("{src,demo}/**/*.*", { cwd: root }).sort()) {
    const stat = fs.statSync(join(root, file));
    hash.update(`${file} ${stat.mtimeMs} ${stat.size}\n`);
  }
  const folder = join(cache, hash.digest("hex").slice(0, 16));
  if (fs.existsSync(join(folder, "cli.js"))) return join(folder, "cli.js");
  const next = `${folder}-${process.pid}`;
  fs.mkdirSync(next, { recursive: true });
  await bundle(root, next);
  copyAssets(root, next);
  try {
    fs.renameSync(next, folder);
  } catch {
    fs.rmSync(next, { recursive: true, force: true }); // another test file was faster
  }
  for (const old of fs.readdirSync(cache)) {
    const path = join(cache, old);
    if (Date.now() - (fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 3_600_000) fs.rmSync(path, { recursive: true, force: true });
  }
  return join(folder, "cli.js");
}

export interface Ended extends ChildEnd {
  readonly milliseconds: number;
}
export interface Setting {
  readonly place: Place;
  /** Asked over the Anthropic wire, or the one that `wire` says; without it no model is there. */
  readonly server?: ModelServer;
  readonly wire?: "anthropic" | "openai";
  /** Text on stdin; "open": a pipe that nobody writes to or closes. Without it: /dev/null. */
  readonly stdin?: string;
  readonly environment?: Readonly<Record<string, string>>;
}
export interface Running extends Listened {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

export function environmentOf({
  place,
  server,
  wire = "anthropic",
  environment,
}: Omit<Setting, "place"> & { readonly place: Pick<Place, "home"> }): Record<string, string> {
  const model: Record<string, string> = !server
    ? {}
    : wire === "anthropic"
      ? { ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "key" }
      : { OPENAI_BASE_URL: server.openaiUrl, OPENAI_API_KEY: "key" };
  return { PATH: process.env.PATH ?? "", HOME: place.home, BOSUN_HOME: place.home, ...model, ...environment };
}

export async function start(setting: Setting, ...words: readonly string[]): Promise<Running> {
  const cli = await command();
  const from = performance.now();
  const child = spawn(process.execPath, [cli, ...words], {
    cwd: setting.place.project,
    env: environmentOf(setting),
    stdio: [setting.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  if (setting.stdin !== undefined && setting.stdin !== "open") child.stdin?.end(setting.stdin);
  const listened = listenTo(child);
  return { ...listened, child, ended: listened.ended.then((end) => ({ ...end, milliseconds: performance.now() - from })) };
}

export const bosun = async (setting: Setting, ...words: readonly string[]): Promise<Ended> => (await start(setting, ...words)).ended;

export interface Around {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** A program and arguments to run it under. */
  readonly under?: readonly string[];
}
/** For what begins before any test does: it is waited for, and ended with none. */
export async function runCommand({ cwd, environment, under = [] }: Around, ...words: readonly string[]): Promise<ChildEnd> {
  const [program = "", ...rest] = [...under, process.execPath, await command(), ...words];
  return listenTo(spawn(program, rest, { cwd, env: environment, stdio: ["ignore", "pipe", "pipe"] })).ended;
}

export const linesOf = (text: string): readonly Record<string, unknown>[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** The only session of the place. */
export function sessionOf(place: Place): string {
  const [session, ...more] = fs.globSync("projects/*/*/journal.jsonl", { cwd: place.home }).map((path) => path.split("/").at(-2) as string);
  if (session === undefined || more.length > 0) throw new Error(`one session is expected, there are ${session === undefined ? 0 : more.length + 1}`);
  return session;
}
