// What the server keeps of each request.
import type { Json, JsonObject } from "../base/index.ts";
import type { CacheBill } from "./cache.ts";
import type { CommonPrefix } from "./prefix.ts";
import type { FaultKind } from "./script.ts";
import type { WireName } from "./wire/wire.ts";

export interface LedgerRow extends CacheBill {
  /** All tokens of the request: input + cacheRead + cacheWrite. */
  readonly total: number;
}

export interface RecordedRequest {
  /** From 0, in order of arrival. */
  readonly index: number;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Keys and cookies are replaced by "(present)". */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes as they came. Empty once `keepBodies` later requests have come. */
  readonly body: Uint8Array;
  readonly bytes: number;
  /** The parsed body; {} when it is no JSON object, or no longer kept. */
  readonly json: JsonObject;
  /** Milliseconds on the server's clock, of `now()`. */
  readonly arrivedAt: number;
  /** Milliseconds of this process's own monotonic clock (`performance.now()`), for measuring: headers seen, and just before the last byte was handed over. */
  readonly arrived: number;
  readonly answered?: number;
  /** Which protocol; absent for other paths. */
  readonly wire?: WireName;
  /** How much of it repeats the request before it on this wire. Absent when it was refused. */
  readonly common?: CommonPrefix;
  /** What it was billed. Absent when no byte of an answer went out. */
  readonly ledger?: LedgerRow;
  /** The script's turn that it got, from 0. */
  readonly turn?: number;
  readonly fault?: FaultKind;
  /** HTTP status that was sent; 0 when the connection was destroyed before. */
  readonly status: number;
  /** "answered": a turn, whole. "refused": a rule of the vendor or of the script does not hold. "fault": it met one that fails. */
  readonly outcome: "pending" | "answered" | "refused" | "fault" | "client-gone";
  /** Why it was refused. */
  readonly says?: string;
  /** What was answered, where it is no stream. */
  readonly answer?: Json;
}

/** A record while it is being written. */
export type OpenRecord = { -readonly [Key in keyof RecordedRequest]: RecordedRequest[Key] };

const secrets = new Set(["authorization", "x-api-key", "x-goog-api-key", "api-key", "cookie", "proxy-authorization"]);

export function withoutSecrets(headers: Readonly<Record<string, string | readonly string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, secrets.has(name) ? "(present)" : typeof value === "string" ? value : value.join(", ")]],
    ),
  );
}
