// Real pipes for the output of commands. Node connects children by sockets, and on Linux a socket cannot be opened
// again by name: `echo x > /dev/stderr` and `tee /dev/stdout` fail with ENXIO. A named pipe can.
import * as fs from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { locate } from "./bash.ts";
import { type Machine, nodeMachine, removeQuietly } from "./machine.ts";

export interface OutputPipe {
  readonly reader: Readable;
  /** Descriptor for the child's output and errors. */
  readonly writer: number;
  /** The child has the writer: this process lets go of it, so that the end can be seen. */
  handedOver(): void;
  /** `ended`: every writer closed it, so that it can serve again. */
  release(ended: boolean): void;
}
export interface Pipes {
  /** Null where there is no need or no way: then the child is connected as Node does it. */
  take(): OutputPipe | null;
  close(): void;
}

/** Linux: names a file without opening it, so that holding it keeps no end of the pipe open. Node has no constant for it. */
const O_PATH = 0o10000000;

/** `folder` is private and exists; a pipe has a name there only while it is made. One serves all commands that run one after another. */
export function createPipes(folder: string, machine: Machine = nodeMachine): Pipes {
  const free: number[] = [];
  let usable = process.platform === "linux";
  return {
    take() {
      try {
        const held = free.pop() ?? (usable ? makePipe(machine, folder) : null);
        if (held !== null) return open(held, (ended) => void (ended ? free.push(held) : fs.closeSync(held)));
      } catch {
        // no program, no /proc: as Node does it
      }
      usable = false;
      return null;
    },
    close() {
      for (const held of free.splice(0)) fs.closeSync(held);
    },
  };
}

/** A descriptor that names a new pipe. */
function makePipe(machine: Machine, folder: string): number | null {
  const program = locate("mkfifo", ["/usr/bin", "/bin", ...(process.env.PATH ?? "").split(":")]);
  if (program === null) return null;
  const path = join(folder, `pipe-${process.getBuiltinModule("node:crypto").randomBytes(12).toString("hex")}`);
  try {
    if (machine.runToEnd(program, ["-m", "600", path]) !== null) return null;
    return fs.openSync(path, O_PATH | fs.constants.O_NOFOLLOW);
  } finally {
    removeQuietly(machine, path);
  }
}

function open(held: number, onRelease: (ended: boolean) => void): OutputPipe {
  const { Socket } = process.getBuiltinModule("node:net");
  const path = `/proc/self/fd/${held}`;
  // a reader first, or opening for writing would wait for one
  const end = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  let writer: number;
  try {
    writer = fs.openSync(path, fs.constants.O_WRONLY);
  } catch (error) {
    fs.closeSync(end);
    throw error;
  }
  return { reader: new Socket({ fd: end, readable: true, writable: false }), writer, handedOver: () => fs.closeSync(writer), release: onRelease };
}
