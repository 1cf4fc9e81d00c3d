// Hashes and checksums, from the runtime's own libraries.
import type { DiskFile } from "./disk.ts";

/** Loaded when first needed, and looked up once: a line of the journal takes three of these. */
let crypto: typeof import("node:crypto") | undefined;
let zlib: typeof import("node:zlib") | undefined;

/** Hex SHA-256 of bytes, or of a text as UTF-8. */
export function sha256(data: Uint8Array | string): string {
  crypto ??= process.getBuiltinModule("node:crypto");
  return crypto.hash("sha256", data, "hex");
}

const largestPiece = 256 * 1024;

/** Hex SHA-256 of an open file from its beginning, in pieces, however long it is. `size`: what it is said to be, in bytes. Rejects as the disk does. */
export async function sha256OfFile(file: DiskFile, size = largestPiece): Promise<string> {
  crypto ??= process.getBuiltinModule("node:crypto");
  const hash = crypto.createHash("sha256");
  // Kernel files say size 0 and have content all the same.
  const piece = Buffer.allocUnsafe(Math.min(largestPiece, Math.max(4096, size + 1)));
  for (let position = 0; ; ) {
    const count = await file.read(piece, position);
    if (count === 0) return hash.digest("hex");
    hash.update(piece.subarray(0, count));
    position += count;
  }
}

/** CRC-32 (as in gzip) of bytes, or of a text as UTF-8. */
export function crc32(data: Uint8Array | string): number {
  zlib ??= process.getBuiltinModule("node:zlib");
  return zlib.crc32(data);
}
