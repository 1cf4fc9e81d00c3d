// Real processes, really killed: a slice of `npm run test:crash`.
import { expect, test } from "vitest";
import { journalPoints, killsAtOperations, killsAtPoints, realKills } from "./real-kills.ts";
import { whole } from "./sweep.ts";

test("kill -9 of a real process at operations of its disk: every invariant holds", { timeout: 60_000 }, async () => {
  const tally = await realKills("", await killsAtOperations(300, 29), whole);
  expect(tally.samples).toEqual([]);
  expect(tally.crashes).toBeGreaterThanOrEqual(4);
});

test("kill -9 of a real process twice at each of J0 to J8: every invariant holds", { timeout: 120_000 }, async () => {
  expect(Object.keys(journalPoints)).toHaveLength(9);
  const tally = await realKills("", killsAtPoints(2), whole);
  expect(tally.samples).toEqual([]);
  expect(tally.crashes).toBeGreaterThanOrEqual(20);
});
