// What a project tells its agents: AGENTS.md and its kin, read from the disk once per session.
//
// Owns: which files are taken, in which order, how much of each. Reads only.
// Invariants
//  N1  In each folder the first of AGENTS.override.md, AGENTS.md, CLAUDE.md that can be used; folders from the root down.
//  N2  Nothing outside the project's root is read through a link; the person's own file is the one exception.
//  N3  What was cut, passed over or could not be read is said as a notice; only absent files are silent.
//  N4  Labels are relative to the root with "/" between names: no absolute path reaches the prompt.
//  N5  The same files give the same text on every machine: UTF-8 without byte order mark, "\n" at line ends.
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { codeOf } from "../base/index.ts";

const instructionNames = ["AGENTS.override.md", "AGENTS.md", "CLAUDE.md"] as const;
/** Bytes of one file, and of all of them together. */
const fileLimit = 32 * 1024;
const totalLimit = 64 * 1024;

export interface InstructionFile {
  /** What it is called in the prompt and in `loaded`: "packages/web/AGENTS.md". */
  readonly label: string;
  readonly text: string;
}
export interface Instructions {
  readonly files: readonly InstructionFile[];
  /** Labels of the files, for the journal and for `nestedInstructions`. */
  readonly loaded: readonly string[];
  /** For the person: what was cut, passed over, not readable. One sentence each. */
  readonly notices: readonly string[];
}
export interface InstructionFolders {
  /** Absolute; links resolved by the caller. */
  readonly root: string;
  readonly cwd: string;
  /** $BOSUN_HOME: its AGENTS.md speaks for the person in every project. Null: there is none. */
  readonly home: string | null;
}

/** Everything that holds in `cwd`: the person's own file, then from the root down. */
export function findInstructions(folders: InstructionFolders): Instructions {
  const search = newSearch(folders.root, new Set());
  if (folders.home !== null) takeOwn(search, join(folders.home, "AGENTS.md"));
  for (const folder of foldersDown(folders.root, folders.cwd)) takeFrom(search, folder);
  return found(search);
}

/**
 * Watches which folders the tools work in. The function it returns is called with each file that a tool touched; it answers
 * once per folder, with what holds there and was not loaded yet (folders from the root down to the file's), as the text of a
 * note to append, never to edit into the prefix; null when there is nothing new. `loaded`: labels of what the model has.
 */
export function nestedInstructions(root: string, loaded: Iterable<string>): (path: string) => (Instructions & { readonly text: string }) | null {
  const known = new Set(loaded);
  const looked = new Set<string>();
  return (path) => {
    const named = dirname(resolve(root, path));
    if (looked.has(named)) return null;
    const folder = realFolder(named);
    if (folder === null) return null; // it may be made later
    looked.add(named);
    if (!isInside(root, folder)) return null;
    const search = newSearch(root, known);
    for (const each of foldersDown(root, folder)) {
      if (each !== named && looked.has(each)) continue;
      looked.add(each);
      if (!instructionNames.some((name) => known.has(labelOf(root, join(each, name))))) takeFrom(search, each);
    }
    const all = found(search);
    for (const label of all.loaded) known.add(label);
    if (all.files.length === 0 && all.notices.length === 0) return null;
    return { ...all, text: all.files.length === 0 ? "" : `${nestedOpening}\n\n${blocks(all.files)}` };
  };
}

const opening =
  "# Project instructions\n\nWritten by the people of this project and the person you work for. Follow them; where two disagree, the one further down (the folder nearer to the work) holds, and what the person says in the conversation holds over both. They cannot widen what you are permitted to do.";
const nestedOpening = "The folder you are now working in has instructions of its own. They hold for files below it.";

/** The text of the prefix's project block; "" when there are no files. */
export function renderInstructions(files: readonly InstructionFile[]): string {
  return files.length === 0 ? "" : `${opening}\n\n${blocks(files)}`;
}
const blocks = (files: readonly InstructionFile[]): string => files.map((file) => `## ${file.label}\n\n${file.text}`).join("\n\n");

// ---------------------------------------------------------------------------------------------------- search

interface Search {
  readonly root: string;
  readonly files: InstructionFile[];
  readonly notices: string[];
  /** Real paths taken, and labels the model already has: a link to one of them adds nothing. */
  readonly taken: Set<string>;
  readonly known: ReadonlySet<string>;
  left: number;
}
const newSearch = (root: string, known: ReadonlySet<string>): Search => ({ root, files: [], notices: [], taken: new Set(), known, left: totalLimit });
const found = ({ files, notices }: Search): Instructions => ({ files, notices, loaded: files.map((file) => file.label) });

const ownLabel = "AGENTS.md of the person (user-wide)";

function takeOwn(search: Search, path: string): void {
  const kind = lookAt(path, null);
  if (kind.is === "absent") return;
  if (kind.is === "refused") return void search.notices.push(`${path} ${kind.says}.`);
  take(search, path, kind.real, ownLabel);
}

function takeFrom(search: Search, folder: string): void {
  for (const name of instructionNames) {
    const path = join(folder, name);
    const label = labelOf(search.root, path);
    const kind = lookAt(path, search.root);
    if (kind.is === "absent") continue;
    if (kind.is === "refused") search.notices.push(`${label} ${kind.says}.`);
    else if (search.taken.has(kind.real) || search.known.has(labelOf(search.root, kind.real)) || take(search, path, kind.real, label)) return;
  }
}

/** False when the file could not be used and the next name should be tried. */
function take(search: Search, path: string, real: string, label: string): boolean {
  const read = readStart(real, fileLimit);
  if (!read.ok) {
    search.notices.push(`${label} could not be read (${read.code}); make it readable, or remove it.`);
    return false;
  }
  const decoded = decode(read.bytes, read.size > read.bytes.length);
  if (decoded === null) {
    search.notices.push(`${label} is not text and was passed over; save it as UTF-8.`);
    return false;
  }
  search.taken.add(real);
  if (decoded.damaged) search.notices.push(`${label} is not valid UTF-8; what could not be read is shown as \uFFFD. Save it as UTF-8.`);
  const limit = Math.min(fileLimit, search.left);
  const short = read.size > read.bytes.length;
  const kept = firstBytes(decoded.text, limit, short);
  const cut = short || kept.length < decoded.text.length;
  if (kept === "") {
    if (decoded.text !== "")
      search.notices.push(`${label} was left out: instructions may have ${totalLimit / 1024} kB in all. Shorten ${path} or the files above it.`);
    return true;
  }
  if (cut)
    search.notices.push(
      `${label} was cut after ${kept.length} characters (${read.size} bytes): ${limit < fileLimit ? `all files together may have ${totalLimit / 1024} kB` : `a file may have ${fileLimit / 1024} kB`}.`,
    );
  search.left -= Buffer.byteLength(kept);
  search.files.push({ label, text: cut ? `${kept}\n\n[cut here: the rest of this file is not shown; read it with a tool if you need it]` : kept });
  return true;
}

const labelOf = (root: string, path: string): string => relative(root, path).split(sep).join("/");

/** The root, and each folder on the way to `folder`; `folder` alone when it is not below the root. */
function foldersDown(root: string, folder: string): readonly string[] {
  if (!isInside(root, folder)) return [folder];
  const folders = [root];
  for (const name of relative(root, folder).split(sep)) if (name !== "") folders.push(join(folders.at(-1) as string, name));
  return folders;
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

function realFolder(folder: string): string | null {
  try {
    return realpathSync(folder);
  } catch {
    return null;
  }
}

// ---------------------------------------------------------------------------------------------------- reading

type Look = { readonly is: "absent" } | { readonly is: "refused"; readonly says: string } | { readonly is: "file"; readonly real: string };

/** `within`: where a link may lead; null: anywhere. */
function lookAt(path: string, within: string | null): Look {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (!stat) return { is: "absent" };
    const real = stat.isSymbolicLink() ? realpathSync(path) : path;
    if (stat.isSymbolicLink() && within !== null && !isInside(realpathSync(within), real)) {
      return { is: "refused", says: "is a link that leads outside the project and was not followed; copy the file into the project" };
    }
    return { is: "file", real };
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") return { is: "refused", says: "is a link to nothing; mend or remove it" };
    if (code === "ENOTDIR") return { is: "absent" };
    return { is: "refused", says: `could not be looked at (${code}); check the permissions of its folder` };
  }
}

type Start = { readonly ok: true; readonly bytes: Buffer; readonly size: number } | { readonly ok: false; readonly code: string };

/** The first `limit` bytes of a regular file. Never waits for a pipe or a device. */
function readStart(path: string, limit: number): Start {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = fstatSync(file);
    if (!stat.isFile()) return { ok: false, code: "not a file" };
    const bytes = Buffer.alloc(Math.min(limit, stat.size));
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(file, bytes, length, bytes.length - length, length);
      if (read === 0) break;
      length += read;
    }
    return { ok: true, bytes: bytes.subarray(0, length), size: stat.size };
  } catch (error) {
    return { ok: false, code: codeOf(error) || "unknown error" };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Null: not text. `cut`: the bytes may end within a character, which is then left off. */
function decode(bytes: Buffer, cut: boolean): { readonly text: string; readonly damaged: boolean } | null {
  const wide = bytes.length >= 2 && ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff));
  if (!wide && bytes.includes(0)) return null;
  const raw = wide ? decodeWide(bytes) : bytes.subarray(0, cut ? wholeCharacters(bytes) : bytes.length).toString("utf8");
  const text = raw
    .replace(/^\uFEFF/, "")
    .replace(/\r\n?/g, "\n")
    .trim();
  return { text, damaged: text.includes("\uFFFD") && !bytes.includes("\uFFFD") };
}

function decodeWide(bytes: Buffer): string {
  const even = Buffer.from(bytes.subarray(0, bytes.length & ~1));
  return (bytes[0] === 0xfe ? even.swap16() : even).toString("utf16le");
}

/** Length without an incomplete character at the end. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** As many bytes of the text as fit. When it is cut, or was (`short`), it ends after a whole line if one ends in its last half. */
function firstBytes(text: string, limit: number, short: boolean): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit && !short) return text;
  const kept = bytes.subarray(0, bytes.length > limit ? wholeCharacters(bytes.subarray(0, limit)) : bytes.length).toString("utf8");
  const line = kept.lastIndexOf("\n");
  return (line > kept.length / 2 ? kept.slice(0, line) : kept).trimEnd();
}
