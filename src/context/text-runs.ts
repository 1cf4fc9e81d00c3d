// Counts the runs of a text that tokenizers treat as wholes: words, numbers, blanks, punctuation, ideographs. One pass,
// no allocation per character, no regular expression: repetitive or hostile text costs the same as any other.

/** What was counted. Tokens are a weighted sum of these (tokens.ts). */
export interface TextRuns {
  /** Runs of lower-case Latin letters, with a capital before them taken along ("fileName" are two). */
  words: number;
  /** Letters of such words beyond the seventh: a long word is several tokens, a repeated letter a few. */
  wordRest: number;
  /** Runs of two or more capitals. */
  capitals: number;
  /** Letters of those beyond the third. */
  capitalRest: number;
  /** Groups of up to three digits. */
  digits: number;
  /** Escapes inside JSON: a backslash with the n, t or r behind it. */
  escapes: number;
  /** Single marks right before a letter, which tokenizers take along with the word: slashes of paths, dots, underscores, others. */
  slashes: number;
  dots: number;
  underscores: number;
  joined: number;
  /** Other runs of punctuation. */
  marks: number;
  /** Changes of character inside those runs, each beyond the first. */
  markChanges: number;
  /** Runs of line ends with the indentation after them, runs of several blanks, a blank before a digit. */
  blanks: number;
  /** Chinese and Japanese characters. */
  ideographs: number;
  /** Korean syllables. */
  syllables: number;
  /** Runs of letters of other scripts, and their letters beyond the third. */
  foreign: number;
  foreignRest: number;
  /** Halves of characters beyond the first plane (emoji), symbols and marks outside ASCII. */
  symbols: number;
  /** Characters of long stretches whose letters and digits alternate: base64, keys. They come on top of their runs. */
  dense: number;
}

const lower = 1;
const upper = 2;
const digit = 3;
const blank = 4;
const newline = 5;
const mark = 6;
const ideograph = 7;
const syllable = 8;
const foreign = 9;
const symbol = 10;
/** Shorter stretches are names. */
const denseFrom = 24;
/** Tokenizers hold runs of one blank or mark up to about this length as one token. */
const longRun = 64;

const asciiKinds = (() => {
  const table = new Uint8Array(128);
  for (let code = 0; code < 128; code++) {
    if (code >= 97 && code <= 122) table[code] = lower;
    else if (code >= 65 && code <= 90) table[code] = upper;
    else if (code >= 48 && code <= 57) table[code] = digit;
    else if (code === 10 || code === 13) table[code] = newline;
    else if (code === 32 || code === 9) table[code] = blank;
    else table[code] = mark;
  }
  return table;
})();

function kindBeyondAscii(code: number): number {
  if (code < 0x0100) return code >= 0xc0 && code !== 0xd7 && code !== 0xf7 ? foreign : symbol; // Latin-1
  if (code < 0x2000) return foreign;
  if (code < 0x2e80) return symbol; // dashes, quotes, arrows, box drawing, dingbats
  if (code < 0xac00) return code < 0x3000 || code >= 0x3040 ? ideograph : symbol;
  if (code < 0xd7b0) return syllable;
  if (code < 0xe000) return symbol; // half of a pair
  return code >= 0xf900 && code < 0xfb00 ? ideograph : symbol;
}

const kindAt = (text: string, index: number): number => {
  const code = text.charCodeAt(index);
  return code < 128 ? (asciiKinds[code] as number) : kindBeyondAscii(code);
};

export function textRuns(text: string): TextRuns {
  const runs: TextRuns = {
    words: 0,
    wordRest: 0,
    capitals: 0,
    capitalRest: 0,
    digits: 0,
    escapes: 0,
    slashes: 0,
    dots: 0,
    underscores: 0,
    joined: 0,
    marks: 0,
    markChanges: 0,
    blanks: 0,
    ideographs: 0,
    syllables: 0,
    foreign: 0,
    foreignRest: 0,
    symbols: 0,
    dense: 0,
  };
  const length = text.length;
  let index = 0;
  let stretch = 0; // where letters and digits without a break began
  let pieces = 0;
  while (index < length) {
    const kind = kindAt(text, index);
    let end = index + 1;
    while (end < length && kindAt(text, end) === kind) end++;
    count(runs, text, kind, index, end);
    if (kind <= digit) pieces += 1;
    if (kind > digit || end === length) {
      const size = (kind <= digit ? end : index) - stretch;
      if (size >= denseFrom && pieces * 2 >= size) runs.dense += size;
      stretch = end;
      pieces = 0;
    }
    index = end;
  }
  return runs;
}

function count(runs: TextRuns, text: string, kind: number, start: number, end: number): void {
  const size = end - start;
  switch (kind) {
    case lower: {
      const word = isEscape(text, start) ? size - 1 : size;
      if (word < size) runs.escapes += 1;
      if (word > 0) runs.words += 1;
      if (word > 7) runs.wordRest += word - 7;
      return;
    }
    case upper:
      countCapitals(runs, size, end < text.length && kindAt(text, end) === lower);
      return;
    case digit:
      runs.digits += Math.ceil(size / 3);
      return;
    case blank:
      // one blank goes with the word or mark after it; indentation goes with the line end before it
      runs.blanks += Math.floor(size / longRun);
      if (start > 0 && kindAt(text, start - 1) === newline) return;
      if (size > 1 || (end < text.length && kindAt(text, end) === digit)) runs.blanks += 1;
      return;
    case newline:
      runs.blanks += 1 + Math.floor(size / longRun);
      return;
    case mark:
      return countMarks(runs, text, start, end);
    case ideograph:
      runs.ideographs += size;
      return;
    case syllable:
      runs.syllables += size;
      return;
    case foreign:
      runs.foreign += 1;
      if (size > 3) runs.foreignRest += size - 3;
      return;
    default:
      runs.symbols += size;
  }
}

function countMarks(runs: TextRuns, text: string, start: number, end: number): void {
  const last = isEscape(text, end) ? end - 1 : end;
  if (last === start) return;
  if (end - start === 1 && end < text.length && kindAt(text, end) <= upper) {
    runs[joins.get(text.charCodeAt(start)) ?? "joined"] += 1;
    return;
  }
  runs.marks += 1 + Math.floor((last - start) / longRun);
  for (let index = start + 1; index < last; index++) if (text.charCodeAt(index) !== text.charCodeAt(index - 1)) runs.markChanges += 1;
}
const joins: ReadonlyMap<number, "slashes" | "dots" | "underscores"> = new Map([
  [47, "slashes"],
  [46, "dots"],
  [95, "underscores"],
]);

const backslash = 92;
/** Whether the letter at `index` is the second half of `\\n`, `\\t` or `\\r`. */
function isEscape(text: string, index: number): boolean {
  if (index === 0 || text.charCodeAt(index - 1) !== backslash) return false;
  const code = text.charCodeAt(index);
  return code === 110 || code === 116 || code === 114;
}

/** The last capital before small letters begins their word. */
function countCapitals(runs: TextRuns, size: number, wordFollows: boolean): void {
  const own = wordFollows ? size - 1 : size;
  if (own === 0) return;
  runs.capitals += 1;
  if (own > 3) runs.capitalRest += own - 3;
}
