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
/** What stands against one limit: of a session, an agent, a project, a day. */
export interface Scope {
  /** In words: "session", "project", "day", or an agent's name. */
  readonly scope: string;
  readonly budget: Budget;
  /** Settled. */
  readonly spent: Amount;
  /** The worst case of every call that is open or whose end is not known, and slices that are not given back. */
  readonly reserved: Amount;
  /** What is left of the slices on the way down to the caller: reserved here already. */
  readonly sliced?: Amount;
}

/** A part of a call, and what it takes at worst of the limit that it breaks, in that limit's unit. */
export interface CallPart {
  readonly part: "conversation" | "new-input" | "output";
  readonly projected: number;
}
/** What would fit in place of the call, each with what it would take at worst, in the unit of the limit. */
export type WouldFit =
  | { readonly change: "smaller-output"; readonly maxOutput: number; readonly projected: number }
  /** With an input of so many tokens and the least output worth a call. */
  | { readonly change: "compaction"; readonly inputTokens: number; readonly projected: number }
  | { readonly change: "cheaper-model"; readonly model: string; readonly projected: number };

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
      /** Whose limit it is; absent: the session's. */
      readonly scope?: string;
      /** Limits in money and tokens: what is dearest in the call. */
      readonly dearest?: CallPart;
      /** Limits in money and tokens. Empty: nothing of what was tried. */
      readonly wouldFit?: readonly WouldFit[];
    };
export type BudgetRefusal = Extract<BudgetRuling, { readonly fits: false }>;
