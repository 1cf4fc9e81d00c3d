// A disk that does what it is told at chosen moments, over the real one.
import { type Disk, type DiskFile, nodeDisk } from "../../src/exec/index.ts";

export interface Operation {
  readonly name: "open" | "write" | "sync" | "syncFolder" | "rename" | "remove" | "truncate";
  readonly path: string;
  readonly bytes: number;
}

export interface FaultyDisk {
  readonly disk: Disk;
  /** What was done to files whose path matches, in order. */
  readonly operations: Operation[];
  /** Asked before each operation: a code makes it fail, a number makes a write take only so many bytes. */
  fault: (operation: Operation) => string | number | undefined;
  /** Paths that were opened to read or stat. */
  readonly touched: Set<string>;
}

export function createFaultyDisk(): FaultyDisk {
  const operations: Operation[] = [];
  const touched = new Set<string>();
  const self: FaultyDisk = { disk: nodeDisk, operations, touched, fault: () => undefined };
  const ask = (name: Operation["name"], path: string, bytes = 0): number | undefined => {
    const operation = { name, path, bytes };
    operations.push(operation);
    const answer = self.fault(operation);
    if (typeof answer === "string") throw Object.assign(new Error(`${answer}: told to fail`), { code: answer });
    return answer;
  };
  const wrap = (file: DiskFile, path: string): DiskFile => ({
    ...file,
    async write(bytes) {
      const most = ask("write", path, bytes.length);
      return file.write(most === undefined ? bytes : bytes.subarray(0, most));
    },
    async sync() {
      ask("sync", path);
      await file.sync();
    },
    async truncate(length) {
      ask("truncate", path, length);
      await file.truncate(length);
    },
  });
  const disk: Disk = {
    ...nodeDisk,
    async open(path, how, mode) {
      touched.add(path);
      ask("open", path);
      return wrap(await nodeDisk.open(path, how, mode), path);
    },
    stat(path) {
      touched.add(path);
      return nodeDisk.stat(path);
    },
    async rename(from, to) {
      ask("rename", to);
      await nodeDisk.rename(from, to);
    },
    async remove(path) {
      ask("remove", path);
      await nodeDisk.remove(path);
    },
    async syncFolder(path) {
      ask("syncFolder", path);
      await nodeDisk.syncFolder(path);
    },
  };
  return Object.assign(self, { disk });
}
