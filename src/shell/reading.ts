// What reading a shell text gives, in the shell's own terms.

/** Positions in the text, in UTF-16 units: [start, end). */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

export interface SimpleCommand {
  /** Name and arguments as the program receives them: quotes and escapes resolved. */
  readonly words: readonly string[];
  readonly span: TextSpan;
  /** Indexes of words that are known only when it runs: they stand in `words` as written, and only a wildcard matches them. */
  readonly open?: readonly number[];
}

/**
 * `commands`: every simple command that the text can run, in order; null when the text is not understood wholly,
 * with the first thing that stands in the way. Whoever grants something looks at `commands` alone.
 *
 * `heard`: what else is known to be in there: the literal parts of a text that is not understood, commands inside
 * wrappers (`sudo`, `xargs`, `sh -c` …), the same command by its base name or without its leading options. Words
 * that are not literal stand there as written. Complete for nobody: it serves those who refuse, never those who grant.
 */
export type ShellReading =
  | { readonly commands: readonly SimpleCommand[]; readonly heard: readonly SimpleCommand[] }
  | { readonly commands: null; readonly heard: readonly SimpleCommand[]; readonly unclear: string; readonly span: TextSpan };
