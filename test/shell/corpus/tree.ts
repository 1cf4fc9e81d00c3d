// What stands below a folder, and what changed since: by the kernel's own stamps, so that nothing is read.
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Path → what would differ had it changed. Of a folder only its mode counts: git makes and removes locks in it. */
export type Tree = ReadonlyMap<string, string>;

export function readTree(world: string, folders: readonly string[]): Tree {
  const tree = new Map<string, string>();
  const visit = (path: string): void => {
    const at = join(world, path);
    const stat = lstatSync(at, { bigint: true });
    if (!stat.isDirectory()) {
      tree.set(path, `${stat.mode} ${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs} ${stat.nlink}`);
      return;
    }
    tree.set(path, `${stat.mode}`);
    let names: string[] = [];
    try {
      names = readdirSync(at);
    } catch {
      // A row took the right to read it away: its mode says so.
    }
    for (const name of names) visit(`${path}/${name}`);
  };
  for (const folder of folders) visit(folder);
  return tree;
}

export interface Change {
  readonly what: "made" | "changed" | "gone";
  /** As those inside name it. */
  readonly path: string;
}

export function compareTrees(before: Tree, after: Tree): Change[] {
  const changes: Change[] = [];
  for (const [path, stamp] of after) {
    const old = before.get(path);
    if (old === undefined) changes.push({ what: "made", path });
    else if (old !== stamp) changes.push({ what: "changed", path });
  }
  for (const path of before.keys()) if (!after.has(path)) changes.push({ what: "gone", path });
  return changes;
}
