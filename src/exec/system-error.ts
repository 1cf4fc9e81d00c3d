// What the operating system's error codes mean to whoever has to act on them.
import { codeOf, messageOf } from "../base/index.ts";

const meanings: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  ENOTDIR: "a part of the path is a file, not a folder",
  EISDIR: "it is a folder",
  EACCES: "permission denied",
  EPERM: "the operation is not permitted",
  EROFS: "the file system is read-only",
  ENOSPC: "no space is left on the disk",
  EDQUOT: "the disk quota is used up",
  EIO: "the disk reported an error",
  ELOOP: "too many symbolic links",
  ENAMETOOLONG: "the name is too long",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open in the system",
  EFBIG: "the file is too large",
  E2BIG: "the command is too long for the system",
  ENXIO: "it is a device or pipe that nothing answers",
  ENOTREG: "it is not a regular file",
  ERR_INVALID_ARG_VALUE: "the path contains a NUL character",
};

/** "permission denied (EACCES)", or the system's own words for a code without an entry. */
export function systemSays(error: unknown): string {
  const code = codeOf(error);
  const meaning = meanings[code];
  return meaning === undefined ? messageOf(error) : `${meaning} (${code})`;
}
