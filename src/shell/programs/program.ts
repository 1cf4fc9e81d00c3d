// The shape of a program's table: what its options and operands do. One file per family; data wherever data will do.
import type { Below, Effect, PathMention } from "../effect.ts";
import type { TextSpan } from "../reading.ts";
import type { Argument, Value } from "../value.ts";

/**
 * What a word does. "text": nothing, whatever it says. "number": digits, else unclear. "read": that file's content. "read-deep": all files
 * below it. "names": looks at it or lists it, not its content. "names-deep". "write". "run": a program or a text that is run. "network".
 * "list": a file that names further files or holds options. "refuse": what it does is not followed.
 */
export type Role = "text" | "number" | "read" | "read-deep" | "names" | "names-deep" | "write" | "run" | "network" | "list" | "refuse";

/**
 * What a program's output consists of, line by line: names of files that it found below the folders it was given; digits; "word": letters, digits
 * and marks without a blank, the first no dash (a revision, the name of a branch); the lines of its input.
 */
export type Output = "names" | Names | "number" | "word" | "input" | "anything";

export interface Names {
  readonly kind: "names";
  /** What each begins with for certain ("src/"). */
  readonly prefix: string;
  /** Each ends with one of these ("find -name '*.ts'"). */
  readonly endings?: readonly string[];
  /** None is a link ("find -type f"). */
  readonly plain?: true;
}

export interface OptionRow {
  /** Space-separated: "-n --lines". "-#" stands for a dash and digits ("head -20", "grep -3", "git log -5"). */
  readonly names: string;
  /** Of its value. Absent: it takes none. */
  readonly value?: Role;
  /** The value is only taken when attached ("--color=auto", "-U3"); without it the option stands alone. */
  readonly optional?: true;
  /** What the option itself does: it is refused whatever its value. `says` to go after "because". */
  readonly does?: { readonly kind: "run" | "write" | "network" | "hangs" | "refuse"; readonly says: string };
}

/** How options are written. "gnu": bundles, `--name=value`, long options, options after operands too. "posix": bundles, none after the first operand. "words": `-name value`, never bundled (find, java). "none": no options at all: every word is an operand (echo, true). */
export type OptionStyle = "gnu" | "posix" | "words" | "none";

export interface Program {
  /** Space-separated names that it is called by. */
  readonly names: string;
  readonly style?: OptionStyle /** "gnu" when absent. */;
  /** Its own ways of writing options put into the way of `style` ("tar tf x" as "tar -t -f x"), before anything is read. */
  readonly rewrite?: (words: readonly Argument[]) => readonly Argument[];
  /** Harmless options without a value, space-separated: "-l -a --all". */
  readonly flags?: string;
  readonly options?: readonly OptionRow[];
  /** What the operands do, in order; the last role is that of all that follow. Empty: it takes none, more is unclear. Absent: "text". */
  readonly operands?: readonly Role[];
  /** At most so many operands; more is unclear. */
  readonly most?: number;
  /** When no operand is given: what it then reads ("." for ls, du, find, rg). */
  readonly without?: { readonly role: Role; readonly text: string };
  /** What the program does by being called at all, said for the person; absent: nothing but what its words say. */
  readonly does?: {
    readonly check: CheckName;
    readonly kind: "effect" | "unclear" | "never";
    readonly says: string;
    readonly effect?: "runs" | "unknown" | "writes" | "network";
  };
  /** Only these forms are harmless whatever `does` says: whole argument lists, space-separated ("--version", "version", "-V"). */
  readonly harmless?: readonly string[];
  /** Sub-commands by name, each a program of its own ("git log"); options before the sub-command are those of this table. */
  readonly commands?: readonly Program[];
  /** The option that names the folder in which the sub-command works; each goes on from the last ("-C" of git and make). */
  readonly folder?: string;
  /** What its output is; absent: "anything". */
  readonly gives?: Output | ((line: Line) => Output);
  /** What data can't say: called with what options and operands were found; returns what it adds. */
  readonly look?: (line: Line, report: Report) => void;
}

/** Name of the check that answers for it; the number stands in the check's file. */
// biome-ignore format: a table
export type CheckName =
  | "interpreter" | "wrapper" | "exec-option" | "write-option" | "abbreviated-option" | "bundled-option" | "git-option" | "program-text" | "network"
  | "project-code" | "mutation" | "catastrophic" | "hang" | "outside" | "unknown-program" | "unknown-option" | "eval-builtin" | "arithmetic" | "glob-option" | "variable-command"
  | "cd" | "environment" | "repository" | "refused-option" | "list-option" | "unknown-path" | "privilege";

/** A command line, split by its table. */
export interface Line {
  readonly program: string;
  /** Every word after the program's name (and the sub-command's). */
  readonly words: readonly Argument[];
  readonly options: readonly { readonly name: string; readonly value: Argument | null; readonly span: TextSpan }[];
  readonly operands: readonly Argument[];
  readonly folders: readonly string[] | null;
  /** The person's home folder, where known. */
  readonly home?: string;
  /** It is ended after a while by what runs it: that it goes on is no matter. */
  readonly bounded?: true;
  /** Where its standard input comes from. */
  readonly input: "nothing" | "pipe" | "text" | "file";
  /** What comes in by the pipe. */
  readonly pipe?: Output;
  readonly span: TextSpan;
}

/** How a table says what it found. */
export interface Report {
  finding(check: CheckName, kind: "effect" | "option" | "unclear" | "never", says: string, span: TextSpan): void;
  effect(effect: Effect): void;
  path(value: Value): PathMention;
  /** Judges a word as the table's data would in that role. `of`: what it is said to be; absent: the program. */
  word(argument: Argument, role: Role, more?: { readonly of?: string; readonly option?: boolean; readonly below?: Below }): void;
  /** A command inside a command (xargs, find -exec, env, time): judged as if it stood there. `more`: words follow that are not known. */
  command(
    words: readonly Argument[],
    more: boolean,
    folders?: readonly string[] | null /** where it runs, if elsewhere (`git -C x`, `env -C x`) */,
    how?: { readonly bounded?: true /** it is ended after a while */; readonly input?: "nothing" /** it gets no input of its own */ },
  ): void;
  /** A text that is run as a shell script. */
  script(text: string, span: TextSpan): void;
}
