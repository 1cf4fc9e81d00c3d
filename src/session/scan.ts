// Reads a journal's bytes front to back in bounded memory and says what each stretch of them is.
//
// Invariants
//  S1  Every byte is accounted for: valid lines, gaps between valid lines, or a bad tail.
//  S2  A line counts as valid only if it decodes and its number is the next one; a later number makes a gap before it.
//  S3  A whole line is found also behind rubbish that took the newline before it.
//  S4  Nothing is written and nothing is skipped without a finding.
import { sha256 } from "../exec/index.ts";
import type { Entry } from "./entry.ts";
import { type BlobReference, decodeLine, firstPrev, lineLimit } from "./line.ts";

export interface ScanGap {
  readonly afterSeq: number;
  readonly fromByte: number;
  readonly toByte: number;
  readonly says: string;
  /** Set: nothing is lost, but this version does not understand it. */
  readonly newer?: true;
}
export interface ScanResult {
  readonly lines: number;
  readonly lastSeq: number;
  readonly lastHash: string;
  /** Where the last valid line ends. */
  readonly goodBytes: number;
  /** Bytes after `goodBytes` that are no valid line. */
  readonly badTail: number;
  /** Newlines among them. */
  readonly badTailLines: number;
  readonly badTailWhy: string;
  /** A line among them that is whole and is missing before: the lines are in another order than they were written in. */
  readonly displaced: number | null;
  readonly gaps: readonly ScanGap[];
  /** Numbers of lines whose `prev` is not the hash of the line before. */
  readonly broken: readonly number[];
  /** Set when a line was met that only a later version understands: in which respect. */
  readonly newer: string | null;
}

const missingWords = (from: number, to: number): string => (from === to ? `line ${from} is missing` : `lines ${from} to ${to} are missing`);

export type ReadAt = (into: Uint8Array, position: number) => Promise<number>;
/** `blob`: the body stands in this blob, the entry has only the type. `hash`: of the line, what the next one carries as `prev`. */
export type ScanVisit = (entry: Entry, blob: BlobReference | null, hash: string) => void | Promise<void>;

const lineStart = '{"v":';
const chunkSize = 256 * 1024;

export async function scanJournal(read: ReadAt, visit: ScanVisit): Promise<ScanResult> {
  const scan = createScan();
  const chunk = Buffer.allocUnsafe(chunkSize); // only what was read into it is looked at
  let rest: Buffer = Buffer.alloc(0);
  let position = 0; // of the first byte of `rest`
  let skipping = false; // inside a line that is longer than any valid one
  for (let at = 0; ; ) {
    const count = await read(chunk, at);
    if (count === 0) break;
    at += count;
    const bytes = rest.length === 0 ? chunk.subarray(0, count) : Buffer.concat([rest, chunk.subarray(0, count)]);
    let start = 0;
    for (let end = bytes.indexOf(10, start); end >= 0; end = bytes.indexOf(10, start)) {
      if (skipping) scan.bad("longer than a line can be", position + start);
      else {
        const waiting = scan.line(bytes.subarray(start, end), position + start, visit);
        if (waiting !== undefined) await waiting;
      }
      skipping = false;
      start = end + 1;
    }
    position += start;
    rest = Buffer.from(bytes.subarray(start));
    if (rest.length > lineLimit) {
      scan.bad("longer than a line can be", position, false);
      position += rest.length;
      rest = Buffer.alloc(0);
      skipping = true;
    }
  }
  if (rest.length > 0) scan.bad("no newline at its end", position, false);
  return scan.finish(position + rest.length);
}

function createScan() {
  let lines = 0;
  let lastSeq = -1;
  let lastHash = firstPrev;
  let goodBytes = 0;
  let badFrom = -1;
  let badWhy = "";
  let newer: string | null = null;
  let badLines = 0;
  let displaced: number | null = null;
  const gaps: ScanGap[] = [];
  const missing: (readonly [from: number, to: number])[] = [];
  const broken: number[] = [];

  const bad = (why: string, at: number, whole = true): void => {
    if (whole) badLines += 1;
    if (badFrom >= 0) return;
    badFrom = at;
    badWhy = why;
  };
  const line = (bytes: Buffer, at: number, visit: ScanVisit): void | Promise<void> => {
    if (bytes.length > lineLimit) return bad("longer than a line can be", at);
    const decoded = decodeLine(bytes);
    if (decoded.kind === "bad") {
      const inner = bytes.lastIndexOf(lineStart);
      if (inner <= 0 || decodeLine(bytes.subarray(inner)).kind === "bad") return bad(decoded.why, at);
      bad(decoded.why, at, false);
      return line(bytes.subarray(inner), at + inner, visit);
    }
    if (decoded.kind === "newer") newer ??= decoded.why;
    const seq = decoded.kind === "newer" ? decoded.seq : decoded.entry.seq;
    if (seq <= lastSeq) {
      const isMissing = missing.some(([from, to]) => seq >= from && seq <= to);
      if (isMissing) displaced = seq;
      return bad(isMissing ? `line ${seq} stands after line ${lastSeq}` : `line ${seq} once more`, at);
    }
    if (badFrom >= 0 || seq !== lastSeq + 1) {
      gaps.push({
        afterSeq: lastSeq,
        fromByte: badFrom >= 0 ? badFrom : at,
        toByte: at,
        says: badFrom >= 0 ? badWhy : missingWords(lastSeq + 1, seq - 1),
      });
      if (seq > lastSeq + 1) missing.push([lastSeq + 1, seq - 1]);
      badFrom = -1;
      displaced = null;
      badLines = 0;
    } else if (decoded.kind === "entry" && decoded.entry.prev !== lastHash) broken.push(seq);
    lines += 1;
    lastSeq = seq;
    lastHash = sha256(bytes);
    goodBytes = at + bytes.length + 1;
    if (decoded.kind === "entry") return visit(decoded.entry, decoded.blob, lastHash);
    gaps.push({ afterSeq: seq - 1, fromByte: at, toByte: goodBytes, says: `line ${seq} is from a newer bosun (${decoded.why})`, newer: true });
  };
  const finish = (size: number): ScanResult => ({
    lines,
    lastSeq,
    lastHash,
    goodBytes,
    badTail: size - goodBytes,
    badTailLines: badLines,
    badTailWhy: badFrom >= 0 ? badWhy : "",
    displaced,
    gaps,
    broken,
    newer,
  });
  return { bad, line, finish };
}
