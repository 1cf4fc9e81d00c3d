// A skill that is used: its whole SKILL.md, and files of its folder. Through the files port, bounded.
import { join, relative, resolve, sep } from "node:path";
import type { FilesPort } from "../ports.ts";
import { decodeText, type Read, type Split, splitFrontMatter } from "./front-matter.ts";
import { readHead } from "./head.ts";
import { fileLimit, type Skill, type SkillHead, skillFile } from "./skill.ts";

export interface Opened extends Split {
  readonly file: SkillFile;
  /** As it stands there now. */
  readonly now: SkillHead;
}
export interface SkillFile {
  /** Links resolved. */
  readonly real: string;
  /** Below the skill's folder, "/" between names. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** Everything of SKILL.md; a head that is no longer in order is a failure. `mayRead`: null, or why not. */
export async function openSkill(skill: Skill, files: FilesPort, mayRead: (path: string) => string | null): Promise<Read<Opened>> {
  const file = await readSkillFile(skill, skillFile, files, mayRead);
  if (!file.ok) return file;
  const split = splitFrontMatter(file.value.text);
  if (!split.ok) return { ok: false, says: `${skillFile} changed since the session began: ${split.says}` };
  const head = await readHead(split.value.head, skill.name);
  if (!head.ok) return { ok: false, says: `${skillFile} changed since the session began: ${head.says}` };
  return { ok: true, value: { ...split.value, file: file.value, now: head.value.head } };
}

/** `asked`: below the skill's folder; no link leads out of it. */
export async function readSkillFile(skill: Skill, asked: string, files: FilesPort, mayRead: (path: string) => string | null): Promise<Read<SkillFile>> {
  const failed = (says: string): Read<SkillFile> => ({ ok: false, says });
  if (asked.includes("\0")) return failed("the name of a file can't hold a NUL character");
  const path = resolve(skill.folder, asked);
  const name = below(skill.folder, path);
  if (name === null) return failed(`${asked} is outside the skill's folder: name a file below it, or use the tool read`);
  const look = await files.look(path);
  const real = below(skill.folder, look.real);
  if (look.kind !== "absent" && real === null) return failed(`${asked} is a link that leads out of the skill's folder`);
  if (look.kind === "folder") return failed(`${asked} is a folder: name a file in it`);
  if (look.kind !== "file") return failed(look.kind === "absent" ? `there is no file ${asked} in it` : `${asked} can't be read as a file`);
  if (look.size > fileLimit) return failed(`${asked} has ${look.size} bytes, and at most ${fileLimit} are read here: use the tool read on ${path}`);
  const why = mayRead(look.real) ?? (path === look.real ? null : mayRead(path));
  if (why !== null) return failed(`${asked} is not read through a skill: ${why}. The tool read can ask for ${path}`);
  const read = await files.read(look.real, 0, fileLimit + 1);
  if (!read.ok) return failed(`${asked} can't be read: ${read.says}`);
  if (read.bytes.length > fileLimit) return failed(`${asked} grew past ${fileLimit} bytes while it was read`);
  const text = decodeText(read.bytes, true);
  return text === null
    ? failed(`${asked} is not text in UTF-8: use a fitting program through bash on ${path}`)
    : { ok: true, value: { real: look.real, name, bytes: read.bytes, text } };
}

/** Null: it is not below the folder, or the folder itself. */
function below(folder: string, path: string): string | null {
  const way = relative(folder, path);
  return way === "" || way === ".." || way.startsWith(`..${sep}`) ? null : way.split(sep).join("/");
}

const mostFiles = 100;
const mostDepth = 4;

/** Names of the files below the folder but SKILL.md, hidden ones and links left out; `more`: there are others. */
export async function listSkillFiles(folder: string, files: FilesPort): Promise<{ readonly names: readonly string[]; readonly more: boolean }> {
  const names: string[] = [];
  let more = false;
  const walk = async (path: string, depth: number): Promise<void> => {
    for (const { name, kind } of await files.list(path, 500)) {
      if (names.length >= mostFiles) more = true;
      if (more || name.startsWith(".")) continue;
      const whole = join(path, name);
      if (kind === "file" && !(depth === 0 && name === skillFile)) names.push(relative(folder, whole).split(sep).join("/"));
      else if (kind === "folder" && depth < mostDepth) await walk(whole, depth + 1);
      else if (kind === "folder") more = true;
    }
  };
  await walk(folder, 0);
  return { names, more };
}
