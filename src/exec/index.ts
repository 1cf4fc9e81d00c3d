// exec: files, processes and git, as the operating system has them.
export { type Disk, type DiskFile, type DiskStat, nodeDisk, readWhole, writeAll } from "./disk.ts";
export { crc32, sha256 } from "./hash.ts";
