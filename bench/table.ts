// Rows as text for people.
import { allowedRatio, holds, type Row, ratio, type Unit } from "./row.ts";

export function renderTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.what,
    figure(row.bosun, row.unit),
    row.best === undefined ? "" : figure(row.best, row.unit),
    row.bare === undefined ? "" : figure(row.bare, row.unit),
    row.bareSynced === undefined ? "" : figure(row.bareSynced, row.unit),
    times(ratio(row)),
    row.limit === undefined ? "" : `${row.unit === "%" ? "≥" : "≤"} ${figure(row.limit, row.unit)}`,
    allowedRatio(row) === null ? "" : `≤ ${times(allowedRatio(row))}`,
    verdict(row),
    row.note ?? "",
  ]);
  const head = ["", "bosun", "best run", "bare loop", "bare synced", "over floor", "limit", "of floor", "", ""];
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((line) => (line[column] ?? "").length)));
  const line = (values: readonly (string | undefined)[]): string =>
    values
      .map((value = "", column) => (column === 0 || column >= 8 ? value.padEnd(widths[column] ?? 0) : value.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd();
  return [line(head), ...cells.map(line)].join("\n");
}

const times = (value: number | null): string => (value === null ? "" : `${value.toFixed(1)}×`);

const timed: readonly Unit[] = ["ms", "×"];

function verdict(row: Row): string {
  const held = holds(row);
  if (held !== "missed") return held ?? "";
  const busy = timed.includes(row.unit) && (row.others ?? 0) > 0.2;
  return busy ? `MISSED (others ${((row.others ?? 0) * 100).toFixed(0)} %)` : "MISSED";
}

export function figure(value: number, unit: Unit): string {
  if (Number.isNaN(value)) return "–";
  if (unit === "×") return `×${value.toFixed(2)}`;
  if (unit === "calls") return String(value);
  if (unit === "bytes") return `${Math.round(value)} B`;
  const digits = value !== 0 && Math.abs(value) < 1 ? 2 : Math.abs(value) < 100 ? 1 : 0;
  return `${value.toFixed(digits)} ${unit}`;
}
