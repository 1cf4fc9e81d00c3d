// Commands that go on after their call: started in the background, or left there by a command that ended.
//
// Invariants
//  B1  A job ends with the session that started it, whatever becomes of bosun, unless the person said that it goes on (kept.ts).
//  B2  A job's end is told once: by the tool that looks at it, else by a note, else to the session that is resumed.
import { bootId } from "./identity.ts";
import type { Machine } from "./machine.ts";
import type { CommandOutcome, Running } from "./process.ts";
import { type JobRecord, type RunFolder, writeJob } from "./runs.ts";
import { pause } from "./stopper.ts";
import { readable } from "./text.ts";

export interface JobView {
  readonly job: string;
  readonly command: string;
  readonly pid: number;
  readonly runs: boolean;
  /** Of the shell; null while it runs and when it is not known. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Since it was started, or how long it ran. */
  readonly milliseconds: number;
  /** Bytes printed so far. */
  readonly bytes: number;
  /** File that its output goes to, up to the limit. */
  readonly path: string | null;
  /** It goes on after the session. */
  readonly kept: boolean;
  /** What it printed last could not be written. */
  readonly cut: boolean;
  /** The system was started again since, and it ended with that at the latest. */
  readonly restarted: boolean;
}

export interface JobOutput {
  readonly text: string;
  /** Bytes: where the text begins, where the next reading begins, how much there is. */
  readonly from: number;
  readonly to: number;
  readonly total: number;
}

export interface Jobs {
  list(): readonly JobView[];
  /** The same, told to nobody by that. */
  views(): readonly JobView[];
  get(job: string): JobView | null;
  /** From `offset`; absent: from where the last reading ended. */
  read(job: string, bytes: number, offset?: number): JobOutput | null;
  /** Resolves with whether it ended; false after the time or an abort. */
  wait(job: string, milliseconds: number, signal: AbortSignal): Promise<boolean>;
  /** Ends all of it: asked first, killed two seconds later. */
  end(job: string): Promise<void>;
  /** What ended and was not told; it counts as told then. */
  takeEnded(): readonly JobView[];
  isTold(job: string): boolean;
  /** The last of its output. */
  last(job: string, bytes: number): string;
  /** A name that no job has had. */
  name(): string;
  /** Registers a command that goes on. */
  add(running: Running, about: JobAbout): string;
  /** Registers one that goes on after the session, by this process or an earlier one. */
  keep(kept: Kept, run: RunFolder): void;
  /** That ends were told is on the disk. */
  durable(): void;
  /** Ends all that are not kept. */
  close(): Promise<void>;
}
/** What can be done with a command that goes on. */
export interface Work extends Pick<Running, "identity" | "alive" | "end" | "output" | "close"> {
  /** Of its shell; null while that runs. */
  exit(): { readonly code: number | null; readonly signal: string | null } | null;
  /** When it ended, milliseconds since 1970. */
  endedAt(): number;
  /** What it printed last could not be written. */
  cut(): boolean;
}
/** One that was started to go on after the session, and what is recorded of it. */
export interface Kept {
  readonly work: Work;
  readonly record: JobRecord;
}
export interface JobAbout {
  readonly command: string;
  readonly cwd: string;
  readonly run: RunFolder | null;
}

interface Job {
  readonly run: RunFolder | null;
  readonly work: Work;
  /** What stands on the disk of it. */
  record: JobRecord;
  endedAt: number | null;
  told: boolean;
  readTo: number;
}

/** `lastNumber`: of the jobs that earlier runs of the session had: names are never used again. */
export function createJobs(lastNumber: number, machine: Machine): Jobs {
  const jobs = new Map<string, Job>();
  let number = lastNumber;
  const all = (): readonly Job[] => [...jobs.values()].map(refresh);
  const get = (name: string): Job | null => {
    const job = jobs.get(name);
    return job === undefined ? null : refresh(job);
  };
  return {
    list: () => all().map(look),
    views: () => all().map(viewOf),
    get(name) {
      const job = get(name);
      return job === null ? null : look(job);
    },
    read(name, bytes, offset) {
      const job = get(name);
      return job === null ? null : readJob(job, bytes, offset);
    },
    async wait(name, milliseconds, signal) {
      const job = get(name);
      return job !== null && hasEnded(job, milliseconds, signal);
    },
    async end(name) {
      const job = get(name);
      if (job === null || job.endedAt !== null) return;
      await job.work.end();
      await hasEnded(job, 500);
    },
    takeEnded: () =>
      all()
        .filter((job) => job.endedAt !== null && !job.told)
        .map(look),
    isTold: (name) => jobs.get(name)?.told === true,
    last(name, bytes) {
      const output = get(name)?.work.output;
      return output === undefined ? "" : readable(output.read(Math.max(0, output.total() - bytes), bytes).bytes);
    },
    name: () => `j${++number}`,
    add(running, about) {
      const name = `j${++number}`;
      const job = jobOf(running, name, about);
      jobs.set(name, job);
      if (job.run !== null) writeJob(machine, job.run, job.record);
      return name;
    },
    keep({ work, record }, run) {
      // where the reading of an earlier process ended is not known
      const readTo = Math.max(0, work.output.total() - unreadBytes);
      number = Math.max(number, Number(/^j(\d+)$/.exec(record.job)?.[1] ?? 0));
      jobs.set(record.job, { run, work, record, endedAt: null, told: record.told === true, readTo });
    },
    durable() {
      for (const job of jobs.values()) {
        if (job.run === null || !job.record.kept || !job.told || job.record.told) continue;
        job.record = { ...job.record, told: true };
        writeJob(machine, job.run, job.record);
      }
    },
    async close() {
      const open = all().filter((job) => job.endedAt === null && !job.record.kept);
      for (const job of open) if (job.run !== null) writeJob(machine, job.run, { ...job.record, closed: true });
      await Promise.all(open.map((job) => job.work.end(300)));
      for (const job of jobs.values()) job.work.close();
    },
  };
}

/** A command of this process, which ends with it. */
function jobOf(running: Running, name: string, { command, cwd, run }: JobAbout): Job {
  let outcome: CommandOutcome | null = null;
  const exit: Work["exit"] = () => outcome && { code: outcome.exitCode, signal: outcome.signal };
  const work: Work = { ...running, exit, endedAt: Date.now, cut: () => false };
  const record: JobRecord = { job: name, command, cwd, began: Date.now(), process: running.identity };
  const job: Job = { run, work, record, endedAt: null, told: false, readTo: 0 };
  void running.outcome.then((ended) => {
    outcome = ended;
    refresh(job);
  });
  return job;
}

function refresh(job: Job): Job {
  if (job.endedAt === null && job.work.exit() !== null && !job.work.alive()) {
    job.endedAt = job.work.endedAt();
    job.work.close();
  }
  return job;
}

function look(job: Job): JobView {
  if (job.endedAt !== null) job.told = true;
  return viewOf(job);
}

function readJob(job: Job, bytes: number, offset: number = job.readTo): JobOutput {
  const { output } = job.work;
  const part = output.read(offset, bytes);
  job.readTo = part.from + part.bytes.length;
  return { text: readable(part.bytes), from: part.from, to: job.readTo, total: output.total() };
}

/** Waits for it, so long at most. */
async function hasEnded(job: Job, milliseconds: number, signal?: AbortSignal): Promise<boolean> {
  for (const from = performance.now(); signal?.aborted !== true; await pause(50)) {
    if (refresh(job).endedAt !== null) return true;
    if (performance.now() - from >= milliseconds) return false;
  }
  return false;
}

/** Bytes of what an adopted job printed that its first reading shows. */
const unreadBytes = 20_000;

const bootedSince = ({ process: { boot } }: JobRecord): boolean => boot !== undefined && boot !== bootId();

function viewOf(job: Job): JobView {
  const { work, endedAt, run, record } = job;
  const exit = work.exit();
  return {
    job: record.job,
    command: record.command,
    pid: work.identity.pid,
    runs: endedAt === null,
    exitCode: exit?.code ?? null,
    signal: exit?.signal ?? null,
    milliseconds: (endedAt ?? Date.now()) - record.began,
    bytes: work.output.total(),
    path: run === null ? null : run.output,
    kept: record.kept !== undefined,
    cut: work.cut(),
    restarted: bootedSince(record),
  };
}
