// Jobs of a session whose bosun is gone: what became of them, for the model that still counts on them.
import { join } from "node:path";
import { groupAlive, isSameProcess } from "./identity.ts";
import { type Machine, nodeMachine, removeQuietly } from "./machine.ts";
import { listRuns, readExitCode, readJob, readLastOutput, runFolderAt } from "./runs.ts";
import { end, groupTarget } from "./stopper.ts";
import { readable } from "./text.ts";

export interface LostJob {
  readonly step: string;
  readonly job: string;
  /** One paragraph. */
  readonly says: string;
}

/**
 * Looks through the folders that an earlier process left. `isClosed`: the step has its result, so that nothing but a
 * job can be in its folder. What still runs is ended. Folders without a job are removed, those of jobs stay until `says` is recorded.
 */
export function findLostJobs(runs: string, isClosed: (step: string) => boolean, machine: Machine = nodeMachine): readonly LostJob[] {
  return listRuns(runs).flatMap((step): readonly LostJob[] => {
    if (!isClosed(step)) return [];
    const run = runFolderAt(join(runs, step));
    const record = readJob(run);
    if (record?.kept) return [];
    if (record === null) {
      removeQuietly(machine, run.path, "removeLater");
      return [];
    }
    const ran = isSameProcess(record.process) && groupAlive(record.process.group);
    if (ran) void end(groupTarget(record.process.group, () => null));
    const exit = readExitCode(run);
    const how = ran
      ? "was still running and was ended now"
      : exit?.sure === true && record.closed !== true
        ? `ended with exit code ${exit.code}`
        : "ended when the bosun that had started it did";
    const last = readable(readLastOutput(run, 1000)).trimEnd();
    const output = last === "" ? "" : ` Its last output:\n${last.replace(/^/gm, "    ")}`;
    const began = new Date(record.began).toISOString();
    return [
      { step, job: record.job, says: `Job ${record.job} (${record.command.slice(0, 200)}), started ${began}, ${how}; it does not run any more.${output}` },
    ];
  });
}
