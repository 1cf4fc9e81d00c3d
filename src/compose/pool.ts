// The pool of a session from an agent's options.
import { estimateTokens, renderTool } from "../context/index.ts";
import type { Mode } from "../permissions/index.ts";
import { type AgentTypeName, type Denied, type Pool, pool, type Registry } from "../tools/index.ts";
import type { AgentOptions } from "./options.ts";

/** Tokens of tool definitions in the prompt's head when nobody says. */
export const usualToolTokens = 12_000;

export type PoolChoices = Pick<AgentOptions, "withoutTools" | "onlyTools" | "withheldTools" | "rules" | "toolTokens">;

export function poolOf(registry: Registry, options: PoolChoices, mode: Mode, agentType: AgentTypeName): Pool {
  return pool(registry, {
    mode,
    agentType,
    allowed: options.onlyTools,
    denied: deniedTools(options),
    withheld: options.withheldTools ?? [],
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
