// What is known while a text is read, in the order bash runs it: the working folders and the variables.
import type { Output } from "./programs/program.ts";
import { literal, type Value } from "./value.ts";

export interface State {
  /** Where it may be: absolute, as bash's PWD has it. Null: not known. */
  readonly folders: readonly string[] | null;
  /** Set in the text. Their values hold for one quoted expansion: none of them splits. */
  readonly variables: ReadonlyMap<string, Value>;
  /** Indexed arrays whose elements are known: one value an element, or one that stands for all of them. */
  readonly lists: ReadonlyMap<string, readonly Value[]>;
  /** Where `cd -` goes (none at first: a text starts without OLDPWD), and where `popd` does; null: not known. Both may fail, and stay. */
  readonly previous: readonly string[] | null;
  readonly stack: readonly (readonly string[] | null)[];
}

export const startAt = (folder: string): State => ({ folders: [folder], variables: new Map(), lists: new Map(), previous: [], stack: [] });

/** Where things stand after a command; null where it can't be reached. */
export interface Flow {
  readonly yes: State | null;
  readonly no: State | null;
  readonly gives: Gives;
}

export interface Gives {
  readonly output: Output | "nothing";
  /** The very text, where it is known. */
  readonly text: Value | null;
}

const mostFolders = 8;
const mostAlternatives = 16;

export const unknownOutput: Gives = { output: "anything", text: null };
/** Prints nothing. */
export const silent: Gives = { output: "nothing", text: null };
export const flowOf = (state: State, gives: Gives = unknownOutput): Flow => ({ yes: state, no: state, gives });
export const anything: Value = { kind: "unknown", prefix: "", splits: false, holds: "anything" };
export const someNumber: Value = { kind: "unknown", prefix: "", splits: false, holds: "number" };

export function withVariable(state: State, name: string, value: Value): State {
  const lists = state.lists.has(name) ? new Map([...state.lists].filter(([each]) => each !== name)) : state.lists;
  return { ...state, variables: new Map(state.variables).set(name, value), lists };
}

/** `name=(…)`: `$name` is its first element. */
export function withList(state: State, name: string, values: readonly Value[]): State {
  const set = withVariable(state, name, anything);
  return { ...set, lists: new Map(state.lists).set(name, values) };
}

/** What a line of a program's output may stand for, as one word. */
export function lineOf(output: Output | "nothing", splits: boolean): Value {
  if (typeof output === "object") {
    const { prefix, endings, plain } = output;
    return { kind: "unknown", prefix, splits, holds: "names", ...(endings === undefined ? {} : { endings }), ...(plain === undefined ? {} : { plain }) };
  }
  const holds = output === "number" || output === "names" || output === "word" ? output : "anything";
  return { kind: "unknown", prefix: "", splits, holds };
}

export function join(one: State | null, other: State | null): State | null {
  if (one === null || other === null || one === other) return one ?? other;
  const variables = new Map<string, Value>();
  // Not set on one of the ways: unset or from the environment there.
  for (const name of new Set([...one.variables.keys(), ...other.variables.keys()])) {
    variables.set(name, joinValues(one.variables.get(name) ?? anything, other.variables.get(name) ?? anything));
  }
  const lists = new Map([...one.lists].filter(([name, values]) => JSON.stringify(values) === JSON.stringify(other.lists.get(name))));
  return {
    folders: joinFolders(one.folders, other.folders),
    variables,
    lists,
    previous: joinFolders(one.previous, other.previous),
    stack: joinStacks(one.stack, other.stack),
  };
}

/** From the top: where one is shorter, popd fails there and stays. */
function joinStacks(one: State["stack"], other: State["stack"]): State["stack"] {
  const length = Math.max(one.length, other.length);
  return Array.from({ length }, (_, index) => {
    const [left, right] = [one, other].map((stack) => stack[index - length + stack.length]);
    return left === undefined ? (right ?? null) : right === undefined ? left : joinFolders(left, right);
  });
}

function joinFolders(one: readonly string[] | null, other: readonly string[] | null): readonly string[] | null {
  if (one === null || other === null) return null;
  const all = [...new Set([...one, ...other])];
  return all.length > mostFolders ? null : all;
}

export const isDigits = (value: Value): boolean =>
  value.kind === "literal"
    ? /^-?(?:0|[1-9]\d{0,15})$/.test(value.text)
    : value.kind === "unknown"
      ? value.holds === "number" && value.prefix === ""
      : value.kind === "any-of" && value.values.every(isDigits);

export function joinValues(one: Value, other: Value): Value {
  if (sameValue(one, other)) return one;
  if (one.kind !== "unknown" && other.kind !== "unknown") {
    const all: Value[] = [];
    for (const value of [...alternatives(one), ...alternatives(other)]) if (!all.some((each) => sameValue(each, value))) all.push(value);
    if (all.length <= mostAlternatives) return { kind: "any-of", values: all };
  }
  if (isDigits(one) && isDigits(other)) return someNumber;
  if (isNames(one) && isNames(other)) {
    const apart = [one, other].flatMap(alternatives).some((value) => value.kind === "unknown" && value.apart === true);
    return { kind: "unknown", prefix: "", splits: false, holds: "names", ...(apart ? { apart } : {}) };
  }
  if (isWord(one) && isWord(other)) return { kind: "unknown", prefix: "", splits: false, holds: "word" };
  return anything;
}

/** Names that are there, or digits, which are a name too. */
const isNames = (value: Value): boolean =>
  value.kind === "glob" || (value.kind === "unknown" && value.holds === "names") || (value.kind === "any-of" && value.values.every(isNames));

const isWord = (value: Value): boolean =>
  value.kind === "literal"
    ? /^[^\s*?[\\-][^\s*?[\\]*$/.test(value.text)
    : value.kind === "unknown"
      ? value.prefix === "" && (value.holds === "word" || value.holds === "number")
      : value.kind === "any-of" && value.values.every(isWord);

export const alternatives = (value: Value): readonly Value[] => (value.kind === "any-of" ? value.values : [value]);

export const sameValue = (one: Value, other: Value): boolean => one === other || JSON.stringify(one) === JSON.stringify(other);

export function sameState(one: State | null, other: State | null): boolean {
  if (one === null || other === null) return one === other;
  if (JSON.stringify([one.previous, one.stack, [...one.lists]]) !== JSON.stringify([other.previous, other.stack, [...other.lists]])) return false;
  if (JSON.stringify(one.folders) !== JSON.stringify(other.folders) || one.variables.size !== other.variables.size) return false;
  for (const [name, value] of one.variables) {
    const there = other.variables.get(name);
    if (there === undefined || !sameValue(value, there)) return false;
  }
  return true;
}

function joinOutputs(one: Output | "nothing", other: Output | "nothing"): Output | "nothing" {
  if (JSON.stringify(one) === JSON.stringify(other)) return one;
  const names = (output: Output | "nothing"): boolean => output === "names" || typeof output === "object";
  if (names(one) && names(other)) return "names";
  const words = (output: Output | "nothing"): boolean => output === "word" || output === "number";
  return words(one) && words(other) ? "word" : "anything";
}

export function joinGives(one: Gives, other: Gives): Gives {
  if (one.output === "nothing") return other;
  if (other.output === "nothing") return one;
  return { output: joinOutputs(one.output, other.output), text: null };
}

/** What follows the two ways out of a command. */
export const after = (flow: Flow): State | null => join(flow.yes, flow.no);

/** Absolute, `.` and `..` resolved by name, as bash does with PWD. */
export function resolveFrom(folder: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${folder}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** PWD as a value. */
export const folderValue = (state: State): Value => {
  if (state.folders === null) return anything;
  const [first] = state.folders;
  return state.folders.length === 1 && first !== undefined ? literal(first) : { kind: "any-of", values: state.folders.map(literal) };
};
