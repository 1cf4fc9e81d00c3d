// Ten thousand losses of power, each point of the journal killed twenty times, a kill at every operation of a real walk.
import { expect, test } from "vitest";
import { powerLosses } from "./power-loss.ts";
import { killsAtOperations, killsAtPoints, realKills } from "./real-kills.ts";
import { whole } from "./sweep.ts";

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
