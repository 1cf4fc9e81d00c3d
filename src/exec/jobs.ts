// Commands that go on after their call: started in the background, or left there by a command that ended.
//
// Invariants
//  B1  A job ends with the session that started it, whatever becomes of bosun.
//  B2  A job's end is told once: by the tool that looks at it, else by a note, else to the session that is resumed.
import type { Identity } from "./identity.ts";
import type { Machine } from "./machine.ts";
import type { CommandOutcome, Running } from "./process.ts";
import { type JobRecord, type RunFolder, writeJob } from "./runs.ts";
import { pause } from "./stopper.ts";
import { cleanText } from "./text.ts";

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
  /** Registers a command that goes on. */
  add(running: Running, about: JobAbout): string;
  /** Ends all of them. */
  close(): Promise<void>;
}
export interface JobAbout {
  readonly command: string;
  readonly cwd: string;
  readonly run: RunFolder | null;
}

interface Job extends JobAbout {
  readonly name: string;
  readonly running: Running;
  readonly began: number;
  readonly identity: Identity;
  outcome: CommandOutcome | null;
  endedAt: number | null;
  told: boolean;
  readTo: number;
}

/** `lastNumber`: of the jobs that earlier runs of the session had: names are never used again. */
export function createJobs(lastNumber: number, machine: Machine): Jobs {
  const jobs = new Map<string, Job>();
  let number = lastNumber;
  const refresh = (job: Job): Job => {
    if (job.endedAt === null && job.outcome !== null && !job.running.alive()) {
      job.endedAt = Date.now();
      job.running.close();
    }
    return job;
  };
  const get = (name: string) => {
    const job = jobs.get(name);
    return job === undefined ? null : refresh(job);
  };
  const look = (job: Job): JobView => {
    if (job.endedAt !== null) job.told = true;
    return viewOf(job);
  };
  return {
    list: () => [...jobs.values()].map((job) => look(refresh(job))),
    get(name) {
      const job = get(name);
      return job === null ? null : look(job);
    },
    read(name, bytes, offset) {
      const job = get(name);
      if (job === null) return null;
      const part = job.running.output.read(offset ?? job.readTo, bytes);
      job.readTo = part.from + part.bytes.length;
      return { text: cleanText(new TextDecoder().decode(part.bytes)), from: part.from, to: job.readTo, total: job.running.output.total() };
    },
    async wait(name, milliseconds, signal) {
      const job = get(name);
      for (const from = performance.now(); job !== null && !signal.aborted; await pause(50)) {
        if (refresh(job).endedAt !== null) return true;
        if (performance.now() - from >= milliseconds) return false;
      }
      return false;
    },
    async end(name) {
      const job = get(name);
      if (job === null || job.endedAt !== null) return;
      await job.running.end();
      await Promise.race([job.running.outcome, pause(500)]);
    },
    takeEnded() {
      const ended = [...jobs.values()].filter((job) => refresh(job).endedAt !== null && !job.told);
      return ended.map(look);
    },
    isTold: (name) => jobs.get(name)?.told === true,
    add(running, about) {
      const name = `j${++number}`;
      const job: Job = { ...about, name, running, began: Date.now(), identity: running.identity, outcome: null, endedAt: null, told: false, readTo: 0 };
      jobs.set(name, job);
      if (about.run !== null) writeJob(machine, about.run, recordOf(job));
      void running.outcome.then((outcome) => {
        job.outcome = outcome;
        refresh(job);
      });
      return name;
    },
    async close() {
      const open = [...jobs.values()].filter((job) => refresh(job).endedAt === null);
      for (const job of open) if (job.run !== null) writeJob(machine, job.run, { ...recordOf(job), closed: true });
      await Promise.all(open.map((job) => job.running.end(300)));
      for (const job of jobs.values()) job.running.close();
    },
  };
}

const recordOf = ({ name, command, cwd, began, identity }: Job): JobRecord => ({ job: name, command, cwd, began, process: identity });

function viewOf(job: Job): JobView {
  const { outcome, endedAt, run } = job;
  return {
    job: job.name,
    command: job.command,
    pid: job.identity.pid,
    runs: endedAt === null,
    exitCode: outcome?.exitCode ?? null,
    signal: outcome?.signal ?? null,
    milliseconds: (endedAt ?? Date.now()) - job.began,
    bytes: job.running.output.total(),
    path: run === null ? null : run.output,
  };
}
