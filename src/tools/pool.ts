// Which of the tools there are a session has, and which of those its model is shown at once. Metadata in, data out.
//
// Invariants
//  P1  The same tools and options give the same pool, in the same order.
//  P2  Every option only takes away: none gives back what another one took.
//  P3  Each tool is in the head, deferred or absent, in exactly one of them.
import { findToolName, type ToolSpec } from "../model/index.ts";
import { type AgentTypeName, agentTypes } from "./agent-types.ts";
import type { Registry } from "./registry.ts";
import type { Tool } from "./tool.ts";

/** A tool that is not to be had, and why, for people. */
export interface Named {
  readonly name: string;
  readonly why: string;
}
export interface Denied extends Named {
  /** A deny rule that the judge goes by too says so; absent: nothing but this list. */
  readonly ruled?: boolean;
}
export interface PoolOptions {
  /** In mode "plan" there is nothing that changes files. */
  readonly mode?: string;
  /** Default: "main". */
  readonly agentType?: AgentTypeName;
  /** Only these names; absent: all. */
  readonly allowed?: readonly string[] | undefined;
  readonly denied?: readonly Denied[];
  /** Not to be had for reasons of their own: the folder is not trusted, a plugin changed. They need not be registered. */
  readonly withheld?: readonly Named[];
  /** Tokens of definitions in the prompt's head; absent: no limit. */
  readonly tokens?: number | undefined;
  readonly tokensOf?: (tool: ToolSpec) => number;
}

export type AbsentBy = "mode" | "agent" | "denied" | "ruled" | "not-allowed" | "withheld" | "not-needed";
export interface Absent extends Named {
  readonly by: AbsentBy;
}
export interface Pool {
  /** What the model is shown from the start, by name. */
  readonly head: readonly Tool[];
  /** What it finds through `find_tool`, by name. */
  readonly deferred: readonly Tool[];
  /** By name. */
  readonly absent: readonly Absent[];
  /** What the gate lets come to the judge: mode and rules are his to say. */
  readonly callable: ReadonlySet<string>;
  /** Names in the lists that no tool has. */
  readonly unknown: readonly string[];
}

export function pool(registry: Registry, options: PoolOptions = {}): Pool {
  const { allowed = [], denied = [], withheld = [], mode } = options;
  const absent: Absent[] = withheld.filter(({ name }) => registry.get(name) === undefined).map(({ name, why }) => ({ name, why, by: "withheld" }));
  const present: Tool[] = [];
  for (const tool of registry.list()) {
    const why = whyAbsent(tool, options);
    if (why === null) present.push(tool);
    else absent.push({ name: tool.name, ...why });
  }
  const finder = present.find(({ name }) => name === findToolName);
  const { head, deferred } = cut(
    present.filter((tool) => tool !== finder),
    options,
  );
  if (finder !== undefined) {
    if (deferred.length > 0 || mode === "plan") head.push(finder);
    else absent.push({ name: finder.name, by: "not-needed", why: "every tool is in the list of the model already: there is nothing to find" });
  }
  const known = new Set([...registry.list(), ...withheld].map(({ name }) => name));
  return {
    head: head.sort(byName),
    deferred: deferred.sort(byName),
    absent: absent.sort(byName),
    callable: new Set([...present, ...absent.filter(isForJudge)].map(({ name }) => name)),
    unknown: [...new Set([...allowed, ...denied.map(({ name }) => name)])].filter((name) => !known.has(name)),
  };
}

/** `find_tool` is no tool of its own to be judged: where it is absent, nothing is called through it. */
const isForJudge = ({ name, by }: Absent): boolean => (by === "mode" || by === "ruled") && name !== findToolName;

const byName = (one: { readonly name: string }, other: { readonly name: string }): number => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0);

/** The strongest reason first: what no mode or rule would bring back. */
function whyAbsent({ name, effect }: Tool, options: PoolOptions): Omit<Absent, "name"> | null {
  const { agentType = "main", allowed, denied = [], withheld = [], mode } = options;
  const held = withheld.find((each) => each.name === name);
  if (held !== undefined) return { by: "withheld", why: held.why };
  const type: { readonly effects: readonly string[]; readonly without: readonly string[] } = agentTypes[agentType];
  if (!type.effects.includes(effect)) return { by: "agent", why: `an agent of type ${agentType} has no tool with the effect "${effect}"` };
  if (type.without.includes(name)) return { by: "agent", why: `an agent of type ${agentType} does without it` };
  if (allowed !== undefined && !allowed.includes(name)) return { by: "not-allowed", why: "it is not in the list of tools that are allowed" };
  const refused = denied.find((each) => each.name === name);
  if (refused !== undefined) return { by: refused.ruled === true ? "ruled" : "denied", why: refused.why };
  if (mode === "plan" && effect === "write") return { by: "mode", why: "the mode plan changes no files" };
  return null;
}

/** Built-in tools first, then by name, until the limit is reached; from there on all are deferred. */
function cut(tools: readonly Tool[], { tokens, tokensOf = () => 0 }: PoolOptions): { readonly head: Tool[]; readonly deferred: Tool[] } {
  const rank = ({ source }: Tool): number => (source.tier === "builtin" ? 0 : 1);
  const ordered = [...tools].sort((one, other) => rank(one) - rank(other) || byName(one, other));
  let sum = 0;
  let count = 0;
  for (const tool of ordered) {
    sum += tokens === undefined ? 0 : tokensOf(tool);
    if (tokens !== undefined && sum > tokens) break;
    count += 1;
  }
  return { head: ordered.slice(0, count), deferred: ordered.slice(count) };
}
