// The shape of a check: what it is called, what it sees, and examples of both sides.
import type { CheckName } from "../programs/program.ts";

/** Checks of the walk itself; those of the tables are named in programs/program.ts. */
// biome-ignore format: a table
export type StructureName =
  | "control-character" | "carriage-return" | "bidi" | "invisible" | "odd-blank" | "half-character" | "unassigned" | "homoglyph"
  | "too-long" | "too-deep" | "too-many" | "syntax-error" | "second-parser" | "unlisted-syntax"
  | "list" | "lines" | "pipeline" | "keyword" | "group" | "background" | "coproc" | "substitution" | "backquotes" | "process-input" | "process-output"
  | "continuation" | "condition" | "loop" | "case" | "select" | "function" | "alias" | "piped-interpreter" | "heredoc-interpreter"
  | "separators" | "prompt" | "subscript" | "brace" | "escaped-word" | "locale-string" | "glob-command" | "spliced-word" | "parameter-code" | "array"
  | "heredoc-body" | "heredoc-end" | "heredoc-file" | "output" | "sensitive-target" | "device" | "descriptor" | "input-file"
  | "dangerous-variable" | "prefix-variable" | "export" | "shell-option" | "tilde" | "project-program"
  | "zsh-equals" | "zsh-module" | "zsh-qualifier" | "zsh-flag" | "zsh-redirect" | "zsh-word" | "zsh-hook"
  | "secret" | "symlink" | "plain-shell";

export type AnyCheck = CheckName | StructureName;

export interface Check {
  /** Stands in the name of its file; never given twice, never changed. */
  readonly id: number;
  readonly name: AnyCheck;
  /** The class of bypass that it answers for. */
  readonly class: string;
  readonly family: string;
  readonly title: string;
  readonly sees: string;
  /** Public: an advisory, a paper, a section of a manual. */
  readonly reference: string;
  readonly fires: readonly string[];
  /** Near misses that are proved harmless. */
  readonly passes: readonly string[];
  /** "disk": the text alone doesn't tell; the effects name the path, and whoever may look at the disk judges it. */
  readonly stage?: "disk";
}
