// What the bytes of a file are: text in some encoding, a picture, or something else by its first bytes.

export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";
export type Content =
  /** `bom`: the text began with a byte order mark, which is not in `text`. */
  | { readonly kind: "text"; readonly text: string; readonly encoding: Encoding; readonly bom: boolean }
  | { readonly kind: "image"; readonly mediaType: string }
  /** `type`: in words, with an article. */
  | { readonly kind: "binary"; readonly type: string };

type Signature = readonly [bytes: string, type: string, offset?: number];
const images: readonly Signature[] = [
  ["\x89PNG\r\n\x1a\n", "image/png"],
  ["\xff\xd8\xff", "image/jpeg"],
  ["GIF87a", "image/gif"],
  ["GIF89a", "image/gif"],
];
const binaries: readonly Signature[] = [
  ["\x7fELF", "an ELF program or library"],
  ["\xcf\xfa\xed\xfe", "a Mach-O program"],
  ["\xca\xfe\xba\xbe", "a Java class or a universal Mach-O program"],
  ["MZ", "a Windows program"],
  ["%PDF-", "a PDF document"],
  ["PK\x03\x04", "a ZIP archive (or a document made of one)"],
  ["\x1f\x8b", "gzip data"],
  ["BZh", "bzip2 data"],
  ["\xfd7zXZ\0", "xz data"],
  ["\x28\xb5\x2f\xfd", "zstd data"],
  ["7z\xbc\xaf\x27\x1c", "a 7z archive"],
  ["SQLite format 3\0", "an SQLite database"],
  ["\0asm", "a WebAssembly module"],
  ["\xd0\xcf\x11\xe0", "an old Office document"],
  ["OggS", "Ogg media"],
  ["ID3", "MP3 audio"],
  ["fLaC", "FLAC audio"],
  ["wOFF", "a WOFF font"],
  ["wOF2", "a WOFF2 font"],
  ["\0\x01\0\0\0", "a TrueType font"],
  ["BM", "a BMP image"],
  ["II*\0", "a TIFF image"],
  ["\0\0\x01\0", "an icon"],
  ["ftyp", "MP4 or similar media", 4],
  ["ustar", "a tar archive", 257],
];

// biome-ignore lint/suspicious/noControlCharactersInRegex: they tell data from text
const dataCharacters = /[\x00-\x08\x0e-\x1a\x1c-\x1f]/;

/** From the whole file, or from a beginning of it that ends between two lines. */
export function examine(bytes: Uint8Array): Content {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 8192)).toString("latin1");
  const mediaType = start.startsWith("RIFF") && start.startsWith("WEBP", 8) ? "image/webp" : typeBy(images, start);
  if (mediaType !== null) return { kind: "image", mediaType };
  const marked = bomOf(start);
  if (marked !== null) return decode(bytes, marked, true);
  if (start.includes("\0")) {
    const guessed = utf16Without(start);
    const text = guessed === null ? null : decode(bytes, guessed, false);
    if (text?.kind === "text" && !dataCharacters.test(text.text.slice(0, 4096))) return text;
    return { kind: "binary", type: typeBy(binaries, start) ?? "data with NUL bytes" };
  }
  // PDF and the like begin as text; of the short signatures only those are believed without a NUL
  if (start.startsWith("%PDF-") || start.startsWith("\x1f\x8b")) return { kind: "binary", type: typeBy(binaries, start) ?? "data" };
  return decode(bytes, "utf-8", false);
}

const typeBy = (signatures: readonly Signature[], start: string): string | null =>
  signatures.find(([bytes, , offset = 0]) => start.startsWith(bytes, offset))?.[1] ?? null;

function bomOf(start: string): Encoding | null {
  if (start.startsWith("\xef\xbb\xbf")) return "utf-8";
  if (start.startsWith("\xff\xfe\0\0")) return null;
  if (start.startsWith("\xff\xfe")) return "utf-16le";
  return start.startsWith("\xfe\xff") ? "utf-16be" : null;
}

/** UTF-16 without a mark: of mostly Latin text, every second byte is NUL and no other. */
function utf16Without(start: string): Encoding | null {
  let even = 0;
  let odd = 0;
  for (let index = 0; index < start.length; index++) {
    if (start[index] !== "\0") continue;
    if (index % 2 === 0) even += 1;
    else odd += 1;
  }
  const enough = Math.max(8, start.length * 0.3);
  if (even === 0 && odd > enough) return "utf-16le";
  return odd === 0 && even > enough ? "utf-16be" : null;
}

function decode(bytes: Uint8Array, encoding: Encoding, bom: boolean): Content {
  try {
    return { kind: "text", text: new TextDecoder(encoding, { fatal: true }).decode(bytes), encoding, bom };
  } catch {
    if (encoding !== "utf-8") return { kind: "binary", type: `damaged ${encoding.toUpperCase()} text` };
    const text = new TextDecoder("windows-1252").decode(bytes);
    const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 8192)).toString("latin1");
    if (dataCharacters.test(start)) return { kind: "binary", type: typeBy(binaries, start) ?? "data that is not text" };
    return { kind: "text", text, encoding: "windows-1252", bom: false };
  }
}
