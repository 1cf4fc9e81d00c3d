// Simple commands: their assignments, redirections and words, and who judges them.
//
// Owns: what may stand in command position. Calls: builtins that change the shell, then the tables.
// Invariants
//  C1  A command's name is known text of plain ASCII, found by its bare name in a table; anything else is a finding.
//  C2  What is not in a table is a finding, bash's own commands included.
import type { Assignment, Command, Word } from "unbash";
import { type Around, find, limits, note, notePattern, quoted, spanOf, tired, type Walk } from "./context.ts";
import { programOf } from "./programs/index.ts";
import { type Call, type Judging, readByTable } from "./programs/options.ts";
import type { CheckName } from "./programs/program.ts";
import type { TextSpan } from "./reading.ts";
import { readRedirects } from "./redirects.ts";
import { type BuiltinCall, bashBuiltins, builtinHandlers } from "./shell-builtins.ts";
import { anything, type Flow, flowOf, lineOf, type State, silent, unknownOutput, withList, withVariable } from "./state.ts";
import { type Argument, literal, prefixOf, textOfValue, type Value } from "./value.ts";
import { isDangerousName, mayExport } from "./variables.ts";
import { checkWord } from "./word-checks.ts";
import { expandWord } from "./words.ts";

export function readCommand(node: Command, state: State, around: Around, walk: Walk): Flow {
  const input = readRedirects(node.redirects, state, around, walk);
  const inside: Around = { ...around, ...input };
  const assignments = node.prefix.filter((part): part is Assignment => part.type === "Assignment");
  if (node.name === undefined) {
    if (assignments.length === 0) find(walk, "zsh-redirect", "unclear", "a redirection without a command: zsh runs one of its own", spanOf(walk, node));
    return readAssignments(assignments, state, inside, walk);
  }
  const parts: (Word | Assignment)[] = [node.name, ...node.args];
  checkGaps(node, walk);
  const words: Argument[] = [];
  const raws: string[] = [];
  parts.forEach((part, index) => {
    const made = part.type === "Word" ? expandWord(part, state, inside, walk) : [assignmentWord(part, state, inside, walk)];
    if (part.type === "Word") checkWord(part, made, index === 0, walk);
    for (const each of made) {
      words.push(each);
      raws.push(part.text);
    }
  });
  const span = spanOf(walk, node);
  const [name] = words;
  if (textOfValue(name?.value ?? literal("")) === "exec" && node.redirects.length > 0)
    find(walk, "eval-builtin", "unclear", "what is redirected by exec stays so for all later commands", span);
  for (const each of assignments) prefixAssignment(each, name === undefined ? "" : (textOfValue(name.value) ?? ""), state, inside, walk);
  for (const word of words) notePattern(word, state, walk);
  const before = walk.current;
  walk.current = remember(words, raws, span, walk);
  const flow = judgeWords(words, span, state, inside, walk);
  walk.current = before;
  return flow;
}

/** A process substitution is part of the word around it; the parser ends the word there. */
function checkGaps(node: Command, walk: Walk): void {
  const all = [...node.prefix, ...(node.name === undefined ? [] : [node.name]), ...node.suffix];
  all.forEach((part, index) => {
    const before = all[index - 1];
    if (before === undefined || before.end !== part.pos || part.type === "Redirect" || part.type === "HereDoc" || part.type === "HereString") return;
    find(walk, "process-input", "unclear", "a process substitution goes on as a part of a word", spanOf(walk, part));
  });
}

/** Keeps the command for the rules; returns its index. */
function remember(words: readonly Argument[], raws: readonly string[], span: TextSpan, walk: Walk): number {
  const open = words.flatMap((word, index) => (textOfValue(word.value) === null ? [index] : []));
  const texts = words.map((word, index) => textOfValue(word.value) ?? raws[index] ?? "");
  const key = JSON.stringify([texts, open]);
  const known = walk.commands.findIndex(
    (each) => each.span.start === span.start && each.span.end === span.end && JSON.stringify([each.words, each.open ?? []]) === key,
  );
  if (known >= 0) return known;
  walk.commands.push({ words: texts, span, ...(open.length === 0 ? {} : { open }) });
  return walk.commands.length - 1;
}

function readAssignments(assignments: readonly Assignment[], state: State, around: Around, walk: Walk): Flow {
  let at = state;
  for (const each of assignments) {
    const list = assignedList(each, at, around, walk);
    if (list !== null) {
      if (isDangerousName(each.name)) find(walk, "array", "unclear", `${each.name} is a list that zsh keeps its own things in`, spanOf(walk, each));
      at = withList(at, each.name, list);
      continue;
    }
    const value = assignedValue(each, at, around, walk);
    if (isDangerousName(each.name)) find(walk, "dangerous-variable", "unclear", `${each.name} changes what later commands do`, spanOf(walk, each));
    const known = each.append ? (at.variables.get(each.name) ?? anything) : literal("");
    at = withVariable(at, each.name, each.append ? appended(known, value) : value);
  }
  return flowOf(at, silent);
}

/** The elements of `name=(…)` and `name+=(…)`, as far as they are followed. */
function assignedList(each: Assignment, state: State, around: Around, walk: Walk): readonly Value[] | null {
  if (each.index !== undefined || each.value.type !== "ArrayValue") return null;
  const before = each.append ? state.lists.get(each.name) : [];
  const words = each.value.elements;
  // `[x]=y` names its own subscript.
  if (before === undefined || words.some((word) => word.text.startsWith("["))) return null;
  const made = words.flatMap((word) => expandWord(word, state, around, walk));
  for (const word of made) notePattern(word, state, walk);
  const values = [...before, ...made.map((word) => word.value)];
  return values.length > limits.words ? null : values;
}

function appended(one: Value, other: Value): Value {
  if (one.kind === "literal" && other.kind === "literal") return literal(one.text + other.text);
  return { kind: "unknown", prefix: prefixOf(one), splits: false, holds: "anything" };
}

function assignedValue(each: Assignment, state: State, around: Around, walk: Walk): Value {
  const span = spanOf(walk, each);
  if (each.index !== undefined || each.value.type === "ArrayValue") {
    find(walk, "array", "unclear", "arrays are not followed: zsh keeps its functions and commands in some", span);
    const words = each.value.type === "ArrayValue" ? each.value.elements : [each.value];
    for (const word of words) walk.value(word, state, around, walk);
    return anything;
  }
  return walk.value(each.value, state, around, walk);
}

function prefixAssignment(each: Assignment, command: string, state: State, around: Around, walk: Walk): void {
  const value = assignedValue(each, state, around, walk);
  if (command === "read" && each.name === "IFS" && value.kind === "literal") return;
  if (!each.append && mayExport(each.name, value)) return;
  const name = each.name === "IFS" ? "separators" : each.name === "PS4" ? "prompt" : "prefix-variable";
  find(walk, name, "unclear", `${quoted(each.text)} goes into the command's environment`, spanOf(walk, each));
}

/** `export A=b`: the assignment as the word that the builtin receives. */
function assignmentWord(each: Assignment, state: State, around: Around, walk: Walk): Argument {
  const value = assignedValue(each, state, around, walk);
  const head = `${each.name}${each.append ? "+" : ""}=`;
  const text = textOfValue(value);
  return { value: text === null ? { kind: "unknown", prefix: head, splits: false, holds: "anything" } : literal(head + text), span: spanOf(walk, each) };
}

export function judgeWords(words: readonly Argument[], span: TextSpan, state: State, around: Around, walk: Walk): Flow {
  const [first, ...rest] = words;
  if (first === undefined) return flowOf(state, silent);
  const name = textOfValue(first.value);
  if (name === null) {
    const glob = first.value.kind === "glob";
    find(walk, glob ? "glob-command" : "variable-command", "unclear", "which program runs is known only then", first.span);
    note(walk, { kind: "unknown", says: "a program that is known only when it runs", span });
    return flowOf(state);
  }
  if (around.depth > limits.depth) {
    find(walk, "too-deep", "unclear", `it is nested deeper than ${limits.depth}`, span);
    return flowOf(state);
  }
  if (around.depth > 0) {
    // Wrappers may have what they run judged more than once: within each other that would double with each of them.
    walk.visits += Math.ceil(words.length / 8);
    if (tired(walk, { pos: span.start, end: span.end })) return flowOf(state);
  }
  if (!isPlainName(name, first.span, walk)) return flowOf(state);
  const handler = builtinHandlers.get(name);
  if (handler !== undefined) {
    const call: BuiltinCall = {
      name,
      words: rest,
      span,
      nameSpan: first.span,
      state,
      around,
      walk,
      judge: (inner, at, within) => judgeWords(inner, span, at, within, walk),
    };
    return handler(call);
  }
  const program = programOf(name);
  if (program !== undefined) {
    const { input, pipe, bounded } = around;
    const ends = bounded === true ? { bounded } : {};
    const call: Call = { name, words: rest, folders: state.folders, home: walk.where.home, input, pipe, ...ends, span };
    const output = readByTable(program, call, judgingOf(state, around, walk));
    const text = name === "pwd" && rest.length === 0 && state.folders?.length === 1 ? literal(state.folders[0] ?? "") : null;
    return flowOf(state, name === "true" || name === "false" || name === ":" ? silent : { output, text });
  }
  unknown(name, first.span, span, walk);
  return flowOf(state, unknownOutput);
}

/** Programs by path, names of zsh, and letters that look like others. */
function isPlainName(name: string, span: TextSpan, walk: Walk): boolean {
  const command = walk.current;
  if (!/^[\x21-\x7e]+$/.test(name)) {
    find(walk, "homoglyph", "unclear", `${quoted(name)} has characters that no program's name has`, span);
    return false;
  }
  if (name.includes("/")) {
    find(walk, "project-program", "effect", `${quoted(name)} is a program by its path: what it does is not known by its name`, span, command);
    note(walk, { kind: "runs", says: name, span });
    return false;
  }
  const zsh = zshWords.get(name);
  if (zsh !== undefined) {
    find(walk, zsh, "unclear", `${quoted(name)} means something else to zsh`, span);
    return false;
  }
  return true;
}

const zshWords = new Map<string, "zsh-word" | "zsh-module" | "zsh-hook">([
  ...[
    "noglob",
    "nocorrect",
    "repeat",
    "always",
    "foreach",
    "end",
    "-",
    "autoload",
    "emulate",
    "setopt",
    "unsetopt",
    "print",
    "vared",
    "whence",
    "where",
    "which-command",
    "pushln",
    "sched",
    "limit",
    "unlimit",
    "rehash",
    "functions",
    "unfunction",
    "disable",
    "zcompile",
    "zle",
    "bindkey",
    "getln",
    "ttyctl",
    "float",
    "integer",
    "private",
  ].map((name) => [name, "zsh-word"] as const),
  ...[
    "zmodload",
    "zsocket",
    "ztcp",
    "zsystem",
    "sysopen",
    "sysread",
    "syswrite",
    "sysseek",
    "zf_rm",
    "zf_mv",
    "zf_ln",
    "zf_mkdir",
    "zf_chmod",
    "zf_chown",
    "zf_rmdir",
    "zf_sync",
    "zftp",
    "zpty",
    "zselect",
    "zprof",
    "zcurses",
    "zgdbmpath",
    "ztie",
    "zuntie",
    "mapfile-zsh",
  ].map((name) => [name, "zsh-module"] as const),
  ...["zstyle", "add-zsh-hook", "zparseopts", "zformat", "zregexparse", "compdef", "compctl", "compinit"].map((name) => [name, "zsh-hook"] as const),
]);

function unknown(name: string, nameSpan: TextSpan, span: TextSpan, walk: Walk): void {
  note(walk, { kind: "unknown", says: name, span });
  if (bashBuiltins.has(name)) find(walk, "eval-builtin", "unclear", `${quoted(name)} changes the shell, or runs text`, nameSpan);
  else find(walk, "unknown-program", "effect", `what ${quoted(name)} does is not known`, nameSpan, walk.current);
}

function judgingOf(state: State, around: Around, walk: Walk): Judging {
  return {
    finding: (check, kind, says, span) => find(walk, attributed(check, around), kind, says, span, walk.current),
    effect: (effect) => note(walk, effect),
    command: (words, more, of) => {
      const rest: Argument[] = more ? [{ value: lineOf(of.pipe, true), span: of.span }] : [];
      const at = of.folders === state.folders ? state : { ...state, folders: of.folders };
      const { bounded: _, ...outer } = around;
      const inner: Around = { ...outer, input: of.input, depth: around.depth + 1, leaves: null, ...(of.bounded === true ? { bounded: true } : {}) };
      const { output } = judgeWords([...words, ...rest], of.span, at, inner, walk).gives;
      return output === "nothing" ? "anything" : output;
    },
    script: (text, span, of) => walk.nested(text, of.name, span, { ...state, folders: of.folders }, { ...around, depth: around.depth + 1, leaves: null }),
  };
}

/** An interpreter that is fed its program is another class than one that is given a file. */
function attributed(check: CheckName, around: Around): CheckName | "piped-interpreter" | "heredoc-interpreter" {
  if (check !== "interpreter") return check;
  return around.input === "pipe" ? "piped-interpreter" : around.input === "text" ? "heredoc-interpreter" : check;
}
