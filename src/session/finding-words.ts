// What opening or reading a journal found, in words for a person: what, and the next move.
import type { Finding } from "./store.ts";

/** One or two sentences. */
export function findingWords(finding: Finding): string {
  switch (finding.kind) {
    case "repair":
      return `The journal ended in ${finding.cut} bytes that are no next line (${finding.says}); they were copied to ${finding.aside} and cut off.`;
    case "tail":
      return `The journal ends in ${finding.bytes} bytes that are no next line (${finding.says}): it is being written right now, or was torn. Going on with --resume puts them aside.`;
    case "empty":
      return "The journal was empty: nothing was ever recorded in it, so the session begins anew. If there was more, put a copy of journal.jsonl back.";
    case "gap": {
      if (finding.newer) return `The journal has more than this version understands: ${finding.says}. Upgrade bosun to go on with it.`;
      const where = finding.afterSeq < 0 ? "at its beginning" : `after line ${finding.afterSeq}`;
      const from = finding.afterSeq < 0 ? "" : ` To go on from before it: --fork-at ${finding.afterSeq}.`;
      const bytes = finding.toByte > finding.fromByte ? `bytes ${finding.fromByte} to ${finding.toByte}: ` : "";
      return `The journal is not whole ${where} (${bytes}${finding.says}). What stands there is left as it is and left out.${from}`;
    }
    case "blob-missing":
      return `The payload ${finding.sha256.slice(0, 12)} of line ${finding.seq} is missing; the model is told so.`;
    case "broken-chain":
      return `Line ${finding.seq} of the journal does not carry the hash of the line before it: somebody changed the file.${finding.seq > 1 ? ` To go on from before it: --fork-at ${Math.max(0, finding.seq - 2)}.` : ""}`;
  }
}
