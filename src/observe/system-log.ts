// What bosun did, apart from what was said: a subscriber of run events with its own file in the session's folder.
//
// Owns: events.jsonl and its older parts events.1.jsonl (newest) to events.3.jsonl.
// Calls: the disk seam. Nothing waits for it.
// Invariants
//  O1  `event` never throws, never blocks and does no file work; lines go out in order, several to a write.
//  O2  The first failure of the disk stops the log, is said once, and leaves the run as it is.
//  O3  Bounded: a file is at most `rotateAt` bytes, memory at most `mostWaiting` lines; what is dropped is counted.
//  O4  The text of the conversation, inputs and outputs are not in it; what is quoted of them is redacted and short.
import type { RunEvent } from "../agent/index.ts";
import { type Clock, codeOf, messageOf } from "../base/index.ts";
import { type Disk, type DiskFile, nodeDisk, writeAll } from "../exec/index.ts";
import { createLogReducer, type LogLine } from "./log-line.ts";

export interface SystemLog {
  event(event: RunEvent): void;
  /** Resolves when all that was said so far is written, or the log has stopped. Never rejects. */
  flush(): Promise<void>;
}

export interface SystemLogOptions {
  /** The session's folder; made if it is missing. */
  readonly folder: string;
  readonly disk?: Disk;
  readonly clock: Clock;
  /** Told once, in words, when the log stops. */
  readonly onFailure: (says: string) => void;
  /** Bytes at which a new file is begun; 5 MB. */
  readonly rotateAt?: number;
}

/** Parts kept beside the current file. */
export const keptParts = 3;
const mostWaiting = 5000;
/** Lines are gathered for so long: the log stays off the way to the first request. */
const gatherMilliseconds = 200;

export function createSystemLog(options: SystemLogOptions): SystemLog {
  const { clock, onFailure } = options;
  const reducer = createLogReducer();
  const file = createRotatingFile(options.disk ?? nodeDisk, options.folder, options.rotateAt ?? 5 * 1024 * 1024);
  let waiting: LogLine[] = [];
  let dropped = 0;
  let stopped = false;
  let writing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;

  const stop = (error: unknown): void => {
    stopped = true;
    waiting = [];
    const says = `The system log in ${options.folder} stopped: ${messageOf(error)}. The run goes on without it; free space or check the folder's permissions.`;
    try {
      onFailure(says);
    } catch {
      // who listens to the log's failure cannot fail the run
    }
  };
  const write = async (): Promise<void> => {
    while (waiting.length > 0 && !stopped) {
      const lines = waiting;
      waiting = [];
      const last = lines.at(-1);
      if (dropped > 0 && last) lines.push({ v: 1, at: clock.now(), session: last.session, agents: last.agents, type: "dropped", lines: dropped });
      dropped = 0;
      try {
        await file.append(lines.map((line) => `${JSON.stringify(line)}\n`));
      } catch (error) {
        stop(error);
      }
    }
    await file.rest();
    writing = null;
    schedule(); // what came while the file was closed
  };
  const schedule = (): void => {
    if (timer || writing || stopped || waiting.length === 0) return;
    timer = setTimeout(() => void flush(), gatherMilliseconds);
    timer.unref();
  };
  const flush = async (): Promise<void> => {
    if (timer) clearTimeout(timer);
    timer = null;
    while (writing || (waiting.length > 0 && !stopped)) {
      writing ??= write();
      await writing;
    }
    if (timer) clearTimeout(timer);
    timer = null;
  };
  return {
    event(event) {
      if (stopped) return;
      const line = reducer.reduce(event, clock.monotonic());
      if (!line) return;
      if (waiting.length >= mostWaiting) {
        dropped += 1;
        return;
      }
      waiting.push(line);
      schedule();
    },
    flush,
  };
}

interface RotatingFile {
  /** Rejects as the disk does. */
  append(lines: readonly string[]): Promise<void>;
  /** Gives the file back until the next append. */
  rest(): Promise<void>;
}

function createRotatingFile(disk: Disk, folder: string, rotateAt: number): RotatingFile {
  const current = partPath(folder, 0);
  let open: { readonly file: DiskFile; size: number } | null = null;

  const start = async (): Promise<{ readonly file: DiskFile; size: number }> => {
    const file = await disk.open(current, "append", 0o600).catch(async (error) => {
      if (codeOf(error) !== "ENOENT") throw error;
      await disk.makeFolder(folder, 0o700);
      return disk.open(current, "append", 0o600);
    });
    const size = await file.size();
    const last = new Uint8Array(1);
    if (size > 0 && (await file.read(last, size - 1)) === 1 && last[0] !== 10) {
      await writeAll(file, Buffer.from("\n")); // a crash tore the last line
      return { file, size: size + 1 };
    }
    return { file, size };
  };
  const close = async (): Promise<void> => {
    const closing = open;
    open = null;
    await closing?.file.close();
  };
  const rotate = async (): Promise<void> => {
    await close();
    for (let part = keptParts; part > 0; part--) {
      await disk.rename(partPath(folder, part - 1), partPath(folder, part)).catch((error) => {
        if (codeOf(error) !== "ENOENT") throw error;
      });
    }
  };
  return {
    async append(lines) {
      for (let first = 0; first < lines.length; ) {
        open ??= await start();
        const room = rotateAt - open.size;
        let bytes = 0;
        let end = first;
        while (end < lines.length && bytes + Buffer.byteLength(lines[end] ?? "") <= room) bytes += Buffer.byteLength(lines[end++] ?? "");
        if (end === first && open.size > 0) {
          await rotate();
          continue;
        }
        const text = lines.slice(first, Math.max(end, first + 1)).join("");
        await writeAll(open.file, Buffer.from(text));
        open.size += Buffer.byteLength(text);
        first = Math.max(end, first + 1);
      }
    },
    rest: () => close().catch(() => undefined),
  };
}

/** Part 0 is written to; 1 is the newest of the older ones. */
export const partPath = (folder: string, part: number): string => `${folder}/events${part === 0 ? "" : `.${part}`}.jsonl`;
