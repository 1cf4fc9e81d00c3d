// Between two runs of a conversation: the provider's cache is kept warm, if the person allowed it. One at a time, ended before
// the next run begins and before the session is given free.
import { type Execution, keepAlive } from "../agent/index.ts";

export interface WarmKeeper {
  start(execution: Omit<Execution, "signal">): void;
  /** What is under way is closed in the journal when this resolves. */
  stop(): Promise<void>;
}

export function createWarmKeeper(allowed: boolean, onProblem: (says: string) => void): WarmKeeper {
  let over: AbortController | null = null;
  let work: Promise<unknown> = Promise.resolve();
  return {
    start(execution) {
      if (!allowed) return;
      over = new AbortController();
      work = keepAlive({ ...execution, signal: over.signal }).catch((error: unknown) => onProblem(String(error)));
    },
    async stop() {
      over?.abort();
      over = null;
      await work;
    },
  };
}
