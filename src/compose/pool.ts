// Which tools there are in a place, and the pool of a session from an agent's options: one way for sessions and for `bosun tools`.
import { homedir } from "node:os";
import { estimateTokens, renderTool } from "../context/index.ts";
import { type Mode, type Rule, speaksOf } from "../permissions/index.ts";
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
const usualToolTokens = 12_000;

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
  const names = new Set(own.map(({ name }) => name.toLowerCase()));
  const added = (plugins?.tools ?? []).filter(({ name }) => !names.has(name));
  const withheld = [
    ...(options.withheldTools ?? []),
    ...(plugins?.withheld ?? []),
    ...(skills.skills.length > 0 ? [] : [{ name: skillToolName, why: whyNoSkills(skills) }]),
  ];
  return { registry: createRegistry([...own, ...added]), withheld, skills, plugins };
}

async function skillsOf({ skills }: Pick<AgentOptions, "skills">, { cwd, root, home }: Place, plugins: FoundPlugins | null): Promise<FoundSkills> {
  if (skills === undefined) return { skills: [], absent: [] };
  const { trusted, folders = [] } = skills;
  return findSkills({ root, cwd, bosunHome: home, home: homedir(), trusted, more: [...folders, ...(plugins?.skills ?? [])] });
}

const whyNoSkills = ({ absent }: FoundSkills): string =>
  absent.length === 0 ? "there are no skills here" : "none of the skills here can be used: `bosun skills` says why of each";

type PoolChoices = Pick<AgentOptions, "withoutTools" | "onlyTools" | "toolTokens">;

/** `deny`: the rules that refuse, of every source. */
export function poolOf(found: FoundTools, options: PoolChoices, deny: readonly Rule[], mode: Mode, agentType: AgentTypeName): Pool {
  const limit = options.toolTokens ?? usualToolTokens;
  return pool(found.registry, {
    mode,
    agentType,
    allowed: options.onlyTools,
    denied: deniedTools(found.registry, options.withoutTools ?? [], deny),
    withheld: found.withheld,
    tokens: surelyFit(found.registry, limit) ? undefined : limit,
    tokensOf: (tool) => estimateTokens(renderTool(tool)),
  });
}

/** No text is estimated at more tokens for each of its UTF-16 units. */
export const mostPerUnit = 1.5;

/** Without an estimate, which takes a millisecond or two as a session starts. */
function surelyFit(registry: Registry, limit: number): boolean {
  let units = 0;
  for (const tool of registry.list()) units += renderTool(tool).length;
  return units * mostPerUnit <= limit;
}

/** What a rule denies whatever the call is, and what was left out by name. */
function deniedTools(registry: Registry, withoutTools: readonly string[], deny: readonly Rule[]): readonly Denied[] {
  const whole = deny.filter(({ specifier }) => specifier === null);
  const ruled = registry.list().flatMap(({ name, effect }): readonly Denied[] => {
    const rule = whole.find((each) => speaksOf(each, name, effect));
    return rule === undefined ? [] : [{ name, ruled: true, why: `the rule ${JSON.stringify(rule.text)} denies it (${rule.source})` }];
  });
  return [...ruled, ...withoutTools.map((name) => ({ name, why: "it was left out by name" }))];
}
