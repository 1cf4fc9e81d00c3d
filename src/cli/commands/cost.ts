// `bosun cost ID`: what each model call of a session was projected to cost and what it did, and how good the projections were.
import { type Json, redactJson, systemClock } from "../../base/index.ts";
import { nodeDisk } from "../../exec/index.ts";
import { findPlace, version } from "../../index.ts";
import {
  type CostReport,
  type CostSum,
  costReport,
  countedOf,
  createFileStore,
  findSession,
  type PurposeError,
  type RequestRow,
  readBooks,
} from "../../session/index.ts";
import type { Arguments } from "../arguments.ts";
import { usage } from "../audit-index.ts";
import { type ExitCode, exitTable } from "../exit.ts";
import { reportError } from "../report.ts";
import type { Terminal } from "../terminal.ts";
import { columns, visible } from "../text.ts";

export async function run({ words, options }: Arguments, terminal: Terminal): Promise<ExitCode> {
  const place = findPlace(options.cwd === undefined ? {} : { cwd: options.cwd }, terminal.environment);
  if (!place.ok) return reportError(terminal, place.error);
  const [id, ...more] = words;
  if (id === undefined || id === "" || more.length > 0)
    return reportError(terminal, usage("cost takes the name of one session.", "`bosun sessions` lists them; the beginning of a name is enough."));
  const found = await findSession(place.value.home, id, place.value.sessionsFolder);
  if (!found.ok) return reportError(terminal, found.error);
  const { session, projectFolder } = found.value;
  const books = await readBooks(createFileStore({ disk: nodeDisk, clock: systemClock, folder: projectFolder, version }), session);
  if (!books.ok) return reportError(terminal, books.error);
  const report = costReport(books.value.requests);
  if (options.json === true) await terminal.outJson(redactJson({ session, ...report } as unknown as Json));
  else await terminal.out(inWords(session, report));
  return exitTable.answered.code;
}

function inWords(session: string, report: CostReport): string {
  const { requests, total, unconfirmed, unpriced, errors, models, days } = report;
  if (requests.length === 0) return `Session ${session} has asked no model yet.\n`;
  const notes = [
    ...(unconfirmed.calls === 0
      ? []
      : [`Unconfirmed: ${unconfirmed.calls} ${calls(unconfirmed.calls)}, counted at the worst case: ${money(unconfirmed.usd)}, ${unconfirmed.tokens} tokens.`]),
    ...(unpriced === 0 ? [] : [`The price of ${unpriced} ${calls(unpriced)} is not known: name it in your prices.json (\`bosun models --prices\`).`]),
  ];
  const titled = (title: string, rows: readonly (readonly string[])[]): string => `${title}\n${columns(rows)}`;
  return `${[
    `Session ${session}: ${total.calls} ${calls(total.calls)}, ${money(total.usd)}, ${total.tokens} tokens.\n`,
    titled("Each call: projected, at worst, and what it was", [["", "", "EXPECTED", "WORST", "ACTUAL", "TOKENS", "ACTUAL", "", ""], ...requests.map(cells)]),
    titled("How far projections were off: bias, |error| at the median and at the 95th percentile", errors.flatMap(errorCells)),
    titled("By model", models.map(sumCells)),
    titled("By day (UTC)", days.map(sumCells)),
    ...(notes.length === 0 ? [] : [`${notes.join("\n")}\n`]),
  ].join("\n")}`;
}

const calls = (count: number): string => (count === 1 ? "model call" : "model calls");
const money = (usd: number): string => `$${usd.toFixed(4)}`;

function cells(row: RequestRow, index: number): readonly string[] {
  const { expected, worst, priced } = row.projection;
  const actual = countedOf(row);
  const sign = row.confirmed ? "" : "≤ ";
  const shown = (usd: number): string => (priced ? money(usd) : "?");
  const what = [row.purpose === "turn" ? "" : row.purpose, row.attempt > 1 ? `attempt ${row.attempt}` : "", visible(row.outcome)];
  return [
    `${index + 1}`,
    visible(`${row.provider}/${row.model}`),
    shown(expected.usd),
    shown(worst.usd),
    `${sign}${shown(actual.usd)}`,
    `${expected.tokens}`,
    `${sign}${actual.tokens}`,
    row.milliseconds === null ? "" : `${(row.milliseconds / 1000).toFixed(1)} s`,
    what.filter((one) => one !== "").join(", "),
  ];
}

const percent = (share: number | null): string => (share === null ? "–" : `${share > 0 ? "+" : ""}${(share * 100).toFixed(1)} %`);
const size = (share: number | null): string => (share === null ? "–" : `${(share * 100).toFixed(1)} %`);

function errorCells({ purpose, ...units }: PurposeError): readonly (readonly string[])[] {
  return (["usd", "tokens", "seconds"] as const).flatMap((unit) => {
    const { calls: compared, bias, p50, p95, above } = units[unit];
    if (compared === 0) return [];
    const name = { usd: "money", tokens: "tokens", seconds: "time" }[unit];
    const worse = above === 0 ? "" : `${above} above the worst case`;
    return [[purpose === "" ? "all" : visible(purpose), name, percent(bias), size(p50), size(p95), `${compared} compared`, worse]];
  });
}

const sumCells = ({ name, calls: count, usd, tokens }: CostSum): readonly string[] => [
  visible(name),
  `${count} ${calls(count)}`,
  money(usd),
  `${tokens} tokens`,
];
