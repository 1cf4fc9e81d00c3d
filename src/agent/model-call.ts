// One turn's call to the model: projected, reserved, streamed, settled; tried again where that can help.
//
// Invariants
//  C1  No byte is sent before the request line, with its reservation, is durable; each attempt has its own.
//  C2  Each request line is closed by exactly one `reply` or `request-failed`.
//  C3  What an attempt streamed is void unless its reply is journaled: nothing acts on a part of a stream.
import type { RequestId } from "../base/index.ts";
import { type Amount, type Projection, type Settlement, settle } from "../budget/index.ts";
import type { AssistantMessage, FailureClass, ModelFailure, ModelRequest, RetryVerdict, Usage } from "../model/index.ts";
import { expectCommand } from "../permissions/index.ts";
import type { CacheOutcome, RunEnd } from "../session/index.ts";
import { type Admitted, admitCall, type CallToAdmit } from "./admit.ts";
import { closeFailed, closeReplied, type Finished, failureOf, streamReply } from "./attempt.ts";
import { cacheOutcome, type Forecasted } from "./cache.ts";
import { withCountedInput } from "./count-input.ts";
import type { Execution } from "./execution.ts";
import { likelyTime } from "./likely-time.ts";
import { tellOpened } from "./tell-opened.ts";

export interface Reply {
  readonly message: AssistantMessage;
  readonly usage: Usage;
  readonly projected: Amount;
  readonly actual: Amount;
  readonly cache: CacheOutcome;
}

export interface NoReply {
  readonly end: RunEnd;
  /** The model stays overloaded or rate-limited, or is left alone for that: another one may be asked. */
  readonly overloaded?: boolean;
}

const isOverload = (failure: FailureClass | null): boolean => failure === "overloaded" || failure === "rate-limited";

/** `turn` counts from 1; `seconds`: how long the run has lasted. */
export async function callModel(execution: Execution, context: Forecasted, turn: number, seconds: number): Promise<Reply | NoReply> {
  const { agent, world, signal, emit } = execution;
  const from = world.clock.monotonic();
  const elapsed = () => world.clock.monotonic() - from;
  for (let attempt = 1; ; attempt++) {
    const blocked = blockedBy(execution);
    if (blocked) return blocked;
    const admitted = await admit(execution, context, (known) => callToAdmit(execution, known, attempt, seconds + elapsed() / 1000));
    if (!admitted.ok) return { end: "tooFast" in admitted ? admitted.tooFast : { reason: "budget", ruling: admitted.ruling } };
    const { request, projection } = admitted;
    emit({ type: "turn-start", turn, attempt, projection });
    const finish = await stream(execution, { ...context.request, maxOutput: projection.maxOutput });
    const settlement = settle({ ...finish, projection, price: agent.price });
    const failure = failureOf(finish);
    if (!failure) return accept(execution, context, { request, finish, projection, settlement });
    const verdict = await giveUpOrWait(execution, { request, finish, failure, settlement, projection, attempt, elapsed: elapsed() });
    if (!verdict.retry) return { end: endOf(signal.aborted, failure, verdict.says, attempt), overloaded: !signal.aborted && isOverload(failure.class) };
  }
}

function blockedBy({ agent, world }: Execution): NoReply | null {
  const admitted = world.retry.admits(agent.provider.id, agent.model);
  if (admitted.ok) return null;
  world.retry.breakerOf(agent.provider.id, agent.model).turnedAway();
  const says = `${admitted.failures} calls to ${agent.model} failed in a row; it is left alone for ${Math.ceil(admitted.wait / 1000)} s.`;
  return { end: { reason: "breaker", name: "model", failures: admitted.failures, says }, overloaded: isOverload(admitted.last) };
}

/** Once more by the provider's own count, where that can help. */
async function admit(execution: Execution, context: Forecasted, callWith: (known: Forecasted) => CallToAdmit): Promise<Admitted> {
  const asked = callWith(context);
  const admitted = await admitCall(execution, asked);
  if (admitted.ok || "tooFast" in admitted) return admitted;
  const counted = await withCountedInput(execution, context, asked.call, admitted.ruling);
  return counted === null ? admitted : admitCall(execution, callWith(counted));
}

function callToAdmit({ agent, session, world }: Execution, context: Forecasted, attempt: number, seconds: number): CallToAdmit {
  const { state } = session;
  const { provider, model } = agent;
  const likelyOutput = state.turns > 0 ? Math.ceil(state.usage.output / state.turns) : null;
  const time = likelyOutput === null ? null : likelyTime(state.counts, likelyOutput);
  return {
    attempt: { purpose: "turn", provider, model, segments: context.segments, attempt, cache: context.cache },
    spent: { ...state.spent, seconds },
    isTurn: true,
    call: {
      inputTokens: context.tokens,
      worstInputTokens: context.worstTokens,
      cachedTokens: context.cachedTokens,
      cacheAge: state.lastReply ? (world.clock.now() - (state.lastReply.asked ?? state.lastReply.at)) / 1000 : Number.POSITIVE_INFINITY,
      cacheLife: agent.cache.life,
      leastCached: agent.cache.least,
      ...(agent.cache.step === undefined ? {} : { cacheStep: agent.cache.step }),
      writesCache: true,
      writesLong: agent.cache.long === true,
      maxOutput: context.request.maxOutput,
      ...(likelyOutput === null ? {} : { likelyOutput }),
      ...(time === null ? {} : { seconds: time }),
      price: agent.price,
      ...(agent.others ? { others: agent.others } : {}),
    },
  };
}

function stream(execution: Execution, request: ModelRequest): Promise<Finished> {
  const { agent, world, signal, emit } = execution;
  return streamReply(world.clock, agent.provider, request, signal, (part) => {
    // While its arguments stream is the one time that loading what judges a command delays nobody.
    if (part.type === "tool-matched" && agent.tools.get(part.tool)?.subjects.some(({ kind }) => kind === "command")) expectCommand();
    emit({ type: "model", part });
  });
}

interface FailedAttempt {
  readonly request: RequestId;
  readonly finish: Finished;
  readonly failure: ModelFailure;
  readonly settlement: Settlement;
  readonly projection: Projection;
  readonly attempt: number;
  readonly elapsed: number;
}

/** Records the failure; then waits for the next attempt, or says why there is none. */
async function giveUpOrWait(execution: Execution, failed: FailedAttempt): Promise<{ readonly retry: boolean; readonly says: string }> {
  const { agent, world, signal, emit } = execution;
  const { request, finish, failure, settlement, projection, attempt, elapsed } = failed;
  const verdict =
    signal.aborted || failure.class === "aborted" ? null : world.retry.failed(agent.provider.id, agent.model, { tries: attempt, elapsed }, failure);
  await closeFailed(execution, { request, purpose: "turn", finish, failure, settlement, retryIn: verdict?.retry ? verdict.wait : null });
  if (verdict && !verdict.retry && (verdict.opened || (verdict.because !== "class" && verdict.because !== "breaker"))) {
    const name = verdict.opened ? "model" : "retries";
    const breaker = name === "model" ? world.retry.breakerOf(agent.provider.id, agent.model) : world.retry.retries;
    tellOpened(emit, breaker, { name, failures: name === "model" ? breaker.failures : attempt, says: saysOf(verdict), usd: projection.expected.usd });
  }
  if (!verdict?.retry) return { retry: false, says: verdict ? saysOf(verdict) : "" };
  emit({ type: "model-retry", attempt, failure, waitMilliseconds: verdict.wait });
  await world.clock.sleep(verdict.wait, signal);
  return { retry: !signal.aborted, says: "" };
}

const saysOf = (verdict: RetryVerdict): string => (verdict.retry ? "" : verdict.says);

interface Accepted {
  readonly request: RequestId;
  readonly finish: Finished;
  readonly projection: Projection;
  readonly settlement: Settlement;
}

async function accept(execution: Execution, context: Forecasted, { request, finish, projection, settlement }: Accepted): Promise<Reply> {
  const { agent, world } = execution;
  const { message, usage } = finish;
  const cache = cacheOutcome(execution, context.cache, finish);
  world.retry.succeeded(agent.provider.id, agent.model);
  await closeReplied(execution, request, "turn", finish, settlement, cache);
  if (!settlement.confirmed) sayUnconfirmed(execution, settlement);
  return { message, usage, projected: projection.expected, actual: settlement.cost, cache };
}

/** Sessions whose person was told. */
const toldUnconfirmed = new WeakSet<Execution["session"]>();

/** A provider that does not count never does: it is said once. */
function sayUnconfirmed({ session, agent, emit }: Execution, { cost }: Settlement): void {
  if (toldUnconfirmed.has(session)) return;
  toldUnconfirmed.add(session);
  const charged = agent.price(0) === undefined ? `${cost.tokens} tokens` : `$${cost.usd.toFixed(4)}`;
  const says = `${agent.model}: the provider's count of a reply is missing or cannot be true. It is charged at its worst case, ${charged}, and marked as not confirmed.`;
  emit({ type: "notice", level: "warning", code: "cost-unconfirmed", says });
}

const exhaustedNext = "Start a new session, or continue with a model that has a larger window.";

function endOf(aborted: boolean, failure: ModelFailure, says: string, attempts: number): RunEnd {
  if (aborted || failure.class === "aborted") return { reason: "aborted", says: "Interrupted while the model was speaking." };
  if (failure.class === "context-too-long")
    return { reason: "context-exhausted", says: `The conversation no longer fits the model's window: ${failure.message} ${exhaustedNext}` };
  return { reason: "model-error", failure: says ? { ...failure, message: `${failure.message} ${says}` } : failure, attempts };
}
