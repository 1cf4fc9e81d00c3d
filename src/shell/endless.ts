// Loops that may never end: whose condition nothing in them brings to its end.
import { type ArithmeticExpression, type CompoundList, forEachChild, type Statement, type SyntaxNode, type Word } from "unbash";

/** Of `while` and `until`. A loop that reads lines ends with them; others need a way out, or a counter that goes towards its bound. */
export function mayNotEnd(kind: "while" | "until", clause: CompoundList, body: CompoundList): boolean {
  const last = clause.commands.at(-1)?.command;
  const name = last?.type === "Command" ? last.name?.text : undefined;
  if (name === "read") return false;
  if (clause.commands.length === 1 && name === (kind === "while" ? "false" : "true")) return false;
  if (leaves(body)) return false;
  const only = clause.commands.length === 1 ? clause.commands[0] : undefined;
  const bound = only === undefined ? null : boundOf(only);
  if (bound === null || calls(body, /^continue$/)) return true;
  return !goesTowards(kind === "while" ? bound : { ...bound, way: -bound.way }, body);
}

/** Of `for ((…; test; update))`. */
export function mayCountOn(test: ArithmeticExpression | undefined, update: ArithmeticExpression | undefined, body: CompoundList): boolean {
  if (leaves(body)) return false;
  const bound = test === undefined ? null : boundOfExpression(test);
  if (bound === null || update === undefined || changes(body, bound.name).length > 0) return true;
  const step = stepOf(update, bound.name);
  return step === null || Math.sign(step) !== bound.way;
}

/** Whether a `break`, `exit` or `return` stands anywhere in it. */
const leaves = (body: CompoundList): boolean => calls(body, /^(?:break|exit|return)$/);

function calls(body: CompoundList, names: RegExp): boolean {
  let found = false;
  visit(body, (node) => {
    if (node.type === "Command" && names.test(node.name?.text ?? "")) found = true;
  });
  return found;
}

function visit(node: SyntaxNode, look: (node: SyntaxNode) => void, depth = 0): void {
  if (depth > 64) return;
  look(node);
  forEachChild(node, (child) => visit(child, look, depth + 1));
}

interface Bound {
  readonly name: string;
  /** 1: it ends when the variable grows; -1: when it shrinks. */
  readonly way: number;
}

const ways: Readonly<Record<string, number>> = { "-lt": 1, "-le": 1, "<": 1, "<=": 1, "-gt": -1, "-ge": -1, ">": -1, ">=": -1 };

/** `[ $i -lt 3 ]`, `[[ $i -lt 3 ]]`, `((i < 3))`: a variable and a number. */
function boundOf({ command }: Statement): Bound | null {
  if (command.type === "ArithmeticCommand") return command.expression === undefined ? null : boundOfExpression(command.expression);
  if (command.type === "TestCommand")
    return command.expression.type === "TestBinary" ? boundOfWords(command.expression.left, command.expression.operator, command.expression.right) : null;
  if (command.type !== "Command" || (command.name?.text !== "[" && command.name?.text !== "test")) return null;
  const [left, operator, right, close] = command.args;
  const bracket = command.name.text === "[";
  if (
    left?.type !== "Word" ||
    operator?.type !== "Word" ||
    right?.type !== "Word" ||
    command.args.length !== (bracket ? 4 : 3) ||
    (bracket && close?.text !== "]")
  )
    return null;
  return operator.text.startsWith("-") ? boundOfWords(left, operator.text, right) : null;
}

function boundOfWords(left: Word, operator: string, right: Word): Bound | null {
  const name = /^"?\$\{?([A-Za-z_]\w*)\}?"?$/.exec(left.text)?.[1];
  const way = Object.hasOwn(ways, operator) ? ways[operator] : undefined;
  return name === undefined || way === undefined || !operator.startsWith("-") || !/^-?\d{1,9}$/.test(right.text) ? null : { name, way };
}

function boundOfExpression(test: ArithmeticExpression): Bound | null {
  if (test.type !== "ArithmeticBinary" || test.left.type !== "ArithmeticWord" || test.right.type !== "ArithmeticWord") return null;
  const way = test.operator.startsWith("-") || !Object.hasOwn(ways, test.operator) ? undefined : ways[test.operator];
  const name = /^\$?([A-Za-z_]\w*)$/.exec(test.left.value)?.[1];
  return way === undefined || name === undefined || !/^\d{1,9}$/.test(test.right.value) ? null : { name, way };
}

/** The body changes the variable once, in each turn, by a number that is not 0. */
function goesTowards({ name, way }: Bound, body: CompoundList): boolean {
  if (changes(body, name).length !== 1) return false;
  return body.commands.some(({ command, background }) => {
    if (background === true) return false;
    const step = command.type === "ArithmeticCommand" && command.expression !== undefined ? stepOf(command.expression, name) : stepOfAssignment(command, name);
    return step !== null && Math.sign(step) === way;
  });
}

/** `i=$((i + 1))` */
function stepOfAssignment(command: Statement["command"], name: string): number | null {
  if (command.type !== "Command" || command.name !== undefined || command.prefix.length !== 1) return null;
  const [assignment] = command.prefix;
  if (assignment?.type !== "Assignment" || assignment.name !== name || assignment.append === true || assignment.value.type !== "Word") return null;
  const [part] = assignment.value.parts ?? [];
  if (assignment.value.parts?.length !== 1 || part?.type !== "ArithmeticExpansion" || part.expression === undefined) return null;
  return sumStep(part.expression, name);
}

function sumStep(sum: ArithmeticExpression, name: string): number | null {
  if (sum.type !== "ArithmeticBinary" || (sum.operator !== "+" && sum.operator !== "-")) return null;
  const step = sum.left.type === "ArithmeticWord" && [name, `$${name}`, `\${${name}}`].includes(sum.left.value) ? numberIn(sum.right) : null;
  return step === null ? null : sum.operator === "+" ? step : -step;
}

/** `i++`, `--i`, `i += 2`, `i = i + 1` */
function stepOf(expression: ArithmeticExpression, name: string): number | null {
  if (expression.type === "ArithmeticUnary")
    return expression.operand.type === "ArithmeticWord" && expression.operand.value === name
      ? expression.operator === "++"
        ? 1
        : expression.operator === "--"
          ? -1
          : null
      : null;
  if (expression.type !== "ArithmeticBinary" || expression.left.type !== "ArithmeticWord" || expression.left.value !== name) return null;
  if (expression.operator === "=") return sumStep(expression.right, name);
  const step = numberIn(expression.right);
  return step === null ? null : expression.operator === "+=" ? step : expression.operator === "-=" ? -step : null;
}

const numberIn = (word: ArithmeticExpression): number | null =>
  word.type === "ArithmeticWord" && /^[1-9]\d{0,8}$/.test(word.value) ? Number(word.value) : null;

const assigns = /^(?:=|[-+*/%&^|]=|<<=|>>=|\+\+|--)$/;

/** Every place in the body that sets the variable. */
function changes(body: CompoundList, name: string): readonly SyntaxNode[] {
  const found: SyntaxNode[] = [];
  visit(body, (node) => {
    if (node.type === "Assignment" && node.name === name) found.push(node);
    else if (node.type === "For" && node.name.text === name) found.push(node);
    else if (node.type === "Command" && /^(?:read|unset|let|printf|export|declare|local)$/.test(node.name?.text ?? "")) {
      if (node.args.some((word) => word.text === name || word.text.startsWith(`${name}=`))) found.push(node);
    } else if ((node.type === "ArithmeticUnary" || node.type === "ArithmeticBinary") && assigns.test(node.operator)) {
      const target = node.type === "ArithmeticUnary" ? node.operand : node.left;
      if (target.type === "ArithmeticWord" && target.value === name) found.push(node);
    }
  });
  return found;
}
