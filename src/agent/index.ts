// agent: the loop, what an agent is, and what a run says.
export { type Channel, createChannel } from "./channel.ts";
export type { AgentDefinition, EffectHooks, RunLimits, World } from "./definition.ts";
export type { Emit, RunEvent, RunEventBody } from "./event.ts";
export type { Execution } from "./execution.ts";
export { partition } from "./partition.ts";
export { run } from "./run.ts";
export { createTreeLock, type TreeLock, type TreeLockOptions } from "./tree-lock.ts";
