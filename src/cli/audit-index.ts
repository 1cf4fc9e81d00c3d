// The index for a command that asks it: brought up to date, or read anew in memory where its file cannot be used.
import { BosunError, type Outcome, systemClock } from "../base/index.ts";
import { closedFolders, openIndex, type SessionIndex } from "../session/index.ts";
import { warn } from "./report.ts";
import type { Terminal } from "./terminal.ts";

/** `stale`: it is asked as it is. The index is closed afterwards. */
export async function withIndex<Value>(
  home: string,
  terminal: Terminal,
  stale: boolean,
  work: (index: SessionIndex) => Promise<Outcome<Value>>,
): Promise<Outcome<Value>> {
  for (const closed of await closedFolders(home)) warn(terminal, closed.message);
  const first = await attempt(home, stale, false, work);
  if (first.ok || first.error.code !== "index-failed") return first;
  warn(terminal, `${first.error.says} All journals are read instead. ${first.error.message.slice(first.error.says.length).trim()}`);
  return attempt(home, false, true, work);
}

async function attempt<Value>(
  home: string,
  stale: boolean,
  inMemory: boolean,
  work: (index: SessionIndex) => Promise<Outcome<Value>>,
): Promise<Outcome<Value>> {
  const opened = await openIndex({ home, clock: systemClock, inMemory });
  if (!opened.ok) return opened;
  try {
    const refreshed = stale ? null : await opened.value.refresh();
    return refreshed && !refreshed.ok ? refreshed : await work(opened.value);
  } finally {
    opened.value.close();
  }
}

export const usage = (says: string, next: string): BosunError => new BosunError("usage", says, { next });
