// What can be said of a shell text before it is parsed: size and characters.
import type { StructureName } from "./checks/check.ts";
import type { TextSpan } from "./reading.ts";

export interface RawFinding {
  readonly name: StructureName;
  readonly says: string;
  readonly span: TextSpan;
}

// Written by property and code point, so that this file itself holds none of them. A character belongs to the first row that has it.
const rows: readonly { readonly name: StructureName; readonly pattern: RegExp; readonly says: (shown: string) => string }[] = [
  { name: "carriage-return", pattern: /\r/u, says: (shown) => `the carriage return ${shown} separates nothing for bash and hides text on a terminal` },
  { name: "control-character", pattern: /(?![\t\n])\p{Cc}/u, says: (shown) => `the control character ${shown}` },
  { name: "half-character", pattern: /\p{Cs}/u, says: (shown) => `half a character (${shown})` },
  { name: "bidi", pattern: /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u, says: (shown) => `${shown}, which turns the direction of what is shown` },
  { name: "invisible", pattern: /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u, says: (shown) => `the invisible character ${shown}` },
  { name: "odd-blank", pattern: /[\p{Zl}\p{Zp}]|(?! )\p{Zs}/u, says: (shown) => `the blank ${shown}, which looks like a space and is none` },
  { name: "unassigned", pattern: /[\p{Co}\p{Cn}]/u, says: (shown) => `${shown}, which is no assigned character` },
];

const most = 20;
const suspicious = /[^\t\n\x20-\x7e]/u;
/** Emoji are put together with these; they stay invisible only where nothing is put together. */
const joinsEmoji = /\p{Extended_Pictographic}[\ufe0e\ufe0f]?\p{Emoji_Modifier}?$/u;

/** Every place of the raw text that makes it unfit to be judged. Spaces, tabs and line feeds are the only blanks. */
export function findInRawText(text: string, length: number): readonly RawFinding[] {
  if (text.length > length)
    return [{ name: "too-long", says: `the text has ${text.length} characters, ${length} are read`, span: { start: length, end: text.length } }];
  if (!suspicious.test(text)) return [];
  const found: RawFinding[] = [];
  let index = 0;
  for (const character of text) {
    const start = index;
    index += character.length;
    if (!suspicious.test(character) || isEmojiJoint(text, start, index, character)) continue;
    const row = rows.find((each) => each.pattern.test(character));
    if (row === undefined) continue;
    found.push({ name: row.name, says: row.says(codeOf(character)), span: { start, end: index } });
    if (found.length >= most) break;
  }
  return found;
}

/** A variation selector or a joiner between two pictographs. */
function isEmojiJoint(text: string, start: number, end: number, character: string): boolean {
  if (character === "\ufe0f") return joinsEmoji.test(text.slice(Math.max(0, start - 4), start));
  if (character !== "\u200d") return false;
  return joinsEmoji.test(text.slice(Math.max(0, start - 6), start)) && /^\p{Extended_Pictographic}/u.test(text.slice(end, end + 2));
}

const codeOf = (character: string): string => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

/** The text with everything that can't be seen, or that moves what is seen, written as a code: `<U+202E>`. Line feeds and tabs stay. */
export function show(text: string): string {
  if (!suspicious.test(text)) return text;
  return Array.from(text, (character) =>
    suspicious.test(character) && rows.some((row) => row.pattern.test(character)) ? `<${codeOf(character)}>` : character,
  ).join("");
}
