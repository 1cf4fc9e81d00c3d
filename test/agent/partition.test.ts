// Which calls run together, and which change is held up by which: the rule alone.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Ended, heldUpBy, nextBatch } from "../../src/agent/partition.ts";
import type { StepState, Verdict } from "../../src/workflow/index.ts";

const change = (index: number, independent = false) => ({ index, changes: true, independent });
const ended = (index: number, state: StepState, more: Partial<Ended> = {}): Ended => ({ ...change(index), step: { state }, ...more });
const result = (failed: boolean) => ({ parts: [], failed });

describe("a batch", () => {
  test("is the reads that stand side by side, or one change", async () => {
    const sizes = async (calls: string) => {
      const found: string[] = [];
      for (let rest = [...calls]; rest.length > 0; ) {
        const batch = await nextBatch(rest, async (one) => one === "r");
        expect(batch.reads).toBe(batch.calls[0] === "r");
        found.push(batch.calls.join(""));
        rest = rest.slice(batch.calls.length);
      }
      return found;
    };
    expect(await sizes("rrwrwwr")).toEqual(["rr", "w", "r", "w", "w", "r"]);
    expect(await sizes("")).toEqual([]);
  });
});

describe("a change is held up", () => {
  test.each<[StepState, Verdict | undefined, boolean]>([
    ["failed", undefined, true],
    ["denied", undefined, true],
    ["cancelled", undefined, true],
    ["unknown", undefined, true],
    ["reconciled", "unknown", true],
    ["reconciled", "partly", true],
    ["reconciled", "conflict", true],
    ["reconciled", "not-applied", true],
    ["reconciled", "applied", false],
    ["done", undefined, false],
    ["awaiting-approval", undefined, false],
    ["planned", undefined, false],
    ["executing", undefined, false],
  ])("by one that is %s %s: %s", (state, verdict, holds) => {
    const before = ended(0, state, { step: { state, ...(verdict === undefined ? {} : { verdict }) } });
    expect(heldUpBy(change(1), [before])).toBe(holds ? before : null);
  });
  test("by one that was applied and still failed", () => {
    const before = ended(0, "reconciled", { step: { state: "reconciled", verdict: "applied", result: result(true) } });
    expect(heldUpBy(change(1), [before])).toBe(before);
  });
  test("by the first of several, never by a later one, by a read, by what is independent", () => {
    expect(heldUpBy(change(3), [ended(2, "cancelled"), ended(1, "failed")])?.index).toBe(1);
    expect(heldUpBy(change(0), [ended(1, "failed")])).toBeNull();
    expect(heldUpBy(change(1), [ended(0, "failed", { changes: false })])).toBeNull();
    expect(heldUpBy(change(1), [ended(0, "failed", { independent: true })])).toBeNull();
    expect(heldUpBy(change(1, true), [ended(0, "failed")])).toBeNull();
    expect(heldUpBy({ ...change(1), changes: false }, [ended(0, "failed")])).toBeNull();
  });
  test("or not by what the order of looking is", () => {
    const states: readonly StepState[] = ["failed", "denied", "cancelled", "unknown", "done", "planned", "awaiting-approval"];
    const row = fc.record({ changes: fc.boolean(), independent: fc.boolean(), state: fc.constantFrom(...states) });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 8 }), fc.nat(8), (rows, at) => {
        const before = rows.map(({ state, ...one }, index): Ended => ({ index, ...one, step: { state } }));
        expect(heldUpBy(change(at), before.toReversed())).toEqual(heldUpBy(change(at), before));
        expect(heldUpBy({ ...change(at), changes: false }, before)).toBeNull();
      }),
    );
  });
});
