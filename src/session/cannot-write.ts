// A session's files that cannot be written, in words: what, and the next move for what stands in the way.
import { BosunError, codeOf, type SessionId } from "../base/index.ts";
import { systemSays } from "../exec/index.ts";

/** `what`: "Cannot …", with the path. `session`: it exists, and can be read all the same. */
export function cannotWrite(what: string, error: unknown, session?: SessionId): BosunError {
  return new BosunError("journal-failed", `${what}: ${systemSays(error)}.`, { cause: error, ...nextOf(codeOf(error), session) });
}

function nextOf(code: string, session: SessionId | undefined): { readonly next?: string } {
  if (code === "ENOSPC" || code === "EDQUOT") {
    return { next: `Free space, then go on${session === undefined ? "" : ` with --resume ${session}`}. Nothing was changed.` };
  }
  if (code !== "EACCES" && code !== "EPERM" && code !== "EROFS") return {};
  const copy = session === undefined ? "" : `, or go on in a copy: bosun --resume ${session} --fork. It can be read: \`bosun sessions show ${session}\``;
  return { next: `Make it writable for you${session === undefined ? ", or set BOSUN_HOME to a folder that is" : copy}. Nothing was changed.` };
}
