// What the journals of a home add up to, per project and day, read as they grow.
//
// Owns: $BOSUN_HOME/budget.db, a cache of what was read: disposable. Calls: the file system (reads journals), SQLite.
// Invariants
//  P1  Only journals say what was spent: a row is as good as the lines up to its offset, and the rest is read before it is used.
//  P2  A request that has no closing line counts at its worst case, whoever wrote it and whether or not that process lives.
//  P3  A journal that is gone keeps its rows: clearing old sessions away gives no money back while this file stands.
//  P4  Its only writer holds the lock of shared-budget.ts.
import type { Amount } from "../budget/index.ts";
import { add, nothing } from "../budget/index.ts";
import type { Entry } from "./entry.ts";
import { type Database, inTransaction } from "./index-schema.ts";
import { decodeLine } from "./line.ts";

/** What is settled and what is held for open requests, in dollars and tokens. */
export interface Spending {
  readonly spent: Amount;
  readonly reserved: Amount;
}

export interface SpendingFile {
  /** Reads what the journals under `folders` (projects) have grown by. */
  refresh(folders: readonly string[]): void;
  /** `project`: a folder; absent: all. `since`: a day, YYYY-MM-DD; days after it count too, whatever the clock says now. */
  total(where: { readonly project?: string; readonly since?: string }): Spending;
  close(): void;
}

const version = 1;
const tables = `
  CREATE TABLE journal (path TEXT PRIMARY KEY, project TEXT NOT NULL, inode INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE open (path TEXT NOT NULL, request TEXT NOT NULL, day TEXT NOT NULL, usd REAL NOT NULL, tokens REAL NOT NULL, PRIMARY KEY (path, request)) WITHOUT ROWID;
  CREATE TABLE spent (path TEXT NOT NULL, day TEXT NOT NULL, billionths INTEGER NOT NULL, tokens INTEGER NOT NULL, PRIMARY KEY (path, day)) WITHOUT ROWID;
  PRAGMA user_version = ${version};`;

/** The day of a time, as the person's clock shows it: YYYY-MM-DD. */
export function dayOf(milliseconds: number): string {
  const date = new Date(milliseconds);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The caller holds the lock. A file that is damaged or of another version is made anew from the journals. */
export function openSpendingFile(path: string): SpendingFile {
  const { rmSync } = process.getBuiltinModule("node:fs");
  let database: Database;
  try {
    database = connect(path);
  } catch {
    for (const name of [path, `${path}-journal`]) rmSync(name, { force: true });
    database = connect(path);
  }
  return {
    refresh: (folders) => {
      const rows = database.prepare("SELECT path, inode, bytes FROM journal").all() as unknown as readonly (Known & { readonly path: string })[];
      const known = new Map(rows.map((row) => [row.path, row]));
      for (const folder of folders) for (const journal of journalsOf(folder)) refreshJournal(database, folder, journal, known.get(journal));
    },
    total: (where) => totalOf(database, where),
    close: () => database.close(),
  };
}

function connect(path: string): Database {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = new DatabaseSync(path, { timeout: 5_000 });
  try {
    process.getBuiltinModule("node:fs").chmodSync(path, 0o600);
    // it can be made anew at any time: no need to wait for the disk
    database.exec("PRAGMA synchronous = OFF");
    const { user_version: found } = database.prepare("PRAGMA user_version").get() as { user_version: number };
    const { count } = database.prepare("SELECT count(*) AS count FROM sqlite_master").get() as { count: number };
    if (count === 0) database.exec(tables);
    else if (found !== version) throw new Error("its tables are of another version");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Journals of sessions and of the agents in them. */
function journalsOf(folder: string): readonly string[] {
  const fs = process.getBuiltinModule("node:fs");
  const names = (of: string): readonly string[] => {
    try {
      return fs.readdirSync(of);
    } catch {
      return []; // no such folder, or none of ours
    }
  };
  const journals: string[] = [];
  const visit = (session: string): void => {
    journals.push(`${session}/journal.jsonl`);
    for (const agent of names(`${session}/agents`)) visit(`${session}/agents/${agent}`);
  };
  for (const name of names(folder)) if (name !== "blobs") visit(`${folder}/${name}`);
  return journals;
}

interface Known {
  readonly inode: number;
  readonly bytes: number;
}

function refreshJournal(database: Database, project: string, path: string, known: Known | undefined): void {
  const stat = process.getBuiltinModule("node:fs").statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) return;
  if (known?.inode === stat.ino && known.bytes === stat.size) return;
  inTransaction(database, () => {
    const from = known?.inode === stat.ino && known.bytes <= stat.size ? known.bytes : 0;
    const read = readLines(path, from, stat.size);
    // what stood there was cut and written anew: nothing of what is known of it can be trusted
    const whole = from > 0 && read.bad ? readLines(path, 0, stat.size) : read;
    if (whole.from === 0) for (const table of ["open", "spent"]) database.prepare(`DELETE FROM ${table} WHERE path = ?`).run(path);
    for (const entry of whole.entries) keep(database, path, entry);
    database
      .prepare(
        "INSERT INTO journal VALUES (?, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET project = excluded.project, inode = excluded.inode, bytes = excluded.bytes",
      )
      .run(path, project, stat.ino, whole.to);
  });
}

interface ReadLines {
  readonly entries: readonly Entry[];
  readonly from: number;
  /** After the last whole line. */
  readonly to: number;
  /** One of them is no line of a journal. */
  readonly bad: boolean;
}

const pieceBytes = 1024 * 1024;

function readLines(path: string, from: number, size: number): ReadLines {
  const fs = process.getBuiltinModule("node:fs");
  const entries: Entry[] = [];
  let bad = false;
  let to = from;
  let rest: Buffer = Buffer.alloc(0);
  const file = fs.openSync(path, "r");
  try {
    for (let at = from; at < size; ) {
      const piece = Buffer.alloc(Math.min(pieceBytes, size - at));
      const got = fs.readSync(file, piece, 0, piece.length, at);
      if (got === 0) break;
      at += got;
      rest = rest.length === 0 ? piece.subarray(0, got) : Buffer.concat([rest, piece.subarray(0, got)]);
      let begin = 0;
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, begin)) {
        const line = rest.subarray(begin, end);
        begin = end + 1;
        if (!isLine(line)) bad = true;
        if (!ofMoney.some((mark) => line.includes(mark))) continue;
        const decoded = decodeLine(line);
        if (decoded.kind === "entry") entries.push(decoded.entry);
        else bad = true;
      }
      to += begin;
      rest = rest.subarray(begin);
    }
  } finally {
    fs.closeSync(file);
  }
  return { entries, from, to, bad };
}

const isLine = (line: Buffer): boolean => line[0] === 0x7b && line.at(-1) === 0x7d;
const ofMoney = ['"type":"request"', '"type":"reply"', '"type":"request-failed"'].map((text) => Buffer.from(text));

const perDollar = 1e9;

function keep(database: Database, path: string, entry: Entry): void {
  if (entry.type === "request") {
    const { usd, tokens } = entry.projection?.worst ?? nothing;
    database.prepare("INSERT OR IGNORE INTO open VALUES (?, ?, ?, ?, ?)").run(path, entry.request, dayOf(entry.ts), usd, tokens);
  } else if (entry.type === "reply" || entry.type === "request-failed") {
    const open = database.prepare("DELETE FROM open WHERE path = ? AND request = ? RETURNING day").get(path, entry.request) as { day: string } | undefined;
    const { usd, tokens } = entry.cost ?? nothing;
    database
      .prepare(
        "INSERT INTO spent VALUES (?, ?, ?, ?) ON CONFLICT (path, day) DO UPDATE SET billionths = billionths + excluded.billionths, tokens = tokens + excluded.tokens",
      )
      .run(path, open?.day ?? dayOf(entry.ts), Math.round(usd * perDollar), Math.round(tokens));
  }
}

function totalOf(database: Database, { project, since }: { readonly project?: string; readonly since?: string }): Spending {
  const where = [project === undefined ? [] : ["journal.project = ?"], since === undefined ? [] : ["row.day >= ?"]].flat();
  const values = [project, since].flatMap((value) => value ?? []);
  const sum = (table: string, usd: string): Amount => {
    const row = database
      .prepare(
        `SELECT total(${usd}) AS usd, total(row.tokens) AS tokens FROM ${table} AS row JOIN journal USING (path)${where.length === 0 ? "" : ` WHERE ${where.join(" AND ")}`}`,
      )
      .get(...values) as { usd: number; tokens: number };
    return add(nothing, { ...nothing, usd: row.usd, tokens: row.tokens });
  };
  const spent = sum("spent", "row.billionths");
  return { spent: { ...spent, usd: spent.usd / perDollar }, reserved: sum("open", "row.usd") };
}
