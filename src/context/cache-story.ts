// What became of the provider's cache in a session, request by request: a fold of its journal.
import type { Outcome, RequestId, SessionId } from "../base/index.ts";
import { noUsage, type Usage } from "../model/index.ts";
import { type CacheForecast, type CacheOutcome, type Entry, readSession, type Segment, type SessionStore } from "../session/index.ts";
import { historyLength } from "./segments.ts";

export interface CachedRequest {
  readonly request: RequestId;
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly purpose: string;
  readonly provider: string;
  readonly model: string;
  /** "open": never answered; "failed": no usable reply. */
  readonly ended: "replied" | "failed" | "open";
  /** Tokens that were read from the cache, written to it, and neither. */
  readonly read: number;
  readonly written: number;
  readonly missed: number;
  readonly usd: number;
  /** Absent: it is no turn, or was recorded before these were. */
  readonly forecast?: CacheForecast;
  readonly outcome?: CacheOutcome;
  /** Segments of the last turn that were replied to that this one has otherwise; the history, which only grows, is not looked at. */
  readonly differ: readonly string[];
}

export interface CacheStory {
  readonly session: SessionId;
  readonly requests: readonly CachedRequest[];
  readonly read: number;
  readonly written: number;
  readonly missed: number;
  /** Breaks that were foreseen, and what they cost by the provider's count; null: a price is not known. */
  readonly breaks: number;
  readonly usd: number | null;
}

export async function readCacheStory(store: SessionStore, session: SessionId): Promise<Outcome<CacheStory>> {
  const requests = new Map<RequestId, CachedRequest>();
  const segments = new Map<RequestId, readonly Segment[]>();
  let last: readonly Segment[] = [];
  const close = (id: RequestId, ended: "replied" | "failed", usage: Usage, usd: number, outcome?: CacheOutcome): void => {
    const open = requests.get(id);
    if (open?.ended !== "open") return;
    const { cacheRead: read, cacheWrite: written, input: missed } = usage;
    requests.set(id, { ...open, ended, read, written, missed, usd, ...(outcome ? { outcome } : {}) });
    if (ended === "replied" && open.purpose === "turn") last = segments.get(id) ?? [];
  };
  const read = await readSession(store, session, (entry: Entry) => {
    if (entry.type === "request") {
      const { request, seq, ts: at, purpose, provider, model, cache } = entry;
      const isTurn = purpose === "turn";
      if (isTurn) segments.set(request, entry.segments);
      const open = { ended: "open" as const, read: 0, written: 0, missed: 0, usd: 0, differ: isTurn ? differing(last, entry.segments) : [] };
      requests.set(request, { request, seq, at, purpose, provider, model, ...open, ...(cache ? { forecast: cache } : {}) });
    } else if (entry.type === "reply") close(entry.request, "replied", entry.usage ?? noUsage, entry.cost.usd, entry.cache);
    else if (entry.type === "request-failed") close(entry.request, "failed", entry.usage ?? noUsage, entry.cost.usd);
  });
  if (!read.ok) return read;
  return { ok: true, value: summed(session, [...requests.values()]) };
}

function differing(before: readonly Segment[], now: readonly Segment[]): readonly string[] {
  if (before.length === 0) return [];
  const fixed = (list: readonly Segment[]) => new Map(list.filter((one) => historyLength(one) === null).map(({ name, sha256 }) => [name, sha256]));
  const [was, is] = [fixed(before), fixed(now)];
  return [...new Set([...is.keys(), ...was.keys()])].filter((name) => was.get(name) !== is.get(name));
}

function summed(session: SessionId, requests: readonly CachedRequest[]): CacheStory {
  const total = (of: (one: CachedRequest) => number): number => requests.reduce((sum, one) => sum + of(one), 0);
  const lost = requests.flatMap(({ outcome }) => (outcome?.verdict === "changed" ? [outcome.usd] : []));
  return {
    session,
    requests,
    read: total(({ read }) => read),
    written: total(({ written }) => written),
    missed: total(({ missed }) => missed),
    breaks: requests.filter(({ forecast, differ }) => forecast?.broken !== undefined || (forecast === undefined && differ.length > 0)).length,
    usd: lost.includes(null) ? null : lost.reduce<number>((sum, usd) => sum + (usd ?? 0), 0),
  };
}
