// A plugin's folder as one hash: names, kinds, executable bits and bytes of all that is in it.
//
// Invariants
//  E1  Two folders have one hash only if the same program comes of them: no file, link or executable bit is left out but `.git` at the top.
//  E2  Nothing of it lies outside: a link that leads out, or nowhere, is refused, as is what is no file, folder or link.
//  E3  The work is bounded: files, bytes and depth.
import * as fs from "node:fs";
import { dirname, isAbsolute, join, relative } from "node:path";
import { codeOf, messageOf } from "../../base/index.ts";

export interface TreeFile {
  /** Relative, with "/". */
  readonly path: string;
  readonly kind: "file" | "folder" | "link";
  readonly bytes: number;
  readonly executable: boolean;
  /** Of a link. */
  readonly target: string | null;
  /** What changes when anybody writes to it: inode, size, times in nanoseconds. */
  readonly mark: string;
  /** Milliseconds since 1970 of its last change, as the system counts it. */
  readonly changed: number;
}
export interface Tree {
  readonly root: string;
  readonly files: readonly TreeFile[];
  readonly bytes: number;
}
export type TreeOutcome = { readonly ok: true; readonly value: Tree } | { readonly ok: false; readonly why: string };

export const mostBytes = 64 * 1024 * 1024;
export const mostFiles = 5000;
const deepest = 32;

/** `folder` is absolute. Nothing of it is opened. */
export function walkTree(folder: string, most: number = mostFiles): TreeOutcome {
  const files: TreeFile[] = [];
  let bytes = 0;
  const visit = (below: string, depth: number): string | null => {
    if (depth > deepest) return `${below} lies more than ${deepest} folders deep`;
    for (const name of fs.readdirSync(join(root, below)).sort()) {
      if (below === "" && name === ".git") continue;
      const path = below === "" ? name : `${below}/${name}`;
      // a name that is not UTF-8 can't be told from another one
      if (name.includes("\uFFFD") || /\p{Cc}/u.test(name)) return `${JSON.stringify(path)} has characters in its name that can't be kept`;
      const found = look(root, path);
      if (typeof found === "string") return found;
      files.push(found);
      bytes += found.kind === "file" ? found.bytes : 0;
      if (files.length > most) return `it holds more than ${most} files and folders`;
      if (bytes > mostBytes) return `it holds more than ${mostBytes / 1024 / 1024} MB`;
      const why = found.kind === "folder" ? visit(path, depth + 1) : null;
      if (why !== null) return why;
    }
    return null;
  };
  let root = folder;
  try {
    root = fs.realpathSync.native(folder);
    const why = fs.statSync(root).isDirectory() ? visit("", 0) : "it is not a folder";
    return why === null ? { ok: true, value: { root, files, bytes } } : { ok: false, why };
  } catch (error) {
    return { ok: false, why: codeOf(error) === "ENOENT" ? "it does not exist" : messageOf(error) };
  }
}

function look(root: string, path: string): TreeFile | string {
  const full = join(root, path);
  const stat = fs.lstatSync(full, { bigint: true });
  const mark = [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs, stat.mode].join(" ");
  const base = { path, bytes: Number(stat.size), mark, changed: Number(stat.ctimeMs), executable: (stat.mode & 0o111n) !== 0n, target: null };
  if (stat.isDirectory()) return { ...base, kind: "folder", executable: false };
  if (stat.isFile()) return { ...base, kind: "file" };
  if (!stat.isSymbolicLink()) return `${path} is neither a file nor a folder`;
  const target = fs.readlinkSync(full);
  const why = linkProblem(root, path, target);
  return why === null ? { ...base, kind: "link", executable: false, target } : why;
}

function linkProblem(root: string, path: string, target: string): string | null {
  const inside = (at: string) => at !== "" && !at.startsWith("..") && !isAbsolute(at);
  const leads = `the link ${path} leads to ${target}`;
  if (isAbsolute(target) || !inside(relative(root, join(root, dirname(path), target)))) return `${leads}, out of the folder`;
  try {
    return inside(relative(root, fs.realpathSync.native(join(root, path)))) ? null : `${leads}, out of the folder`;
  } catch {
    return `${leads}, where nothing is`;
  }
}

/** SHA-256 as 64 hex digits. Throws what the system throws. */
export function hashTree({ root, files }: Tree): string {
  const { createHash } = process.getBuiltinModule("node:crypto");
  const whole = createHash("sha256");
  let bytes = 0;
  for (const file of files) {
    const content = file.kind === "file" ? readAsIs(join(root, file.path)) : null;
    bytes += content?.length ?? 0;
    if (bytes > mostBytes) throw new Error("it grew while it was read");
    const said = content === null ? file.target : createHash("sha256").update(content).digest("hex");
    whole.update(`${JSON.stringify([file.path, file.kind, file.executable, said])}\n`);
  }
  return whole.digest("hex");
}

/** A file, not what a link in its place leads to. */
export function readAsIs(path: string): Buffer {
  const descriptor = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
  try {
    return fs.readFileSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** One text that changes whenever anything of it was written to. */
export function markOf({ files }: Tree): string {
  const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
  for (const { path, mark } of files) hash.update(`${JSON.stringify([path, mark])}\n`);
  return hash.digest("hex");
}

/** Into a folder that is not there yet. Private; what is executable stays so. */
export function copyTree({ root, files }: Tree, to: string): void {
  fs.mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const { path, kind, executable, target } of files) {
    const at = join(to, path);
    if (kind === "folder") fs.mkdirSync(at, { mode: 0o700 });
    else if (kind === "link") fs.symlinkSync(target ?? "", at);
    else fs.writeFileSync(at, readAsIs(join(root, path)), { flag: "wx", mode: executable ? 0o700 : 0o600 });
  }
}
