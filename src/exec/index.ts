// exec: files, processes and git, as the operating system has them.
export { findBash, locate } from "./bash.ts";
export type { CaptureLimits } from "./capture.ts";
export { type Disk, type DiskFile, type DiskStat, nodeDisk, readWhole, writeAll } from "./disk.ts";
export { cleanEnvironment } from "./environment.ts";
export { createFiles, type Files, type FolderEntry, type Look, type ReadOutcome } from "./files.ts";
export { findRepository, type Repository } from "./git.ts";
export { crc32, sha256, sha256OfFile } from "./hash.ts";
export { groupAlive, type Identity, identify } from "./identity.ts";
export { createPipes, type OutputPipe, type Pipes } from "./pipes.ts";
export { type CommandOutcome, type CommandRequest, runCommand } from "./process.ts";
export { type ProgramOutcome, type ProgramRequest, runProgram } from "./program.ts";
export { createSearch, type Search, type SearchResult } from "./search.ts";
export { createShell, type Shell, type ShellCommand, type ShellResult, type ShellSettings } from "./shell.ts";
export { systemSays } from "./system-error.ts";
export { cleanText, createTextStream, type TextStream } from "./text.ts";
