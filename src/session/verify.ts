// Whether a journal is what was written: its lines, their checksums and their chain, and what the index remembers of it.
//
// Invariants
//  V1  Nothing is written, and no lock is taken.
//  V2  What a crash leaves is told apart from what somebody changed; where that is not possible it is said, and counts as a change.
import type { Outcome, SessionId } from "../base/index.ts";
import { type Disk, type DiskFile, nodeDisk } from "../exec/index.ts";
import { createBlobFolder } from "./blobs.ts";
import { cannotWrite } from "./cannot-write.ts";
import type { Entry } from "./entry.ts";
import type { FoundSession } from "./find-session.ts";
import { decodeLine } from "./line.ts";
import { readEntries } from "./read-entries.ts";
import type { ScanResult } from "./scan.ts";
import type { RememberedHead } from "./search-index.ts";

export interface JournalProblem {
  readonly kind:
    | "foreign"
    | "gap"
    | "broken-chain"
    | "displaced"
    | "payload"
    | "changed-tail"
    | "torn-tail"
    | "rewritten"
    | "shorter"
    | "repair"
    | "newer"
    | "empty";
  /** Number of the first line that does not fit. */
  readonly line: number | null;
  /** Where that is in the file; null: not in one place. */
  readonly byte: number | null;
  /** False: what a crash, or a newer bosun, leaves. */
  readonly tampering: boolean;
  /** One sentence. */
  readonly says: string;
}
export interface VerifiedJournal {
  readonly project: string;
  readonly session: SessionId;
  readonly lines: number;
  readonly verdict: "whole" | "torn" | "changed";
  /** The first one that is tampering comes first. */
  readonly problems: readonly JournalProblem[];
  /** What it was compared with; null: the index has not read it yet, so only the chain was checked. */
  readonly remembered: { readonly seq: number; readonly at: number } | null;
}

export async function verifyJournal(found: FoundSession, head: RememberedHead | null, disk: Disk = nodeDisk): Promise<Outcome<VerifiedJournal>> {
  const path = `${found.folder}/journal.jsonl`;
  let file: DiskFile | undefined;
  try {
    file = await disk.open(path, "read", 0);
    const journal = file;
    const repairs: JournalProblem[] = [];
    const foreign: JournalProblem[] = [];
    let headHash: string | null = null;
    const visit = (entry: Entry, hash: string): void => {
      if (entry.seq === head?.seq) headHash = hash;
      if (entry.type === "session" && entry.seq === 0 && entry.session !== found.session) foreign.push(foreignOf(entry.session));
      if (entry.type === "repair") repairs.push(repairOf(entry));
    };
    const blobs = createBlobFolder(disk, `${found.projectFolder}/blobs`);
    const { scanned, missing } = await readEntries((into, position) => journal.read(into, position), visit, blobs.get);
    const payloads = missing.flatMap((one) => (one.kind === "blob-missing" ? [payloadOf(one.seq, one.sha256)] : []));
    const tail = await tailProblems(journal, scanned);
    const all = [...foreign, ...chainProblems(scanned), ...payloads, ...tail, ...headProblems(scanned, head, headHash), ...repairs];
    const problems = [...all.filter((one) => one.tampering).sort(byLine), ...all.filter((one) => !one.tampering)];
    const verdict = problems.some((one) => one.tampering) ? "changed" : problems.some((one) => one.kind === "torn-tail") ? "torn" : "whole";
    const remembered = head === null ? null : { seq: head.seq, at: head.at };
    return { ok: true, value: { project: found.project, session: found.session, lines: scanned.lines, verdict, problems, remembered } };
  } catch (error) {
    return { ok: false, error: cannotWrite(`Cannot read ${path}`, error) };
  } finally {
    await file?.close();
  }
}

const byLine = (left: JournalProblem, right: JournalProblem): number => (left.line ?? Number.MAX_SAFE_INTEGER) - (right.line ?? Number.MAX_SAFE_INTEGER);
const timeOf = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;

const foreignOf = (session: SessionId): JournalProblem => ({
  kind: "foreign",
  line: 0,
  byte: 0,
  tampering: true,
  says: `Line 0 begins the journal of another session, ${session}: this one was put in the place of what was written here.`,
});

const repairOf = (entry: Extract<Entry, { readonly type: "repair" }>): JournalProblem => ({
  kind: "repair",
  line: entry.seq,
  byte: null,
  tampering: false,
  says: `Line ${entry.seq} records a repair: ${entry.cut} bytes that were no next line were cut off and kept in ${entry.aside}.`,
});

const payloadOf = (seq: number, sha256: string): JournalProblem => ({
  kind: "payload",
  line: seq,
  byte: null,
  tampering: true,
  says: `The payload ${sha256.slice(0, 12)} of line ${seq} is missing, or is not what the line says.`,
});

function chainProblems({ gaps, broken, displaced, lines, badTail }: ScanResult): readonly JournalProblem[] {
  const found: JournalProblem[] = gaps.map(({ afterSeq, fromByte, toByte, says, newer }) =>
    newer
      ? { kind: "newer", line: afterSeq + 1, byte: fromByte, tampering: false, says: `The journal has more than this version understands: ${says}.` }
      : {
          kind: "gap",
          line: afterSeq + 1,
          byte: fromByte,
          tampering: true,
          says: `Line ${afterSeq + 1} does not fit (${says}${toByte > fromByte ? `, bytes ${fromByte} to ${toByte}` : ""}): changed, removed, or damaged on the disk.`,
        },
  );
  for (const seq of broken) {
    const says = `Line ${seq} does not carry the hash of line ${seq - 1}: line ${seq - 1} was changed, or the journal was put together from others.`;
    found.push({ kind: "broken-chain", line: Math.max(0, seq - 1), byte: null, tampering: true, says });
  }
  if (displaced !== null)
    found.push({ kind: "displaced", line: displaced, byte: null, tampering: true, says: `Line ${displaced} stands in another place than it was written in.` });
  if (lines === 0 && badTail === 0)
    found.push({ kind: "empty", line: null, byte: null, tampering: false, says: "The journal is empty: nothing was ever recorded in it." });
  return found;
}

const mostTail = 1024 * 1024;

/** A torn write leaves the beginning of a line, or rubbish; a line that is whole but for its checksum was written by somebody else. */
async function tailProblems(file: DiskFile, { goodBytes, badTail, badTailWhy, lastSeq, lines }: ScanResult): Promise<readonly JournalProblem[]> {
  if (badTail === 0) return [];
  const bytes = Buffer.alloc(Math.min(badTail, mostTail));
  for (let at = 0; at < bytes.length; ) {
    const count = await file.read(bytes.subarray(at), goodBytes + at);
    if (count === 0) break;
    at += count;
  }
  const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1);
  const isChanged = whole
    .toString("utf8")
    .split("\n")
    .some((line) => line !== "" && isWholeLine(line));
  const line = lastSeq + 1;
  if (isChanged || (lines === 0 && bytes.indexOf(10) >= 0)) {
    const says = `Line ${line} does not fit (${badTailWhy}), though it is a whole line: it was changed after it was written.`;
    return [{ kind: "changed-tail", line, byte: goodBytes, tampering: true, says }];
  }
  const says = `The journal ends in ${badTail} bytes that are no whole line (${badTailWhy}): it is being written right now, or a crash tore it. --resume puts them aside.`;
  return [{ kind: "torn-tail", line, byte: goodBytes, tampering: false, says }];
}

function isWholeLine(line: string): boolean {
  if (decodeLine(Buffer.from(line)).kind !== "bad") return true; // valid, but out of its place
  try {
    return typeof (JSON.parse(line) as { crc?: unknown } | null)?.crc === "string";
  } catch {
    return false;
  }
}

function headProblems(scanned: ScanResult, head: RememberedHead | null, hash: string | null): readonly JournalProblem[] {
  if (head === null) return [];
  const problems: JournalProblem[] = [];
  const { rewritten } = head;
  if (rewritten) problems.push(rewrittenProblem(rewritten.seq, rewritten.indexed, rewritten.now, `, as the index found on ${timeOf(rewritten.found)}`));
  if (hash !== null && hash !== head.hash) problems.push(rewrittenProblem(head.seq, head.at, "another", ""));
  else if (hash === null && scanned.lastSeq < head.seq)
    problems.push(rewrittenProblem(head.seq, head.at, "missing", `; now it ends with line ${scanned.lastSeq}`));
  return problems;
}

function rewrittenProblem(seq: number, indexed: number, now: "another" | "missing", more: string): JournalProblem {
  const says =
    now === "another"
      ? `Its line ${seq} was another one when it was indexed on ${timeOf(indexed)}${more}: the journal was written anew from there or from before.`
      : `Its line ${seq} was there when it was indexed on ${timeOf(indexed)}, and is gone${more}: its end was cut off, or lost with the machine's power.`;
  return { kind: now === "another" ? "rewritten" : "shorter", line: seq, byte: null, tampering: true, says };
}
