// Ends a command when its time is over or nobody wants it any more: first asked, then killed.
import { childrenOf, groupAlive } from "./identity.ts";

export const killAfterMilliseconds = 2000;

/** What has to end: all processes of one command. */
export interface Target {
  ask(): void;
  kill(): void;
  alive(): boolean;
  /** Whether one that was asked runs. The others do not know that they should end. */
  hears(): boolean;
}

/** A process group; `except` does not count as one of the command's processes. */
export function groupTarget(group: number, except: () => number | null): Target {
  const alive = () => groupAlive(group, except());
  return { ask: () => signal(-group, "SIGTERM"), kill: () => signal(-group, "SIGKILL"), alive, hears: alive };
}

/**
 * A process namespace: `carrier` is the program that made it, its only child leads a session inside. The command's
 * group is asked, not the carrier, whose end is everyone's end.
 */
export function namespaceTarget(carrier: number): Target {
  let first: number | null = null;
  const init = () => {
    first ??= childrenOf(carrier)[0] ?? null;
    return first;
  };
  return {
    ask() {
      const group = init();
      // not set up yet: nothing of the command runs
      if (group === null || !signal(-group, "SIGTERM")) signal(carrier, "SIGKILL");
    },
    kill() {
      const pid = init();
      signal(carrier, "SIGKILL");
      if (pid !== null) signal(pid, "SIGKILL");
    },
    alive: () => groupAlive(carrier) || (first !== null && groupAlive(first)),
    hears: () => first !== null && groupAlive(first, first),
  };
}

export interface Stopper {
  /** Why it was told to end; null while it was not. */
  reason(): "timed-out" | "aborted" | null;
  /** Resolves when it was sent SIGKILL; never otherwise. */
  readonly killed: Promise<void>;
  /** Resolves when no process of it runs any more, or when it was killed. */
  gone(): Promise<void>;
  /** No more stopping. */
  disarm(): void;
}

/** `timeout` in milliseconds; infinite: none. */
export function createStopper(target: Target, timeout: number, abort: AbortSignal): Stopper {
  let reason: "timed-out" | "aborted" | null = null;
  let isKilled = false;
  const { promise: killed, resolve: tellKilled } = Promise.withResolvers<void>();
  let patience: NodeJS.Timeout | undefined;
  const stop = (why: "timed-out" | "aborted") => {
    if (reason !== null) return;
    reason = why;
    target.ask();
    const until = performance.now() + killAfterMilliseconds;
    patience = setInterval(() => {
      if (performance.now() < until && target.hears()) return;
      clearInterval(patience);
      isKilled = true;
      target.kill();
      tellKilled();
    }, 50);
  };
  const onAbort = () => stop("aborted");
  const timer = Number.isFinite(timeout) ? setTimeout(() => stop("timed-out"), timeout) : undefined;
  abort.addEventListener("abort", onAbort, { once: true });
  if (abort.aborted) onAbort();
  return {
    reason: () => reason,
    killed,
    async gone() {
      while (!isKilled && target.alive()) await pause(20);
    },
    disarm() {
      clearTimeout(timer);
      clearInterval(patience);
      abort.removeEventListener("abort", onAbort);
    },
  };
}

/** Asks, waits at most `patience` milliseconds, kills; resolves when nothing of it runs, or half a second after the kill. */
export async function end(target: Target, patience = killAfterMilliseconds): Promise<void> {
  target.ask();
  await until(() => !target.hears(), patience);
  if (!target.alive()) return;
  target.kill();
  await until(() => !target.alive(), 500);
}

async function until(holds: () => boolean, milliseconds: number): Promise<void> {
  for (const from = performance.now(); !holds() && performance.now() - from < milliseconds; ) await pause(10);
}

export const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

export function signal(target: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(target, name);
  } catch {
    return false; // it ended before
  }
}
