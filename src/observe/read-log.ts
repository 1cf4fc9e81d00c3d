// Reads a system log back, across its parts.
import { BosunError, codeOf, type Outcome, parseJson } from "../base/index.ts";
import { type Disk, nodeDisk, readWhole } from "../exec/index.ts";
import { type LogLine, logLineOf } from "./log-line.ts";
import { keptParts, partPath } from "./system-log.ts";

export interface ReadLog {
  /** Oldest first. */
  readonly lines: readonly LogLine[];
  /** Lines that were torn by a crash, or are none of this version's. */
  readonly unreadable: number;
}

/** `folder`: the session's. A session without a log has no lines. Fails when a part is there and cannot be read. */
export async function readSystemLog(folder: string, disk: Disk = nodeDisk): Promise<Outcome<ReadLog>> {
  const lines: LogLine[] = [];
  let unreadable = 0;
  for (let part = keptParts; part >= 0; part--) {
    const path = partPath(folder, part);
    let text: string;
    try {
      text = Buffer.from(await readWhole(disk, path)).toString("utf8");
    } catch (error) {
      if (codeOf(error) === "ENOENT") continue;
      return { ok: false, error: unreadableLog(path, error) };
    }
    for (const one of text.split("\n")) {
      if (one === "") continue;
      const parsed = parseJson(one);
      const line = parsed.ok ? logLineOf(parsed.value) : null;
      if (line) lines.push(line);
      else unreadable += 1;
    }
  }
  return { ok: true, value: { lines, unreadable } };
}

function unreadableLog(path: string, cause: unknown): BosunError {
  return new BosunError("session-missing", `The system log ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`, {
    cause,
    next: "Check its permissions; the session itself does not need it.",
  });
}
