// Bash's own commands that change what is known, or that need more than a table. bash(1), SHELL BUILTIN COMMANDS.

import { readTestWords } from "./conditions.ts";
import { type Around, find, note, quoted, type Walk } from "./context.ts";
import type { TextSpan } from "./reading.ts";
import { anything, type Flow, flowOf, lineOf, resolveFrom, type State, silent, unknownOutput, withVariable } from "./state.ts";
import { type Argument, literal, mayBeOption, textOfValue, type Value } from "./value.ts";
import { isDangerousName, mayExport } from "./variables.ts";

export interface BuiltinCall {
  readonly name: string;
  readonly words: readonly Argument[];
  readonly span: TextSpan;
  readonly nameSpan: TextSpan;
  readonly state: State;
  readonly around: Around;
  readonly walk: Walk;
  readonly judge: (words: readonly Argument[], state: State, around: Around) => Flow;
}

type Handler = (call: BuiltinCall) => Flow;

/** Every builtin of bash 5.3, so that none passes for a program. Those without a handler or a table are findings. */
export const bashBuiltins: ReadonlySet<string> = new Set(
  (
    ". : [ alias bg bind break builtin caller cd command compgen complete compopt continue coproc declare dirs disown echo enable eval exec exit " +
    "export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly return set shift " +
    "shopt source suspend test times trap true type typeset ulimit umask unalias unset wait"
  ).split(" "),
);

const refuse = ({ walk, words, name, nameSpan, state }: BuiltinCall, says: string, check: Parameters<typeof find>[1] = "eval-builtin"): Flow => {
  find(walk, check, "unclear", says, words[0]?.span ?? nameSpan);
  return flowOf(state, name === "" ? silent : unknownOutput);
};

const isName = (text: string): boolean => /^[A-Za-z_]\w*$/.test(text);
const texts = (call: BuiltinCall): readonly (string | null)[] => call.words.map((word) => textOfValue(word.value));

/** cd [-L] [folder]. */
function changeFolder(call: BuiltinCall): Flow {
  const { words, state, walk, span } = call;
  const rest = words.filter((word, index) => !(textOfValue(word.value) === "-L" && index === 0) && !(textOfValue(word.value) === "--" && index < 2));
  const [target] = rest;
  const lost = (says: string, at: TextSpan): Flow => {
    find(walk, "cd", "unclear", says, at);
    return { yes: { ...state, folders: null, previous: state.folders, stack: [] }, no: state, gives: silent };
  };
  if (call.name === "cd" && rest.length === 1 && textOfValue(target?.value ?? literal("")) === "-" && state.previous !== null && state.previous.length > 0)
    return { yes: { ...state, folders: state.previous, previous: state.folders }, no: state, gives: unknownOutput };
  if (rest.length > 1) return lost("cd is given more than one folder", span);
  if (call.name === "pushd" && target === undefined) return lost("which folder it goes to is not followed", span);
  const value: Value = target?.value ?? literal(walk.where.home);
  const options = value.kind === "any-of" ? value.values : [value];
  const folders: string[] = [];
  for (const option of options) {
    const text = textOfValue(option);
    if (text === null) return lost("where it goes is known only when it runs", target?.span ?? span);
    if (/^-/.test(text) || (call.name === "pushd" && /^\+/.test(text))) return lost(`where "cd ${text}" goes is not followed`, target?.span ?? span);
    if (state.folders === null && !text.startsWith("/")) return lost("where it goes depends on where it is, and that is not known", target?.span ?? span);
    for (const folder of state.folders ?? ["/"]) folders.push(resolveFrom(folder, text));
  }
  note(walk, { kind: "reads", path: { value, folders: state.folders }, what: "names", deep: false, span: target?.span ?? span });
  const there = {
    ...state,
    folders: [...new Set(folders)].slice(0, 8),
    previous: state.folders,
    stack: call.name === "pushd" ? [...state.stack, state.folders] : state.stack,
  };
  if (new Set(folders).size > 8) return lost("it may go to too many folders", span);
  return { yes: there, no: state, gives: call.name === "pushd" ? unknownOutput : silent };
}

function goBack(call: BuiltinCall): Flow {
  const { state, words } = call;
  const there = state.stack.at(-1);
  if (words.length > 0 || there === undefined || there === null)
    return { ...refuse(call, "which folder it goes back to is not followed", "cd"), yes: { ...state, folders: null, previous: state.folders } };
  return { yes: { ...state, folders: there, previous: state.folders, stack: state.stack.slice(0, -1) }, no: state, gives: unknownOutput };
}

const readFlags = new Set("rse".split(""));
const readValues = new Set("dnNtpiu".split(""));

/** read [-rse] [-d delimiter] [-n count] … [name …]. */
function readInput(call: BuiltinCall): Flow {
  const { state, around, walk } = call;
  const all = texts(call);
  let index = 0;
  let raw = false;
  let other = false;
  for (; index < all.length; index++) {
    const text = all[index];
    if (text === null || text === undefined) break;
    if (text === "--") {
      index += 1;
      break;
    }
    if (!text.startsWith("-") || text === "-") break;
    for (let at = 1; at < text.length; at++) {
      const letter = text[at] as string;
      if (letter === "r") raw = true;
      if (letter === "u") other = true;
      if (readFlags.has(letter)) continue;
      if (!readValues.has(letter))
        return refuse(call, letter === "a" ? "read fills an array" : `read has no option -${letter} that is known`, letter === "a" ? "array" : "eval-builtin");
      if (at === text.length - 1) index += 1;
      break;
    }
  }
  const names = call.words.slice(index);
  let next = state;
  const piped = !other && around.input === "pipe" ? around.pipe : "anything";
  const line = lineOf(piped, false);
  const part: Value = line.kind === "unknown" && (line.holds === "number" || line.holds === "word" || (raw && names.length === 1)) ? line : anything;
  for (const word of names) {
    const text = textOfValue(word.value);
    if (text === null || !isName(text)) return refuse(call, "read evaluates a subscript in the name it is given", "subscript");
    if (isDangerousName(text)) find(walk, "dangerous-variable", "unclear", `${text} changes what later commands do`, word.span);
    next = withVariable(next, text, part);
  }
  if (names.length === 0) next = withVariable(next, "REPLY", anything);
  return flowOf(next, silent);
}

function exportNames(call: BuiltinCall): Flow {
  let next = call.state;
  for (const word of call.words) {
    const text = textOfValue(word.value);
    const match = /^([A-Za-z_]\w*)=(.*)$/s.exec(text ?? "");
    const [, name = "", value = ""] = match ?? [];
    if (match === null || !mayExport(name, literal(value))) {
      find(call.walk, "export", "unclear", "it goes into the environment of all later commands", word.span);
      continue;
    }
    next = withVariable(next, name, literal(value));
  }
  return flowOf(next, call.words.length === 0 ? unknownOutput : silent);
}

/** set -e -u -o pipefail: what stops a script early. */
function setOptions(call: BuiltinCall): Flow {
  const all = texts(call);
  for (let index = 0; index < all.length; index++) {
    const text = all[index] ?? "";
    if (text === "-o" || text === "+o" || /^[-+][eu]*o$/.test(text)) {
      index += 1;
      if (all[index] !== "pipefail" && all[index] !== "errexit" && all[index] !== "nounset")
        return refuse(call, "it changes how bash reads what follows", "shell-option");
    } else if (!/^[-+][eu]+$/.test(text)) return refuse(call, "it changes how bash reads what follows, or its parameters", "shell-option");
  }
  if (all.length === 0) return refuse(call, "it shows every variable", "shell-option");
  return flowOf(call.state, silent);
}

const patternOptions = new Set(["nullglob", "failglob", "globstar", "nocaseglob"]);

function shellOptions(call: BuiltinCall): Flow {
  const all = texts(call);
  const [first, ...names] = all;
  if (
    (first !== "-s" && first !== "-u" && first !== "-q") ||
    names.length === 0 ||
    !names.every((name) => name !== null && (first === "-q" || patternOptions.has(name)))
  )
    return refuse(call, "it changes how bash reads what follows", "shell-option");
  return flowOf(call.state, silent);
}

function print(call: BuiltinCall): Flow {
  const [first, ...rest] = call.words;
  if (first === undefined) return flowOf(call.state, silent);
  const text = textOfValue(first.value);
  if (text?.startsWith("-v")) return refuse(call, "printf -v sets a variable, and evaluates a subscript in its name", "subscript");
  if (text?.startsWith("-") && text !== "--" && text !== "-") return refuse(call, `printf has no option ${quoted(text)} that is known`);
  if (text === null && mayBeOption(first.value) && (rest.length > 0 || (first.value.kind === "unknown" && first.value.splits)))
    return refuse(call, "its format may become an option that sets a variable", "subscript");
  return flowOf(call.state);
}

function testWords(call: BuiltinCall): Flow {
  const { words, walk, state, span } = call;
  if (call.name === "[") {
    if (textOfValue(words.at(-1)?.value ?? literal("")) !== "]") return refuse(call, "[ lacks its closing bracket", "syntax-error");
    readTestWords(words.slice(0, -1), span, state, walk);
  } else readTestWords(words, span, state, walk);
  return flowOf(state, silent);
}

/** command [-p] name …; command -v name; builtin name …. */
function otherCommand(call: BuiltinCall): Flow {
  const { words, state, around } = call;
  const first = textOfValue(words[0]?.value ?? literal(""));
  if (call.name === "command" && (first === "-v" || first === "-V")) return flowOf(state);
  if (words.length === 0) return flowOf(state, silent);
  if (first === null || first.startsWith("-")) return refuse(call, `what "${call.name}" runs with these options is not followed`);
  return call.judge(words, state, { ...around, depth: around.depth + 1 });
}

function leave(call: BuiltinCall): Flow {
  const { words, state, around } = call;
  if (words.length > 1 || (words[0] !== undefined && !/^\d{1,3}$/.test(textOfValue(words[0].value) ?? "") && !isNumeric(words[0].value)))
    return refuse(call, `what ${call.name} is given is no number`);
  if (call.name === "break" || call.name === "continue") {
    if (words.length > 0 && textOfValue(words[0]?.value ?? literal("")) !== "1") return refuse(call, "how many loops it leaves is not followed");
    if (around.leaves === null) return flowOf(state, silent);
    around.leaves.states.push(state);
  }
  return { yes: null, no: null, gives: silent };
}

const isNumeric = (value: Value): boolean => value.kind === "unknown" && value.holds === "number" && value.prefix === "";

const only =
  (allowed: RegExp, says: string, check: Parameters<typeof find>[1] = "eval-builtin"): Handler =>
  (call) =>
    texts(call).every((text) => text !== null && allowed.test(text)) ? flowOf(call.state) : refuse(call, says, check);

function waits(call: BuiltinCall): Flow {
  for (const word of call.words) {
    const text = textOfValue(word.value);
    if (isNumeric(word.value) || (word.value.kind === "unknown" && word.value.holds === "number")) continue;
    if (text === null || !/^(?:-[nf]+|%?\d+|%[+%-]?)$/.test(text)) return refuse(call, "wait -p evaluates a subscript in the name it is given", "subscript");
  }
  return flowOf(call.state, silent);
}

const rows: readonly (readonly [names: string, handler: Handler])[] = [
  ["cd pushd", changeFolder],
  ["popd", goBack],
  ["read", readInput],
  ["export", exportNames],
  ["set", setOptions],
  ["shopt", shellOptions],
  ["printf", print],
  ["test [", testWords],
  ["command builtin", otherCommand],
  ["exit return break continue", leave],
  ["wait", waits],
  ["alias unalias", (call) => refuse(call, "an alias changes what a command's name means", "alias")],
  ["unset", (call) => refuse(call, "it evaluates a subscript in the name it is given, and takes variables and functions away", "subscript")],
  ["let", (call) => refuse(call, "let evaluates what it is given", "arithmetic")],
  [
    "declare typeset local readonly",
    (call) => refuse(call, `${call.name} changes how a variable is read: its value may be evaluated, or go into the environment`, "export"),
  ],
  ["type", only(/^(?:-[afptP]+|[\w.+-]+)$/, "type is given something else than names")],
  ["hash", (call) => (call.words.length === 0 ? flowOf(call.state) : refuse(call, "hash changes which program a name means"))],
  ["jobs", only(/^(?:-[lnprs]+|%?\d+)$/, "jobs -x runs a command")],
  ["ulimit", only(/^-[HSabcdefiklmnpqrstuvxPRT]+$/, "it sets a limit")],
  ["umask", only(/^-[pS]+$/, "it sets the mask of new files")],
  ["dirs", only(/^[-+](?:[lpv]+|\d+)$/, "it changes the list of folders")],
  ["help", only(/^(?:-[dms]+|[\w[.:!-]+)$/, "help is given something else than names")],
  ["caller", only(/^\d+$/, "caller is given something else than a number")],
  ["shift", (call) => refuse(call, "it changes the parameters")],
];

export const builtinHandlers: ReadonlyMap<string, Handler> = new Map(
  rows.flatMap(([names, handler]) => names.split(" ").map((name) => [name, handler] as const)),
);
