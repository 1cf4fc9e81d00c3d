// tools: what a model can ask for. Metadata here, implementations behind load().

export { type AgentType, type AgentTypeName, agentTypeNames, agentTypes, isAgentType } from "./agent-types.ts";
export { difference } from "./builtin/difference.ts";
export { builtinTools } from "./builtin/index.ts";
export { nearest } from "./near.ts";
export { resolvePath, shortPath } from "./path.ts";
export { type Absent, type AbsentBy, type Denied, type Named, type Pool, type PoolOptions, pool } from "./pool.ts";
export * from "./ports.ts";
export { createRegistry, type Registry } from "./registry.ts";
export { validateInput } from "./schema.ts";
export * from "./tool.ts";
