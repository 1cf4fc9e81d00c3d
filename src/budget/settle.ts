// What is charged for a call once it has ended, and whether that is confirmed.
import type { Usage } from "../model/index.ts";
import type { Amount, Projection } from "./budget.ts";
import { costOf, isPlausible, type PriceOf } from "./prices.ts";

export interface EndedCall {
  readonly usage: Usage;
  /** False: the stream ended before the provider said what it counted. */
  readonly usageFinal: boolean;
  /** Whether the provider began to answer. One that refused outright charges nothing. */
  readonly began: boolean;
  /** `finish` "aborted": we ended it, perhaps when the provider was reading it already. */
  readonly message?: { readonly finish: string };
  /** Tokens of output that came, at most; absent: not known. */
  readonly streamed?: number;
  readonly projection: Projection;
  readonly price: PriceOf;
  /** Wall time of the call. */
  readonly seconds: number;
}
export interface Settlement {
  readonly cost: Amount;
  /** False: the provider's count is missing or cannot be true, and the call is charged at what was reserved. */
  readonly confirmed: boolean;
}

/** A count of more than so many times the worst case is none: no provider lets a call become that long. */
const absurd = 100;

/**
 * Never a free call: what began and was not credibly counted costs its worst case; only where the input was counted and all of the
 * output was seen, that. What we ended before it began costs its input, since that may have arrived. `turns` counts replies that were complete.
 */
export function settle(call: EndedCall): Settlement {
  const { usage, projection } = call;
  const { worst } = projection;
  const isCredible = isPlausible(usage) && countOf(usage) <= Math.max(worst.tokens, 1) * absurd;
  const counted = isCredible ? countOf(usage) : 0;
  const base = { turns: call.usageFinal ? 1 : 0, seconds: call.seconds };
  const charge = (of: Usage) => ({ ...base, usd: costOf(of, call.price) ?? 0, tokens: countOf(of) });
  if (!call.began && isPlausible(usage) && countOf(usage) === 0) {
    const sent = Math.max(0, worst.tokens - projection.maxOutput);
    const isSent = call.message?.finish === "aborted";
    const usd = isSent ? Math.min(worst.usd, costOf({ ...usage, cacheWrite: sent }, call.price) ?? 0) : 0;
    return { cost: { ...base, turns: 0, usd, tokens: isSent ? sent : 0 }, confirmed: !isSent };
  }
  if (call.usageFinal && counted > 0) return { cost: charge(usage), confirmed: true };
  const least = counted > 0 ? charge(usage) : { ...base, usd: 0, tokens: 0 };
  const isInputKnown = counted > usage.output && !call.usageFinal;
  const seen = isInputKnown && call.streamed !== undefined ? charge({ ...usage, output: Math.max(usage.output, call.streamed) }) : worst;
  const most = { usd: Math.min(seen.usd, worst.usd), tokens: Math.min(seen.tokens, worst.tokens) };
  return { cost: { ...base, usd: Math.max(least.usd, most.usd), tokens: Math.max(least.tokens, most.tokens) }, confirmed: false };
}

const countOf = (usage: Usage): number => usage.input + usage.cacheRead + usage.cacheWrite + usage.output;
