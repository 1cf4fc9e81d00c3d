// Walks the tree in the order bash runs it, with what is known at each place.
//
// Owns: lists, pipelines, control flow; where a place is opened. Calls: commands for what runs, words and conditions.
// Invariants
//  K1  A kind of node that is not listed is a finding.
//  K2  Whatever may run is judged in every state in which it may run; a state that can't be told apart is wider, never narrower.
import type { Case, CommandNode, CompoundList, For, ParsedScript, Pipeline, PipelineNode, Statement, While } from "unbash";
import { evaluate } from "./arithmetic.ts";
import { readCommand } from "./commands.ts";
import { readTest } from "./conditions.ts";
import { type Around, find, limits, notePattern, opens, quoted, spanOf, tired, type Walk } from "./context.ts";
import { mayCountOn, mayNotEnd } from "./endless.ts";
import { readRedirects } from "./redirects.ts";
import {
  after,
  anything,
  type Flow,
  flowOf,
  type Gives,
  join,
  joinGives,
  joinValues,
  type State,
  sameState,
  sameValue,
  silent,
  unknownOutput,
  withVariable,
} from "./state.ts";
import type { Argument, Value } from "./value.ts";
import { isDangerousName } from "./variables.ts";
import { expandWord } from "./words.ts";

export function readScript(script: ParsedScript, state: State, around: Around, walk: Walk): Flow {
  if (around.depth > limits.depth || tired(walk, script)) {
    find(walk, "too-deep", "unclear", `it is nested deeper than ${limits.depth}`, spanOf(walk, script));
    return flowOf(state);
  }
  const before = walk.within;
  // Inside escaped backquotes positions count in the decoded script, not in the text.
  if (script.source !== undefined) walk.within ??= { start: 0, end: walk.text.length };
  const flow = readsFileOnly(script, state, around, walk) ?? readList(script.commands, state, around, walk);
  walk.within = before;
  return flow;
}

/** `$(< file)`. */
function readsFileOnly(script: ParsedScript, state: State, around: Around, walk: Walk): Flow | null {
  const [statement] = script.commands;
  const command = statement?.command;
  if (script.commands.length !== 1 || statement?.background || around.depth === 0 || command?.type !== "Command") return null;
  const [redirect] = command.redirects;
  if (command.name !== undefined || command.prefix.length !== 1 || redirect?.type !== "Redirect" || redirect.operator !== "<") return null;
  readRedirects([redirect], state, around, walk);
  return flowOf(state);
}

export function readList(statements: readonly Statement[], state: State, around: Around, walk: Walk): Flow {
  let flow: Flow = flowOf(state, silent);
  let gives: Gives = silent;
  let known = state;
  statements.forEach((statement, index) => {
    const before = statements[index - 1];
    if (before !== undefined && !opens(walk, separator(before, statement, walk))) return;
    // What can't be reached is judged all the same, as after the command before it.
    known = after(flow) ?? known;
    flow = readStatement(statement, known, around, walk);
    gives = joinGives(gives, flow.gives);
  });
  return { ...flow, gives };
}

function separator(before: Statement, next: Statement, walk: Walk): "list" | "lines" | "background" {
  if (before.background) return "background";
  return walk.within === null && walk.text.slice(before.end, next.pos).includes("\n") ? "lines" : "list";
}

function readStatement(statement: Statement, state: State, around: Around, walk: Walk): Flow {
  if (tired(walk, statement)) return flowOf(state);
  if (!statement.background) return readAndOr(statement.command, state, around, walk);
  const flow = readAndOr(statement.command, state, { ...around, leaves: null }, walk);
  return flowOf(state, flow.gives.output === "nothing" ? silent : unknownOutput);
}

function readAndOr(node: Statement["command"], state: State, around: Around, walk: Walk): Flow {
  if (node.type !== "AndOr") return readPipelineNode(node, state, around, walk);
  const [first, ...rest] = node.commands;
  if (first === undefined) return unlisted(node, state, walk);
  let flow = readPipelineNode(first, state, around, walk);
  let known = after(flow) ?? state;
  rest.forEach((next, index) => {
    if (!opens(walk, "list")) return;
    const and = node.operators[index] === "&&";
    known = after(flow) ?? known;
    const from = (and ? flow.yes : flow.no) ?? known;
    const reached = (and ? flow.yes : flow.no) !== null;
    const then = readPipelineNode(next, from, around, walk);
    const gives = joinGives(flow.gives, then.gives);
    if (!reached) flow = { ...flow, gives };
    else flow = and ? { yes: then.yes, no: join(flow.no, then.no), gives } : { yes: join(flow.yes, then.yes), no: then.no, gives };
  });
  return flow;
}

function readPipelineNode(node: PipelineNode, state: State, around: Around, walk: Walk): Flow {
  return node.type === "Pipeline" ? readPipeline(node, state, around, walk) : readNode(node, state, around, walk);
}

function readPipeline(node: Pipeline, state: State, around: Around, walk: Walk): Flow {
  const { prefixes, commands } = node;
  if (prefixes.length > 0 && !opens(walk, "keyword")) return flowOf(state);
  const [only] = commands;
  if (only === undefined) return flowOf(state, silent);
  if (commands.length === 1) {
    const flow = readNode(only, state, around, walk);
    const negated = prefixes.filter((prefix) => prefix.type === "Negation").length % 2 === 1;
    return negated ? { yes: flow.no, no: flow.yes, gives: flow.gives } : flow;
  }
  let gives: Gives = unknownOutput;
  commands.forEach((command, index) => {
    if (index > 0 && !opens(walk, "pipeline")) return;
    const inner: Around =
      index === 0
        ? { ...around, leaves: null }
        : { ...around, leaves: null, input: "pipe", pipe: gives.output === "nothing" || node.operators[index - 1] === "|&" ? "anything" : gives.output };
    gives = readNode(command, state, inner, walk).gives;
  });
  return flowOf(state, { ...gives, text: null });
}

type Of<T extends CommandNode["type"]> = Extract<CommandNode, { type: T }>;
const readers: { readonly [T in CommandNode["type"]]: (node: Of<T>, state: State, around: Around, walk: Walk) => Flow } = {
  Command: readCommand,
  Redirected: (node, state, around, walk) => {
    const input = readRedirects(node.redirects, state, around, walk);
    return readNode(node.command, state, { ...around, ...input }, walk);
  },
  Subshell: (node, state, around, walk) => {
    if (!opens(walk, "group")) return flowOf(state);
    return flowOf(state, readBody(node.body, state, { ...around, leaves: null }, walk).gives);
  },
  BraceGroup: (node, state, around, walk) => (opens(walk, "group") ? readBody(node.body, state, around, walk) : flowOf(state)),
  If: (node, state, around, walk) => {
    let flow = readBody(node.clause, state, around, walk);
    if (!opens(walk, "condition")) return flowOf(state);
    let gives = flow.gives;
    const ways: Flow[] = [readBody(node.then, flow.yes ?? state, around, walk)];
    for (const branch of node.elif) {
      flow = readBody(branch.clause, flow.no ?? state, around, walk);
      gives = joinGives(gives, flow.gives);
      ways.push(readBody(branch.then, flow.yes ?? state, around, walk));
    }
    if (node.else === undefined) ways.push({ yes: flow.no, no: null, gives: silent });
    else ways.push(readBody(node.else, flow.no ?? state, around, walk));
    return {
      yes: ways.map((way) => way.yes).reduce(join),
      no: ways.map((way) => way.no).reduce(join),
      gives: ways.map((way) => way.gives).reduce(joinGives, gives),
    };
  },
  While: readWhile,
  For: readFor,
  ArithmeticFor: (node, state, around, walk) => {
    const first = node.initialize === undefined ? state : evaluate(node.initialize, state, around, walk).state;
    if (mayCountOn(node.test, node.update, node.body)) find(walk, "hang", "effect", "a loop that nothing in it ends", spanOf(walk, node));
    return readLoop(node.body, first, around, walk, (at) => {
      const tested = node.test === undefined ? at : evaluate(node.test, at, around, walk).state;
      return { into: tested, out: tested, step: (end) => (node.update === undefined ? end : evaluate(node.update, end, around, walk).state) };
    });
  },
  Case: readCase,
  TestCommand: (node, state, around, walk) => {
    readTest(node.expression, state, around, walk);
    return flowOf(state, silent);
  },
  ArithmeticCommand: (node, state, around, walk) => {
    if (node.expression === undefined) {
      if (node.body.trim() !== "") find(walk, "arithmetic", "unclear", "its arithmetic is not read", spanOf(walk, node));
      return flowOf(state, silent);
    }
    return flowOf(evaluate(node.expression, state, around, walk).state, silent);
  },
  Select: (node, state, around, walk) => {
    find(walk, "select", "unclear", "a select loop asks a person who isn't there", spanOf(walk, node));
    if (opens(walk, "select")) readBody(node.body, withVariable(state, node.name.text, anything), around, walk);
    return flowOf(state);
  },
  Coproc: (node, state, _around, walk) => {
    find(walk, "coproc", "unclear", "a command that goes on beside the others, with pipes to it", spanOf(walk, node));
    return flowOf(state);
  },
  Function: (node, state, _around, walk) => {
    find(walk, "function", "unclear", `${quoted(node.name.text)} is defined anew: later commands may mean something else`, spanOf(walk, node));
    return flowOf(state);
  },
};

function readNode(node: CommandNode, state: State, around: Around, walk: Walk): Flow {
  if (tired(walk, node)) return flowOf(state);
  const read = readers[node.type] as ((node: CommandNode, state: State, around: Around, walk: Walk) => Flow) | undefined;
  return read === undefined ? unlisted(node, state, walk) : read(node, state, around, walk);
}

function unlisted(node: { readonly type: string; readonly pos: number; readonly end: number }, state: State, walk: Walk): Flow {
  find(walk, "unlisted-syntax", "unclear", `${quoted(node.type)} is not a kind of syntax that is read`, spanOf(walk, node));
  return flowOf(state);
}

const readBody = (body: CompoundList, state: State, around: Around, walk: Walk): Flow => readList(body.commands, state, around, walk);

interface Turn {
  /** Where the body starts, and where the loop ends; null: it never does. */
  readonly into: State | null;
  readonly out: State | null;
  readonly step?: (end: State) => State;
  readonly gives?: Gives;
}

/** Goes round until nothing new is known at the loop's head. */
function readLoop(body: CompoundList, entry: State, around: Around, walk: Walk, turn: (at: State) => Turn): Flow {
  let head = entry;
  let gives: Gives = silent;
  for (let round = 0; ; round++) {
    const leaves = { states: [] as State[] };
    const { into, out, step, gives: heads } = turn(head);
    const flow = opens(walk, "loop") ? readBody(body, into ?? head, { ...around, leaves }, walk) : flowOf(into ?? head);
    gives = joinGives(gives, joinGives(heads ?? silent, flow.gives));
    const end = leaves.states.reduce<State | null>(join, after(flow));
    const back = end === null ? null : (step?.(end) ?? end);
    const next = join(entry, back) ?? entry;
    const left = leaves.states.reduce<State | null>(join, out);
    if (sameState(next, head) || round > 6) return { yes: left ?? head, no: left ?? head, gives };
    head = round < 3 ? next : widened(head, next);
  }
}

/** What still changes after some rounds is no longer followed. */
function widened(one: State, other: State): State {
  const variables = new Map(other.variables);
  for (const [name, value] of other.variables) if (!sameValue(value, one.variables.get(name) ?? anything)) variables.set(name, anything);
  const same = (pick: (state: State) => unknown): boolean => JSON.stringify(pick(one)) === JSON.stringify(pick(other));
  return {
    folders: same((state) => state.folders) ? one.folders : null,
    variables,
    lists: same((state) => [...state.lists]) ? one.lists : new Map(),
    previous: same((state) => state.previous) ? one.previous : null,
    stack: same((state) => state.stack) ? one.stack : [],
  };
}

function readWhile(node: While, state: State, around: Around, walk: Walk): Flow {
  if (mayNotEnd(node.kind, node.clause, node.body)) find(walk, "hang", "effect", "a loop that nothing in it ends", spanOf(walk, node));
  return readLoop(node.body, state, around, walk, (at) => {
    const flow = readBody(node.clause, at, around, walk);
    return node.kind === "while" ? { into: flow.yes, out: flow.no, gives: flow.gives } : { into: flow.no, out: flow.yes, gives: flow.gives };
  });
}

function readFor(node: For, state: State, around: Around, walk: Walk): Flow {
  const name = node.name.text;
  if (!/^[A-Za-z_]\w*$/.test(name)) find(walk, "unlisted-syntax", "unclear", `${quoted(name)} is no name of a variable`, spanOf(walk, node.name));
  if (isDangerousName(name)) find(walk, "dangerous-variable", "unclear", `${name} changes what later commands do`, spanOf(walk, node.name));
  const words = node.wordlist?.flatMap((word) => expandWord(word, state, around, walk));
  for (const word of words ?? []) notePattern(word, state, walk);
  const value = words === undefined ? anything : ofList(words);
  return readLoop(node.body, state, around, walk, (at) => ({ into: withVariable(at, name, value), out: at }));
}

/** What a loop's variable holds. */
function ofList(words: readonly Argument[]): Value {
  const values: Value[] = [];
  for (const word of words) {
    for (const value of word.value.kind === "any-of" ? word.value.values : [word.value]) {
      const whole: Value =
        value.kind === "unknown" && value.splits
          ? { ...value, splits: false, prefix: value.prefix.includes(" ") ? "" : value.prefix, ...(value.holds === "names" ? { apart: true as const } : {}) }
          : value;
      if (!values.some((each) => sameValue(each, whole))) values.push(whole);
    }
  }
  const [first] = values;
  if (first === undefined) return anything;
  // A prefix holds for the first word alone, where one value becomes several.
  const known = values.map((value, index): Value => {
    const from = words[index]?.value;
    if (value.kind !== "unknown" || value.prefix === "" || from?.kind !== "unknown" || !from.splits) return value;
    return { ...value, prefix: "", holds: value.holds === "names" ? "names" : "anything" };
  });
  if (known.length === 1) return known[0] ?? anything;
  return known.length <= 64 && known.every((value) => value.kind !== "unknown") ? { kind: "any-of", values: known } : known.reduce(joinValues);
}

function readCase(node: Case, state: State, around: Around, walk: Walk): Flow {
  walk.value(node.word, state, around, walk);
  let ends: State | null = state;
  let gives: Gives = silent;
  let through: State | null = null;
  for (const item of node.items) {
    for (const pattern of item.pattern) walk.value(pattern, state, around, walk, "pattern");
    if (!opens(walk, "case")) continue;
    const flow = readBody(item.body, join(state, through) ?? state, around, walk);
    gives = joinGives(gives, flow.gives);
    ends = join(ends, after(flow));
    through = item.terminator === ";&" || item.terminator === ";;&" ? after(flow) : null;
  }
  return flowOf(ends ?? state, gives);
}
