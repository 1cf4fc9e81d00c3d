// compose: createAgent() and the shapes it takes and gives.

export { createAgent } from "./agent.ts";
export type { Agent, AgentOptions, Change, ClassifierOptions, Conversation, OwnProvider, Run } from "./options.ts";
export { type FoundTools, findTools, poolOf } from "./pool.ts";
export { withPrices } from "./prices.ts";
export { version } from "./version.ts";
