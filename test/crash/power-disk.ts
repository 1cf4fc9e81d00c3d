// A disk in memory that loses power: what was not synced is kept, lost, reordered or garbled, as a seed says.
//
// Owns: what is there now, what is durable, and the dice.
// Invariants
//  P1  Content is durable up to its file's last sync; a name is durable once its folder was synced after it was made, moved or removed.
//  P2  Of what is not durable each sector of 512 bytes is new, old or rubbish, each change of a name happened or did not, all independently.
//  P3  One seed gives one outcome.
//  P4  Locks are real files: SQLite opens them itself, and the kernel frees them.
import { basename, dirname } from "node:path";
import { type Disk, type DiskFile, type DiskStat, nodeDisk } from "../../src/exec/index.ts";

interface Inode {
  readonly number: number;
  data: Buffer;
  durable: Buffer;
  mode: number;
  readonly kind: "file" | "folder";
}
/** One change of names, durable when its folder is synced. */
interface NameChange {
  readonly folder: string;
  readonly set?: readonly [path: string, inode: Inode];
  readonly remove?: string;
}

export interface PowerDisk extends Disk {
  /** The power goes and comes back: what had not reached the platter is decided by `dice` (0 to 1). Open files are dead. */
  fail(dice: () => number): void;
  content(path: string): Buffer | null;
  put(path: string, bytes: Buffer): void;
}

const sector = 512;
const isLock = (path: string): boolean => path.endsWith("/lock") || path.endsWith(".lock");
const failure = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code });

/** Dice from a seed: mulberry32. */
export function diceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Names and files as processes see them, and as they are on the platter. */
interface Medium {
  readonly root: string;
  numbers: number;
  /** Counts failures of power: what was opened before one is dead after it. */
  epoch: number;
  ticks: number;
  names: Map<string, Inode>;
  durable: Map<string, Inode>;
  changes: NameChange[];
}

function make(medium: Medium, kind: Inode["kind"], mode: number): Inode {
  medium.numbers += 1;
  return { number: medium.numbers, data: Buffer.alloc(0), durable: Buffer.alloc(0), mode, kind };
}

function apply(into: Map<string, Inode>, change: NameChange): void {
  if (change.remove !== undefined) into.delete(change.remove);
  if (change.set) into.set(...change.set);
}

function change(medium: Medium, one: NameChange): void {
  apply(medium.names, one);
  medium.changes.push(one);
}

function find({ names }: Medium, path: string): Inode {
  const inode = names.get(path);
  if (!inode) throw failure("ENOENT", path);
  return inode;
}

function statOf(medium: Medium, path: string): DiskStat {
  const { kind, data, mode, number } = find(medium, path);
  medium.ticks += 1;
  return { kind, size: data.length, mode, modified: medium.ticks, device: 1, inode: number };
}

const isOutside = ({ root }: Medium, path: string): boolean => !path.startsWith(`${root}/`) && path !== root;

function fileOf(medium: Medium, inode: Inode): DiskFile {
  const opened = medium.epoch;
  const alive = (): void => {
    if (opened !== medium.epoch) throw failure("EBADF", "opened before the power failed");
  };
  return {
    write: async (bytes) => {
      alive();
      inode.data = Buffer.concat([inode.data, bytes]);
      return bytes.length;
    },
    read: async (into, position) => {
      alive();
      return inode.data.copy(into, 0, Math.min(position, inode.data.length));
    },
    sync: async () => {
      alive();
      inode.durable = Buffer.from(inode.data);
    },
    truncate: async (length) => {
      alive();
      inode.data = Buffer.from(inode.data.subarray(0, length));
    },
    setMode: async (mode) => {
      inode.mode = mode;
    },
    size: async () => inode.data.length,
    close: async () => undefined,
  };
}

async function open(medium: Medium, path: string, how: "read" | "append" | "create", mode: number): Promise<DiskFile> {
  if (isLock(path) || isOutside(medium, path)) return nodeDisk.open(path, how, mode);
  const known = medium.names.get(path);
  if (how === "create" && known) throw failure("EEXIST", path);
  if (known) return fileOf(medium, known);
  if (how === "read") throw failure("ENOENT", path);
  if (medium.names.get(dirname(path))?.kind !== "folder") throw failure("ENOENT", path);
  const inode = make(medium, "file", mode);
  change(medium, { folder: dirname(path), set: [path, inode] });
  return fileOf(medium, inode);
}

function makeFolder(medium: Medium, path: string, mode: number): void {
  if (medium.names.has(path) || isOutside(medium, path)) return;
  makeFolder(medium, dirname(path), mode);
  change(medium, { folder: dirname(path), set: [path, make(medium, "folder", mode)] });
}

function syncFolder(medium: Medium, path: string): void {
  if (isOutside(medium, path)) return;
  find(medium, path);
  for (const one of medium.changes) if (one.folder === path) apply(medium.durable, one);
  medium.changes = medium.changes.filter((one) => one.folder !== path);
}

function fail(medium: Medium, dice: () => number): void {
  medium.epoch += 1;
  for (const one of medium.changes) if (dice() < 0.5) apply(medium.durable, one);
  medium.changes = [];
  medium.names = new Map([...medium.durable].filter(([path]) => reachable(medium.durable, path, medium.root)));
  medium.durable = new Map(medium.names);
  for (const inode of new Set(medium.names.values())) {
    // dice of its own: what one file is long (a process number stands in one) must not change what becomes of the others
    inode.data = survivor(inode, diceOf(Math.floor(dice() * 2 ** 32)));
    inode.durable = Buffer.from(inode.data);
  }
}

function put(medium: Medium, path: string, bytes: Buffer): void {
  makeFolder(medium, dirname(path), 0o755);
  const inode = make(medium, "file", 0o644);
  inode.data = bytes;
  inode.durable = Buffer.from(bytes);
  medium.names.set(path, inode);
  medium.durable = new Map(medium.names);
  medium.changes = [];
}

export function createPowerDisk(root: string): PowerDisk {
  const medium: Medium = { root, numbers: 0, epoch: 0, ticks: 0, names: new Map(), durable: new Map(), changes: [] };
  medium.names.set(root, make(medium, "folder", 0o755));
  medium.durable = new Map(medium.names);
  const outside = (path: string) => isOutside(medium, path);
  return {
    open: (path, how, mode) => open(medium, path, how, mode),
    stat: async (path) => (outside(path) ? nodeDisk.stat(path) : statOf(medium, path)),
    lookAt: async (path) => (outside(path) ? nodeDisk.lookAt(path) : statOf(medium, path)),
    realPath: async (path) => (outside(path) || find(medium, path) ? path : path),
    list: async (path) => {
      find(medium, path);
      return [...medium.names.keys()].filter((name) => dirname(name) === path && name !== path).map((name) => basename(name));
    },
    makeFolder: async (path, mode) => {
      await nodeDisk.makeFolder(path, mode); // SQLite's locks need the real one
      makeFolder(medium, path, mode);
    },
    rename: async (from, to) => change(medium, { folder: dirname(to), remove: from, set: [to, find(medium, from)] }),
    link: async (from, to) => {
      if (medium.names.has(to)) throw failure("EEXIST", to);
      change(medium, { folder: dirname(to), set: [to, find(medium, from)] });
    },
    remove: async (path) => {
      find(medium, path);
      change(medium, { folder: dirname(path), remove: path });
    },
    syncFolder: async (path) => syncFolder(medium, path),
    fail: (dice) => fail(medium, dice),
    content: (path) => medium.names.get(path)?.data ?? null,
    put: (path, bytes) => put(medium, path, bytes),
  };
}

function reachable(names: ReadonlyMap<string, Inode>, path: string, root: string): boolean {
  for (let at = dirname(path); at.length >= root.length; at = dirname(at)) if (names.get(at)?.kind !== "folder") return false;
  return true;
}

/** What is on the platter of a file: durable where nothing was written since, else sector by sector as the dice fall. */
function survivor({ data, durable }: Inode, dice: () => number): Buffer {
  if (data.equals(durable)) return data;
  const longer = Math.max(data.length, durable.length);
  const shorter = Math.min(data.length, durable.length);
  const length = dice() < 0.3 ? longer : shorter + Math.floor(dice() * (longer - shorter + 1));
  const kept = Buffer.alloc(length);
  for (let at = 0; at < length; at += sector) {
    const end = Math.min(at + sector, length);
    const old = durable.subarray(at, end);
    const fresh = data.subarray(at, end);
    const same = old.length === end - at && fresh.subarray(0, old.length).equals(old);
    const fall = same ? 0 : dice();
    if (fall < 0.5) fresh.copy(kept, at);
    else if (fall < 0.8)
      // rubbish only where nothing durable stood: a sector that was partly durable keeps that part
      for (let byte = at; byte < end; byte++) kept[byte] = fall < 0.65 ? 0 : Math.floor(dice() * 256);
    // what a sync confirmed stays, whatever else its sector got, unless a truncation was under way
    old.subarray(0, Math.min(old.length, shorter - at < 0 ? 0 : shorter - at)).copy(kept, at);
  }
  return kept;
}
