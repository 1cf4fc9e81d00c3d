// What became of the provider's cache in one request, as a row: forecast, break and outcome as its journal has them, text redacted.
import { shownOf } from "./decision-row.ts";
import type { CacheForecast, CacheOutcome } from "./entry.ts";

export interface CacheRow {
  readonly forecast: CacheForecast | null;
  readonly outcome: CacheOutcome | null;
}

const longest = 2000;

/** Columns of the table of requests; all null where nothing was recorded. */
export function cacheColumns({ forecast, outcome }: CacheRow): Record<string, string | number | null> {
  const broken = forecast?.broken;
  return {
    cache_state: forecast?.state ?? null,
    known_tokens: forecast?.known ?? null,
    warm_tokens: forecast?.warm ?? null,
    broken_segment: broken ? shownOf(broken.segment, longest) : null,
    broken_vector: broken?.vector ?? null,
    broken_cause: broken ? shownOf(broken.cause, longest) : null,
    lost_tokens: broken?.tokens ?? null,
    lost_usd: broken?.usd ?? null,
    broken_also: broken?.also ? shownOf(broken.also.join(", "), longest) : null,
    cache_verdict: outcome?.verdict ?? null,
    verdict_tokens: outcome?.missed ?? null,
    verdict_usd: outcome?.usd ?? null,
  };
}
