// bosun as a library: the public surface.

export type { ConfirmBreak, RunEvent } from "./agent/index.ts";
export { BosunError, type Json, type JsonSchema, type Outcome, type SessionId } from "./base/index.ts";
export type { Amount, Budget } from "./budget/index.ts";
export {
  type Agent,
  type AgentOptions,
  type Change,
  type ClassifierOptions,
  type Conversation,
  createAgent,
  type OwnProvider,
  type Run,
  version,
} from "./compose/index.ts";
export type { ShellOptions } from "./exec/index.ts";
export type { ContentPart, Message, Provider, Usage } from "./model/index.ts";
export {
  type Answer,
  createCoordinatorHandler,
  createPolicy,
  createQueueHandler,
  createWorkerHandler,
  type Decision,
  type Handler,
  type Mode,
  type Policy,
  type Reason,
} from "./permissions/index.ts";
export { findPlace, type Place, projectSlug, type RunEnd, type Session, type SessionState, type SessionStore } from "./session/index.ts";
export type { AgentTypeName, Named, Prepared, ResumeChild, Tool, ToolContext, ToolMeta } from "./tools/index.ts";
