// What can be cleared away of a home: old sessions, payloads that no journal names any more, what repairs cut off.
//
// Owns: what counts as garbage, and in which order it goes. Calls: the stores (read), the writer's lock.
// Invariants
//  G1  Never a session that is open in any process, that waits for somebody, that has input not taken up, whose last run has
//      no end, whose journal cannot be read whole, that an open call of another session was handed to, or of which a command
//      goes on in the background: what is left to do or to understand in it is somebody's.
//  G2  A session goes as a whole and at once: its folder is moved out of the project under its own lock, then deleted.
//  G3  A payload goes only when no journal of its project names it, before and after it was moved aside, and no session of
//      the project is open. One that is named meanwhile is put back.
//  G4  Without `apply` nothing is moved or deleted.
import { closeSync, existsSync, lstatSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { Clock } from "../base/index.ts";
import { findKept, nodeDisk } from "../exec/index.ts";
import { createFileStore } from "./file-store.ts";
import { type FoundSession, listAllSessions } from "./find-session.ts";
import { takeLock } from "./lock.ts";
import { reserveName } from "./reserve.ts";
import { readSession } from "./session.ts";
import type { SessionState } from "./state.ts";

export interface GarbageOptions {
  readonly home: string;
  readonly clock: Clock;
  readonly version: string;
  /** Sessions not touched for so long, in milliseconds. */
  readonly olderThan?: number;
  /** The oldest ones until all journals and what belongs to them have at most so many bytes. */
  readonly largerThan?: number;
  /** False: it is only said what would be deleted. */
  readonly apply: boolean;
}

export interface Garbage {
  readonly sessions: readonly (FoundSession & { readonly size: number; readonly why: "age" | "size" })[];
  /** Would go by age or size, and stay. */
  readonly kept: readonly { readonly session: string; readonly project: string; readonly why: string }[];
  readonly blobs: { readonly count: number; readonly size: number };
  /** Copies of what repairs cut off. */
  readonly torn: { readonly count: number; readonly size: number };
  /** Projects without anything left. */
  readonly projects: readonly string[];
  /** Bytes of all sessions and payloads, before. */
  readonly total: number;
  /** Of all that is garbage. */
  readonly freed: number;
  /** What could not be done, one sentence each. */
  readonly problems: readonly string[];
}

type Chosen = Garbage["sessions"][number];

export async function collectGarbage(options: GarbageOptions): Promise<Garbage> {
  const { home, apply } = options;
  const all = (await listAllSessions(home)).map((one) => ({ ...one, size: sizeOf(one.folder) })).sort((left, right) => left.changed - right.changed);
  const projects = [...new Set([...all.map((one) => one.projectFolder), ...projectFolders(home)])];
  const total = all.reduce((sum, one) => sum + one.size, 0) + projects.reduce((sum, folder) => sum + sizeOf(`${folder}/blobs`), 0);
  const problems: string[] = [];
  const { chosen, kept } = await choose(options, all, total);
  const sessions = apply ? chosen.filter((one) => remove(one, home, problems)) : chosen;
  for (const one of chosen) await one.release();
  const gone = new Set(sessions.map((one) => one.folder));
  const torn = clearTorn(
    options,
    all.filter((one) => !gone.has(one.folder)),
  );
  const blobs = { count: 0, size: 0 };
  const emptied: string[] = [];
  for (const folder of projects) {
    const found = await clearBlobs(options, folder, gone, problems);
    blobs.count += found.count;
    blobs.size += found.size;
    if (isEmpty(folder, gone, found.all) && (!apply || removeEmpty(folder))) emptied.push(basename(folder));
  }
  if (apply) rmSync(`${home}/gone`, { recursive: true, force: true });
  const freed = sessions.reduce((sum, one) => sum + one.size, 0) + blobs.size + torn.size;
  return { sessions: sessions.map(({ release: _release, ...one }) => one), kept, blobs, torn, projects: emptied, total, freed, problems };
}

type Held = Chosen & { release(): Promise<void> };
type Sized = FoundSession & { readonly size: number };

/** Oldest first. What is chosen is held by its lock, so that it is still what it was when it goes. */
async function choose(
  options: GarbageOptions,
  all: readonly Sized[],
  total: number,
): Promise<{ readonly chosen: readonly Held[]; readonly kept: Garbage["kept"] }> {
  const { olderThan, largerThan, clock } = options;
  const chosen: Held[] = [];
  const kept: { session: string; project: string; why: string }[] = [];
  let left = total;
  let needed: ReadonlyMap<string, string> | null = null;
  for (const one of all) {
    const aged = olderThan !== undefined && clock.now() - one.changed > olderThan;
    if (!aged && (largerThan === undefined || left <= largerThan)) continue;
    needed ??= await handedOut(options, all);
    const parent = needed.get(one.session);
    const held = parent === undefined ? await holdIfDone(options, one) : `the session ${parent} handed a call to it and has not recorded what came of it`;
    if (typeof held === "string") kept.push({ session: one.session, project: one.project, why: held });
    else {
      chosen.push({ ...one, why: aged ? "age" : "size", release: held });
      left -= one.size;
    }
  }
  return { chosen, kept };
}

/** Sessions that an open call of another one was handed to, and whose: without them it would count as never begun. */
async function handedOut(options: GarbageOptions, all: readonly FoundSession[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const one of all) {
    const named = new Set<string>();
    forEachMatch(`${one.folder}/journal.jsonl`, childName, 200, ([, name]) => void named.add(name ?? ""));
    if (named.size === 0) continue;
    const read = await readSession(storeOf(options, one), one.session);
    const open = read.ok ? read.value.state.pending.flatMap(({ step }) => step?.intent?.child ?? []) : named;
    for (const child of open) found.set(child, one.session);
  }
  return found;
}
const childName = /"child":"([^"\\]+)"/g;

const storeOf = ({ clock, version }: GarbageOptions, { projectFolder }: FoundSession) =>
  createFileStore({ disk: nodeDisk, clock, folder: projectFolder, version });

/** Its lock, to be released, or why the session stays. */
async function holdIfDone(options: GarbageOptions, one: FoundSession): Promise<(() => Promise<void>) | string> {
  const lock = await takeLock(nodeDisk, one.folder, options.version, options.clock);
  if (!lock.ok) return lock.error.code === "session-busy" ? "it is open in another process" : lock.error.says;
  const read = await readSession(storeOf(options, one), one.session);
  const newer = read.ok && read.value.findings.some((finding) => finding.kind === "gap" && finding.newer === true);
  const why = whatGoesOn(one) ?? (read.ok ? whyKept(read.value.state, newer) : read.error.says);
  if (why === null) return () => lock.value.release();
  await lock.value.release();
  return why;
}

function whatGoesOn({ folder, session }: FoundSession): string | null {
  if (!findKept(`${folder}/runs`).some(({ work }) => work.alive())) return null;
  return `a command of it goes on in the background; end it with: bosun sessions jobs ${session} --end all`;
}

function whyKept(state: SessionState, newer: boolean): string | null {
  if (newer) return "a newer bosun wrote it";
  if (state.end?.reason === "awaiting" || state.pending.length > 0) return "a call in it waits for a decision or has no result";
  if (state.queue.length > 0) return "it holds input that was not taken up";
  return state.running ? "its last run has no end" : null;
}

/** Out of the project in one step, then away. False, and said, when it can't be moved. */
function remove({ folder, session }: FoundSession, home: string, problems: string[]): boolean {
  try {
    mkdirSync(`${home}/gone`, { recursive: true, mode: 0o700 });
    renameSync(folder, `${home}/gone/${session}-${process.pid}`);
    return true;
  } catch (error) {
    problems.push(`The session ${session} cannot be deleted: ${(error as Error).message}.`);
    return false;
  }
}

/** Milliseconds that a copy of what a repair cut off is kept, where nobody says. */
const tornAge = 30 * 24 * 3600 * 1000;

function clearTorn({ clock, olderThan = tornAge, apply }: GarbageOptions, sessions: readonly FoundSession[]): Garbage["torn"] {
  const found = { count: 0, size: 0 };
  for (const { folder } of sessions) {
    for (const name of namesIn(folder).filter((one) => one.startsWith("journal.torn-"))) {
      const { size, mtimeMs } = lstatSync(join(folder, name));
      if (clock.now() - mtimeMs <= olderThan) continue;
      if (apply) rmSync(join(folder, name), { force: true });
      found.count += 1;
      found.size += size;
    }
  }
  return found;
}

interface FoundBlobs {
  readonly count: number;
  readonly size: number;
  /** No payload is left. */
  readonly all: boolean;
}

async function clearBlobs(options: GarbageOptions, project: string, gone: ReadonlySet<string>, problems: string[]): Promise<FoundBlobs> {
  const folder = `${project}/blobs`;
  const blobs = namesIn(folder);
  if (blobs.length === 0) return { count: 0, size: 0, all: true };
  const loose = unnamed(project, blobs, gone);
  const none = { count: 0, size: 0, all: false };
  if (loose.length === 0) return none;
  if (await isAnyOpen(options, project, gone)) {
    problems.push(`Payloads of ${basename(project)} are left: one of its sessions is open.`);
    return none;
  }
  const size = loose.reduce((sum, name) => sum + lstatSync(join(folder, name)).size, 0);
  const found = { count: loose.length, size, all: loose.length === blobs.length };
  if (!options.apply) return found;
  const aside = `${options.home}/gone/${basename(project)}-blobs-${process.pid}`;
  mkdirSync(aside, { recursive: true, mode: 0o700 });
  for (const name of loose) renameSync(join(folder, name), join(aside, name));
  // a session that began, or ended, meanwhile may name what another one had stored before
  const open = await isAnyOpen(options, project, gone);
  const still = open ? [] : unnamed(project, loose, gone);
  for (const name of loose) if (!still.includes(name)) renameSync(join(aside, name), join(folder, name));
  return still.length === loose.length
    ? found
    : { count: still.length, size: still.reduce((sum, name) => sum + lstatSync(join(aside, name)).size, 0), all: false };
}

async function isAnyOpen({ clock, version }: GarbageOptions, project: string, gone: ReadonlySet<string>): Promise<boolean> {
  for (const folder of sessionFolders(project, gone)) {
    const lock = await takeLock(nodeDisk, folder, version, clock);
    if (!lock.ok) return true;
    await lock.value.release();
  }
  return false;
}

/**
 * Which of these payloads no journal names. Every run of 64 hexadecimal digits in a journal, or in a payload that a journal
 * names, counts as a name: that also holds for lines that can't be read, or that a newer version wrote.
 */
function unnamed(project: string, blobs: readonly string[], gone: ReadonlySet<string>): readonly string[] {
  const left = new Set(blobs);
  const visit = (path: string): void => {
    const named: string[] = [];
    forEachHash(path, (hash) => {
      if (left.delete(hash)) named.push(hash);
    });
    for (const hash of named) visit(`${project}/blobs/${hash}`);
  };
  for (const folder of sessionFolders(project, gone)) for (const path of journalsIn(folder)) visit(path);
  return [...left];
}

/** The session's own and those of its children. */
const journalsIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^journal\.(jsonl|torn-)/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));

const chunkSize = 1024 * 1024;

function forEachHash(path: string, visit: (hash: string) => void): void {
  if (!existsSync(path)) return;
  // a run is looked at piece by piece: what stands on the seam of two pieces is seen with the second
  forEachMatch(path, /[0-9a-f]{64,}/g, 63, ([run]) => {
    for (let from = 0; from + 64 <= run.length; from++) visit(run.slice(from, from + 64));
  });
}

/** Reads it in pieces; the last `overlap` characters of each are looked at again with the next one. */
function forEachMatch(path: string, pattern: RegExp, overlap: number, visit: (match: RegExpExecArray) => void): void {
  const descriptor = openSync(path, "r");
  const chunk = Buffer.allocUnsafe(chunkSize);
  let rest = "";
  try {
    for (let at = 0; ; ) {
      const count = readSync(descriptor, chunk, 0, chunkSize, at);
      if (count === 0) return;
      at += count;
      const text = rest + chunk.toString("latin1", 0, count);
      for (const match of text.matchAll(pattern)) visit(match);
      rest = text.slice(-overlap);
    }
  } finally {
    closeSync(descriptor);
  }
}

const sessionFolders = (project: string, gone: ReadonlySet<string>): readonly string[] =>
  namesIn(project)
    .map((name) => `${project}/${name}`)
    .filter((folder) => !gone.has(folder) && existsSync(`${folder}/journal.jsonl`));

const projectFolders = (home: string): readonly string[] => namesIn(`${home}/projects`).map((name) => `${home}/projects/${name}`);

/** Nothing is in it but what goes. */
const isEmpty = (project: string, gone: ReadonlySet<string>, noBlobs: boolean): boolean =>
  namesIn(project).every((name) => (name === "blobs" ? noBlobs : gone.has(`${project}/${name}`)));

/** Only what is empty indeed: a session that began meanwhile stays. */
function removeEmpty(project: string): boolean {
  try {
    if (existsSync(`${project}/blobs`)) rmdirSync(`${project}/blobs`);
    rmdirSync(project);
    return true;
  } catch {
    return false;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function sizeOf(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { recursive: true, withFileTypes: true }).reduce((sum, entry) => {
    const stats = entry.isFile() && entry.name !== reserveName ? lstatSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false }) : undefined;
    return sum + (stats?.size ?? 0);
  }, 0);
}
