// One mutation at a time per working tree, across agents, sessions and processes.
//
// Invariants
//  M1  Within this process waiters are served in the order they came.
//  M2  Between processes an exclusive SQLite lock decides; the kernel frees it when its holder dies.
import { type Clock, messageOf } from "../base/index.ts";
import { type Disk, sha256 } from "../exec/index.ts";

export type ReleaseTree = () => void;

export interface TreeLock {
  /** Waits its turn; null when the signal aborted first. `onWait` is called once when another process holds it. */
  take(signal: AbortSignal, onWait: () => void): Promise<ReleaseTree | null>;
  close(): void;
}

export interface TreeLockOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  /** Where lock files live: `$BOSUN_HOME/trees`. */
  readonly folder: string;
  /** The working tree, absolute and real. */
  readonly root: string;
  /** Called once when the file system has no locks: only this process is then held in order. */
  readonly onUnavailable: (says: string) => void;
}

/** In-process order, shared by every lock on the same tree. */
const queues = new Map<string, Promise<void>>();

export function createTreeLock(options: TreeLockOptions): TreeLock {
  const shared = createSharedLock(options);
  return {
    async take(signal, onWait) {
      const before = queues.get(options.root) ?? Promise.resolve();
      let open: () => void = () => undefined;
      const mine = new Promise<void>((resolve) => {
        open = resolve;
      });
      queues.set(
        options.root,
        before.then(() => mine),
      );
      await before;
      if (signal.aborted || !(await shared.take(signal, onWait))) {
        open();
        return null;
      }
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        shared.release();
        open();
      };
    },
    close: () => shared.close(),
  };
}

function createSharedLock(options: TreeLockOptions) {
  const { disk, clock, folder, root } = options;
  type Database = InstanceType<ReturnType<typeof process.getBuiltinModule<"node:sqlite">>["DatabaseSync"]>;
  let database: Database | null = null;
  let unavailable = false;
  const open = async (): Promise<Database> => {
    const path = `${folder}/${sha256(root).slice(0, 32)}.lock`;
    await disk.makeFolder(folder, 0o700);
    await disk.open(path, "create", 0o600).then(
      (file) => file.close(),
      () => undefined,
    );
    const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
    const opened = new DatabaseSync(path, { timeout: 0 });
    try {
      // nothing is ever written in it: without this each lock makes and removes a journal beside it
      opened.exec("PRAGMA journal_mode = MEMORY");
    } catch {
      // held by another process just now: locks as well, and takes longer
    }
    return opened;
  };
  return {
    async take(signal: AbortSignal, onWait: () => void): Promise<boolean> {
      if (unavailable) return true;
      for (let tries = 0; !signal.aborted; tries++) {
        try {
          database ??= await open();
          database.exec("BEGIN EXCLUSIVE");
          return true;
        } catch (error) {
          const code = (error as { errcode?: number }).errcode;
          if (code !== 5 && code !== 261) {
            unavailable = true;
            options.onUnavailable(`Locks do not work in ${folder} (${messageOf(error)}): other processes on this tree are not waited for.`);
            return true;
          }
          if (tries === 0) onWait();
          await clock.sleep(Math.min(250, 10 * 2 ** Math.min(tries, 5)), signal);
        }
      }
      return false;
    },
    release(): void {
      if (!unavailable) database?.exec("ROLLBACK");
    },
    close(): void {
      database?.close();
      database = null;
    },
  };
}
