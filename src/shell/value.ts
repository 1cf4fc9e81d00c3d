// What is known of one word of a command before it runs.
import type { TextSpan } from "./reading.ts";

/**
 * "literal": exactly this text, one word. "glob": the names that match, each a word; the text itself when none does.
 * "unknown": text that is known only when it runs. "any-of": one of these, as in a loop over a list.
 */
export type Value =
  | { readonly kind: "literal"; readonly text: string }
  | {
      readonly kind: "glob";
      /** Quotes resolved; a character that stands for itself has a backslash before it. */
      readonly pattern: string;
      /** What every match begins with. */
      readonly prefix: string;
    }
  | {
      readonly kind: "unknown";
      /** What it begins with for certain; "" when nothing is known. */
      readonly prefix: string;
      /** Unquoted: it may become no word, several, or names that match. Names with blanks in them then fall apart: who looks at the disk sees them. */
      readonly splits: boolean;
      /** What is known of the text after `prefix`: digits alone; a word without blanks that begins with no dash; or names that programs listed, below the folder they were run in. */
      readonly holds: "anything" | "number" | "word" | "names";
      /** Of names: each ends with one of these ("find -name '*.ts'"). */
      readonly endings?: readonly string[];
      /** Of names: no link among them ("find -type f"). */
      readonly plain?: true;
      /** Of names: they fell apart at blanks before ("for f in $(find)"). */
      readonly apart?: true;
      /** The whole text, where all that isn't known of it are numbers: a NUL stands for each ("1,\0p"). */
      readonly form?: string;
    }
  | { readonly kind: "any-of"; readonly values: readonly Value[] };

/** One word as a program receives it. */
export interface Argument {
  readonly value: Value;
  readonly span: TextSpan;
}

/** The text with a NUL for each number that isn't known; null: something else in it isn't. */
export const formOf = (value: Value): string | null =>
  value.kind === "literal" ? value.text : value.kind !== "unknown" ? null : (value.form ?? (value.holds === "number" ? `${value.prefix}\0` : null));

export const literal = (text: string): Value => ({ kind: "literal", text });

/** The text when it is known, else null. */
export const textOfValue = (value: Value): string | null => (value.kind === "literal" ? value.text : null);

/** What every word that it can become begins with. */
export function prefixOf(value: Value): string {
  switch (value.kind) {
    case "literal":
      return value.text;
    case "glob":
    case "unknown":
      return value.prefix;
    case "any-of":
      return value.values.map(prefixOf).reduce(shared);
  }
}

function shared(one: string, other: string): string {
  let end = 0;
  while (end < one.length && one[end] === other[end]) end += 1;
  return one.slice(0, end);
}

/** Whether a word of it may be read as an option. */
export function mayBeOption(value: Value): boolean {
  switch (value.kind) {
    case "literal":
      return value.text.startsWith("-") && value.text !== "-";
    case "glob":
      return value.prefix === "" || value.prefix.startsWith("-");
    case "unknown":
      if (value.holds === "number" || value.holds === "word") return value.prefix.startsWith("-");
      // A number, then a mark or a command of sed: no dash begins it even where the number is left out.
      if (value.form !== undefined && /^\0(?:[^-\0\w]|[pdq]$)/.test(value.form)) return value.splits;
      return value.splits || value.prefix === "" || value.prefix.startsWith("-");
    case "any-of":
      return value.values.some(mayBeOption);
  }
}
