// A disk whose operations are numbered, and that does one thing at a chosen number: dies, fails, or writes short.
//
// Owns: the numbers, what is done at one of them, what is known to be durable of the journal.
// Invariants
//  C1  After its death it does nothing any more: every operation rejects, as if the process were not there to see it.
//  C2  An operation counts once, in the order in which it was asked for, whatever it is about.
import type { Disk, DiskFile } from "../../src/exec/index.ts";

export type Moment = "before" | "half" | "after";
export type Fault =
  | { readonly kind: "die"; readonly at: number; readonly moment: Moment }
  /** From that operation on (`lasting`), or there alone. Reads work on, as they do on a full disk. */
  | { readonly kind: "fail"; readonly at: number; readonly code: string; readonly lasting: boolean }
  /** A write takes only half; nothing else is changed. */
  | { readonly kind: "short"; readonly at: number };

export interface Point {
  readonly name: string;
  readonly path: string;
  readonly changes: boolean;
  readonly bytes: number;
}

export interface FaultDisk extends Disk {
  /** What was asked for, in order; point `n` is at index `n - 1`. */
  readonly points: readonly Point[];
  readonly dead: boolean;
  /** Bytes of the journal that a sync has confirmed. */
  readonly durable: number;
  /** An effect outside the disk, as one more operation. */
  outside(name: string, work: () => void): Promise<void>;
}

/** `kill`: what a death is. Default: the disk is dead, the process lives on without it. */
export function createFaultDisk(under: Disk, fault: Fault | null, kill: () => void = () => undefined): FaultDisk {
  const points: Point[] = [];
  let dead = false;
  let durable = 0;
  const death = (): never => {
    dead = true;
    kill();
    throw Object.assign(new Error("the process is dead"), { code: "EDEAD" });
  };
  const point = async <Value>(
    name: string,
    path: string,
    changes: boolean,
    work: () => Promise<Value>,
    half?: () => Promise<Value>,
    bytes = 0,
  ): Promise<Value> => {
    if (dead) return death();
    points.push({ name, path, changes, bytes });
    const at = points.length;
    if (fault?.kind === "fail" && changes && (fault.lasting ? at >= fault.at : at === fault.at))
      throw Object.assign(new Error(`${fault.code}: as the test wants it`), { code: fault.code });
    if (fault === null || fault.at !== at || fault.kind === "fail") return work();
    if (fault.kind === "short") return half ? half() : work();
    if (fault.moment === "half" && half) await half();
    if (fault.moment === "after") await work();
    return death();
  };
  const wrap = (file: DiskFile, path: string): DiskFile => ({
    write: (bytes) => {
      const part = bytes.subarray(0, Math.max(1, bytes.length >> 1));
      return point(
        "write",
        path,
        true,
        () => file.write(bytes),
        () => file.write(part),
        bytes.length,
      );
    },
    read: (into, position) => point("read", path, false, () => file.read(into, position)),
    sync: () =>
      point("sync", path, true, async () => {
        const size = path.endsWith("/journal.jsonl") ? await file.size() : 0;
        await file.sync();
        durable = Math.max(durable, size);
      }),
    truncate: (length) => point("truncate", path, true, () => file.truncate(length)),
    setMode: (mode) => point("setMode", path, true, () => file.setMode(mode)),
    size: () => point("size", path, false, () => file.size()),
    close: () => file.close(), // the kernel closes what a dead process held
  });
  return {
    points,
    get dead() {
      return dead;
    },
    get durable() {
      return durable;
    },
    outside: (name, work) => point("effect", name, true, async () => work()),
    open: (path, how, mode) => point(`open-${how}`, path, how !== "read", async () => wrap(await under.open(path, how, mode), path)),
    stat: (path) => point("stat", path, false, () => under.stat(path)),
    lookAt: (path) => point("lookAt", path, false, () => under.lookAt(path)),
    realPath: (path) => point("realPath", path, false, () => under.realPath(path)),
    list: (path) => point("list", path, false, () => under.list(path)),
    makeFolder: (path, mode) => point("makeFolder", path, true, () => under.makeFolder(path, mode)),
    rename: (from, to) => point("rename", to, true, () => under.rename(from, to)),
    remove: (path) => point("remove", path, true, () => under.remove(path)),
    syncFolder: (path) => point("syncFolder", path, true, () => under.syncFolder(path)),
  };
}
