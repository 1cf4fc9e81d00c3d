// `[[ … ]]`, and `test` and `[`: they look at files, and some of their operators evaluate what they are given.
import type { TestExpression } from "unbash";
import { type Around, find, note, quoted, spanOf, type Walk } from "./context.ts";
import { isKnownPath } from "./programs/word-values.ts";
import type { TextSpan } from "./reading.ts";
import { isDigits, type State } from "./state.ts";
import { type Argument, prefixOf, textOfValue, type Value } from "./value.ts";

const ofFiles = new Set("-a -b -c -d -e -f -g -h -k -p -r -s -u -w -x -G -L -N -O -S".split(" "));
const ofTexts = new Set(["-z", "-n", "-t", "-o"]);
const ofNames = new Set(["-v", "-R"]);
const compares = new Set(["=", "==", "!=", "<", ">", "=~"]);
const counts = new Set(["-eq", "-ne", "-lt", "-le", "-gt", "-ge"]);
const comparesFiles = new Set(["-nt", "-ot", "-ef"]);

export function readTest(expression: TestExpression, state: State, around: Around, walk: Walk): void {
  switch (expression.type) {
    case "TestLogical":
      for (const operand of expression.operands) readTest(operand, state, around, walk);
      return;
    case "TestNot":
      readTest(expression.operand, state, around, walk);
      return;
    case "TestGroup":
      readTest(expression.expression, state, around, walk);
      return;
    case "TestUnary":
      unary(expression.operator, walk.value(expression.operand, state, around, walk), spanOf(walk, expression), state, walk);
      return;
    case "TestBinary": {
      const side = expression.operator === "==" || expression.operator === "=" || expression.operator === "!=" ? "pattern" : "value";
      const left = walk.value(expression.left, state, around, walk);
      const right = walk.value(expression.right, state, around, walk, side);
      binary(expression.operator, left, right, spanOf(walk, expression), true, state, walk);
    }
  }
}

function unary(operator: string, value: Value, span: TextSpan, state: State, walk: Walk): void {
  if (ofFiles.has(operator)) looksAt(value, span, state, walk);
  else if (ofNames.has(operator)) {
    const text = textOfValue(value);
    if (text === null || !/^[A-Za-z_]\w*$/.test(text)) find(walk, "subscript", "unclear", `${operator} evaluates a subscript in the name it is given`, span);
  } else if (!ofTexts.has(operator)) find(walk, "unlisted-syntax", "unclear", `the test ${quoted(operator)} is not known`, span);
}

function binary(operator: string, left: Value, right: Value, span: TextSpan, evaluates: boolean, state: State, walk: Walk): void {
  if (compares.has(operator)) return;
  if (counts.has(operator)) {
    // `test` takes digits alone; `[[` evaluates both sides.
    if (!evaluates && [left, right].some((side) => prefixOf(side).includes("[")))
      find(walk, "subscript", "unclear", `${operator} evaluates a subscript in zsh`, span);
    if (evaluates && !(isDigits(left) && isDigits(right)))
      find(walk, "arithmetic", "unclear", `${operator} evaluates its sides, and they are not known to be numbers`, span);
  } else if (comparesFiles.has(operator)) {
    looksAt(left, span, state, walk);
    looksAt(right, span, state, walk);
  } else find(walk, "unlisted-syntax", "unclear", `the test ${quoted(operator)} is not known`, span);
}

function looksAt(value: Value, span: TextSpan, state: State, walk: Walk): void {
  if (!isKnownPath(value)) find(walk, "unknown-path", "unclear", "which file it looks at is known only when it runs", span);
  note(walk, { kind: "reads", path: { value, folders: state.folders }, what: "names", deep: false, span });
}

/** The words of `test`, without the closing bracket of `[`. */
export function readTestWords(words: readonly Argument[], span: TextSpan, state: State, walk: Walk): void {
  const texts = words.map((word) => textOfValue(word.value));
  if (
    words.some(
      (word) =>
        word.value.kind === "glob" || (word.value.kind === "unknown" && word.value.splits && word.value.holds !== "number") || word.value.kind === "any-of",
    )
  )
    return void doubtful(words, texts, span, state, walk);
  const at = texts.findIndex(
    (text, index) => index > 0 && index < texts.length - 1 && (text === "-a" || text === "-o") && !(index === 1 && texts.length === 3),
  );
  if (texts.length > 4 && at > 0) {
    readTestWords(words.slice(0, at), span, state, walk);
    readTestWords(words.slice(at + 1), span, state, walk);
    return;
  }
  if (texts[0] === "!" && texts.length > 1) return readTestWords(words.slice(1), span, state, walk);
  if (texts[0] === "(" && texts.at(-1) === ")" && texts.length > 2) return readTestWords(words.slice(1, -1), span, state, walk);
  const [first, second, third] = words;
  if (words.length < 2) return;
  if (words.length === 2 && first !== undefined && second !== undefined) {
    if (texts[0] === null) return find(walk, "subscript", "unclear", "which test it is is known only when it runs", span);
    return unary(texts[0] ?? "", second.value, span, state, walk);
  }
  if (words.length === 3 && first !== undefined && second !== undefined && third !== undefined) {
    if (texts[1] === null) return find(walk, "subscript", "unclear", "which test it is is known only when it runs", span);
    return binary(texts[1] ?? "", first.value, third.value, span, false, state, walk);
  }
  find(walk, "unlisted-syntax", "unclear", "a test of so many words is not read", span);
}

/** Unquoted words may become several, or none. What then stands there must not be able to be an operator that evaluates. */
function doubtful(words: readonly Argument[], texts: readonly (string | null)[], span: TextSpan, state: State, walk: Walk): void {
  // `[ -n $x ]`, `[ $x = y ]`: with fewer or more words bash complains, but for the operators on names.
  if (texts.some((text) => text !== null && ofNames.has(text)) || texts.filter((text) => text === null).length > 1 || words.length > 3) {
    find(walk, "subscript", "unclear", "an unquoted variable may become a test of its own", span);
    return;
  }
  const only = words.find((_, index) => texts[index] === null);
  if (only === undefined) return;
  if (only.value.kind === "any-of" && only.value.values.every((value) => value.kind === "literal")) {
    for (const value of only.value.values)
      readTestWords(
        words.map((word) => (word === only ? { ...word, value } : word)),
        span,
        state,
        walk,
      );
    return;
  }
  if (only.value.kind === "glob") {
    if (words.length === 2 && texts[0] !== null && texts[0] !== undefined && ofFiles.has(texts[0])) return unary(texts[0], only.value, span, state, walk);
  }
  find(walk, "subscript", "unclear", "an unquoted variable may become a test of its own", span);
}
