// A job that the person lets go on after the session: started so that nothing ties it to this process.
//
// A supervisor in sh leads a process group of its own. It waits for word that the job is recorded, then runs the command, in
// a namespace that dies with the supervisor where there is one, and beside it a writer for its output. It ends when both have.
// What there is to know stands in the run's folder, so that this process has no more than any later one.
//
// Owns: the start, the look, the reading and the end of such a job. Calls: bash, identity, machine, runs, stopper, strays.
// Invariants
//  K1  Nothing of a command runs before its record is written: a job that goes on can always be found.
//  K2  A job is what its record names only while pid, start time and boot are the supervisor's. Nothing else is ended for it,
//      but what carries the mark of its step.
//  K3  Its output takes at most the bytes it is given, whatever it prints, and however much that is it is never ended by it.
import type { ChildProcess, StdioOptions } from "node:child_process";
import { closeSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Cage, startOf } from "./bash.ts";
import { groupAlive, type Identity, identify, isSameProcess, parentOf } from "./identity.ts";
import type { Kept, Work } from "./jobs.ts";
import { nodeMachine } from "./machine.ts";
import { type CommandOutcome, type CommandRequest, notStarted, readyBash } from "./process.ts";
import { type JobRecord, listRuns, type RunFolder, readAt, readExitCode, readJob, readSome, runFolderAt, writeJob } from "./runs.ts";
import { end, signal, type Target } from "./stopper.ts";
import { findStrays } from "./strays.ts";
import { systemSays } from "./system-error.ts";

/**
 * $1 the run's folder, $2 the size of one part of the output in blocks of 512 bytes, then the command. Without a namespace
 * ("watched") SIGTERM goes to the group, and the supervisor must be there to see the end.
 *
 * The writer cannot be head or tee: the first one holds lines back, the second one has no limit. cat under a limit on the
 * size of files writes what it reads at once and fails at the limit. Then it begins the next part, named by the bytes before
 * it; of those after the first the last three are kept. A part that stays empty means that nothing more can be written.
 */
const supervisor = (watched: boolean): string => `${watched ? "trap : TERM INT HUP\n" : ""}read -r go || exit 125
folder=$1 blocks=$2
shift 2
"$@" 5>&1 </dev/null | {
  trap "" TERM INT HUP XFSZ
  exec 3>&- 4>&- 6>&- 7>&-
  PATH=/usr/bin:/bin:$PATH
  umask 077
  base=0 part=output first= second=
  until (ulimit -f "$blocks"; exec cat >"$folder/$part"); do
    size=$(wc -c <"$folder/$part") || size=0
    [ "$((size))" -gt 0 ] || { : >"$folder/cut"; exec cat >/dev/null; }
    base=$((base + size))
    [ -z "$first" ] || rm -f "$folder/$first"
    first=$second
    [ "$part" = output ] || second=$part
    part=later-$base
  done
}
`;

export interface KeptStart extends CommandRequest {
  readonly run: RunFolder;
  readonly job: string;
  readonly key: string;
  readonly cage: Cage;
}
/** An outcome when it was not started; nothing of it runs then. */
export function startKept(request: KeptStart): Kept | CommandOutcome {
  const bash = readyBash(request);
  if (typeof bash !== "string") return bash;
  const { machine = nodeMachine, run } = request;
  const files: number[] = [];
  let child: ChildProcess | null = null;
  try {
    const exitFile = machine.create(run.exit);
    files.push(exitFile);
    const line = machine.create(run.line);
    files.push(line);
    child = spawnSupervisor(request, bash, exitFile, line);
    if (child.pid === undefined) return refuse("/bin/sh could not be run");
    const record = recordOf(request, identify(child.pid));
    if (record.process.started === null) return refuse("this system does not tell when a process was started, so it could not be recognised");
    if (!writeJob(machine, run, record)) return refuse("it could not be recorded");
    request.onStart?.(record.process);
    child.stdin?.end("go\n");
    child.unref();
    child = null;
    return { record, work: workOf(run, record) };
  } catch (error) {
    return refuse(systemSays(error));
  } finally {
    for (const file of files) closeSync(file);
    // without the word it ends
    child?.stdin?.destroy();
  }
}

const isCaged = ({ cage }: KeptStart): boolean => cage.kind === "namespace";

function spawnSupervisor(request: KeptStart, bash: string, exitFile: number, line: number): ChildProcess {
  const { machine = nodeMachine, command, environment, limits, cwd, job, run, bounds } = request;
  const cage: Cage = isCaged(request) ? request.cage : { kind: "none" };
  const start = startOf({ bash, command, environment, folder: limits.folder, cage, hasExitFile: true, machine, bounds });
  const blocks = String(Math.max(1, Math.floor(limits.wholeBytes / parts / 512)));
  const exitOfCarrier = isCaged(request) ? exitFile : "ignore";
  const stdio: StdioOptions = ["pipe", "ignore", "ignore", line, start.prologue ?? "ignore", "ignore", exitOfCarrier, exitFile];
  const how = { cwd, env: { ...start.environment }, detached: true, stdio };
  const child = machine.start("/bin/sh", ["-c", supervisor(!isCaged(request)), `bosun-job-${job}`, run.path, blocks, ...start.argv], how);
  child.on("error", () => undefined);
  child.stdin?.on("error", () => undefined);
  return child;
}

const refuse = (why: string): CommandOutcome =>
  notStarted(
    "not-started",
    `It was not started as a job that goes on after the session: ${why}. Without the setting jobs.keep it ends with the session and needs less.`,
  );

function recordOf(request: KeptStart, process: Identity): JobRecord {
  const { job, command, cwd, key } = request;
  return { job, command, cwd, began: Date.now(), process, kept: { key, namespace: isCaged(request) } };
}

/** Parts of the output that there are at most: the first, two whole ones and the one that is written. */
const parts = 4;

/** Of a job that was kept, by whichever process. */
export function workOf(run: RunFolder, record: JobRecord): Work {
  const target = targetOf(run, record);
  return {
    identity: record.process,
    alive: target.alive,
    async end(patience) {
      if (target.alive()) await end(target, patience);
    },
    output: { total: () => layOf(run).total, read: (offset, bytes) => read(run, offset, bytes) },
    close: () => undefined,
    exit() {
      const code = readExitCode(run)?.code ?? null;
      return code === null && target.alive() ? null : { code, signal: null };
    },
    cut: () => lastChangeOf(join(run.path, "cut")) !== null,
    endedAt: () => Math.max(record.began, ...[run.exit, ...layOf(run).parts.map(({ path }) => path)].map((path) => lastChangeOf(path) ?? 0)),
  };
}

function targetOf(run: RunFolder, { process: known, kept }: JobRecord): Target {
  const runs = () => isSameProcess(known);
  // outside a namespace what left the group, or outlived the supervisor, is known by its mark
  const strays = () => (kept === undefined || kept.namespace ? [] : findStrays([kept.key]));
  let init: number | null = null;
  const inside = () => {
    init ??= runs() ? initOf(run, known.pid) : null;
    return init;
  };
  return {
    ask() {
      if (kept?.namespace !== true) {
        if (runs()) signal(-known.group, "SIGTERM");
        for (const { pid, group } of strays()) if (group !== known.group) signal(pid, "SIGTERM");
        return;
      }
      const group = inside();
      // not set up yet: nothing of the command runs
      if (runs() && (group === null || !signal(-group, "SIGTERM"))) signal(-known.group, "SIGKILL");
    },
    kill() {
      if (runs()) {
        // the writer ends by itself, once it has written what there is
        const pid = inside();
        if (pid !== null) signal(pid, "SIGKILL");
        else signal(-known.group, "SIGKILL");
      }
      for (const { pid } of strays()) signal(pid, "SIGKILL");
    },
    alive: () => runs() || strays().length > 0,
    hears: () => (init === null ? runs() || strays().length > 0 : groupAlive(init, init)),
  };
}

/** The first process inside: told by bubblewrap, believed when its parent's parent is the supervisor. */
function initOf(run: RunFolder, pid: number): number | null {
  const said = Number(/"child-pid": (\d+)/.exec(readSome(run.exit, 4096))?.[1]);
  const carrier = Number.isInteger(said) ? parentOf(said) : null;
  return carrier !== null && parentOf(carrier) === pid ? said : null;
}

/** Whether the command itself was begun; false too when that cannot be read. */
export const hasBegun = (run: RunFolder): boolean => readSome(run.line, 6) === "ready\n";

interface Part {
  readonly path: string;
  readonly from: number;
  readonly size: number;
}
function layOf(run: RunFolder): { readonly parts: readonly Part[]; readonly total: number } {
  const found = listRuns(run.path).flatMap((name): readonly Part[] => {
    const from = name === "output" ? 0 : Number(/^later-(\d+)$/.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(from)) return [];
    const path = join(run.path, name);
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    return size === undefined ? [] : [{ path, from, size }];
  });
  found.sort((left, right) => left.from - right.from);
  const last = found.at(-1);
  return { parts: found, total: last === undefined ? 0 : last.from + last.size };
}

/** What stood at `offset` may be gone: then from the first that is there. */
function read(run: RunFolder, offset: number, bytes: number): { readonly from: number; readonly bytes: Buffer } {
  const lay = layOf(run);
  const at = lay.parts.findIndex(({ from, size }) => from + size > offset);
  const first = lay.parts[at];
  if (first === undefined) return { from: Math.min(offset, lay.total), bytes: Buffer.alloc(0) };
  const start = Math.max(offset, first.from);
  const pieces: Buffer[] = [];
  let next = start;
  for (const { path, from, size } of lay.parts.slice(at)) {
    // a gap: what comes after it is read the next time
    if (from > next || next - start >= bytes) break;
    pieces.push(readSafely(path, next - from, Math.min(size - (next - from), bytes - (next - start))));
    next = from + size;
  }
  return { from: start, bytes: Buffer.concat(pieces) };
}

function readSafely(path: string, offset: number, bytes: number): Buffer {
  try {
    return readAt(path, offset, bytes);
  } catch {
    return Buffer.alloc(0); // the writer has just taken it away
  }
}

function lastChangeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;
}

export interface FoundJob extends Kept {
  readonly step: string;
  readonly run: RunFolder;
}

/** The jobs that were kept, of the session whose runs these are. Whoever looks changes nothing. */
export function findKept(runs: string): readonly FoundJob[] {
  return listRuns(runs).flatMap((step): readonly FoundJob[] => {
    const run = runFolderAt(join(runs, step));
    const record = readJob(run);
    return record?.kept === undefined ? [] : [{ step, run, record, work: workOf(run, record) }];
  });
}
