// Where a path leads, also when it doesn't exist yet. For the few paths that are looked at once, at the start.
import { realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";

export function realPathOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPathOf(parent), basename(path));
  }
}
