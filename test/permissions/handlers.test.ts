// Who answers what has to be asked: a coordinator within its own rights, a worker's queue with a deadline; and a reason in every denial.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CallId } from "../../src/base/index.ts";
import {
  type Answer,
  createCoordinatorHandler,
  createPolicy,
  createQueueHandler,
  createWorkerHandler,
  explain,
  type Handler,
  type Mode,
  type Reason,
  type Request,
} from "../../src/permissions/index.ts";
import { createManualClock } from "../../src/testing/index.ts";

const request = (tool: string, words: readonly string[] = ["make"]): Request => ({
  call: { id: "c" as CallId, tool, input: { command: words.join(" ") } },
  effect: "execute",
  source: { tier: "builtin" },
  subject: words.join(" "),
  facts: {
    cwd: "/p",
    root: "/p",
    paths: [],
    commands: [{ words, span: { start: 0, end: words.join(" ").length } }],
    domains: [],
    findings: [{ check: 1, kind: "effect", says: "it runs a program", span: { start: 0, end: 1 }, command: 0 }],
    effects: [],
  },
});
const because: Reason = { by: "mode", mode: "ask", says: "it changes something" };
const preview = { kind: "none" } as const;
const policyOf = (mode: Mode, rules: Parameters<typeof createPolicy>[0]["rules"] = []) =>
  createPolicy({ mode, rules, root: "/p", home: "/h", subjectsOf: () => ["command"] }).policy;
const never = new AbortController().signal;
const rule = (text: string, verdict: "allow" | "deny") => ({ text, verdict, source: "the test" }) as const;
/** Answers the same to everything, and counts. */
function fixed(answer: Answer): Handler & { asked: number } {
  const self = {
    context: "interactive" as const,
    asked: 0,
    settle: () => {
      self.asked += 1;
      return Promise.resolve(answer);
    },
  };
  return self;
}

describe("a coordinator", () => {
  const up = () => fixed({ verdict: "deny", reason: { by: "person", says: "no" }, holds: "call" });

  test("allows what its own policy allows, denies what that denies, and passes the rest up", async () => {
    const policy = policyOf("ask", [rule("bash(make *)", "allow"), rule("bash(rm *)", "deny")]);
    const above = up();
    const handler = createCoordinatorHandler({ policy, up: above });
    expect(await handler.settle(request("bash"), because, preview, never)).toMatchObject({
      verdict: "allow",
      reason: { by: "coordinator", says: expect.stringContaining("bash(make *)") },
      holds: "call",
    });
    expect(await handler.settle(request("bash", ["rm", "x"]), because, preview, never)).toMatchObject({
      verdict: "deny",
      reason: { by: "coordinator", says: expect.stringContaining("bash(rm *)") },
    });
    expect(above.asked).toBe(0);
    expect(await handler.settle(request("bash", ["touch", "x"]), because, preview, never)).toMatchObject({ verdict: "deny", reason: { by: "person" } });
    expect(above.asked).toBe(1);
  });

  test("is no way around the rights it was given itself: what holds it holds those below", async () => {
    const outer = policyOf("ask", [rule("bash(make *)", "deny")]);
    const { policy } = createPolicy({ mode: "bypass", rules: [], root: "/p", home: "/h", subjectsOf: () => ["command"], within: outer });
    const handler = createCoordinatorHandler({ policy, up: up() });
    expect(await handler.settle(request("bash"), because, preview, never)).toMatchObject({ verdict: "deny", reason: { by: "coordinator" } });
  });

  test("leaves open what is left open above it", async () => {
    const handler = createCoordinatorHandler({ policy: policyOf("ask"), up: createWorkerHandler("await") });
    expect(await handler.settle(request("bash"), because, preview, never)).toEqual({ awaiting: true });
  });
});

describe("a queue", () => {
  test("waits until its deadline and not longer: then it denies with the reason, or leaves the question open", async () => {
    for (const atEnd of ["deny", "await"] as const) {
      const clock = createManualClock();
      const settled: Answer[] = [];
      void createQueueHandler({ clock, seconds: 90, atEnd })
        .settle(request("bash"), because, preview, never)
        .then((answer) => settled.push(answer));
      await clock.advance(89_999);
      expect(settled).toEqual([]);
      await clock.advance(1);
      await new Promise((resolve) => setTimeout(resolve, 0));
      const denial = {
        verdict: "deny",
        reason: { by: "worker", says: expect.stringMatching(/nobody answered within 90 seconds.*it changes something/) },
        holds: "call",
      };
      expect(settled).toEqual([atEnd === "deny" ? denial : { awaiting: true }]);
    }
  });

  test("ends at once when it is aborted, also before it began, and allows nothing", async () => {
    const clock = createManualClock();
    const controller = new AbortController();
    const waiting = createQueueHandler({ clock, seconds: 1e9, atEnd: "deny" }).settle(request("bash"), because, preview, controller.signal);
    controller.abort();
    expect(await waiting).toEqual({ awaiting: true });
    expect(await createQueueHandler({ clock, seconds: 1, atEnd: "deny" }).settle(request("bash"), because, preview, controller.signal)).toEqual({
      awaiting: true,
    });
  });
});

describe("a denial", () => {
  const blank = fc.constantFrom("", " ", "\n\t", "\u200b", "\u202e\u2066", "\u{e0041}");
  const words = fc.oneof(blank, fc.string());
  const reason: fc.Arbitrary<Reason> = fc.oneof(
    fc.record({ by: fc.constant("rule" as const), rule: fc.string(), source: fc.string() }),
    fc.record({ by: fc.constant("mode" as const), mode: fc.constantFrom<Mode>("plan", "ask", "auto", "unattended"), says: words }),
    fc.record({ by: fc.constant("tier" as const), tier: fc.constantFrom("builtin" as const, "plugin" as const, "skill" as const), says: words }),
    fc.record({ by: fc.constantFrom("pool" as const, "fact" as const, "analysis" as const), says: words }),
    fc.record({ by: fc.constant("shell-check" as const), check: fc.nat(), says: words }),
    fc.record({ by: fc.constant("classifier" as const), model: fc.string(), says: words }),
    fc.record({ by: fc.constantFrom("person" as const, "coordinator" as const, "worker" as const) }, { requiredKeys: ["by"] }),
    fc.record({ by: fc.constantFrom("person" as const, "coordinator" as const, "worker" as const), says: words }),
  );
  const visible = /[\p{L}\p{N}\p{P}\p{S}]/u;

  test("never has an empty clause, whoever gave it and whatever they said", () => {
    void fc.assert(
      fc.property(reason, (given) => {
        const says = explain({ tool: "bash", subject: "x", verdict: "deny", reason: given });
        const clause = says.slice("Denied, nothing was done: ".length);
        if (given.by === "rule") return clause.startsWith("the rule ");
        return "says" in given && given.says !== undefined && visible.test(given.says)
          ? clause.startsWith(given.says)
          : clause.startsWith(`the ${given.by} decided`);
      }),
      { numRuns: 2000 },
    );
  });

  test("has one from every handler", async () => {
    const policy = policyOf("plan");
    const clock = createManualClock();
    await fc.assert(
      fc.asyncProperty(reason, fc.constantFrom("deny" as const, "await" as const), async (given, onAsk) => {
        const worker = createWorkerHandler(onAsk);
        const handlers = [
          worker,
          createCoordinatorHandler({ policy, up: worker }),
          createCoordinatorHandler({ policy: policyOf("ask"), up: worker }),
          createQueueHandler({ clock, seconds: 0, atEnd: onAsk }),
        ];
        for (const handler of handlers) {
          const answer = await handler.settle(request("bash"), given, preview, never);
          if (!("verdict" in answer)) continue;
          if (answer.verdict === "allow") return false;
          if (!visible.test(("says" in answer.reason ? answer.reason.says : "") ?? "")) return false;
        }
        return true;
      }),
      { numRuns: 300 },
    );
  });
});
