// One circuit breaker for the whole product: counts failures in a row, opens, says so once, and keeps count of what it saved.
import type { Clock } from "./clock.ts";

export interface BreakerLimits {
  readonly name: string;
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long it stays open, in milliseconds; after that one trial is let through. Absent: until `reset()`. */
  readonly coolDownMilliseconds?: number;
}

export type BreakerState = "closed" | "open" | "trial";

/** Work that was not done because a breaker was open; `usd`: what it was projected to cost, as far as that was known. */
export interface Saved {
  readonly calls: number;
  readonly usd: number;
}
export const nothingSaved: Saved = { calls: 0, usd: 0 };

export interface Breaker {
  readonly name: string;
  readonly failures: number;
  /** How often it opened. */
  readonly openings: number;
  readonly saved: Saved;
  state(): BreakerState;
  /** True when the protected work may start now. */
  admits(): boolean;
  succeeded(): void;
  /** True when this failure opened it: the moment to emit one event. A trial that fails opens it again. */
  failed(): boolean;
  /** Opens it whatever was counted; true when it was not open. */
  trip(): boolean;
  /** Something was not done because of it. */
  turnedAway(usd?: number): void;
  reset(): void;
}

export function createBreaker(limits: BreakerLimits, clock: Clock): Breaker {
  let failures = 0;
  let openings = 0;
  let saved = nothingSaved;
  let openedAt: number | undefined;
  const state = (): BreakerState => {
    if (openedAt === undefined) return "closed";
    const over = limits.coolDownMilliseconds !== undefined && clock.monotonic() - openedAt >= limits.coolDownMilliseconds;
    return over ? "trial" : "open";
  };
  const close = (): void => {
    failures = 0;
    openedAt = undefined;
  };
  const trip = (): boolean => {
    const wasOpen = state() === "open";
    openedAt = clock.monotonic();
    if (!wasOpen) openings += 1;
    return !wasOpen;
  };
  return {
    name: limits.name,
    get failures() {
      return failures;
    },
    get openings() {
      return openings;
    },
    get saved() {
      return saved;
    },
    state,
    admits: () => state() !== "open",
    succeeded: close,
    failed() {
      const isTrial = state() === "trial";
      failures += 1;
      return isTrial || failures >= limits.failures ? trip() : false;
    },
    trip,
    turnedAway(usd = 0) {
      saved = { calls: saved.calls + 1, usd: saved.usd + usd };
    },
    reset: close,
  };
}
