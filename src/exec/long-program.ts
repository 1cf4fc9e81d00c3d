// A program that stays and is spoken with over its input and output, until it is ended. Nothing of it outlives this process.
//
// Owns: the life of one such program. Calls: machine, cage, program-sandbox, stopper.
// Invariants
//  L1  It begins only once its cage stands: a namespace that dies with this process, else a watcher that ends its group.
//  L2  It sees the given environment and nothing of this process's own.
//  L3  What it prints as errors is kept in bounded memory: the last 64 KiB.
import type { ChildProcess, SpawnOptions } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { Cage } from "./bash.ts";
import type { Machine } from "./machine.ts";
import { end, groupTarget, namespaceTarget } from "./stopper.ts";
import { systemSays } from "./system-error.ts";
import { readable } from "./text.ts";

export interface LongProgramRequest {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly cage: Cage;
  readonly machine: Machine;
}

export interface LongProgram {
  readonly pid: number;
  /** Writes to its input; what can't be written is dropped, since then it is ending. */
  send(text: string): void;
  onOutput(take: (bytes: Uint8Array) => void): void;
  /** The end of its error output, as readable text. */
  errors(): string;
  /** Once, when it has ended and its output is read. */
  readonly ended: Promise<LongProgramEnd>;
  /** Ends all of it: its input is closed, after `patience` milliseconds it is asked, then killed. */
  end(patience?: number): Promise<void>;
}
export interface LongProgramEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

const mostErrors = 64 * 1024;
/** What was not read of its output this long after its end is left. */
const graceMilliseconds = 200;

/** The line to this process is descriptor 3: to write to it fails if this process died before the kernel knew of the bond. */
const inNamespace = "printf 'ready\\n' >&3 || exit 125; exec 3>&-; exec \"$@\"";
/** When the line breaks, the whole group is killed. */
const whileWatched = '( ( trap "" HUP INT TERM PIPE; read -r _ <&3; kill -KILL -$$ ) </dev/null >/dev/null 2>&1 & ); exec 3<&-; exec "$@"';
const ownNamespace = ["--unshare-pid", "--die-with-parent", "--new-session"];

/** Why it could not be started, as text. */
export function startLongProgram(request: LongProgramRequest): LongProgram | string {
  const { program, cage, cwd, environment, machine } = request;
  if ([program, ...request.arguments].some((word) => word.includes("\0"))) return "an argument contains a NUL character";
  const inside = cage.kind === "namespace";
  const words = ["-c", inside ? inNamespace : whileWatched, "bosun-program", program, ...request.arguments];
  const [first, options] = inside ? [cage.program, [...cage.view, ...ownNamespace, "--chdir", cwd, "--", "/bin/sh", ...words]] : ["/bin/sh", words];
  const how: SpawnOptions = { cwd, env: { ...environment }, stdio: ["pipe", "pipe", "pipe", "pipe"], detached: true };
  try {
    const child = machine.start(first, options, how);
    // the reason of a child without a pid comes as an event
    child.on("error", () => undefined);
    return child.pid === undefined ? `${first} could not be started` : follow(child, child.pid, inside);
  } catch (error) {
    return `${first}: ${systemSays(error)}`;
  }
}

function follow(child: ChildProcess, pid: number, inside: boolean): LongProgram {
  const target = inside ? namespaceTarget(pid) : groupTarget(pid, () => null);
  const [input, output, errorOutput, line] = child.stdio as unknown as readonly [Writable, Readable, Readable, Readable & Writable];
  let errors: Buffer[] = [];
  let held = 0;
  errorOutput.on("data", (bytes: Buffer) => {
    errors.push(bytes);
    held += bytes.length;
    if (held > 2 * mostErrors) {
      errors = [Buffer.from(Buffer.concat(errors).subarray(-mostErrors))];
      held = mostErrors;
    }
  });
  for (const stream of [input, output, errorOutput, line]) stream.on("error", () => undefined);
  line.resume();
  const { promise: ended, resolve } = Promise.withResolvers<LongProgramEnd>();
  const finish = () => resolve({ exitCode: child.exitCode, signal: child.signalCode });
  child.once("close", finish);
  child.once("exit", () => {
    // a process that it left may hold its output open
    setTimeout(() => {
      for (const stream of [output, errorOutput, line]) stream.destroy();
      finish();
    }, graceMilliseconds).unref();
  });
  return {
    pid,
    send(text) {
      if (!input.destroyed && input.writable) input.write(text);
    },
    onOutput: (take) => void output.on("data", take),
    errors: () => readable(Buffer.concat(errors).subarray(-mostErrors)),
    ended,
    async end(patience = 300) {
      input.end();
      await Promise.race([ended, new Promise((wake) => setTimeout(wake, patience))]);
      await end(target, patience);
      for (const stream of [input, output, errorOutput, line]) stream.destroy();
      finish();
    },
  };
}
