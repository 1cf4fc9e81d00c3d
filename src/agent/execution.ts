// What one run works with: handed from function to function, never stored.
import type { Session } from "../session/index.ts";
import type { AgentDefinition, World } from "./definition.ts";
import type { Emit } from "./event.ts";

export interface Execution {
  readonly agent: AgentDefinition;
  readonly world: World;
  readonly session: Session;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}
