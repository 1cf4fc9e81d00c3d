// Authority only shrinks downwards: random trees of agents, each with rules, a mode and a pool of its own.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judge, type Mode, type Policy, type Request, type Ruling } from "../../src/permissions/index.ts";
import { mode, place, request, rules, severity } from "./arbitraries.ts";
import { metas, policyOf, type Rules } from "./helpers.ts";

interface Node {
  readonly mode: Mode;
  readonly rules: Rules;
  /** Tools it has; null: all. */
  readonly pool: readonly string[] | null;
  /** A grant that is given while it runs. */
  readonly grant: string | null;
}
const node: fc.Arbitrary<Node> = fc.record({
  mode,
  rules,
  pool: fc.option(fc.subarray(Object.keys(metas)), { freq: 3 }),
  grant: fc.option(fc.constantFrom("bash", "*", "edit(**)", "read(**)", "fetch(domain:*)", "bash(git *)"), { freq: 2 }),
});
/** From the top agent down. */
const branch = fc.array(node, { minLength: 2, maxLength: 5 });
/** Mostly in mode auto and with few rules, so that something is left open. */
const leaving = fc.array(
  fc
    .record({
      mode: fc.oneof({ weight: 4, arbitrary: fc.constant<Mode>("auto") }, mode),
      rules: fc.oneof({ weight: 3, arbitrary: fc.constant<Rules>({}) }, rules),
    })
    .map((own): Node => ({ ...own, pool: null, grant: null })),
  { minLength: 2, maxLength: 3 },
);
const options = { numRuns: 2000, seed: 20261123 };

function policiesOf(nodes: readonly Node[]): readonly Policy[] {
  const policies: Policy[] = [];
  for (const each of nodes) {
    const within = policies.at(-1);
    const own = policyOf(place, each.mode, each.rules, each.pool === null ? {} : { pool: new Set(each.pool) });
    policies.push(within === undefined ? own : { ...own, within });
  }
  nodes.forEach(({ grant }, index) => {
    if (grant !== null) policies[index]?.grant(grant, "session");
  });
  return policies;
}

const levelOf = (ruling: Ruling): number => severity[ruling.verdict];

describe("a tree of agents", () => {
  it("no agent is judged milder than any of those above it, whatever its own rules, mode and grants say", () => {
    let narrower = 0;
    fc.assert(
      fc.property(request, branch, (asked, nodes) => {
        const rulings = policiesOf(nodes).map((policy) => judge(asked, policy));
        for (let below = 1; below < rulings.length; below++) {
          const [above, own] = [rulings[below - 1] as Ruling, rulings[below] as Ruling];
          expect(levelOf(own)).toBeGreaterThanOrEqual(levelOf(above));
          if (levelOf(own) > levelOf(above)) narrower += 1;
        }
      }),
      options,
    );
    // the property is not true for want of anything to narrow
    expect(narrower).toBeGreaterThan(250);
  });

  it("what it may do is what every policy above it and its own allow, no less", () => {
    fc.assert(
      fc.property(request, branch, (asked, nodes) => {
        const chain = judge(asked, policiesOf(nodes).at(-1) as Policy);
        const alone = nodes.map((each) => levelOf(judge(asked, policiesOf([each])[0] as Policy)));
        expect(levelOf(chain)).toBe(Math.max(...alone));
      }),
      options,
    );
  });

  it("a grant below never reaches the agent above, or its other children", () => {
    fc.assert(
      fc.property(request, node, node, node, (asked, top, one, other) => {
        const parent = policiesOf([top])[0] as Policy;
        const child = (of: Node): Policy => ({ ...(policiesOf([of])[0] as Policy), within: parent });
        const [first, second] = [child(one), child(other)];
        const before = [judge(asked, parent), judge(asked, second)];
        for (const grant of ["*", "bash", "edit(**)", "read(**)"]) first.grant(grant, "session");
        expect([judge(asked, parent), judge(asked, second)]).toEqual(before);
      }),
      options,
    );
  });

  it("a tool that is denied above is denied below, whatever name of plugin or skill it comes under", () => {
    fc.assert(
      fc.property(request, branch, (asked: Request, nodes) => {
        const [top, ...rest] = nodes as [Node, ...Node[]];
        const denying = [{ ...top, rules: { ...top.rules, deny: [...(top.rules.deny ?? []), asked.call.tool] } }, ...rest];
        for (const policy of policiesOf(denying)) expect(judge(asked, policy).verdict).toBe("deny");
      }),
      options,
    );
  });

  it("is left to a classifier only where every agent above leaves it", () => {
    let left = 0;
    fc.assert(
      fc.property(request, leaving, (asked, nodes) => {
        const rulings = policiesOf(nodes).map((policy) => judge(asked, policy));
        const last = rulings.at(-1) as Ruling;
        if (last.verdict !== "ask" || last.classifier === undefined) return;
        left += 1;
        for (const each of rulings) expect(each.verdict === "allow" || (each.verdict === "ask" && each.classifier === true)).toBe(true);
      }),
      options,
    );
    expect(left).toBeGreaterThan(50);
  });
});
