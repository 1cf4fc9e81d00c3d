// What can be known of a git repository by reading three small files, without starting git.
import { readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

export interface Repository {
  /** The working tree's top folder. */
  readonly root: string;
  /** The folder with HEAD; of a linked worktree its own one under the main repository's .git/worktrees. */
  readonly gitFolder: string;
  /** Short name of the branch; null when HEAD is detached or cannot be read. */
  readonly branch: string | null;
  /** The commit, when HEAD is detached. */
  readonly commit: string | null;
}

/** The repository that holds `folder`, or null. Synchronous: a few system calls, on the start path. */
export function findRepository(folder: string): Repository | null {
  for (let root = resolve(folder); ; root = dirname(root)) {
    const gitFolder = gitFolderOf(join(root, ".git"));
    if (gitFolder !== null) return { root, gitFolder, ...headOf(gitFolder) };
    if (dirname(root) === root) return null;
  }
}

function gitFolderOf(path: string): string | null {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return null;
    if (stat.isDirectory()) return statSync(join(path, "HEAD"), { throwIfNoEntry: false }) === undefined ? null : path;
    if (!stat.isFile() || stat.size > 8192) return null;
    const link = /^gitdir: (.+?)\r?\n?$/.exec(readFileSync(path, "utf8"))?.[1];
    return link === undefined ? null : resolve(dirname(path), link);
  } catch {
    return null;
  }
}

function headOf(gitFolder: string): { readonly branch: string | null; readonly commit: string | null } {
  try {
    const head = readFileSync(join(gitFolder, "HEAD"), "utf8").trim();
    const reference = /^ref: *refs\/heads\/(.+)$/.exec(head)?.[1];
    // ".invalid" stands in HEAD where the references are kept in another format
    if (reference !== undefined) return { branch: reference === ".invalid" ? null : reference, commit: null };
    return { branch: null, commit: /^[0-9a-f]{40,64}$/.test(head) ? head : null };
  } catch {
    return { branch: null, commit: null };
  }
}
