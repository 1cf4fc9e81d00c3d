// The shape of a corpus row, and how rows are counted.
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Row {
  readonly id: string;
  /** The class's code and name, as in "C02-command-substitution"; "B…" are benign. */
  readonly class: string;
  readonly command: string;
  readonly shell: "bash" | "zsh";
  readonly verdict: "allow" | "ask" | "deny";
  readonly why: string;
  /**
   * What running it does, for a machine to check. Paths are relative to the project, or `~/…`, or absolute.
   * `file:P` makes P. `modify:P`, `delete:P`. `glob:P` makes something that matches. `stdout:T` prints T. `git` changes the repository.
   * `connect` tries to reach the network. `hang` doesn't end. `none`: changes and reaches nothing, ends with 0 or 1. `notrun:WHY`.
   */
  readonly effect: string;
  /** Runs with a terminal. */
  readonly terminal?: true;
  /** Programs that it needs: skipped where one is missing. */
  readonly needs?: readonly string[];
}

export const readRows = (file: string): Row[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

/** "C02-command-substitution" → "C02". */
export const codeOf = (row: Pick<Row, "class">): string => row.class.split("-", 1)[0] ?? row.class;
export const isHostile = (row: Pick<Row, "verdict">): boolean => row.verdict !== "allow";

/** Of this corpus. */
export const corpusFiles: readonly string[] = ["hostile.jsonl", "benign.jsonl", "second-hand.jsonl"].map((name) => join(import.meta.dirname, name));

export interface ClassCount {
  readonly class: string;
  readonly hostile: boolean;
  readonly rows: number;
  readonly wrong: number;
}

/** By the names of the classes. */
export function countByClass(judged: readonly { readonly row: Row; readonly wrong: boolean }[]): ClassCount[] {
  const classes = new Map<string, ClassCount>();
  for (const { row, wrong } of judged) {
    const { rows, wrong: before } = classes.get(row.class) ?? { rows: 0, wrong: 0 };
    classes.set(row.class, { class: row.class, hostile: isHostile(row), rows: rows + 1, wrong: before + (wrong ? 1 : 0) });
  }
  return [...classes.values()].sort((one, other) => (one.class < other.class ? -1 : 1));
}

/** "3 of 40 (7.5 %)". */
export const shareText = (part: number, of: number): string => `${part} of ${of} (${of === 0 ? "–" : ((100 * part) / of).toFixed(1)} %)`;
