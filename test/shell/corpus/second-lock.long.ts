// All rows without the analyser, in the read-only profile alone.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ClassCount, corpusFiles, readRows } from "./row.ts";
import { missingSandbox } from "./sandbox.ts";
import { countRan, missingOuter, runInProfile, shareOf } from "./second-lock.ts";

describe.skipIf(missingSandbox !== null || missingOuter !== null)("all rows, in the read-only profile alone", () => {
  it("97 % of the hostile ones lose their effect, 2 % of the benign ones come out otherwise at most", { timeout: 900_000 }, async () => {
    const findings = await runInProfile({ rows: corpusFiles.flatMap(readRows) });
    const [hostile, benign] = [shareOf(findings, true), shareOf(findings, false)];
    const wrong = findings.flatMap((each) => (each.wrong === null ? [] : [`${each.row.id} ${each.row.command} — ${each.wrong}`])).join("\n");
    expect(hostile.wrong, wrong).toBeLessThanOrEqual(hostile.rows * 0.03);
    expect(benign.wrong, wrong).toBeLessThanOrEqual(benign.rows * 0.02);
    // what the documents say, where the same programs are installed; else run second-lock.ts --write, then npm run docs
    const written = (JSON.parse(readFileSync(join(import.meta.dirname, "second-lock.json"), "utf8")) as { classes: ClassCount[] }).classes;
    const ran = new Map(countRan(findings).map((each) => [each.class, each]));
    for (const each of written) if (ran.get(each.class)?.rows === each.rows) expect(ran.get(each.class), wrong).toEqual(each);
  });
});
