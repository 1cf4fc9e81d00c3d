// Arithmetic: bash evaluates what its variables hold, and a subscript in there may run commands. Only numbers are let through.
import type { ArithmeticExpression, Word } from "unbash";
import { type Around, find, opens, quoted, spanOf, type Walk } from "./context.ts";
import { anything, isDigits, type State, someNumber, withVariable } from "./state.ts";
import type { Value } from "./value.ts";
import { isDangerousName, variableValue } from "./variables.ts";

export interface Evaluated {
  readonly value: Value;
  readonly state: State;
}

export const sameAfter = (result: Evaluated, before: State): boolean => result.state === before;

const number = /^(?:\d{1,18}|0[xX][0-9a-fA-F]{1,15}|(?:[2-9]|[1-5]\d|6[0-4])#[0-9a-zA-Z@_]{1,10})$/;
const assigns = /^(?:=|\+=|-=|\*=|\/=|%=|<<=|>>=|&=|\^=|\|=)$/;
const joins = new Set(["+", "-", "*", "/", "%", "**", "<<", ">>", "<", ">", "<=", ">=", "==", "!=", "&", "|", "^", "&&", "||", ","]);
const signs = new Set(["+", "-", "!", "~"]);

export function evaluate(expression: ArithmeticExpression, state: State, around: Around, walk: Walk): Evaluated {
  switch (expression.type) {
    case "ArithmeticWord":
      return { value: operand(expression, state, around, walk), state };
    case "ArithmeticGroup":
      return evaluate(expression.expression, state, around, walk);
    case "ArithmeticBinary": {
      if (assigns.test(expression.operator)) return assign(expression.left, expression.right, expression.operator, state, around, walk);
      const left = evaluate(expression.left, state, around, walk);
      const right = evaluate(expression.right, left.state, around, walk);
      if (!joins.has(expression.operator)) return refuse(`the operator ${quoted(expression.operator)} is not known`, expression, right.state, walk);
      return { value: someNumber, state: right.state };
    }
    case "ArithmeticUnary":
      if (expression.operator === "++" || expression.operator === "--") return assign(expression.operand, null, "+=", state, around, walk);
      if (!signs.has(expression.operator)) return refuse(`the operator ${quoted(expression.operator)} is not known`, expression, state, walk);
      return { value: someNumber, state: evaluate(expression.operand, state, around, walk).state };
    case "ArithmeticTernary": {
      let at = state;
      for (const part of [expression.test, expression.consequent, expression.alternate]) at = evaluate(part, at, around, walk).state;
      return { value: someNumber, state: at };
    }
    case "ArithmeticCommandExpansion": {
      if (expression.script === undefined) return refuse("a substitution in it is not read", expression, state, walk);
      if (!opens(walk, expression.text.startsWith("`") ? "backquotes" : "substitution")) return { value: someNumber, state };
      const flow = walk.script(expression.script, state, { ...around, depth: around.depth + 1, leaves: null });
      if (flow.gives.output !== "number" && (flow.gives.text === null || !isDigits(flow.gives.text)))
        return refuse("what a program prints is evaluated in it", expression, state, walk);
      return { value: someNumber, state };
    }
  }
}

function refuse(says: string, at: { readonly pos: number; readonly end: number }, state: State, walk: Walk): Evaluated {
  find(walk, "arithmetic", "unclear", says, spanOf(walk, at));
  return { value: anything, state };
}

function operand(word: Extract<ArithmeticExpression, { type: "ArithmeticWord" }>, state: State, around: Around, walk: Walk): Value {
  const { value: text, parts } = word;
  if (parts === undefined) {
    if (number.test(text)) return someNumber;
    if (/^[A-Za-z_]\w*$/.test(text)) {
      if (isDigits(variableValue(text, state, walk.where))) return someNumber;
      return refuse(`${quoted(text)} is evaluated, and it is not known to be a number`, word, state, walk).value;
    }
    return refuse(`${quoted(text)} is no number`, word, state, walk).value;
  }
  const value = walk.value({ type: "Word", text, value: text, pos: word.pos, end: word.end, parts }, state, around, walk);
  if (isDigits(value)) return someNumber;
  return refuse(
    `${quoted(walk.within === null ? walk.text.slice(word.pos, word.end) : text)} is evaluated, and it is not known to be a number`,
    word,
    state,
    walk,
  ).value;
}

function assign(target: ArithmeticExpression, value: ArithmeticExpression | null, operator: string, state: State, around: Around, walk: Walk): Evaluated {
  if (target.type !== "ArithmeticWord" || target.parts !== undefined || !/^[A-Za-z_]\w*$/.test(target.value))
    return refuse("what it sets is no plain variable", target, state, walk);
  const name = target.value;
  if (isDangerousName(name)) {
    find(walk, "dangerous-variable", "unclear", `${name} changes what later commands do`, spanOf(walk, target));
    return { value: anything, state };
  }
  if (operator !== "=") operand(target, state, around, walk);
  const right = value === null ? { value: someNumber, state } : evaluate(value, state, around, walk);
  return { value: someNumber, state: withVariable(right.state, name, someNumber) };
}

/** A word that is evaluated: an offset, a subscript. */
export function arithmeticWord(word: Word, state: State, around: Around, walk: Walk): void {
  const text = word.text.trim();
  if (word.parts === undefined) {
    if (/^-?\d{1,9}$/.test(text)) return;
    if (/^[A-Za-z_]\w*$/.test(text) && isDigits(variableValue(text, state, walk.where))) return;
  } else if (isDigits(walk.value(word, state, around, walk))) return;
  find(walk, "arithmetic", "unclear", `${quoted(text)} is evaluated, and it is not known to be a number`, spanOf(walk, word));
}
