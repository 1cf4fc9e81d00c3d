// One command in bash: a process group of its own, no input, output in bounded memory, an end in any case.
//
// Owns: the life of one command. Calls: bash, capture, identity, stopper, text.
// Invariants
//  P1  The promise resolves, whatever the command does: after its time, after the abort, and however long a
//      process that it left behind holds its output open.
//  P2  Memory is bounded by the limits, whatever it prints.
//  P3  Timeout and abort end every process of the group: SIGTERM, after two seconds SIGKILL.
//  P4  The command sees the given environment and nothing of this process's own.
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import type { Readable } from "node:stream";
import { type BashStart, findBash, startOf } from "./bash.ts";
import { type CaptureLimits, createCapture } from "./capture.ts";
import { groupAlive, type Identity, identify } from "./identity.ts";
import type { OutputPipe, Pipes } from "./pipes.ts";
import { createStopper, pause, type Stopper } from "./stopper.ts";
import { systemSays } from "./system-error.ts";
import { createTextStream } from "./text.ts";

export interface CommandRequest {
  readonly command: string;
  /** Absolute; must exist. */
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds until the whole group is ended. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  readonly limits: CaptureLimits;
  /** Readable text as it comes, at most every 50 ms and then the last 16 KiB: for people, not a record. */
  readonly onOutput?: (text: string) => void;
  /** Called once, when the process runs. */
  readonly onStart?: (process: Identity) => void;
  /** Where its output goes through; absent: through what Node makes, which on Linux has no name under /dev. */
  readonly pipes?: Pipes;
  /** Puts a sandbox around the program and its arguments. Descriptors 0 to 4 and all of `environment` must be passed on. */
  readonly wrap?: ((argv: readonly string[], environment: Readonly<Record<string, string>>) => readonly string[]) | undefined;
}

export interface CommandOutcome {
  readonly ended: "exited" | "signalled" | "timed-out" | "aborted" | "not-started";
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly head: string;
  readonly tail: string;
  readonly omittedBytes: number;
  readonly totalBytes: number;
  /** File with the whole output up to the limit; the caller removes it. */
  readonly whole: string | null;
  /** The shell's folder at its end; null when it did not say. */
  readonly cwd: string | null;
  readonly milliseconds: number;
  /** Process group that still runs in the background. */
  readonly left: number | null;
  readonly says?: string;
}

/** How long output may stay open after the shell's end: pipes are read in far less. */
const graceMilliseconds = 100;

export async function runCommand(request: CommandRequest): Promise<CommandOutcome> {
  const started = performance.now();
  const bash = findBash(request.environment.PATH ?? "");
  if (bash === null) return notStarted("not-started", "bash was not found. Install it, or put its folder on PATH.");
  if (request.signal.aborted) return notStarted("aborted", "It was interrupted before it started.");
  if (request.command.includes("\0")) return notStarted("not-started", "The command contains a NUL character; no program can be given one.");
  const bashStart = startOf(bash, request.command, request.environment, request.limits.folder);
  const pipe = request.pipes?.take() ?? null;
  const child = start(bashStart, pipe, request);
  pipe?.handedOver();
  if (typeof child !== "string") return follow(child.process, child.pid, pipe, request, started);
  pipe?.reader.destroy();
  pipe?.release(true);
  return notStarted("not-started", child);
}

function notStarted(ended: "not-started" | "aborted", says: string): CommandOutcome {
  return { ended, exitCode: null, signal: null, head: "", tail: "", omittedBytes: 0, totalBytes: 0, whole: null, cwd: null, milliseconds: 0, left: null, says };
}

function start(bash: BashStart, pipe: OutputPipe | null, request: CommandRequest): { readonly process: ChildProcess; readonly pid: number } | string {
  const { spawn } = process.getBuiltinModule("node:child_process");
  const [program = "", ...rest] = request.wrap?.(bash.argv, bash.environment) ?? bash.argv;
  const output = pipe === null ? "pipe" : pipe.writer;
  if (!existsSync(request.cwd)) return `The working folder ${request.cwd} does not exist any more.`;
  try {
    const child = spawn(program, rest, {
      cwd: request.cwd,
      env: { ...bash.environment },
      detached: true,
      stdio: ["ignore", output, output, "pipe", ...(bash.descriptor === null ? [] : [bash.descriptor])],
    });
    // without a listener a failed start would end this process
    child.on("error", () => undefined);
    if (child.pid !== undefined) return { process: child, pid: child.pid };
    return `${program} could not be started in ${request.cwd}.`;
  } catch (error) {
    const long = (error as NodeJS.ErrnoException).code === "E2BIG";
    return `bash could not be started: ${systemSays(error)}.${long ? " Write the text to a file with the write tool and run that." : ""}`;
  }
}

async function follow(child: ChildProcess, pid: number, pipe: OutputPipe | null, request: CommandRequest, started: number): Promise<CommandOutcome> {
  const exit = new Promise<{ readonly code: number | null; readonly signal: string | null }>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const capture = createCapture(request.limits);
  const live = createLive(request.onOutput);
  const output = readStreams(pipe === null ? [child.stdout, child.stderr] : [pipe.reader], (chunk) => {
    capture.push(chunk);
    live.push(chunk);
  });
  const folder = readFolder(child.stdio[3] as Readable);
  const stopper = createStopper(pid, request.timeout, request.signal);
  request.onStart?.(identify(pid));

  const ending = await Promise.race([exit, stopper.killed.then(() => pause(2000)).then(() => null)]);
  const reason = stopper.reason();
  await settle(stopper, output.closed, folder.closed);
  stopper.disarm();
  const left = reason === null && groupAlive(pid) ? pid : null;
  pipe?.release(output.ended());
  output.release(reason === null && ending !== null);
  folder.release();
  live.end();
  if (ending === null) child.unref();

  const captured = capture.finish();
  const remarks = [
    ...(ending === null ? [`Process ${pid} did not end when it was killed; it may be waiting for a device.`] : []),
    ...(left === null ? [] : [`A background process still runs (end it with: kill -- -${left}); what it prints from now on is not kept.`]),
    ...(captured.says === null ? [] : [captured.says]),
  ];
  return {
    ended: reason ?? (ending?.signal ? "signalled" : "exited"),
    exitCode: ending?.code ?? null,
    signal: ending?.signal ?? null,
    head: captured.head,
    tail: captured.tail,
    omittedBytes: captured.omittedBytes,
    totalBytes: captured.totalBytes,
    whole: captured.whole,
    cwd: folder.path(),
    milliseconds: Math.round(performance.now() - started),
    left,
    ...(remarks.length === 0 ? {} : { says: remarks.join(" ") }),
  };
}

/** Waits for what is still in the pipes, and after a stop for the whole group, but for neither without an end. */
async function settle(stopper: Stopper, output: Promise<void>, folder: Promise<void>): Promise<void> {
  if (stopper.reason() !== null) await Promise.race([Promise.all([output, stopper.gone()]), stopper.killed]);
  const grace = Promise.withResolvers<void>();
  // one turn of the loop after the time is over: it may have been blocked, with output waiting
  const timer = setTimeout(() => setImmediate(grace.resolve), graceMilliseconds);
  await Promise.race([Promise.all([output, folder]), grace.promise]);
  clearTimeout(timer);
}

interface Reading {
  /** True once every writer has closed it. */
  ended(): boolean;
  readonly closed: Promise<void>;
  /** `keep`: goes on reading to nowhere, so that a background process is not ended by a broken pipe; else closes. */
  release(keep: boolean): void;
}

function readStreams(streams: readonly (Readable | null)[], onChunk: (chunk: Uint8Array) => void): Reading {
  let released = false;
  let open = streams.length;
  const present = streams.filter((stream) => stream !== null);
  const closings = present.map(
    (stream) =>
      new Promise<void>((resolve) => {
        stream.on("data", (chunk: Uint8Array) => {
          if (!released) onChunk(chunk);
        });
        stream.on("error", () => resolve());
        stream.once("end", () => {
          open -= 1;
        });
        stream.once("close", () => resolve());
      }),
  );
  return {
    ended: () => open === 0,
    closed: Promise.all(closings).then(() => undefined),
    release(keep) {
      released = true;
      for (const stream of present) {
        if (keep) (stream as Readable & { unref?(): void }).unref?.();
        else stream.destroy();
      }
    },
  };
}

/** The descriptor on which the shell says its folder: one line, perhaps with line feeds in it. */
function readFolder(stream: Readable): { readonly closed: Promise<void>; path(): string | null; release(): void } {
  let text = "";
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    text = (text + chunk).slice(0, 8192);
    if (text.endsWith("\n")) resolve();
  });
  stream.on("error", () => resolve());
  stream.once("close", () => resolve());
  return {
    closed,
    path() {
      const path = text.slice(0, -1);
      return text.endsWith("\n") && path.startsWith("/") && !path.includes("\0") ? path : null;
    },
    release: () => void stream.destroy(),
  };
}

/** Output for people: gathered, and of a flood only the end. */
function createLive(onOutput: ((text: string) => void) | undefined): { push(chunk: Uint8Array): void; end(): void } {
  if (onOutput === undefined) return { push: () => undefined, end: () => undefined };
  const limit = 16 * 1024;
  const stream = createTextStream();
  let waiting: Uint8Array[] = [];
  let length = 0;
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    timer = undefined;
    const text = waiting.map((chunk) => stream.push(chunk)).join("");
    waiting = [];
    length = 0;
    if (text !== "") onOutput(text);
  };
  return {
    push(chunk) {
      const part = chunk.length > limit ? chunk.subarray(chunk.length - limit) : chunk;
      waiting.push(Uint8Array.from(part));
      length += part.length;
      while (length > 2 * limit && waiting.length > 1) length -= waiting.shift()?.length ?? 0;
      timer ??= setTimeout(flush, 50);
    },
    end() {
      clearTimeout(timer);
      flush();
      const rest = stream.end();
      if (rest !== "") onOutput(rest);
    },
  };
}
