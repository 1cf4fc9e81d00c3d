// Rules by the calls they can concern, sorted when they are first asked for: judging looks at those alone.
import { type RuleLevel, ruleLevels } from "../base/index.ts";
import { type Rule, speaksOf } from "./rules.ts";

export interface Relevant {
  /** Rules that speak of the tool, in their order. */
  readonly own: readonly Rule[];
  /** These, and rules on files, which also speak of what a command reads and writes; in their order. */
  readonly all: readonly { readonly rule: Rule; readonly speaks: boolean }[];
}
interface Index {
  /** Rules are only ever added. */
  readonly length: number;
  readonly byTool: Map<string, Relevant>;
}

const indexes = new WeakMap<readonly Rule[], Index>();
/** Names of tools that are kept; a model can make up any number of them. */
const mostTools = 256;

export function relevantTo(rules: readonly Rule[], tool: string, effect: string): Relevant {
  let index = indexes.get(rules);
  if (index === undefined || index.length !== rules.length || index.byTool.size > mostTools) {
    index = { length: rules.length, byTool: new Map() };
    indexes.set(rules, index);
  }
  const key = `${effect} ${tool}`;
  const known = index.byTool.get(key);
  if (known !== undefined) return known;
  const all = rules.flatMap((rule) => {
    const speaks = speaksOf(rule, tool, effect);
    return speaks || effectOf(rule) !== null ? [{ rule, speaks }] : [];
  });
  const found = { all, own: all.flatMap(({ rule, speaks }) => (speaks ? [rule] : [])) };
  index.byTool.set(key, found);
  return found;
}

/** `read(…)` and `edit(…)` speak of what commands read and write, too. */
export const effectOf = ({ specifier, name }: Rule): "reads" | "writes" | null =>
  specifier?.kind !== "path" ? null : name === "read" ? "reads" : name === "edit" ? "writes" : null;

const ranks: ReadonlyMap<RuleLevel, number> = new Map(ruleLevels.map((level, rank) => [level, rank]));

/** 0: the strongest source. */
export const rankOf = ({ level = "flags" }: Pick<Rule, "level">): number => ranks.get(level) ?? 0;
