// Hashes and checksums, from the runtime's own libraries.
import type { DiskFile } from "./disk.ts";

/** Hex SHA-256 of bytes, or of a text as UTF-8. */
export function sha256(data: Uint8Array | string): string {
  return process.getBuiltinModule("node:crypto").hash("sha256", data, "hex");
}

/** Hex SHA-256 of an open file from its beginning, in pieces of 256 KiB, however long it is. Rejects as the disk does. */
export async function sha256OfFile(file: DiskFile): Promise<string> {
  const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
  const piece = new Uint8Array(256 * 1024);
  for (let position = 0; ; ) {
    const count = await file.read(piece, position);
    if (count === 0) return hash.digest("hex");
    hash.update(piece.subarray(0, count));
    position += count;
  }
}

/** CRC-32 (as in gzip) of bytes, or of a text as UTF-8. */
export function crc32(data: Uint8Array | string): number {
  return process.getBuiltinModule("node:zlib").crc32(data);
}
