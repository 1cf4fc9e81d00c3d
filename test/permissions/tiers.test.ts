// The table of tiers: what it says narrows downwards, and the judge holds to it whatever rules and tools say.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ceiling, ceilingRows, ceilings, judge, type Request } from "../../src/permissions/index.ts";
import type { Source, Tier } from "../../src/tools/index.ts";
import { mode, place, request, rules, severity } from "./arbitraries.ts";
import { policyOf } from "./helpers.ts";

const order: readonly Tier[] = ["builtin", "plugin", "skill"];
const moments: readonly Ceiling["runs"][] = ["never", "first-call", "session-start"];
const sources: Readonly<Record<Tier, Source>> = {
  builtin: { tier: "builtin" },
  plugin: { tier: "plugin", id: "p" },
  skill: { tier: "skill", path: "/s" },
};
const asOf = (asked: Request, tier: Tier): Request => ({ ...asked, source: sources[tier] });

describe("the tiers", () => {
  it("narrow downwards in every column", () => {
    expect(Object.keys(ceilings)).toEqual(order);
    let narrower = 0;
    for (const [index, tier] of order.slice(1).entries()) {
      const [above, below] = [ceilings[order[index] as Tier], ceilings[tier]];
      for (const column of Object.keys(above) as (keyof Ceiling)[]) {
        const [wide, narrow] = [above[column], below[column]];
        if (typeof wide === "string" || typeof narrow === "string") {
          expect(moments.indexOf(narrow as Ceiling["runs"]), `${tier} ${column}`).toBeLessThan(moments.indexOf(wide as Ceiling["runs"]));
          narrower += 1;
        } else {
          expect(wide as readonly string[], `${tier} ${column}`).toEqual(expect.arrayContaining([...narrow]));
          if (narrow.length < wide.length) narrower += 1;
        }
      }
    }
    expect(narrower).toBeGreaterThan(8);
  });

  it("no tier below is judged milder than the one above, over random calls, rules and modes", () => {
    let stricter = 0;
    fc.assert(
      fc.property(request, mode, rules, (asked, chosen, given) => {
        const policy = policyOf(place, chosen, given);
        const levels = order.map((tier) => severity[judge(asOf(asked, tier), policy).verdict]);
        for (let below = 1; below < levels.length; below += 1) {
          expect(levels[below]).toBeGreaterThanOrEqual(levels[below - 1] as number);
          if ((levels[below] as number) > (levels[below - 1] as number)) stricter += 1;
        }
      }),
      { numRuns: 3000, seed: 20261124 },
    );
    expect(stricter).toBeGreaterThan(300);
  });

  it("what is allowed is allowed by what the table names, and never left to a classifier otherwise", () => {
    let allowed = 0;
    fc.assert(
      fc.property(request, mode, rules, fc.constantFrom("plugin", "skill" as const), (asked, chosen, given, tier) => {
        const ruling = judge(asOf(asked, tier), policyOf(place, chosen, given));
        const ceiling = ceilings[tier];
        if (ruling.verdict === "ask") expect(ruling.classifier).toBe(undefined);
        if (ruling.verdict !== "allow") return;
        allowed += 1;
        expect(ceiling.effects).toContain(asked.effect);
        const by = ruling.reason.by === "mode" && ruling.reason.mode === "bypass" ? "bypass" : ruling.reason.by;
        expect(ceiling.allowedBy).toContain(by);
      }),
      { numRuns: 3000, seed: 20261125 },
    );
    expect(allowed).toBeGreaterThan(50);
  });

  it("are in the documentation as they are here", () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/plugins.md"), "utf8");
    for (const row of ceilingRows().slice(1)) expect(page).toContain(`| ${row.map((cell, index) => (index === 0 ? `\`${cell}\`` : cell)).join(" | ")} |`);
  });
});
