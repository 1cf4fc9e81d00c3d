// One line of journal v1: how it is written and when it is valid.
//
// {"v":1,"seq":n,"id":"e_…","ts":ms,"type":"…", …body…,"prev":"<64 hex>","crc":"<8 hex>"}\n
//
// Invariants
//  L1  `crc` is the CRC-32 of every byte before `,"crc":`; it is always the last field.
//  L2  `prev` is the SHA-256 of the line before, without its newline.
//  L3  A line is at most `lineLimit` bytes. Where a body would make it longer, its large fields stand in a blob (a
//      JSON object of them) and the line says so: "blob": {sha256, bytes, fields}. Small fields stay on the line, and
//      a step's identity and new state stay in "head", so that the loss of a blob loses no accounting.
import { isJsonObject, newId } from "../base/index.ts";
import { crc32, sha256 } from "../exec/index.ts";
import { type Entry, type EntryBody, journalVersion } from "./entry.ts";

export const lineLimit = 256 * 1024;
export const firstPrev = "0".repeat(64);
/** Fields up to this many characters of JSON stay on a line whose body is spilled. */
const smallField = 2048;
const tailLength = ',"crc":"00000000"}'.length;

export interface BlobReference {
  readonly sha256: string;
  readonly bytes: number;
  readonly fields: readonly string[];
  readonly head: { readonly step: string; readonly to: string } | null;
}

export interface EncodedLine {
  readonly entry: Entry;
  /** With its newline. */
  readonly line: string;
  /** What the next line's `prev` must be. */
  readonly hash: string;
  /** What has to be durable as a blob before the line is written; null: nothing. */
  readonly payload: Uint8Array | null;
}

export function encodeLine(body: EntryBody, seq: number, prev: string, now: number): EncodedLine {
  const id = newId<"entry">("e", now);
  const entry = { v: journalVersion, seq, id, ts: now, ...body, prev } as Entry;
  const text = JSON.stringify(entry);
  if (text.length * 3 + tailLength <= lineLimit || Buffer.byteLength(text) + tailLength <= lineLimit) {
    return { entry, ...seal(text), payload: null };
  }
  const { small, large } = divide(body);
  const payload = Buffer.from(JSON.stringify(large));
  const head = body.type === "step" ? { head: { step: body.change.step, to: body.change.to } } : {};
  const blob = { sha256: sha256(payload), bytes: payload.length, fields: Object.keys(large) };
  return { entry, ...seal(JSON.stringify({ v: journalVersion, seq, id, ts: now, ...small, ...head, blob, prev })), payload };
}

/** What would stand in a blob, were this body written now; null: all of it surely stands on the line. */
export function payloadOf(body: EntryBody): Uint8Array | null {
  if (Buffer.byteLength(JSON.stringify(body)) + envelopeBytes <= lineLimit) return null;
  return Buffer.from(JSON.stringify(divide(body).large));
}
/** More than a line has around its body. */
const envelopeBytes = 1024;

function divide(body: EntryBody): { readonly small: Record<string, unknown>; readonly large: Record<string, unknown> } {
  const small: Record<string, unknown> = {};
  const large: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    if (value === undefined) continue;
    const into = name === "type" || JSON.stringify(value).length <= smallField ? small : large;
    into[name] = value;
  }
  return { small, large };
}

function seal(text: string): { readonly line: string; readonly hash: string } {
  const covered = text.slice(0, -1);
  const line = `${covered},"crc":"${crc32(covered).toString(16).padStart(8, "0")}"}`;
  return { line: `${line}\n`, hash: sha256(line) };
}

export type DecodedLine =
  | { readonly kind: "entry"; readonly entry: Entry; readonly blob: BlobReference | null }
  /** Whole and unharmed, but from a later version, or with a need that is not known here. */
  | { readonly kind: "newer"; readonly why: string; readonly seq: number }
  | { readonly kind: "bad"; readonly why: string };

/** Features that a line may need. */
export const knownNeeds: ReadonlySet<string> = new Set(["inherited"]);
const tail = /^,"crc":"([0-9a-f]{8})"\}$/;

/** `bytes`: one line without its newline. */
export function decodeLine(bytes: Buffer): DecodedLine {
  const at = bytes.length - tailLength;
  const found = at > 0 ? tail.exec(bytes.toString("latin1", at)) : null;
  if (!found) return { kind: "bad", why: "no checksum at its end" };
  if (crc32(bytes.subarray(0, at)) !== Number.parseInt(found[1] ?? "", 16)) return { kind: "bad", why: "wrong checksum" };
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    return { kind: "bad", why: "not JSON" };
  }
  if (!isJsonObject(value) || typeof value["seq"] !== "number" || typeof value["v"] !== "number") return { kind: "bad", why: "not a journal line" };
  if (value["v"] > journalVersion) return { kind: "newer", why: `journal version ${value["v"]}`, seq: value["seq"] };
  const needs = Array.isArray(value["needs"]) ? value["needs"].filter((name) => !knownNeeds.has(String(name))) : [];
  if (needs.length > 0) return { kind: "newer", why: `it needs ${needs.join(", ")}`, seq: value["seq"] };
  const { crc: _crc, blob, head, ...entry } = value as Record<string, unknown>;
  return { kind: "entry", entry: entry as unknown as Entry, blob: blobOf(blob, head) };
}

function blobOf(value: unknown, head: unknown): BlobReference | null {
  if (typeof value !== "object" || value === null) return null;
  const { sha256: hash, bytes, fields } = value as Partial<BlobReference>;
  if (typeof hash !== "string" || typeof bytes !== "number" || !Array.isArray(fields)) return null;
  return { sha256: hash, bytes, fields, head: isJsonObject(head) ? (head as { step: string; to: string }) : null };
}

/** The entry with its spilled fields put back. */
export function inflate(entry: Entry, payload: Uint8Array): Entry {
  return { ...entry, ...JSON.parse(Buffer.from(payload).toString("utf8")) } as Entry;
}

/** What can still be said of an entry whose payload is gone: its accounting and its step's state; else a visible gap. */
export function standIn(entry: Entry, blob: BlobReference): Entry {
  const { v, seq, id, ts, prev } = entry;
  const envelope = { v, seq, id, ts, prev };
  const says = `The payload ${blob.sha256.slice(0, 12)} of this line (${blob.bytes} bytes) is missing.`;
  const parts = [{ type: "text" as const, text: says }];
  switch (entry.type) {
    case "user":
    case "input":
    case "note":
      return { ...entry, parts };
    case "reply":
      return { ...entry, message: { role: "assistant", parts, provider: "", model: "", finish: "end" } };
    case "request":
      return entry.projection ? { ...entry, segments: entry.segments ?? [] } : { ...envelope, type: "gap", afterSeq: seq - 1, fromByte: -1, toByte: -1, says };
    case "step": {
      const to = blob.head?.to;
      if (to === "done" || to === "failed") return { ...entry, change: { step: blob.head?.step as never, to, result: { parts, failed: to === "failed" } } };
      if (to === "denied" || to === "cancelled") return { ...entry, change: { step: blob.head?.step as never, to, why: says } };
      return { ...envelope, type: "gap", afterSeq: seq - 1, fromByte: -1, toByte: -1, says };
    }
    default:
      return { ...envelope, type: "gap", afterSeq: seq - 1, fromByte: -1, toByte: -1, says };
  }
}
