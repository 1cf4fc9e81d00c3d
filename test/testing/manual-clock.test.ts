import { expect, it } from "vitest";
import { createManualClock } from "../../src/testing/index.ts";

it("moves only by advance, and wakes sleepers in the order of their times", async () => {
  const clock = createManualClock(1_000);
  const woke: string[] = [];
  const sleep = (name: string, milliseconds: number) => clock.sleep(milliseconds).then(() => woke.push(`${name}@${clock.monotonic()}`));
  const all = [sleep("c", 30), sleep("a", 10), sleep("b", 20), sleep("a2", 10)];
  await clock.advance(9);
  expect(woke).toEqual([]);
  expect(clock.sleepers).toBe(4);
  await clock.advance(16);
  expect(woke).toEqual(["a@10", "a2@10", "b@20"]);
  await clock.advance(5);
  expect(woke.at(-1)).toBe("c@30");
  expect(clock.now()).toBe(1_030);
  await Promise.all(all);
});

it("lets a sleeper that falls asleep again wake within the same advance", async () => {
  const clock = createManualClock();
  const ticks: number[] = [];
  const ticking = (async () => {
    for (let tick = 0; tick < 5; tick++) {
      await clock.sleep(10);
      ticks.push(clock.monotonic());
    }
  })();
  await clock.advance(35);
  expect(ticks).toEqual([10, 20, 30]);
  await clock.advance(100);
  await ticking;
  expect(ticks).toEqual([10, 20, 30, 40, 50]);
});

it("wakes at once when the signal aborts, and forgets the sleeper", async () => {
  const clock = createManualClock();
  const controller = new AbortController();
  const sleeping = clock.sleep(1_000, controller.signal);
  controller.abort();
  await sleeping;
  expect(clock.sleepers).toBe(0);
  await clock.sleep(1_000, controller.signal);
  await clock.sleep(0);
});

it("can jump the date without moving time", async () => {
  const clock = createManualClock(5_000);
  clock.shift(-3_000);
  expect([clock.now(), clock.monotonic()]).toEqual([2_000, 0]);
  await expect(clock.advance(-1)).rejects.toThrow(RangeError);
});
