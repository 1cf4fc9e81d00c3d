// One line of journal v1: how it is written and when it is valid.
//
// {"v":1,"seq":n,"id":"e_…","ts":ms,"type":"…", …body…,"prev":"<64 hex>","crc":"<8 hex>"}\n
//
// Invariants
//  L1  `crc` is the CRC-32 of every byte before `,"crc":`; it is always the last field.
//  L2  `prev` is the SHA-256 of the line before, without its newline.
//  L3  A line is at most `lineLimit` bytes. A body that would make it longer is stored as a blob of its JSON
//      first, and the line carries {"type", "blob": {sha256, bytes}} instead.
import { isJsonObject, newId } from "../base/index.ts";
import { crc32, sha256 } from "../exec/index.ts";
import { type Entry, type EntryBody, journalVersion } from "./entry.ts";

export const lineLimit = 256 * 1024;
export const firstPrev = "0".repeat(64);
const tailLength = ',"crc":"00000000"}'.length;

export interface EncodedLine {
  readonly entry: Entry;
  /** With its newline. */
  readonly line: string;
  /** What the next line's `prev` must be. */
  readonly hash: string;
  /** The body, when it is too large for a line: it must be durable as a blob before the line is written. */
  readonly payload: Uint8Array | null;
}

export function encodeLine(body: EntryBody, seq: number, prev: string, now: number): EncodedLine {
  const id = newId<"entry">("e", now);
  const entry = { v: journalVersion, seq, id, ts: now, ...body, prev } as Entry;
  const text = JSON.stringify(entry);
  if (text.length * 3 <= lineLimit || Buffer.byteLength(text) + tailLength <= lineLimit) {
    return { entry, ...seal(text), payload: null };
  }
  const payload = Buffer.from(JSON.stringify(body));
  const blob = { sha256: sha256(payload), bytes: payload.length };
  return { entry, ...seal(JSON.stringify({ v: journalVersion, seq, id, ts: now, type: body.type, blob, prev })), payload };
}

function seal(text: string): { readonly line: string; readonly hash: string } {
  const covered = text.slice(0, -1);
  const line = `${covered},"crc":"${crc32(covered).toString(16).padStart(8, "0")}"}`;
  return { line: `${line}\n`, hash: sha256(line) };
}

export type DecodedLine =
  | { readonly kind: "entry"; readonly entry: Entry; readonly blob: { readonly sha256: string; readonly bytes: number } | null }
  /** Whole and unharmed, but written by a later version. */
  | { readonly kind: "newer"; readonly version: number; readonly seq: number }
  | { readonly kind: "bad"; readonly why: string };

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
  if (!isJsonObject(value) || typeof value.seq !== "number" || typeof value.v !== "number") return { kind: "bad", why: "not a journal line" };
  if (value.v > journalVersion) return { kind: "newer", version: value.v, seq: value.seq };
  const { crc: _crc, blob, ...entry } = value as Record<string, unknown>;
  return { kind: "entry", entry: entry as unknown as Entry, blob: blobOf(blob) };
}

function blobOf(value: unknown): { readonly sha256: string; readonly bytes: number } | null {
  if (typeof value !== "object" || value === null) return null;
  const { sha256: hash, bytes } = value as { sha256?: unknown; bytes?: unknown };
  return typeof hash === "string" && typeof bytes === "number" ? { sha256: hash, bytes } : null;
}

