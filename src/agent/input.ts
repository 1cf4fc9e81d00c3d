// What comes into the conversation between two calls of the model: prompts, queued input, notes, the prompt's head.
import { newId, type TaskId } from "../base/index.ts";
import type { ContentPart } from "../model/index.ts";
import type { Loss, RunEnd, SessionState } from "../session/index.ts";
import type { TaskState } from "../workflow/index.ts";
import { latchedPool, noteTools } from "./deferred.ts";
import type { Execution } from "./execution.ts";
import { takeJobWarnings } from "./running-jobs.ts";

const textOfParts = (parts: readonly ContentPart[]): string => parts.map((part) => (part.type === "text" ? part.text : `[${part.type}]`)).join(" ");

/** Said now if nothing is open; else queued until the open calls have their results. */
export async function acceptInput(execution: Execution, parts: readonly ContentPart[]): Promise<void> {
  const { session, emit } = execution;
  if (session.state.pending.length > 0) await session.append({ type: "input", parts });
  else await say(execution, parts, {});
  emit({ type: "input-accepted", text: textOfParts(parts) });
}

/** A session that is taken up again elsewhere or on another day: said once, appended, the head stays as it was. */
export async function noteEnvironment(execution: Execution): Promise<void> {
  const { session, world } = execution;
  const { environment, pending } = session.state;
  if (environment === null || pending.length > 0) return;
  const now = world.environment();
  if (now !== environment) await session.append({ type: "note", about: "environment", parts: [{ type: "text", text: now }] });
}

/** At a turn's boundary: everything that was queued. */
export async function takeQueue(execution: Execution): Promise<void> {
  for (const { id, parts } of [...execution.session.state.queue]) await say(execution, parts, { queued: id });
}

async function say(execution: Execution, parts: readonly ContentPart[], from: object): Promise<void> {
  const { session, world } = execution;
  const task = newId<"task">("t", world.clock.now());
  const saved = session.append({ type: "user", parts, ...from });
  const says = textOfParts(parts).slice(0, 200);
  await Promise.all([saved, session.append({ type: "task", change: { task, kind: "prompt", to: "executing", says, order: 0 } })]);
}

/** The tasks of prompts that this run worked on end as the run ends. */
export async function closeTask(execution: Execution, end: RunEnd): Promise<void> {
  const { session } = execution;
  const to = taskStates[end.reason];
  for (const task of [...session.state.tasks.values()]) {
    const open = task.kind === "prompt" && (task.state === "executing" || task.state === "awaiting-approval");
    if (open && task.state !== to)
      await session.append({ type: "task", change: { task: task.id as TaskId, kind: "prompt", to, says: task.says, order: task.order } });
  }
}

const taskStates: Readonly<Record<RunEnd["reason"], TaskState>> = {
  "answered": "done",
  "awaiting": "awaiting-approval",
  "aborted": "abandoned",
  "budget": "failed",
  "turns": "failed",
  "context-exhausted": "failed",
  "breaker": "failed",
  "refused": "failed",
  "model-error": "failed",
  "journal": "failed",
  "lost-lease": "failed",
};

/** Whether the last word is not the model's. */
export function owesReply(state: SessionState): boolean {
  const last = state.messages.at(-1);
  return last !== undefined && last.role !== "assistant";
}

/** How often in a row a reply that hit the output limit is asked to go on. */
const mostContinuations = 2;

/** A reply that was cut at the output limit and called nothing is asked to go on, a few times. */
export async function continueIfCut(execution: Execution): Promise<void> {
  const { session, emit } = execution;
  const { messages } = session.state;
  const last = messages.at(-1);
  if (last?.role !== "assistant" || last.finish !== "length") return;
  let cuts = 0;
  for (let at = messages.length - 1; at >= 0; at -= 2) {
    const reply = messages[at];
    if (reply?.role !== "assistant" || reply.finish !== "length") break;
    cuts += 1;
  }
  emit({ type: "notice", level: "warning", code: "output-limit", says: "The reply reached the output limit." });
  if (cuts > mostContinuations) return;
  await session.append({
    type: "note",
    about: "output-limit",
    parts: [{ type: "text", text: "[bosun] Your reply was cut off at the output limit. Go on where it stopped, in smaller steps." }],
  });
}

/** Renders the prompt's head once in a session's life. */
export async function latchPrefix(execution: Execution): Promise<void> {
  const { agent, session, world, emit } = execution;
  if (session.state.prefix) return;
  const { prefix, loaded, notices } = await world.renderPrefix(agent.pool.head);
  for (const says of notices) emit({ type: "notice", level: "warning", code: "instructions", says });
  // Not waited for: the request line that follows makes it durable.
  void session.append({ type: "prefix", prefix, loaded, pool: latchedPool(agent.pool, world.renderTool) }).catch(() => undefined);
}

/** What of the journal is lost, each loss once: the note names them, so that it also counts when the session is resumed. */
async function tellLosses({ session }: Execution): Promise<void> {
  const losses = [...session.state.losses];
  if (losses.length === 0) return;
  const text = [
    "[bosun] A part of this session's record cannot be read any more, so something may be missing from this conversation: what was said, a call, or its result.",
    ...losses.map((loss) => `- ${lossInWords(loss)}`),
    "That something is not mentioned here does not show that it was not done. Look at the present state before you rely on it or repeat it.",
  ].join("\n");
  await session.append({ type: "note", about: "journal-loss", parts: [{ type: "text", text }], tells: losses.map(({ name }) => name) });
}

function lossInWords({ lines, from, to, kept }: Loss): string {
  const what = lines === 0 ? "Bytes that are no line of it stand in the middle" : `${lines} ${lines === 1 ? "line is" : "lines are"} lost`;
  const time = (at: number | null) => (at === null ? "an unknown time" : new Date(at).toISOString());
  const when = from === null && to === null ? "" : from === to ? `, written ${time(to)}` : `, written between ${time(from)} and ${time(to)}`;
  return `${what}${when}.${kept === null ? "" : ` For the person: the bytes are ${kept}, in the session's folder.`}`;
}

/** Losses, jobs that ended, and instructions of folders whose files were seen for the first time: appended, never edited into the head. */
export function createNoteTaker(execution: Execution): () => Promise<void> {
  const { session, world, emit } = execution;
  const { seenPaths } = session.state;
  let at = 0;
  let toldTools = false;
  return async () => {
    await tellLosses(execution);
    if (!toldTools) await noteTools(execution);
    toldTools = true;
    for (const { about, text } of world.takeNotes()) await session.append({ type: "note", about, parts: [{ type: "text", text }] });
    for (const says of takeJobWarnings(session)) await session.append({ type: "note", about: "job", parts: [{ type: "text", text: `[bosun] ${says}` }] });
    for (; at < seenPaths.length; at++) {
      const nested = world.nestedInstructions(seenPaths[at] as string);
      if (!nested) continue;
      for (const says of nested.notices) emit({ type: "notice", level: "warning", code: "instructions", says });
      if (nested.text !== "")
        await session.append({ type: "note", about: "instructions", parts: [{ type: "text", text: nested.text }], loaded: nested.loaded });
    }
  };
}
