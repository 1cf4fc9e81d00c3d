// The breaker on money within a minute: looked at before each turn's call is sent.
//
// Invariants
//  S1  What was settled within the last minute, what open calls may cost and the most the next one may cost is at most the limit.
//  S2  It is read from the journal's own lines: a resumed session knows what it spent a moment ago.
import { type Breaker, createBreaker } from "../base/index.ts";
import type { Projection } from "../budget/index.ts";
import type { RunEnd, SessionState } from "../session/index.ts";
import { reservedBy } from "./attempt.ts";
import type { Execution } from "./execution.ts";
import { tellOpened } from "./tell-opened.ts";

export type BreakerEnd = Extract<RunEnd, { readonly reason: "breaker" }>;

const minute = 60_000;
const breakers = new WeakMap<SessionState, Breaker>();

/** The end of the run where the next call could make the minute too dear; null: it may be sent. */
export function tooFast({ agent, session, world, emit }: Execution, projection: Projection): BreakerEnd | null {
  const limit = agent.limits.usdPerMinute;
  if (limit === undefined) return null;
  const { state } = session;
  const from = world.clock.now() - minute;
  const recent = state.spending.filter(({ at }) => at > from);
  const spent = recent.reduce((sum, { usd }) => sum + usd, 0);
  const reserved = reservedBy(state).usd;
  const projected = projection.worst.usd;
  if (projection.priced && spent + reserved + projected <= limit) return null;
  const breaker = breakers.get(state) ?? createBreaker({ name: "spend-per-minute", failures: 1 }, world.clock);
  breakers.set(state, breaker);
  breaker.reset();
  breaker.trip();
  const says = projection.priced
    ? `The session spent ${money(spent)} within the last minute and the next call may cost ${money(projected)}${reserved > 0 ? `, with ${money(reserved)} held for open calls` : ""}; the limit is ${money(limit)} a minute. ${nextMove(spent, reserved, projected, limit)}`
    : `The price of this model is not known, so a limit of ${money(limit)} a minute cannot be held. Name its price in your settings, choose a model from \`bosun models\`, or drop limits.usdPerMinute.`;
  tellOpened(emit, breaker, { name: "spend-per-minute", failures: recent.length, says, usd: projected });
  return { reason: "breaker", name: "spend-per-minute", failures: recent.length, says, spending: { limit, spent, reserved, projected } };
}

const nextMove = (spent: number, reserved: number, projected: number, limit: number): string =>
  projected + reserved > limit
    ? "No waiting makes room for such a call: raise limits.usdPerMinute, or lower limits.maxOutput."
    : `Go on when ${spent > 0 ? "the minute has passed" : "there is room"}, or raise limits.usdPerMinute.`;

const money = (usd: number): string => `$${usd.toFixed(4)}`;
