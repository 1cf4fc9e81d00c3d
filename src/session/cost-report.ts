// What a session's model calls were projected to cost and what they did: the books of its money. Pure.
import type { RequestRow } from "./books.ts";

/** How far projections were off, over the calls that were answered and counted by the provider. */
export interface ProjectionError {
  readonly calls: number;
  /** Sum of what was expected over the sum of what it was, less 1; positive: expected too much. Null: there is nothing to compare. */
  readonly bias: number | null;
  /** Of each call's |expected / actual − 1|. */
  readonly p50: number | null;
  readonly p95: number | null;
  /** Calls that took more than their worst case. */
  readonly above: number;
}
export interface PurposeError {
  /** "" for all of them. */
  readonly purpose: string;
  readonly usd: ProjectionError;
  readonly tokens: ProjectionError;
  readonly seconds: ProjectionError;
}
export interface CostSum {
  /** What it is the sum of: a model, a day (YYYY-MM-DD, UTC). */
  readonly name: string;
  readonly calls: number;
  readonly usd: number;
  readonly tokens: number;
}
export interface CostReport {
  readonly requests: readonly RequestRow[];
  /** All purposes first, then each. */
  readonly errors: readonly PurposeError[];
  readonly models: readonly CostSum[];
  readonly days: readonly CostSum[];
  /** Calls whose end or count is not known: they count at their worst case. */
  readonly unconfirmed: CostSum;
  /** Calls of models without a known price: their money is not in any sum. */
  readonly unpriced: number;
  readonly total: CostSum;
}

export function costReport(requests: readonly RequestRow[]): CostReport {
  const purposes = [...new Set(requests.map(({ purpose }) => purpose))];
  const unconfirmed = requests.filter(({ confirmed }) => !confirmed);
  return {
    requests,
    errors: [
      errorsOf("", requests),
      ...purposes.map((purpose) =>
        errorsOf(
          purpose,
          requests.filter((one) => one.purpose === purpose),
        ),
      ),
    ],
    models: sumsBy(requests, ({ provider, model }) => `${provider}/${model}`),
    days: sumsBy(requests, ({ ts }) => new Date(ts).toISOString().slice(0, 10)),
    unconfirmed: sumOf("unconfirmed", unconfirmed),
    unpriced: requests.filter(({ projection }) => !projection.priced).length,
    total: sumOf("total", requests),
  };
}

/** What is counted: an open call at its worst case. */
export const countedOf = ({ cost, projection }: RequestRow): { readonly usd: number; readonly tokens: number; readonly seconds: number } =>
  cost ?? projection.worst;

function sumOf(name: string, rows: readonly RequestRow[]): CostSum {
  const counted = rows.map(countedOf);
  const total = (unit: "usd" | "tokens"): number => counted.reduce((sum, one) => sum + one[unit], 0);
  return { name, calls: rows.length, usd: Math.round(total("usd") * 1e9) / 1e9, tokens: total("tokens") };
}

function sumsBy(rows: readonly RequestRow[], nameOf: (row: RequestRow) => string): readonly CostSum[] {
  return [...Map.groupBy(rows, nameOf)].map(([name, group]) => sumOf(name, group));
}

function errorsOf(purpose: string, rows: readonly RequestRow[]): PurposeError {
  const compared = rows.filter(({ cost, confirmed, usage }) => cost !== null && confirmed && usage.input + usage.cacheRead + usage.cacheWrite > 0);
  return { purpose, usd: errorOf(compared, "usd"), tokens: errorOf(compared, "tokens"), seconds: errorOf(compared, "seconds") };
}

function errorOf(rows: readonly RequestRow[], unit: "usd" | "tokens" | "seconds"): ProjectionError {
  const pairs = rows.flatMap(({ projection, cost }) => {
    const actual = cost?.[unit] ?? 0;
    const known = actual > 0 && projection.expected[unit] > 0;
    return known ? [{ expected: projection.expected[unit], worst: projection.worst[unit], actual }] : [];
  });
  const sum = (pick: "expected" | "actual"): number => pairs.reduce((total, pair) => total + pair[pick], 0);
  const errors = pairs.map(({ expected, actual }) => Math.abs(expected / actual - 1)).sort((left, right) => left - right);
  const at = (share: number): number | null => errors[Math.min(errors.length - 1, Math.floor(share * errors.length))] ?? null;
  const above = pairs.filter(({ worst, actual }) => actual > worst).length;
  return { calls: pairs.length, bias: pairs.length === 0 ? null : sum("expected") / sum("actual") - 1, p50: at(0.5), p95: at(0.95), above };
}
