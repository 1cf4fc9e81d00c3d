// The skills of a place: heads only, read once when an agent is made.
//
// Owns: which folder is a skill, which one wins. Calls: the head's reading. Reads only.
// Invariants
//  K1  Nothing below a project that is not trusted is opened; what is there is said by the names of its folders.
//  K2  No link of a project leads out of it, and no SKILL.md lies outside its own folder.
//  K3  The first skill of a name wins, by the order of folders; the others are said.
//  K4  What is no skill is said with the next move; only files and hidden names beside the skills are passed over in silence.
//  K5  At most the head of each file is read, and nothing but a regular file is opened.
import type { Dirent } from "node:fs";
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { decodeText, type Read, splitFrontMatter } from "./front-matter.ts";
import { readHead } from "./head.ts";
import { type AbsentSkill, type FoundSkills, fileLimit, frontMatterLimit, type ListedFolder, type Skill, type SkillsPlace, skillFile } from "./skill.ts";

/** Skills of one folder that are looked at. */
const mostInFolder = 1000;
const untrusted = "the project is not trusted, so its skills are not read: `bosun trust` trusts it";

export async function readSkills(folders: readonly ListedFolder[], place: SkillsPlace): Promise<FoundSkills> {
  const skills: Skill[] = [];
  const absent: AbsentSkill[] = [];
  const taken = new Map<string, Skill>();
  const root = realOf(place.root) ?? place.root;
  for (const folder of folders) {
    const of = (name: string) => ({ name, owner: folder.owner, where: name === "*" ? folder.label : `${folder.label}/${name}` });
    const leave = (name: string, why: string) => absent.push({ ...of(name), why });
    if (folder.problem !== undefined) leave("*", `the folder can't be listed (${folder.problem}): make it readable, or remove it`);
    const found = folder.entries.filter((entry) => !entry.name.startsWith(".") && (entry.isDirectory() || entry.isSymbolicLink())).sort(byName);
    if (found.length > mostInFolder) leave("*", `the folder holds ${found.length} skills, of which the first ${mostInFolder} by name are taken: remove some`);
    for (const entry of found.slice(0, mostInFolder)) {
      if (folder.owner === "project" && !place.trusted) {
        leave(entry.name, untrusted);
        continue;
      }
      const read = await readOne(entry, folder, root);
      if (read === null) continue;
      const winner = taken.get(entry.name);
      if (!read.ok) leave(entry.name, read.says);
      else if (winner !== undefined) leave(entry.name, `${winner.where} has the same name and comes first: rename or remove one of them`);
      else {
        const skill: Skill = { ...read.value, owner: folder.owner, where: of(entry.name).where };
        taken.set(skill.name, skill);
        skills.push(skill);
      }
    }
  }
  return { skills, absent };
}

const byName = (one: { readonly name: string }, other: { readonly name: string }): number => (one.name < other.name ? -1 : 1);
const isBelow = (folder: string, path: string): boolean => {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`);
};

function realOf(path: string): string | null {
  try {
    return realpathSync.native(path);
  } catch {
    return null;
  }
}

type ReadSkill = Read<Omit<Skill, "owner" | "where">>;

/** Null: a link to a file beside the skills. */
async function readOne(entry: Dirent, folder: ListedFolder, root: string): Promise<ReadSkill | null> {
  const path = join(folder.real, entry.name);
  const real = entry.isSymbolicLink() ? realOf(path) : path;
  if (real === null) return { ok: false, says: "it is a link to nothing: remove it" };
  if (folder.owner === "project" && !isBelow(root, real)) return { ok: false, says: `it leads out of the project, to ${real}: copy it into the project` };
  if (entry.isSymbolicLink() && statSync(real, { throwIfNoEntry: false })?.isDirectory() !== true) return null;
  return readSkillFolder(real, entry.name);
}

/** `folder`: absolute, links resolved; `name`: what it is called where it was found. */
export async function readSkillFolder(folder: string, name: string): Promise<ReadSkill> {
  const start = readStart(folder);
  if (!start.ok) return start;
  const { bytes, size } = start.value;
  const text = decodeText(bytes, size <= bytes.length);
  if (text === null) return { ok: false, says: `${skillFile} is not text: save it as UTF-8` };
  const split = splitFrontMatter(text);
  if (!split.ok) return { ok: false, says: `${skillFile}: ${split.says}` };
  const read = await readHead(split.value.head, name);
  return read.ok
    ? { ok: true, value: { ...read.value.head, folder, bytes: size, warnings: read.value.warnings } }
    : { ok: false, says: `${skillFile}: ${read.says}` };
}

/** The dashes, their blanks and a byte order mark come on top of what front matter may have. */
const startLimit = frontMatterLimit + 1024;

/** The beginning of SKILL.md. A pipe or a device is not opened for reading, and a link not followed out of the folder. */
function readStart(folder: string): Read<{ readonly bytes: Uint8Array; readonly size: number }> {
  const path = join(folder, skillFile);
  const opened = open(path);
  if (opened.code === "ELOOP") {
    const real = realOf(path);
    if (real === null) return { ok: false, says: `${skillFile} is a link to nothing` };
    if (!isBelow(folder, real)) return { ok: false, says: `${skillFile} is a link that leads out of its folder, to ${real}: put the file itself there` };
    return readFrom(open(real));
  }
  return readFrom(opened);
}

type Opened = { readonly file: number; readonly code: "" } | { readonly file: null; readonly code: string };

function open(path: string): Opened {
  try {
    return { file: openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK), code: "" };
  } catch (error) {
    return { file: null, code: (error as NodeJS.ErrnoException).code ?? "unknown" };
  }
}

function readFrom({ file, code }: Opened): Read<{ readonly bytes: Uint8Array; readonly size: number }> {
  if (file === null) {
    if (code === "ENOENT") return { ok: false, says: `there is no ${skillFile} in it` };
    return { ok: false, says: `${skillFile} can't be read (${code}): make it a readable file` };
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return { ok: false, says: `${skillFile} is not a file` };
    if (stat.size > fileLimit)
      return { ok: false, says: `${skillFile} has ${stat.size} bytes, and at most ${fileLimit} are read: move parts of it into files beside it` };
    const bytes = new Uint8Array(Math.min(stat.size, startLimit));
    let at = 0;
    for (let count = 1; at < bytes.length && count > 0; at += count) count = readSync(file, bytes, at, bytes.length - at, at);
    return { ok: true, value: { bytes: bytes.subarray(0, at), size: stat.size } };
  } catch (error) {
    return { ok: false, says: `${skillFile} can't be read (${(error as NodeJS.ErrnoException).code ?? "unknown"}): make it a readable file` };
  } finally {
    closeSync(file);
  }
}
