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
