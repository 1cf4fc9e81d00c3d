// A walk in a process of its own that ends itself as by kill -9: at an operation of its disk, or when a line of the journal
// that matches `mark` is written or has just been synced. Argument: a JSON object (ChildOptions). Prints {through, points}.
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { type Disk, nodeDisk } from "../../src/exec/index.ts";
import { createFaultDisk, diskWith, type Fault } from "./fault-disk.ts";
import { live, type World } from "./walk.ts";

export interface ChildOptions {
  readonly project: string;
  readonly home: string;
  readonly session: string;
  readonly model: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly world: World;
  readonly fault?: Fault;
  /** Dies after the write, or at the first sync that follows it. */
  readonly mark?: { readonly text: string; readonly moment: "written" | "synced" };
}

const options = JSON.parse(process.argv[2] ?? "{}") as ChildOptions;
const { fault, mark, ...where } = options;
const kill = (): void => void process.kill(process.pid, "SIGKILL");

/** The real disk, deadly at a line of the journal. */
function markedDisk(): Disk {
  if (!mark) return nodeDisk;
  let isWritten = false;
  return diskWith((file, path) => {
    if (!path.endsWith("/journal.jsonl")) return file;
    return {
      ...file,
      async write(bytes) {
        const count = await file.write(bytes);
        isWritten ||= Buffer.from(bytes).includes(mark.text);
        if (isWritten && mark.moment === "written") kill();
        return count;
      },
      async sync() {
        await file.sync();
        if (isWritten) kill();
      },
    };
  });
}

const disk = createFaultDisk(markedDisk(), fault ?? null, kill);
const effect = (name: string) => disk.outside(name, () => appendFileSync(join(where.project, `ran-${name}.txt`), `${name}\n`));
const life = await live({ ...where, disk, machine: disk.machine, outside: { effect, around: disk.outside } });
process.stdout.write(`${JSON.stringify({ through: life.through, points: disk.points.length, life })}\n`);
