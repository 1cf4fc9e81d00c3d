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

/** Never a free call: what began and was not credibly counted costs its worst case. `turns` counts replies that were complete. */
export function settle(call: EndedCall): Settlement {
  const { usage, projection } = call;
  const counted = usage.input + usage.cacheRead + usage.cacheWrite + usage.output;
  const base = { turns: call.usageFinal ? 1 : 0, seconds: call.seconds };
  if (!call.began && counted === 0) return { cost: { ...base, turns: 0, usd: 0, tokens: 0 }, confirmed: true };
  if (call.usageFinal && isPlausible(usage) && counted > 0) {
    return { cost: { ...base, usd: costOf(usage, call.price) ?? 0, tokens: counted }, confirmed: true };
  }
  const known = isPlausible(usage) ? { usd: costOf(usage, call.price) ?? 0, tokens: counted } : { usd: 0, tokens: 0 };
  return {
    cost: { ...base, usd: Math.max(known.usd, projection.worst.usd), tokens: Math.max(known.tokens, projection.worst.tokens) },
    confirmed: false,
  };
}
