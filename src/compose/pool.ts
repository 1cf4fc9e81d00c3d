// Which tools there are in a place, and the pool of a session from an agent's options: one way for sessions and for `bosun tools`.
import { estimateTokens, renderTool } from "../context/index.ts";
import type { Mode } from "../permissions/index.ts";
import type { Place } from "../session/index.ts";
import { type AgentTypeName, builtinTools, createRegistry, type Denied, type Named, type Pool, pool, type Registry } from "../tools/index.ts";
import type { AgentOptions } from "./options.ts";

/** Tokens of tool definitions in the prompt's head when nobody says. */
export const usualToolTokens = 12_000;

export interface FoundTools {
  readonly registry: Registry;
  /** What there is and is not to be had, and why. */
  readonly withheld: readonly Named[];
}

/** Metadata alone: no implementation is loaded, and nothing of a plugin or a skill runs. */
export async function findTools(options: Pick<AgentOptions, "tools" | "withheldTools">, _place: Place): Promise<FoundTools> {
  return { registry: createRegistry([...builtinTools, ...(options.tools ?? [])]), withheld: options.withheldTools ?? [] };
}

type PoolChoices = Pick<AgentOptions, "withoutTools" | "onlyTools" | "rules" | "toolTokens">;

export function poolOf({ registry, withheld }: FoundTools, options: PoolChoices, mode: Mode, agentType: AgentTypeName): Pool {
  return pool(registry, {
    mode,
    agentType,
    allowed: options.onlyTools,
    denied: deniedTools(options),
    withheld,
    tokens: options.toolTokens ?? usualToolTokens,
    tokensOf: (tool) => estimateTokens(renderTool(tool)),
  });
}

function deniedTools({ withoutTools = [], rules = [] }: PoolChoices): readonly Denied[] {
  return withoutTools.map((name) => {
    const rule = rules.find(({ text, verdict }) => verdict === "deny" && text.toLowerCase() === name);
    if (rule === undefined) return { name, why: "it was left out by name" };
    return { name, ruled: true, why: `the rule ${JSON.stringify(rule.text)} denies it (${rule.source})` };
  });
}
