// `bosun models --prices`: what each model costs here, by which row, from where, and how old it is.
import { type Clock, redact } from "../base/index.ts";
import { type CacheFacts, listCatalogue, type ModelPrice, type OwnPrice, type PriceFile, readPriceFile, staleness } from "../model/index.ts";
import { type ExitCode, exitTable } from "./exit.ts";
import type { Options } from "./option-table.ts";
import { reportError } from "./report.ts";
import type { Terminal } from "./terminal.ts";
import { columns, visible } from "./text.ts";

/** One row: US dollars per million tokens; null: not known. */
interface PriceRow {
  readonly model: string;
  readonly price: ModelPrice | null;
  /** Of the whole request, when its prompt is longer than `over` tokens; the longest first. */
  readonly longPrompts: readonly { readonly over: number; readonly price: ModelPrice }[];
  readonly cache: Partial<CacheFacts>;
  readonly source: string;
  readonly asOf: string;
  /** Days since, where that is more than a year; else null. */
  readonly staleDays: number | null;
  /** "catalogue", or file and line of the person's own row. */
  readonly from: string;
}

export async function showPrices(home: string, clock: Clock, options: Options, terminal: Terminal): Promise<ExitCode> {
  const own = await readPriceFile(home, clock.now());
  if (!own.ok) return reportError(terminal, own.error, options.json === true ? "json" : "text");
  const rows = rowsOf(own.value, clock.now());
  if (options.json === true) for (const row of rows) await terminal.outJson({ ...row, source: redact(row.source) });
  else await terminal.out(inWords(rows));
  return exitTable.answered.code;
}

function rowsOf(file: PriceFile | null, now: number): readonly PriceRow[] {
  const taken = new Set<string>();
  const rows = listCatalogue().map((row): PriceRow => {
    const model = `${row.provider}/${row.id}`;
    const own = file?.rows.get(model);
    if (file && own) {
      taken.add(model);
      return ownRow(file, own, { ...row.cache }, now);
    }
    const longPrompts = row.longPrompt === undefined ? [] : [row.longPrompt];
    const { source, asOf, price = null } = row;
    return { model, price, longPrompts, cache: { ...row.cache }, source, asOf, staleDays: staleness(asOf, now), from: "catalogue" };
  });
  const others = [...(file?.rows.values() ?? [])].filter(({ reference }) => !taken.has(reference));
  return [...rows, ...others.map((own) => ownRow(file as PriceFile, own, {}, now))];
}

const ownRow = ({ path }: PriceFile, own: OwnPrice, cache: Partial<CacheFacts>, now: number): PriceRow => ({
  model: own.reference,
  price: own.price,
  longPrompts: own.longPrompts,
  cache: { ...cache, ...own.cache },
  source: own.source,
  asOf: own.asOf,
  staleDays: staleness(own.asOf, now),
  from: `${path}:${own.line}`,
});

const heads = ["MODEL", "IN", "OUT", "READ", "WRITE", "WRITE 1 H", "LEAST CACHED", "LIFE", "AS OF"];
const show = (value: number | undefined): string => (value === undefined ? "–" : String(value));
const seconds = (value: number | undefined): string => (value === undefined ? "–" : value % 3600 === 0 ? `${value / 3600} h` : `${value / 60} min`);
const rates = (price: ModelPrice | null): readonly string[] =>
  [price?.input, price?.output, price?.cacheRead, price?.cacheWrite, price?.cacheWriteLong].map(show);

function inWords(rows: readonly PriceRow[]): string {
  const lines = rows.flatMap((row, index) => {
    const { cache, price, longPrompts, asOf, staleDays } = row;
    const lives = [cache.lifeSeconds, cache.longLifeSeconds].filter((life) => life !== undefined).map(seconds);
    const day = `${asOf}${staleDays === null ? "" : `, ${staleDays} days ago: stale`} [${index + 1}]`;
    const steps = [...longPrompts].reverse().map((step) => [`  over ${step.over} tokens`, ...rates(step.price), "", "", ""]);
    return [[visible(row.model), ...rates(price), show(cache.minimumTokens), lives.join(", ") || "–", day], ...steps];
  });
  const sources = rows.map(({ from, source }, index) => `[${index + 1}] ${visible(redact(from === "catalogue" ? source : `${source} (yours, ${from})`))}`);
  const note = "US dollars per million tokens. –: not known; reading and writing are then counted as plain input. Models on this machine cost nothing.";
  return `${columns([heads, ...lines])}\n${note}\nYour own rows in prices.json win; docs/prices.md shows how they are written.\n\n${sources.join("\n")}\n`;
}
