// A command in the background goes on while files are changed beside it. No lock is held for it, or nothing else could be done
// as long as it runs; so it is said, once for each command, when a file is changed that it writes too, or might.

import type { Session } from "../session/index.ts";
import { shortPath } from "../tools/index.ts";
import type { Intent } from "../workflow/index.ts";
import type { Execution } from "./execution.ts";

interface Told {
  readonly jobs: Set<string>;
  /** For the model, at the next turn. */
  owed: string[];
}
const tolds = new WeakMap<Session, Told>();

function toldOf(session: Session): Told {
  const told = tolds.get(session) ?? { jobs: new Set(), owed: [] };
  tolds.set(session, told);
  return told;
}

/** After a change: the call's place in its reply. */
export function watchJobs({ session, world, emit }: Execution, index: number): void {
  const { state } = session;
  const step = state.steps.get(state.replySteps.get(index) ?? ("" as never));
  if (step?.state !== "done" || step.intent?.class !== "file") return;
  const told = toldOf(session);
  const running = world.jobs().filter(({ runs, job }) => runs && !told.jobs.has(job));
  for (const { job, command } of running) {
    const file = metBy(intentOf(session, job), step.intent.after ?? step.intent.before);
    if (file === null) continue;
    told.jobs.add(job);
    const says = `Job ${job} (${command.slice(0, 200)}) is running in this tree`;
    emit({
      type: "notice",
      level: "warning",
      code: "job-running",
      says: `${says}${file === "" ? "; which files it writes is not known." : ` and writes ${file}, too.`}`,
    });
    if (file !== "") told.owed.push(`${says} and writes ${shortPath(world.cwd, file)}, which was changed beside it. Read it again before you rely on it.`);
  }
}

/** What the model has to be told and was not. */
export function takeJobWarnings(session: Session): readonly string[] {
  const told = toldOf(session);
  const { owed } = told;
  told.owed = [];
  return owed;
}

/** A file that both write; "": nobody knows; null: none. */
function metBy(job: Intent | undefined, files: readonly { readonly path: string }[]): string | null {
  const writes = job?.writes ?? [];
  return files.find(({ path }) => writes.includes(path))?.path ?? (writes.includes(null) ? "" : null);
}

function intentOf({ state }: Session, job: string): Intent | undefined {
  for (const { intent, result } of state.steps.values()) if ((result?.detail as { job?: unknown } | undefined)?.job === job) return intent;
  return undefined;
}
