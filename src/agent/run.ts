// The one loop, and the only place where rooms meet. It reads from top to bottom in the order in which things happen.
//
// Owns: the order of a turn and every way a run can end.
// Calls: session, context, model and budget (through model-call), permissions and tools (through execute).
// Invariants
//  N1  What a person says is durable before anything is asked of a model.
//  N2  The model is called only when every call of its last reply has its result.
//  N3  A run ends with exactly one `run-end` event, and, unless the journal failed, one `end` line before it.
//  N4  A resumed run is the same loop: it begins with what the last one left open.
import { BosunError } from "../base/index.ts";
import { type Assembled, assemble } from "../context/index.ts";
import { type ContentPart, textOf } from "../model/index.ts";
import type { PendingCall, RunEnd } from "../session/index.ts";
import { confirmBreak, forecastCache } from "./cache.ts";
import { changesNothing, perform } from "./execute.ts";
import type { Execution, Waiting } from "./execution.ts";
import { createHold } from "./held-up.ts";
import { acceptInput, closeTask, continueIfCut, createNoteTaker, latchPrefix, noteEnvironment, owesReply, takeQueue } from "./input.ts";
import { nextBatch } from "./partition.ts";
import { recover } from "./recover.ts";
import { createRepeatWatch } from "./repeats.ts";
import { beginReport, type Report } from "./report.ts";
import { watchJobs } from "./running-jobs.ts";
import { askModel, isNamed, returnsToOwn } from "./stand-in.ts";
import { noteTerms, tellSwitch } from "./terms.ts";

/** From an input, or from where the session stopped, to an end. Never rejects for what the world may do. */
export async function run(execution: Execution, input: readonly ContentPart[] | null): Promise<RunEnd> {
  const report = beginReport(execution);
  let end: RunEnd;
  try {
    end = await turns(execution, input, report);
    await closeTask(execution, end);
    await execution.session.append({ type: "end", end });
  } catch (error) {
    if (!BosunError.isInstance(error)) throw error;
    end = { reason: error.code === "lease-lost" ? "lost-lease" : "journal", says: error.message };
  }
  report.end(end);
  return end;
}

async function turns(execution: Execution, input: readonly ContentPart[] | null, report: Report): Promise<RunEnd> {
  const { agent, session, signal, emit } = execution;
  const { state } = session;
  let named = isNamed(execution);
  tellSwitch(execution);
  noteTerms(execution);
  await noteEnvironment(execution);
  if (input) await acceptInput(execution, input);
  const elsewhere = await recover(execution);
  const repeated = createRepeatWatch(execution);
  const takeNotes = createNoteTaker(execution);
  let lastCost: number | undefined;
  for (let turn = 1; ; turn++) {
    const waiting = await performPending(execution, elsewhere);
    if (signal.aborted) return { reason: "aborted", says: "Interrupted by the person." };
    if (waiting.length > 0) return { reason: "awaiting", steps: waiting };
    const breaker = repeated(lastCost);
    if (breaker) return breaker;
    await takeQueue(execution);
    await continueIfCut(execution);
    if (!owesReply(state)) return { reason: "answered", text: lastText(execution) };
    if (agent.limits.turns !== undefined && turn > agent.limits.turns) return { reason: "turns", limit: agent.limits.turns };

    await latchPrefix(execution);
    await takeNotes();
    const context = assembleFor(execution);
    const cache = forecastCache(execution, context);
    emit({ type: "context-assembled", tokens: context.tokens, loaded: report.loaded(), segments: context.segments, breaks: context.breaks, cache });
    if (context.overflow) return exhausted(context.overflow);
    const unwanted = !named && returnsToOwn(execution) ? null : await confirmBreak(execution, cache);
    named = false;
    if (unwanted) return unwanted;
    const reply = await askModel(execution, { ...context, cache }, { turn, seconds: report.seconds, assemble: assembleFor });
    if ("end" in reply) return reply.end;
    const { message, usage, projected, actual } = reply;
    lastCost = actual.usd;
    emit({ type: "reply", text: textOf(message), calls: state.pending.length, finish: message.finish, usage, cost: actual });
    emit({ type: "turn-end", turn, usage, projected, actual, cache: reply.cache });
    if (message.finish === "refusal") return { reason: "refused", says: textOf(message) || "The model refused to answer." };
  }
}

/** Every open call of the last reply, neighbouring reads together, every other one alone. What waits does not hold the rest. */
async function performPending(execution: Execution, elsewhere: readonly Waiting[]): Promise<readonly Waiting[]> {
  const { agent, session } = execution;
  const waiting = [...elsewhere];
  const holdsUp = createHold(execution);
  let rest = session.state.pending.filter(({ step }) => !elsewhere.some((one) => one.step === step?.id));
  while (rest.length > 0) {
    // one batch at a time: what a command does may depend on what the calls before it have done
    const batch = await nextBatch(rest, ({ call }) => changesNothing(execution, call));
    rest = rest.slice(batch.calls.length);
    if (!batch.reads && (await holdsUp(batch.calls[0] as PendingCall))) continue;
    for (let at = 0; at < batch.calls.length; at += agent.limits.parallelReads) {
      const results = await Promise.all(batch.calls.slice(at, at + agent.limits.parallelReads).map((pending) => perform(execution, pending)));
      for (const result of results) if (result) waiting.push(result);
    }
    if (!batch.reads) watchJobs(execution, (batch.calls[0] as PendingCall).index);
  }
  return waiting;
}

export const assembleFor = (execution: Execution): Assembled => assemble(execution.session.state, assembleOptions(execution));

function assembleOptions({ agent }: Execution): Parameters<typeof assemble>[1] {
  const { provider, model, maxOutput, contextWindow, effort, thinking, cache } = agent;
  return {
    provider: provider.id,
    model,
    maxOutput,
    ...(contextWindow === undefined ? {} : { contextWindow }),
    ...(effort === undefined ? {} : { effort }),
    ...(thinking === undefined ? {} : { thinking }),
    ...(cache.long === true ? { cacheLife: "1h" as const } : {}),
  };
}

function lastText({ session }: Execution): string {
  const last = session.state.messages.findLast((message) => message.role === "assistant");
  return last ? textOf(last) : "";
}

function exhausted(overflow: NonNullable<Assembled["overflow"]>): RunEnd {
  const says = `The conversation has about ${overflow.tokens} tokens; with room for a reply that is more than the model's window of ${overflow.window}. Start a new session, or continue with a model that has a larger window.`;
  return { reason: "context-exhausted", says };
}
