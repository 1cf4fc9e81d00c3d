// One writer per session: an exclusive SQLite lock on a file of its own, which the kernel frees when the holder dies.
//
// Invariants
//  K1  Nothing in this process opens the lock file but SQLite, once: POSIX drops a process's locks on a file when
//      any descriptor of it is closed, so one plain read of it by the holder would let a second writer in.
//  K2  The file is made with O_EXCL, which never opens one that exists; who holds it stands in another file.
import { basename, dirname } from "node:path";
import { BosunError, type Clock, codeOf, messageOf, type Outcome, parseJson, type SessionId } from "../base/index.ts";
import { type Disk, readWhole, writeAll } from "../exec/index.ts";
import { cannotWrite } from "./cannot-write.ts";

export interface Lock {
  /** One more than the last holder's. */
  readonly fence: number;
  release(): Promise<void>;
}

/** Paths locked by this process: a second attempt must not touch the file (K1). */
const held = new Set<string>();

const busyCodes = new Set([5, 261, 517, 6]); // SQLITE_BUSY and its kinds, SQLITE_LOCKED

export async function takeLock(disk: Disk, folder: string, version: string, clock: Clock): Promise<Outcome<Lock>> {
  const path = `${folder}/lock`;
  if (held.has(path)) return { ok: false, error: await busy(disk, folder) };
  held.add(path);
  const taken = await lockFile(disk, path);
  if (!taken.ok) {
    held.delete(path);
    if (!taken.busy) return { ok: false, error: taken.error };
    return { ok: false, error: (await locksWork(disk, path)) ? await busy(disk, folder) : noLocks(path, "no file in this folder can be locked") };
  }
  const before = await readHolder(disk, folder);
  const fence = (before?.fence ?? 0) + 1;
  try {
    await writeHolder(disk, folder, { pid: process.pid, fence, version, since: clock.now() });
  } catch (error) {
    taken.close();
    held.delete(path);
    return { ok: false, error: cannotWrite(`Cannot write in ${folder}`, error, basename(folder) as SessionId) };
  }
  let isHeld = true;
  return {
    ok: true,
    value: {
      fence,
      release: async () => {
        if (!isHeld) return; // by now it may be somebody else's
        isHeld = false;
        held.delete(path);
        taken.close();
      },
    },
  };
}

type Taken =
  | { readonly ok: true; readonly close: () => void }
  | { readonly ok: false; readonly busy: true }
  | { readonly ok: false; readonly busy: false; readonly error: BosunError };

async function lockFile(disk: Disk, path: string): Promise<Taken> {
  try {
    await (await disk.open(path, "create", 0o600)).close();
  } catch (error) {
    if (codeOf(error) !== "EEXIST") {
      return {
        ok: false,
        busy: false,
        error: cannotWrite(`Cannot write in ${dirname(path)}`, error, basename(dirname(path)) as SessionId),
      };
    }
  }
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  let database: InstanceType<typeof DatabaseSync> | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    database.exec("BEGIN EXCLUSIVE");
    const open = database;
    return { ok: true, close: () => open.close() };
  } catch (error) {
    database?.close();
    const code = (error as { errcode?: number }).errcode ?? 0;
    if (busyCodes.has(code)) return { ok: false, busy: true };
    const standsFor = { 8: "EROFS", 13: "ENOSPC" }[code & 0xff]; // SQLITE_READONLY, SQLITE_FULL
    if (standsFor === undefined) return { ok: false, busy: false, error: noLocks(path, messageOf(error), error) };
    const same = Object.assign(new Error(messageOf(error)), { code: standsFor });
    return { ok: false, busy: false, error: cannotWrite(`Cannot write ${path}`, same, basename(dirname(path)) as SessionId) };
  }
}

const noLocks = (path: string, says: string, cause?: unknown): BosunError =>
  new BosunError("lock-unavailable", `Cannot lock ${path}: ${says}. The file system has no working locks. Nothing was changed.`, { cause });

/** Where there are no locks SQLite says "busy" too (of ENOLCK): then even a new file that nobody else knows cannot be locked. */
async function locksWork(disk: Disk, path: string): Promise<boolean> {
  const probe = `${path}.${process.pid}.probe`;
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  let database: InstanceType<typeof DatabaseSync> | undefined;
  try {
    await (await disk.open(probe, "create", 0o600)).close();
    database = new DatabaseSync(probe, { timeout: 0 });
    database.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    return !busyCodes.has((error as { errcode?: number }).errcode ?? 0);
  } finally {
    database?.close();
    await disk.remove(probe).catch(() => undefined);
  }
}

interface Holder {
  readonly pid: number;
  readonly fence: number;
  readonly version: string;
  readonly since: number;
}

/** Who holds the lock, or held it last: for messages only, never for deciding. */
export async function readHolder(disk: Disk, folder: string): Promise<Holder | null> {
  try {
    const parsed = parseJson(Buffer.from(await readWhole(disk, `${folder}/writer.json`, 4096)).toString("utf8"));
    if (!parsed.ok || typeof parsed.value !== "object" || parsed.value === null) return null;
    const holder = parsed.value as Partial<Holder>;
    return typeof holder.pid === "number" && typeof holder.fence === "number" ? (holder as Holder) : null;
  } catch {
    return null;
  }
}

async function writeHolder(disk: Disk, folder: string, holder: Holder): Promise<void> {
  const temporary = `${folder}/writer.json.${process.pid}.tmp`;
  await disk.remove(temporary).catch(() => undefined);
  const file = await disk.open(temporary, "create", 0o600);
  try {
    await writeAll(file, Buffer.from(`${JSON.stringify(holder)}\n`));
  } finally {
    await file.close();
  }
  await disk.rename(temporary, `${folder}/writer.json`);
}

async function busy(disk: Disk, folder: string): Promise<BosunError> {
  const holder = await readHolder(disk, folder);
  return new BosunError("session-busy", `This session is being written by another process${holder ? ` (pid ${holder.pid})` : ""}.`);
}
