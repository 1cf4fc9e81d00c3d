// Middle, tail and spread of a handful of measurements.

/** Value below which a share `q` (0 to 1) lies, between neighbours in proportion. NaN without values. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)];
  const high = sorted[Math.ceil(at)];
  if (low === undefined || high === undefined) return Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Median of the turns 181 to 200 over that of the turns 3 to 22; `gaps[0]` is turn 1. NaN for a shorter run. */
export function growth(gaps: readonly number[]): number {
  return gaps.length < 200 ? Number.NaN : median(gaps.slice(180, 200)) / median(gaps.slice(2, 22));
}
