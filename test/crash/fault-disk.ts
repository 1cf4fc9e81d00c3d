// A disk and a machine whose operations are numbered alike, and that do one thing at a chosen number: die, fail, or write short.
//
// Owns: the numbers, what is done at one of them, what is known to be durable of the journal, the programs that were started.
// Invariants
//  C1  After its death it does nothing any more: every operation rejects, as if the process were not there to see it.
//  C2  An operation counts once, in the order in which it was asked for, whatever it is about.
//  C3  What a dead process had started dies with it, as what holds it to that process would have it.
import type { ChildProcess } from "node:child_process";
import { basename } from "node:path";
import { type Disk, type DiskFile, type Machine, nodeDisk, nodeMachine } from "../../src/exec/index.ts";

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

/** Counts operations, and says at each what is to be done with it. */
interface Fate {
  readonly points: Point[];
  readonly started: ChildProcess[];
  dead: boolean;
  /** Counts one more; throws when it fails, or comes after the death. */
  next(point: Point): "whole" | "short" | "die-before" | "die-half" | "die-after";
  die(): never;
}

function createFate(fault: Fault | null, kill: () => void): Fate {
  const fate: Fate = {
    points: [],
    started: [],
    dead: false,
    next(point) {
      if (fate.dead) return fate.die();
      fate.points.push(point);
      const at = fate.points.length;
      const isFailing = fault?.kind === "fail" && point.changes && (fault.lasting ? at >= fault.at : at === fault.at);
      if (isFailing) throw Object.assign(new Error(`${fault.code}: as the test wants it`), { code: fault.code });
      if (fault === null || fault.at !== at || fault.kind === "fail") return "whole";
      return fault.kind === "short" ? "short" : `die-${fault.moment}`;
    },
    die() {
      fate.dead = true;
      kill();
      for (const child of fate.started.splice(0)) killGroup(child);
      throw Object.assign(new Error("the process is dead"), { code: "EDEAD" });
    },
  };
  return fate;
}

/** One operation of the disk. `half`: a part of it, where it has parts. */
async function pass<Value>(fate: Fate, point: Point, work: () => Promise<Value>, half?: () => Promise<Value>): Promise<Value> {
  const what = fate.next(point);
  if (what === "whole") return work();
  if (what === "short") return half ? half() : work();
  // what it fails with nobody is there to see
  const last = what === "die-after" ? work : what === "die-half" ? half : undefined;
  await last?.().catch(() => undefined);
  return fate.die();
}

/** The same for the machine, whose operations are done when they return. */
function passNow(fate: Fate, name: keyof Machine, given: readonly unknown[]): unknown {
  const what = fate.next({ of: "machine", name, path: basename(String(given[0])), changes: true, bytes: 0 });
  const work = (parameters = given): unknown => {
    const result = Reflect.apply(nodeMachine[name], nodeMachine, parameters);
    if (name === "start") fate.started.push(result as ChildProcess);
    return result;
  };
  const half = (): unknown => work([given[0], halfOf(given[1] as Uint8Array)]);
  if (what === "whole") return work();
  if (what === "short") return name === "write" ? half() : work();
  try {
    if (what === "die-half" && name === "write") half();
    if (what === "die-after") work();
  } catch {
    // nobody is there to see it
  }
  return fate.die();
}

const halfOf = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, Math.max(1, bytes.length >> 1));

const pointOf = (name: string, path: string, changes: boolean, bytes = 0): Point => ({ of: "disk", name, path, changes, bytes });

function wrapFile(fate: Fate, file: DiskFile, path: string, confirm: (size: number) => void): DiskFile {
  const look = <Value>(name: string, work: () => Promise<Value>) => pass(fate, pointOf(name, path, false), work);
  const change = <Value>(name: string, work: () => Promise<Value>) => pass(fate, pointOf(name, path, true), work);
  return {
    write: (bytes) =>
      pass(
        fate,
        pointOf("write", path, true, bytes.length),
        () => file.write(bytes),
        () => file.write(halfOf(bytes)),
      ),
    read: (into, position) => look("read", () => file.read(into, position)),
    sync: () =>
      change("sync", async () => {
        const size = path.endsWith("/journal.jsonl") ? await file.size() : 0;
        await file.sync();
        confirm(size);
      }),
    truncate: (length) => change("truncate", () => file.truncate(length)),
    setMode: (mode) => change("setMode", () => file.setMode(mode)),
    size: () => look("size", () => file.size()),
    close: () => file.close(), // the kernel closes what a dead process held
  };
}

/** `kill`: what a death is. Default: the disk is dead, the process lives on without it. */
export function createFaultDisk(under: Disk, fault: Fault | null, kill: () => void = () => undefined): FaultDisk {
  const fate = createFate(fault, kill);
  const durable = new Map<string, number>();
  const look = <Value>(name: string, path: string, work: () => Promise<Value>) => pass(fate, pointOf(name, path, false), work);
  const change = <Value>(name: string, path: string, work: () => Promise<Value>) => pass(fate, pointOf(name, path, true), work);
  const wrap = (file: DiskFile, path: string): DiskFile => wrapFile(fate, file, path, (size) => durable.set(path, Math.max(durable.get(path) ?? 0, size)));
  const onMachine =
    (name: string | symbol) =>
    (...given: readonly unknown[]): unknown =>
      passNow(fate, name as keyof Machine, given);
  return {
    points: fate.points,
    get dead() {
      return fate.dead;
    },
    durable: (path) => durable.get(path) ?? 0,
    machine: new Proxy(nodeMachine, { get: (_, name) => onMachine(name) }),
    outside: (name, work) => pass(fate, { of: "outside", name: "effect", path: name, changes: true, bytes: 0 }, async () => work()),
    open: (path, how, mode) => pass(fate, pointOf(`open-${how}`, path, how !== "read"), async () => wrap(await under.open(path, how, mode), path)),
    stat: (path) => look("stat", path, () => under.stat(path)),
    lookAt: (path) => look("lookAt", path, () => under.lookAt(path)),
    realPath: (path) => look("realPath", path, () => under.realPath(path)),
    list: (path) => look("list", path, () => under.list(path)),
    makeFolder: (path, mode) => change("makeFolder", path, () => under.makeFolder(path, mode)),
    rename: (from, to) => change("rename", to, () => under.rename(from, to)),
    link: (from, to) => change("link", to, () => under.link(from, to)),
    remove: (path) => change("remove", path, () => under.remove(path)),
    syncFolder: (path) => change("syncFolder", path, () => under.syncFolder(path)),
  };
}

/** The real disk, with what `wrap` puts in place of each file that is opened. */
export const diskWith = (wrap: (file: DiskFile, path: string) => DiskFile): Disk => ({
  ...nodeDisk,
  open: async (path, how, mode) => wrap(await nodeDisk.open(path, how, mode), path),
});

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
