// tools: what a model can ask for. Metadata here, implementations behind load().

export { difference } from "./builtin/difference.ts";
export { builtinTools } from "./builtin/index.ts";
export { nearest } from "./near.ts";
export { resolvePath, shortPath } from "./path.ts";
export * from "./ports.ts";
export { createRegistry, type Pool, type PoolLimits, pool, type Registry } from "./registry.ts";
export { validateInput } from "./schema.ts";
export * from "./tool.ts";
