// The index over all sessions of a home: lists, full text, and the tables that audits ask. A fold of the journals, disposable.
//
// Owns: $BOSUN_HOME/index.db. Calls: the stores, to read; never a session's lock.
// Invariants
//  I1  Deleted and asked again, it gives the same rows.
//  I2  A session's rows are replaced as a whole, in one transaction: two processes may refresh at once.
//  I3  What is in it is redacted.
import type { Clock, Outcome, SessionId } from "../base/index.ts";
import { type Disk, nodeDisk } from "../exec/index.ts";
import { endOf, readBooks, type SessionBooks } from "./books.ts";
import { cacheColumns } from "./cache-row.ts";
import type { DecisionRow, EffectRow } from "./decision-row.ts";
import { createFileStore } from "./file-store.ts";
import { type FoundSession, listAllSessions } from "./find-session.ts";
import { type Database, type IndexFile, indexFailed, inTransaction, isDamage, openIndexFile, openIndexInMemory, rebuildIndexFile } from "./index-schema.ts";
import { projectSlug } from "./place.ts";
import { answerStatement, onlyAnswer, type SqlAnswer } from "./sql-statement.ts";

export interface IndexOptions {
  /** `$BOSUN_HOME`. */
  readonly home: string;
  readonly disk?: Disk;
  readonly clock: Clock;
  /** Nothing is kept of it: for where no file can be made or locked. */
  readonly inMemory?: boolean;
}

export interface SessionFilter {
  /** Slug of a project. */
  readonly project?: string;
  /** Root folder of a project. */
  readonly root?: string;
  /** Changed at or after this time, in milliseconds since 1970. */
  readonly since?: number;
  /** At most so many; 50. */
  readonly limit?: number;
}

export interface IndexedSession {
  readonly session: SessionId;
  readonly project: string;
  readonly folder: string;
  readonly root: string;
  readonly cwd: string;
  /** As the model was last told; "": none. */
  readonly branch: string;
  /** The first prompt or the title that was given, shortened. */
  readonly title: string;
  /** `provider/model` of the last turn. */
  readonly model: string;
  /** Times in milliseconds since 1970: of the first line, and of the file's last change. */
  readonly created: number;
  readonly changed: number;
  readonly turns: number;
  /** Settled cost. */
  readonly usd: number;
  /** Worst case of requests that were never answered. */
  readonly unconfirmedUsd: number;
  readonly tokens: number;
  /** Reason of the last end; "open" where the last run has none; "" where none ever began. */
  readonly end: string;
  readonly bytes: number;
  /** Why the journal cannot be read. */
  readonly problem: string | null;
}

export interface SearchHit {
  readonly session: SessionId;
  readonly project: string;
  readonly folder: string;
  readonly title: string;
  readonly seq: number;
  readonly ts: number;
  readonly role: string;
  /** The passage, with the words found between « and ». */
  readonly snippet: string;
}

/** What the index remembers of a journal: its last line when it was read. */
export interface RememberedHead {
  readonly project: string;
  readonly session: SessionId;
  readonly seq: number;
  /** SHA-256 of that line. */
  readonly hash: string;
  /** When it was read, milliseconds since 1970. */
  readonly at: number;
  /** Set since a later reading found another line there, or none. */
  readonly rewritten: RewrittenLine | null;
}
export interface RewrittenLine {
  readonly seq: number;
  /** When the line that was there first had been read. */
  readonly indexed: number;
  readonly found: number;
  readonly now: "another" | "missing";
}

export interface SessionIndex {
  /** It has no file. */
  readonly inMemory: boolean;
  /** Reads what changed since the last time. Says how much it did. */
  refresh(): Promise<Outcome<{ readonly read: number; readonly removed: number }>>;
  /** Latest first. Refresh before, to have the latest. */
  list(filter?: SessionFilter): Promise<Outcome<readonly IndexedSession[]>>;
  /** Passages with all of the words, best first; a word that ends in `*` is a beginning. */
  search(text: string, filter?: SessionFilter): Promise<Outcome<readonly SearchHit[]>>;
  /** Rows of one SELECT, for audits. Fails with index-failed where the statement is wrong or would write. */
  query(sql: string, parameters?: readonly (string | number | null)[]): Promise<Outcome<readonly Readonly<Record<string, unknown>>[]>>;
  /** One statement of anybody, which can only read; for an index that lives in memory. After it nothing else can be asked. */
  answer(sql: string, most: number): Promise<Outcome<SqlAnswer>>;
  /** What it remembers of each journal, as of the last refresh. */
  heads(): Promise<Outcome<readonly RememberedHead[]>>;
  close(): void;
}

export async function openIndex(options: IndexOptions): Promise<Outcome<SessionIndex>> {
  const disk = options.disk ?? nodeDisk;
  if (options.inMemory) return { ok: true, value: createIndex({ ...options, disk }, ":memory:", openIndexInMemory()) };
  const path = `${options.home}/index.db`;
  try {
    await disk.makeFolder(options.home, 0o700);
  } catch (error) {
    return { ok: false, error: indexFailed(path, error) };
  }
  const opened = openIndexFile(path);
  if (!opened.ok) return opened;
  return { ok: true, value: createIndex({ ...options, disk }, path, opened.value) };
}

type Work<Value> = (database: Database) => Value | Promise<Value>;

/** Where to read from. */
type Parts = Required<Pick<IndexOptions, "home" | "disk" | "clock">>;

function createIndex(options: Parts, path: string, first: IndexFile): SessionIndex {
  let file: IndexFile | null = first;
  let pending: Promise<unknown> = Promise.resolve();

  /** Does the work; where the file turns out damaged, once more on a new one, filled again. */
  const attempt = async <Value>(work: Work<Value>, fills: boolean): Promise<Outcome<Value>> => {
    for (let round = 0; ; round++) {
      if (!file) return { ok: false, error: indexFailed(path, "it was closed") };
      try {
        if (round > 0 && !fills) await refreshAll(options, file.database);
        return { ok: true, value: await work(file.database) };
      } catch (error) {
        if (!isDamage(error) || round > 0) return { ok: false, error: indexFailed(path, error) };
        file.database.close();
        const rebuilt = rebuildIndexFile(path, file.inode);
        file = rebuilt.ok ? rebuilt.value : null;
        if (!rebuilt.ok) return rebuilt;
      }
    }
  };
  /** One after the other: a refresh waits for journals between its transactions. */
  const inTurn = <Value>(work: Work<Value>, fills = false): Promise<Outcome<Value>> => {
    const done = pending.then(() => attempt(work, fills));
    pending = done;
    return done;
  };
  return {
    inMemory: path === ":memory:",
    refresh: () => inTurn((database) => refreshAll(options, database), true),
    list: (filter = {}) => inTurn((database) => listRows(database, filter)),
    search: (text, filter = {}) => inTurn((database) => searchRows(database, text, filter)),
    query: (sql, parameters = []) => inTurn((database) => readOnly(database, () => database.prepare(sql).all(...parameters) as Record<string, unknown>[])),
    async answer(sql, most) {
      if (!file) return { ok: false, error: indexFailed(path, "it was closed") };
      onlyAnswer(file.database);
      return answerStatement(file.database, sql, most);
    },
    heads: () => inTurn(headRows),
    close() {
      file?.database.close();
      file = null;
    },
  };
}

async function refreshAll(options: Parts, database: Database): Promise<{ readonly read: number; readonly removed: number }> {
  const there = await listAllSessions(options.home, options.disk);
  const rows = database.prepare("SELECT key, project, id, bytes, changed FROM session_rows").all() as {
    key: number;
    project: string;
    id: string;
    bytes: number;
    changed: number;
  }[];
  const known = new Map(rows.map((row) => [`${row.project}/${row.id}`, row]));
  const heads = new Map(headRows(database).map((head) => [`${head.project}/${head.session}`, head]));
  let read = 0;
  for (const one of there) {
    const name = `${one.project}/${one.session}`;
    const row = known.get(name);
    known.delete(name);
    if (row?.bytes === one.bytes && row.changed === one.changed) continue;
    const store = createFileStore({ disk: options.disk, clock: options.clock, folder: `${options.home}/projects/${one.project}`, version: "" });
    const head = heads.get(name);
    const books = await readBooks(store, one.session, head?.seq);
    if (!books.ok && books.error.code === "session-missing") continue; // it went meanwhile
    inTransaction(database, () => {
      replaceSession(database, one, books);
      if (books.ok) remember(database, one, books.value, head, options.clock.now());
    });
    read += 1;
  }
  const gone = database.prepare("DELETE FROM session_rows WHERE key = ?");
  const goneHead = database.prepare("DELETE FROM heads WHERE project = ? AND id = ?");
  const forget = (row: (typeof rows)[number]): void => {
    gone.run(row.key);
    goneHead.run(row.project, row.id);
  };
  if (known.size > 0) inTransaction(database, () => [...known.values()].forEach(forget));
  return { read, removed: known.size };
}

/** A journal only ever grows: where its line of the last time is another one now, it was written anew. That is kept. */
function remember(database: Database, { project, session }: FoundSession, books: SessionBooks, last: RememberedHead | undefined, now: number): void {
  if (books.head.seq < 0) return;
  const isMissing = books.watched === null && last !== undefined && books.head.seq < last.seq;
  const isOther = books.watched !== null && last !== undefined && books.watched !== last.hash;
  const found: RewrittenLine | null =
    last !== undefined && (isMissing || isOther) ? { seq: last.seq, indexed: last.at, found: now, now: isMissing ? "missing" : "another" } : null;
  const rewritten = last?.rewritten ?? found;
  database
    .prepare("INSERT OR REPLACE INTO heads(project, id, seq, hash, at, rewritten) VALUES(?, ?, ?, ?, ?, ?)")
    .run(project, session, books.head.seq, books.head.hash, now, rewritten === null ? null : JSON.stringify(rewritten));
}

function headRows(database: Database): readonly RememberedHead[] {
  const rows = database.prepare("SELECT project, id AS session, seq, hash, at, rewritten FROM heads").all() as unknown as (Omit<RememberedHead, "rewritten"> & {
    readonly rewritten: string | null;
  })[];
  return rows.map((row) => ({ ...row, rewritten: row.rewritten === null ? null : (JSON.parse(row.rewritten) as RewrittenLine) }));
}

function replaceSession(database: Database, found: FoundSession, outcome: Outcome<SessionBooks>): void {
  database.prepare("DELETE FROM session_rows WHERE project = ? AND id = ?").run(found.project, found.session);
  const books = outcome.ok ? outcome.value : null;
  const { lastInsertRowid } = insert(database, "session_rows", {
    project: found.project,
    id: found.session,
    folder: found.folder,
    ...summary(books),
    problem: outcome.ok ? null : outcome.error.says,
    bytes: found.bytes,
    changed: found.changed,
  });
  if (books) insertRows(database, { session: Number(lastInsertRowid), project: found.project, name: found.session }, books);
}

function summary(books: SessionBooks | null): Record<string, string | number | null> {
  const state = books?.state;
  const unconfirmed = state?.openRequests.reduce((sum, one) => sum + one.projection.worst.usd, 0) ?? 0;
  return {
    root: state?.root ?? "",
    cwd: state?.cwd ?? "",
    branch: branchSaid(state?.environment ?? ""),
    title: books?.title ?? "",
    model: books?.model ?? "",
    mode: state?.settings.get("mode") ?? "",
    version: books?.version ?? "",
    created: books?.created ?? 0,
    ended: books?.ended ?? 0,
    turns: state?.turns ?? 0,
    usd: state?.spent.usd ?? 0,
    unconfirmed_usd: unconfirmed,
    tokens: state?.spent.tokens ?? 0,
    input: state?.usage.input ?? 0,
    output: state?.usage.output ?? 0,
    cache_read: state?.usage.cacheRead ?? 0,
    cache_write: state?.usage.cacheWrite ?? 0,
    end: state ? endOf(state) : "",
    lines: books?.lines ?? 0,
    gaps: (state?.gaps ?? 0) + (books?.findings.filter((one) => one.kind === "gap").length ?? 0),
  };
}

/** The environment is kept as it was rendered. */
const branchSaid = (environment: string): string => /^Git branch: (.+)$/m.exec(environment)?.[1] ?? "";

function insertRows(database: Database, owner: { readonly session: number; readonly project: string; readonly name: string }, books: SessionBooks): void {
  const { session } = owner;
  for (const { seq, ts, role, text } of books.messages) insert(database, "messages", { session, seq, ts, role, text });
  for (const row of books.decisions) insert(database, "decision_rows", { ...owner, ...decisionColumns(row) });
  for (const { before, after, span, deep, outside, ...row } of books.effects) {
    const hashes = { before_sha256: before, after_sha256: after };
    insert(database, "effect_rows", { ...owner, ...row, deep: Number(deep), outside: Number(outside), ...hashes, ...spanColumns(span) });
  }
  for (const { resultCharacters, failed, ...row } of books.calls) {
    insert(database, "call_rows", { ...owner, ...row, failed: failed === null ? null : Number(failed), result_characters: resultCharacters });
  }
  for (const { worstUsd, expectedUsd, confirmed, usage, projection: _projection, cost: _cost, cache, ...row } of books.requests) {
    const counted = { input: usage.input, output: usage.output, cache_read: usage.cacheRead, cache_write: usage.cacheWrite };
    const cached = cacheColumns(cache ?? { forecast: null, outcome: null });
    const money = { worst_usd: worstUsd, expected_usd: expectedUsd, confirmed: Number(confirmed) };
    insert(database, "request_rows", { ...owner, ...row, ...money, ...counted, ...cached });
  }
}

const spanColumns = (span: EffectRow["span"]) => ({ span_start: span?.start ?? null, span_end: span?.end ?? null });

function decisionColumns({ by, why, check, span, askedBy, answeredBy, judged, classifier, ...row }: DecisionRow): Record<string, string | number | null> {
  return {
    ...row,
    decider: by,
    reason: why,
    check_number: check,
    ...spanColumns(span),
    asked_by: askedBy,
    answered_by: answeredBy,
    judged_milliseconds: judged,
    classifier_model: classifier?.model ?? null,
    classifier_outcome: classifier?.outcome ?? null,
    classifier_says: classifier?.says ?? null,
    classifier_risk: classifier?.risk ?? null,
    classifier_usd: classifier?.usd ?? null,
    classifier_milliseconds: classifier?.milliseconds ?? null,
  };
}

const statements = new WeakMap<Database, Map<string, ReturnType<Database["prepare"]>>>();

/** Keys are names of columns of ours, never data, and the same ones in the same order in each row of a table. */
function insert(database: Database, table: string, row: Readonly<Record<string, string | number | null>>): { readonly lastInsertRowid: number | bigint } {
  const known = statements.get(database) ?? new Map<string, ReturnType<Database["prepare"]>>();
  statements.set(database, known);
  let statement = known.get(table);
  if (statement === undefined) {
    const names = Object.keys(row);
    statement = database.prepare(`INSERT INTO ${table}(${names.join(", ")}) VALUES(${names.map((name) => `:${name}`).join(", ")})`);
    known.set(table, statement);
  }
  return statement.run(row);
}

function conditions(filter: SessionFilter): { readonly sql: string; readonly values: readonly (string | number)[] } {
  const all: readonly (readonly [string, string | number | undefined])[] = [
    ["session_rows.project = ?", filter.project],
    ["session_rows.changed >= ?", filter.since],
  ];
  const used = all.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, values: [value] }]));
  // one of which nothing can be read has no root: it counts to the project it lies with
  if (filter.root !== undefined)
    used.push({ sql: "(session_rows.root = ? OR (session_rows.root = '' AND session_rows.project = ?))", values: [filter.root, projectSlug(filter.root)] });
  return { sql: ["1", ...used.map((one) => one.sql)].join(" AND "), values: used.flatMap((one) => one.values) };
}

function listRows(database: Database, filter: SessionFilter): readonly IndexedSession[] {
  const { sql, values } = conditions(filter);
  const columns =
    "id AS session, project, folder, root, cwd, branch, title, model, created, changed, turns, usd, unconfirmed_usd AS unconfirmedUsd, tokens, end, bytes, problem";
  const rows = database
    .prepare(`SELECT ${columns} FROM session_rows WHERE ${sql} ORDER BY changed DESC, project, id LIMIT ?`)
    .all(...values, filter.limit ?? 50);
  return rows.map((row) => ({ ...row })) as unknown as readonly IndexedSession[];
}

function searchRows(database: Database, text: string, filter: SessionFilter): readonly SearchHit[] {
  const match = matchOf(text);
  if (match === "") return [];
  const { sql, values } = conditions(filter);
  const rows = database
    .prepare(
      `SELECT session_rows.id AS session, session_rows.project, session_rows.folder, session_rows.title, messages.seq, messages.ts, messages.role,
         snippet(words, 0, '«', '»', '…', 24) AS snippet
       FROM words JOIN messages ON messages.key = words.rowid JOIN session_rows ON session_rows.key = messages.session
       WHERE words MATCH ? AND ${sql} ORDER BY words.rank, session_rows.changed DESC, session_rows.id, messages.seq LIMIT ?`,
    )
    .all(match, ...values, filter.limit ?? 50);
  return rows.map((row) => ({ ...row })) as unknown as readonly SearchHit[];
}

/** What a person typed as an FTS5 expression in which nothing is an operator but a `*` at the end of a word. */
function matchOf(text: string): string {
  const words = text
    .replaceAll("\u0000", " ")
    .split(/\s+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
  return words.map((word) => `"${word.replace(/\*+$/, "").replaceAll('"', '""')}"${word.endsWith("*") ? "*" : ""}`).join(" ");
}

function readOnly<Value>(database: Database, work: () => Value): Value {
  database.exec("PRAGMA query_only = ON");
  try {
    return work();
  } finally {
    database.exec("PRAGMA query_only = OFF");
  }
}
