// One settings file: JSON with comments, checked against the table. Loaded only when there is such a file.
import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { formOf, type Setting, type SettingKind, type SettingName, settingsTable } from "./settings-table.ts";

export interface FoundSetting {
  readonly name: SettingName;
  readonly value: string | number | boolean | readonly FoundItem[];
  readonly line: number;
}
export interface FoundItem {
  readonly text: string;
  readonly line: number;
}
export interface FileProblem {
  /** Both from 1; columns in characters. */
  readonly line: number;
  readonly column: number;
  readonly says: string;
}
export interface SettingsFile {
  readonly found: readonly FoundSetting[];
  readonly problems: readonly FileProblem[];
}

interface Reader {
  readonly text: string;
  readonly found: FoundSetting[];
  readonly problems: FileProblem[];
}

const table: Readonly<Record<string, Setting>> = settingsTable;
const names = Object.keys(table);
const mostProblems = 20;
const deepest = 64;

export function readSettingsFile(source: string): SettingsFile {
  const text = source.startsWith("\ufeff") ? source.slice(1) : source;
  const errors: ParseError[] = [];
  const reader: Reader = { text, found: [], problems: [] };
  const deep = tooDeep(text);
  if (deep !== null) {
    report(reader, deep, `this is nested deeper than ${deepest} levels`);
    return { found: [], problems: reader.problems };
  }
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const empty = text.trim() === "";
  for (const error of empty ? [] : errors.slice(0, 5)) report(reader, error.offset, `this is not JSON: ${spaced(printParseErrorCode(error.error))}`);
  if (empty) report(reader, 0, "the file is empty: write {} for no settings");
  else if (errors.length === 0 && root !== undefined) {
    if (root.type === "object") readObject(root, "", reader);
    else report(reader, root.offset, `the settings are one object in braces, here stands ${article(root.type)}`);
  }
  return { found: reader.found, problems: reader.problems.slice(0, mostProblems) };
}

/** Where it is nested deeper than any settings are, and than a parser can follow; else null. */
function tooDeep(text: string): number | null {
  let depth = 0;
  for (const { 0: found, index } of text.matchAll(/\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"[^"\\\n]*(?:\\.[^"\\\n]*)*(?:"|\n|$)|[[{\]}]/g)) {
    if (found === "[" || found === "{") depth += 1;
    if (found === "]" || found === "}") depth -= 1;
    if (depth > deepest) return index;
  }
  return null;
}

function readObject(object: Node, prefix: string, reader: Reader): void {
  const seen = new Set<string>();
  for (const property of object.children ?? []) {
    const [key, value] = property.children ?? [];
    if (key === undefined || value === undefined) continue;
    const name = `${prefix}${key.value}`;
    if (seen.has(name)) report(reader, key.offset, `"${name}" is set twice`);
    seen.add(name);
    if (prefix === "" && name === "$schema") continue;
    if (Object.hasOwn(table, name)) readValue(name as SettingName, value, reader);
    else if (!names.some((each) => each.startsWith(`${name}.`))) report(reader, key.offset, unknown(name, prefix));
    else if (value.type === "object") readObject(value, `${name}.`, reader);
    else report(reader, value.offset, `"${name}" is an object in braces, here stands ${article(value.type)}`);
  }
}

function readValue(name: SettingName, node: Node, reader: Reader): void {
  const { type } = table[name] as Setting;
  const { line } = placeOf(reader.text, node.offset);
  const bad = type.kind === "list" ? badInList(node) : fits(type, node.value) ? null : node;
  if (bad !== null) {
    report(reader, bad.offset, `"${name}" is ${formOf(type)}; here stands ${shown(bad, reader)}`);
    return;
  }
  const items = (node.children ?? []).map((child) => ({ text: String(child.value), line: placeOf(reader.text, child.offset).line }));
  reader.found.push({ name, value: type.kind === "list" ? items : (node.value as string | number | boolean), line });
}

const badInList = (node: Node): Node | null =>
  node.type === "array" ? ((node.children ?? []).find((child) => child.type !== "string" || child.value === "") ?? null) : node;

function fits(type: SettingKind, value: unknown): boolean {
  switch (type.kind) {
    case "number":
      return typeof value === "number" && Number.isFinite(value) && value >= type.least && (!type.whole || Number.isInteger(value));
    case "choice":
      return typeof value === "string" && type.among.includes(value);
    case "flag":
      return typeof value === "boolean";
    case "list":
      return false;
    case "text":
      return typeof value === "string" && value !== "" && (type.pattern === undefined || type.pattern.test(value));
  }
}

function report(reader: Reader, offset: number, says: string): void {
  reader.problems.push({ ...placeOf(reader.text, offset), says });
}

function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: [...(before.at(-1) ?? "")].length + 1 };
}

function unknown(name: string, prefix: string): string {
  const near = nearest(name, prefix);
  return `there is no setting "${name}"${near === null ? "; docs/settings.md lists all" : `: "${near}" is meant, perhaps`}`;
}

/** The key that was meant: by its whole name, by its last part in the same group, or by its last part anywhere. */
function nearest(name: string, prefix: string): string | null {
  const groups = names.flatMap((each) => each.split(".").map((_, index, parts) => parts.slice(0, index + 1).join(".")));
  const last = (text: string) => text.slice(text.lastIndexOf(".") + 1);
  let best: { readonly name: string; readonly distance: number } | null = null;
  for (const each of new Set(groups)) {
    const sameGroup = each.startsWith(prefix) && !each.slice(prefix.length).includes(".");
    const distance = Math.min(editDistance(name, each), editDistance(last(name), last(each)) + (sameGroup ? 0 : 0.5));
    if (distance <= Math.max(1.5, last(name).length / 3) && (best === null || distance < best.distance)) best = { name: each, distance };
  }
  return best?.name ?? null;
}

/** Insertions, deletions, replacements and swaps of neighbours, without regard to case. */
export function editDistance(left: string, right: string): number {
  const [one, two] = [left.toLowerCase(), right.toLowerCase()];
  let before: number[] = [];
  let last = Array.from({ length: two.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const now = [row];
    for (let column = 1; column <= two.length; column++) {
      const same = one[row - 1] === two[column - 1];
      let least = Math.min((last[column] ?? 0) + 1, (now[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + (same ? 0 : 1));
      if (row > 1 && column > 1 && one[row - 1] === two[column - 2] && one[row - 2] === two[column - 1]) least = Math.min(least, (before[column - 2] ?? 0) + 1);
      now.push(least);
    }
    before = last;
    last = now;
  }
  return last[two.length] ?? 0;
}

const article = (type: string): string => (type === "null" ? "null" : `${/^[aeiou]/.test(type) ? "an" : "a"} ${type}`);
const spaced = (code: string): string => code.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();

/** Short, and never more of a value than what shows the mistake: it may be a key that was pasted into the wrong place. */
function shown(node: Node, reader: Reader): string {
  const text = reader.text.slice(node.offset, node.offset + node.length);
  return node.type === "object" || node.type === "array" || text.length > 20 ? article(node.type) : text;
}
