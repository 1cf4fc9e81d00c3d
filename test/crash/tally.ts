// What a part of the sweep adds up to, and the table of all parts.
import { type Invariant, invariants, type Violation } from "./invariants.ts";

export interface Tally {
  readonly part: string;
  /** Different (place, moment) pairs at which something was done. */
  points: number;
  trials: number;
  crashes: number;
  resumes: number;
  /** Calls whose effect was not known, and was said to be so. */
  unknowns: number;
  seconds: number;
  readonly violations: Record<string, number>;
  /** How to see the first failures again. */
  readonly samples: string[];
}

export const newTally = (part: string): Tally => ({ part, points: 0, trials: 0, crashes: 0, resumes: 0, unknowns: 0, seconds: 0, violations: {}, samples: [] });

export function addViolations(tally: Tally, violations: readonly Violation[], again: string): void {
  for (const { invariant, says } of violations) {
    tally.violations[invariant] = (tally.violations[invariant] ?? 0) + 1;
    if (tally.samples.length < 12) tally.samples.push(`${again}: ${invariant}: ${says}`);
  }
}

export interface Tried {
  readonly violations: readonly Violation[];
  readonly crashes: number;
  readonly lives: number;
  readonly unknowns: number;
}

/** One trial that ended. `again`: how to see it once more. */
export function addTrial(tally: Tally, { violations, crashes, lives, unknowns }: Tried, again: string): void {
  tally.trials += 1;
  tally.points += 1;
  tally.crashes += crashes;
  tally.resumes += lives - 1;
  tally.unknowns += unknowns;
  addViolations(tally, violations, again);
}

/** How often a journal says that an effect is not known. */
export const unknownsIn = (journal: Buffer): number => journal.toString("utf8").split('"verdict":"unknown"').length - 1;

export function merge(into: Tally, from: Tally): void {
  into.points += from.points;
  into.trials += from.trials;
  into.crashes += from.crashes;
  into.resumes += from.resumes;
  into.unknowns += from.unknowns;
  into.seconds = Math.max(into.seconds, from.seconds);
  for (const [name, count] of Object.entries(from.violations)) into.violations[name] = (into.violations[name] ?? 0) + count;
  into.samples.push(...from.samples);
}

export function tableOf(tallies: readonly Tally[]): string {
  const rows = [...tallies, totalOf(tallies)];
  const head = ["part", "points", "trials", "crashes", "resumes", "unknown, said", "violations", "seconds"];
  const cells = rows.map((row) => [
    row.part,
    ...[row.points, row.trials, row.crashes, row.resumes, row.unknowns, sum(row)].map((count) => count.toLocaleString("en")),
    row.seconds.toFixed(1),
  ]);
  const counts = invariants.map((name: Invariant) => [name, String(rows.at(-1)?.violations[name] ?? 0)]);
  return `${grid([head, ...cells])}\n\n${grid([["invariant, after every trial", "violations"], ...counts])}`;
}

const sum = (tally: Tally): number => Object.values(tally.violations).reduce((total, count) => total + count, 0);

function totalOf(tallies: readonly Tally[]): Tally {
  const total = newTally("all");
  for (const tally of tallies) merge(total, tally);
  total.seconds = tallies.reduce((seconds, tally) => seconds + tally.seconds, 0);
  return total;
}

export const failures = (tallies: readonly Tally[]): number => tallies.reduce((total, tally) => total + sum(tally), 0);

function grid(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? `:${"-".repeat(width + 1)}` : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [line(rows[0] ?? []), rule, ...rows.slice(1).map(line)].join("\n");
}
