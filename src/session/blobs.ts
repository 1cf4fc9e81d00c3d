// Payloads too large for a line: files named by the SHA-256 of their bytes, durable before any line names them.
import { dirname } from "node:path";
import { BosunError, codeOf, messageOf, newId, type Outcome } from "../base/index.ts";
import { type Disk, readWhole, sha256, writeAll } from "../exec/index.ts";
import { isFull } from "./reserve.ts";

export interface BlobFolder {
  put(bytes: Uint8Array): Promise<Outcome<string>>;
  get(hash: string): Promise<Outcome<Uint8Array>>;
}

export function createBlobFolder(disk: Disk, folder: string): BlobFolder {
  let isRooted = false; // the folder's own name is durable
  const put = async (bytes: Uint8Array): Promise<Outcome<string>> => {
    const hash = sha256(bytes);
    const path = `${folder}/${hash}`;
    try {
      // its name may stand there without being durable yet, or with other bytes after damage
      if (!(await holds(disk, path, hash, bytes.length))) {
        await disk.makeFolder(folder, 0o700);
        await writeDurably(disk, `${folder}/.${newId("blob", Date.now())}.tmp`, path, bytes);
      }
      await disk.syncFolder(folder);
      if (!isRooted) await disk.syncFolder(dirname(folder));
      isRooted = true;
      return { ok: true, value: hash };
    } catch (error) {
      const says = `Cannot store a payload of ${bytes.length} bytes: ${isFull(error) ? "the disk is full" : messageOf(error)}.`;
      return { ok: false, error: new BosunError("journal-failed", says, { cause: error }) };
    }
  };
  const get = async (hash: string): Promise<Outcome<Uint8Array>> => {
    if (!/^[0-9a-f]{64}$/.test(hash)) return { ok: false, error: new BosunError("blob-missing", `"${hash}" is not the name of a payload.`) };
    try {
      const bytes = await readWhole(disk, `${folder}/${hash}`);
      if (sha256(bytes) === hash) return { ok: true, value: bytes };
      return { ok: false, error: new BosunError("blob-missing", `The payload ${hash.slice(0, 12)} is damaged.`) };
    } catch (error) {
      const why = codeOf(error) === "ENOENT" ? "is missing" : `cannot be read: ${messageOf(error)}`;
      return { ok: false, error: new BosunError("blob-missing", `The payload ${hash.slice(0, 12)} ${why}.`, { cause: error }) };
    }
  };
  return { put, get };
}

async function holds(disk: Disk, path: string, hash: string, size: number): Promise<boolean> {
  const known = await disk.stat(path).catch(() => null);
  if (known?.kind !== "file" || known.size !== size) return false;
  return sha256(await readWhole(disk, path, size).catch(() => "")) === hash;
}

async function writeDurably(disk: Disk, temporary: string, path: string, bytes: Uint8Array): Promise<void> {
  const file = await disk.open(temporary, "create", 0o600);
  try {
    await writeAll(file, bytes);
    await file.sync();
  } catch (error) {
    await file.close();
    await disk.remove(temporary).catch(() => undefined);
    throw error;
  }
  await file.close();
  await disk.rename(temporary, path);
}
