// 20,000 random allowed commands, other ones each time. BOSUN_SEED takes those of a run before.
import { expect, it } from "vitest";
import { runAllowed } from "./allowed.ts";
import { missingSandbox } from "./sandbox.ts";

const seed = Number(process.env["BOSUN_SEED"] ?? Date.now() % 1_000_000_000);

it.skipIf(missingSandbox !== null)(`change nothing, end, and show no secret (seed ${seed})`, { timeout: 7_200_000 }, () => {
  const { allowed, wrong } = runAllowed(20_000, seed);
  expect(wrong).toEqual([]);
  expect(allowed).toBeGreaterThanOrEqual(20_000);
});
