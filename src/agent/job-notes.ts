// Commands in the background that ended, or were lost with an earlier process: said to the model, each once.
import type { StepId } from "../base/index.ts";
import { findLostJobs, type JobView, type Machine, type Shell } from "../exec/index.ts";
import type { Session } from "../session/index.ts";
import { isClosed } from "../workflow/index.ts";
import type { World } from "./definition.ts";

/** The highest number of a job in the results of the session. */
export function lastJobOf({ state, resumed }: Session): number {
  if (!resumed) return 0;
  const numbers = [...state.steps.values()].map(({ result }) => /^j(\d+)$/.exec(String((result?.detail as { job?: unknown } | undefined)?.job))?.[1]);
  return Math.max(0, ...numbers.map((number) => Number(number ?? 0)));
}

/** Takes up the jobs that earlier processes let go on; what the person should know of each, one sentence each. */
export function adoptJobs({ state, resumed }: Session, shell: Shell): readonly string[] {
  if (!resumed) return [];
  return shell
    .adopt((step) => isClosed(state.steps.get(step as StepId)?.state ?? "planned"))
    .map((view) => {
      const name = `Job ${view.job} (${view.command.slice(0, 200)})`;
      return view.runs ? `${name} of an earlier run goes on, process ${view.pid}.` : `${name} of an earlier run ended ${howOf(view)}.`;
    });
}

const howOf = ({ exitCode, signal, kept, restarted }: JobView): string => {
  if (exitCode !== null) return `with exit code ${exitCode}`;
  if (restarted) return "with the system, which was started again since";
  return kept ? "without an exit code: something killed it" : `by ${signal ?? "a signal"}`;
};

/** Bytes of the output of a job that went on unseen. */
const lastBytes = 1000;

/** What the model is told of jobs that ended, each once: those of an earlier process first. */
export function noteJobs(session: Session, shell: Shell, runs: string, machine: Machine): World["takeNotes"] {
  const { state, resumed } = session;
  let lost = resumed ? findLostJobs(runs, (step) => isClosed(state.steps.get(step as StepId)?.state ?? "planned"), machine) : [];
  return () => {
    const gone = lost;
    lost = [];
    for (const { step } of gone) shell.settled(step);
    const ended = shell.jobs.takeEnded().map((view) => {
      const says = `Job ${view.job} (${view.command.slice(0, 200)}) ended ${howOf(view)}.`;
      const last = view.kept ? shell.jobs.last(view.job, lastBytes).trimEnd() : "";
      return last === "" ? says : `${says} Its last output:\n${last.replace(/^/gm, "    ")}`;
    });
    return [...gone.map(({ says }) => says), ...ended].map((says) => ({ about: "job", text: `[bosun] ${says}` }));
  };
}
