// Rows of option tables, written short: groups divided by commas, the names of one option by spaces ("-n --lines, -c"); and what a line has of them.
import { posix } from "node:path";
import { type Argument, literal, textOfValue } from "../value.ts";
import type { Line, OptionRow, Role } from "./program.ts";

type Deed = NonNullable<OptionRow["does"]>["kind"];

const groupsOf = (groups: string): readonly string[] => groups.split(",").map((names) => names.trim().replace(/\s+/g, " "));

/** Options whose value stands attached or as the next word. */
export const taking = (value: Role, groups: string): OptionRow[] => groupsOf(groups).map((names) => ({ names, value }));

/** Options whose value is only taken when attached. */
export const attached = (value: Role, groups: string): OptionRow[] => groupsOf(groups).map((names) => ({ names, value, optional: true }));

/** Options without a value that are refused. */
export const refused = (kind: Deed, says: string, groups: string): OptionRow[] => groupsOf(groups).map((names) => ({ names, does: { kind, says } }));

/** Options with a value that are refused whatever it is. */
export const refusedTaking = (kind: Deed, says: string, groups: string): OptionRow[] =>
  groupsOf(groups).map((names) => ({ names, value: "text", does: { kind, says } }));

export const refusedAttached = (kind: Deed, says: string, groups: string): OptionRow[] =>
  groupsOf(groups).map((names) => ({ names, value: "text", optional: true, does: { kind, says } }));

/** Each of the long options and its "--no-" form. */
export const both = (names: string): string =>
  names
    .split(" ")
    .map((name) => `${name} --no-${name.slice(2)}`)
    .join(" ");

/** Whether one of these options stands on the line: whichever of its names was written. */
export function has(line: { readonly options: readonly { readonly name: string }[] }, names: string): boolean {
  const wanted = names.split(" ");
  return line.options.some(({ name }) => wanted.includes(name));
}

/** What these options are given, in order; null for one that stands alone. */
export function valuesOf(line: Pick<Line, "options">, names: string): readonly (Argument | null)[] {
  const wanted = names.split(" ");
  return line.options.filter(({ name }) => wanted.includes(name)).map(({ value }) => value);
}

/** Where it works after `-C x -C y`; null: not known. */
export function foldersAfter(line: Pick<Line, "options" | "folders">, names: string): readonly string[] | null {
  let now = line.folders;
  for (const value of valuesOf(line, names)) {
    const text = value === null ? null : textOfValue(value.value);
    now = text === null || now === null ? null : now.map((folder) => posix.resolve(folder, text));
  }
  return now;
}

/** These places; the folder it works in, when none is named. */
export const orHere = (places: readonly Argument[], line: Line): readonly Argument[] =>
  places.length > 0 ? places : [{ value: literal("."), span: line.span }];
