// read: everything happens in commit, so that nothing of a file is told before the call was allowed.
import { basename, dirname } from "node:path";
import type { FileState } from "../../../base/index.ts";
import { sha256 } from "../../../exec/index.ts";
import type { ToolResult } from "../../../model/index.ts";
import { nearest } from "../../near.ts";
import { resolvePath, shortPath } from "../../path.ts";
import type { EffectPorts, FileLook } from "../../ports.ts";
import type { Prepare, ToolContext } from "../../tool.ts";
import { bytesAsText, counted, failed, succeeded } from "../answer.ts";
import { type Content, examine } from "../encoding.ts";
import { mostBytes, mostLines, numbered, splitLines, type Window } from "../lines.ts";
import { readFar } from "./far.ts";

interface Input {
  readonly path: string;
  readonly offset?: number;
  readonly limit?: number;
}
/** Larger files are read in pieces and not hashed. */
export const wholeLimit = 10_000_000;
const imageLimit = 5_000_000;

export const prepare: Prepare = async (input, context) => {
  const asked = input as unknown as Input;
  return { preview: { kind: "none" }, before: [], after: [], commit: (effects) => read(asked, context, effects) };
};

async function read(input: Input, context: ToolContext, effects: EffectPorts): Promise<ToolResult> {
  const path = resolvePath(context.cwd, input.path);
  const look = await effects.files.look(path);
  switch (look.kind) {
    case "file":
      break;
    case "folder":
      return folder(look, input.path, effects);
    case "absent":
      return absent(look, input.path, context, effects);
    case "other":
      return failed(`${input.path} is not a regular file: a device, a pipe, a socket, or a link to nothing. It was not opened.`);
    case "unreadable":
      return failed(`${input.path} cannot be looked at: permission is missing, or the path is not valid.`);
  }
  if (look.size > wholeLimit) return readFar(input, look, context.signal, effects.files);
  const whole = await stable(look.real, effects);
  if (typeof whole === "string") return failed(`${input.path} cannot be read: ${whole}.`);
  if (whole.bytes.length > wholeLimit) return readFar(input, look, context.signal, effects.files);
  return show(input, whole, examine(whole.bytes), effects);
}

interface Whole {
  readonly bytes: Uint8Array;
  /** Null when it changes while it is read. */
  readonly state: FileState | null;
}

/** Content and state that belong together. */
async function stable(real: string, effects: EffectPorts): Promise<Whole | string> {
  let bytes: Uint8Array = new Uint8Array();
  for (let attempt = 0; attempt < 2; attempt++) {
    const read = await effects.files.read(real, 0, wholeLimit + 1);
    if (!read.ok) return read.says;
    bytes = read.bytes;
    const state = await effects.files.state(real);
    if (!state.ok) return state.error.says;
    if (state.value.sha256 === sha256(bytes)) return { bytes, state: state.value };
  }
  return { bytes, state: null };
}

function show(input: Input, whole: Whole, content: Content, effects: EffectPorts): ToolResult {
  const seen = whole.state === null ? {} : { seen: [whole.state] };
  const size = whole.bytes.length;
  if (content.kind === "image") {
    if (size > imageLimit) return failed(`${input.path} is an image of ${bytesAsText(size)}; at most 5 MB can be shown. Make a smaller copy of it with bash.`);
    const data = Buffer.from(whole.bytes).toString("base64");
    return { parts: [{ type: "image", mediaType: content.mediaType, data }], failed: false, detail: { bytes: size, mediaType: content.mediaType }, ...seen };
  }
  if (content.kind === "binary")
    return failed(`${input.path} is not text: ${content.type}, ${bytesAsText(size)}. Use a fitting program through bash to look into it.`);
  const lines = splitLines(content.text);
  const first = input.offset ?? 1;
  if (first > 1 && first > lines.length) return failed(`Line ${first} is past the end: ${input.path} has ${counted(lines.length, "line")}.`);
  const window = numbered(lines.slice(first - 1, first - 1 + (input.limit ?? mostLines) + 1), first, input.limit ?? mostLines, true);
  if (whole.state !== null) effects.keepSeen(whole.state, content.text);
  const notes = notesOn(window, first, lines.length, content, whole);
  const body = lines.length === 0 ? "(the file is empty)" : window.text;
  const text = [body, ...notes.map((note) => `[${note}]`)].join("\n");
  return succeeded(text, { detail: { lines: lines.length, from: first, to: window.last, bytes: size }, ...seen });
}

function notesOn(window: Window, first: number, total: number, content: Content & { readonly kind: "text" }, whole: Whole): readonly string[] {
  const notes: string[] = [];
  if (window.ended !== "end") {
    const why = window.ended === "bytes" ? `, ${mostBytes / 1000} kB at once` : "";
    notes.push(`lines ${first} to ${window.last} of ${total}${why}; go on with offset ${window.last + 1}`);
  }
  if (window.cutLines > 0) notes.push(`${counted(window.cutLines, "line")} too long and cut; to see the rest: bash with cut -c, or grep`);
  if (content.text.includes("\r\n")) notes.push("lines end with CRLF; edit keeps that, write LF in it");
  if (content.encoding === "windows-1252") notes.push("not UTF-8: shown as if it were Windows-1252, which is a guess; edit cannot change it");
  else if (content.encoding !== "utf-8") notes.push(`encoded in ${content.encoding.toUpperCase()}; edit cannot change it`);
  if (whole.state === null) notes.push("the file was being written while it was read; read it again before you change it");
  return notes;
}

async function folder(look: FileLook, asked: string, effects: EffectPorts): Promise<ToolResult> {
  const entries = await effects.files.list(look.real, 101);
  const names = entries.slice(0, 100).map((entry) => (entry.kind === "folder" ? `${entry.name}/` : entry.name));
  const more = entries.length > 100 ? ["…"] : [];
  const listing = names.length === 0 ? "It is empty." : `In it are:\n${[...names, ...more].join("\n")}`;
  return failed(`${asked} is a folder, not a file. ${listing}\nRead one of these, or list deeper with glob.`);
}

async function absent(look: FileLook, asked: string, context: ToolContext, effects: EffectPorts): Promise<ToolResult> {
  const parent = dirname(look.real);
  const entries = await effects.files.list(parent, 5000);
  const near = nearest(
    basename(look.real),
    entries.map((entry) => entry.name),
    5,
  ).map((name) => shortPath(context.cwd, `${parent}/${name}`));
  if (near.length > 0) return failed(`There is no file ${asked}. Alike in that folder: ${near.join(", ")}.`);
  const stands = (await effects.files.look(parent)).kind === "folder";
  return failed(`There is no file ${asked}${stands ? "" : `, nor its folder ${shortPath(context.cwd, parent)}`}. Look for it with glob.`);
}
