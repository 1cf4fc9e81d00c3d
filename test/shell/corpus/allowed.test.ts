// A slice of the differential test of effects; allowed.long.ts runs 20,000.
import { describe, expect, it } from "vitest";
import { runAllowed } from "./allowed.ts";
import { missingSandbox } from "./sandbox.ts";

describe.skipIf(missingSandbox !== null)("random commands that are allowed", () => {
  it("change nothing, end, and show no secret", { timeout: 120_000 }, () => {
    const { allowed, programs, wrong } = runAllowed(200, 20_261_122);
    expect(wrong).toEqual([]);
    expect(allowed).toBeGreaterThanOrEqual(200);
    expect(Object.keys(programs).length).toBeGreaterThan(40);
  });
});
