// How a level of effort is said to each vendor. What a model takes stands in its row of the catalogue.
import type { CatalogueRow } from "./catalogue-row.ts";
import type { Effort } from "./provider.ts";

const levels: readonly Effort[] = ["minimal", "low", "medium", "high"];

/** The level that is sent: the one asked for, or the nearest one above it that the model takes. A model without a row gets what is asked. */
export function effortFor(row: CatalogueRow | undefined, effort: Effort | undefined): Effort | undefined {
  const taken = row?.efforts;
  if (effort === undefined || taken === undefined) return effort;
  return levels.slice(levels.indexOf(effort)).find((level) => taken.includes(level)) ?? taken.at(-1);
}

/** Tokens of thinking, for models that take a budget and no level. */
export const thinkingBudgets: Readonly<Record<Effort, number>> = { minimal: 0, low: 4_096, medium: 12_288, high: 32_768 };
