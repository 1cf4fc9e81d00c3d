// Paths as the file system has them.
import { lstatSync, realpathSync } from "node:fs";

/** With all links resolved; null where nothing stands. */
export function realOf(path: string): string | null {
  try {
    return realpathSync.native(path);
  } catch {
    return null;
  }
}

/** Null where nothing stands, and where it can't be looked at. */
export function kindSafely(path: string): "file" | "folder" | "link" | "other" | null {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return null;
    if (stat.isSymbolicLink()) return "link";
    return stat.isDirectory() ? "folder" : stat.isFile() ? "file" : "other";
  } catch {
    return null;
  }
}
