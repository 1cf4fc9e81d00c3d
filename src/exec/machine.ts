// The seam to the machine that commands run on: the programs they are, and the files that tell of them.
import type { ChildProcess, SpawnOptions } from "node:child_process";
import * as fs from "node:fs";

/**
 * What running commands does to the machine: each call of a method is one operation, done when it returns. A test that dies
 * at every operation wraps them all alike: it counts the call, then dies before it, or calls the method here and dies after
 * it (`new Proxy(nodeMachine, …)` will do). The order is the same each time; how many pieces output comes in is not, unless
 * it is short. A method that throws is a failure of the world and has the system's `code`;
 * commands run on as well as they can without what failed. What only looks, and signals, do not pass here; nor does what a
 * started program does itself, such as writing its exit code.
 */
export interface Machine {
  /** Starts a program: the moment from which it has effects. Some failures come as an event "error" of a child without a pid. */
  start(program: string, options: readonly string[], how: SpawnOptions): ChildProcess;
  /** Runs a program that is over in a moment; its error output, or null when it went well. */
  runToEnd(program: string, options: readonly string[]): string | null;
  /** With its parents, private. */
  makeFolder(path: string): void;
  /** A new private file, opened to be written at its end; fails where something stands. */
  create(path: string): number;
  /** Bytes written, which may be fewer than given. */
  write(descriptor: number, bytes: Uint8Array): number;
  /** A private file with this content, in place of an older one. */
  put(path: string, content: string | Uint8Array): void;
  rename(from: string, to: string): void;
  /** A file, or a folder with all in it; nothing there is no failure. */
  remove(path: string): void;
  /** The same, begun and not waited for, whatever comes of it. */
  removeLater(path: string): void;
  /** Only an empty folder. */
  removeFolder(path: string): void;
}

const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;

export const nodeMachine: Machine = {
  start: (program, options, how) => process.getBuiltinModule("node:child_process").spawn(program, options, how),
  runToEnd(program, options) {
    const { spawnSync } = process.getBuiltinModule("node:child_process");
    const { status, error, stderr } = spawnSync(program, options, { encoding: "utf8", timeout: 5000, stdio: ["ignore", "ignore", "pipe"], env: {} });
    return error === undefined && status === 0 ? null : (error?.message ?? stderr);
  },
  makeFolder: (path) => void fs.mkdirSync(path, { recursive: true, mode: 0o700 }),
  create: (path) => fs.openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600),
  write: (descriptor, bytes) => fs.writeSync(descriptor, bytes),
  put: (path, content) => fs.writeFileSync(path, content, { mode: 0o600 }),
  rename: fs.renameSync,
  remove: (path) => fs.rmSync(path, { recursive: true, force: true }),
  // in one call of the system's library: the asynchronous one makes ten trips through the thread pool
  removeLater: (path) => void setImmediate(() => removeQuietly(nodeMachine, path)),
  removeFolder: (path) => fs.rmdirSync(path),
};

/** What is left behind by a failure takes a little space, and nothing depends on it. */
export function removeQuietly(machine: Machine, path: string, how: "remove" | "removeLater" | "removeFolder" = "remove"): void {
  try {
    machine[how](path);
  } catch {
    // said by nobody: the next process that looks there tries again
  }
}
