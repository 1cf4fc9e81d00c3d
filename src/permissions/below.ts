// What a program meets that reads all below a folder: links that lead out, files that hold secrets. Reads names only.
//
// Invariants
//  B1  What the program leaves out is left out here only where that is certain: hidden names unless an ignore file brings one back.
//  B2  Bounded: past the bound it is said that not all was looked at.
import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Effect } from "../shell/index.ts";
import { matchesSegment, readSegment, type Segment } from "./glob.ts";
import { below, leadsTo, namesIn, type Place, stores } from "./mentions.ts";
import { isInside, secretReason } from "./protected.ts";

type Reading = Extract<Effect, { kind: "reads" }>;
export type Met =
  | { readonly kind: "outside" | "secret"; readonly path: string; readonly says: string }
  | { readonly kind: "unknown"; readonly path: string; readonly says: string };

const mostEntries = 50_000;
const mostMet = 8;

/** `folder`: absolute, links resolved. Of a file: nothing. */
export function whatIsBelow(folder: string, { what, below: how = {} }: Pick<Reading, "what" | "below">, place: Place): readonly Met[] {
  const met: Met[] = [];
  const back: Segment[] = how.hidden === false ? broughtBackAbove(folder, place.root) : [];
  const visited = new Set<string>([folder]);
  const queue = [folder];
  let seen = 0;
  const fits = (name: string): boolean => how.endings === undefined || how.endings.some((ending) => name.endsWith(ending));
  for (let each = queue.pop(); each !== undefined; each = queue.pop()) {
    const entries = namesIn(each);
    if (how.hidden === false) for (const { name } of entries) if (ignoreFiles.has(name)) back.push(...broughtBack(below(each, name)));
    for (const entry of entries) {
      seen += 1;
      if (seen > mostEntries) return [...met, { kind: "unknown", path: folder, says: "there are too many files below it to look at" }];
      const { name } = entry;
      if (how.hidden === false && name.startsWith(".") && !back.some((one) => matchesSegment(one, name))) continue;
      const path = below(each, name);
      if (name.includes("\ufffd")) met.push({ kind: "unknown", path, says: "the name of a file below it can't be read" });
      else if (entry.isDirectory()) {
        if (!stores.has(name)) queue.push(path);
      } else if (entry.isSymbolicLink()) {
        if (how.links !== true) continue;
        const led = leadsTo(path);
        if (!("real" in led) || !led.exists) continue; // it reads nothing through it
        if (!isInside(led.real, place.root)) met.push({ kind: "outside", path, says: `the link ${path} below it leads out` });
        else if (!visited.has(led.real)) {
          visited.add(led.real);
          queue.push(led.real);
          if (what === "content" && fits(name)) addSecret(led.real, path, place, met);
        }
      } else if (what === "content" && fits(name)) addSecret(path, path, place, met);
      if (met.length >= mostMet) return met;
    }
  }
  return met;
}

function addSecret(real: string, path: string, place: Place, met: Met[]): void {
  const reason = secretReason(real, place) ?? secretReason(path, place);
  if (reason !== null) met.push({ kind: "secret", path, says: `${path} below it may hold secrets (${reason})` });
}

const ignoreFiles: ReadonlySet<string> = new Set([".gitignore", ".ignore", ".rgignore", ".fdignore"]);

/** Names that an ignore file says are not ignored: "!.env". Each part of the path is taken for itself, so that more is looked at, not less. */
function broughtBack(file: string): readonly Segment[] {
  const text = beginning(file);
  if (text === null || !text.includes("!")) return [];
  return text
    .split(/\r?\n/)
    .filter((line) => line.startsWith("!"))
    .flatMap((line) => line.slice(1).trim().split("/"))
    .filter((part) => part !== "")
    .map((part) => readSegment(part.replace(/\[.*$/, "*"), "all"));
}

function broughtBackAbove(folder: string, root: string): Segment[] {
  const found: Segment[] = [...broughtBack(below(root, ".git/info/exclude"))];
  for (let each = dirname(folder); isInside(each, root); each = dirname(each)) {
    for (const name of ignoreFiles) found.push(...broughtBack(below(each, name)));
    if (each === "/") break;
  }
  return found;
}

const largest = 256 * 1024;

function beginning(file: string): string | null {
  try {
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat?.isFile() === true && stat.size <= largest ? readFileSync(file, "utf8") : stat === undefined ? null : "!*";
  } catch {
    return null;
  }
}
