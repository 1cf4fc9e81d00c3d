// Keeps the provider's cache of a session warm while nobody asks anything: the last request once more, for one token, before its
// entry ends. Only where the person allowed it, and only as often as it is cheaper than writing everything again.
//
// Invariants
//  K1  n reads and the one that they are for cost less than one write: (n + 1) · read < write. Without both prices: never.
//  K2  Each is projected, admitted within every limit and journaled as a request of its own purpose before a byte is sent.
//  K3  It sends the bytes of the last answered request and nothing else; what it gets is part of no conversation.
import { costOf, settle } from "../budget/index.ts";
import { type ModelRequest, noUsage } from "../model/index.ts";
import { admitCall } from "./admit.ts";
import { closeFailed, closeReplied, failureOf, streamReply } from "./attempt.ts";
import type { Execution } from "./execution.ts";
import { assembleFor } from "./run.ts";

const purpose = "keep-alive";
/** Of an entry's life: what is left is for the request to arrive. */
const dueAfter = 0.9;

/** How often it pays in a row. */
export function pingsThatPay({ price, cache }: Execution["agent"], tokens: number): number {
  const written = costOf({ ...noUsage, cacheWrite: tokens, ...(cache.long ? { cacheWriteLong: tokens } : {}) }, price);
  const read = costOf({ ...noUsage, cacheRead: tokens }, price);
  if (written === null || read === null || read <= 0 || written <= read) return 0;
  return Math.max(0, Math.ceil(written / read - 1) - 1);
}

/** Until `signal` aborts, or it no longer pays, fits or succeeds. Resolves with how often it was done. */
export async function keepAlive(execution: Execution): Promise<number> {
  const { agent, session, world, signal } = execution;
  const { state } = session;
  for (let done = 0; ; done++) {
    const known = knownTokens(execution);
    if (known === 0 || state.askedAt === null || done >= pingsThatPay(agent, known)) return done;
    await world.clock.sleep(Math.max(0, state.askedAt + agent.cache.life * 1000 * dueAfter - world.clock.now()), signal);
    if (signal.aborted || world.clock.now() - state.askedAt >= agent.cache.life * 1000) return done;
    if (!(await ping(execution, known))) return done;
  }
}

/** What the last request left; 0: nothing that the same bytes would find. A budget of thinking does not fit one token. */
function knownTokens({ agent, session: { state } }: Execution): number {
  const { lastReply, lastModel, pending } = state;
  const isSame = lastModel?.provider === agent.provider.id && lastModel.model === agent.model;
  if (!lastReply?.usageFinal || !isSame || pending.length > 0 || (agent.thinking === "budget" && agent.effort !== undefined)) return 0;
  const { input, cacheRead, cacheWrite } = lastReply.usage;
  const known = input + cacheRead + cacheWrite;
  return cacheRead + cacheWrite === 0 || known < agent.cache.least ? 0 : known;
}

async function ping(execution: Execution, known: number): Promise<boolean> {
  const { agent, session, world, signal } = execution;
  const { state } = session;
  const context = assembleFor(execution);
  const length = state.lastReply?.messages ?? 0;
  if (context.breaks.length > 0 || context.repairs.length > 0 || length < 2) return false;
  const request: ModelRequest = { ...context.request, messages: context.request.messages.slice(0, length), cacheAfter: [length - 1], maxOutput: 1 };
  const { provider, model, price, cache } = agent;
  const admitted = await admitCall(execution, {
    attempt: { purpose, provider, model, segments: state.lastSegments, attempt: 1 },
    spent: state.spent,
    isTurn: false,
    call: {
      inputTokens: known,
      worstInputTokens: known,
      cachedTokens: known,
      cacheAge: 0,
      cacheLife: cache.life,
      leastCached: cache.least,
      writesCache: true,
      writesLong: cache.long === true,
      maxOutput: 1,
      price,
    },
  });
  if (!admitted.ok) return false;
  const finish = await streamReply(world.clock, provider, request, signal);
  const settlement = settle({ ...finish, projection: admitted.projection, price });
  const cost = { ...settlement, cost: { ...settlement.cost, turns: 0 } };
  const failure = failureOf(finish);
  if (failure) await closeFailed(execution, { request: admitted.request, purpose, finish, failure, settlement: cost, retryIn: null });
  else await closeReplied(execution, admitted.request, purpose, finish, cost);
  return !failure && finish.usage.cacheRead > 0;
}
