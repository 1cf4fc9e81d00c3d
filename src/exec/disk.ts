// The seam to the file system for everything that must survive a crash: journal, blobs, edits, repairs.
// Tests stand behind it with a disk that fails, fills up, tears writes or forgets what was not synced.
import * as fs from "node:fs";
import { dirname } from "node:path";

export interface DiskStat {
  readonly kind: "file" | "folder" | "link" | "other";
  readonly size: number;
  readonly mode: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  readonly device: number;
  readonly inode: number;
}

export interface DiskFile {
  /** One write(2) at the end of what was written before (files opened "append") or at the current end of "create". May write less than asked. */
  write(bytes: Uint8Array): Promise<number>;
  /** Reads up to `into.length` bytes from `position`; 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** fdatasync: returns when content and length are durable. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  setMode(mode: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** Every method rejects with the system's error (`code` ENOENT, ENOSPC, EIO …); nothing retries by itself. */
export interface Disk {
  /** "read": must exist. "append": made if missing. "create": must not exist, links at its name are not followed. */
  open(path: string, how: "read" | "append" | "create", mode: number): Promise<DiskFile>;
  /** Follows links. */
  stat(path: string): Promise<DiskStat>;
  /** Does not follow a link at the end of `path`. */
  lookAt(path: string): Promise<DiskStat>;
  realPath(path: string): Promise<string>;
  list(path: string): Promise<readonly string[]>;
  /** With parents; resolves also when it exists. */
  makeFolder(path: string, mode: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** A second name for a file; rejects with EEXIST where that name is taken, whatever it stands for. */
  link(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes names in a folder durable. Resolves without effect where the system has no such thing. */
  syncFolder(path: string): Promise<void>;
}

const flags = {
  // a pipe put in a file's place must not make the opener wait for its writer
  read: fs.constants.O_RDONLY | fs.constants.O_NONBLOCK,
  append: fs.constants.O_RDWR | fs.constants.O_APPEND | fs.constants.O_CREAT,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_EXCL | fs.constants.O_NOFOLLOW,
} as const;

/** Bytes from which a transfer goes through the thread pool, so that reading a large file leaves room for timers and aborts. */
const largeTransfer = 64 * 1024;

/** A sync that took so many milliseconds sends the next ones, so many, through the thread pool. */
const longSync = 10;
const syncsThroughPool = 20;
let throughPool = 0;

/**
 * Syncs of little take a fraction of a millisecond on most disks, and a trip through the thread pool as much again, several
 * times that on a busy machine. So they are made on the spot for as long as they are short; a slow disk holds up one in twenty.
 */
async function syncShort(onTheSpot: () => void, inPool: () => Promise<void>): Promise<void> {
  if (throughPool > 0) {
    throughPool -= 1;
    return inPool();
  }
  const from = performance.now();
  try {
    onTheSpot();
  } finally {
    if (performance.now() - from > longSync) throughPool = syncsThroughPool;
  }
}

/**
 * What is short is a synchronous call inside an asynchronous method: on a local file system it takes microseconds, where a
 * trip through the thread pool costs fifty. Large transfers and their syncs go through the pool: they wait.
 */
function fileOf(descriptor: number): DiskFile {
  let unsynced = 0;
  return {
    write: async (bytes) => {
      unsynced += bytes.length;
      if (bytes.length < largeTransfer) return fs.writeSync(descriptor, bytes, 0, bytes.length, null);
      return transfer((done) => fs.write(descriptor, bytes, 0, bytes.length, null, done));
    },
    read: async (into, position) => {
      if (into.length < largeTransfer) return fs.readSync(descriptor, into, 0, into.length, position);
      return transfer((done) => fs.read(descriptor, into, 0, into.length, position, done));
    },
    sync: () => {
      const inPool = (): Promise<void> => waitFor((done) => fs.fdatasync(descriptor, done));
      const large = unsynced >= largeTransfer;
      unsynced = 0;
      return large ? inPool() : syncShort(() => fs.fdatasyncSync(descriptor), inPool);
    },
    truncate: async (length) => fs.ftruncateSync(descriptor, length),
    setMode: async (mode) => fs.fchmodSync(descriptor, mode),
    size: async () => fs.fstatSync(descriptor).size,
    close: async () => fs.closeSync(descriptor),
  };
}

function transfer(start: (done: (error: NodeJS.ErrnoException | null, count: number) => void) => void): Promise<number> {
  return new Promise((resolve, reject) => start((error, count) => (error ? reject(error) : resolve(count))));
}

function waitFor(start: (done: (error: NodeJS.ErrnoException | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
}

function statOf(stats: fs.Stats): DiskStat {
  const kind = stats.isFile() ? "file" : stats.isDirectory() ? "folder" : stats.isSymbolicLink() ? "link" : "other";
  return { kind, size: stats.size, mode: stats.mode & 0o7777, modified: stats.mtimeMs, device: stats.dev, inode: stats.ino };
}

/** Node says "no such file" where making a missing parent was refused; one folder at a time it says what refused it. */
function makeFolder(path: string, mode: number): void {
  try {
    fs.mkdirSync(path, { recursive: true, mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || dirname(path) === path) throw error;
    makeFolder(dirname(path), mode);
    fs.mkdirSync(path, { mode });
  }
}

export const nodeDisk: Disk = {
  open: async (path, how, mode) => fileOf(fs.openSync(path, flags[how], mode)),
  stat: async (path) => statOf(fs.statSync(path)),
  lookAt: async (path) => statOf(fs.lstatSync(path)),
  realPath: async (path) => fs.realpathSync.native(path),
  list: async (path) => fs.readdirSync(path),
  makeFolder: async (path, mode) => makeFolder(path, mode),
  rename: async (from, to) => fs.renameSync(from, to),
  link: async (from, to) => fs.linkSync(from, to),
  remove: async (path) => fs.unlinkSync(path),
  syncFolder: async (path) => {
    const descriptor = fs.openSync(path, fs.constants.O_RDONLY);
    try {
      await syncShort(
        () => fs.fsyncSync(descriptor),
        () => waitFor((done) => fs.fsync(descriptor, done)),
      );
    } catch (error) {
      // Some file systems cannot sync a folder and say EINVAL; then the rename is as durable as they make it.
      if ((error as NodeJS.ErrnoException).code !== "EINVAL") throw error;
    } finally {
      fs.closeSync(descriptor);
    }
  },
};

/** Writes all of `bytes`, however many short writes it takes; zero progress is an error. */
export async function writeAll(file: DiskFile, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const count = await file.write(done === 0 ? bytes : bytes.subarray(done));
    if (count <= 0) throw Object.assign(new Error("a write made no progress"), { code: "EIO" });
    done += count;
  }
}

/** The whole file, up to `limit` bytes; rejects with code EFBIG beyond. */
export async function readWhole(disk: Disk, path: string, limit = 64 * 1024 * 1024): Promise<Uint8Array> {
  const file = await disk.open(path, "read", 0);
  try {
    const size = await file.size();
    if (size > limit) throw Object.assign(new Error(`${path} has ${size} bytes`), { code: "EFBIG" });
    const bytes = new Uint8Array(size);
    let length = 0;
    while (length < size) {
      const count = await file.read(bytes.subarray(length), length);
      if (count === 0) break;
      length += count;
    }
    return bytes.subarray(0, length);
  } finally {
    await file.close();
  }
}
