// Limits, what was spent, what is held for a call under way. Money in US dollars, time in seconds.
export interface Budget {
  readonly usd?: number;
  readonly tokens?: number;
  /** Model replies. */
  readonly turns?: number;
  readonly seconds?: number;
}
export interface Amount {
  readonly usd: number;
  readonly tokens: number;
  readonly turns: number;
  readonly seconds: number;
}
export const nothing: Amount = { usd: 0, tokens: 0, turns: 0, seconds: 0 };
export const add = (left: Amount, right: Amount): Amount => ({
  usd: left.usd + right.usd,
  tokens: left.tokens + right.tokens,
  turns: left.turns + right.turns,
  seconds: left.seconds + right.seconds,
});

/** What one model call will take, before it is sent. */
export interface Projection {
  /** With the cache in the state it should be in. */
  readonly expected: Amount;
  /** With a cold cache and the whole of `maxOutput`: this is what is reserved. */
  readonly worst: Amount;
  readonly maxOutput: number;
  /** False: no price is known for the model, `usd` is 0 and means nothing. */
  readonly priced: boolean;
}
export type BudgetRuling =
  | { readonly fits: true; readonly projection: Projection }
  | {
      readonly fits: false;
      readonly limit: keyof Budget;
      readonly allowed: number;
      readonly spent: number;
      readonly reserved: number;
      readonly projected: number;
      readonly says: string;
    };
