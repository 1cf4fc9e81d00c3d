// What git needs to see, and what of it may not be changed: both its own store and the person's settings.
import * as fs from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { kindSafely, realOf } from "./real.ts";

export interface GitFolders {
  /** `.git` of the project: a folder, or a file that names one. */
  readonly entry: string;
  /** What belongs to this working tree. */
  readonly own: string;
  /** What all working trees share: objects, settings, hooks. */
  readonly common: string;
  /** A folder of hooks that the settings name, inside the project. */
  readonly hooks: string | null;
}

/** Null: the project is no repository. Links are not followed from `.git`: such a one is not taken for the project's own. */
export function findGitFolders(root: string): GitFolders | null {
  const entry = join(root, ".git");
  const kind = kindSafely(entry);
  if (kind === "folder") return { entry, own: entry, common: entry, hooks: hooksOf(root, entry) };
  if (kind !== "file") return null;
  const named = /^gitdir: (.+)$/m.exec(textOf(entry))?.[1]?.trim();
  const own = named === undefined ? null : realOf(resolve(root, named));
  if (own === null) return null;
  const shared = textOf(join(own, "commondir")).trim();
  const common = shared === "" ? own : realOf(resolve(own, shared));
  // it must be one of that repository's working trees, and know this one: a project can't name a folder of its choice
  if (common === null || !isGitStore(common) || !knows(own, entry, common)) return null;
  return { entry, own, common, hooks: hooksOf(root, common) };
}

const isGitStore = (folder: string): boolean => ["HEAD", "objects", "refs"].every((name) => fs.existsSync(join(folder, name)));

function knows(own: string, entry: string, common: string): boolean {
  if (own === common) return dirname(dirname(own)).endsWith("/.git") || /\/\.git\/modules\//.test(own);
  const back = textOf(join(own, "gitdir")).trim();
  return back !== "" && realOf(resolve(own, back)) === realOf(entry);
}

const mostTrees = 50;

/** The file `.git` of each other working tree: git looks whether it is there. */
export function marksOfTrees(common: string): readonly string[] {
  try {
    return fs
      .readdirSync(join(common, "worktrees"))
      .slice(0, mostTrees)
      .flatMap((name) => {
        const own = join(common, "worktrees", name);
        const mark = realOf(textOf(join(own, "gitdir")).trim()) ?? "";
        const isMark = mark.endsWith("/.git") && textOf(mark).trim() === `gitdir: ${own}`;
        return isMark ? [mark] : [];
      });
  } catch {
    return [];
  }
}

const readings = new Map<string, { readonly changed: number; readonly hooks: string | null }>();
function hooksOf(root: string, common: string): string | null {
  const path = join(common, "config");
  const changed = fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const known = readings.get(path);
  if (known?.changed === changed) return known.hooks;
  const named = /^\s*hookspath\s*=\s*"?([^"\n;#]+)"?/im.exec(textOf(path))?.[1]?.trim();
  const hooks = named === undefined ? null : realOf(resolve(root, named));
  readings.set(path, { changed, hooks });
  return hooks;
}

const named = /^\s*(?:path|excludesfile|attributesfile|ignorerevsfile)\s*=\s*"?([^"\n]+)"?\s*$/gim;

/** The person's settings of git and what they name, as [where it is meant to be, where it is]. */
export function personalGitFiles(home: string): readonly (readonly [at: string, from: string])[] {
  const found = new Map<string, string>();
  const waiting = [join(home, ".gitconfig"), join(home, ".config/git")];
  for (const at of waiting) {
    const from = realOf(at);
    if (from === null || found.has(at) || found.size > 20) continue;
    found.set(at, from);
    for (const [, value = ""] of textOf(kindSafely(from) === "folder" ? join(from, "config") : from).matchAll(named)) {
      const path = value.trim().replace(/^~(?=\/)/, home);
      const whole = isAbsolute(path) ? path : resolve(dirname(at), path);
      if (kindSafely(realOf(whole) ?? "/") === "file") waiting.push(whole);
    }
  }
  return [...found];
}

function textOf(path: string): string {
  try {
    const stat = fs.statSync(path);
    return stat.isFile() && stat.size < 1024 * 1024 ? fs.readFileSync(path, "utf8") : "";
  } catch {
    return "";
  }
}
