// budget: money, tokens, turns and time, projected and reserved before they are spent.
export * from "./budget.ts";
export { costOf, isPlausible, type PriceOf, type PriceRates } from "./prices.ts";
export { type CallToProject, project } from "./project.ts";
export { rule, ruleWithin } from "./reserve.ts";
export { type EndedCall, type Settlement, settle } from "./settle.ts";
export {
  admit,
  type BudgetLine,
  type BudgetNode,
  type BudgetPath,
  giveBack,
  openCall,
  overdrawn,
  plant,
  replay,
  type Sliced,
  scopesOf,
  settleCall,
  slice,
  taken,
  used,
} from "./tree.ts";
