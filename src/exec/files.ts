// The person's files: reading in pieces, state, and replacement as one step.
//
// Owns: how a file's content is exchanged. Calls: disk.
// Invariants
//  F1  A file changes by rename alone: at every instant its name holds the old bytes or the new ones.
//  F2  Nothing is replaced that is not, immediately before the rename, in the state that was given.
//  F3  No link is followed below the given path: FileState.path has its links resolved, so a link that
//      stands there now was put there since, and the replacement is refused.
//  F4  Whatever fails, no temporary file stays.
import { basename, dirname, join, resolve } from "node:path";
import { BosunError, codeOf, type FileState, type Outcome } from "../base/index.ts";
import { type Disk, nodeDisk, writeAll } from "./disk.ts";
import { sha256, sha256OfFile } from "./hash.ts";
import { systemSays } from "./system-error.ts";

export type ReadOutcome =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly size: number }
  | { readonly ok: false; readonly code: string; readonly says: string };
export interface Look {
  /** "other": a device, pipe or socket, or a link to nothing. */
  readonly kind: "file" | "folder" | "other" | "absent" | "unreadable";
  readonly real: string;
  readonly size: number;
}
export interface FolderEntry {
  readonly name: string;
  readonly kind: "file" | "folder" | "link" | "other";
}

export interface Files {
  /** At most `limit` bytes from `offset`; `size` is the file's whole size in bytes. Regular files only. */
  read(path: string, offset: number, limit: number): Promise<ReadOutcome>;
  /** Hash and mode as they are now. Absent is a state; what cannot be read as a file is a failure. */
  state(path: string): Promise<Outcome<FileState>>;
  look(path: string): Promise<Look>;
  /** Names in a folder, sorted, at most `limit`; empty when it cannot be listed. */
  list(path: string, limit: number): Promise<readonly FolderEntry[]>;
  /** Puts `bytes` in the place of the file that was in the state `before` (F1–F4); makes missing folders. `mode`: permission bits. */
  replace(before: FileState, bytes: Uint8Array, mode: number): Promise<Outcome<FileState>>;
}

export function createFiles(disk: Disk = nodeDisk): Files {
  return {
    read: (path, offset, limit) => read(disk, path, offset, limit),
    state: (path) => state(disk, path),
    look: (path) => look(disk, resolve(path)),
    list: (path, limit) => list(disk, path, limit),
    replace: (before, bytes, mode) => replace(disk, before, bytes, mode),
  };
}

async function read(disk: Disk, path: string, offset: number, limit: number): Promise<ReadOutcome> {
  try {
    const stat = await disk.stat(path);
    // opening a pipe would wait for its writer
    if (stat.kind !== "file") return refusal(stat.kind === "folder" ? "EISDIR" : "ENOTREG");
    const file = await disk.open(path, "read", 0);
    try {
      const pieces: Uint8Array[] = [];
      let length = 0;
      // Kernel files say size 0 and have content all the same, so the end is where reading ends.
      let next = Math.min(limit, Math.max(stat.size - offset, 4096) + 1);
      while (length < limit) {
        const piece = new Uint8Array(Math.min(next, limit - length));
        const count = await file.read(piece, offset + length);
        if (count === 0) break;
        pieces.push(piece.subarray(0, count));
        length += count;
        // Mostly there is nothing more: a small file is not asked with a large buffer.
        next = Math.min(256 * 1024, Math.max(4096, length));
      }
      const bytes = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : new Uint8Array(Buffer.concat(pieces));
      return { ok: true, bytes, size: Math.max(stat.size, offset + length) };
    } finally {
      await file.close();
    }
  } catch (error) {
    return { ok: false, code: codeOf(error), says: systemSays(error) };
  }
}
const refusal = (code: string): ReadOutcome => ({ ok: false, code, says: systemSays({ code }) });

async function state(disk: Disk, path: string): Promise<Outcome<FileState>> {
  try {
    const stat = await disk.stat(path);
    if (stat.kind !== "file") return failed(`${path} cannot be read: ${systemSays({ code: stat.kind === "folder" ? "EISDIR" : "ENOTREG" })}.`);
    const file = await disk.open(path, "read", 0);
    try {
      return { ok: true, value: { path, sha256: await sha256OfFile(file, stat.size), mode: stat.mode } };
    } finally {
      await file.close();
    }
  } catch (error) {
    const absent = codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";
    if (absent) return { ok: true, value: { path, sha256: null, mode: null } };
    return failed(`${path} cannot be read: ${systemSays(error)}.`, undefined, error);
  }
}

async function look(disk: Disk, path: string): Promise<Look> {
  try {
    const real = await disk.realPath(path);
    const stat = await disk.stat(real);
    return { kind: stat.kind === "file" || stat.kind === "folder" ? stat.kind : "other", real, size: stat.size };
  } catch (error) {
    const code = codeOf(error);
    if (code !== "ENOENT" && code !== "ENOTDIR") return { kind: "unreadable", real: path, size: 0 };
  }
  const parent = dirname(path);
  if (parent === path) return { kind: "absent", real: path, size: 0 };
  const above = await look(disk, parent);
  const real = join(above.real, basename(path));
  // a name without a target: a link to nothing, of which nobody knows where a write would end
  if (above.kind === "folder" && (await exists(disk, real))) return { kind: "other", real, size: 0 };
  return { kind: above.kind === "unreadable" || above.kind === "other" ? above.kind : "absent", real, size: 0 };
}

async function exists(disk: Disk, path: string): Promise<boolean> {
  try {
    await disk.lookAt(path);
    return true;
  } catch {
    return false;
  }
}

async function list(disk: Disk, path: string, limit: number): Promise<readonly FolderEntry[]> {
  try {
    const names = [...(await disk.list(path))].sort().slice(0, limit);
    return await Promise.all(
      names.map(async (name) => {
        const kind = await disk.lookAt(join(path, name)).then(
          (stat) => stat.kind,
          () => "other" as const,
        );
        return { name, kind };
      }),
    );
  } catch {
    return [];
  }
}

async function replace(disk: Disk, before: FileState, bytes: Uint8Array, mode: number): Promise<Outcome<FileState>> {
  const path = before.path;
  const why = await whyNot(disk, before);
  if (why !== null) return refused(why);
  if (before.mode !== null && (before.mode & 0o222) === 0)
    return failed(`${path} is read-only (mode ${before.mode.toString(8)}); nothing was changed.`, "Make it writable first if it is meant to change.");
  const folder = dirname(path);
  const temporary = join(folder, `.bosun-${process.getBuiltinModule("node:crypto").randomBytes(12).toString("hex")}.tmp`);
  let made = false;
  let renamed = false;
  try {
    const firstNew = await firstMissing(disk, folder);
    if (firstNew !== null) await disk.makeFolder(folder, 0o777);
    await writeNew(disk, temporary, bytes, mode, () => {
      made = true;
    });
    const changed = await whyNot(disk, before);
    if (changed !== null) {
      await disk.remove(temporary);
      return refused(changed);
    }
    await disk.rename(temporary, path);
    renamed = true;
    await disk.syncFolder(folder);
    for (let at = folder; firstNew !== null && at.length >= firstNew.length; at = dirname(at)) await disk.syncFolder(dirname(at));
    return { ok: true, value: { path, sha256: sha256(bytes), mode } };
  } catch (error) {
    if (renamed) return failed(`${path} was written, but the disk did not confirm it: ${systemSays(error)}.`, "Check the disk, then read the file.", error);
    if (made) await disk.remove(temporary).catch(() => undefined);
    return failed(`${path} cannot be written: ${systemSays(error)}. It is as it was.`, undefined, error);
  }
}

async function writeNew(disk: Disk, path: string, bytes: Uint8Array, mode: number, onMade: () => void): Promise<void> {
  const file = await disk.open(path, "create", 0o600);
  onMade();
  try {
    await writeAll(file, bytes);
    await file.setMode(mode);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Null when the file is as `before` says, at a path that still has no link in it; else the reason, as a sentence. */
async function whyNot(disk: Disk, before: FileState): Promise<string | null> {
  const path = before.path;
  const here = await look(disk, path);
  if (here.kind === "unreadable") return `${path} can no longer be looked at`;
  if (here.real !== path) return `${path} now leads through a symbolic link to ${here.real}`;
  if (before.sha256 === null) return here.kind === "absent" ? null : `${path} exists now`;
  if (here.kind === "absent") return `${path} no longer exists`;
  if (here.kind !== "file") return `${path} is no longer a regular file`;
  const now = await state(disk, path);
  if (!now.ok) return now.error.says.replace(/\.$/, "");
  if (now.value.sha256 !== before.sha256) return `The content of ${path} changed in the meantime`;
  if (now.value.mode !== before.mode) return `The mode of ${path} changed in the meantime (${before.mode?.toString(8)} to ${now.value.mode?.toString(8)})`;
  return null;
}

async function firstMissing(disk: Disk, folder: string): Promise<string | null> {
  let missing: string | null = null;
  // a disk that does not answer at all ends at the top, where nothing is above
  for (let at = folder; dirname(at) !== at && !(await exists(disk, at)); at = dirname(at)) missing = at;
  return missing;
}

const refused = (says: string): Outcome<FileState> => ({ ok: false, error: new BosunError("file-changed", `${says}; nothing was written.`) });
function failed(says: string, next?: string, cause?: unknown): Outcome<never> {
  return { ok: false, error: new BosunError("file-failed", says, { ...(next === undefined ? {} : { next }), ...(cause === undefined ? {} : { cause }) }) };
}
