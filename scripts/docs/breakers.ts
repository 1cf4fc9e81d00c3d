// docs/breakers.md: the table of src/base/breaker-table.ts as a page.
import { type BreakerRow, breakerTable } from "../../src/base/index.ts";

export const path = "docs/breakers.md";

const cell = (text: string): string => text.replaceAll("|", "\\|");
const limitOf = ({ failures, setting }: BreakerRow): string =>
  [failures, setting === undefined ? null : `\`${setting}\``].filter((part) => part !== null).join(", ");
const coolDownOf = ({ coolDownMilliseconds }: BreakerRow): string => (coolDownMilliseconds === null ? "–" : `${coolDownMilliseconds / 1000} s`);

export function generate(): string {
  const all = Object.entries(breakerTable as Readonly<Record<string, BreakerRow>>);
  const rows = all
    .filter(([, { missing }]) => missing === undefined)
    .map(([name, row]) => `| \`${name}\` | ${cell(row.counts)} | ${limitOf(row)} | ${coolDownOf(row)} | ${cell(row.whenOpen)} | ${cell(row.saves)} |`);
  const later = all.flatMap(([name, { missing }]) => (missing === undefined ? [] : [`- \`${name}\`: ${missing}.`]));
  return `# Breakers

Generated from src/base/breaker-table.ts by \`npm run docs\`; do not edit.

A breaker counts what went wrong in a row. When it opens, what it protects is not begun any more; after the cool-down one trial
is let through, and if that fails too it opens again at once. All of them are one primitive (src/base/breaker.ts).

Each opening is one event, \`breaker-opened\`: its name, how many failures there were, how often it has opened, and what it has saved
up to then in this process, this time counted: calls that were not made, and the money that they were projected to cost. The
system log keeps it (\`bosun sessions log ID\`). A run that ends by a breaker ends with exit code 9 and says which.

| breaker | what it counts | opens at | cool-down | while it is open | what it saves |
|---|---|---|---|---|---|
${rows.join("\n")}

Named for what comes later:

${later.join("\n")}
`;
}
