// Which tools there are in a place, and the pool of a session from an agent's options: one way for sessions and for `bosun tools`.
import { homedir } from "node:os";
import { estimateTokens, renderTool } from "../context/index.ts";
import type { Mode } from "../permissions/index.ts";
import type { Place } from "../session/index.ts";
import {
  type AgentTypeName,
  builtinTools,
  createRegistry,
  type Denied,
  type FoundPlugins,
  type FoundSkills,
  findSkills,
  type Named,
  type Pool,
  pool,
  type Registry,
  skillToolName,
} from "../tools/index.ts";
import type { AgentOptions } from "./options.ts";
import { pluginsOf } from "./plugins.ts";

/** Tokens of tool definitions in the prompt's head when nobody says. */
export const usualToolTokens = 12_000;

export interface FoundTools {
  readonly registry: Registry;
  /** What there is and is not to be had, and why. */
  readonly withheld: readonly Named[];
  readonly skills: FoundSkills;
  /** Null: none was ever approved. */
  readonly plugins: FoundPlugins | null;
}

/** Metadata alone: no implementation is loaded, and nothing of a plugin or a skill runs. */
export async function findTools(options: Pick<AgentOptions, "tools" | "withheldTools" | "skills">, place: Place): Promise<FoundTools> {
  const plugins = await pluginsOf(place.home);
  const skills = await skillsOf(options, place, plugins);
  const own = [...builtinTools, ...(options.tools ?? [])];
  const names = new Set(own.map(({ name }) => name));
  const added = (plugins?.tools ?? []).filter(({ name }) => !names.has(name));
  const withheld = [...(options.withheldTools ?? []), ...(plugins?.withheld ?? []), ...(skills.skills.length > 0 ? [] : [{ name: skillToolName, why: whyNoSkills(skills) }])];
  return { registry: createRegistry([...own, ...added]), withheld, skills, plugins };
}

async function skillsOf({ skills }: Pick<AgentOptions, "skills">, { cwd, root, home }: Place, plugins: FoundPlugins | null): Promise<FoundSkills> {
  if (skills === undefined) return { skills: [], absent: [] };
  const { trusted, folders = [] } = skills;
  return findSkills({ root, cwd, bosunHome: home, home: homedir(), trusted, more: [...folders, ...(plugins?.skills ?? [])] });
}

const whyNoSkills = ({ absent }: FoundSkills): string =>
  absent.length === 0 ? "there are no skills here" : "none of the skills here can be used: `bosun skills` says why of each";

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
