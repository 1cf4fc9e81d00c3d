// What is on the disk of a command while its step is open: its output as it comes, and its exit code. Both survive this process.
//
// Invariants
//  F1  The exit code counts only as a whole line: it is there or it is not.
//  F2  A folder is removed only after the step that it belongs to is closed for good.
import * as fs from "node:fs";
import { join } from "node:path";
import type { Identity } from "./identity.ts";
import { type Machine, nodeMachine } from "./machine.ts";

export interface RunFolder {
  readonly path: string;
  /** The output from its beginning, up to a limit. */
  readonly output: string;
  /** The last of the output, when there is more than the limit. */
  readonly last: string;
  /** Lines of JSON: the exit code is on the first one that has it. */
  readonly exit: string;
  /** Of a command that goes on after its call: what it is. */
  readonly job: string;
  /** What the shell of one that goes on after the session says of itself. */
  readonly line: string;
}

/** A command that goes on after its call, as another process can find it again. */
export interface JobRecord {
  readonly job: string;
  readonly command: string;
  readonly cwd: string;
  /** Milliseconds since 1970. */
  readonly began: number;
  readonly process: Identity;
  /** It was ended with its session. */
  readonly closed?: boolean;
  /** It goes on after its session. `key`: what its processes are marked with. */
  readonly kept?: { readonly key: string; readonly namespace: boolean };
  /** Its end is with the model. */
  readonly told?: boolean;
}

export const runFolderAt = (path: string): RunFolder => ({
  path,
  output: join(path, "output"),
  last: join(path, "last"),
  exit: join(path, "exit"),
  job: join(path, "job.json"),
  line: join(path, "line"),
});

/** Null when it cannot be made: the command runs all the same, and leaves less behind. */
export function makeRunFolder(path: string, machine: Machine = nodeMachine): RunFolder | null {
  try {
    machine.makeFolder(path);
    return runFolderAt(path);
  } catch {
    return null;
  }
}

/** The descriptor that the exit code is written to. */
export function openExitFile(run: RunFolder, machine: Machine): number | null {
  try {
    return machine.create(run.exit);
  } catch {
    return null;
  }
}

/**
 * Null: it did not end before its runtime did, or could not tell. `sure`: from the program that waited for the shell;
 * else the shell said it itself, and one that is ended by SIGTERM says the code of its last command.
 */
export function readExitCode(run: RunFolder): { readonly code: number; readonly sure: boolean } | null {
  const text = readSome(run.exit, 4096);
  const said = /^\{ "said": (\d+) \}\n/m.exec(text);
  const waited = /^\{ "exit-code": (\d+) \}\n/m.exec(text);
  // after the shell's own word the other one is that of what took its place
  if (said !== null) return { code: Number(said[1]), sure: false };
  return waited === null ? null : { code: Number(waited[1]), sure: true };
}

/** False: it cannot be found again by another process. */
export function writeJob(machine: Machine, run: RunFolder, record: JobRecord): boolean {
  try {
    machine.put(`${run.job}.new`, JSON.stringify(record));
    machine.rename(`${run.job}.new`, run.job);
    return true;
  } catch {
    return false;
  }
}

export function readJob(run: RunFolder): JobRecord | null {
  try {
    const record = JSON.parse(fs.readFileSync(run.job, "utf8")) as Partial<JobRecord> | null;
    const { job, command, cwd, began, process, kept } = record ?? {};
    const texts = [job, command, cwd, ...(kept === undefined ? [] : [kept?.key])].every((text) => typeof text === "string");
    const isWhole = texts && [began, process?.pid, process?.group].every(Number.isSafeInteger) && (process?.pid ?? 0) > 1 && (process?.group ?? 0) > 1;
    return isWhole ? (record as JobRecord) : null;
  } catch {
    return null;
  }
}

/** The last bytes of the output that were kept. */
export function readLastOutput(run: RunFolder, bytes: number): Buffer {
  const path = fs.existsSync(run.last) ? run.last : run.output;
  try {
    const { size } = fs.statSync(path);
    return readAt(path, Math.max(0, size - bytes), bytes);
  } catch {
    return Buffer.alloc(0);
  }
}

export function readAt(path: string, offset: number, bytes: number): Buffer {
  const file = fs.openSync(path, "r");
  try {
    const into = Buffer.alloc(bytes);
    return into.subarray(0, fs.readSync(file, into, 0, bytes, offset));
  } finally {
    fs.closeSync(file);
  }
}

/** The beginning of a file; empty where it cannot be read. */
export function readSome(path: string, bytes: number): string {
  try {
    return readAt(path, 0, bytes).toString("utf8");
  } catch {
    return "";
  }
}

/** Names of the folders of runs, oldest first where names tell. */
export function listRuns(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch {
    return [];
  }
}
