// When a failed model call is tried again: a pure rule, and a policy object that adds a breaker per provider and model.
// The loop itself is the agent's: it waits, reserves budget again, and calls.
import { type Breaker, breakerTable, type Clock, createBreaker } from "../base/index.ts";
import type { FailureClass, ModelFailure } from "./provider.ts";

export interface RetryLimits {
  /** Calls in all, the first one counted. */
  readonly tries: number;
  /** Time from the first call to the start of the last retry, in milliseconds. */
  readonly totalMilliseconds: number;
  /** The upper bound of the first wait; it doubles each time. */
  readonly baseMilliseconds: number;
  /** No wait of our own choosing is longer. */
  readonly capMilliseconds: number;
}
/** Rides out a minute of overload; a person does not wait much longer than two without being told. */
export const retryLimits: RetryLimits = { tries: breakerTable.retries.failures, totalMilliseconds: 120_000, baseMilliseconds: 1_000, capMilliseconds: 30_000 };

export interface RetryState {
  /** Calls made so far, the failed one included: at least 1. */
  readonly tries: number;
  /** Milliseconds since the first call began. */
  readonly elapsed: number;
}
export type RetryStop = "class" | "tries" | "time" | "breaker";
export type RetryVerdict =
  | { readonly retry: true; readonly wait: number }
  /** `says` completes the failure's message for a person. */
  | { readonly retry: false; readonly because: RetryStop; readonly says: string };

/** Whether trying the same request again can help, and how often at most. */
const triesByClass: Readonly<Record<FailureClass, number>> = {
  "overloaded": Number.POSITIVE_INFINITY,
  "rate-limited": Number.POSITIVE_INFINITY,
  "network": Number.POSITIVE_INFINITY,
  // A garbled reply may be one bad hop; the same answer thrice is the server's way.
  "malformed": 3,
  "context-too-long": 1,
  "authentication": 1,
  "refused": 1,
  "aborted": 1,
};
export const canRetry = (failureClass: FailureClass): boolean => triesByClass[failureClass] > 1;

/** `random` gives numbers in [0, 1). */
export function nextRetry(state: RetryState, failure: ModelFailure, random: () => number, limits: RetryLimits = retryLimits): RetryVerdict {
  if (!canRetry(failure.class)) return stop("class", "Trying again would not help.");
  if (state.tries >= Math.min(limits.tries, triesByClass[failure.class])) return stop("tries", `Given up after ${state.tries} tries.`);
  const left = limits.totalMilliseconds - state.elapsed;
  const asked = failure.retryAfter;
  if (asked !== undefined && asked > left) {
    return stop(
      "time",
      `The provider asks to wait ${seconds(asked)} s; the ${seconds(limits.totalMilliseconds)} s for retries do not allow it. Try again later.`,
    );
  }
  const bound = Math.min(limits.capMilliseconds, limits.baseMilliseconds * 2 ** (state.tries - 1));
  // Full jitter: callers that failed together do not come back together, nor all at the second they were told.
  const wait = asked === undefined ? random() * bound : Math.min(asked + random() * limits.baseMilliseconds, left);
  if (wait > left) return stop("time", `Given up after ${seconds(state.elapsed)} s.`);
  return { retry: true, wait: Math.round(wait) };
}

const stop = (because: RetryStop, says: string): RetryVerdict => ({ retry: false, because, says });
const seconds = (milliseconds: number): string => String(Math.ceil(milliseconds / 1000));

export interface RetryPolicy {
  /** Whether a call to this model may start; when not, in how many milliseconds a trial is let through, and what failed last. */
  admits(
    provider: string,
    model: string,
  ): { readonly ok: true } | { readonly ok: false; readonly failures: number; readonly wait: number; readonly last: FailureClass | null };
  /** After a failed call. `opened` is true when this failure opened the breaker: the moment for one event. */
  failed(provider: string, model: string, state: RetryState, failure: ModelFailure): RetryVerdict & { readonly opened: boolean };
  succeeded(provider: string, model: string): void;
  /** Another model is asked in its place: no call to this one is admitted until the cool-down is over. True: that was not so already. */
  leaveAlone(provider: string, model: string): boolean;
  /** The breaker of a model, and the one that counts calls that were given up: for what they say of themselves. */
  breakerOf(provider: string, model: string): Breaker;
  readonly retries: Breaker;
}

export interface RetryPolicyOptions {
  readonly clock: Clock;
  readonly random?: () => number;
  readonly limits?: RetryLimits;
  /** Failures in a row, over all sessions of this process, that open a model's breaker, and how long it stays open. */
  readonly breaker?: { readonly failures: number; readonly coolDownMilliseconds: number };
}

export function createRetryPolicy(options: RetryPolicyOptions): RetryPolicy {
  const { clock, random = Math.random, limits = retryLimits, breaker = breakerTable.model } = options;
  const breakers = new Map<string, { readonly breaker: Breaker; openedAt: number; last: FailureClass | null }>();
  const retries = createBreaker({ name: "retries", failures: limits.tries }, clock);
  const of = (provider: string, model: string) => {
    const name = `${provider}/${model}`;
    let found = breakers.get(name);
    if (!found) {
      const { failures, coolDownMilliseconds } = breaker;
      found = { breaker: createBreaker({ name: `model ${name}`, failures, coolDownMilliseconds }, clock), openedAt: 0, last: null };
      breakers.set(name, found);
    }
    return found;
  };
  return {
    admits(provider, model) {
      const entry = of(provider, model);
      if (entry.breaker.admits()) return { ok: true };
      const wait = Math.max(0, entry.openedAt + breaker.coolDownMilliseconds - clock.monotonic());
      return { ok: false, failures: entry.breaker.failures, wait, last: entry.last };
    },
    failed(provider, model, state, failure) {
      const entry = of(provider, model);
      // What the caller must change says nothing about the provider's health.
      const opened = canRetry(failure.class) && entry.breaker.failed();
      if (canRetry(failure.class)) entry.last = failure.class;
      if (canRetry(failure.class) && !entry.breaker.admits()) {
        entry.openedAt = clock.monotonic();
        const says = `${entry.breaker.failures} calls in a row failed; ${provider}/${model} is left alone for ${seconds(breaker.coolDownMilliseconds)} s.`;
        return { ...stop("breaker", says), opened };
      }
      const verdict = nextRetry(state, failure, random, limits);
      if (!verdict.retry && (verdict.because === "tries" || verdict.because === "time")) {
        // each call counts its own tries
        retries.reset();
        retries.trip();
      }
      return { ...verdict, opened };
    },
    succeeded(provider, model) {
      of(provider, model).breaker.succeeded();
    },
    leaveAlone(provider, model) {
      const entry = of(provider, model);
      entry.openedAt = clock.monotonic();
      return entry.breaker.trip();
    },
    breakerOf: (provider, model) => of(provider, model).breaker,
    retries,
  };
}
