// Real pipes for the output of commands. Node connects children by sockets, and on Linux a socket cannot be opened
// again by name: `echo x > /dev/stderr` and `tee /dev/stdout` fail with ENXIO. A named pipe can.
import * as fs from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { locate } from "./bash.ts";

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

/** `folder` is private and exists. One pipe serves all commands that run one after another. */
export function createPipes(folder: string): Pipes {
  const free: string[] = [];
  let usable = process.platform === "linux";
  const makePath = (): string | null => {
    const path = join(folder, `pipe-${process.getBuiltinModule("node:crypto").randomBytes(12).toString("hex")}`);
    const program = locate("mkfifo", ["/usr/bin", "/bin", ...(process.env.PATH ?? "").split(":")]);
    const made = program !== null && process.getBuiltinModule("node:child_process").spawnSync(program, ["-m", "600", path], { stdio: "ignore", timeout: 5000 });
    usable = made !== false && made.status === 0;
    return usable ? path : null;
  };
  return {
    take() {
      const path = free.pop() ?? (usable ? makePath() : null);
      if (path === null) return null;
      try {
        return open(path, (ended) => (ended ? void free.push(path) : fs.rmSync(path, { force: true })));
      } catch {
        usable = false;
        return null;
      }
    },
    close() {
      for (const path of free.splice(0)) fs.rmSync(path, { force: true });
    },
  };
}

function open(path: string, onRelease: (ended: boolean) => void): OutputPipe {
  const { Socket } = process.getBuiltinModule("node:net");
  // a reader first, or opening for writing would wait for one
  const end = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOFOLLOW);
  let writer: number;
  try {
    writer = fs.openSync(path, fs.constants.O_WRONLY | fs.constants.O_NOFOLLOW);
  } catch (error) {
    fs.closeSync(end);
    throw error;
  }
  return { reader: new Socket({ fd: end, readable: true, writable: false }), writer, handedOver: () => fs.closeSync(writer), release: onRelease };
}
