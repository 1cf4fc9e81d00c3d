// The catalogue of models: lookups over dated rows. What is not in it has no price: unknown is never taken for 0.
import type { CatalogueRow, ModelPrice } from "./catalogue-row.ts";
import { catalogueRows } from "./catalogue-rows.ts";

/** Models on this machine cost nothing per token. */
export const localPrice: ModelPrice = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, cacheWriteLong: 0 };

export const listCatalogue = (): readonly CatalogueRow[] => catalogueRows;

/** The row of `name` (an id, an alias, or an id with a date or "-latest" behind it) at `provider`. */
export function findModel(provider: string, name: string): CatalogueRow | undefined {
  const rows = catalogueRows.filter((row) => row.provider === provider);
  const exact = (wanted: string) => rows.find((row) => row.id === wanted || row.aliases?.includes(wanted));
  return exact(name) ?? exact(withoutDate(name));
}

/** The model for small side questions at `provider`. */
export const smallModel = (provider: string): CatalogueRow | undefined => catalogueRows.find((row) => row.provider === provider && row.small === true);

/** `claude-haiku-4-5-20251001` → `claude-haiku-4-5`, `gpt-6-sol-2026-09-22` → `gpt-6-sol`. */
export function withoutDate(name: string): string {
  return name.replace(/[-@](\d{8}|\d{4}-\d{2}-\d{2}|latest)$/, "");
}

/** The rates for a request with `promptTokens` of input in all; undefined when the price is unknown. */
export function priceOf(row: CatalogueRow | undefined, promptTokens: number): ModelPrice | undefined {
  if (row?.longPrompt && promptTokens > row.longPrompt.over) return row.longPrompt.price;
  return row?.price;
}

/** Ids that resemble `name`, nearest first, as `provider/id`. */
export function nearNames(name: string, candidates: readonly string[], limit = 3): readonly string[] {
  const wanted = name.toLowerCase();
  const scored = candidates.map((candidate) => {
    const text = candidate.toLowerCase();
    const tail = text.slice(text.indexOf("/") + 1);
    const contained = text.includes(wanted) || wanted.includes(tail) ? 0 : Math.min(distance(wanted, text), distance(wanted, tail));
    return { candidate, score: contained };
  });
  return scored
    .filter(({ score }) => score <= Math.max(3, wanted.length / 2))
    .sort((left, right) => left.score - right.score)
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

/** Edit distance. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let index = 1; index <= left.length; index++) {
    const next = [index];
    for (let column = 1; column <= right.length; column++) {
      const same = left[index - 1] === right[column - 1];
      next.push(Math.min((row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1, (row[column - 1] ?? 0) + (same ? 0 : 1)));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
