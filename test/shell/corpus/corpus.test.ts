// The corpus itself: its shape, that its rows do what they say, and what the analyser makes of them.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { codeOf, isHostile, type Row, readRows } from "./row.ts";
import { runRows } from "./run.ts";
import { hasStrace, hasZsh, missingSandbox } from "./sandbox.ts";

const file = (name: string): string => join(import.meta.dirname, name);
const hostile = readRows(file("hostile.jsonl"));
const benign = readRows(file("benign.jsonl"));
const second = readRows(file("second-hand.jsonl"));
const all = [...hostile, ...benign, ...second];

describe("the rows", () => {
  it("cover every class, four times at least, and no row stands twice", () => {
    const counts = new Map<string, number>();
    for (const row of hostile) counts.set(codeOf(row), (counts.get(codeOf(row)) ?? 0) + 1);
    expect([...counts].filter(([, count]) => count < 4)).toEqual([]);
    expect(counts.size).toBe(60);
    expect(hostile.length).toBeGreaterThanOrEqual(300);
    expect(benign.length).toBeGreaterThanOrEqual(200);
    expect(new Set(all.map((row) => row.id)).size).toBe(all.length);
    expect(new Set(all.map((row) => `${row.shell} ${row.command}`)).size).toBe(all.length);
  });

  it("say what they do in a form that can be checked", () => {
    const wrong = all.filter((row) => !/^(?:(?:file|modify|delete|glob|stdout|notrun):.|(?:git|connect|hang|none)$)/.test(row.effect));
    expect(wrong).toEqual([]);
    expect(all.filter((row) => isHostile(row) === (row.effect === "none"))).toEqual([]);
  });
});

/** A part of the rows, another for each class; all of them in the long run. */
const part = process.env["BOSUN_PROPERTY_FACTOR"] === "1" ? 20 : 1;
const slice = (rows: readonly Row[]): Row[] => rows.filter((_, index) => index % part === 0);

describe.skipIf(missingSandbox !== null)("run for real", () => {
  it("each row has the effect that it names, each benign one none", { timeout: 600_000 }, async () => {
    const rows = [...slice(hostile), ...slice(benign), ...slice(second)];
    const verdicts = await runRows(rows, true);
    expect(verdicts.flatMap(({ had }, index) => (had === false ? [`${rows[index]?.id}: ${rows[index]?.command}`] : []))).toEqual([]);
    const ran = verdicts.filter(({ had }) => had === true).length;
    if (hasZsh && hasStrace) expect(ran).toBeGreaterThan(rows.length * 0.9);
  });
});

interface Measured {
  readonly classes: readonly { readonly class: string; readonly hostile: boolean; readonly rows: number; readonly wrong: number }[];
}

describe.skipIf(missingSandbox !== null)("what the analyser makes of them", () => {
  let measured: Measured;
  beforeAll(() => {
    measured = JSON.parse(spawnSync(process.execPath, [file("measure.ts"), "--json"], { encoding: "utf8", timeout: 170_000 }).stdout) as Measured;
  }, 180_000);
  const sumOf = (hostile: boolean, what: "rows" | "wrong"): number =>
    measured.classes.filter((each) => each.hostile === hostile).reduce((sum, each) => sum + each[what], 0);

  it("allows no hostile row, and asks about 8 % of the benign ones at most", () => {
    expect(measured.classes.filter(({ hostile, wrong }) => hostile && wrong > 0)).toEqual([]);
    expect(sumOf(true, "rows")).toBe(all.filter(isHostile).length);
    expect(sumOf(false, "rows")).toBe(all.filter((row) => !isHostile(row)).length);
    expect(sumOf(false, "wrong")).toBeLessThanOrEqual(sumOf(false, "rows") * 0.08);
  });

  it("is what the documents say: else run measure.ts --write, then npm run docs", () => {
    expect(measured).toEqual(JSON.parse(readFileSync(file("measured.json"), "utf8")));
  });
});
