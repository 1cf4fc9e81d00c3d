// Rows for people and programs: a table, one JSON object a line, or CSV.
import { redact } from "../base/index.ts";
import type { SqlValue } from "../session/index.ts";
import type { Options } from "./option-table.ts";
import type { Terminal } from "./terminal.ts";
import { clip, columns, visible } from "./text.ts";

export type Row = Readonly<Record<string, SqlValue>>;

/** `wide`: columns that a table shows at most of each cell. */
export async function printRows(terminal: Terminal, names: readonly string[], found: readonly Row[], options: Options, wide = 80): Promise<void> {
  // the index is redacted; what is known to be secret only since then is taken out here
  const rows = found.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === "string" ? redact(value) : value])));
  if (options.json === true) {
    for (const row of rows) await terminal.outJson(row);
    return;
  }
  if (options.csv === true) {
    const lines = [names.map(csvCell), ...rows.map((row) => names.map((name) => csvCell(row[name] ?? null)))];
    await terminal.out(lines.map((line) => `${line.join(",")}\r\n`).join(""));
    return;
  }
  if (rows.length === 0) return;
  const cell = (value: SqlValue | undefined): string => (value === null || value === undefined ? "" : clip(visible(String(value)).replace(/\s+/g, " "), wide));
  await terminal.out(columns([names.map((name) => visible(name).toUpperCase()), ...rows.map((row) => names.map((name) => cell(row[name])))]));
}

/** Text that a spreadsheet would take for a formula gets an apostrophe in front, which it shows as text. */
function csvCell(value: SqlValue): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = visible(value);
  const tame = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/u.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
}
