// One question in SQL to the index, by somebody who may ask anything and change nothing.
//
// Invariants
//  Q1  One statement, and it only reads: the connection is read-only, and an authorizer refuses what is no reading of a view.
//  Q2  Of the tables under the views nothing is promised, so nothing of them is shown.
//  Q3  At most so many rows are held at once as are asked for, and of them no more than a fixed number of characters.
import { BosunError, messageOf, type Outcome, redact } from "../base/index.ts";
import { auditViews } from "./audit-views.ts";
import type { Database } from "./index-schema.ts";

export type SqlValue = string | number | null;
export interface SqlAnswer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
  /** There are more rows than were asked for. */
  readonly more: boolean;
}

const viewNames: ReadonlySet<string> = new Set(auditViews.map(({ name }) => name));
/** Tables that are made of their arguments. */
const functionTables: ReadonlySet<string> = new Set(["json_each", "json_tree"]);
const longestStatement = 100_000;
/** Bytes of one value, and of all that SQLite holds. */
const largestValue = 8 * 1024 * 1024;
/** Characters of all values of one answer. */
const mostAnswered = 64 * 1024 * 1024;
const mostMemory = 256 * 1024 * 1024;

/** A connection of its own to the file of the index, which can do nothing but read. */
export function openReadOnly(path: string): Outcome<Database> {
  try {
    const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
    return { ok: true, value: new DatabaseSync(path, { readOnly: true, allowExtension: false, timeout: 5000 }) };
  } catch (error) {
    return { ok: false, error: new BosunError("index-failed", `The index ${path} cannot be read: ${messageOf(error)}.`, { cause: error }) };
  }
}

/** From here on the connection answers questions and nothing else. */
export function onlyAnswer(database: Database): void {
  database.exec(`PRAGMA query_only = ON; PRAGMA trusted_schema = ON; PRAGMA hard_heap_limit = ${mostMemory}`);
  const { limits } = database as { readonly limits?: { length: number } };
  if (limits) limits.length = largestValue;
  const { constants } = process.getBuiltinModule("node:sqlite");
  // Node 24 before 24.10 has none: then the file being read-only is what holds
  if (typeof database.setAuthorizer !== "function") return;
  database.setAuthorizer((action, first, second, _database, within) => {
    switch (action) {
      case constants.SQLITE_SELECT:
      case constants.SQLITE_RECURSIVE:
        return constants.SQLITE_OK;
      case constants.SQLITE_FUNCTION:
        return second === "load_extension" ? constants.SQLITE_DENY : constants.SQLITE_OK;
      case constants.SQLITE_READ:
        // no column: a table under a view that is only joined or counted, or one that the statement itself makes
        return second === "" || isReadable(first, within) ? constants.SQLITE_OK : constants.SQLITE_DENY;
      default:
        return constants.SQLITE_DENY;
    }
  });
}

const isReadable = (table: string | null, within: string | null): boolean =>
  table !== null && (viewNames.has(table) || functionTables.has(table) || (within !== null && viewNames.has(within)));

/** `usage` where the statement is wrong; its message names the views. */
export function answerStatement(database: Database, sql: string, most: number): Outcome<SqlAnswer> {
  const problem = problemOf(sql);
  if (problem !== null) return wrong(problem);
  try {
    const statement = database.prepare(sql);
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    const columns = distinct(statement.columns().map(({ name }) => name));
    const rows: (readonly SqlValue[])[] = [];
    let held = 0;
    for (const row of statement.iterate() as unknown as Iterable<readonly unknown[]>) {
      if (rows.length === most) return { ok: true, value: { columns, rows, more: true } };
      held += row.reduce<number>((sum, one) => sum + (typeof one === "string" || one instanceof Uint8Array ? one.length : 8), 0);
      if (held > mostAnswered) return wrong(`the answer has more than ${mostAnswered} characters`);
      rows.push(row.map(shownValue));
    }
    return { ok: true, value: { columns, rows, more: false } };
  } catch (error) {
    return wrong(messageOf(error));
  }
}

function wrong(says: string): Outcome<never> {
  const next = `The views are ${[...viewNames].join(", ")}; \`bosun sql\` lists their columns.`;
  return { ok: false, error: new BosunError("usage", `This can't be asked: ${redact(says)}.`, { next }) };
}

/** Why this is not one statement that reads; null: it may be one. */
export function problemOf(sql: string): string | null {
  if (sql.length > longestStatement) return `the statement has ${sql.length} characters, and may have ${longestStatement}`;
  if (sql.includes("\u0000")) return "there is a NUL character in it";
  const bare = withoutQuoted(sql);
  const [first = "", ...more] = bare.split(";");
  if (more.some((rest) => rest.trim() !== "")) return "there is more than one statement";
  const word = /^\s*([A-Za-z]+)/.exec(first)?.[1]?.toUpperCase();
  if (word === undefined) return "there is no statement";
  return ["SELECT", "WITH", "EXPLAIN", "VALUES"].includes(word) ? null : `only SELECT, WITH, VALUES and EXPLAIN are answered, and this is ${word}`;
}

/** Comments and all that is quoted, as blanks: what an end of them is missing runs to the end of the text, as for SQLite. */
const withoutQuoted = (sql: string): string =>
  sql.replace(/--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|`(?:[^`]|``)*(?:`|$)|\[[^\]]*(?:\]|$)/g, (found) =>
    found.startsWith("-") || found.startsWith("/") ? " " : " x ",
  );

/** Two columns of one name are told apart. */
function distinct(names: readonly string[]): readonly string[] {
  const used = new Set<string>();
  return names.map((name) => {
    let one = name;
    for (let number = 2; used.has(one); number++) one = `${name}_${number}`;
    used.add(one);
    return one;
  });
}

function shownValue(value: unknown): SqlValue {
  if (value === null || typeof value === "number") return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return redact(String(value));
}
