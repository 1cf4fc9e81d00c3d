// budget: money, tokens, turns and time, projected and reserved before they are spent.
export * from "./budget.ts";
export { costOf, isPlausible, type PriceOf, type PriceRates } from "./prices.ts";
export { type CallToProject, project } from "./project.ts";
export { rule } from "./reserve.ts";
export { type EndedCall, type Settlement, settle } from "./settle.ts";
