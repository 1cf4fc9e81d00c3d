// From a word of the tree to the words that a program receives, as far as that is known.
//
// Owns: quotes, escapes, tilde, braces, splitting, patterns. Calls: expansions for what begins with a dollar or a backquote.
// Invariants
//  W1  "literal" is exact: bash hands over this text and nothing else.
//  W2  Where the words can't be told, the value says so: unknown, or a finding.
import type { DoubleQuotedChild, Word, WordPart } from "unbash";
import type { Atom, Place } from "./atoms.ts";
import { expandBraces } from "./braces.ts";
import { type Around, find, limits, spanOf, type Walk } from "./context.ts";
import { expansionValue } from "./expansions.ts";
import type { TextSpan } from "./reading.ts";
import { anything, type State } from "./state.ts";
import { type Argument, formOf, literal, prefixOf, type Value } from "./value.ts";

/** Escapes that stand for one ASCII character, whatever the locale. */
function hasPlainEscapes(text: string): boolean {
  for (const [, code = ""] of text.matchAll(/\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|[\s\S])/g)) {
    if (code.length === 1 && "abeEfnrtv\\'\"?".includes(code)) continue;
    const value = /^[xuU]./.test(code) ? Number.parseInt(code.slice(1), 16) : /^[0-7]+$/.test(code) ? Number.parseInt(code, 8) : 0;
    if (value < 1 || value > 127) return false;
  }
  return true;
}

const plain = /^[\w./:,@+%-]*$/;

/** All words that one word becomes. */
export function expandWord(word: Word, state: State, around: Around, walk: Walk): readonly Argument[] {
  const span = spanOf(walk, word);
  if (plain.test(word.text)) return [{ value: literal(word.text), span }];
  const atoms = atomsOf(word, state, around, walk);
  const lists = atoms.some((atom) => atom.kind === "text" && !atom.quoted && atom.text === "{") ? expandBraces(atoms) : [atoms];
  if (lists === null || lists.length > limits.words) {
    find(walk, "brace", "unclear", "what its braces stand for is not followed", span);
    return [{ value: { kind: "unknown", prefix: "", splits: true, holds: "anything" }, span }];
  }
  if (lists.length > 1) {
    checkBraces(lists, span, walk);
    // Braces come first: `$a{b,c}` is `$ab $ac`, and `{a,b}=~` may be an assignment or none.
    const early = word.parts?.some(
      (part) => part.type === "SimpleExpansion" || (part.type === "BraceExpansion" && part.parts?.some((each) => each.type === "SimpleExpansion")),
    );
    const bare = atoms.some((atom, index) => atom.kind === "text" && !atom.quoted && (atom.text === "$" || (atom.text === "~" && index > 0)));
    if (early === true || bare) find(walk, "brace", "unclear", "braces are put in before variables and home folders", span);
  }
  return lists.flatMap((list) => valuesOf(withTilde(list, "command", span, walk)).map((value) => ({ value, span })));
}

/** A word that stays one word: an assignment's value, a redirection's target, a side of `[[ ]]`. */
export function expandValue(word: Word, state: State, around: Around, walk: Walk, place: "value" | "pattern" = "value"): Value {
  if (plain.test(word.text)) return literal(word.text);
  const atoms = withTilde(atomsOf(word, state, around, walk), place, spanOf(walk, word), walk);
  return joined(atoms, place === "pattern");
}

function checkBraces(lists: readonly (readonly Atom[])[], span: TextSpan, walk: Walk): void {
  const firsts = lists.map((list) => prefixOf(joined(list, false)));
  if (firsts.some((first) => first.startsWith("-") && !/^--[\w-]+=/.test(first))) find(walk, "brace", "unclear", "an option is made by braces", span);
}

export function atomsOf(word: Word, state: State, around: Around, walk: Walk): Atom[] {
  const { parts } = word;
  if (parts === undefined) return bareAtoms(word.text);
  const atoms: Atom[] = [];
  for (const part of parts) addPart(part, atoms, state, around, walk);
  return atoms;
}

function addPart(part: WordPart, atoms: Atom[], state: State, around: Around, walk: Walk): void {
  switch (part.type) {
    case "Literal":
      atoms.push(...bareAtoms(part.text));
      break;
    case "Glob":
      if (part.parts === undefined || part.parts.every((each) => each.type === "Literal")) atoms.push(...bareAtoms(part.text));
      else inner(part, "[", "]", atoms, state, around, walk);
      break;
    case "AnsiCQuoted":
      // What else there is depends on the locale, ends the string, or is read otherwise by the parser.
      if (!hasPlainEscapes(part.text)) find(walk, "escaped-word", "unclear", "what its escapes stand for is not read", spanOf(walk, part));
      atoms.push({ kind: "text", text: part.value, quoted: true });
      break;
    case "SingleQuoted":
      atoms.push({ kind: "text", text: part.value, quoted: true });
      break;
    case "LocaleString":
      find(walk, "locale-string", "unclear", "a string that the locale may translate", spanOf(walk, part));
      addQuoted(part.parts, atoms, state, around, walk);
      break;
    case "DoubleQuoted":
      if (part.parts.length === 0) atoms.push({ kind: "text", text: "", quoted: true });
      addQuoted(part.parts, atoms, state, around, walk);
      break;
    case "BraceExpansion":
      if (part.parts === undefined) atoms.push(...bareAtoms(part.text));
      else inner(part, "{", "}", atoms, state, around, walk);
      break;
    case "ExtendedGlob":
      if (part.operator === "*" || part.operator === "?")
        find(walk, "zsh-qualifier", "unclear", "zsh reads the parentheses behind a pattern as a qualifier", spanOf(walk, part));
      else find(walk, "unlisted-syntax", "unclear", "an extended pattern is not read", spanOf(walk, part));
      atoms.push({ kind: "value", value: anything, quoted: false });
      break;
    case "SimpleExpansion":
    case "ParameterExpansion":
    case "CommandExpansion":
    case "ArithmeticExpansion":
    case "ProcessSubstitution":
      atoms.push(...expansionValue(part, false, state, around, walk));
      break;
  }
}

/** What stands in double quotes, or in a here-document. */
export function addQuoted(parts: readonly (DoubleQuotedChild | WordPart)[], atoms: Atom[], state: State, around: Around, walk: Walk): void {
  for (const part of parts) {
    if (part.type === "Literal") atoms.push({ kind: "text", text: part.value, quoted: true });
    else if (part.type === "SimpleExpansion" || part.type === "ParameterExpansion" || part.type === "CommandExpansion" || part.type === "ArithmeticExpansion")
      atoms.push(...expansionValue(part, true, state, around, walk));
    else {
      find(walk, "unlisted-syntax", "unclear", "what stands in its quotes is not read", spanOf(walk, part));
      atoms.push({ kind: "value", value: anything, quoted: true });
    }
  }
}

/** Braces or brackets around parts: the parts must cover all that is between them. */
function inner(
  part: { readonly pos: number; readonly end: number; readonly text: string; readonly type: string; readonly parts?: readonly WordPart[] | undefined },
  open: string,
  close: string,
  atoms: Atom[],
  state: State,
  around: Around,
  walk: Walk,
): void {
  const parts = part.parts ?? [];
  let at = part.pos + 1;
  const covered = parts.every((each) => {
    const follows = each.pos === at;
    at = each.end;
    return follows;
  });
  if (!covered || at !== part.end - 1 || !part.text.startsWith(open) || !part.text.endsWith(close)) {
    find(walk, "unlisted-syntax", "unclear", "a pattern or a list in braces is not read", spanOf(walk, part));
    atoms.push({ kind: "value", value: anything, quoted: false });
    return;
  }
  atoms.push({ kind: "text", text: open, quoted: false });
  for (const each of parts) addPart(each, atoms, state, around, walk);
  atoms.push({ kind: "text", text: close, quoted: false });
}

/** Unquoted text, character by character; an escaped one is quoted. */
function bareAtoms(text: string): Atom[] {
  const atoms: Atom[] = [];
  for (let index = 0; index < text.length; index++) {
    const character = text[index] as string;
    if (character !== "\\") atoms.push({ kind: "text", text: character, quoted: false });
    else if (text[index + 1] === "\n") index += 1;
    else {
      index += 1;
      atoms.push({ kind: "text", text: text[index] ?? "\\", quoted: true });
    }
  }
  return atoms;
}

/** `~` and `~/…` at the start, and after `=` and `:` in what looks like an assignment. */
function withTilde(atoms: readonly Atom[], place: Place, span: TextSpan, walk: Walk): readonly Atom[] {
  if (!atoms.some((atom) => atom.kind === "text" && !atom.quoted && atom.text === "~")) return atoms;
  const bare = (index: number): string | null => {
    const atom = atoms[index];
    return atom === undefined || atom.kind !== "text" || atom.quoted ? null : atom.text;
  };
  let name = 0;
  while (/^\w$/.test(bare(name) ?? "")) name += 1;
  const assigns =
    place === "value" ||
    (place === "command" && name > 0 && !/^\d$/.test(bare(0) ?? "") && (bare(name) === "=" || (bare(name) === "+" && bare(name + 1) === "=")));
  const equals = bare(name) === "=" ? name : name + 1;
  return atoms.flatMap((atom, index): readonly Atom[] => {
    if (bare(index) !== "~") return [atom];
    const before = index === 0 ? "" : bare(index - 1);
    const starts = index === 0 || (assigns && (before === ":" || (place === "command" && index - 1 === equals)));
    if (!starts) return [atom];
    const next = index + 1 === atoms.length ? "" : bare(index + 1);
    const ends = next === "" || next === "/" || (assigns && next === ":");
    if (ends) return [{ kind: "text", text: walk.where.home, quoted: true }];
    find(walk, "tilde", "unclear", "whose home folder it means is not known", span);
    return [{ kind: "value", value: anything, quoted: true }];
  });
}

/** The words that atoms become: unquoted text of variables is split; a word of nothing at all is none. */
function valuesOf(atoms: readonly Atom[]): readonly Value[] {
  if (atoms.length === 0) return [];
  const end = atoms.findIndex((atom) => atom.kind === "break");
  if (end >= 0) return [...valuesOf(atoms.slice(0, end)), ...valuesOf(atoms.slice(end + 1))];
  const split = splitKnown(atoms);
  if (split !== null) return split.flatMap(valuesOf);
  if (atoms.every((atom) => atom.kind === "text" && atom.text === "" && !atom.quoted)) return [];
  return [joined(atoms, true)];
}

/** Unquoted, a variable whose text is known becomes the words that stand in it. */
function splitKnown(atoms: readonly Atom[]): readonly (readonly Atom[])[] | null {
  const at = atoms.findIndex((atom) => atom.kind === "value" && !atom.quoted && atom.value.kind === "literal");
  const atom = atoms[at];
  if (atom === undefined || atom.kind !== "value" || atom.value.kind !== "literal") return null;
  const { text } = atom.value;
  if (text.includes("\\")) return null;
  const words: Atom[][] = [[...atoms.slice(0, at)]];
  let open = true;
  for (const piece of text.split(/([ \t\n]+)/)) {
    if (piece === "") continue;
    if (/^[ \t\n]/.test(piece)) {
      if (words.at(-1)?.length !== 0) words.push([]);
      open = false;
    } else {
      words.at(-1)?.push(...[...piece].map((character): Atom => ({ kind: "text", text: character, quoted: !"*?[".includes(character) })));
      open = true;
    }
  }
  if (!open && words.at(-1)?.length !== 0) words.push([]);
  words.at(-1)?.push(...atoms.slice(at + 1));
  return words.filter((word) => word.length > 0);
}

/** One word out of atoms. `wild`: unquoted `*`, `?` and `[` make a pattern. */
export function joined(atoms: readonly Atom[], wild: boolean): Value {
  let values: readonly Value[] = [literal("")];
  for (const atom of atoms) {
    const next = atom.kind === "text" ? textValue(atom, wild) : atom.kind === "break" ? literal(" ") : valueIn(atom, wild);
    const options = next.kind === "any-of" ? next.values : [next];
    values = values.length * options.length > 32 ? [anything] : values.flatMap((one) => options.map((other) => concat(one, other)));
  }
  const made = values.map(settle);
  return made.length === 1 && made[0] !== undefined ? made[0] : { kind: "any-of", values: made };
}

const textValue = (atom: Extract<Atom, { kind: "text" }>, wild: boolean): Value =>
  wild && !atom.quoted && "*?[]".includes(atom.text) ? { kind: "glob", pattern: atom.text, prefix: "" } : literal(atom.text);

/** What an expansion stands for at its place: unquoted it may split and match. */
function valueIn(atom: Extract<Atom, { kind: "value" }>, splits: boolean): Value {
  const { value, quoted } = atom;
  if ((quoted && atom.many === undefined) || !splits) return value;
  return unquoted(value);
}

function unquoted(value: Value): Value {
  switch (value.kind) {
    case "literal":
      return /[ \t\n*?[\\]/.test(value.text) || value.text === "" ? { kind: "unknown", prefix: "", splits: true, holds: "anything" } : value;
    case "glob":
      return { kind: "unknown", prefix: value.prefix, splits: true, holds: "names" };
    case "unknown":
      return { ...value, splits: true };
    case "any-of":
      return { kind: "any-of", values: value.values.map(unquoted) };
  }
}

const escaped = (text: string): string => text.replace(/[*?[\]\\]/g, "\\$&");

/** A pattern without an unquoted `]` after its `[`, and without `*` or `?`, is text. */
function settle(value: Value): Value {
  if (value.kind !== "glob") return value;
  const wild = value.pattern.replace(/\\[\s\S]/g, "");
  const bracket = wild.indexOf("[");
  if (/[*?]/.test(wild) || (bracket >= 0 && wild.lastIndexOf("]") > bracket)) return value;
  return literal(value.pattern.replace(/\\([\s\S])/g, "$1"));
}

function concat(one: Value, other: Value): Value {
  const made = joinedPair(one, other);
  if (made.kind !== "unknown" || made === one || made === other) return made;
  const { form: _, ...rest } = made;
  const [before, after] = [formOf(one), formOf(other)];
  return before === null || after === null || made.holds === "number" ? rest : { ...rest, form: before + after };
}

function joinedPair(one: Value, other: Value): Value {
  if (prefixOf(one).length + prefixOf(other).length > limits.length) return { kind: "unknown", prefix: "", splits: true, holds: "anything" };
  if (one.kind === "literal" && one.text === "") return other;
  if (other.kind === "literal" && other.text === "") return one;
  if (one.kind === "literal" && other.kind === "literal") return literal(one.text + other.text);
  if ((one.kind === "literal" || one.kind === "glob") && (other.kind === "literal" || other.kind === "glob")) {
    const prefix = one.kind === "literal" ? one.text + prefixOf(other) : one.prefix;
    const pattern = (value: Value): string => (value.kind === "glob" ? value.pattern : value.kind === "literal" ? escaped(value.text) : "");
    return { kind: "glob", pattern: pattern(one) + pattern(other), prefix };
  }
  if (one.kind === "unknown" && other.kind === "literal") {
    const stays = one.holds === "names" && !/(?:^|\/)\.\.?(?:\/|$)/.test(other.text) && !other.text.startsWith(".");
    const extension = one.holds === "names" && /^\.\w[\w.]*$/.test(other.text);
    const { endings: _, plain: __, ...rest } = one;
    return { ...rest, holds: stays || extension ? "names" : "anything", ...(extension ? { endings: [other.text] } : {}) };
  }
  if (one.kind === "literal" && other.kind === "unknown") {
    const { plain: _, ...rest } = other;
    return { ...rest, prefix: one.text + other.prefix };
  }
  const splits = (one.kind === "unknown" && one.splits) || (other.kind === "unknown" && other.splits);
  const both = one.kind === "unknown" && other.kind === "unknown" && one.holds === "number" && other.holds === "number" && other.prefix === "";
  return { kind: "unknown", prefix: prefixOf(one), splits, holds: both ? "number" : "anything" };
}
