// Structural ceilings by where a tool comes from. What a plugin or skill says of itself never grants.
import type { Effect, Tier } from "../tools/index.ts";

export interface Ceiling {
  /** What its tools may be registered with at all. */
  readonly effects: readonly Effect[];
  /** What may allow a call without a person: a rule that names it, the mode's own judgement of its effect, the mode `bypass`. */
  readonly allowedBy: readonly ("rule" | "mode" | "bypass")[];
}

export const ceilings: Readonly<Record<Tier, Ceiling>> = {
  builtin: { effects: ["none", "read", "write", "execute", "network", "agent"], allowedBy: ["rule", "mode", "bypass"] },
  // Its effect is its own claim, so a mode can't go by it.
  plugin: { effects: ["none", "read", "write", "execute", "network"], allowedBy: ["rule", "bypass"] },
  // A skill is text; what it wants done goes through builtin tools and their gate.
  skill: { effects: ["none", "read"], allowedBy: [] },
};
