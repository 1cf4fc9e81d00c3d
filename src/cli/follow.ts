// Follows a run: its events to whoever shows them, and to the system log in the session's folder.
import { systemClock } from "../base/index.ts";
import type { Agent, Conversation, Run, RunEnd, RunEvent } from "../index.ts";
import type { SystemLog } from "../observe/index.ts";

export interface EventLog {
  event(event: RunEvent): void;
  flush(): Promise<void>;
}

/** What is not needed for the first request is loaded so long after it, in milliseconds. */
const later = 100;

/** The system log of a session. It is loaded once the model has been asked, so that asking does not wait for it. */
export function openLog(agent: Agent, conversation: Conversation, onFailure: (says: string) => void): EventLog {
  let waiting: RunEvent[] | null = [];
  let log: SystemLog | undefined;
  let loading: Promise<void> | null = null;
  const load = (): Promise<void> => {
    loading ??= open();
    return loading;
  };
  const open = async (): Promise<void> => {
    const { createSystemLog } = await import("../observe/index.ts");
    log = createSystemLog({ folder: `${agent.sessionsFolder}/${conversation.session.id}`, clock: systemClock, onFailure });
    for (const event of waiting ?? []) log.event(event);
    waiting = null;
  };
  return {
    event(event) {
      if (log) return log.event(event);
      waiting?.push(event);
      if (event.type === "model") void load();
      else if (waiting?.length === 1) setTimeout(() => void load(), later).unref();
    },
    async flush() {
      if (waiting !== null && waiting.length > 0) await load();
      await log?.flush();
    },
  };
}

/** Hands on every event in order, waiting for those who write it, and resolves with the end. */
export async function follow(run: Run, log: EventLog, show: (event: RunEvent) => Promise<void> | undefined): Promise<RunEnd> {
  for await (const event of run) {
    log.event(event);
    const shown = show(event);
    if (shown !== undefined) await shown;
  }
  const end = await run.end;
  await log.flush();
  return end;
}
