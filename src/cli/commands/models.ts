// `bosun models`: the catalogue and what local servers offer, what each can do, and which of them can be called from here.
import { loadSettings, systemClock } from "../../base/index.ts";
import { findPlace } from "../../index.ts";
import { type CacheFacts, type ListedModel, listModels } from "../../model/index.ts";
import type { Arguments } from "../arguments.ts";
import { type ExitCode, exitTable } from "../exit.ts";
import { fromSettings } from "../options.ts";
import { reportError } from "../report.ts";
import type { Terminal } from "../terminal.ts";
import { columns, plain } from "../text.ts";

export async function run({ options }: Arguments, terminal: Terminal): Promise<ExitCode> {
  const place = findPlace(options.cwd === undefined ? {} : { cwd: options.cwd }, terminal.environment);
  if (!place.ok) return reportError(terminal, place.error);
  if (options.prices === true) return (await import("../model-prices.ts")).showPrices(place.value.home, systemClock, options, terminal);
  const loaded = await loadSettings(place.value);
  if (!loaded.ok) return reportError(terminal, loaded.error);
  const { providers } = fromSettings(loaded.value);
  const models = await listModels({ environment: terminal.environment, ...(providers ? { providers } : {}) });
  if (options.json === true) {
    for (const model of models) await terminal.outJson(asJson(model));
    return exitTable.answered.code;
  }
  const head = ["", "MODEL", "WIRE", "WINDOW", "OUTPUT", "IMAGES", "THINKING", "EFFORT", "CACHE", "$ PER MILLION IN / OUT", ""];
  const rows = models.map((model) => [model.usable ? "✓" : " ", plain(model.reference), ...abilitiesOf(model), priceOf(model), noteOf(model)]);
  await terminal.out(columns([head, ...rows]));
  const missing = [...new Set(models.flatMap(({ key, usable }) => (key === undefined || usable ? [] : [key.name])))];
  const keys = missing.length === 0 ? "" : `Not set: ${missing.join(", ")}. `;
  await terminal.out(`\n✓ can be called from here: its key is set, or its server answers. ${keys}Choose one with --model. Blank: not known.\n`);
  await terminal.out("CACHE: the shortest prompt that is kept, in tokens, and how long; --prices says what it costs. All of it as data: --json.\n");
  return exitTable.answered.code;
}

/** What is not known is null. `images`: whether they are sent to it. */
const asJson = ({ reference, wire, usable, key, row, server }: ListedModel) => ({
  model: reference,
  wire,
  usable,
  key: key ?? null,
  server: server ?? null,
  window: row?.window ?? null,
  maximumInput: row?.maximumInput ?? null,
  maximumOutput: row?.maximumOutput ?? null,
  images: row === undefined ? null : row.images !== false,
  thinking: row?.thinking ?? null,
  efforts: row?.efforts ?? null,
  cache: row?.cache ?? null,
  price: row?.price ?? null,
  note: row?.note ?? null,
  source: row?.source ?? null,
  asOf: row?.asOf ?? null,
});

const abilitiesOf = ({ wire, row }: ListedModel): readonly string[] => [
  wire,
  short(row?.window),
  short(row?.maximumOutput),
  row === undefined ? "" : row.images === false ? "no" : "yes",
  row?.thinking ?? "",
  effortsOf(row?.efforts),
  cacheOf(row?.cache),
];

const short = (count: number | undefined): string =>
  count === undefined ? "" : count >= 1_000_000 ? `${Math.round(count / 10_000) / 100}M` : `${Math.round(count / 1000)}k`;
const effortsOf = (efforts: readonly string[] | undefined): string =>
  efforts === undefined ? "" : efforts.length > 2 ? `${efforts[0]}–${efforts.at(-1)}` : efforts.join(" ");
const minutes = (seconds: number): string => (seconds >= 3600 ? `${seconds / 3600} h` : `${Math.round(seconds / 60)} min`);
function cacheOf(cache: CacheFacts | undefined): string {
  if (cache === undefined) return "";
  const life = [cache.lifeSeconds, cache.longLifeSeconds].flatMap((seconds) => (seconds === undefined ? [] : [minutes(seconds)])).join(" / ");
  return [cache.minimumTokens === undefined ? "" : `≥ ${cache.minimumTokens}`, life].filter((part) => part !== "").join(", ");
}
const priceOf = ({ row, server }: ListedModel): string =>
  row?.price ? `${row.price.input} / ${row.price.output}` : server === undefined ? "unknown" : "nothing";
const noteOf = ({ row, server }: ListedModel): string => (server === undefined ? (row?.note ?? "") : server);
