// Rules of several sources: deny wins at every level; an ask rule gives way only to stronger allow rules that suffice alone.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type RuleLevel, ruleLevels } from "../../src/base/index.ts";
import { createPolicy, judge, type Mode, type Policy, type PolicyOptions, type RuleText } from "../../src/permissions/index.ts";
import { mode, place, request, rule, severity } from "./arbitraries.ts";
import { metas, requestOf } from "./helpers.ts";

const options = { numRuns: 1200, seed: 20261124 };
const subjectsOf = (tool: string) => metas[tool]?.subjects.map(({ kind }) => kind);
function policyOf(how: Mode, rules: readonly RuleText[], more: Partial<PolicyOptions> = {}): Policy {
  const { policy, problems } = createPolicy({ ...place, mode: how, rules, subjectsOf, ...more });
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return policy;
}
const level = fc.constantFrom<RuleLevel>(...ruleLevels);
const leveled = (verdict: RuleText["verdict"], from: fc.Arbitrary<RuleLevel> = level): fc.Arbitrary<RuleText> =>
  fc.record({ text: rule, verdict: fc.constant(verdict), level: from, source: fc.constant("a test") });
const rules = fc
  .tuple(fc.array(leveled("deny"), { maxLength: 2 }), fc.array(leveled("ask"), { maxLength: 3 }), fc.array(leveled("allow"), { maxLength: 6 }))
  .map((each) => each.flat());
/** Mostly weak asking against strong allowing, so that much is overcome. */
const contest = fc
  .tuple(
    fc.array(leveled("ask", fc.constantFrom("local", "project", "user")), { minLength: 1, maxLength: 3 }),
    fc.array(leveled("allow", fc.constantFrom("managed", "flags", "session", "project")), { minLength: 3, maxLength: 9 }),
  )
  .map((each) => each.flat());
const isStronger = (one: RuleText, other: RuleText): boolean => ruleLevels.indexOf(one.level as RuleLevel) < ruleLevels.indexOf(other.level as RuleLevel);

describe("over random calls and rules of random sources", () => {
  it("deny wins from the weakest source over allow rules of the strongest", () => {
    fc.assert(
      fc.property(request, rules, mode, level, (asked, given, how, from) => {
        for (const text of [asked.call.tool, "*"]) {
          const denied = [...given, { text: "*", verdict: "allow", level: "managed", source: "" }, { text, verdict: "deny", level: from, source: "" }] as const;
          expect(judge(asked, policyOf(how, denied)).verdict).toBe("deny");
        }
      }),
      options,
    );
  });

  it("a deny or ask rule more of any source never makes a ruling milder", () => {
    fc.assert(
      fc.property(request, rules, fc.oneof(leveled("deny"), leveled("ask")), mode, (asked, given, more, how) => {
        const before = severity[judge(asked, policyOf(how, given)).verdict];
        expect(severity[judge(asked, policyOf(how, [...given, more])).verdict]).toBeGreaterThanOrEqual(before);
      }),
      options,
    );
  });

  it("an ask rule is overcome exactly where the allow rules above it suffice, on every part of the call", () => {
    let overcome = 0;
    fc.assert(
      fc.property(request, contest, mode, (asked, given, how) => {
        const ruling = judge(asked, policyOf(how, given));
        const asking = given.filter(
          ({ verdict, text }) => verdict === "ask" && judge(asked, policyOf("bypass", [{ text, verdict: "deny", source: "" }])).verdict === "deny",
        );
        if (ruling.verdict !== "allow" || asking.length === 0) return;
        overcome += 1;
        // without the weaker rules nothing else: neither mode nor proof stands in for them
        const above = given.filter((each) => each.verdict === "allow" && asking.every((one) => isStronger(each, one)));
        const facts = { ...asked.facts };
        delete (facts as { findings?: unknown }).findings;
        const alone = judge({ ...asked, facts: asked.facts.unclear === undefined ? facts : asked.facts }, policyOf("ask", above));
        expect(alone).toMatchObject({ verdict: "allow", reason: { by: "rule" } });
        expect(ruling.reason.by).toBe("rule");
      }),
      { ...options, numRuns: 2000 },
    );
    expect(overcome).toBeGreaterThan(30);
  });

  it("where only managed allow rules count, those of others and grants change nothing", () => {
    fc.assert(
      fc.property(request, rules, mode, (asked, given, how) => {
        const policy = policyOf(how, given, { managedRulesOnly: true });
        const kept = policyOf(
          how,
          given.filter((each) => each.verdict !== "allow" || each.level === "managed"),
        );
        expect(judge(asked, policy)).toEqual(judge(asked, kept));
        for (const text of ["*", "bash", "edit(**)"]) expect(policy.grant(text, "session")).toEqual([]);
        expect(judge(asked, policy)).toEqual(judge(asked, kept));
      }),
      options,
    );
  });
});

describe("between two sources", () => {
  const verdictOf = async (command: string, ...given: readonly [RuleText["verdict"], RuleLevel, string][]) => {
    const asked = await requestOf("bash", command, place);
    const ruling = judge(
      asked,
      policyOf(
        "ask",
        given.map(([verdict, from, text]) => ({ verdict, level: from, text, source: `${from}:1` })),
      ),
    );
    return [ruling.verdict, (ruling.verdict === "ask" ? ruling.because : ruling.reason) as { readonly source?: string }] as const;
  };

  it.each([
    ["the command line overcomes the person's file", "flags", "user", "allow"],
    ["a person's word in the session overcomes the project", "session", "project", "allow"],
    ["at the same source asking wins", "user", "user", "ask"],
    ["the person's file does not overcome the project", "user", "project", "ask"],
    ["nothing overcomes the managed settings", "flags", "managed", "ask"],
  ] as const)("%s", async (_, allowing, asking, verdict) => {
    const [found, reason] = await verdictOf("npm test", ["allow", allowing, "bash(npm *)"], ["ask", asking, "bash(npm test)"]);
    expect([found, reason.source]).toEqual([verdict, `${verdict === "allow" ? allowing : asking}:1`]);
  });

  it("a compound needs a stronger rule for each part, also for one that would need none", async () => {
    const ask = ["ask", "user", "bash(ls *)"] as const;
    expect((await verdictOf("ls -l && npm test", ["allow", "flags", "bash(npm *)"], [...ask]))[0]).toBe("ask");
    expect((await verdictOf("ls -l && npm test", ["allow", "flags", "bash(npm *)"], ["allow", "user", "bash(ls *)"], [...ask]))[0]).toBe("ask");
    expect((await verdictOf("ls -l && npm test", ["allow", "flags", "bash(npm *)"], ["allow", "local", "bash(ls *)"], [...ask]))[0]).toBe("allow");
  });

  it("the strongest of several ask rules is the one that is named, and that has to be overcome", async () => {
    const asks = [
      ["ask", "user", "bash"],
      ["ask", "local", "bash(npm *)"],
    ] as const;
    const given = (from: RuleLevel) =>
      verdictOf("npm test", ["allow", from, "bash(npm test)"], ...asks.map((each): [RuleText["verdict"], RuleLevel, string] => [...each]));
    expect(await given("project")).toMatchObject(["ask", { source: "local:1" }]);
    expect((await given("session"))[0]).toBe("allow");
  });

  it("what a deny rule might match, once it is known, is asked whatever allows it; of an ask rule only a stronger source settles it", async () => {
    const open = "tool $verb origin";
    expect((await verdictOf(open, ["allow", "managed", "bash(tool *)"], ["deny", "user", "bash(tool push *)"]))[0]).toBe("ask");
    expect((await verdictOf(open, ["allow", "user", "bash(tool *)"], ["ask", "user", "bash(tool push *)"]))[0]).toBe("ask");
    expect((await verdictOf(open, ["allow", "flags", "bash(tool *)"], ["ask", "user", "bash(tool push *)"]))[0]).toBe("allow");
  });

  it("what is not understood is a matter of the whole tool at a stronger source", async () => {
    const fog = 'npm test; eval "$x"';
    expect((await verdictOf(fog, ["allow", "flags", "bash"], ["ask", "user", "bash(rm *)"]))[0]).toBe("allow");
    expect((await verdictOf(fog, ["allow", "flags", "bash(npm *)"], ["ask", "user", "bash(rm *)"]))[0]).toBe("ask");
    expect((await verdictOf(fog, ["allow", "user", "bash"], ["ask", "flags", "bash(rm *)"]))[0]).toBe("ask");
    expect((await verdictOf(fog, ["allow", "managed", "bash"], ["deny", "user", "bash(rm *)"]))[0]).toBe("ask");
  });
});
