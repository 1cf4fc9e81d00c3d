// Which projects a person trusts: $BOSUN_HOME/trust.json, apart from the settings that people write themselves.
//
// Invariants
//  T1  Trust is of one real path: neither what is above it nor what is below it is trusted with it.
//  T2  What can't be read trusts nothing, and is said.
import * as fs from "node:fs";
import { join } from "node:path";
import { BosunError, codeOf, messageOf, type Outcome } from "./errors.ts";
import { writeAside } from "./replace-file.ts";

export interface TrustRecord {
  /** Absolute, links resolved. */
  readonly root: string;
  readonly verdict: "yes" | "no";
  /** ISO 8601. */
  readonly when: string;
  /** How it was said: asked at a terminal, or by the command. */
  readonly by: "question" | "command";
}
export interface TrustBook {
  readonly records: readonly TrustRecord[];
  /** What keeps the file from being read, a sentence; null: nothing. */
  readonly problem: string | null;
}

const attempts = 5;
const largest = 1024 * 1024;
const fileOf = (home: string): string => join(home, "trust.json");

export function readTrust(home: string): TrustBook {
  return read(home).book;
}

function read(home: string): { readonly book: TrustBook; readonly text: string | null } {
  const path = fileOf(home);
  const broken = (says: string, text: string | null) => ({
    book: { records: [], problem: `${path} ${says}, so no project is trusted by it: mend it, or remove it and answer again.` },
    text,
  });
  let text: string;
  try {
    const stat = fs.statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return { book: { records: [], problem: null }, text: null };
    if (!stat.isFile() || stat.size > largest) return broken("is no file of records", null);
    text = fs.readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return { book: { records: [], problem: null }, text: null };
    return broken(`can't be read (${codeOf(error) || messageOf(error)})`, null);
  }
  try {
    const { version, projects } = JSON.parse(text) as { version?: unknown; projects?: unknown };
    if (version === 1 && Array.isArray(projects) && projects.every(isRecord)) return { book: { records: projects, problem: null }, text };
  } catch {
    // said below
  }
  return broken("is not what bosun writes there", text);
}

function isRecord(value: unknown): value is TrustRecord {
  if (typeof value !== "object" || value === null) return false;
  const { root, verdict, when, by } = value as Partial<Record<keyof TrustRecord, unknown>>;
  return typeof root === "string" && (verdict === "yes" || verdict === "no") && typeof when === "string" && (by === "question" || by === "command");
}

/** Replaces what was recorded of the same project. */
export function recordTrust(home: string, record: TrustRecord): Outcome<TrustRecord> {
  const changed = change(home, (records) => [...records.filter(({ root }) => root !== record.root), record]);
  return changed.ok ? { ok: true, value: record } : changed;
}

/** Null: nothing was recorded of it. */
export function forgetTrust(home: string, root: string): Outcome<TrustRecord | null> {
  let found: TrustRecord | null = null;
  const changed = change(home, (records) => {
    found = records.find((each) => each.root === root) ?? null;
    return found === null ? null : records.filter((each) => each !== found);
  });
  return changed.ok ? { ok: true, value: found } : changed;
}

/** `edit` gives null where nothing changes. */
function change(home: string, edit: (records: readonly TrustRecord[]) => readonly TrustRecord[] | null): Outcome<null> {
  const failed = (says: string, next: string, cause?: unknown): Outcome<never> => ({
    ok: false,
    error: new BosunError("file-failed", says, { next, ...(cause === undefined ? {} : { cause }) }),
  });
  const path = fileOf(home);
  try {
    fs.mkdirSync(home, { recursive: true, mode: 0o700 });
    for (let attempt = 0; attempt < attempts; attempt++) {
      const { book, text } = read(home);
      if (book.problem !== null) return failed(book.problem, "Then say it again.");
      const records = edit(book.records);
      if (records === null) return { ok: true, value: null };
      const sorted = [...records].sort((one, other) => (one.root < other.root ? -1 : 1));
      if (writeAside(path, `${JSON.stringify({ version: 1, projects: sorted }, null, 2)}\n`, () => read(home).text === text)) return { ok: true, value: null };
    }
    return failed(`${path} changes all the time; nothing was recorded.`, "Say it again.");
  } catch (error) {
    return failed(`${path} can't be written: ${messageOf(error)}.`, "Check the permissions of its folder and the free space.", error);
  }
}
