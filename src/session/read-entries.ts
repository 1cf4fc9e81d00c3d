// From a journal's bytes to entries: scanned, with the fields that stand in blobs put back.
import type { Outcome } from "../base/index.ts";
import type { Entry } from "./entry.ts";
import { inflate, standIn } from "./line.ts";
import { type ReadAt, type ScanResult, scanJournal } from "./scan.ts";
import type { Finding } from "./store.ts";

export interface ReadEntries {
  readonly scanned: ScanResult;
  /** Payloads that are gone; what can still be said of their lines was handed to `visit`. */
  readonly missing: readonly Finding[];
}

/** Hands every entry to `visit` in order. Rejects as `read` does. */
export async function readEntries(
  read: ReadAt,
  visit: (entry: Entry, hash: string) => void,
  getBlob: (sha256: string) => Promise<Outcome<Uint8Array>>,
): Promise<ReadEntries> {
  const missing: Finding[] = [];
  const scanned = await scanJournal(read, (entry, blob, hash) => {
    if (!blob) return visit(entry, hash);
    return getBlob(blob.sha256).then((payload) => {
      if (!payload.ok) missing.push({ kind: "blob-missing", seq: entry.seq, sha256: blob.sha256 });
      visit(payload.ok ? inflate(entry, payload.value) : standIn(entry, blob), hash);
    });
  });
  return { scanned, missing };
}

/** What stands after the last whole line, where it is only read. */
export const tailOf = ({ badTail, badTailWhy }: ScanResult): readonly Finding[] => (badTail === 0 ? [] : [{ kind: "tail", bytes: badTail, says: badTailWhy }]);

/** What a scan has to say about the middle of the journal; its tail is the caller's. */
export function findingsOf(scanned: ScanResult): readonly Finding[] {
  return [...scanned.gaps.map((gap) => ({ kind: "gap" as const, ...gap })), ...scanned.broken.map((seq) => ({ kind: "broken-chain" as const, seq }))];
}
