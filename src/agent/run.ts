// The one loop, and the only place where rooms meet. It reads from top to bottom in the order in which things happen.
//
// Owns: the order of a turn and every way a run can end.
// Calls: session, context, budget (through model-call), model, permissions and tools (through execute).
// Invariants
//  N1  What a person says is durable before anything is asked of a model.
//  N2  The model is called only when every call of its last reply has its result.
//  N3  A run ends with exactly one `run-end` event, and, unless the journal failed, one `end` line before it.
//  N4  A resumed run is the same loop: it begins with what the last one left open.
import { BosunError, canonicalJson, type EntryId, newId, type TaskId } from "../base/index.ts";
import { assemble } from "../context/index.ts";
import { type ContentPart, textOf, type ToolCall } from "../model/index.ts";
import type { Finding, RunEnd } from "../session/index.ts";
import { type Execution, perform, type Waiting } from "./execute.ts";
import { callModel } from "./model-call.ts";
import { partition } from "./partition.ts";
import { recover } from "./recover.ts";

/** From an input, or from where the session stopped, to an end. Never rejects for what the world may do. */
export async function run(execution: Execution, input: readonly ContentPart[] | null): Promise<RunEnd> {
  const { agent, session, world, emit } = execution;
  const started = world.clock.monotonic();
  const before = { usage: session.state.usage, spent: session.state.spent, turns: session.state.turns };
  emit({ type: "run-start", agent: agent.name, provider: agent.provider.id, model: agent.model, mode: agent.policy.mode, cwd: world.cwd, resumed: session.resumed });
  let end: RunEnd;
  try {
    for (const finding of session.findings) emit(noticeOf(finding));
    end = await turns(execution, input, started);
    await session.append({ type: "end", end });
  } catch (error) {
    if (!BosunError.isInstance(error)) throw error;
    end = { reason: "journal", says: error.message };
  }
  const { usage, spent, turns: replies } = session.state;
  emit({
    type: "run-end",
    end,
    turns: replies - before.turns,
    usage: subtract(usage, before.usage),
    cost: { usd: spent.usd - before.spent.usd, tokens: spent.tokens - before.spent.tokens, turns: spent.turns - before.spent.turns, seconds: (world.clock.monotonic() - started) / 1000 },
    priced: agent.price !== undefined,
    milliseconds: Math.round(world.clock.monotonic() - started),
  });
  return end;
}

async function turns(execution: Execution, input: readonly ContentPart[] | null, started: number): Promise<RunEnd> {
  const { agent, session, signal, emit } = execution;
  const { state } = session;
  if (input) await receive(execution, input);
  await recover(execution);
  const repeats = createRepeatWatch(agent.limits.identicalCalls);
  for (let turn = 1; ; turn++) {
    const waiting = await performPending(execution);
    if (signal.aborted) return { reason: "aborted", says: "Interrupted by the person." };
    if (waiting[0]) return { reason: "awaiting", steps: waiting.map((one) => one.step), request: waiting[0].request };
    const repeated = repeats(execution);
    if (repeated) return repeated;
    await takeQueue(execution);
    if (!owesReply(execution)) return { reason: "answered", text: lastText(execution) };
    if (agent.limits.turns !== undefined && turn > agent.limits.turns) return { reason: "turns", limit: agent.limits.turns };

    if (!state.prefix) await latchPrefix(execution);
    const context = assemble(state, { model: agent.model, maxOutput: agent.maxOutput });
    emit({ type: "context-assembled", tokens: context.tokens, loaded: context.loaded, segments: context.segments, breaks: context.breaks });
    const reply = await callModel(execution, context, turn, started);
    if ("end" in reply) return reply.end;
    const { message, usage, projected, actual } = reply;
    emit({ type: "reply", text: textOf(message), calls: state.pending.length, finish: message.finish, usage, cost: actual });
    emit({ type: "turn-end", turn, usage, projected, actual });
    if (message.finish === "refusal") return { reason: "refused", says: textOf(message) || "The model refused to answer." };
  }
}
