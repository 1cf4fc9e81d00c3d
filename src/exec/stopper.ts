// Ends a process group when its time is over or nobody wants it any more: first asked, then killed.
import { groupAlive } from "./identity.ts";

export const killAfterMilliseconds = 2000;

export interface Stopper {
  /** Why it was told to end; null while it was not. */
  reason(): "timed-out" | "aborted" | null;
  /** Resolves when the group was sent SIGKILL; never otherwise. */
  readonly killed: Promise<void>;
  /** Resolves when no process of the group runs any more, or when it was killed. */
  gone(): Promise<void>;
  /** No more stopping. */
  disarm(): void;
}

export function createStopper(group: number, timeout: number, signal: AbortSignal): Stopper {
  let reason: "timed-out" | "aborted" | null = null;
  let isKilled = false;
  let killTimer: NodeJS.Timeout | undefined;
  const { promise: killed, resolve: tellKilled } = Promise.withResolvers<void>();
  const stop = (why: "timed-out" | "aborted") => {
    if (reason !== null) return;
    reason = why;
    signalGroup(group, "SIGTERM");
    killTimer = setTimeout(() => {
      isKilled = true;
      signalGroup(group, "SIGKILL");
      tellKilled();
    }, killAfterMilliseconds);
  };
  const onAbort = () => stop("aborted");
  const timer = setTimeout(() => stop("timed-out"), timeout);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  return {
    reason: () => reason,
    killed,
    async gone() {
      while (!isKilled && groupAlive(group)) await pause(20);
    },
    disarm() {
      clearTimeout(timer);
      clearTimeout(killTimer);
      signal.removeEventListener("abort", onAbort);
    },
  };
}

export const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // it ended before
  }
}
