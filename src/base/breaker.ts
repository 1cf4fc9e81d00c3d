// One circuit breaker for the whole product: counts failures in a row, opens, and says so once.
import type { Clock } from "./clock.ts";

export interface BreakerLimits {
  readonly name: string;
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long it stays open, in milliseconds; after that one trial is let through. Absent: until `reset()`. */
  readonly coolDownMilliseconds?: number;
}

export type BreakerState = "closed" | "open" | "trial";

export interface Breaker {
  readonly name: string;
  readonly failures: number;
  state(): BreakerState;
  /** True when the protected work may start now. */
  admits(): boolean;
  succeeded(): void;
  /** True when this failure opened it: the moment to emit one event. */
  failed(): boolean;
  reset(): void;
}

export function createBreaker(limits: BreakerLimits, clock: Clock): Breaker {
  let failures = 0;
  let openedAt: number | undefined;
  const state = (): BreakerState => {
    if (openedAt === undefined) return "closed";
    const over = limits.coolDownMilliseconds !== undefined && clock.monotonic() - openedAt >= limits.coolDownMilliseconds;
    return over ? "trial" : "open";
  };
  return {
    name: limits.name,
    get failures() {
      return failures;
    },
    state,
    admits: () => state() !== "open",
    succeeded() {
      failures = 0;
      openedAt = undefined;
    },
    failed() {
      const before = state();
      failures += 1;
      if (failures < limits.failures) return false;
      openedAt = clock.monotonic();
      return before !== "open";
    },
    reset() {
      failures = 0;
      openedAt = undefined;
    },
  };
}
