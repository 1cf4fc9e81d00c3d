// Space set aside beside a journal, so that what had begun when the disk filled up can still be recorded.
//
// Invariants
//  E1  It is made before the first effect, where there is room for it; its lack is no error.
//  E2  It is really there: bytes that no file system shortens, not a hole.
//  E3  It is given up for nothing but lines that close what has begun, and when the session is let go.
import { codeOf } from "../base/index.ts";
import { type Disk, writeAll } from "../exec/index.ts";

export const reserveName = "reserve";
const reserveBytes = 64 * 1024;

export interface Reserve {
  /** Never rejects. Costs nothing after the first time. */
  make(): Promise<void>;
  /** Gives the space free, for good. Never rejects. */
  free(): Promise<void>;
  /** At a clean end, if there is one. Never rejects. */
  drop(): Promise<void>;
}

export function createReserve(disk: Disk, folder: string): Reserve {
  const path = `${folder}/${reserveName}`;
  let isMade = false;
  const remove = () => disk.remove(path).catch(() => undefined);
  const write = async (): Promise<void> => {
    const known = await disk.stat(path).catch(() => null);
    if (known?.size === reserveBytes) return; // a process that was killed left it
    if (known) await remove();
    const file = await disk.open(path, "create", 0o600);
    try {
      await writeAll(file, process.getBuiltinModule("node:crypto").randomBytes(reserveBytes));
    } finally {
      await file.close();
    }
  };
  return {
    async make() {
      if (isMade) return;
      isMade = true;
      await write().catch(remove);
    },
    async free() {
      await remove();
      // some file systems give space back only with their next commit
      await disk.syncFolder(folder).catch(() => undefined);
    },
    async drop() {
      if (isMade) await remove();
    },
  };
}

/** No space, or none left for this person. */
export const isFull = (error: unknown): boolean => codeOf(error) === "ENOSPC" || codeOf(error) === "EDQUOT";
