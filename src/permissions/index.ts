// permissions: what may be done, decided by code that can be read, tested and queried.
export type { RuleLevel } from "../base/index.ts";
export type { ClassifierVerdict } from "./classifier.ts";
export type { RiskClass } from "./classifier-prompt.ts";
export * from "./decision.ts";
export { explain, explainRuling, reasonWords } from "./explain.ts";
export { expectCommand, type FactsWorld, findFacts } from "./facts.ts";
export { createCoordinatorHandler } from "./handlers/coordinator.ts";
export type { Answer, Handler } from "./handlers/handler.ts";
export { createQueueHandler } from "./handlers/queue.ts";
export { createWorkerHandler } from "./handlers/worker.ts";
export { judge, onlyReads, reasonInWords } from "./judge.ts";
export { systemTable } from "./outside.ts";
export { type ClassVerdict, createPolicy, modeTable, type Policy, type PolicyOptions, parseMode, type RuleBook, ruleError } from "./policy.ts";
export { protectedTable, secretReason } from "./protected.ts";
export {
  type Rule,
  type RulePlace,
  type RuleProblem,
  type RuleReading,
  type RuleText,
  type RuleVerdict,
  readRule,
  type SubjectKind,
  speaksOf,
} from "./rules.ts";
export { type Suggestion, suggest } from "./suggest.ts";
export { type Ceiling, ceilingRows, ceilings } from "./tiers.ts";

/** What asks a classifier and reads its answer: loaded when there is something to ask. */
export const loadClassifier = async () => ({ ...(await import("./classifier.ts")), ...(await import("./classifier-prompt.ts")) });

/** What is wrong with rules that can be read: loaded when somebody asks. */
export const loadRuleReport = async () => (await import("./rule-report.ts")).reportRules;
