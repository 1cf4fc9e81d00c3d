// Redirections: what a command reads from and writes to.
//
// Invariants
//  R1  An operator that is not listed, and a target that is not known, is a finding.
//  R2  Nothing is written but to /dev/null and to files that are open already.
import type { HereDoc, HereString, Redirect, Redirection } from "unbash";
import type { Atom } from "./atoms.ts";
import { type Around, find, note, opens, quoted, spanOf, type Walk } from "./context.ts";
import type { Output } from "./programs/program.ts";
import { isKnownPath } from "./programs/word-values.ts";
import type { TextSpan } from "./reading.ts";
import { anything, type State } from "./state.ts";
import { textOfValue, type Value } from "./value.ts";
import { addQuoted, expandWord } from "./words.ts";

export interface Input {
  readonly input: Around["input"];
  readonly pipe: Output;
}

const harmlessTarget = /^\/dev\/(?:null|stdout|stderr|fd\/[0-9])$/;
/** Writing there changes what somebody else runs. Names, at any depth: whoever looks at the disk knows more. */
const sensitive =
  /(?:^|\/)(?:\.git(?:\/|$)|\.(?:bashrc|bash_profile|bash_login|bash_aliases|profile|zshrc|zshenv|zprofile|envrc|npmrc|gitconfig|gitmodules|ssh\/|gnupg\/|aws\/|vimrc|netrc)|\.github\/workflows\/|\.husky\/|\.vscode\/|\.bosun\/|\.claude\/|\.mcp\.json$)|^\/(?:etc|usr|bin|sbin|lib|boot|var\/spool\/cron)\//;

/** What the redirections of one command do, in order. Returns where its standard input then comes from. */
export function readRedirects(redirects: readonly Redirection[], state: State, around: Around, walk: Walk): Input {
  let input: Input = { input: around.input, pipe: around.pipe };
  for (const redirect of redirects) {
    const next =
      redirect.type === "HereDoc"
        ? readHereDoc(redirect, redirects, state, around, walk)
        : redirect.type === "HereString"
          ? readHereString(redirect, state, around, walk)
          : readRedirect(redirect, redirects, state, around, walk);
    if (next !== null) input = next;
  }
  return input;
}

const ofInput = (redirect: Redirection): boolean =>
  redirect.descriptor === undefined || (redirect.descriptor.type === "FileDescriptor" && redirect.descriptor.value === 0);

function readRedirect(redirect: Redirect, all: readonly Redirection[], state: State, around: Around, walk: Walk): Input | null {
  const span = spanOf(walk, redirect);
  const { operator, target, descriptor } = redirect;
  if (descriptor?.type === "FileDescriptorVariable") find(walk, "descriptor", "unclear", `it opens a file under the variable ${quoted(descriptor.name)}`, span);
  if (target === undefined) {
    find(walk, "syntax-error", "unclear", "a redirection without a target", span);
    return null;
  }
  if (
    target.parts?.length === 1 &&
    target.parts[0]?.type === "ProcessSubstitution" &&
    target.parts[0].operator === "<" &&
    operator === "<" &&
    ofInput(redirect)
  ) {
    return { input: "pipe", pipe: substituted(redirect, state, around, walk) };
  }
  if (/^[!(]/.test(target.text)) find(walk, "zsh-redirect", "unclear", "zsh reads this redirection otherwise", span);
  // Braces, splitting and patterns take place here too; more than one word is an error of bash's.
  const made = expandWord(target, state, around, walk);
  const value = made.length === 1 && made[0] !== undefined ? made[0].value : anything;
  const text = textOfValue(value);
  switch (operator) {
    case "<":
      return readsFile(value, text, span, ofInput(redirect), state, walk);
    case "<&":
      if (text === null || !/^\d{0,3}-?$/.test(text)) find(walk, "descriptor", "unclear", `which open file ${quoted(target.text)} is is not known`, span);
      return null;
    case "<>":
      find(walk, "output", "effect", `it opens ${quoted(target.text)} for writing too`, span);
      note(walk, { kind: "writes", path: { value, folders: state.folders }, span });
      return null;
    case ">&":
      if (text !== null && /^(?:\d{1,3}-?|-)$/.test(text)) return null;
      writes(value, target.text, span, all, state, walk);
      return null;
    case ">":
    case ">>":
    case ">|":
    case "&>":
    case "&>>":
      if (text === null || !harmlessTarget.test(text)) writes(value, target.text, span, all, state, walk);
      return null;
  }
}

function substituted(redirect: Redirect, state: State, around: Around, walk: Walk): Output {
  const part = redirect.target?.parts?.[0];
  if (part?.type !== "ProcessSubstitution" || part.script === undefined) {
    find(walk, "syntax-error", "unclear", "a substitution that is not read", spanOf(walk, redirect));
    return "anything";
  }
  if (!opens(walk, "process-input")) return "anything";
  const { output } = walk.script(part.script, state, { ...around, input: "nothing", depth: around.depth + 1, leaves: null }).gives;
  return output === "nothing" ? "anything" : output;
}

function readsFile(value: Value, text: string | null, span: TextSpan, stdin: boolean, state: State, walk: Walk): Input | null {
  if (text !== null && /^\/dev\/(?:tcp|udp)\//.test(text)) {
    find(walk, "device", "option", "bash opens a connection for this name", span);
    note(walk, { kind: "network", host: text.split("/")[3] ?? null, span });
  } else {
    if (!isKnownPath(value)) find(walk, "unknown-path", "unclear", "which file it reads is known only when it runs", span);
    if (opens(walk, "input-file")) note(walk, { kind: "reads", path: { value, folders: state.folders }, what: "content", deep: false, span });
  }
  return stdin ? { input: text === "/dev/null" ? "nothing" : "file", pipe: "anything" } : null;
}

function writes(value: Value, shown: string, span: TextSpan, all: readonly Redirection[], state: State, walk: Walk): void {
  const text = textOfValue(value);
  note(walk, { kind: "writes", path: { value, folders: state.folders }, span });
  if (text === null) find(walk, "device", "unclear", `where ${quoted(shown)} leads is known only when it runs`, span);
  else if (/^\/dev\//.test(text))
    find(
      walk,
      "device",
      /^\/dev\/(?:sd|nvme|hd|vd|xvd|mmcblk|mem|kmem|port|disk)/.test(text) ? "never" : "option",
      `it writes to the device ${quoted(text)}`,
      span,
    );
  else if (sensitive.test(text)) find(walk, "sensitive-target", "effect", `it writes to ${quoted(text)}, which decides what others run`, span);
  else if (all.some((each) => each.type === "HereDoc")) find(walk, "heredoc-file", "effect", `it writes its here-document to ${quoted(text)}`, span);
  else find(walk, "output", "effect", `it writes to ${quoted(text)}`, span);
}

function readHereString(redirect: HereString, state: State, around: Around, walk: Walk): Input | null {
  if (redirect.target !== undefined) walk.value(redirect.target, state, around, walk);
  return ofInput(redirect) ? { input: "text", pipe: "anything" } : null;
}

function readHereDoc(redirect: HereDoc, all: readonly Redirection[], state: State, around: Around, walk: Walk): Input | null {
  const span = spanOf(walk, redirect);
  const { delimiter, body, closing } = redirect;
  if (all.filter((each) => each.type === "HereDoc").length > 1) find(walk, "heredoc-end", "unclear", "several here-documents stand at one command", span);
  if (delimiter === undefined || closing === undefined || !/^\w+$/.test(delimiter.value) || !/^(?:\w+|'\w+'|"\w+"|\\\w+)$/.test(delimiter.text))
    find(walk, "heredoc-end", "unclear", "where its here-document ends is unclear", span);
  if (delimiter?.quoted === false && body.parts !== undefined && opens(walk, "heredoc-body")) addQuoted(body.parts, [] as Atom[], state, around, walk);
  return ofInput(redirect) ? { input: "text", pipe: "anything" } : null;
}
