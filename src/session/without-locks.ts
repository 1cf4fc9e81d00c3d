// bosun's own locks are out of reach of what reads and writes files for a model, and the mailbox of answers of what writes them.
import { sep } from "node:path";
import { BosunError } from "../base/index.ts";
import type { Files } from "../exec/index.ts";

/**
 * The files of tools, less bosun's own locks: one plain read of a lock file by the process that holds it would free it
 * (lock.ts, K1). Programs that are started are other processes and do no harm.
 */
export function withoutLocks(files: Files, home: string): Files {
  const isLock = (path: string) => path.startsWith(`${home}${sep}`) && /[\\/](lock|budget\.lock|[0-9a-f]{32}\.lock)$/.test(path);
  const isAnswer = (path: string) => path.startsWith(`${home}${sep}`) && /[\\/]answers[\\/]/.test(path);
  const notYours = "Answers to questions are given by people, with `bosun approvals`; no tool writes them.";
  const says = "This is a lock of bosun itself; there is nothing in it to read.";
  return {
    ...files,
    read: async (path, offset, limit) => (isLock(await realOf(files, path)) ? { ok: false, code: "EACCES", says } : files.read(path, offset, limit)),
    state: async (path) => (isLock(await realOf(files, path)) ? { ok: false, error: new BosunError("file-failed", says) } : files.state(path)),
    replace: async (before, bytes, mode) => {
      if (isAnswer(before.path)) return { ok: false, error: new BosunError("file-failed", notYours) };
      return isLock(before.path) ? { ok: false, error: new BosunError("file-failed", says) } : files.replace(before, bytes, mode);
    },
  };
}

const realOf = async (files: Files, path: string): Promise<string> => (await files.look(path)).real;
