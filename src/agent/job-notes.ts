// Commands in the background that ended, or were lost with an earlier process: said to the model, each once.
import type { StepId } from "../base/index.ts";
import { findLostJobs, type Machine, type Shell } from "../exec/index.ts";
import type { Session } from "../session/index.ts";
import { isClosed } from "../workflow/index.ts";
import type { World } from "./definition.ts";

/** The highest number of a job in the results of the session. */
export function lastJobOf({ state, resumed }: Session): number {
  if (!resumed) return 0;
  const numbers = [...state.steps.values()].map(({ result }) => /^j(\d+)$/.exec(String((result?.detail as { job?: unknown } | undefined)?.job))?.[1]);
  return Math.max(0, ...numbers.map((number) => Number(number ?? 0)));
}

/** What the model is told of jobs that ended, each once: those of an earlier process first. */
export function noteJobs(session: Session, shell: Shell, runs: string, machine: Machine): World["takeNotes"] {
  const { state, resumed } = session;
  let lost = resumed ? findLostJobs(runs, (step) => isClosed(state.steps.get(step as StepId)?.state ?? "planned"), machine) : [];
  return () => {
    const gone = lost;
    lost = [];
    for (const { step } of gone) shell.settled(step);
    const ended = shell.jobs.takeEnded().map(({ job, command, exitCode, signal }) => {
      const how = exitCode === null ? `by ${signal ?? "a signal"}` : `with exit code ${exitCode}`;
      return `Job ${job} (${command.slice(0, 200)}) ended ${how}.`;
    });
    return [...gone.map(({ says }) => says), ...ended].map((says) => ({ about: "job", text: `[bosun] ${says}` }));
  };
}
