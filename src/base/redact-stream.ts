// Takes secrets out of text that comes in pieces: what may be the beginning of one is held back until that is known.
//
// Invariants
//  S1  No secret that `redact` finds on one line, or in a block of a private key, comes out because a piece ended within it.
//  S2  What is held back is bounded: text that goes on longer than a secret may be long comes out.
import { knownSecrets } from "./known-secrets.ts";
import { mayNameSecret, redact } from "./redact.ts";

export interface RedactedStream {
  /** What of it can be said by now; may be empty. */
  push(piece: string): string;
  /** The rest. */
  end(): string;
}

/** Characters of one line, and of a block, that are waited for. */
const longestLine = 8192;
const longestBlock = 16 * 1024;

export function redactStream(): RedactedStream {
  let held = "";
  const take = (length: number): string => {
    const said = held.slice(0, length);
    held = held.slice(length);
    return said === "" ? "" : redact(said);
  };
  return {
    push(piece) {
      held += piece;
      return take(safeLength(held));
    },
    end: () => take(held.length),
  };
}

const blockEnd = /-----END [^-\n]*-----/;

/** How much of it no more text can turn into a secret. */
function safeLength(text: string): number {
  const safe = lineLength(text);
  const block = text.lastIndexOf("-----BEGIN ");
  if (block < 0 || text.length - block >= longestBlock) return safe;
  const end = blockEnd.exec(text.slice(block));
  const isWhole = end !== null && block + end.index + end[0].length <= safe;
  return isWhole ? safe : Math.min(block, lineLength(text.slice(0, block)));
}

function lineLength(text: string): number {
  let start = text.lastIndexOf("\n") + 1;
  // a name whose value stands on the next line
  while (start > 0 && text.length - start < longestLine) {
    const before = text.slice(start < 2 ? 0 : text.lastIndexOf("\n", start - 2) + 1, start);
    if (!/^\s*$/.test(before) && !(/[=:>]\s*$/.test(before) && mayNameSecret.test(before))) break;
    start -= before.length;
  }
  const line = text.slice(start);
  if (line.length < longestLine && (mayNameSecret.test(line) || isBegun(line))) return start;
  const word = /\S*$/.exec(line.slice(-longestLine))?.[0].length ?? 0;
  return word < longestLine ? text.length - word : text.length;
}

/** A secret of several words that is known by its value. */
const isBegun = (line: string): boolean => knownSecrets().some((value) => /\s/.test(value) && line.includes(value.split(/\s/, 1)[0] ?? value));
