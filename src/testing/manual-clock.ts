// A clock that moves only when it is told to.
import type { Clock } from "../base/index.ts";

export interface ManualClock extends Clock {
  /**
   * Moves time on by so many milliseconds. Sleepers wake in the order of their times (those of one time in the order in which they fell
   * asleep), each at its own moment, and what they do at once, also falling asleep again, happens before the next one wakes.
   */
  advance(milliseconds: number): Promise<void>;
  /** Moves `now()` alone, as when somebody sets the computer's clock. Sleepers and `monotonic()` do not notice. */
  shift(milliseconds: number): void;
  /** How many are asleep. */
  readonly sleepers: number;
}

interface Sleeper {
  readonly until: number;
  wake(): void;
}

export function createManualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let elapsed = 0;
  let offset = start;
  let asleep: Sleeper[] = [];
  const nextBefore = (end: number): Sleeper | undefined =>
    asleep.filter((sleeper) => sleeper.until <= end).reduce<Sleeper | undefined>((first, one) => (first && first.until <= one.until ? first : one), undefined);
  return {
    now: () => offset + elapsed,
    monotonic: () => elapsed,
    get sleepers() {
      return asleep.length;
    },
    sleep(milliseconds, signal) {
      if (signal?.aborted || milliseconds <= 0) return Promise.resolve();
      return new Promise((resolve) => {
        const sleeper: Sleeper = {
          until: elapsed + milliseconds,
          wake() {
            asleep = asleep.filter((one) => one !== sleeper);
            signal?.removeEventListener("abort", sleeper.wake);
            resolve();
          },
        };
        asleep.push(sleeper);
        signal?.addEventListener("abort", sleeper.wake, { once: true });
      });
    },
    async advance(milliseconds) {
      if (!(milliseconds >= 0)) throw new RangeError(`time can't go back: advance(${milliseconds})`);
      const end = elapsed + milliseconds;
      for (let sleeper = nextBefore(end); sleeper; sleeper = nextBefore(end)) {
        elapsed = sleeper.until;
        sleeper.wake();
        await settle();
      }
      elapsed = end;
      await settle();
    },
    shift(milliseconds) {
      offset += milliseconds;
    },
  };
}

// Lets everything that is ready run: promises, and callbacks of the event loop that were due.
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
