// Ten thousand losses of power, each point of the journal killed twenty times, a kill and each failure at every operation.
import { expect, test } from "vitest";
import { powerLosses } from "./power-loss.ts";
import { killsAtOperations, killsAtPoints, realKills } from "./real-kills.ts";
import { failures, runJobs, singleDeaths, whole } from "./sweep.ts";

test("10,000 losses of power by seed: every invariant holds", { timeout: 3_600_000 }, async () => {
  const tally = await powerLosses(1, 10_000, whole);
  expect(tally.samples).toEqual([]);
  expect(tally.trials).toBe(10_000);
});

test("a real process killed twenty times at each of J0 to J8", { timeout: 3_600_000 }, async () => {
  const tally = await realKills("", killsAtPoints(20), whole);
  expect(tally.samples).toEqual([]);
  expect(tally.crashes).toBeGreaterThanOrEqual(180);
});

test("a real process killed at every operation of its disk, its programs and its servers", { timeout: 7_200_000 }, async () => {
  const tally = await realKills("", await killsAtOperations(1), whole);
  expect(tally.samples).toEqual([]);
  expect(tally.crashes).toBeGreaterThanOrEqual(1000);
});

test("a death at every operation of both worlds, in this process", { timeout: 7_200_000 }, async () => {
  const tally = await runJobs("", await singleDeaths(1), whole);
  expect(tally.samples).toEqual([]);
  expect(tally.crashes).toBeGreaterThanOrEqual(1500);
});

test("ENOSPC, EIO and EPERM at every operation that changes something, once and from then on; every write short", { timeout: 7_200_000 }, async () => {
  const tally = await runJobs("", await failures(1), whole);
  expect(tally.samples).toEqual([]);
  expect(tally.trials).toBeGreaterThanOrEqual(1500);
});
