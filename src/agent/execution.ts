// What one run works with: handed from function to function, never stored.
import type { StepId } from "../base/index.ts";
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

/** A call that stays open as the run ends. */
export interface Waiting {
  readonly step: StepId;
  readonly asking: string;
  readonly tool: string;
  readonly subject: string;
  /** Where it is no decision that it waits for. */
  readonly says?: string;
}
