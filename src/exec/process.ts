// One command in bash: nothing of it outlives this process, no input, output in bounded memory, an end in any case.
//
// Owns: the life of one command. Calls: bash, capture, identity, runs, stopper, text.
// Invariants
//  P1  The promise resolves, whatever the command does: after its time, after the abort, and however long a
//      process that it left behind holds its output open.
//  P2  Memory is bounded by the limits, whatever it prints.
//  P3  Timeout and abort end every process of it: SIGTERM, after two seconds SIGKILL. In a namespace nothing is
//      excepted; without one, what made itself a session of its own is.
//  P4  The command sees the given environment and nothing of this process's own.
//  P5  In a namespace all of it ends with this process, however that ends; watched, its process group does.
import type { ChildProcess, StdioOptions } from "node:child_process";
import { closeSync, existsSync } from "node:fs";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { type BashStart, type Cage, descriptors, findBash, startOf } from "./bash.ts";
import { type Capture, type CaptureLimits, createCapture } from "./capture.ts";
import { type Identity, identify } from "./identity.ts";
import { type Machine, nodeMachine } from "./machine.ts";
import type { OutputPipe, Pipes } from "./pipes.ts";
import { openExitFile, type RunFolder } from "./runs.ts";
import type { Bounds } from "./sandbox/bounds.ts";
import { readExports } from "./sandbox/exports.ts";
import { createStopper, end, groupTarget, namespaceTarget, pause, type Stopper, type Target } from "./stopper.ts";
import { systemSays } from "./system-error.ts";
import { createTextStream } from "./text.ts";

export interface CommandRequest {
  readonly command: string;
  /** Absolute; must exist. */
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds until all of it is ended; infinite: never. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  readonly limits: CaptureLimits;
  /** Readable text as it comes, at most every 50 ms and then the last 16 KiB: for people, not a record. */
  readonly onOutput?: ((text: string) => void) | undefined;
  /** Called once, when the process runs. */
  readonly onStart?: (process: Identity) => void;
  /** Where its output goes through; absent: through what Node makes, which on Linux has no name under /dev. */
  readonly pipes?: Pipes;
  /** Absent: only its process group. */
  readonly cage?: Cage;
  /** Where its output and its exit code are put as they come; the caller removes it. */
  readonly run?: RunFolder | null;
  readonly machine?: Machine;
  readonly bounds?: Bounds | undefined;
  /** Names of exported variables that the outcome tells. */
  readonly exports?: readonly string[] | undefined;
}

export interface CommandOutcome {
  /** "no-cage": the namespace could not be made, and nothing of the command ran. */
  readonly ended: "exited" | "signalled" | "timed-out" | "aborted" | "not-started" | "no-cage";
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly head: string;
  readonly tail: string;
  readonly omittedBytes: number;
  readonly totalBytes: number;
  /** File with the whole output up to the limit: that of the run, else one that the caller removes. */
  readonly whole: string | null;
  /** The shell's folder at its end; null when it did not say. */
  readonly cwd: string | null;
  readonly exports?: Readonly<Record<string, string>>;
  readonly milliseconds: number;
  /** The process (and its group) that carries what still runs in the background. */
  readonly left: number | null;
  readonly says?: string;
}

/** A command that was started. */
export interface Running {
  readonly identity: Identity;
  /** When its shell has ended. What it left in the background may go on. */
  readonly outcome: Promise<CommandOutcome>;
  /** Whether anything of it runs. */
  alive(): boolean;
  /** Ends all of it: asked first, killed after `patience` milliseconds. */
  end(patience?: number): Promise<void>;
  readonly output: Pick<Capture, "read" | "total">;
  /** Lets go of what is held for its output. Call when nothing of it runs any more. */
  close(): void;
}

/** How long output may stay open after the shell's end: pipes are read in far less. */
const graceMilliseconds = 100;

/** Waits for its shell's end. */
export async function runCommand(request: CommandRequest): Promise<CommandOutcome> {
  const running = startCommand(request);
  if ("ended" in running) return running;
  const outcome = await running.outcome;
  if (outcome.left === null) running.close();
  return outcome;
}

/** An outcome when it could not be started. */
export function startCommand(request: CommandRequest): Running | CommandOutcome {
  const bash = readyBash(request);
  if (typeof bash !== "string") return bash;
  const { command, environment, limits, run = null, cage = { kind: "none" }, machine = nodeMachine, bounds, exports } = request;
  const exitFile = run === null ? null : openExitFile(run, machine);
  const bashStart = startOf({ bash, command, environment, folder: limits.folder, cage, hasExitFile: exitFile !== null, machine, bounds, exports });
  const pipe = request.pipes?.take() ?? null;
  const child = spawnBash(bashStart, pipe, exitFile, request);
  pipe?.handedOver();
  if (exitFile !== null) closeSync(exitFile);
  if (typeof child !== "string") return follow(child.process, child.pid, pipe, { ...request, cage });
  pipe?.reader.destroy();
  pipe?.release(true);
  return notStarted("not-started", child);
}

/** What this system lacks to run any command; null: nothing. */
export const whyNoCommands = (): string | null =>
  process.platform === "win32" ? "Commands need bash, process groups and named pipes, which Windows does not have. Run bosun inside WSL 2." : null;

/** Path of bash, or why the command cannot be started. */
export function readyBash(request: CommandRequest): string | CommandOutcome {
  const lacking = whyNoCommands();
  if (lacking !== null) return notStarted("not-started", lacking);
  const bash = findBash(request.environment.PATH ?? "");
  if (bash === null) return notStarted("not-started", "bash was not found. Install it, or put its folder on PATH.");
  if (request.signal.aborted) return notStarted("aborted", "It was interrupted before it started.");
  if (request.command.includes("\0")) return notStarted("not-started", "The command contains a NUL character; no program can be given one.");
  if (!existsSync(request.cwd)) return notStarted("not-started", `The working folder ${request.cwd} does not exist any more.`);
  return bash;
}

export function notStarted(ended: "not-started" | "aborted", says: string): CommandOutcome {
  return { ended, exitCode: null, signal: null, head: "", tail: "", omittedBytes: 0, totalBytes: 0, whole: null, cwd: null, milliseconds: 0, left: null, says };
}

function spawnBash(
  bash: BashStart,
  pipe: OutputPipe | null,
  exitFile: number | null,
  request: CommandRequest,
): { readonly process: ChildProcess; readonly pid: number } | string {
  const [program = "", ...rest] = bash.argv;
  const { cwd, machine = nodeMachine } = request;
  const exit = exitFile ?? "ignore";
  const exitOfCarrier = request.cage?.kind === "namespace" ? exit : "ignore";
  const stdio: StdioOptions = ["ignore", "ignore", "ignore", "pipe", bash.prologue ?? "ignore", pipe?.writer ?? "pipe", exitOfCarrier, exit];
  try {
    const child = machine.start(program, rest, { cwd, env: { ...bash.environment }, detached: true, stdio });
    // without a listener a failed start would end this process
    child.on("error", () => undefined);
    if (child.pid !== undefined) return { process: child, pid: child.pid };
    return `${program} could not be started in ${cwd}.`;
  } catch (error) {
    const long = (error as NodeJS.ErrnoException).code === "E2BIG";
    return `bash could not be started: ${systemSays(error)}.${long ? " Write the text to a file with the write tool and run that." : ""}`;
  }
}

interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

function follow(child: ChildProcess, pid: number, pipe: OutputPipe | null, request: CommandRequest & { readonly cage: Cage }): Running {
  const exit = new Promise<Exit>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const capture = createCapture(request.limits, request.run ?? undefined, request.machine);
  const live = createLive(request.onOutput);
  const output = readStream(pipe?.reader ?? streamOf(child, descriptors.output), (chunk) => {
    capture.push(chunk);
    live.push(chunk);
  });
  const line = readLine(streamOf(child, descriptors.line));
  const target = request.cage.kind === "namespace" ? namespaceTarget(pid) : groupTarget(pid, line.watcher);
  const stopper = createStopper(target, request.timeout, request.signal);
  const identity = identify(pid);
  request.onStart?.(identity);
  const parts: Parts = {
    child,
    pid,
    exit,
    capture,
    live,
    output,
    line,
    target,
    stopper,
    caged: request.cage.kind,
    keeps: request.run != null,
    exports: request.exports ?? [],
  };
  return {
    identity,
    outcome: finish(parts, performance.now()).finally(() => pipe?.release(output.ended())),
    alive: target.alive,
    end: (patience) => end(target, patience),
    output: capture,
    close() {
      capture.close();
      line.release();
      output.release(false);
    },
  };
}

const streamOf = (child: ChildProcess, descriptor: number): Readable => (child.stdio as readonly unknown[])[descriptor] as Readable;

interface Parts {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly exit: Promise<Exit>;
  readonly capture: Capture;
  readonly live: Live;
  readonly output: Reading;
  readonly line: Line;
  readonly target: Target;
  readonly stopper: Stopper;
  readonly caged: Cage["kind"];
  /** What is printed after the shell's end is kept too. */
  readonly keeps: boolean;
  readonly exports: readonly string[];
}

async function finish(parts: Parts, started: number): Promise<CommandOutcome> {
  const { child, pid, capture, output, line, target, stopper, caged } = parts;
  // what stays in a namespace keeps its carrier: then the shell itself says that it ended
  const stays = line.stays.then(() => Promise.race([parts.exit, pause(graceMilliseconds).then(() => "stays" as const)]));
  const stuck = stopper.killed.then(() => pause(2000)).then(() => null);
  const first = await Promise.race([parts.exit, stays, stuck]);
  const ending = first === "stays" && stopper.reason() !== null ? await Promise.race([parts.exit, stuck]) : first;
  const reason = stopper.reason();
  await settle(stopper, output.closed, line.closed);
  stopper.disarm();
  if (caged === "watched") await Promise.race([line.watched, pause(graceMilliseconds)]);
  const left = reason === null && (ending === "stays" || (caged !== "namespace" && target.alive())) ? pid : null;
  const goesOn = left !== null && parts.keeps;
  if (!goesOn) output.release(reason === null && ending !== null);
  // a watcher takes the end of its line for our end
  if (left === null || caged !== "watched") line.release();
  if (left !== null) output.unref();
  parts.live.end();
  if (ending === null || left !== null) child.unref();
  if (!goesOn) capture.close();
  return outcomeOf(parts, { ending, reason, left, milliseconds: Math.round(performance.now() - started) });
}

interface Ending {
  readonly ending: Exit | "stays" | null;
  readonly reason: "timed-out" | "aborted" | null;
  readonly left: number | null;
  readonly milliseconds: number;
}

function outcomeOf({ capture, line, pid, caged, exports }: Parts, { ending, reason, left, milliseconds }: Ending): CommandOutcome {
  const captured = capture.look();
  const exit = ending === "stays" ? { code: line.code(), signal: null } : exitOf(ending, caged, line.code());
  const unmade = caged === "namespace" && !line.ready() && reason === null;
  const remarks = [
    ...(ending === null ? [`Process ${pid} did not end when it was killed; it may be waiting for a device.`] : []),
    ...(captured.says === null ? [] : [captured.says]),
  ];
  return {
    ended: unmade ? "no-cage" : (reason ?? (exit.signal === null ? "exited" : "signalled")),
    exitCode: exit.code,
    signal: exit.signal,
    head: captured.head,
    tail: captured.tail,
    omittedBytes: captured.omittedBytes,
    totalBytes: captured.totalBytes,
    whole: captured.whole,
    cwd: line.path(),
    ...(exports.length === 0 ? {} : { exports: readExports(line.said(), exports) }),
    milliseconds,
    left,
    ...(remarks.length === 0 ? {} : { says: remarks.join(" ") }),
  };
}

/** The carrier of a namespace ends by itself with 128 and the number when a signal ended the shell, which then did not say so. */
function exitOf(exit: Exit | null, caged: Cage["kind"], said: number | null): Exit {
  if (exit === null || exit.signal !== null || exit.code === null) return exit ?? { code: null, signal: null };
  if (caged !== "namespace" || exit.code === said) return exit;
  const name = Object.entries(constants.signals).find(([, number]) => number + 128 === exit.code)?.[0];
  return name === undefined ? exit : { code: null, signal: name };
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
  /** It does not keep this process from ending. */
  unref(): void;
}

function readStream(stream: Readable, onChunk: (chunk: Uint8Array) => void): Reading {
  let released = false;
  let isEnded = false;
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const unref = () => void (stream as Readable & { unref?(): void }).unref?.();
  stream.on("data", (chunk: Uint8Array) => {
    if (!released) onChunk(chunk);
  });
  stream.on("error", () => resolve());
  stream.once("end", () => {
    isEnded = true;
  });
  stream.once("close", () => resolve());
  return {
    unref,
    ended: () => isEnded,
    closed,
    release(keep) {
      released = true;
      if (keep) unref();
      else stream.destroy();
    },
  };
}

/** The line to the shell: what it and its watcher say of themselves. */
interface Line {
  /** Resolves when the shell has said all it will. */
  readonly closed: Promise<void>;
  /** Resolves when it said that it leaves something running; never otherwise. */
  readonly stays: Promise<void>;
  /** Resolves when the watcher has said which process it is. */
  readonly watched: Promise<void>;
  /** The command was begun. */
  ready(): boolean;
  /** Pid of the process that watches over its group. */
  watcher(): number | null;
  /** Exit code and folder; null when it did not say. */
  code(): number | null;
  path(): string | null;
  /** All of it; empty while it is not whole. */
  said(): string;
  release(): void;
}

function readLine(stream: Readable): Line {
  let text = "";
  let watcher: number | null = null;
  const { promise: watched, resolve: tellWatched } = Promise.withResolvers<void>();
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const { promise: stays, resolve: tellStays } = Promise.withResolvers<void>();
  // a folder may have line feeds in its name
  const last = () => /(?:^|\n)\0(\d+) ([01])\n$/.exec(text);
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    // the watcher speaks when it comes to it, in between
    text = (text + chunk).slice(0, 8192).replace(/<watcher (\d+)>/, (_all, pid) => {
      watcher = Number(pid);
      tellWatched();
      return "";
    });
    const said = last();
    if (said === null) return;
    resolve();
    if (said[2] === "1") tellStays();
  });
  stream.on("error", () => resolve());
  stream.once("close", () => resolve());
  return {
    closed,
    stays,
    watched,
    ready: () => text.startsWith("ready\n"),
    watcher: () => watcher,
    code: () => (last() === null ? null : Number(last()?.[1])),
    path() {
      const path = /^(?:ready\n)?(\/[^\0]*)\n\0/.exec(text)?.[1];
      return path !== undefined && last() !== null ? path : null;
    },
    said: () => (last() === null ? "" : text),
    release: () => void stream.destroy(),
  };
}

interface Live {
  push(chunk: Uint8Array): void;
  end(): void;
}

/** Output for people: gathered, and of a flood only the end. */
function createLive(onOutput: ((text: string) => void) | undefined): Live {
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
