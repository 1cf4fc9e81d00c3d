// The person's own prices, $BOSUN_HOME/prices.json: JSON with comments, one row per model. It is read as strictly as it is trusted:
// a row that is wrong anywhere is an error with its line, since a wrong price holds no limit.
import { readFileSync } from "node:fs";
import { BosunError, codeOf, messageOf, type Outcome } from "../base/index.ts";
import type { CatalogueRow, ModelPrice } from "./catalogue-row.ts";
import type { OwnPrice } from "./own-price.ts";

export interface PriceFile {
  readonly path: string;
  readonly rows: ReadonlyMap<string, OwnPrice>;
}

const largest = 1024 * 1024;
export const priceFileOf = (home: string): string => `${home}/prices.json`;

/** Null: there is none. */
export async function readPriceFile(home: string, now: number): Promise<Outcome<PriceFile | null>> {
  const path = priceFileOf(home);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return { ok: true, value: null };
    return { ok: false, error: new BosunError("settings-malformed", `The prices in ${path} cannot be read: ${messageOf(error)}.`) };
  }
  if (bytes.length > largest) return { ok: false, error: new BosunError("settings-malformed", `${path} is larger than 1 MB: these are no prices.`) };
  const { parsePrices } = await import("./price-rows.ts");
  const { rows, problems } = parsePrices(bytes.toString("utf8"), now);
  if (problems.length === 0) return { ok: true, value: { path, rows } };
  const says = problems.map(({ line, says }) => `${path}:${line}: ${says}.`).join("\n");
  return { ok: false, error: new BosunError("settings-malformed", says, { next: "Mend the named lines; docs/prices.md shows a whole file." }) };
}

/** The row for a model as it is asked for; `row`: what the catalogue calls it. */
export function ownPriceOf(file: PriceFile | null, reference: string, row: CatalogueRow | undefined): OwnPrice | undefined {
  return file?.rows.get(reference) ?? (row === undefined ? undefined : file?.rows.get(`${row.provider}/${row.id}`));
}

export function ratesOf({ price, longPrompts }: OwnPrice, promptTokens: number): ModelPrice {
  return longPrompts.find(({ over }) => promptTokens > over)?.price ?? price;
}

const dayMilliseconds = 86_400_000;
const staleDays = 365;

/** Days since a figure was read; null: not so long ago that it should be looked at again. */
export function staleness(asOf: string, now: number): number | null {
  const days = Math.floor((now - Date.parse(asOf)) / dayMilliseconds);
  return days > staleDays ? days : null;
}

/** What a person should know of a row that is used; null: nothing. */
export function staleInWords(file: PriceFile, { reference, asOf, line }: OwnPrice, now: number): string | null {
  const days = staleness(asOf, now);
  return days === null ? null : `The price of ${reference} (${file.path}:${line}) is of ${asOf}, ${days} days ago: look it up again and date it anew.`;
}
