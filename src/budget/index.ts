// budget: money, tokens, turns and time, projected and reserved before they are spent.
export * from "./budget.ts";
