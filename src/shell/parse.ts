// From a bash text to its simple commands, or to what is unclear about it.
//
// Owns: which syntax counts as understood. Calls: unbash, and nothing else.
// Invariants
//  P1  Closed world: a node kind, a word part, an operator or a builtin that is not listed here makes the text unclear.
//  P2  `commands` is complete or null: no text gives a part of its commands as if that were all.
//  P3  A word is literal or the text is unclear. What bash would run has exactly these words.
//  P4  Any parse error, in lazily parsed inner scripts too, makes the text unclear: bash runs the lines before an error.
//  P5  A command that changes how later words are read (aliases, options, variables, functions, traps) makes it unclear.
//  P6  Total: no text throws; the work is bounded by the limits.
import { type CommandArgument, forEachChild, type HereDoc, parse, type Redirect, type SyntaxNode } from "unbash";
import { findInRawText, longestText } from "./raw-text.ts";
import type { ShellReading, SimpleCommand, TextSpan } from "./reading.ts";
import { isCommandName, literalValue } from "./words.ts";
import { variantsOf } from "./wrapped.ts";

const deepest = 16;
const mostCommands = 50;
const mostHeard = 400;

/** Builtins after which the words of later commands no longer mean what they say, or which read text as commands. */
const changesMeaning = new Set(
  (
    "alias unalias shopt set enable hash export declare typeset local readonly let trap eval source . read mapfile readarray getopts " +
    "coproc unset compgen complete fc history bind function select"
  ).split(" "),
);
const readsProgramFromInput = new Set(
  "sh bash dash ash zsh ksh mksh fish python python2 python3 node perl ruby php lua tclsh osascript psql mysql sqlite3 ed ex vi awk bc dc".split(" "),
);

interface Reader {
  readonly text: string;
  readonly commands: SimpleCommand[];
  readonly heard: SimpleCommand[];
  unclear: { readonly says: string; readonly span: TextSpan } | null;
  /** Set inside scripts that were decoded apart from the text: the span of the whole stands for every part. */
  within: TextSpan | null;
}

export function parseShell(text: string, nested = 0): ShellReading {
  const raw = findInRawText(text);
  if (raw !== null && text.length > longestText) return { commands: null, heard: [], unclear: raw.says, span: raw.span };
  const reader: Reader = { text, commands: [], heard: [], unclear: raw, within: null };
  try {
    readNode(parse(text), 0, reader);
  } catch (error) {
    doubt(reader, `the parser gave up on it (${error instanceof Error ? error.message : String(error)})`, { pos: 0, end: text.length });
  }
  if (reader.commands.length === 0) doubt(reader, "there is no command in it", { pos: 0, end: text.length });
  if (reader.commands.length > mostCommands) doubt(reader, `it has ${reader.commands.length} commands, ${mostCommands} are read`, { pos: 0, end: text.length });
  listen(reader, nested);
  const { commands, heard, unclear } = reader;
  return unclear === null ? { commands, heard } : { commands: null, heard: [...commands, ...heard], unclear: unclear.says, span: unclear.span };
}

function doubt(reader: Reader, says: string, at: { readonly pos: number; readonly end: number }): void {
  reader.unclear ??= { says, span: spanOf(reader, at) };
}

const spanOf = (reader: Reader, at: { readonly pos: number; readonly end: number }): TextSpan => reader.within ?? { start: at.pos, end: at.end };

function readChildren(node: SyntaxNode, depth: number, reader: Reader): void {
  forEachChild(node, (child) => readNode(child, depth, reader));
}

/** Walks everything, also what is unclear: `heard` and the errors of inner scripts come from there. */
function readNode(node: SyntaxNode, depth: number, reader: Reader): void {
  if (depth > deepest) {
    doubt(reader, `it is nested deeper than ${deepest}`, node);
    return;
  }
  switch (node.type) {
    case "Script":
      for (const error of node.errors ?? [])
        doubt(reader, `bash would not understand it: ${error.message}`, { pos: error.pos, end: Math.max(error.pos + 1, node.end) });
      if (node.shebang !== undefined) doubt(reader, "it begins like a script file", node);
      if (node.source === undefined) readChildren(node, depth + 1, reader);
      else readDecoded(node, depth + 1, reader);
      break;
    case "Statement":
    case "AndOr":
    case "Pipeline":
    case "Time":
    case "Negation":
      readChildren(node, depth, reader);
      break;
    case "Subshell":
    case "BraceGroup":
    case "If":
    case "Elif":
    case "While":
    case "Case":
    case "CaseItem":
    case "CompoundList":
    case "Redirected":
      readChildren(node, depth + 1, reader);
      break;
    case "Command":
      readCommand(node, depth, reader);
      break;
    case "Word":
      if (literalValue(node) === null) doubt(reader, `what ${quoted(node.text)} stands for is known only when it runs`, node);
      readChildren(node, depth, reader);
      break;
    case "Redirect":
      readRedirect(node, depth, reader);
      break;
    case "HereString":
      readChildren(node, depth, reader);
      break;
    case "HereDoc":
      readHereDoc(node, depth, reader);
      break;
    case "Literal":
    case "SingleQuoted":
    case "FileDescriptor":
    case "HereDocDelimiter":
      break;
    case "DoubleQuoted":
      readChildren(node, depth, reader);
      break;
    default:
      doubt(reader, `${named(node.type)} is not judged by its text`, node);
      readChildren(node, depth + 1, reader);
      break;
  }
}

/** Inside escaped backticks positions count in the decoded script, not in the text. */
function readDecoded(node: SyntaxNode, depth: number, reader: Reader): void {
  const before = reader.within;
  reader.within ??= { start: 0, end: reader.text.length };
  readChildren(node, depth, reader);
  reader.within = before;
}

function readCommand(node: Extract<SyntaxNode, { type: "Command" }>, depth: number, reader: Reader): void {
  const parts = [...node.prefix, ...(node.name === undefined ? [] : [node.name]), ...node.suffix];
  const ofProgram = parts.filter((part): part is CommandArgument => part.type === "Word" || (part.type === "Assignment" && node.suffix.includes(part)));
  const values = ofProgram.map((part) => (part.type === "Word" ? literalValue(part) : null));
  const words = ofProgram.map((part, index) => values[index] ?? part.text);
  if (node.name !== undefined) {
    const why = nameProblem(
      words,
      node.redirects.some((redirect) => redirect.type !== "Redirect"),
    );
    if (why !== null) doubt(reader, why, node);
    const literal = !values.includes(null) && !parts.some((part) => part.type === "Assignment");
    (literal ? reader.commands : reader.heard).push({ words, span: spanOf(reader, node) });
  }
  for (const part of parts) {
    if (part.type === "Assignment") {
      doubt(reader, `${quoted(part.text)} sets a variable`, part);
      readChildren(part, depth, reader);
    } else readNode(part, depth, reader);
  }
  if (node.name === undefined) doubt(reader, "there is no command name in a part of it", node);
}

function nameProblem(words: readonly string[], fed: boolean): string | null {
  const name = words[0] ?? "";
  if (!isCommandName(name)) return `${quoted(name)} is not a plain command name`;
  if (changesMeaning.has(name)) return `${quoted(name)} changes what later commands mean, or runs text`;
  if (name === "printf" && words.some((word) => word.startsWith("-v"))) return "printf -v sets a variable";
  if ((name === "[" || name === "test" || name === "printf") && words.some((word) => /\[.*[$`]/s.test(word))) return "a subscript in it would be evaluated";
  if (fed && readsProgramFromInput.has(name.slice(name.lastIndexOf("/") + 1))) return `${quoted(name)} is given a program as its input`;
  return null;
}

function readRedirect(node: Redirect, depth: number, reader: Reader): void {
  const target = node.target === undefined ? null : literalValue(node.target);
  const duplicates = (node.operator === ">&" || node.operator === "<&") && target !== null && /^(?:\d+|-)$/.test(target);
  if (node.descriptor?.type === "FileDescriptorVariable") doubt(reader, "it opens a file under a variable", node);
  else if (!duplicates && target !== "/dev/null")
    doubt(reader, `it ${node.operator.startsWith("<") && node.operator !== "<>" ? "reads from" : "writes to"} a file by redirection`, node);
  readChildren(node, depth, reader);
}

function readHereDoc(node: HereDoc, depth: number, reader: Reader): void {
  const { delimiter, body, closing } = node;
  if (delimiter === undefined || closing === undefined || !/^\w+$/.test(delimiter.value)) doubt(reader, "the end of its here-document is unclear", node);
  else if (!delimiter.quoted && /[$`\\]/.test(body.text)) doubt(reader, "its here-document expands what stands in it", node);
  if (delimiter?.quoted === false) readChildren(body, depth, reader);
}

/** Fills `heard` with other readings of every command, a few layers deep. */
function listen(reader: Reader, nested: number): void {
  const queue = [...reader.commands, ...reader.heard];
  const known = new Set(queue.map((command) => command.words.join("\0")));
  for (const { words, span } of queue) {
    const { commands, texts } = variantsOf(words);
    const inner = nested < 3 ? texts.flatMap((text) => [...both(parseShell(text, nested + 1))]) : [];
    for (const heard of [...commands, ...inner]) {
      const key = heard.join("\0");
      if (heard.length === 0 || known.has(key)) continue;
      known.add(key);
      if (known.size > mostHeard) {
        doubt(reader, "it wraps more commands than are looked at", { pos: span.start, end: span.end });
        return;
      }
      const command = { words: heard, span };
      reader.heard.push(command);
      queue.push(command);
    }
  }
}

const both = (reading: ShellReading): readonly (readonly string[])[] => [...(reading.commands ?? []), ...reading.heard].map((command) => command.words);

/** "ArithmeticCommand" → "an arithmetic command". */
function named(type: string): string {
  const words = type.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return `${/^[aeiou]/.test(words) ? "an" : "a"} ${words}`;
}

function quoted(text: string): string {
  const shown = text.length > 40 ? `${text.slice(0, 39)}…` : text;
  return JSON.stringify(shown);
}
