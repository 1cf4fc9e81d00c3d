// A disk and a machine whose operations are numbered alike, and that do one thing at a chosen number: die, fail, or write short.
//
// Owns: the numbers, what is done at one of them, what is known to be durable of the journal, the programs that were started.
// Invariants
//  C1  After its death it does nothing any more: every operation rejects, as if the process were not there to see it.
//  C2  An operation counts once, in the order in which it was asked for, whatever it is about.
//  C3  What a dead process had started dies with it, as what holds it to that process would have it.
import type { ChildProcess } from "node:child_process";
import { basename } from "node:path";
import { type Disk, type DiskFile, type Machine, nodeMachine } from "../../src/exec/index.ts";

export type Moment = "before" | "half" | "after";
export type Fault =
  | { readonly kind: "die"; readonly at: number; readonly moment: Moment }
  /** From that operation on (`lasting`), or there alone. Reads work on, as they do on a full disk. */
  | { readonly kind: "fail"; readonly at: number; readonly code: string; readonly lasting: boolean }
  /** A write takes only half; nothing else is changed. */
  | { readonly kind: "short"; readonly at: number };

export interface Point {
  /** "machine": programs and the files of runs. "outside": servers. */
  readonly of: "disk" | "machine" | "outside";
  readonly name: string;
  readonly path: string;
  readonly changes: boolean;
  readonly bytes: number;
}

export interface FaultDisk extends Disk {
  /** What was asked for, in order; point `n` is at index `n - 1`. */
  readonly points: readonly Point[];
  readonly dead: boolean;
  /** Bytes of a journal that a sync has confirmed. */
  durable(path: string): number;
  /** Programs, and the files that tell of them. */
  readonly machine: Machine;
  /** An effect outside of both, as one more operation. */
  outside(name: string, work: () => void): Promise<void>;
}

/** `kill`: what a death is. Default: the disk is dead, the process lives on without it. */
export function createFaultDisk(under: Disk, fault: Fault | null, kill: () => void = () => undefined): FaultDisk {
  const points: Point[] = [];
  let dead = false;
  const durable = new Map<string, number>();
  const started: ChildProcess[] = [];
  const death = (): never => {
    dead = true;
    kill();
    for (const child of started.splice(0)) killGroup(child);
    throw Object.assign(new Error("the process is dead"), { code: "EDEAD" });
  };
  const failing = (at: number, changes: boolean): boolean => fault?.kind === "fail" && changes && (fault.lasting ? at >= fault.at : at === fault.at);
  const failure = (): Error => {
    const code = fault?.kind === "fail" ? fault.code : "";
    return Object.assign(new Error(`${code}: as the test wants it`), { code });
  };
  const point = async <Value>(
    name: string,
    path: string,
    changes: boolean,
    work: () => Promise<Value>,
    half?: () => Promise<Value>,
    bytes = 0,
    of: Point["of"] = "disk",
  ): Promise<Value> => {
    if (dead) return death();
    points.push({ of, name, path, changes, bytes });
    const at = points.length;
    if (failing(at, changes)) throw failure();
    if (fault === null || fault.at !== at || fault.kind === "fail") return work();
    if (fault.kind === "short") return half ? half() : work();
    if (fault.moment === "half" && half) await half();
    if (fault.moment === "after") await work();
    return death();
  };
  const machinePoint = (name: keyof Machine, given: readonly unknown[]): unknown => {
    if (dead) return death();
    points.push({ of: "machine", name, path: basename(String(given[0])), changes: true, bytes: 0 });
    const at = points.length;
    if (failing(at, true)) throw failure();
    const work = (parameters = given): unknown => {
      const result = Reflect.apply(nodeMachine[name], nodeMachine, parameters);
      if (name === "start") started.push(result as ChildProcess);
      return result;
    };
    const half = (): unknown => {
      const bytes = given[1] as Uint8Array;
      return work([given[0], bytes.subarray(0, Math.max(1, bytes.length >> 1))]);
    };
    if (fault === null || fault.at !== at || fault.kind === "fail") return work();
    if (fault.kind === "short") return name === "write" ? half() : work();
    if (fault.moment === "half" && name === "write") half();
    if (fault.moment === "after") work();
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
        durable.set(path, Math.max(durable.get(path) ?? 0, size));
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
    durable: (path) => durable.get(path) ?? 0,
    machine: new Proxy(nodeMachine, {
      get:
        (_, name) =>
        (...given: readonly unknown[]) =>
          machinePoint(name as keyof Machine, given),
    }),
    outside: (name, work) => point("effect", name, true, async () => work(), undefined, 0, "outside"),
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

/** Programs are started as leaders of their group. */
function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, "SIGKILL");
    } catch {
      // it ended before, or leads no group
    }
  }
}
