// What a script of sed does besides changing lines: POSIX sed, GNU sed 4.9 ("Reporting Bugs" names where others differ), BSD sed.
//
// Invariants
//  D1  The whole script is read or the answer is "unclear"; no command is passed over.
//  D2  Where seds differ in where something ends, the reading that finds more holds: a delimiter within brackets ends an expression in one reading
//      and not in the other, and both are read.
//  D3  A jump back is known to end, or the answer is "unclear".
import { findsAgain, goesOnInSed, type Step } from "./sed-loops.ts";

/** One deed of a program text. `file`: as the script has it. */
export interface Deed {
  readonly kind: "runs" | "writes" | "reads" | "unclear";
  readonly says: string;
  readonly file?: string;
}

class Unclear extends Error {}

interface Scanner {
  readonly text: string;
  at: number;
  depth: number;
  /** Whether a delimiter within brackets stands for itself. */
  readonly brackets: boolean;
  readonly deeds: Deed[];
  readonly steps: Step[];
  /** Places of the braces that are open. */
  readonly open: number[];
  /** The command at hand has an address. */
  sometimes: boolean;
}

/** `pieces`: the values of -e, or the first operand alone. Each is a line of the script. */
export function readSedScript(pieces: readonly string[]): readonly Deed[] {
  if (pieces.some((piece) => /(?:^|[^\\])(?:\\\\)*\\$/.test(piece))) return [{ kind: "unclear", says: "a piece of the script of sed ends with a backslash" }];
  const text = pieces.join("\n");
  const strict = read(text, true);
  // Whatever is written or run before an error counts: files are opened while the script is read.
  const loose = read(text, false).filter(({ kind }) => kind !== "unclear");
  return [...strict, ...loose.filter((deed) => !strict.some((each) => each.kind === deed.kind && each.file === deed.file))];
}

function read(text: string, brackets: boolean): Deed[] {
  const scanner: Scanner = { text, at: 0, depth: 0, brackets, deeds: [], steps: [], open: [], sometimes: false };
  try {
    while (scanner.at < text.length) command(scanner);
    if (scanner.depth !== 0) throw new Unclear("a brace of the script of sed isn't closed");
    const loop = goesOnInSed(scanner.steps);
    if (loop !== null) throw new Unclear(`${loop} stands in the script of sed`);
  } catch (cause) {
    if (!(cause instanceof Unclear)) throw cause;
    scanner.deeds.push({ kind: "unclear", says: cause.message });
  }
  return scanner.deeds;
}

const peek = (scanner: Scanner): string => scanner.text[scanner.at] ?? "";

function skip(scanner: Scanner, pattern: RegExp): string {
  pattern.lastIndex = scanner.at;
  const found = pattern.exec(scanner.text)?.[0] ?? "";
  scanner.at += found.length;
  return found;
}

const blanks = /[ \t]*/y;
const between = /[ \t\n;]*/y;
const restOfLine = /[^\n]*/y;

function command(scanner: Scanner): void {
  skip(scanner, between);
  if (scanner.at >= scanner.text.length) return;
  scanner.sometimes = address(scanner);
  if (scanner.sometimes) {
    skip(scanner, blanks);
    if (peek(scanner) === ",") {
      scanner.at += 1;
      skip(scanner, blanks);
      if (skip(scanner, /[+~]\d+/y) === "" && !address(scanner)) throw new Unclear("an address of sed isn't understood");
    }
  }
  if (skip(scanner, /[ \t]*(?:![ \t!]*)?/y).includes("!")) scanner.sometimes = true;
  const name = peek(scanner);
  scanner.at += 1;
  const act = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (act === undefined) throw new Unclear(name === "" ? "a command of sed is missing" : `"${name}" is no command of sed that is known`);
  if (name === "}") scanner.open.pop();
  if (!noted.has(name)) step(scanner, name);
  act(scanner, name);
}

const noted = new Set([":", "b", "t", "T", "s", "a", "i", "c", "{", "}", "#"]);

const step = (scanner: Scanner, name: string, more: Partial<Step> = {}): void =>
  void scanner.steps.push({ name, sometimes: scanner.sometimes, within: [...scanner.open], ...more });

function address(scanner: Scanner): boolean {
  if (skip(scanner, /\d+(?:~\d+)?|\$/y) !== "") return true;
  let delimiter = peek(scanner);
  if (delimiter === "\\") {
    scanner.at += 1;
    delimiter = peek(scanner);
  } else if (delimiter !== "/") return false;
  delimited(scanner, delimiter, true);
  skip(scanner, /[IM]*/y);
  return true;
}

/** Reads from the opening delimiter to behind the closing one. */
function delimited(scanner: Scanner, delimiter: string, expression: boolean, opened = false): void {
  if (delimiter === "" || delimiter === "\n" || delimiter === "\\") throw new Unclear("an expression of sed has no delimiter");
  if (!opened) scanner.at += 1;
  const { text } = scanner;
  for (; scanner.at < text.length; scanner.at++) {
    const sign = text[scanner.at];
    if (sign === delimiter) {
      scanner.at += 1;
      return;
    }
    if (sign === "\\") scanner.at += 1;
    else if (sign === "\n") throw new Unclear("a line ends within an expression of sed");
    else if (sign === "[" && expression && scanner.brackets) bracket(scanner, delimiter);
  }
  throw new Unclear("an expression of sed isn't closed");
}

/** Moves to the bracket that closes the one at hand. Brackets that seds may close elsewhere are not read. */
function bracket(scanner: Scanner, delimiter: string): void {
  const found = skip(scanner, /\[\^?\]?(?:\[([:.=])[^\]\n]*?\1\]|[^\]\n])*\]/y);
  if (found === "") throw new Unclear("a bracket of an expression of sed isn't closed");
  const inner = found.slice(1, -1);
  const holds = inner.replace(/\\[\s\S]/g, "").includes(delimiter);
  if (inner.endsWith("\\") || inner.includes("\\]") || (holds && /^\^?\]|\[/.test(inner)))
    throw new Unclear("where a bracket of an expression of sed ends isn't the same everywhere");
  scanner.at -= 1;
}

function end(scanner: Scanner): void {
  skip(scanner, blanks);
  const sign = peek(scanner);
  if (sign === "" || sign === "\n" || sign === ";") scanner.at += 1;
  else if (sign !== "}" && sign !== "#") throw new Unclear("what follows a command of sed isn't understood");
}

const nothing = (scanner: Scanner): void => end(scanner);

const counted = (scanner: Scanner): void => {
  skip(scanner, /[ \t]*\d*/y);
  end(scanner);
};

/** A label ends at a blank, a semicolon, a brace or with the line; some seds go on to the end of the line, which does less. */
const label = (scanner: Scanner, name: string): void => {
  step(scanner, name, { label: skip(scanner, /[ \t]*[A-Za-z0-9_.-]*/y).trim() });
  if (/^[ \t]*#/.test(scanner.text.slice(scanner.at, scanner.at + 40))) throw new Unclear("where a label of sed ends isn't the same everywhere");
  end(scanner);
};

/** The text goes on after each line that ends with a backslash. */
const inserted = (scanner: Scanner): void => {
  if (skip(scanner, /[ \t]*\\\n/y) === "") {
    if (skip(scanner, /[ \t]*\\[ \t]+\n/y) !== "") throw new Unclear("whether the text that sed inserts goes on isn't the same everywhere");
    skip(scanner, /[ \t]*/y);
  }
  if (peek(scanner) === "" || peek(scanner) === "\n") throw new Unclear("a text that sed inserts is missing");
  skip(scanner, /(?:\\[\s\S]|[^\\\n])*/y);
};

const fileName = (scanner: Scanner): string => {
  skip(scanner, blanks);
  const name = skip(scanner, restOfLine);
  if (name === "") throw new Unclear("a command of sed lacks its file");
  return name;
};

const reading = (scanner: Scanner, name: string): void => {
  const file = fileName(scanner);
  scanner.deeds.push({ kind: "reads", says: `${name} in the script of sed reads ${file}`, file });
};

const writes = (scanner: Scanner, says: string): void => {
  const file = fileName(scanner);
  if (file !== "/dev/stdout" && file !== "/dev/stderr") scanner.deeds.push({ kind: "writes", says: `${says} in the script of sed writes to ${file}`, file });
};

function substitute(scanner: Scanner): void {
  const delimiter = peek(scanner);
  const from = scanner.at + 1;
  delimited(scanner, delimiter, true);
  const middle = scanner.at;
  replacement(scanner, delimiter);
  const put = scanner.text.slice(middle, scanner.at - 1);
  step(scanner, "s", { again: findsAgain(scanner.text.slice(from, middle - 1), put), breaks: /\n|\\n/.test(put) });
  for (;;) {
    const flags = skip(scanner, /[gpiImM\d]*/y);
    const sign = peek(scanner);
    if (sign === "e") {
      scanner.deeds.push({ kind: "runs", says: "s///e in the script of sed runs what it makes as a command" });
      scanner.at += 1;
    } else if (sign === "w") {
      scanner.at += 1;
      writes(scanner, "s///w");
      return;
    } else if (flags === "") break;
  }
  end(scanner);
}

/** Like an expression, but brackets mean nothing and a line may end after a backslash. */
const replacement = (scanner: Scanner, delimiter: string): void => delimited(scanner, delimiter, false, true);

function translate(scanner: Scanner): void {
  const delimiter = peek(scanner);
  delimited(scanner, delimiter, false);
  replacement(scanner, delimiter);
  end(scanner);
}

const commands: Readonly<Record<string, (scanner: Scanner, name: string) => void>> = {
  "{": (scanner) => {
    scanner.depth += 1;
    scanner.open.push(scanner.at);
  },
  "}": (scanner) => {
    scanner.depth -= 1;
    if (scanner.depth < 0) throw new Unclear("a brace of the script of sed was never opened");
    end(scanner);
  },
  "#": (scanner) => void skip(scanner, restOfLine),
  "=": nothing,
  d: nothing,
  D: nothing,
  F: nothing,
  g: nothing,
  G: nothing,
  h: nothing,
  H: nothing,
  n: nothing,
  N: nothing,
  p: nothing,
  P: nothing,
  x: nothing,
  z: nothing,
  l: counted,
  L: counted,
  q: counted,
  Q: counted,
  ":": label,
  b: label,
  t: label,
  T: label,
  v: label,
  a: inserted,
  i: inserted,
  c: inserted,
  r: reading,
  R: reading,
  w: (scanner) => writes(scanner, "w"),
  W: (scanner) => writes(scanner, "W"),
  e: (scanner) => {
    scanner.deeds.push({ kind: "runs", says: "e in the script of sed runs a command" });
    skip(scanner, restOfLine);
  },
  s: substitute,
  y: translate,
};
