// One turn's call to the model: projected, reserved, streamed, settled; tried again where that can help.
//
// Invariants
//  C1  No byte is sent before the request line, with its reservation, is durable; each attempt has its own.
//  C2  Each request line is closed by exactly one `reply` or `request-failed`.
//  C3  What an attempt streamed is void unless its reply is journaled: nothing acts on a part of a stream.
import { newId, type RequestId } from "../base/index.ts";
import { type Amount, add, type BudgetRuling, costOf, nothing, type Projection, project, rule } from "../budget/index.ts";
import type { Assembled } from "../context/index.ts";
import type { AssistantMessage, ModelFailure, ModelRequest, StreamPart, Usage } from "../model/index.ts";
import type { RunEnd, SessionState } from "../session/index.ts";
import type { Execution } from "./execute.ts";

export type CallOutcome = { readonly message: AssistantMessage; readonly usage: Usage; readonly projected: Amount; readonly actual: Amount } | { readonly end: RunEnd };
type Finished = Extract<StreamPart, { readonly type: "finish" }>;

export async function callModel(execution: Execution, context: Assembled, turn: number, started: number): Promise<CallOutcome> {
  const { agent, world, session, signal, emit } = execution;
  const { retry, clock } = world;
  const from = clock.monotonic();
  for (let attempt = 1; ; attempt++) {
    const admitted = retry.admits(agent.provider.id, agent.model);
    if (!admitted.ok) {
      const says = `${admitted.failures} calls to ${agent.model} failed in a row; it is left alone for ${Math.ceil(admitted.wait / 1000)} s.`;
      return { end: { reason: "breaker", name: "model", failures: admitted.failures, says } };
    }
    const ruling = reserve(execution, context, (clock.monotonic() - started) / 1000);
    if (!ruling.fits) return { end: { reason: "budget", ruling } };
    const { projection } = ruling;
    const request = newId<"request">("r", clock.now());
    await session.append({ type: "request", request, provider: agent.provider.id, model: agent.model, segments: context.segments, projection, attempt });
    emit({ type: "turn-start", turn, attempt, projection });

    const finish = await stream(execution, { ...context.request, maxOutput: projection.maxOutput });
    const actual = settled(execution, finish, projection);
    if (finish.message.finish !== "error" && finish.message.finish !== "aborted") {
      retry.succeeded(agent.provider.id, agent.model);
      return accept(execution, request, finish, projection, actual);
    }
    const failure = finish.failure ?? { class: "network", message: "The reply was interrupted." };
    const verdict = signal.aborted ? null : retry.failed(agent.provider.id, agent.model, { tries: attempt, elapsed: clock.monotonic() - from }, failure);
    const retryIn = verdict?.retry ? verdict.wait : null;
    await session.append({ type: "request-failed", request, failure, usage: finish.usage, cost: actual, retryIn });
    if (verdict?.opened) emit({ type: "breaker-opened", name: "model", failures: attempt, says: verdict.retry ? "" : verdict.says });
    if (!verdict?.retry) return { end: endOf(signal.aborted, failure, verdict && !verdict.retry ? verdict.says : "", attempt) };
    emit({ type: "model-retry", attempt, failure, waitMilliseconds: verdict.wait });
    await clock.sleep(verdict.wait, signal);
    if (signal.aborted) return { end: { reason: "aborted", says: "Interrupted while waiting to call the model again." } };
  }
}

function reserve(execution: Execution, context: Assembled, seconds: number): BudgetRuling {
  const { agent, session, world } = execution;
  const { state } = session;
  const projection = project({ tokens: context.tokens, cachedTokens: warmTokens(state, context, world.clock.now()), maxOutput: agent.maxOutput, price: agent.price });
  return rule(agent.budget, { ...state.spent, seconds }, reservedBy(state), projection, agent.price);
}

/** Five minutes is the shortest life of a cache entry among the providers. */
const cacheLife = 5 * 60 * 1000;
function warmTokens(state: SessionState, context: Assembled, now: number): number {
  const last = state.lastReply;
  if (!last || context.breaks.length > 0 || now - last.at > cacheLife) return 0;
  return Math.min(context.tokens, last.usage.input + last.usage.cacheRead + last.usage.cacheWrite);
}

/** Requests that never got a closing line count at worst case. */
const reservedBy = (state: SessionState): Amount => state.openRequests.reduce((sum, open) => add(sum, open.projection.worst), nothing);

async function stream(execution: Execution, request: ModelRequest): Promise<Finished> {
  const { agent, signal, emit } = execution;
  for await (const part of agent.provider.stream(request, signal)) {
    if (part.type === "finish") return part;
    emit({ type: "model", part });
  }
  throw new Error(`the provider ${agent.provider.id} ended its stream without a finish part`);
}

/** What an attempt cost. Nothing is billed for a refusal; a cut stream costs what it had counted, at least the input expected. */
function settled(execution: Execution, finish: Finished, projection: Projection): Amount {
  const { price } = execution.agent;
  const { usage } = finish;
  const turns = finish.message.finish === "error" || finish.message.finish === "aborted" ? 0 : 1;
  const tokens = usage.input + usage.output + usage.cacheRead + usage.cacheWrite;
  if (tokens > 0 || finish.usageFinal) return { usd: price ? costOf(usage, price) : 0, tokens, turns, seconds: 0 };
  if (finish.failure?.status !== undefined && finish.failure.status >= 400) return nothing;
  return { ...projection.expected, turns };
}

async function accept(execution: Execution, request: RequestId, finish: Finished, projection: Projection, actual: Amount): Promise<CallOutcome> {
  const { message, usage, usageFinal, wire } = finish;
  await execution.session.append({ type: "reply", request, message, usage, usageFinal, cost: actual, ...(wire ? { wire } : {}) });
  return { message, usage, projected: projection.expected, actual };
}

function endOf(aborted: boolean, failure: ModelFailure, says: string, attempts: number): RunEnd {
  if (aborted) return { reason: "aborted", says: "Interrupted while the model was speaking." };
  if (failure.class === "context-too-long") return { reason: "context-exhausted", says: `The conversation no longer fits the model's window: ${failure.message}` };
  return { reason: "model-error", failure: says ? { ...failure, message: `${failure.message} ${says}` } : failure, attempts };
}
