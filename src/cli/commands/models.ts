// `bosun models`: the catalogue and what local servers offer, and which of them can be called from here.
import { loadSettings, systemClock } from "../../base/index.ts";
import { findPlace } from "../../index.ts";
import { type ListedModel, listModels } from "../../model/index.ts";
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
  const rows = models.map((model) => [model.usable ? "✓" : " ", plain(model.reference), windowOf(model), priceOf(model), noteOf(model)]);
  await terminal.out(columns([["", "MODEL", "WINDOW", "$ PER MILLION TOKENS IN / OUT", ""], ...rows]));
  await terminal.out("\n✓ can be called from here: its key is set, or its server answers. Choose one with --model.\n");
  return exitTable.answered.code;
}

const windowOf = ({ row }: ListedModel): string =>
  row?.window === undefined ? "" : row.window >= 1_000_000 ? `${row.window / 1_000_000}M` : `${Math.round(row.window / 1000)}k`;
const priceOf = ({ row, server }: ListedModel): string =>
  row?.price ? `${row.price.input} / ${row.price.output}` : server === undefined ? "unknown" : "nothing";
const noteOf = ({ row, server }: ListedModel): string => (server === undefined ? (row?.note ?? "") : server);
