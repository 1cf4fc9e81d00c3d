// Hashes and checksums, from the runtime's own libraries.

/** Hex SHA-256 of bytes, or of a text as UTF-8. */
export function sha256(data: Uint8Array | string): string {
  return process.getBuiltinModule("node:crypto").hash("sha256", data, "hex");
}

/** CRC-32 (as in gzip) of bytes, or of a text as UTF-8. */
export function crc32(data: Uint8Array | string): number {
  return process.getBuiltinModule("node:zlib").crc32(data);
}
