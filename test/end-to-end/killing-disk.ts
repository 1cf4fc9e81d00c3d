// The real disk, numbered operation by operation; at a chosen one the process dies as by kill -9.
import { type Disk, type DiskFile, nodeDisk } from "../../src/exec/index.ts";

export interface DieAt {
  readonly operation: number;
  readonly when: "before" | "after";
}

/** Only what changes something counts: writes, syncs, renames, removals, new files. */
export function killingDisk(dieAt: DieAt | null): Disk & { count(): number } {
  let count = 0;
  const counted = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    count += 1;
    const mine = dieAt?.operation === count ? dieAt.when : null;
    if (mine === "before") process.kill(process.pid, "SIGKILL");
    try {
      return await work();
    } finally {
      if (mine === "after") process.kill(process.pid, "SIGKILL");
    }
  };
  const wrap = (file: DiskFile): DiskFile => ({
    ...file,
    write: (bytes) => counted(() => file.write(bytes)),
    sync: () => counted(() => file.sync()),
    truncate: (length) => counted(() => file.truncate(length)),
    setMode: (mode) => counted(() => file.setMode(mode)),
  });
  return {
    ...nodeDisk,
    count: () => count,
    open: async (path, how, mode) => wrap(how === "read" ? await nodeDisk.open(path, how, mode) : await counted(() => nodeDisk.open(path, how, mode))),
    rename: (from, to) => counted(() => nodeDisk.rename(from, to)),
    remove: (path) => counted(() => nodeDisk.remove(path)),
    makeFolder: (path, mode) => counted(() => nodeDisk.makeFolder(path, mode)),
    syncFolder: (path) => counted(() => nodeDisk.syncFolder(path)),
  };
}
