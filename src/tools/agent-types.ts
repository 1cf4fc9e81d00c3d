// Kinds of agents as data: what each may do at most, whatever its rules and mode say.
import type { Effect } from "./tool.ts";

export interface AgentType {
  readonly purpose: string;
  /** Tools with another effect are not part of its sessions. */
  readonly effects: readonly Effect[];
  /** Nor are these. */
  readonly without: readonly string[];
}

export const agentTypes = {
  main: { purpose: "does what the person asks for", effects: ["none", "read", "write", "execute", "network", "agent"], without: [] },
  explore: { purpose: "finds out how things are, and changes nothing", effects: ["none", "read"], without: ["jobs", "todo"] },
  plan: { purpose: "reads and writes down a plan, and changes nothing", effects: ["none", "read"], without: ["jobs"] },
  verify: { purpose: "reads and runs checks and tests", effects: ["none", "read", "execute"], without: [] },
  implement: { purpose: "makes one change from beginning to end by itself", effects: ["none", "read", "write", "execute", "network"], without: [] },
} as const satisfies Readonly<Record<string, AgentType>>;

export type AgentTypeName = keyof typeof agentTypes;
export const agentTypeNames = Object.keys(agentTypes) as readonly AgentTypeName[];
export const isAgentType = (name: string): name is AgentTypeName => Object.hasOwn(agentTypes, name);
