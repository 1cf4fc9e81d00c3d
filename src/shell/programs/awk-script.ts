// What a program of awk does besides reading its input: POSIX awk, gawk 5.2, mawk 1.3.4, the one true awk of BSD and macOS.
//
// Owns: telling code from strings and expressions in slashes, and finding in it what runs, writes or reads. Knows no grammar beyond that.
// Invariants
//  W1  Where it can't be told whether a slash divides or opens an expression the answer is "unclear".
//  W2  A slash within brackets ends an expression in some awks and not in others: both are read.
//  W3  Every ">" that stands in a print outside of parentheses writes; every lone "|" runs; every name that reaches the system is listed.
//  W4  Loops are known to end, or the answer is "unclear".
import { goesOnInAwk } from "./awk-loops.ts";
import type { Deed } from "./sed-script.ts";

class Unclear extends Error {}

type Token =
  | { readonly kind: "name" | "number" | "sign" | "line"; readonly text: string }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "expression"; readonly text: string };

const sticky = {
  blank: /(?:[ \t\r]|\\\r?\n)+|#[^\n]*/y,
  line: /\n/y,
  number: /0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/y,
  name: /[A-Za-z_][A-Za-z0-9_]*(?:::[A-Za-z_][A-Za-z0-9_]*)?/y,
  string: /"(?:\\[^\n]|[^"\\\n])*"/y,
  loose: /\/(?:\\[^\n]|[^/\\\n])+\//y,
  strict: /\/(?:\\[^\n]|\[\^?\]?(?:\[:\w+:\]|\\[^\n]|[^\]\\\n])*\]|[^/\\\n[])+\//y,
  sign: /\*\*=|\|\||\|&|&&|\+\+|--|\*\*|>>|[-+*/%^!<>=]=|!~|[-+*/%^!<>=~?:,;(){}[\]$|&]/y,
};

/** Words after which a slash opens an expression. */
const beforeExpression = new Set("print printf return in delete else do exit case".split(" "));
const heads = new Set("if while for switch".split(" "));

/** Whether a slash after this token divides; null: it can't be told. */
function divides(last: Token | undefined, headClosed: boolean): boolean | null {
  if (last === undefined || last.kind === "line") return false;
  if (last.kind === "number" || last.kind === "string") return true;
  if (last.kind === "expression") return null;
  if (last.kind === "name") return beforeExpression.has(last.text) ? false : /^(?:getline|length|BEGIN|END|next|func|function)$/.test(last.text) ? null : true;
  if (last.text === ")") return !headClosed;
  if (last.text === "]") return true;
  if (last.text === "++" || last.text === "--" || last.text === "$") return null;
  return false;
}

function split(text: string, brackets: "strict" | "loose"): readonly Token[] {
  const tokens: Token[] = [];
  const parentheses: boolean[] = [];
  let at = 0;
  let headClosed = false;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? null;
    if (found !== null) at += found.length;
    return found;
  };
  while (at < text.length) {
    const blank = take(sticky.blank);
    // A backslash at the end of a comment goes on in some awks.
    if (blank?.startsWith("#") && blank.endsWith("\\")) throw new Unclear("where a comment of awk ends isn't the same everywhere");
    if (blank !== null) continue;
    const last = tokens.at(-1);
    if (text[at] === "/") {
      const division = divides(last, headClosed);
      if (division === null) throw new Unclear("whether a slash of awk divides isn't clear");
      if (!division) {
        tokens.push({ kind: "expression", text: expression(take(sticky[brackets])) });
        continue;
      }
    }
    const token = one(take);
    if (token.text === "(" && token.kind === "sign") parentheses.push(last?.kind === "name" && heads.has(last.text));
    headClosed = token.kind === "sign" && token.text === ")" ? (parentheses.pop() ?? false) : false;
    tokens.push(token);
  }
  return tokens;
}

function expression(found: string | null): string {
  if (found === null) throw new Unclear("an expression of awk isn't closed");
  const brackets = found.match(/\[\^?\]?(?:\[:\w+:\]|\\.|[^\]\\])*\]/g) ?? [];
  for (const bracket of brackets) {
    const inner = bracket.slice(1, -1);
    if (inner.includes("\\]") || (inner.replace(/\\./g, "").includes("/") && /^\^?\]|\[/.test(inner)))
      throw new Unclear("where a bracket of an expression of awk ends isn't the same everywhere");
  }
  return found;
}

function one(take: (pattern: RegExp) => string | null): Token {
  for (const kind of ["line", "number", "name", "string", "sign"] as const) {
    const found = take(sticky[kind]);
    if (found !== null) return { kind, text: found };
  }
  throw new Unclear("a sign in the program of awk isn't known");
}

/** Names that reach the system, and what they do. */
const reaching: Readonly<Record<string, string>> = {
  system: "runs a command",
  extension: "loads a library",
  ARGV: "changes which files are read",
  ARGC: "changes which files are read",
  PROCINFO: "may change how files and programs are opened",
  SYMTAB: "reaches every variable by its name",
  FUNCTAB: "reaches every function by its name",
};

/** The whole program; more texts, as of gawk's -e, are put together by lines. */
export function readAwkScript(text: string): readonly Deed[] {
  const strict = read(text, "strict");
  const loose = read(text, "loose").filter(({ kind }) => kind !== "unclear");
  return [...strict, ...loose.filter((deed) => !strict.some((each) => each.kind === deed.kind && each.file === deed.file))];
}

function read(text: string, brackets: "strict" | "loose"): readonly Deed[] {
  try {
    return deedsOf(split(text, brackets));
  } catch (cause) {
    if (!(cause instanceof Unclear)) throw cause;
    return [{ kind: "unclear", says: cause.message }];
  }
}

const isSign = (token: Token | undefined, signs: string): boolean => token?.kind === "sign" && signs.split(" ").includes(token.text);

/** A statement ends with its line when something ends there that has a value; after a comma or an operator it goes on. */
function endsLine(tokens: readonly Token[], at: number): boolean {
  let before = at - 1;
  while (tokens[before]?.kind === "line") before -= 1;
  const last = tokens[before];
  return last === undefined || (last.kind === "sign" ? isSign(last, ") ] ++ -- ; { }") : last.text !== "in");
}

function deedsOf(tokens: readonly Token[]): readonly Deed[] {
  const deeds: Deed[] = [];
  /** Depth of parentheses and brackets within a print; null: in no print. */
  let printing: number | null = null;
  let depth = 0;
  tokens.forEach((token, index) => {
    if (token.kind === "name") {
      const does = Object.hasOwn(reaching, token.text.replace(/^awk::/, "")) ? reaching[token.text.replace(/^awk::/, "")] : undefined;
      const sorted = token.text === "PROCINFO" && isSign(tokens[index + 1], "[") && tokens[index + 2]?.text === '"sorted_in"';
      if (does !== undefined && !sorted) deeds.push({ kind: "runs", says: `${token.text} in the program of awk ${does}` });
      else if (token.text === "print" || token.text === "printf") printing = 0;
      else if (token.text === "getline") deeds.push(...lineGot(tokens, index));
    } else if (token.kind === "line") {
      if (printing !== null && printing <= 0 && endsLine(tokens, index)) printing = null;
    } else if (token.kind === "sign") {
      const step = isSign(token, "( [") ? 1 : isSign(token, ") ]") ? -1 : 0;
      depth += step;
      if (depth < 0) throw new Unclear("a parenthesis of awk was never opened");
      if (printing !== null) printing += step;
      if (isSign(token, "; { }")) printing = null;
      if (isSign(token, "| |&")) deeds.push({ kind: "runs", says: "a pipe in the program of awk runs a command" });
      if (printing !== null && printing <= 0 && isSign(token, "> >>")) deeds.push(...printed(tokens, index));
    }
  });
  if (depth !== 0) throw new Unclear("a parenthesis of awk isn't closed");
  const loop = goesOnInAwk(tokens);
  if (loop !== null) deeds.push({ kind: "unclear", says: `${loop} stands in the program of awk` });
  return deeds;
}

function printed(tokens: readonly Token[], at: number): readonly Deed[] {
  const [target, after] = [tokens[at + 1], tokens[at + 2]];
  const alone = after === undefined || after.kind === "line" || isSign(after, "; }");
  if (target?.kind === "string" && alone) {
    const file = target.text.slice(1, -1);
    if (file === "/dev/stderr" || file === "/dev/stdout") return [];
    return [{ kind: "writes", says: `print in the program of awk writes to ${file}`, ...(file.includes("\\") ? {} : { file }) }];
  }
  return [{ kind: "writes", says: "print in the program of awk writes to a file" }];
}

/** `getline`, `getline x`: of the input. `getline < "file"`, `getline x < "file"`: of that file. */
function lineGot(tokens: readonly Token[], at: number): readonly Deed[] {
  let next = at + 1;
  if (isSign(tokens[next], "$")) next += 1;
  if (tokens[next]?.kind === "name" || (next > at + 1 && tokens[next]?.kind === "number")) {
    next += 1;
    if (isSign(tokens[next], "[")) while (next < tokens.length && !isSign(tokens[next++], "]"));
  }
  const after = tokens[next];
  if (!isSign(after, "<")) {
    if (after === undefined || after.kind === "line" || isSign(after, "; } ) && || == != > >= <= ,")) return [];
    throw new Unclear("where getline reads from isn't clear");
  }
  const [file, end] = [tokens[next + 1], tokens[next + 2]];
  if (file?.kind === "string" && !file.text.includes("\\") && (end === undefined || end.kind === "line" || isSign(end, "; } ) && ||")))
    return [{ kind: "reads", says: `getline in the program of awk reads ${file.text}`, file: file.text.slice(1, -1) }];
  throw new Unclear("which file getline reads is known only when it runs");
}
