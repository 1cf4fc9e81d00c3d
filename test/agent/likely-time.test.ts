import { expect, test } from "vitest";
import { likelyTime } from "../../src/agent/likely-time.ts";

const took = (seconds: number, output: number) => ({ usage: { input: 1, output, cacheRead: 0, cacheWrite: 0 }, seconds });

test("a call takes as long as its output does at the rate of the last calls; at worst twice that, or what the longest took", () => {
  expect(likelyTime([took(10, 500), took(2, 100)], 300)).toEqual({ expected: 6, worst: 12 });
  expect(likelyTime([took(40, 2_000), took(2, 100)], 300)).toEqual({ expected: 6, worst: 40 });
});

test("calls that were not timed, or said nothing, tell no rate; without any nothing is said", () => {
  expect(likelyTime([], 300)).toBe(null);
  expect(likelyTime([{ usage: took(1, 10).usage }, took(0, 100), took(5, 0)], 300)).toBe(null);
  expect(likelyTime([took(5, 0), took(1, 100)], 100)).toEqual({ expected: 1, worst: 2 });
});
