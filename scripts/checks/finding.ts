// What a check says: where, which rule, and what to do about it.
export interface Finding {
  /** Relative to the root that was checked. */
  readonly file: string;
  /** From 1; 0 when the finding is about the whole file. */
  readonly line: number;
  readonly says: string;
}

export const formatFinding = (finding: Finding): string => `${finding.file}${finding.line > 0 ? `:${finding.line}` : ""}  ${finding.says}`;
