// The primitive under all breakers, and the table of their limits.
import { expect, test } from "vitest";
import { type BreakerRow, breakerTable, createBreaker, nothingSaved } from "../../src/base/index.ts";
import { createManualClock } from "../../src/testing/index.ts";

test("opens at its limit once, lets one trial through, and a trial that fails opens it again at once", async () => {
  const clock = createManualClock();
  const breaker = createBreaker({ name: "b", failures: 3, coolDownMilliseconds: 1000 }, clock);
  expect([breaker.failed(), breaker.failed(), breaker.failed(), breaker.failed()]).toEqual([false, false, true, false]);
  expect([breaker.state(), breaker.admits(), breaker.openings]).toEqual(["open", false, 1]);
  await clock.advance(999);
  expect(breaker.admits()).toBe(false);
  await clock.advance(1);
  expect([breaker.state(), breaker.admits()]).toEqual(["trial", true]);
  expect(breaker.failed()).toBe(true);
  expect([breaker.state(), breaker.openings]).toEqual(["open", 2]);
  await clock.advance(1000);
  breaker.succeeded();
  expect([breaker.state(), breaker.failures, breaker.failed()]).toEqual(["closed", 0, false]);
});

test("a success in between begins the count anew", () => {
  const breaker = createBreaker({ name: "b", failures: 2 }, createManualClock());
  expect(breaker.failed()).toBe(false);
  breaker.succeeded();
  expect(breaker.failed()).toBe(false);
  expect(breaker.failed()).toBe(true);
});

test("is opened by hand below its limit, stays open without a cool-down, and a trial after one still counts", async () => {
  const clock = createManualClock();
  const [cooling, lasting] = [createBreaker({ name: "a", failures: 9, coolDownMilliseconds: 10 }, clock), createBreaker({ name: "b", failures: 9 }, clock)];
  expect([cooling.trip(), cooling.trip(), lasting.trip()]).toEqual([true, false, true]);
  await clock.advance(1e9);
  expect([cooling.state(), lasting.state()]).toEqual(["trial", "open"]);
  expect(cooling.failed()).toBe(true);
  lasting.reset();
  expect(lasting.admits()).toBe(true);
});

test("keeps count of what it saved, whatever becomes of it", () => {
  const breaker = createBreaker({ name: "b", failures: 1 }, createManualClock());
  expect(breaker.saved).toEqual(nothingSaved);
  breaker.failed();
  breaker.turnedAway(0.25);
  breaker.turnedAway();
  breaker.succeeded();
  breaker.reset();
  expect(breaker.saved).toEqual({ calls: 2, usd: 0.25 });
});

test("each row of the table names a limit, and says what is not there yet", () => {
  const rows = Object.entries(breakerTable as Readonly<Record<string, BreakerRow>>);
  for (const [name, { failures, setting }] of rows) expect(failures !== null || setting !== undefined, name).toBe(true);
  expect(rows.filter(([, { missing }]) => missing !== undefined).map(([name]) => name)).toEqual(["compaction", "hooks"]);
});
