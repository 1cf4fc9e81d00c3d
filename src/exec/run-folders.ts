// The folders of a session's commands: from the start of the command to the end of its step, or of the job it became.
import { join } from "node:path";
import { type Machine, removeQuietly } from "./machine.ts";
import { listRuns, makeRunFolder, type RunFolder } from "./runs.ts";

export interface RunFolders {
  make(step: string): RunFolder | null;
  get(step: string): RunFolder | null;
  /** Its command goes on as this job. */
  hold(step: string, job: string): void;
  /** One of an earlier process goes on as this job, its step is closed. */
  adopt(step: string, job: string): void;
  discard(step: string): void;
  /** The step is closed. */
  settled(step: string): void;
  /** What closed the steps so far is on the disk. */
  durable(): void;
  /** `isTold`: what became of this job is said; else it stays for the next process. */
  close(isTold: (job: string) => boolean): void;
}

/** `folder`: made when the first of them is. */
export function createRunFolders(folder: string, machine: Machine): RunFolders {
  const open = new Map<string, RunFolder | null>();
  const jobs = new Map<string, string>();
  const settled = new Set<string>();
  /** What an earlier process left. */
  const earlier = new Set(listRuns(folder));
  const take = (step: string): string => {
    open.delete(step);
    settled.delete(step);
    return join(folder, step);
  };
  return {
    make(step) {
      const run = makeRunFolder(join(folder, step), machine);
      open.set(step, run);
      return run;
    },
    get: (step) => open.get(step) ?? null,
    hold: (step, job) => void jobs.set(step, job),
    adopt(step, job) {
      jobs.set(step, job);
      settled.add(step);
    },
    discard(step) {
      const run = open.get(step);
      if (run) removeQuietly(machine, run.path);
    },
    settled(step) {
      if (open.has(step) || earlier.has(step)) settled.add(step);
    },
    durable() {
      // what is told of an earlier process must not be found, and told, again
      for (const step of [...settled]) if (!jobs.has(step)) removeQuietly(machine, take(step), earlier.has(step) ? "remove" : "removeLater");
    },
    close(isTold) {
      for (const step of [...settled]) {
        const job = jobs.get(step);
        if (job === undefined || isTold(job)) removeQuietly(machine, take(step));
      }
      // fails when something is still to be told to the next process, and when nothing was ever there
      removeQuietly(machine, folder, "removeFolder");
    },
  };
}
