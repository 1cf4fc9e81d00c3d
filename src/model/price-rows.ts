// The rows of a price file, checked one by one. Loaded only when there is such a file.
import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { findModel } from "./catalogue.ts";
import type { CacheFacts, ModelPrice } from "./catalogue-row.ts";
import type { OwnPrice } from "./own-price.ts";

export interface PriceProblem {
  readonly line: number;
  readonly says: string;
}

const rates = ["input", "output", "cacheRead", "cacheWrite", "cacheWriteLong"] as const;
const cacheFacts = ["minimumTokens", "lookBackBlocks", "lifeSeconds", "longLifeSeconds"] as const;
const known = [...rates, ...cacheFacts, "longPrompt", "source", "asOf"];
const mostProblems = 20;
/** Far above any model; sums of a session's calls at such rates are still numbers. */
const highestRate = 1_000_000;

interface Reader {
  readonly text: string;
  readonly now: number;
  readonly problems: PriceProblem[];
}

export function parsePrices(source: string, now: number): { readonly rows: ReadonlyMap<string, OwnPrice>; readonly problems: readonly PriceProblem[] } {
  const text = source.startsWith("\ufeff") ? source.slice(1) : source;
  const reader: Reader = { text, now, problems: [] };
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const rows = new Map<string, OwnPrice>();
  const isEmpty = text.trim() === "";
  for (const { offset, error } of isEmpty ? [] : errors.slice(0, 5)) {
    report(
      reader,
      offset,
      `this is not JSON: ${printParseErrorCode(error)
        .replace(/([a-z])([A-Z])/g, "$1 $2")
        .toLowerCase()}`,
    );
  }
  if (isEmpty) report(reader, 0, "the file is empty: write {} for no prices of your own");
  else if (errors.length === 0 && root !== undefined) {
    if (root.type !== "object") report(reader, root.offset, 'prices are one object in braces, with a row for each model: { "provider/name": { … } }');
    for (const [key, value] of propertiesOf(reader, root, "a model")) {
      const row = readRow(reader, key, value);
      if (row) rows.set(row.reference, row);
    }
  }
  return { rows, problems: reader.problems.slice(0, mostProblems) };
}

function readRow(reader: Reader, key: Node, value: Node): OwnPrice | null {
  const reference = String(key.value);
  const before = reader.problems.length;
  if (!/^[a-z][a-z0-9-]*\/\S+$/.test(reference))
    report(reader, key.offset, `"${reference}" is no model: write provider/name, for example "anthropic/claude-sonnet-5-5"`);
  if (value.type !== "object") return bad(reader, value, `the row of ${reference} is an object in braces`);
  const fields = new Map(propertiesOf(reader, value, "a field").map(([name, node]) => [String(name.value), { name, node }]));
  for (const [name, { name: at }] of fields) {
    if (!known.includes(name)) report(reader, at.offset, `the row of ${reference} has a field "${name}" that is not known; there are ${known.join(", ")}`);
  }
  const price = readRates(reader, reference, value, "");
  const longPrompts = readLongPrompts(reader, reference, fields.get("longPrompt")?.node);
  const cache: Partial<Record<(typeof cacheFacts)[number], number>> = {};
  for (const name of cacheFacts) {
    const node = fields.get(name)?.node;
    if (node === undefined) continue;
    if (Number.isSafeInteger(node.value) && node.value >= (name === "minimumTokens" ? 0 : 1)) cache[name] = node.value;
    else report(reader, node.offset, `${name} of ${reference} is a whole number; here stands ${shown(reader, node)}`);
  }
  const source = fields.get("source")?.node;
  if (source === undefined) report(reader, key.offset, `the row of ${reference} has no "source": say where its figures come from`);
  else if (typeof source.value !== "string" || source.value.trim() === "") report(reader, source.offset, `source of ${reference} is a text that is not empty`);
  const asOf = readDay(reader, reference, key, fields.get("asOf")?.node);
  if (reader.problems.length > before || price === null || longPrompts === null || asOf === null) return null;
  return { reference, price, longPrompts, cache: cache as Partial<CacheFacts>, source: String(source?.value), asOf, line: lineOf(reader, key.offset) };
}

/** Null: something is wrong, and was reported. */
function readRates(reader: Reader, reference: string, object: Node, where: string): ModelPrice | null {
  const price: Partial<Record<(typeof rates)[number], number>> = {};
  const needed = neededRates(reference);
  let sound = true;
  const fields = new Map((object.children ?? []).map(({ children = [] }) => [String(children[0]?.value), children[1]]));
  for (const name of rates) {
    const node = fields.get(name);
    if (node === undefined) {
      if (!needed.includes(name)) continue;
      report(
        reader,
        object.offset,
        `the row of ${reference} has no "${name}"${where}${name.startsWith("cache") ? ": writing to the cache is billed there" : ""}`,
      );
      sound = false;
    } else if (isRate(node.value)) price[name] = node.value;
    else {
      const most = Number.isFinite(node.value) && node.value > highestRate ? `, and no model costs more than ${highestRate}` : "";
      report(reader, node.offset, `${name} of ${reference}${where} is US dollars per million tokens, 0 or more${most}; here stands ${shown(reader, node)}`);
      sound = false;
    }
  }
  return sound ? (price as unknown as ModelPrice) : null;
}

const isRate = (value: unknown): value is number => typeof value === "number" && value >= 0 && value <= highestRate;

/** Rates without which the worst case of a call would be too low. */
function neededRates(reference: string): readonly string[] {
  const slash = reference.indexOf("/");
  const row = findModel(reference.slice(0, slash), reference.slice(slash + 1));
  if (reference.startsWith("anthropic/")) return ["input", "output", "cacheWrite", "cacheWriteLong"];
  return row?.cache?.breakpoints === true ? ["input", "output", "cacheWrite"] : ["input", "output"];
}

/** One step or a list of steps; the longest first. Null: something is wrong. */
function readLongPrompts(reader: Reader, reference: string, node: Node | undefined): OwnPrice["longPrompts"] | null {
  if (node === undefined) return [];
  const steps = node.type === "array" ? (node.children ?? []) : [node];
  const found = steps.map((step) => {
    if (step.type !== "object") return bad(reader, step, `longPrompt of ${reference} is an object in braces, or a list of them`);
    const fields = propertiesOf(reader, step, "a field");
    for (const [{ value, offset }] of fields) {
      if (value !== "over" && !rates.some((name) => name === value))
        report(reader, offset, `longPrompt of ${reference} has a field "${value}" that is not known; there are over, ${rates.join(", ")}`);
    }
    const over = fields.find(([{ value }]) => value === "over")?.[1].value;
    if (!Number.isSafeInteger(over) || over < 1) return bad(reader, step, `longPrompt of ${reference} says in "over" above how many tokens it holds`);
    const price = readRates(reader, reference, step, " in longPrompt");
    return price === null ? null : { over: over as number, price };
  });
  if (new Set(found.map((step) => step?.over)).size < found.length) return bad(reader, node, `two steps of ${reference} begin at the same length`);
  return found.includes(null) ? null : found.filter((step) => step !== null).sort((left, right) => right.over - left.over);
}

const dayMilliseconds = 86_400_000;

function readDay(reader: Reader, reference: string, key: Node, node: Node | undefined): string | null {
  if (node === undefined) return bad(reader, key, `the row of ${reference} has no "asOf": say on which day its figures were read`);
  const text = String(node.value);
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text)
    return bad(reader, node, `asOf of ${reference} is a day, YYYY-MM-DD; here stands ${shown(reader, node)}`);
  return time > reader.now + dayMilliseconds ? bad(reader, node, `asOf of ${reference} lies in the future: ${text}`) : text;
}

/** Pairs of key and value. */
function propertiesOf(reader: Reader, object: Node, what: string): readonly (readonly [Node, Node])[] {
  const found = new Map<string, readonly [Node, Node]>();
  for (const { children = [] } of object.type === "object" ? (object.children ?? []) : []) {
    const [key, value] = children;
    if (key === undefined || value === undefined) continue;
    const name = String(key.value);
    if (found.has(name)) report(reader, key.offset, `"${name}" stands twice: ${what} has one row`);
    found.set(name, [key, value]);
  }
  return [...found.values()];
}

const lineOf = ({ text }: Reader, offset: number): number => text.slice(0, offset).split("\n").length;

function report(reader: Reader, offset: number, says: string): void {
  reader.problems.push({ line: lineOf(reader, offset), says });
}

function bad(reader: Reader, { offset }: Node, says: string): null {
  report(reader, offset, says);
  return null;
}

function shown({ text }: Reader, { offset, length, type }: Node): string {
  const own = text.slice(offset, offset + length);
  return type === "object" || type === "array" || own.length > 20 ? `a ${type}` : own;
}
