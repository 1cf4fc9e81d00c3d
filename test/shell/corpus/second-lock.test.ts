// A part of the rows without the analyser: what the read-only profile alone takes away. All of them: second-lock.long.ts.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isHostile, type Row, readRows } from "./row.ts";
import { missingSandbox } from "./sandbox.ts";
import { missingOuter, runInProfile, shareOf } from "./second-lock.ts";

const read = (name: string): Row[] => readRows(join(import.meta.dirname, name));
const some = (rows: readonly Row[], part: number): Row[] => rows.filter((_, index) => index % part === 0);
const wrongOf = (findings: Awaited<ReturnType<typeof runInProfile>>): string[] =>
  findings.flatMap(({ row, wrong }) => (wrong === null ? [] : [`${row.id} ${row.command} — ${wrong}`]));

describe.skipIf(missingSandbox !== null || missingOuter !== null)("rows that nobody judged, in the read-only profile", () => {
  it("lose their effect, and are the same where they only read", { timeout: 120_000 }, async () => {
    const rows = [...some(read("hostile.jsonl"), 18), ...some(read("second-hand.jsonl"), 18), ...some(read("benign.jsonl"), 18)];
    const findings = await runInProfile({ rows });
    const [hostile, benign] = [shareOf(findings, true), shareOf(findings, false)];
    expect(hostile.rows).toBeGreaterThan(30);
    expect(benign.rows).toBeGreaterThan(15);
    // of so few each is counted
    expect(wrongOf(findings).length, wrongOf(findings).join("\n")).toBeLessThanOrEqual(3);
    expect(hostile.wrong).toBeLessThanOrEqual(2);
  });

  it("and have it without the profile: it is the profile that takes it", { timeout: 120_000 }, async () => {
    const rows = some(
      read("hostile.jsonl").filter((row) => isHostile(row) && /^(?:file|modify|delete|git)/.test(row.effect)),
      60,
    );
    const findings = await runInProfile({ rows }, "open");
    const { rows: ran, wrong } = shareOf(findings, true);
    expect(ran).toBeGreaterThan(5);
    expect(wrong).toBeGreaterThanOrEqual(ran * 0.9);
  });
});
