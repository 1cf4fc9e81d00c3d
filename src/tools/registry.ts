// Which tools there are.
import { nearest } from "./near.ts";
import type { Tool } from "./tool.ts";

export interface Registry {
  get(name: string): Tool | undefined;
  /** Sorted by name, so that the same tools give the same bytes to a model. */
  list(): readonly Tool[];
  /** Names that may have been meant by one that does not exist. */
  near(name: string): readonly string[];
}

/** Throws when two tools share a name: which one a permission rule meant could not be said. */
export function createRegistry(tools: readonly Tool[]): Registry {
  const byName = new Map<string, Tool>();
  // rules name tools in any case
  const taken = new Map<string, Tool>();
  for (const tool of tools) {
    const other = taken.get(tool.name.toLowerCase());
    if (other !== undefined) throw new Error(`Two tools are named "${tool.name}" (${originOf(other)} and ${originOf(tool)}): rename or leave out one of them.`);
    taken.set(tool.name.toLowerCase(), tool);
    byName.set(tool.name, tool);
  }
  const sorted = [...byName.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  return {
    get: (name) => byName.get(name),
    list: () => sorted,
    near: (name) => nearest(name, [...byName.keys()]),
  };
}

function originOf({ source }: Tool): string {
  switch (source.tier) {
    case "builtin":
      return "built in";
    case "plugin":
      return source.server === undefined ? `plugin ${source.id}` : `plugin ${source.id}, server ${source.server}`;
    case "skill":
      return `skill ${source.path}`;
  }
}
