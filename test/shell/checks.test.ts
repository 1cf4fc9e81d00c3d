// Each check: what it must see, what it must let pass, and that it is needed.
import { describe, expect, it } from "vitest";
import { checks } from "../../src/shell/checks/index.ts";
import { type Analysis, analyse } from "./analyse.ts";

const where = { cwd: "/world/project", home: "/world/home" };
/** Nothing stands in its way, and it only reads: what it reads is judged on the disk. */
const isProved = ({ findings, effects }: Analysis): boolean => findings.length === 0 && effects.every(({ kind }) => kind === "reads" || kind === "repository");
const names = new Map(checks.map((check) => [check.id, check.name]));
const found = (analysis: Analysis): string => analysis.findings.map((finding) => `${names.get(finding.check)}: ${finding.says}`).join("; ");

describe("the checks", () => {
  it("are numbered without gaps, and named once", () => {
    expect(checks.map((check) => check.id)).toEqual(checks.map((_, index) => index + 1));
    expect(new Set(checks.map((check) => check.name)).size).toBe(checks.length);
    expect(checks.length).toBeGreaterThanOrEqual(60);
  });

  it("answer for every class of bypass that is known", () => {
    const classes =
      "C01 C02 C03 C04 C05 C06 C07 C08 C09 C10 C11 C12 C13 C14 C15 C16 C17 C18 C19 C20 C22 H23 H24 H25 H26 D27 D28 D29 U30 U31 U32 U33 U34 Q36 Z37 Z38 Z39 Z40 Z41 Z42 Z43 O44 O45 O46 O47 O48 O49 O50 O51 P52 P53 P54 P55 P56 N57 X58 X59 X60 R61";
    const covered = new Set(checks.map((check) => check.class));
    expect(classes.split(" ").filter((name) => !covered.has(name))).toEqual([]);
  });

  it("have at least two examples of each side", () => {
    expect(checks.filter((check) => check.fires.length < 2 || check.passes.length === 0).map((check) => check.name)).toEqual([]);
  });
});

for (const check of checks) {
  describe(`check ${check.id}, ${check.title.toLowerCase()}`, () => {
    it.each(check.passes)("lets pass %j", (text) => {
      const analysis = analyse(text, where);
      expect(found(analysis)).toBe("");
      expect(isProved(analysis)).toBe(true);
    });
    if (check.stage === "disk") {
      it.each(check.fires)("names what is to be looked at in %j", (text) => {
        const analysis = analyse(text, where);
        expect(analysis.effects.some(({ kind }) => kind === "reads" || kind === "repository")).toBe(true);
      });
      return;
    }
    it.each(check.fires)("sees %j", (text) => expect(isProved(analyse(text, where))).toBe(false));
    it(`without check ${check.id} one of its examples passes`, () => {
      const without = new Set([check.id]);
      const left = check.fires.map((text) => found(analyse(text, where, { without })));
      expect(left).toContain("");
    });
  });
}
