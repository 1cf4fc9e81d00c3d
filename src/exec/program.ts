// Runs a program that only prints: its output as it comes, its errors, an end in any case. No shell.
import type { ChildProcessByStdio, SpawnOptions } from "node:child_process";
import type { Readable } from "node:stream";
import { type Machine, nodeMachine } from "./machine.ts";
import { systemSays } from "./system-error.ts";

export interface ProgramRequest {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  /** False: enough, the program is ended. */
  readonly onOutput: (chunk: Uint8Array) => boolean;
  readonly machine?: Machine;
}
export interface ProgramOutcome {
  readonly ended: "exited" | "enough" | "timed-out" | "aborted" | "not-started";
  readonly exitCode: number | null;
  /** Its error output, at most the first 8 KiB. */
  readonly errors: string;
}

export function runProgram(request: ProgramRequest): Promise<ProgramOutcome> {
  return new Promise((resolve) => {
    if (request.signal.aborted) return resolve({ ended: "aborted", exitCode: null, errors: "" });
    const child = start(request);
    if (typeof child === "string") return resolve({ ended: "not-started", exitCode: null, errors: child });
    let errors = "";
    let stopped: "enough" | "timed-out" | "aborted" | null = null;
    const stop = (why: "enough" | "timed-out" | "aborted") => {
      stopped ??= why;
      child.kill("SIGKILL");
    };
    const onAbort = () => stop("aborted");
    const timer = setTimeout(() => stop("timed-out"), request.timeout);
    request.signal.addEventListener("abort", onAbort, { once: true });
    const finish = (outcome: ProgramOutcome) => {
      clearTimeout(timer);
      request.signal.removeEventListener("abort", onAbort);
      resolve(outcome);
    };
    child.once("error", (error) => finish({ ended: "not-started", exitCode: null, errors: `${request.program}: ${systemSays(error)}` }));
    child.stdout.on("data", (chunk: Uint8Array) => {
      if (stopped === null && !request.onOutput(chunk)) stop("enough");
    });
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (text: string) => {
      errors = (errors + text).slice(0, 8192);
    });
    child.once("close", (code) => finish({ ended: stopped ?? "exited", exitCode: code, errors }));
  });
}

/** Some failures are thrown here, others come as an event of the child. */
function start(request: ProgramRequest): ChildProcessByStdio<null, Readable, Readable> | string {
  if (request.arguments.some((argument) => argument.includes("\0"))) return "An argument contains a NUL character; no program can be given one.";
  try {
    const how: SpawnOptions = { cwd: request.cwd, env: { ...request.environment }, stdio: ["ignore", "pipe", "pipe"] };
    return (request.machine ?? nodeMachine).start(request.program, request.arguments, how) as ChildProcessByStdio<null, Readable, Readable>;
  } catch (error) {
    return `${request.program}: ${systemSays(error)}`;
  }
}
