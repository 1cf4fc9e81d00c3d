// Sessions as folders of files: journal.jsonl, lock, writer.json; payloads in blobs/ beside them.
//
// Owns: what is on the disk of a session, opening and repairing it.
// Calls: the disk seam, the scanner, the lock, the writer.
// Invariants
//  J1  Before the first append the file ends with a newline or is empty.
//  J2  Bytes that can't be read are copied aside before they are cut; bytes in the middle stay where they are.
//  J3  A file without one valid line is not ours: it is refused and left as it is, unless it is the beginning of a first
//      line of ours and nothing else: that one was cut off while it was written.
import { dirname } from "node:path";
import { BosunError, type Clock, codeOf, type Outcome, type SessionId } from "../base/index.ts";
import { type Disk, type DiskFile, writeAll } from "../exec/index.ts";
import { createAnswerFolder } from "./answers.ts";
import { createBlobFolder } from "./blobs.ts";
import { cannotWrite } from "./cannot-write.ts";
import { type Entry, journalVersion } from "./entry.ts";
import { firstPrev, lineLimit } from "./line.ts";
import { takeLock } from "./lock.ts";
import { findingsOf, readEntries, tailOf } from "./read-entries.ts";
import { createReserve } from "./reserve.ts";
import type { ScanResult } from "./scan.ts";
import type { Finding, OpenedSession, SessionStore, SessionSummary, SessionWriter } from "./store.ts";
import { createWriter } from "./writer.ts";

export interface FileStoreOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  /** Folder of one project's sessions: `$BOSUN_HOME/projects/<slug>`. */
  readonly folder: string;
  readonly version: string;
}

export function createFileStore(options: FileStoreOptions): SessionStore {
  const { disk, folder } = options;
  const blobs = createBlobFolder(disk, `${folder}/blobs`);
  const at = (session: SessionId) => `${folder}/${session}`;
  const store: SessionStore = {
    create: (session) => createSession(options, at(session), session, blobs.put),
    open: (session, visit) => openSession(options, at(session), session, visit, blobs),
    read: (session, visit) => readSession(disk, `${at(session)}/journal.jsonl`, session, visit, blobs.get),
    list: () => listSessions(disk, folder),
    putBlob: blobs.put,
    getBlob: blobs.get,
    answers: createAnswerFolder(disk, at),
  };
  return store;
}

type PutBlob = (bytes: Uint8Array) => Promise<Outcome<string>>;
type GetBlob = (hash: string) => Promise<Outcome<Uint8Array>>;

async function createSession(options: FileStoreOptions, folder: string, session: SessionId, put: PutBlob): Promise<Outcome<SessionWriter>> {
  const { disk, clock, version } = options;
  let made: readonly string[];
  try {
    made = await missingFolders(disk, folder);
    await disk.makeFolder(folder, 0o700);
  } catch (error) {
    return failed(`Cannot make the session's folder ${folder}`, error);
  }
  const lock = await takeLock(disk, folder, version, clock);
  if (!lock.ok) return lock;
  try {
    const file = await disk.open(`${folder}/journal.jsonl`, "create", 0o600);
    // every name on the way to it; also those that an earlier process made and did not live to sync
    const above = [folder, options.folder, dirname(options.folder), dirname(dirname(options.folder)), ...made.map((one) => dirname(one))];
    for (const one of new Set(above)) await disk.syncFolder(one);
    return { ok: true, value: createWriter({ file, session, lock: lock.value, seq: 0, prev: firstPrev, put, reserve: createReserve(disk, folder) }) };
  } catch (error) {
    await lock.value.release();
    if (codeOf(error) === "EEXIST") return { ok: false, error: new BosunError("session-exists", `There is a session "${session}" already.`) };
    return failed("Cannot make the journal", error);
  }
}

/** The folders on the way to `folder` that do not exist yet, and itself. */
async function missingFolders(disk: Disk, folder: string): Promise<readonly string[]> {
  const missing: string[] = [];
  for (let at = folder; dirname(at) !== at && !(await disk.stat(at).catch(() => null)); at = dirname(at)) missing.push(at);
  return missing;
}

async function openSession(
  options: FileStoreOptions,
  folder: string,
  session: SessionId,
  visit: (entry: Entry) => void,
  blobs: { readonly put: PutBlob; readonly get: GetBlob },
): Promise<Outcome<OpenedSession>> {
  const { disk, clock, version } = options;
  const path = `${folder}/journal.jsonl`;
  if (!(await disk.stat(path).catch(() => null))) return missing(session);
  const lock = await takeLock(disk, folder, version, clock);
  if (!lock.ok) return lock;
  let file: DiskFile | undefined;
  try {
    const journal = await disk.open(path, "append", 0o600);
    file = journal;
    const { scanned, missing: gone } = await readEntries((into, position) => journal.read(into, position), visit, blobs.get);
    const refused = refuse(scanned, session, path);
    if (refused && !(await tornAtItsFirstLine(journal, scanned))) {
      await journal.close();
      await lock.value.release();
      return refused;
    }
    const findings = [...gone, ...(await repair(disk, folder, journal, scanned, clock))];
    const reserve = createReserve(disk, folder);
    const writer = createWriter({ file: journal, session, lock: lock.value, seq: scanned.lastSeq + 1, prev: scanned.lastHash, put: blobs.put, reserve });
    return { ok: true, value: { writer, findings } };
  } catch (error) {
    await file?.close().catch(() => undefined);
    await lock.value.release();
    return failed(`Cannot open the journal ${path}`, error, session);
  }
}

async function readSession(
  disk: Disk,
  path: string,
  session: SessionId,
  visit: (entry: Entry, hash: string) => void,
  get: GetBlob,
): Promise<Outcome<readonly Finding[]>> {
  let file: DiskFile;
  try {
    file = await disk.open(path, "read", 0);
  } catch (error) {
    return codeOf(error) === "ENOENT" ? missing(session) : failed(`Cannot read ${path}`, error);
  }
  try {
    const { scanned, missing: gone } = await readEntries((into, position) => file.read(into, position), visit, get);
    if (scanned.lines === 0 && scanned.badTail > 0) return damaged(session, path, scanned);
    return { ok: true, value: [...gone, ...findingsOf(scanned), ...tailOf(scanned)] };
  } catch (error) {
    return failed(`Cannot read ${path}`, error);
  } finally {
    await file.close();
  }
}

function refuse(scanned: ScanResult, session: SessionId, path: string): Outcome<never> | null {
  if (scanned.newer !== null) {
    const next = `Upgrade bosun to go on with it. Here it can only be read: \`bosun sessions show ${session}\`, \`bosun sessions export ${session}\`.`;
    return { ok: false, error: new BosunError("session-newer", `The session "${session}" was written by a newer bosun (${scanned.newer}).`, { next }) };
  }
  if (scanned.displaced !== null) return disordered(session, path, scanned);
  return scanned.lines === 0 && scanned.badTail > 0 ? damaged(session, path, scanned) : null;
}

/** The first write of a journal of ours was cut off: nothing in it was ever durable, and the file is ours. */
async function tornAtItsFirstLine(file: DiskFile, scanned: ScanResult): Promise<boolean> {
  if (scanned.lines > 0 || scanned.newer !== null || scanned.badTailLines > 0 || scanned.badTail > lineLimit) return false;
  const start = Buffer.alloc(Math.min(firstBytes.length, scanned.badTail));
  await file.read(start, 0);
  return firstBytes.startsWith(start.toString("latin1"));
}
const firstBytes = `{"v":${journalVersion},"seq":0,"id":"e_`;

/** Cuts a bad tail off after copying it aside, and makes both durable. */
async function repair(disk: Disk, folder: string, file: DiskFile, scanned: ScanResult, clock: Clock): Promise<readonly Finding[]> {
  const findings = [...findingsOf(scanned)];
  if (scanned.badTail === 0) return findings;
  const aside = `journal.torn-${clock.now()}-${scanned.goodBytes}`;
  const copy = await disk.open(`${folder}/${aside}`, "create", 0o600);
  try {
    const chunk = Buffer.alloc(64 * 1024);
    for (let position = scanned.goodBytes; ; ) {
      const count = await file.read(chunk, position);
      if (count === 0) break;
      await writeAll(copy, chunk.subarray(0, count));
      position += count;
    }
    await copy.sync();
  } finally {
    await copy.close();
  }
  await disk.syncFolder(folder);
  await file.truncate(scanned.goodBytes);
  await file.sync();
  findings.push({ kind: "repair", cut: scanned.badTail, lines: scanned.badTailLines, aside, says: scanned.badTailWhy });
  return findings;
}

async function listSessions(disk: Disk, folder: string): Promise<readonly SessionSummary[]> {
  const names = await disk.list(folder).catch(() => []);
  const found: SessionSummary[] = [];
  for (const name of names) {
    const stat = await disk.stat(`${folder}/${name}/journal.jsonl`).catch(() => null);
    if (stat?.kind === "file") found.push({ session: name as SessionId, folder: `${folder}/${name}`, bytes: stat.size, changed: stat.modified });
  }
  return found.sort((left, right) => right.changed - left.changed);
}

function failed(what: string, error: unknown, session?: SessionId): { readonly ok: false; readonly error: BosunError } {
  return { ok: false, error: cannotWrite(what, error, session) };
}
function missing(session: SessionId): { readonly ok: false; readonly error: BosunError } {
  return { ok: false, error: new BosunError("session-missing", `There is no session "${session}" here.`) };
}
function damaged(session: SessionId, path: string, { badTailWhy }: ScanResult): Outcome<never> {
  const says = `The journal of "${session}" has no line that can be read, or is none of bosun's (${badTailWhy}): ${path}.`;
  const next = `Nothing was changed. Put a copy of it back, or move the folder of "${session}" away and start a new session; \`bosun sessions\` lists the others.`;
  return { ok: false, error: new BosunError("journal-damaged", says, { next }) };
}
/** Its end holds lines that are missing before: cutting it off would take the only copies out of the journal. */
function disordered(session: SessionId, path: string, { badTailWhy }: ScanResult): Outcome<never> {
  const says = `The lines of the journal of "${session}" are in another order than they were written in (${badTailWhy}): ${path}.`;
  const next = `Nothing was changed. Put a copy of it back. What can be read of it: \`bosun sessions show ${session}\`, \`bosun sessions export ${session}\`; to go on from that: \`bosun --resume ${session} --fork\`.`;
  return { ok: false, error: new BosunError("journal-damaged", says, { next }) };
}
