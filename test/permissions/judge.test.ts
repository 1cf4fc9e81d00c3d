// Properties that hold for every request and every set of rules.
import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesPattern, readPattern, segmentsOf } from "../../src/permissions/glob.ts";
import { judge, onlyReads, type Request } from "../../src/permissions/index.ts";
import { finding, mode, place, request, rule, rules, severity } from "./arbitraries.ts";
import { policyOf } from "./helpers.ts";

// It brings no types of its own.
const picomatch = createRequire(import.meta.url)("picomatch") as { isMatch(text: string, glob: string, options: { readonly dot: boolean }): boolean };

const options = { numRuns: 2500, seed: 20261122 };

describe("the judge", () => {
  it("is total and deterministic, and gives a reason", () => {
    fc.assert(
      fc.property(request, rules, mode, (asked, given, how) => {
        const first = judge(asked, policyOf(place, how, given));
        expect(judge(structuredClone(asked), policyOf(place, how, given))).toEqual(first);
        expect(first.verdict === "ask" ? first.because : first.reason).toBeDefined();
      }),
      options,
    );
  });

  it("lets deny win over every combination of mode and rules", () => {
    fc.assert(
      fc.property(request, rules, mode, (asked, given, how) => {
        for (const denial of [asked.call.tool, "*"])
          expect(judge(asked, policyOf(place, how, { ...given, deny: [...(given.deny ?? []), denial] })).verdict).toBe("deny");
      }),
      options,
    );
  });

  it("is never made milder by a deny or ask rule more", () => {
    fc.assert(
      fc.property(request, rules, rule, mode, (asked, given, more, how) => {
        const before = severity[judge(asked, policyOf(place, how, given)).verdict];
        expect(severity[judge(asked, policyOf(place, how, { ...given, deny: [...(given.deny ?? []), more] })).verdict]).toBeGreaterThanOrEqual(before);
        expect(severity[judge(asked, policyOf(place, how, { ...given, ask: [...(given.ask ?? []), more] })).verdict]).toBeGreaterThanOrEqual(before);
      }),
      options,
    );
  });

  it("allows by rule only what is matched part by part", () => {
    let allowed = 0;
    fc.assert(
      fc.property(request, rules, (asked, given) => {
        const policy = policyOf(place, "ask", { allow: given.allow ?? [] });
        const ruling = judge(asked, policy);
        if (ruling.verdict !== "allow" || ruling.reason.by !== "rule") return;
        allowed += 1;
        const { facts } = asked;
        const alone = (part: Partial<Request["facts"]>) =>
          judge({ ...asked, facts: { ...facts, paths: [], commands: [], domains: [], ...part } }, policy).verdict;
        const analysed = facts.findings !== undefined;
        for (const each of facts.commands ?? []) if (!analysed) expect(alone({ commands: [each] })).toBe("allow");
        for (const each of facts.paths) expect(alone({ paths: [each] })).toBe("allow");
        for (const each of facts.domains) expect(alone({ domains: [each] })).toBe("allow");
        if (facts.commands !== null && facts.unclear === undefined) return;
        expect(asked.effect).toBe("execute");
        expect(given.allow).toContain(asked.call.tool);
      }),
      options,
    );
    expect(allowed).toBeGreaterThan(100);
  });

  it("in mode plan allows nothing but reading", () => {
    fc.assert(
      fc.property(request, rules, (asked, given) => {
        fc.pre(asked.effect !== "none" && asked.effect !== "read" && !onlyReads(asked));
        expect(judge(asked, policyOf(place, "plan", given)).verdict).toBe("deny");
      }),
      options,
    );
  });

  it("never lets a rule or mode change a protected file, nor a skill's tool act by itself", () => {
    fc.assert(
      fc.property(request, rules, mode, (asked, given, how) => {
        const guarded = asked.effect === "write" && asked.facts.paths.some((each) => each.protected !== null);
        if (guarded || asked.source.tier === "skill") expect(judge(asked, policyOf(place, how, given)).verdict).not.toBe("allow");
      }),
      options,
    );
  });

  it("never allows what must not run, nor a protected target of a command", () => {
    fc.assert(
      fc.property(request, rules, mode, (asked, given, how) => {
        const found = asked.facts.findings ?? [];
        const { verdict } = judge(asked, policyOf(place, how, given));
        if (found.some(({ kind }) => kind === "never")) expect(verdict).toBe("deny");
        else if (found.some((each) => each.class === "protected")) expect(verdict).not.toBe("allow");
      }),
      options,
    );
  });

  it("gives the proof as the reason only where there is nothing against it", () => {
    let proved = 0;
    fc.assert(
      fc.property(request, rules, mode, (asked, given, how) => {
        const ruling = judge(asked, policyOf(place, how, given));
        if (ruling.verdict !== "allow" || ruling.reason.by !== "analysis") return;
        proved += 1;
        expect(asked.effect).toBe("execute");
        expect(asked.facts.findings).toEqual([]);
        expect(asked.facts.commands).not.toBeNull();
        for (const denial of given.deny ?? []) expect(judge(asked, policyOf(place, "bypass", { deny: [denial] })).verdict).not.toBe("deny");
        for (const asking of given.ask ?? []) expect(judge(asked, policyOf(place, "bypass", { ask: [asking] })).verdict).toBe("allow");
      }),
      options,
    );
    expect(proved).toBeGreaterThan(10);
  });

  it("is never made milder by a finding more", () => {
    fc.assert(
      fc.property(request, rules, mode, finding, (asked, given, how, more) => {
        fc.pre(asked.facts.findings !== undefined);
        const policy = policyOf(place, how, given);
        const worse = { ...asked, facts: { ...asked.facts, findings: [...(asked.facts.findings ?? []), more] } };
        // what needs no rule while nothing is found may need one then, so only up
        expect(severity[judge(worse, policy).verdict]).toBeGreaterThanOrEqual(severity[judge(asked, policy).verdict]);
      }),
      options,
    );
  });

  it("never asks when unattended and told to deny", () => {
    fc.assert(
      fc.property(request, rules, (asked, given) => {
        const attended = judge(asked, policyOf(place, "unattended", given, { onUnattendedAsk: "await" })).verdict;
        expect(judge(asked, policyOf(place, "unattended", given)).verdict).toBe(attended === "ask" ? "deny" : attended);
      }),
      options,
    );
  });
});

describe("globs", () => {
  it("agree with picomatch where both mean the same", () => {
    const segment = fc
      .array(fc.constantFrom("a", "b", ".", "*", "?", "[ab]", "[^a]"), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join("").replace(/\*+/g, "*"));
    // At its end picomatch gives "**" several meanings; here it is always "any number of segments, none included".
    const glob = fc
      .tuple(fc.array(fc.oneof(segment, fc.constant("**")), { maxLength: 3 }), segment)
      .map(([parts, last]) => [...parts, last])
      .filter((parts) => !parts.some((part) => /^\.+$/.test(part)))
      .map((parts) => parts.join("/"));
    const text = fc
      .array(
        fc.stringMatching(/^[ab.]{1,3}$/).filter((part) => !/^\.+$/.test(part)),
        { minLength: 1, maxLength: 4 },
      )
      .map((parts) => parts.join("/"));
    fc.assert(
      fc.property(glob, text, (pattern, name) => {
        const own = (readPattern(pattern) ?? []).some((each) => matchesPattern(each, segmentsOf(name)));
        expect(own).toBe(picomatch.isMatch(name, pattern, { dot: true }));
      }),
      { ...options, numRuns: 5000 },
    );
  });

  it("take time by length, not by cunning", () => {
    const started = performance.now();
    const pattern = readPattern(`${"**/".repeat(200)}${"*a".repeat(200)}b`) ?? [];
    for (const each of pattern) matchesPattern(each, segmentsOf(`${"a/".repeat(400)}${"a".repeat(2000)}`));
    expect(readPattern("{a,b}".repeat(20))).toBeNull();
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
