// `bosun audit`: who allowed or denied what, and why; `bosun audit verify`: whether the journals are what was written.
import { findPlace, type Place } from "../../index.ts";
import { auditViews } from "../../session/index.ts";
import type { Arguments } from "../arguments.ts";
import { auditCondition } from "../audit-filter.ts";
import { usage, withIndex } from "../audit-index.ts";
import { type ExitCode, exitTable } from "../exit.ts";
import type { Options } from "../option-table.ts";
import { reportError, warn } from "../report.ts";
import { printRows, type Row } from "../rows-output.ts";
import type { Terminal } from "../terminal.ts";

const usualLimit = 100;
const columnNames = auditViews.find(({ name }) => name === "decisions")?.columns.map(({ name }) => name) ?? [];
/** What a person is shown of each. */
const shown = ["at", "verdict", "by", "tool", "subject", "why", "call"];

export async function run({ words, options }: Arguments, terminal: Terminal): Promise<ExitCode> {
  const place = findPlace(options.cwd === undefined ? {} : { cwd: options.cwd }, terminal.environment);
  if (!place.ok) return reportError(terminal, place.error);
  const [act, ...more] = words;
  if (act === "verify") return (await import("../verify-journals.ts")).verifyJournals(place.value, more, options, terminal);
  if (act !== undefined) {
    return reportError(terminal, usage(`"audit ${words.join(" ")}" can't be understood.`, "Write `bosun audit` with filters, or `bosun audit verify [ID …]`."));
  }
  if (options.json === true && options.csv === true) return reportError(terminal, usage("--json and --csv exclude each other.", "Give one of them."));
  return list(place.value, options, terminal);
}

async function list(place: Place, options: Options, terminal: Terminal): Promise<ExitCode> {
  const condition = await auditCondition(options, place);
  if (!condition.ok) return reportError(terminal, condition.error);
  const { limit = usualLimit } = options;
  const { sql, values } = condition.value;
  const statement = `SELECT ${columnNames.join(", ")} FROM decisions WHERE ${sql} ORDER BY ts DESC, project, session, seq DESC LIMIT ?`;
  const found = await withIndex(place.home, terminal, options.stale === true, (index) => index.query(statement, [...values, limit + 1]));
  if (!found.ok) return reportError(terminal, found.error);
  const rows = (found.value.slice(0, limit) as readonly Row[]).toReversed();
  if (options.json === true || options.csv === true) await printRows(terminal, columnNames, rows, options);
  else await printRows(terminal, shown, rows.map(inShort), options, 64);
  if (rows.length === 0) warn(terminal, options.all === true ? "No decision fits." : "No decision of this project fits; --all looks at those of all projects.");
  if (found.value.length > limit) warn(terminal, `Only the latest ${limit} are shown; --limit N shows more, --since and the other filters fewer.`);
  return exitTable.answered.code;
}

const inShort = (row: Row): Row => ({
  at: String(row["at"]).slice(0, 19).replace("T", " "),
  verdict: row["verdict"] ?? null,
  by: row["check_number"] === null ? (row["decider"] ?? null) : `check ${row["check_number"]}`,
  tool: row["tool"] ?? null,
  subject: row["subject"] ?? null,
  why: row["asked"] === null ? (row["reason"] ?? null) : `${row["reason"] === "" ? "" : `${row["reason"]}; `}asked: ${row["asked"]}`,
  call: row["call"] ?? null,
});
