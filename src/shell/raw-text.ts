// What can be said of a shell text before it is parsed: size and characters.
import type { TextSpan } from "./reading.ts";

export const longestText = 8192;

export interface RawFinding {
  readonly says: string;
  readonly span: TextSpan;
}

// Written by code point, so that this file itself holds none of them.
const kinds: readonly { readonly pattern: RegExp; readonly says: (shown: string) => string }[] = [
  { pattern: /(?![\t\n])\p{Cc}/u, says: (shown) => `the control character ${shown}` },
  { pattern: /\p{Cs}/u, says: (shown) => `half a character (${shown})` },
  { pattern: /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u, says: (shown) => `the invisible character ${shown}` },
  { pattern: /[\p{Zl}\p{Zp}]|(?! )\p{Zs}/u, says: (shown) => `the blank ${shown}, which looks like a space and is none` },
  { pattern: /[\p{Co}\p{Cn}]/u, says: (shown) => `${shown}, which is no assigned character` },
];

/** The first thing in the raw text that makes it unfit to be judged, or null. Spaces, tabs and line feeds are the only blanks. */
export function findInRawText(text: string): RawFinding | null {
  if (text.length > longestText) {
    return { says: `the text has ${text.length} characters, ${longestText} are read`, span: { start: longestText, end: text.length } };
  }
  let first: RawFinding | null = null;
  for (const { pattern, says } of kinds) {
    const match = pattern.exec(text);
    if (match === null || (first !== null && first.span.start <= match.index)) continue;
    const shown = `U+${(match[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
    first = { says: says(shown), span: { start: match.index, end: match.index + match[0].length } };
  }
  return first;
}
