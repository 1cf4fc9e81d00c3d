// A second opinion: mvdan-sh must see the same commands, with the same words, as unbash does.
//
// Owns: how both trees are put into the same form. Calls: mvdan-sh.
// Invariants
//  D1  A text is agreed on only when every simple command, assignment and redirection is the same in both; anything else, an
//      exception too, is a disagreement.
//  D2  Words are compared with quotes and escapes resolved, and expansions as they are written.
// First: what the package does to globals as it is loaded is undone below.
import "./kept-globals.ts";
import sh from "mvdan-sh";
import { forEachChild, type ParsedScript, type SyntaxNode, type Word, type WordPart } from "unbash";
import type { ReadScript } from "./context.ts";
import { restoreGlobals } from "./kept-globals.ts";

restoreGlobals();
const { syntax } = sh;
const parser = syntax.NewParser(syntax.Variant(syntax.LangBash));

export interface Disagreement {
  /** The second parser doesn't understand the text at all. */
  readonly rejected: boolean;
  /** For the person, to go after "because". */
  readonly says: string;
}

/** What differs in the first of them that differs; null: both agree. */
export function disagreement(scripts: readonly ReadScript[]): Disagreement | null {
  for (const { text, script } of scripts) {
    const says = differenceOf(text, script);
    if (says !== null) return { rejected: says === notUnderstood, says };
  }
  return null;
}

const notUnderstood = "a second parser doesn't understand it";

function differenceOf(text: string, script: ParsedScript): string | null {
  try {
    const theirs = readTheirs(text).map(told);
    const ours = readOurs(text, script).map(told);
    if (ours.length !== theirs.length) return `two parsers disagree about it: ${ours.length} and ${theirs.length} parts`;
    const at = ours.findIndex((line, index) => line !== theirs[index]);
    return at < 0 ? null : `two parsers disagree about ${ours[at]}`;
  } catch {
    return notUnderstood;
  }
}

/** The second parser drops carriage returns and knows no halves of characters; the raw scan has seen both. */
const told = (line: string): string => line.replace(/(?<!\\)((?:\\\\)*)\\r/g, "$1").replace(/\\ud[89a-f][0-9a-f]{2}/g, "\ufffd");

function readOurs(text: string, script: ParsedScript): string[] {
  const lines: string[] = [];
  let source = text;
  const cooked = (word: Word): string => (word.parts === undefined ? word.value : word.parts.map(piece).join(""));
  const piece = (part: WordPart): string => {
    switch (part.type) {
      case "Literal":
      case "SingleQuoted":
        return part.value;
      case "DoubleQuoted":
        return part.parts.map((child) => (child.type === "Literal" ? child.value : child.text)).join("");
      case "BraceExpansion":
      case "Glob":
        return part.parts === undefined || part.parts.length === 0
          ? unescapeBare(part.text)
          : unescapeBare(source.slice(part.pos, part.parts[0]?.pos)) + part.parts.map(piece).join("") + source.slice(part.parts.at(-1)?.end, part.end);
      case "AnsiCQuoted":
      case "LocaleString":
      case "SimpleExpansion":
      case "ParameterExpansion":
      case "CommandExpansion":
      case "ArithmeticExpansion":
      case "ProcessSubstitution":
      case "ExtendedGlob":
        return part.text;
    }
  };
  const visit = (node: SyntaxNode): void => {
    const before = source;
    if (node.type === "Script" && node.source !== undefined) source = node.source;
    if (node.type === "Command" && node.name !== undefined)
      lines.push(
        JSON.stringify(
          [node.name, ...node.args].map((part) =>
            part.type === "Word" ? cooked(part) : `${part.name}${part.append ? "+" : ""}=${part.value.type === "Word" ? cooked(part.value) : "()"}`,
          ),
        ),
      );
    if (node.type === "Command")
      for (const part of node.prefix)
        if (part.type === "Assignment") lines.push(`set ${part.name}${part.append ? "+" : ""}=${part.value.type === "Word" ? cooked(part.value) : "()"}`);
    if (node.type === "Redirect" || node.type === "HereString") lines.push(`redirect ${node.operator} ${node.target === undefined ? "" : cooked(node.target)}`);
    if (node.type === "HereDoc")
      lines.push(
        hereLine(
          node.operator,
          node.delimiter?.quoted === true
            ? node.body.text
            : node.body.text.replace(/\\([\s\S])/g, (both, character: string) => (character === "\n" ? "" : both)),
        ),
      );
    forEachChild(node, visit);
    source = before;
  };
  visit(script);
  return lines.sort();
}

/** Of `<<-` the tabs at the start of lines don't count, nor do those before the delimiter. */
const hereLine = (operator: string, body: string): string => `here ${JSON.stringify(operator === "<<-" ? body.replace(/^\t+/gm, "") : body)}`;

const unescapeBare = (text: string): string => text.replace(/\\([\s\S])/g, (_, character: string) => (character === "\n" ? "" : character));
const unescapeQuoted = (text: string): string => text.replace(/\\([$`"\\\n])/g, (_, character: string) => (character === "\n" ? "" : character));

function readTheirs(text: string): string[] {
  const lines: string[] = [];
  const bytes = Buffer.from(text);
  const raw = (node: GoNode): string => bytes.toString("utf8", node.Pos().offs, node.End().offs);
  const cooked = (word: GoNode | null): string =>
    word === null
      ? ""
      : slice(word["Parts"])
          .map((part) => piece(part, false))
          .join("");
  const piece = (part: GoNode, inQuotes: boolean): string => {
    switch (part.constructor.string) {
      case "*syntax.Lit":
        return inQuotes ? unescapeQuoted(string(part["Value"])) : unescapeBare(string(part["Value"]));
      case "*syntax.SglQuoted":
        return part["Dollar"] === true ? raw(part) : string(part["Value"]);
      case "*syntax.DblQuoted":
        return part["Dollar"] === true
          ? raw(part)
          : slice(part["Parts"])
              .map((child) => piece(child, true))
              .join("");
      default:
        return raw(part);
    }
  };
  const assigned = (assign: GoNode): string => {
    const value = pointer(assign["Value"]);
    const name = string(pointer(assign["Name"])?.["Value"]);
    if (assign["Naked"] === true) return value === null ? name : cooked(value);
    return `${name}${assign["Append"] === true ? "+" : ""}=${pointer(assign["Array"]) === null ? cooked(value) : "()"}`;
  };
  const visit = (node: GoNode): void => {
    switch (node.constructor.string ?? "") {
      case "*syntax.CallExpr": {
        for (const assign of slice(node["Assigns"])) lines.push(`set ${assigned(assign)}`);
        const words = slice(node["Args"]);
        if (words.length > 0) lines.push(JSON.stringify(words.map(cooked)));
        break;
      }
      case "*syntax.DeclClause":
        lines.push(JSON.stringify([string(pointer(node["Variant"])?.["Value"]), ...slice(node["Args"]).map(assigned)]));
        break;
      case "*syntax.Redirect": {
        const operator = bytes
          .toString("utf8", pointer(node["N"])?.End().offs ?? node.Pos().offs, pointer(node["Word"])?.Pos().offs)
          .replace(/\\\n/g, "")
          .trim();
        if (operator === "<<" || operator === "<<-") {
          const body = slice(pointer(node["Hdoc"])?.["Parts"]).map((part) => (part.constructor.string === "*syntax.Lit" ? string(part["Value"]) : raw(part)));
          lines.push(hereLine(operator, body.join("")));
        } else lines.push(`redirect ${operator} ${cooked(pointer(node["Word"]))}`);
      }
    }
    for (const key of Object.keys(node)) {
      if (key === "$val") continue;
      const child = pointer(node[key]);
      if (child !== null) visit(child);
      else for (const each of slice(node[key])) visit(each);
    }
  };
  // The package's own objects cost a tenth of a millisecond for each node that is looked at: these are what stands behind them.
  const file = pointer(parser.Parse(text, "").__internal_object__);
  if (file === null) throw new Error("the second parser gave no tree");
  visit(file);
  return lines.sort();
}

/** A Go structure as GopherJS keeps it: fields by name, slices as arrays with bounds, strings as bytes. */
interface GoNode {
  readonly constructor: { readonly string?: string; readonly nil?: unknown };
  Pos(): { readonly offs: number };
  End(): { readonly offs: number };
  readonly [field: string]: unknown;
}

/** What a pointer or an interface holds, if it is a node. */
function pointer(value: unknown): GoNode | null {
  if (typeof value !== "object" || value === null) return null;
  const node = value as GoNode;
  const type = node.constructor?.string;
  return typeof type === "string" && type.startsWith("*syntax.") && node.constructor.nil !== value ? node : null;
}

function slice(value: unknown): readonly GoNode[] {
  if (typeof value !== "object" || value === null || !("$array" in value)) return [];
  const { $array, $offset, $length } = value as unknown as { $array: ArrayLike<unknown>; $offset: number; $length: number };
  return Array.from({ length: $length }, (_, index) => pointer($array[$offset + index])).filter((node) => node !== null);
}

const string = (value: unknown): string => (typeof value === "string" ? Buffer.from(value, "latin1").toString("utf8") : "");
