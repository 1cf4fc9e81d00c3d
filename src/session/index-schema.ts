// The tables of the index and the file they live in. Everything in it can be read again from the journals.
//
// Invariants
//  D1  A file that is damaged, or of another version, is deleted and made again; two processes that find it so do that one after the other.
//  D2  Only SQLite opens the file; what is damaged is closed before it is deleted.
import { BosunError, codeOf, messageOf, type Outcome } from "../base/index.ts";
import { viewStatements } from "./audit-views.ts";

export type Database = InstanceType<typeof import("node:sqlite")["DatabaseSync"]>;

/** Raised with every change of the tables: an older or newer file is then rebuilt. */
export const indexVersion = 5;
const waitMilliseconds = 5000;

const ownerOf = "session INTEGER NOT NULL REFERENCES session_rows(key) ON DELETE CASCADE, seq INTEGER NOT NULL, ts INTEGER NOT NULL";
/** A session is named by project and name; these stand in each row, so that asking for one joins nothing. */
const namedOf = `${ownerOf}, project TEXT NOT NULL, name TEXT NOT NULL`;
const callOf = "step TEXT NOT NULL, call TEXT NOT NULL, tool TEXT NOT NULL";
const counted = "input INTEGER NOT NULL, output INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL";

/** What is asked by name stands in the views (audit-views.ts); these tables may change with every version. */
const tables = `
CREATE TABLE session_rows(
  key INTEGER PRIMARY KEY, project TEXT NOT NULL, id TEXT NOT NULL, folder TEXT NOT NULL, root TEXT NOT NULL, cwd TEXT NOT NULL, branch TEXT NOT NULL,
  title TEXT NOT NULL, model TEXT NOT NULL, mode TEXT NOT NULL, version TEXT NOT NULL, created INTEGER NOT NULL, ended INTEGER NOT NULL,
  turns INTEGER NOT NULL, usd REAL NOT NULL, unconfirmed_usd REAL NOT NULL, tokens INTEGER NOT NULL, ${counted},
  end TEXT, gaps INTEGER NOT NULL, lines INTEGER NOT NULL, problem TEXT, bytes INTEGER NOT NULL, changed REAL NOT NULL, UNIQUE(project, id));
CREATE TABLE heads(project TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL, at INTEGER NOT NULL,
  rewritten TEXT, PRIMARY KEY(project, id)) WITHOUT ROWID;
CREATE TABLE messages(key INTEGER PRIMARY KEY, ${ownerOf}, role TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX messages_session ON messages(session);
CREATE VIRTUAL TABLE words USING fts5(text, content='messages', content_rowid='key', tokenize='unicode61 remove_diacritics 2');
CREATE TRIGGER words_add AFTER INSERT ON messages BEGIN INSERT INTO words(rowid, text) VALUES(new.key, new.text); END;
CREATE TRIGGER words_drop AFTER DELETE ON messages BEGIN INSERT INTO words(words, rowid, text) VALUES('delete', old.key, old.text); END;
CREATE TABLE decision_rows(${namedOf}, ${callOf}, verdict TEXT NOT NULL, decider TEXT NOT NULL, mode TEXT NOT NULL, holds TEXT NOT NULL, tier TEXT NOT NULL,
  effect TEXT, milliseconds INTEGER NOT NULL, judged_milliseconds REAL, check_number INTEGER, span_start INTEGER, span_end INTEGER, profile TEXT,
  agents TEXT NOT NULL, rule TEXT, asked_by TEXT, answered_by TEXT, granted TEXT, origin TEXT, sandbox TEXT, classifier_model TEXT, classifier_outcome TEXT,
  classifier_risk TEXT, classifier_usd REAL, classifier_milliseconds INTEGER, subject TEXT NOT NULL, reason TEXT NOT NULL, asked TEXT,
  effects TEXT NOT NULL, classifier_says TEXT);
CREATE INDEX decisions_session ON decision_rows(session);
CREATE INDEX decisions_time ON decision_rows(ts, verdict);
CREATE INDEX decisions_place ON decision_rows(project, ts, verdict);
CREATE INDEX decisions_decider ON decision_rows(decider, verdict, tool, mode, project);
CREATE TABLE call_rows(${namedOf}, ${callOf}, request TEXT NOT NULL, state TEXT NOT NULL, effect TEXT, verdict TEXT, failed INTEGER, milliseconds INTEGER,
  result_characters INTEGER, input TEXT NOT NULL, UNIQUE(session, step));
CREATE INDEX calls_request ON call_rows(session, request);
CREATE INDEX calls_call ON call_rows(call);
CREATE INDEX calls_step ON call_rows(step);
CREATE INDEX calls_tool ON call_rows(tool, state);
CREATE TABLE effect_rows(${namedOf}, ${callOf}, stage TEXT NOT NULL, kind TEXT NOT NULL, path TEXT, says TEXT, deep INTEGER NOT NULL,
  outside INTEGER NOT NULL, before_sha256 TEXT, after_sha256 TEXT, span_start INTEGER, span_end INTEGER);
CREATE INDEX effects_session ON effect_rows(session);
CREATE INDEX effects_kind ON effect_rows(kind, stage, outside);
CREATE TABLE request_rows(${namedOf}, request TEXT NOT NULL, purpose TEXT NOT NULL, turn INTEGER NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
  attempt INTEGER NOT NULL, outcome TEXT NOT NULL, usd REAL NOT NULL, worst_usd REAL NOT NULL, expected_usd REAL NOT NULL, confirmed INTEGER NOT NULL,
  ${counted}, milliseconds INTEGER, cache_state TEXT, known_tokens INTEGER, warm_tokens INTEGER, broken_segment TEXT, broken_vector INTEGER,
  broken_cause TEXT, lost_tokens INTEGER, lost_usd REAL, broken_also TEXT, cache_verdict TEXT, verdict_tokens INTEGER, verdict_usd REAL);
CREATE INDEX requests_session ON request_rows(session);
${viewStatements}
PRAGMA user_version = ${indexVersion};`;

export interface IndexFile {
  readonly database: Database;
  /** Which file it is: after another process replaced it, its path leads to another one. */
  readonly inode: number;
}

/** An index that lives as long as this process, for where no file can be made or locked. */
export const openIndexInMemory = (): IndexFile => connect(":memory:");

/** Opens the index, making it where it is missing, old or damaged. */
export function openIndexFile(path: string): Outcome<IndexFile> {
  let inode: number | null = null;
  try {
    inode = inodeOf(path);
    return { ok: true, value: connect(path) };
  } catch (error) {
    return isDamage(error) ? rebuildIndexFile(path, inode) : { ok: false, error: indexFailed(path, error) };
  }
}

/** Deletes the index if it is still the file `damaged`, and opens what stands there then. The caller has closed its own connection. */
export function rebuildIndexFile(path: string, damaged: number | null): Outcome<IndexFile> {
  const { rmSync } = process.getBuiltinModule("node:fs");
  const replace = (): IndexFile => {
    if (damaged !== null && inodeOf(path) === damaged) for (const name of [`${path}-wal`, `${path}-shm`, path]) rmSync(name, { force: true });
    return connect(path);
  };
  try {
    return { ok: true, value: whileGuarded(`${path}.guard`, replace) };
  } catch (error) {
    return { ok: false, error: indexFailed(path, error) };
  }
}

class WrongVersion extends Error {}

/** The file is no database, its pages are broken, or its tables are not ours. */
export function isDamage(error: unknown): boolean {
  const code = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
  return error instanceof WrongVersion || code === 11 || code === 26; // SQLITE_CORRUPT, SQLITE_NOTADB
}

export function indexFailed(path: string, error: unknown): BosunError {
  return new BosunError("index-failed", `The index ${path} cannot be used: ${messageOf(error)}.`, { cause: error });
}

const inodeOf = (path: string): number | null => process.getBuiltinModule("node:fs").statSync(path, { throwIfNoEntry: false })?.ino ?? null;

/** Makes the file private before SQLite opens it. Never opens one that exists: closing it again would drop this process's locks on it. */
function makePrivate(path: string): void {
  const fs = process.getBuiltinModule("node:fs");
  try {
    fs.closeSync(fs.openSync(path, "wx", 0o600));
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

function connect(path: string): IndexFile {
  if (path !== ":memory:") makePrivate(path);
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = new DatabaseSync(path, { timeout: waitMilliseconds });
  try {
    const version = () => (database.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;
    if (version() !== indexVersion) {
      inTransaction(database, () => {
        if (version() === indexVersion) return; // another process made it meanwhile
        const known = database.prepare("SELECT count(*) AS count FROM sqlite_master").get() as { count: number };
        if (known.count > 0) throw new WrongVersion("its tables are of another version");
        database.exec(tables);
      });
    }
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;");
    return { database, inode: inodeOf(path) ?? 0 };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** One process after the other: the guard is a database whose only use is its lock. */
function whileGuarded<Value>(path: string, work: () => Value): Value {
  makePrivate(path);
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const guard = new DatabaseSync(path, { timeout: waitMilliseconds });
  try {
    guard.exec("BEGIN EXCLUSIVE");
    return work();
  } finally {
    guard.close();
  }
}

export function inTransaction<Value>(database: Database, work: () => Value): Value {
  database.exec("BEGIN IMMEDIATE");
  try {
    const value = work();
    database.exec("COMMIT");
    return value;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
