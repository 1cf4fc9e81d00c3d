// From what a text says of a path to the paths on this disk. Reads names only.
//
// Owns: how a word becomes paths. Invariants
//  D1  A path is walked as the kernel walks it: "link/.." is beside what the link leads to, not beside the link.
//  D2  A pattern gives at least every name that bash would give: what a class of characters holds depends on the locale, so any character fits.
//  D3  Bounded: what would be too many paths is said to be unknown, never cut.
import { type Dirent, lstatSync, readdirSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { codeOf } from "../base/index.ts";
import type { PathMention } from "../shell/index.ts";
import { matchesSegment, readSegment } from "./glob.ts";

type Value = PathMention["value"];

export interface Place {
  /** Of the project and the person: absolute, links resolved. */
  readonly root: string;
  readonly home: string;
}

/** Paths that a mention can stand for, absolute, "." and ".." and links left as they are; or why they can't be known. */
export type Named = { readonly paths: readonly NamedPath[] } | { readonly unknown: string };
export interface NamedPath {
  readonly path: string;
  /** A plain file of which no part is a link: it leads to itself. */
  readonly file?: true;
  /** The word itself begins with a dash. */
  readonly dash?: true;
}

/** Paths of one mention. */
const most = 2000;
/** Entries looked at for names that another program listed. */
const mostEntries = 30_000;

class TooMany extends Error {}

export function pathsOf({ value, folders }: PathMention): Named {
  try {
    if (folders === null) {
      const texts = literalsOf(value);
      if (texts?.every((text) => text.startsWith("/"))) return { paths: texts.map((path) => ({ path })) };
      return { unknown: "the folder it runs in is not known" };
    }
    const paths = folders.flatMap((folder) => expand(value, folder));
    if (paths.filter((each) => each.file !== true).length > most) throw new TooMany();
    return { paths };
  } catch (error) {
    if (error instanceof TooMany) return { unknown: `it stands for too many files to look at` };
    if (error instanceof NotKnown) return { unknown: error.message };
    throw error;
  }
}

class NotKnown extends Error {}

function literalsOf(value: Value): readonly string[] | null {
  if (value.kind === "literal") return [value.text];
  if (value.kind !== "any-of") return null;
  const all = value.values.map(literalsOf);
  return all.every((each) => each !== null) ? all.flat() : null;
}

const at = (folder: string, path: string): string => (path.startsWith("/") ? path : `${folder}/${path}`);

function expand(value: Value, folder: string): readonly NamedPath[] {
  switch (value.kind) {
    case "literal":
      return [{ path: at(folder, value.text) }];
    case "glob":
      return matching(value.pattern, folder);
    case "any-of":
      return value.values.flatMap((each) => expand(each, folder));
    case "unknown":
      if (value.holds === "number") return [{ path: at(folder, `${value.prefix}0`) }];
      if (value.holds !== "names") throw new NotKnown("which file it is, is known only when it runs");
      return listed(folder, value);
  }
}

/** Names that begin with a dot or a dash are judged by who asks. Without a match bash takes the pattern itself. */
function matching(pattern: string, folder: string): readonly NamedPath[] {
  let found = [pattern.startsWith("/") ? "/" : folder];
  for (const segment of pattern.split("/")) {
    if (segment === "") continue;
    const plain = plainOf(segment);
    if (plain !== null) found = found.map((each) => at(each, plain)).filter((each) => isThere(each));
    else {
      const fits = fitting(segment);
      // before bash 5.2 `.*` finds the folder above too
      found = found.flatMap((each) =>
        [".", "..", ...namesIn(each).map(({ name }) => name)].flatMap((name) => (fits(name) ? [below(each, readable(name))] : [])),
      );
    }
    if (found.length > most) throw new TooMany();
  }
  const dash = (path: string): boolean => !pattern.startsWith("/") && path.slice(folder.length).replace(/^\/+/, "").startsWith("-");
  if (found.length > 0) return found.map((path) => (dash(path) ? { path, dash: true } : { path }));
  return [{ path: at(folder, pattern.replaceAll(/\\(.)/gsu, "$1")) }];
}

/** The text of a segment without wildcards, else null. */
function plainOf(segment: string): string | null {
  return /(?<!\\)(?:\\\\)*[*?[]/.test(segment) ? null : segment.replaceAll(/\\(.)/gsu, "$1");
}

/** D2. Where bash compares bytes, "?" is one of several that make a character. */
function fitting(segment: string): (name: string) => boolean {
  const dotted = /^\\?\./.test(segment);
  const simple = segment.replaceAll(/(?<!\\)((?:\\\\)*)\[[!^]?[\w.,@%+=-]+\]/gu, "$1?").replace(/(?<!\\)((?:\\\\)*)\[.*$/su, "$1*");
  const wanted = readSegment(simple, "all");
  const wide = readSegment(simple.replaceAll(/(?<!\\)((?:\\\\)*)\?/gu, "$1*"), "all");
  return (name) => name.startsWith(".") === dotted && (matchesSegment(wanted, name) || (/[^\0-\x7f]/.test(name) && matchesSegment(wide, name)));
}

/** A name that is no UTF-8 can't be looked at by its text. */
function readable(name: string): string {
  if (name.includes("\ufffd")) throw new NotKnown("there is a file whose name can't be read");
  return name;
}

export const below = (folder: string, name: string): string => (folder.endsWith("/") ? `${folder}${name}` : `${folder}/${name}`);

/** What a program that lists names may have listed: all that is below and begins so, links themselves too. */
function listed(from: string, { prefix, endings, plain, splits, apart }: Extract<Value, { kind: "unknown" }>): readonly NamedPath[] {
  const bare = prefix === "";
  const last = basename(`${prefix}x`).slice(0, -1);
  // A folder may be named so: then each name goes on behind a slash.
  const dots = /^\.\.?$/.test(last);
  const folder = at(from, dots ? prefix : dirname(`${prefix}x`));
  const start = dots ? "" : last;
  const found: NamedPath[] = [];
  let seen = 0;
  let top: string | null = null;
  const visit = (each: string): void => {
    for (const entry of namesIn(each)) {
      if (each === top && !entry.name.startsWith(start)) continue;
      seen += 1;
      const fits = endings === undefined || endings.some((ending) => entry.name.endsWith(ending));
      if ((fits || entry.isDirectory()) && (entry.name.includes("\n") || ((splits || apart === true) && /[\s"'\\*?[]/.test(entry.name))))
        throw new NotKnown(`the name ${JSON.stringify(entry.name)} falls apart`);
      if (seen > mostEntries) throw new TooMany();
      if (entry.isDirectory()) {
        if (!stores.has(entry.name)) visit(below(each, readable(entry.name)));
      } else if (fits && !(plain === true && entry.isSymbolicLink())) {
        const path = below(each, readable(entry.name));
        found.push({ path, ...(entry.isFile() ? { file: true } : {}), ...(bare && path.startsWith(`${top}/-`) ? { dash: true } : {}) });
      }
    }
  };
  const led = leadsTo(folder);
  top = "real" in led ? led.real : null;
  if (top !== null) visit(top);
  return found;
}

/** Folders full of what others made and keep: git's store and installed packages. What lies there is no secret of the person's. */
export const stores: ReadonlySet<string> = new Set([".git", "node_modules"]);

export function namesIn(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false; // something before it is no folder
  }
}

/** Where it leads. "dangling": a link to nothing, through which a file may be made anywhere. */
export type Led = { readonly real: string; readonly exists: boolean } | { readonly unreadable: true };

export function leadsTo(path: string): Led {
  try {
    return { real: realpathSync.native(path), exists: true };
  } catch (error) {
    const code = codeOf(error);
    if (code !== "ENOENT" && code !== "ENOTDIR") return { unreadable: true };
  }
  try {
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return { unreadable: true };
  } catch {
    // ENOTDIR: something before it is no folder
  }
  const parent = dirname(path);
  if (parent === path) return { real: path, exists: false };
  const led = leadsTo(parent);
  return "unreadable" in led ? led : { real: join(led.real, basename(path)), exists: false };
}
