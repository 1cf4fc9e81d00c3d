// Any walk of faults, one life after the other, as fast-check thinks them up; a failure is shrunk to the fault that matters.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Fault } from "./fault-disk.ts";
import { serverFor } from "./sweep.ts";
import { runTrial } from "./trial.ts";

const at = fc.integer({ min: 1, max: 360 });
const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ kind: fc.constant("die" as const), at, moment: fc.constantFrom("before" as const, "half" as const, "after" as const) }),
  fc.record({ kind: fc.constant("fail" as const), at, code: fc.constantFrom("ENOSPC", "EIO", "EPERM", "EROFS", "EDQUOT"), lasting: fc.boolean() }),
  fc.record({ kind: fc.constant("short" as const), at }),
);

test("random faults in life after life: every invariant holds", { timeout: 600_000 }, async () => {
  const server = await serverFor("none");
  const runs = 12 * Number(process.env.BOSUN_PROPERTY_FACTOR ?? "1");
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { minLength: 1, maxLength: 4 }), async (faults) => {
        expect((await runTrial(server, "none", faults)).violations).toEqual([]);
      }),
      { numRuns: runs },
    );
  } finally {
    await server.close();
  }
});
