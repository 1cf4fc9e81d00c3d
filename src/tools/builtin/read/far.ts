// Lines out of a file that is too large to hold: pieces are read and let go, and the rest is not looked at.
import type { ToolResult } from "../../../model/index.ts";
import type { FileLook, FilesPort } from "../../ports.ts";
import { bytesAsText, failed, succeeded } from "../answer.ts";
import { examine } from "../encoding.ts";
import { mostBytes, mostLines, numbered, splitLines } from "../lines.ts";

const pieceSize = 4 * 1024 * 1024;
const lineFeed = 10;

export async function readFar(
  input: { readonly path: string; readonly offset?: number; readonly limit?: number },
  look: FileLook,
  signal: AbortSignal,
  files: FilesPort,
): Promise<ToolResult> {
  const first = input.offset ?? 1;
  const start = await files.read(look.real, 0, 8192);
  if (!start.ok) return failed(`${input.path} cannot be read: ${start.says}.`);
  const size = bytesAsText(start.size);
  const content = examine(start.bytes.subarray(0, wholeCharacters(start.bytes)));
  if (content.kind === "image") return failed(`${input.path} is an image of ${size}; at most 5 MB can be shown. Make a smaller copy of it with bash.`);
  if (content.kind === "binary") return failed(`${input.path} is not text: ${content.type}, ${size}. Use a fitting program through bash to look into it.`);
  if (content.encoding.startsWith("utf-16"))
    return failed(`${input.path} is ${size} of ${content.encoding.toUpperCase()} text. Convert it with iconv in bash, then read the copy.`);

  const from = await findLine(look.real, first, signal, files);
  if (typeof from === "string") return failed(from === "" ? "Interrupted while looking for the line." : `${input.path} cannot be read: ${from}.`);
  if (from.line < first) return failed(`Line ${first} is past the end: ${input.path} has ${from.line} lines.`);
  const piece = await files.read(look.real, from.offset, pieceSize);
  if (!piece.ok) return failed(`${input.path} cannot be read: ${piece.says}.`);
  if (piece.bytes.length === 0) return failed(`Line ${first} is past the end: ${input.path} has ${first - 1} lines.`);
  const text = new TextDecoder().decode(piece.bytes);
  const atEnd = from.offset + piece.bytes.length >= piece.size;
  const window = numbered(splitLines(text), first, input.limit ?? mostLines, atEnd);
  const notes = [
    `lines ${first} to ${window.last} of a file of ${size}, whose lines were not counted${window.ended === "bytes" ? `; ${mostBytes / 1000} kB at once` : ""}${window.ended === "end" ? "; the file ends here" : `; go on with offset ${window.last + 1}`}`,
    ...(window.cutLines > 0 ? ["long lines were cut"] : []),
    "too large for edit and write: change it with a program in bash; grep finds lines in it",
  ];
  return succeeded([window.text, ...notes.map((note) => `[${note}]`)].join("\n"), { detail: { from: first, to: window.last, bytes: piece.size } });
}

/** Byte offset at which line `wanted` begins; with a smaller `line` the number of lines there are. "" when interrupted. */
async function findLine(
  path: string,
  wanted: number,
  signal: AbortSignal,
  files: FilesPort,
): Promise<{ readonly line: number; readonly offset: number } | string> {
  let line = 1;
  let offset = 0;
  let lastByte = lineFeed;
  while (line < wanted) {
    if (signal.aborted) return "";
    const piece = await files.read(path, offset, pieceSize);
    if (!piece.ok) return piece.says;
    if (piece.bytes.length === 0) return { line: lastByte === lineFeed ? line - 1 : line, offset };
    const bytes = Buffer.from(piece.bytes.buffer, piece.bytes.byteOffset, piece.bytes.length);
    lastByte = bytes[bytes.length - 1] ?? lineFeed;
    for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) {
      line += 1;
      if (line === wanted) return { line, offset: offset + at + 1 };
    }
    offset += bytes.length;
  }
  return { line, offset };
}

/** Length without a character that is cut at the end. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back < bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) return bytes.length - back;
  }
  return bytes.length;
}
