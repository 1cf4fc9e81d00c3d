// The output of a command in bounded memory: its beginning and its end, and the first part of the whole in a file.
import * as fs from "node:fs";
import { join } from "node:path";
import { type Machine, nodeMachine, removeQuietly } from "./machine.ts";
import { readAt } from "./runs.ts";
import { systemSays } from "./system-error.ts";
import { readable } from "./text.ts";

export interface CaptureLimits {
  /** Bytes kept of the beginning and of the end, when there is more than both together. */
  readonly headBytes: number;
  readonly tailBytes: number;
  /** Bytes at most in the file. */
  readonly wholeBytes: number;
  /** Where that file is made; it must exist and be private. */
  readonly folder: string;
}
/** Files that are written as the output comes, whatever its length, and left where they are: of what is left out between, nothing. */
export interface CaptureFiles {
  readonly output: string;
  readonly last: string;
}
export interface Captured {
  /** Readable text; all of it in `head` when nothing was left out. */
  readonly head: string;
  readonly tail: string;
  /** Bytes as the command printed them. */
  readonly omittedBytes: number;
  readonly totalBytes: number;
  /** File with the output as it was printed, up to the limit; the caller removes it. Null when nothing was left out or it could not be written. */
  readonly whole: string | null;
  /** What went wrong with the file. */
  readonly says: string | null;
}
export interface Capture {
  push(chunk: Uint8Array): void;
  /** What there is so far. */
  look(): Captured;
  /** Closes the file. What is pushed from then on is counted and not kept. */
  close(): void;
  total(): number;
  /** Bytes from `offset` on, and where they begin: later than asked for when what stood there was not kept. */
  read(offset: number, bytes: number): { readonly from: number; readonly bytes: Buffer };
}

export function createCapture(limits: CaptureLimits, files?: CaptureFiles, machine: Machine = nodeMachine): Capture {
  const head = Buffer.allocUnsafe(limits.headBytes);
  const tail = createRing(limits.tailBytes);
  const whole = createSpill(machine, limits, files?.output);
  const last = files === undefined ? null : createLastFile(machine, files.last, () => tail.content());
  let total = 0;
  return {
    total: () => total,
    push(chunk) {
      if (chunk.length === 0) return;
      const room = limits.headBytes + limits.tailBytes;
      if (files === undefined && total <= room && total + chunk.length > room) {
        whole.write(head.subarray(0, Math.min(total, head.length)));
        whole.write(tail.content());
      }
      if (files !== undefined || total + chunk.length > room) whole.write(chunk);
      const forHead = Math.max(0, Math.min(chunk.length, limits.headBytes - total));
      head.set(chunk.subarray(0, forHead), Math.min(total, head.length));
      tail.push(chunk.subarray(forHead));
      total += chunk.length;
      if (total > limits.wholeBytes) last?.changed();
    },
    close() {
      whole.close();
      last?.close();
    },
    read(offset, bytes) {
      const kept = whole.path() === null ? 0 : Math.min(total, limits.wholeBytes);
      if (offset < kept) return { from: offset, bytes: readAt(whole.path() as string, offset, Math.min(bytes, kept - offset)) };
      const content = tail.content();
      const from = Math.min(total, Math.max(offset, total - content.length));
      return { from, bytes: content.subarray(content.length - (total - from)).subarray(0, bytes) };
    },
    look() {
      const first = head.subarray(0, Math.min(total, head.length));
      const last = tail.content();
      const file = { path: whole.path(), says: whole.says() };
      if (first.length + last.length === total) {
        const all = readable(Buffer.concat([first, last]));
        return { head: all, tail: "", omittedBytes: 0, totalBytes: total, whole: null, says: null };
      }
      const from = startOfLine(last);
      const to = endOfLine(first);
      return {
        head: readable(first.subarray(0, to)),
        tail: readable(last.subarray(from)),
        omittedBytes: total - to - (last.length - from),
        totalBytes: total,
        whole: file.path,
        says: file.says,
      };
    },
  };
}

const lineFeed = 10;

/** Where to end the beginning: after a whole line if one ends in its last quarter, else not inside a character. */
function endOfLine(bytes: Buffer): number {
  const line = bytes.lastIndexOf(lineFeed) + 1;
  if (line > bytes.length * 0.75) return line;
  let end = bytes.length;
  for (let back = 1; back <= 4 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    if (length > back) end = bytes.length - back;
    break;
  }
  return end;
}

function startOfLine(bytes: Buffer): number {
  const line = bytes.indexOf(lineFeed) + 1;
  if (line > 0 && line < bytes.length * 0.25) return line;
  let start = 0;
  while (start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return start;
}

/** The last `size` bytes of what is pushed. */
function createRing(size: number): { push(bytes: Uint8Array): void; content(): Buffer } {
  let ring: Buffer | null = null;
  let at = 0;
  let filled = 0;
  return {
    push(bytes) {
      if (bytes.length === 0 || size === 0) return;
      ring ??= Buffer.allocUnsafe(size);
      const part = bytes.length > size ? bytes.subarray(bytes.length - size) : bytes;
      const first = Math.min(part.length, size - at);
      ring.set(part.subarray(0, first), at);
      ring.set(part.subarray(first), 0);
      at = (at + part.length) % size;
      filled = Math.min(size, filled + part.length);
    },
    content() {
      if (ring === null) return Buffer.alloc(0);
      return filled < size ? Buffer.from(ring.subarray(0, filled)) : Buffer.concat([ring.subarray(at), ring.subarray(0, at)]);
    },
  };
}

interface Spill {
  write(bytes: Uint8Array): void;
  close(): void;
  /** Null while nothing was written, and when it cannot be. */
  path(): string | null;
  says(): string | null;
}

/** A file that is made with the first write and never grows beyond the limit. A failure ends it; the command goes on. */
function createSpill(machine: Machine, limits: CaptureLimits, at?: string): Spill {
  const path = at ?? join(limits.folder, `output-${process.getBuiltinModule("node:crypto").randomBytes(12).toString("hex")}`);
  let descriptor: number | null = null;
  let written = 0;
  let says: string | null = null;
  let closed = false;
  const close = () => {
    if (descriptor !== null && !closed) fs.closeSync(descriptor);
    closed = true;
  };
  return {
    close,
    path: () => (descriptor === null || says !== null ? null : path),
    says: () => says,
    write(bytes) {
      if (closed || written >= limits.wholeBytes) return;
      try {
        descriptor ??= machine.create(path);
        const part = bytes.subarray(0, limits.wholeBytes - written);
        for (let done = 0; done < part.length; ) done += machine.write(descriptor, done === 0 ? part : part.subarray(done));
        written += part.length;
      } catch (error) {
        says = `The whole output could not be kept: ${systemSays(error)}.`;
        close();
        if (descriptor !== null) removeQuietly(machine, path);
      }
    },
  };
}

/** How old the file with the last of the output may be, in milliseconds. */
const lastFileAge = 100;

/** The end of output beyond the limit: written anew now and then, not with every piece of a flood. */
function createLastFile(machine: Machine, path: string, content: () => Buffer): { changed(): void; close(): void } {
  let timer: NodeJS.Timeout | undefined;
  const write = () => {
    timer = undefined;
    try {
      machine.put(`${path}.new`, content());
      machine.rename(`${path}.new`, path);
    } catch {
      // evidence for a crash, which is then less
    }
  };
  return {
    changed() {
      timer ??= setTimeout(write, lastFileAge).unref();
    },
    close() {
      if (timer !== undefined) write();
      clearTimeout(timer);
    },
  };
}
