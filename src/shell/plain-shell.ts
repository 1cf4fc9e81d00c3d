// What sh may read otherwise than bash does: it may be dash (Debian), busybox (Alpine), bash in its POSIX mode, or another one.
//
// Invariants
//  P1  Closed world: a kind of node that is not listed is read otherwise. dash(1) and POSIX.1-2017, Shell Command Language.
import { forEachChild, type ParsedScript, type SyntaxNode } from "unbash";

type Kind = SyntaxNode["type"];
type Node<T extends Kind> = Extract<SyntaxNode, { type: T }>;
type Row<T extends Kind> = true | ((node: Node<T>) => boolean);

/** Kinds of nodes that all shells read alike; some only in some forms. */
const alike: { readonly [T in Kind]?: Row<T> } = {
  Script: true,
  Statement: true,
  CompoundList: true,
  AndOr: true,
  // dash: "|&" is a pipe and a mistake.
  Pipeline: ({ operators }) => operators.every((operator) => operator === "|"),
  Negation: true,
  Command: ({ name, args }) => {
    const called = name?.text ?? "";
    return !missing.has(called) && !(called === "printf" && args[0]?.text.startsWith("-") === true);
  },
  Redirected: true,
  Subshell: true,
  BraceGroup: true,
  If: true,
  Elif: true,
  For: true,
  While: true,
  Case: true,
  CaseItem: ({ terminator }) => terminator === undefined || terminator === ";;",
  // dash: `a+=b` and `a[0]=b` are names of commands, and the variable stays as it was.
  Assignment: ({ append, index, value }) => !append && index === undefined && value.type === "Word" && !hidden.test(value.text),
  // dash: a pattern that begins with a dot has "..", too.
  Word: ({ text, parts }) => parts?.some(({ type }) => type === "Glob") !== true || !hidden.test(text),
  Literal: true,
  SingleQuoted: true,
  DoubleQuoted: true,
  // dash: "[^a]" is one of the two characters.
  Glob: ({ text }) => !text.startsWith("[^"),
  SimpleExpansion: ({ text }) => !ofBash.test(text.slice(1)),
  ParameterExpansion: ({ parameter, prefix, index }) => prefix !== "!" && index === undefined && !ofBash.test(parameter),
  Default: true,
  Remove: true,
  CommandExpansion: true,
  ArithmeticExpansion: ({ text }) => text.startsWith("$(("),
  ArithmeticBinary: ({ operator }) => operator !== "**" && operator !== ",",
  ArithmeticUnary: ({ operator }) => operator !== "++" && operator !== "--",
  ArithmeticTernary: true,
  ArithmeticGroup: true,
  ArithmeticWord: ({ value }) => !value.includes("#"),
  ArithmeticCommandExpansion: true,
  // dash: "&> x" is a command in the background and a file that is emptied; "12> x" is the word 12.
  Redirect: ({ operator, descriptor, target }) =>
    operator !== "&>" &&
    operator !== "&>>" &&
    (operator !== ">&" || /^[0-9-]$/.test(target?.text ?? "")) &&
    (descriptor === undefined || (descriptor.type === "FileDescriptor" && descriptor.value <= 9)),
  FileDescriptor: true,
  HereDoc: true,
  HereDocDelimiter: true,
  HereDocBody: true,
};

/** Commands of bash that other shells don't have, and so look for among the programs or leave undone. */
const missing = new Set("pushd popd dirs builtin declare typeset let source shopt mapfile readarray enable time".split(" "));
const ofBash =
  /^(?:BASH\w*|S?RANDOM|SECONDS|EPOCH\w+|E?UID|SHLVL|LINENO|COLUMNS|LINES|GROUPS|HOSTNAME|HOSTTYPE|MACHTYPE|OSTYPE|DIRSTACK|FUNCNAME|PIPESTATUS|SHELLOPTS)$/;
const hidden = /(?:^|[/"'])\.[^/]*[*?[]/;

/** The first place that another shell may read otherwise; null: all read it alike. */
export function readOtherwise(script: ParsedScript): SyntaxNode | null {
  let found: SyntaxNode | null = null;
  const visit = (node: SyntaxNode): void => {
    if (found !== null) return;
    const row = alike[node.type] as Row<Kind> | undefined;
    if (row === undefined || (row !== true && !row(node))) found = node;
    else forEachChild(node, visit);
  };
  visit(script);
  return found;
}
