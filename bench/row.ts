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
  "shell-p50": 0.3,
  "shell-p99": 3,
  "package": 60,
} as const satisfies Readonly<Record<string, number>>;

/** Null where there is no limit. */
export function holds(row: Row): boolean | null {
  if (row.limit === undefined) return null;
  return row.unit === "%" ? row.bosun >= row.limit : row.bosun <= row.limit;
}

/** How many times the floor, in the same run. */
export const ratio = (row: Row): number | null => (row.bare === undefined || row.bare === 0 ? null : row.bosun / row.bare);

/** A row with the limit of its id, where there is one. */
export function row(id: string, what: string, unit: Unit, values: Pick<Row, "bosun" | "best" | "bare" | "bareSynced" | "note">): Row {
  const known: Readonly<Record<string, number>> = limits;
  const limit = known[id];
  return { id, what, unit, ...values, ...(limit === undefined ? {} : { limit }) };
}
