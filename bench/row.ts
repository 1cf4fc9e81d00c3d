// A figure with its limit. The limits are the design's; they move only together with docs/performance.md.

export type Unit = "ms" | "MB" | "kB" | "bytes" | "×" | "%" | "calls";

export interface Row {
  readonly id: string;
  readonly what: string;
  readonly unit: Unit;
  readonly bosun: number;
  /** The least disturbed run. */
  readonly best?: number;
  readonly bare?: number;
  readonly bareSynced?: number;
  /** At most this; for % at least this. */
  readonly limit?: number;
  readonly note?: string;
  /** Share of all cores (0 to 1) that others used while its group was measured; null where that is not known. */
  readonly others?: number | null;
}

export const limits = {
  "version": 40,
  "first-request": 100,
  "read-median": 2.5,
  "read-median-30": 2.5,
  "read-p95": 5,
  "bash-median": 12,
  "growth": 1.15,
  "memory-hi": 85,
  "memory-30": 100,
  "memory-flood": 250,
  "request-bytes": 12_000,
  "input-cost": 100,
  "prefix-breaks": 0,
  "head-sessions": 100,
  "head-worktrees": 100,
  "unasked": 0,
  "journal-10": 300,
  "journal-100": 2_500,
  "journal-100-memory": 250,
  "shell-p50": 0.3,
  "shell-p99": 3,
  "gate-p50": 0.2,
  "audit-deciders": 200,
  "audit-filter": 200,
  "audit-rules": 200,
  "package": 60,
} as const satisfies Readonly<Record<string, number>>;

/** What the bare loop took on the machine and in the hour in which a limit was set: synced where the figure is durable. */
const floors: Readonly<Record<string, number>> = {
  "version": 34,
  "first-request": 48,
  "read-median": 1.1,
  "read-median-30": 1.1,
  "read-p95": 2.6,
  "bash-median": 5.2,
};

export type Verdict = "holds" | "holds as a ratio" | "missed";

/**
 * Null where there is no limit. Times travel badly, ratios do: a time above its limit holds as a ratio when it is no more times
 * this run's floor than the limit is times the floor it was set beside.
 */
export function holds(row: Row): Verdict | null {
  if (row.limit === undefined) return null;
  if (row.unit === "%" ? row.bosun >= row.limit : row.bosun <= row.limit) return "holds";
  const [over, allowed] = [ratio(row), allowedRatio(row)];
  return over !== null && allowed !== null && over <= allowed ? "holds as a ratio" : "missed";
}

/** How many times the floor of the same run: the synced one where there is one, since bosun is durable. */
export function ratio(row: Row): number | null {
  const floor = row.bareSynced ?? row.bare;
  return floor === undefined || floor === 0 ? null : row.bosun / floor;
}

export function allowedRatio(row: Row): number | null {
  const floor = floors[row.id];
  return floor === undefined || row.limit === undefined ? null : row.limit / floor;
}

/** A row with the limit of its id, where there is one. */
export function row(id: string, what: string, unit: Unit, values: Pick<Row, "bosun" | "best" | "bare" | "bareSynced" | "note">): Row {
  const known: Readonly<Record<string, number>> = limits;
  const limit = known[id];
  return { id, what, unit, ...values, ...(limit === undefined ? {} : { limit }) };
}
