import fc from "fast-check";
import { expect, test } from "vitest";
import { createRetryPolicy, type FailureClass, nextRetry, type RetryLimits, retryLimits } from "../../src/model/index.ts";
import { createManualClock } from "../../src/testing/index.ts";

const failure = (failureClass: FailureClass, retryAfter?: number) => ({
  class: failureClass,
  message: "m",
  ...(retryAfter === undefined ? {} : { retryAfter }),
});
const helped: readonly FailureClass[] = ["overloaded", "rate-limited", "network", "malformed"];
const hopeless: readonly FailureClass[] = ["context-too-long", "authentication", "refused", "aborted"];

test("what the caller must change is not tried again", () => {
  for (const name of hopeless) expect(nextRetry({ tries: 1, elapsed: 0 }, failure(name, 1), () => 0)).toMatchObject({ retry: false, because: "class" });
  for (const name of helped) expect(nextRetry({ tries: 1, elapsed: 0 }, failure(name), () => 0.5)).toEqual({ retry: true, wait: 500 });
});

test("the wait grows to its cap, with full jitter", () => {
  const bounds = [1, 2, 3, 4, 5].map((tries) => nextRetry({ tries, elapsed: 0 }, failure("overloaded"), () => 0.999_999));
  expect(bounds.map((verdict) => (verdict.retry ? verdict.wait : -1))).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
  expect(nextRetry({ tries: 5, elapsed: 0 }, failure("network"), () => 0)).toEqual({ retry: true, wait: 0 });
});

test("a provider's wait is honoured, never shortened, and a longer one than the time allows is said", () => {
  expect(nextRetry({ tries: 1, elapsed: 0 }, failure("rate-limited", 20_000), () => 0)).toEqual({ retry: true, wait: 20_000 });
  const stop = nextRetry({ tries: 1, elapsed: 0 }, failure("rate-limited", 3_600_000), () => 0);
  expect(stop).toMatchObject({ retry: false, because: "time", says: expect.stringContaining("3600 s") });
});

test("malformed replies are tried three times in all, the others to the limit", () => {
  expect(nextRetry({ tries: 2, elapsed: 0 }, failure("malformed"), () => 0).retry).toBe(true);
  expect(nextRetry({ tries: 3, elapsed: 0 }, failure("malformed"), () => 0)).toMatchObject({ retry: false, because: "tries" });
  expect(nextRetry({ tries: retryLimits.tries, elapsed: 0 }, failure("overloaded"), () => 0)).toMatchObject({ retry: false, because: "tries" });
});

test("whatever fails, a sequence of retries stays within its tries and its time", () => {
  const limits = fc.record<RetryLimits>({
    tries: fc.integer({ min: 1, max: 9 }),
    totalMilliseconds: fc.integer({ min: 0, max: 60_000 }),
    baseMilliseconds: fc.integer({ min: 1, max: 5_000 }),
    capMilliseconds: fc.integer({ min: 1, max: 30_000 }),
  });
  const failures = fc.array(
    fc.tuple(
      fc.constantFrom(...helped, ...hopeless),
      fc.option(fc.integer({ min: 0, max: 90_000 })),
      fc.integer({ min: 0, max: 3_000 }),
      fc.double({ min: 0, max: 0.999_999, noNaN: true }),
    ),
    {
      maxLength: 12,
    },
  );
  fc.assert(
    fc.property(limits, failures, (limit, list) => {
      let tries = 0;
      let elapsed = 0;
      for (const [failureClass, retryAfter, duration, random] of list) {
        tries += 1;
        elapsed += duration;
        const verdict = nextRetry({ tries, elapsed }, failure(failureClass, retryAfter ?? undefined), () => random, limit);
        if (!verdict.retry) {
          expect(verdict.says).not.toBe("");
          return;
        }
        expect(hopeless).not.toContain(failureClass);
        if (retryAfter !== null) expect(verdict.wait).toBeGreaterThanOrEqual(retryAfter);
        elapsed += verdict.wait;
        expect(elapsed).toBeLessThanOrEqual(limit.totalMilliseconds + 1);
        expect(tries).toBeLessThan(limit.tries);
      }
    }),
  );
});

test("the breaker opens once for one model, lets a trial through after its time, and closes on success", async () => {
  const clock = createManualClock();
  const policy = createRetryPolicy({ clock, random: () => 0, breaker: { failures: 3, coolDownMilliseconds: 10_000 } });
  const fail = (model: string) => policy.failed("anthropic", model, { tries: 1, elapsed: 0 }, failure("overloaded"));
  expect(fail("a")).toMatchObject({ retry: true, opened: false });
  expect(policy.failed("anthropic", "a", { tries: 1, elapsed: 0 }, failure("refused"))).toMatchObject({ retry: false, because: "class", opened: false });
  fail("a");
  expect(fail("a")).toMatchObject({ retry: false, because: "breaker", opened: true });
  expect(fail("a")).toMatchObject({ retry: false, because: "breaker", opened: false });
  expect(policy.admits("anthropic", "a")).toEqual({ ok: false, failures: 4, wait: 10_000, last: "overloaded" });
  expect(policy.admits("anthropic", "b")).toEqual({ ok: true });
  await clock.advance(10_000);
  expect(policy.admits("anthropic", "a")).toEqual({ ok: true });
  expect(fail("a")).toMatchObject({ opened: true });
  await clock.advance(10_000);
  policy.succeeded("anthropic", "a");
  expect(fail("a")).toMatchObject({ retry: true, opened: false });
});
