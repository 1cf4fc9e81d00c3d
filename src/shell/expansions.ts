// What begins with a dollar, a backquote, `<(` or `>(`: what it may stand for, and what it does besides.
//
// Owns: parameters, substitutions. Calls: the walk for the scripts inside; arithmetic.
// Invariants
//  E1  An operator that is not listed is a finding.
//  E2  The script of a substitution is judged as any other, in a copy of the state that is thrown away.
import type { CommandExpansionPart, ParameterExpansionPart, ProcessSubstitutionPart, Word, WordPart } from "unbash";
import { arithmeticWord, evaluate, sameAfter } from "./arithmetic.ts";
import type { Atom } from "./atoms.ts";
import { type Around, find, opens, quoted, spanOf, type Walk } from "./context.ts";
import { anything, joinValues, lineOf, type State, someNumber } from "./state.ts";
import type { Value } from "./value.ts";
import { variableValue } from "./variables.ts";

type Expansion = Extract<WordPart, { type: "SimpleExpansion" | "ParameterExpansion" | "CommandExpansion" | "ArithmeticExpansion" | "ProcessSubstitution" }>;

export function expansionValue(part: Expansion, inQuotes: boolean, state: State, around: Around, walk: Walk): Atom[] {
  const one = (value: Value): Atom[] => [{ kind: "value", value, quoted: inQuotes }];
  switch (part.type) {
    case "SimpleExpansion": {
      const name = part.text.slice(1).replace(/\\\n/g, "");
      if (name === "@" || name === "*") return [{ kind: "value", value: anything, quoted: inQuotes, many: true }];
      checkName(name, inQuotes, part, walk);
      return one(variableValue(name, state, walk.where));
    }
    case "ParameterExpansion":
      return parameter(part, inQuotes, state, around, walk);
    case "CommandExpansion":
      return one(substitution(part, state, around, walk));
    case "ArithmeticExpansion": {
      if (part.text.startsWith("$[")) find(walk, "arithmetic", "unclear", "the old form of arithmetic is not read", spanOf(walk, part));
      if (part.expression === undefined) {
        find(walk, "arithmetic", "unclear", "its arithmetic is not read", spanOf(walk, part));
        return one(anything);
      }
      const result = evaluate(part.expression, state, around, walk);
      if (!sameAfter(result, state)) find(walk, "arithmetic", "unclear", "it sets a variable inside a word", spanOf(walk, part));
      return one(result.value);
    }
    case "ProcessSubstitution":
      return one(processSubstitution(part, state, around, walk));
  }
}

function checkName(name: string, inQuotes: boolean, part: { readonly pos: number; readonly end: number }, walk: Walk): void {
  if (name === "IFS" && !inQuotes) find(walk, "separators", "unclear", "$IFS splits the word it stands in", spanOf(walk, part));
}

function substitution(part: CommandExpansionPart, state: State, around: Around, walk: Walk): Value {
  const span = spanOf(walk, part);
  const back = part.text.startsWith("`");
  if (!back && !/^\$(?:\\\n)*\(/.test(part.text)) {
    find(walk, "unlisted-syntax", "unclear", "this form of substitution is not read", span);
    return anything;
  }
  if (part.script === undefined) {
    find(walk, "syntax-error", "unclear", "a substitution that is not read", span);
    return anything;
  }
  if (!opens(walk, back ? "backquotes" : "substitution")) return anything;
  const flow = walk.script(part.script, state, { ...around, depth: around.depth + 1, leaves: null });
  const { text, output } = flow.gives;
  if (text !== null) return text;
  // As one word: lines of names are one name only where there is one line.
  return lineOf(output, false);
}

function processSubstitution(part: ProcessSubstitutionPart, state: State, around: Around, walk: Walk): Value {
  const span = spanOf(walk, part);
  const input = part.operator === "<";
  if (!input) find(walk, "process-output", "unclear", "what it writes goes to another command", span);
  if (part.script === undefined) find(walk, "syntax-error", "unclear", "a substitution that is not read", span);
  else if (opens(walk, input ? "process-input" : "process-output"))
    walk.script(part.script, state, { ...around, input: input ? "nothing" : "pipe", pipe: "anything", depth: around.depth + 1, leaves: null });
  return { kind: "literal", text: `/dev/fd/63` };
}

/** Prompt expansion (`@P`), and those that print code (`@A`, `@K`, `@E`), are not listed. */
const transforms = new Set(["Q", "U", "u", "L"]);

function parameter(part: ParameterExpansionPart, inQuotes: boolean, state: State, around: Around, walk: Walk): Atom[] {
  const span = spanOf(walk, part);
  const { parameter: name, prefix, index, operation } = part;
  const refuse = (says: string): Atom[] => {
    find(walk, "parameter-code", "unclear", says, span);
    return [{ kind: "value", value: anything, quoted: inQuotes }];
  };
  if (/^\$\{\(|^\$\{=|^\$\{\^\^?\w|^\$\{~/.test(part.text)) {
    find(walk, "zsh-flag", "unclear", "zsh reads flags in it", span);
    return [{ kind: "value", value: anything, quoted: inQuotes }];
  }
  if (!/^(?:\w+|[?#$@*!-])$/.test(name)) return refuse(`${quoted(part.text)} is no parameter that is known`);
  checkName(name, inQuotes, part, walk);
  if (index !== undefined) checkSubscript(index, state, around, walk);
  if (prefix === "#") return [{ kind: "value", value: someNumber, quoted: inQuotes }];
  const many = name === "@" || name === "*" || index?.text === "@" || index?.text === "*";
  const list = state.lists.get(name);
  if (list !== undefined && operation === undefined && prefix === undefined && index?.text !== "*") return elements(list, index?.text, inQuotes);
  const held = many || index !== undefined ? anything : variableValue(name, state, walk.where);
  const atom = (value: Value): Atom[] => [{ kind: "value", value, quoted: inQuotes, ...(many ? { many: true as const } : {}) }];
  if (prefix === "!" && operation?.type !== "Names") return refuse(`${quoted(part.text)} stands for the variable that another one names`);
  if (operation === undefined) return atom(held);
  const operand = (word: Word): Value => walk.value(word, state, around, walk);
  switch (operation.type) {
    case "Default": {
      if (operation.operator.includes("=")) return refuse(`${quoted(part.text)} sets a variable`);
      const other = operand(operation.operand);
      if (operation.operator.includes("?")) return atom(held);
      return atom(operation.operator.includes("+") || !state.variables.has(name) ? joinValues(other, anything) : joinValues(held, other));
    }
    case "Remove":
      walk.value(operation.operand, state, around, walk, "pattern");
      return atom(anything);
    case "Replace":
      walk.value(operation.pattern, state, around, walk, "pattern");
      operand(operation.replacement);
      return atom(anything);
    case "CaseModification":
      if (operation.operand !== undefined) walk.value(operation.operand, state, around, walk, "pattern");
      return atom(anything);
    case "Slice":
      for (const word of [operation.offset, operation.length]) if (word !== undefined && word.text !== "") arithmeticWord(word, state, around, walk);
      return atom(anything);
    case "Transform":
      if (transforms.has(operation.operand.text)) return atom(anything);
      find(walk, "prompt", "unclear", `${quoted(part.text)} runs what the variable holds, as a prompt would`, span);
      return atom(anything);
    case "Names":
      return atom(anything);
    case "Unknown":
      return refuse(`${quoted(part.text)} has an operator that is not known`);
  }
}

/** `"${list[@]}"`: a word an element. */
function elements(list: readonly Value[], index: string | undefined, inQuotes: boolean): Atom[] {
  if (index === "@")
    return list.flatMap((value, at): Atom[] => [...(at === 0 ? [] : [{ kind: "break" as const }]), { kind: "value", value, quoted: inQuotes }]);
  // A pattern or an unknown in it may be several elements: then no position is certain.
  const certain = list.every((value) => value.kind === "literal");
  const value =
    certain && /^\d*$/.test(index ?? "")
      ? list[Number(index ?? 0)]
      : list.reduce<Value | null>((one, other) => (one === null ? other : joinValues(one, other)), null);
  return [{ kind: "value", value: value ?? anything, quoted: inQuotes }];
}

export function checkSubscript(index: Word, state: State, around: Around, walk: Walk): void {
  if (index.text === "@" || index.text === "*") return;
  arithmeticWord(index, state, around, walk);
}
