// Text for a terminal: nothing in it can move the cursor, change colours or turn the order of characters around.
import { cleanText } from "../exec/index.ts";

/* biome-ignore-start lint/suspicious/noControlCharactersInRegex: control characters are what this file is about */
/** Marks, embeddings, overrides and isolates of direction; line and paragraph separators. */
const directions = /[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const hidden = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\u{e0000}-\u{e007f}]/gu;
/* biome-ignore-end lint/suspicious/noControlCharactersInRegex: end */

/** What a model or a tool said, safe to print: escape sequences, control and direction characters taken out. */
export const plain = (text: string): string => cleanText(text).replace(directions, "");

/** For what somebody has to decide about: what can't be seen is written out (\x1b, \u202e), never dropped. */
export function visible(text: string): string {
  return text.replace(hidden, (character) => {
    const code = character.codePointAt(0) as number;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/** JSON may hold these characters unescaped; escaped it is the same value, and safe on a terminal. */
export const visibleJson = (json: string): string =>
  json.replace(hidden, (character) => [...Array(character.length).keys()].map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""));

/** On one line. */
export const oneLine = (text: string): string => plain(text).replace(/\s+/g, " ").trim();

/** Columns of a terminal: 0 for combining marks, 2 for wide characters and emoji, else 1. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += widthOf(character);
  return columns;
}

function widthOf(character: string): number {
  const code = character.codePointAt(0) as number;
  if (code < 0x300) return code < 0x20 ? 0 : 1;
  if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(character)) return 0;
  return isWide(code) ? 2 : 1;
}

/** First and last code points of the blocks that East Asian terminals and emoji show over two columns. */
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x23e9, 0x23ec],
  [0x25fd, 0x25fe],
  [0x2614, 0x2615],
  [0x26a1, 0x26a1],
  [0x2705, 0x2705],
  [0x274c, 0x274c],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f7e0, 0x1f7eb],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
];
const isWide = (code: number): boolean => wideRanges.some(([first, last]) => code >= first && code <= last);

/** As much of it as fits into `columns`, with "…" where something is left out. */
export function clip(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let kept = "";
  let used = 0;
  for (const character of text) {
    used += widthOf(character);
    if (used > columns - 1) break;
    kept += character;
  }
  return columns < 1 ? "" : `${kept}…`;
}

export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const tokens = (count: number): string =>
  `${count < 10_000 ? Math.round(count) : count < 1_000_000 ? `${(count / 1000).toFixed(1)}k` : `${(count / 1e6).toFixed(2)}M`} tokens`;

/** Without a known price there is no sum. */
export const money = (usd: number, priced: boolean): string => (priced ? `$${usd.toFixed(usd >= 1 ? 2 : 4)}` : "price unknown");

/** Two columns, the second one aligned. */
export function columns(rows: readonly (readonly string[])[], gap = 2): string {
  const widths: number[] = [];
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, columnsOf(cell));
  return rows
    .map((row) => row.map((cell, at) => (at === row.length - 1 ? cell : cell + " ".repeat((widths[at] ?? 0) - columnsOf(cell) + gap))).join(""))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}
