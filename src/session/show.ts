// `bosun sessions show`: the books of a session as plain text, in tables a person can read and a program can cut.
import { redact } from "../base/index.ts";
import { endOf, type RequestRow, type SessionBooks } from "./books.ts";
import { endWords } from "./export.ts";
import { findingWords } from "./finding-words.ts";

/** Lines of at most some 160 characters, ending in a newline. Everything in it is redacted. */
export function formatBooks(books: SessionBooks): string {
  const { state } = books;
  const open = state.openRequests.reduce((sum, one) => sum + one.projection.worst.usd, 0);
  const facts = [
    ["session", books.session],
    ["title", books.title],
    ["folder", redact(state.cwd)],
    ["model", books.model],
    ...(state.origin ? [["forked", `from line ${state.origin.seq} of ${state.origin.session}`]] : []),
    ...(books.created === 0
      ? []
      : [
          ["from", timeOf(books.created)],
          ["to", timeOf(books.ended)],
        ]),
    ["ended", endOf(state) || (books.created === 0 ? "empty: nothing is recorded in it" : "nothing was asked yet")],
    ["replies", `${state.turns}`],
    ["cost", `${money(state.spent.usd)}${open > 0 ? `, and up to ${money(open)} unconfirmed` : ""}`],
    ["tokens", `${state.usage.input + state.usage.cacheRead + state.usage.cacheWrite} in, ${state.usage.cacheRead} of them cached, ${state.usage.output} out`],
  ];
  const sections = [
    table(facts.map((row) => row.map(oneLine))),
    section("Model calls", ["line", "for", "model", "outcome", "expected", "cost", "seconds"], books.requests.map(requestCells)),
    section("Cost", ["for", "model", "calls", "cost"], costs(books.requests)),
    section(
      "Calls",
      ["line", "tool", "state", "seconds", "input"],
      books.calls.map((row) => [`${row.seq}`, row.tool, row.verdict ? `${row.state} (${row.verdict})` : row.state, seconds(row.milliseconds), cut(row.input)]),
    ),
    section(
      "Decisions",
      ["line", "verdict", "tool", "by", "subject"],
      books.decisions.map((row) => [`${row.seq}`, row.verdict, row.tool, cut(`${row.by} ${row.why}`.trim(), 50), cut(row.subject)]),
    ),
    section(
      "Ends",
      ["line", "reason", "says"],
      books.ends.map((row) => [`${row.seq}`, row.end.reason, cut(redact(endWords(row.end)), 110)]),
    ),
    section(
      "Findings",
      ["kind", "what"],
      books.findings.map((one) => [one.kind, oneLine(redact(findingWords(one)))]),
    ),
  ];
  return `${sections.filter((one) => one !== "").join("\n\n")}\n`;
}

const requestCells = (row: RequestRow): readonly string[] => [
  `${row.seq}`,
  row.purpose,
  row.model,
  row.attempt > 1 ? `${row.outcome}, attempt ${row.attempt}` : row.outcome,
  money(row.expectedUsd),
  row.confirmed ? money(row.usd) : `≤ ${money(row.usd)}`,
  seconds(row.milliseconds),
];

function costs(rows: readonly RequestRow[]): readonly (readonly string[])[] {
  const sums = new Map<string, { readonly purpose: string; readonly model: string; calls: number; usd: number }>();
  for (const { purpose, model, usd } of rows) {
    const key = JSON.stringify([purpose, model]);
    const sum = sums.get(key) ?? { purpose, model, calls: 0, usd: 0 };
    sum.calls += 1;
    sum.usd += usd;
    sums.set(key, sum);
  }
  return [...sums.values()].map((sum) => [sum.purpose, sum.model, `${sum.calls}`, money(sum.usd)]);
}

function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? "" : `${title}\n${table([head, ...rows])}`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Control characters in what models and tools say must not act on a terminal. */
const oneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, " ").trim();
function cut(text: string, most = 80): string {
  const line = oneLine(text);
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
}
const money = (usd: number): string => `$${usd.toFixed(4)}`;
const seconds = (milliseconds: number | null): string => (milliseconds === null ? "" : (milliseconds / 1000).toFixed(1));
const timeOf = (at: number): string => new Date(at).toISOString().slice(0, 19).replace("T", " ");
