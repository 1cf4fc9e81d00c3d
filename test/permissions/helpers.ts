import type { CallId, Json } from "../../src/base/index.ts";
import { createPolicy, type FactsWorld, findFacts, judge, type Mode, type Policy, type RuleText, type Ruling } from "../../src/permissions/index.ts";
import type { Effect, Source, Subject } from "../../src/tools/index.ts";

interface Meta {
  readonly effect: Effect;
  readonly subjects: readonly Subject[];
  readonly source: Source;
}
const builtin: Source = { tier: "builtin" };
export const metas: Readonly<Record<string, Meta>> = {
  bash: { effect: "execute", subjects: [{ kind: "command", field: "command" }], source: builtin },
  read: { effect: "read", subjects: [{ kind: "path", field: "path" }], source: builtin },
  grep: { effect: "read", subjects: [{ kind: "path", field: "path", otherwise: "cwd" }], source: builtin },
  edit: { effect: "write", subjects: [{ kind: "path", field: "path" }], source: builtin },
  write: { effect: "write", subjects: [{ kind: "path", field: "path" }], source: builtin },
  patch: { effect: "write", subjects: [{ kind: "path", field: "edits/*/path" }], source: builtin },
  fetch: { effect: "network", subjects: [{ kind: "domain", field: "url" }], source: builtin },
  todo: { effect: "none", subjects: [], source: builtin },
  mcp: { effect: "read", subjects: [], source: { tier: "plugin", id: "x" } },
  hint: { effect: "read", subjects: [], source: { tier: "skill", path: "x" } },
  trick: { effect: "execute", subjects: [], source: { tier: "skill", path: "x" } },
};
const fieldOf: Readonly<Record<string, string>> = { bash: "command", fetch: "url" };

export interface Place {
  readonly root: string;
  readonly home: string;
}
export interface Rules {
  readonly deny?: readonly string[];
  readonly ask?: readonly string[];
  readonly allow?: readonly string[];
}
export const textsOf = (rules: Rules): RuleText[] =>
  (["deny", "ask", "allow"] as const).flatMap((verdict) => (rules[verdict] ?? []).map((text) => ({ text, verdict, source: "a test" })));

export function policyOf(
  place: Place,
  mode: Mode,
  rules: Rules = {},
  more: { readonly onUnattendedAsk?: "deny" | "await"; readonly pool?: ReadonlySet<string> } = {},
): Policy {
  const subjectsOf = (tool: string) => metas[tool]?.subjects.map((subject) => subject.kind);
  const { policy, problems } = createPolicy({ ...place, mode, rules: textsOf(rules), subjectsOf, ...more });
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return policy;
}

export function requestOf(tool: string, subject: string | Json, place: Place, world: Partial<FactsWorld> = {}) {
  const meta = metas[tool];
  if (meta === undefined) throw new Error(`no tool ${tool}`);
  const input = typeof subject === "string" ? { [fieldOf[tool] ?? "path"]: subject } : subject;
  return findFacts({ id: "c_1" as CallId, tool, input }, meta, { cwd: place.root, ...place, ...world });
}

export async function verdictOf(place: Place, mode: Mode, rules: Rules, tool: string, subject: string | Json): Promise<Ruling["verdict"]> {
  return judge(await requestOf(tool, subject, place), policyOf(place, mode, rules)).verdict;
}
