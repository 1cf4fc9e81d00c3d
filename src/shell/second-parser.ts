// A second opinion: mvdan-sh must see the same commands, with the same words, as unbash does.
//
// Owns: how both trees are put into the same form. Calls: mvdan-sh.
// Invariants
//  D1  A text is agreed on only when every simple command, assignment and redirection is the same in both; anything else, an
//      exception too, is a disagreement.
//  D2  Words are compared with quotes and escapes resolved, and expansions as they are written.
import sh from "mvdan-sh";
import { forEachChild, type ParsedScript, type SyntaxNode, type Word, type WordPart } from "unbash";

const { syntax } = sh;
const parser = syntax.NewParser(syntax.Variant(syntax.LangBash));

export interface Disagreement {
  /** The second parser doesn't understand the text at all. */
  readonly rejected: boolean;
  /** For the person, to go after "because". */
  readonly says: string;
}

/** What differs; null: both agree. */
export function disagreement(text: string, script: ParsedScript): Disagreement | null {
  const says = differenceOf(text, script);
  return says === null ? null : { rejected: says === notUnderstood, says };
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
  const raw = (node: sh.Node): string => bytes.toString("utf8", node.Pos().Offset(), node.End().Offset());
  const cooked = (word: sh.Node | null): string =>
    word === null
      ? ""
      : list(word["Parts"])
          .map((part) => piece(part, false))
          .join("");
  const piece = (part: sh.Node, inQuotes: boolean): string => {
    switch (syntax.NodeType(part)) {
      case "Lit":
        return inQuotes ? unescapeQuoted(String(part["Value"])) : unescapeBare(String(part["Value"]));
      case "SglQuoted":
        return part["Dollar"] === true ? raw(part) : String(part["Value"]);
      case "DblQuoted":
        return part["Dollar"] === true
          ? raw(part)
          : list(part["Parts"])
              .map((child) => piece(child, true))
              .join("");
      default:
        return raw(part);
    }
  };
  const assigned = (assign: sh.Node): string => {
    const value = node(assign["Value"]);
    if (assign["Naked"] === true) return value === null ? String(node(assign["Name"])?.["Value"] ?? "") : cooked(value);
    return `${String(node(assign["Name"])?.["Value"] ?? "")}${assign["Append"] === true ? "+" : ""}=${node(assign["Array"]) === null ? cooked(value) : "()"}`;
  };
  syntax.Walk(parser.Parse(text, ""), (each) => {
    if (each === null) return true;
    switch (syntax.NodeType(each)) {
      case "CallExpr": {
        for (const assign of list(each["Assigns"])) lines.push(`set ${assigned(assign)}`);
        const words = list(each["Args"]);
        if (words.length > 0) lines.push(JSON.stringify(words.map(cooked)));
        break;
      }
      case "DeclClause":
        lines.push(JSON.stringify([String(node(each["Variant"])?.["Value"] ?? ""), ...list(each["Args"]).map(assigned)]));
        break;
      case "Redirect": {
        const body = node(each["Hdoc"]);
        const start = node(each["N"])?.End().Offset() ?? each.Pos().Offset();
        const operator = bytes.toString("utf8", start, node(each["Word"])?.Pos().Offset()).trim();
        if (operator === "<<" || operator === "<<-")
          lines.push(
            hereLine(
              operator,
              list(body?.["Parts"])
                .map((part) => (syntax.NodeType(part) === "Lit" ? String(part["Value"]) : raw(part)))
                .join(""),
            ),
          );
        else lines.push(`redirect ${operator.replace(/\\\n/g, "").trim()} ${cooked(node(each["Word"]))}`);
      }
    }
    return true;
  });
  return lines.sort();
}

const node = (value: unknown): sh.Node | null => (typeof value === "object" && value !== null ? (value as sh.Node) : null);
const list = (value: unknown): readonly sh.Node[] => (Array.isArray(value) ? (value as sh.Node[]) : []);
