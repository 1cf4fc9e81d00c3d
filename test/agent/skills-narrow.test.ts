import fc from "fast-check";
import { expect, test } from "vitest";
import type { Execution } from "../../src/agent/execution.ts";
import { narrowed } from "../../src/agent/skills-in-force.ts";
import type { CallId } from "../../src/base/index.ts";
import { createPolicy, judge, type Mode, type Request, type Ruling } from "../../src/permissions/index.ts";
import { builtinTools, createRegistry } from "../../src/tools/index.ts";

const tools = createRegistry(builtinTools);
const severity = { allow: 0, ask: 1, deny: 2 } as const;
const root = "/project";

const request = fc
  .record({
    tool: fc.constantFrom("read", "grep", "write", "edit", "bash", "todo", "skill", "fetch"),
    path: fc.constantFrom("/project/a.md", "/project/src/b.ts", "/etc/passwd", "/project/.env"),
    words: fc.constantFrom(["git", "log"], ["git", "log", "-1"], ["rm", "x"], ["git", "push"]),
  })
  .map(({ tool, path, words }): Request => {
    const effect = tool === "bash" ? "execute" : tool === "fetch" ? "network" : (tools.get(tool)?.effect ?? "read");
    const inside = path.startsWith(root);
    const paths =
      tool === "bash" || tool === "fetch" || tool === "todo" || tool === "skill"
        ? []
        : [{ asked: path, absolute: path, real: path, inside, protected: null, secret: path.endsWith(".env") ? "a secret" : null }];
    const commands = tool === "bash" ? [{ words, span: { start: 0, end: 1 } }] : [];
    const domains = tool === "fetch" ? ["example.com"] : [];
    return {
      call: { id: "c" as CallId, tool, input: {} },
      effect,
      source: { tier: "builtin" },
      subject: tool,
      facts: { cwd: root, root, paths, commands, domains },
    } as Request;
  });
const entry = fc.constantFrom(
  "Read",
  "Read(src/**)",
  "Bash",
  "Bash(git log:*)",
  "Bash(git log *)",
  "Write",
  "Edit(*.md)",
  "*",
  "Bash(a;b)",
  "WebFetch(domain:example.com)",
  "Read()",
  "",
  "(",
  "__proto__",
);
const skills = fc.array(
  fc.option(fc.array(entry, { maxLength: 3 }), { nil: null }).map((allowedTools) => ({ skill: "some", allowedTools })),
  { maxLength: 3 },
);
const mode = fc.constantFrom<Mode>("plan", "ask", "accept-edits", "auto", "unattended", "bypass");
const rules = fc.subarray(["read", "bash", "write(src/**)", "fetch(domain:example.com)", "bash(git *)"]);

function executionOf(mode: Mode, allow: readonly string[], opened: readonly unknown[], onUnattendedAsk: "deny" | "await"): Execution {
  const { policy } = createPolicy({ mode, root, home: "/home/x", rules: allow.map((text) => ({ text, verdict: "allow", source: "test" })), onUnattendedAsk });
  return { agent: { tools, policy }, world: { root, home: "/home/x" }, session: { state: { skills: opened } } } as unknown as Execution;
}

test("whatever skills are open, no ruling gets milder, more skills never make it milder, and without limits nothing changes", () => {
  let narrower = 0;
  fc.assert(
    fc.property(request, mode, rules, skills, fc.constantFrom("deny" as const, "await" as const), (asked, mode, allow, opened, unattended) => {
      const before = judge(asked, executionOf(mode, allow, [], unattended).agent.policy);
      const verdicts = opened.map((_, count): Ruling => narrowed(executionOf(mode, allow, opened.slice(0, count + 1), unattended), asked, before));
      let last: Ruling = before;
      for (const [at, ruling] of verdicts.entries()) {
        expect(severity[ruling.verdict]).toBeGreaterThanOrEqual(severity[last.verdict]);
        // what was not left to a classifier is not left to one now
        if (ruling.verdict === "ask" && last.verdict === "ask" && last.classifier === undefined) expect(ruling.classifier).toBeUndefined();
        if (opened.slice(0, at + 1).every(({ allowedTools }) => allowedTools === null) || asked.call.tool === "todo" || asked.call.tool === "skill")
          expect(ruling).toBe(before);
        last = ruling;
      }
      if (last !== before) narrower += 1;
    }),
    { numRuns: 3000 },
  );
  expect(narrower).toBeGreaterThan(300);
});

test("what touches nothing is asked of nobody, unless a plugin only says so of itself", () => {
  const execution = executionOf("ask", ["todo", "p__x"], [{ skill: "some", allowedTools: ["Read"] }], "deny");
  for (const [tool, source, verdict] of [
    ["todo", { tier: "builtin" }, "allow"],
    ["p__x", { tier: "plugin", id: "p" }, "ask"],
  ] as const) {
    const facts = { cwd: root, root, paths: [], commands: [], domains: [] };
    const asked: Request = { call: { id: "c" as CallId, tool, input: {} }, effect: "none", source, subject: tool, facts };
    const before = judge(asked, execution.agent.policy);
    expect([tool, before.verdict, narrowed(execution, asked, before).verdict]).toEqual([tool, "allow", verdict]);
  }
});

test("each entry matches what it names, as a rule of the person would, and nothing else", () => {
  const paths = (real: string) => [{ asked: real, absolute: real, real, inside: real.startsWith(root), protected: null, secret: null }];
  const of = (tool: string, effect: Request["effect"], facts: object): Request =>
    ({
      call: { id: "c", tool, input: {} },
      effect,
      source: { tier: "builtin" },
      subject: tool,
      facts: { cwd: root, root, paths: [], commands: [], domains: [], ...facts },
    }) as unknown as Request;
  const command = (...words: string[]) => of("bash", "execute", { commands: [{ words, span: { start: 0, end: 1 } }] });
  const both = of("bash", "execute", {
    commands: [
      { words: ["git", "log"], span: { start: 0, end: 1 } },
      { words: ["rm", "x"], span: { start: 2, end: 3 } },
    ],
  });
  const passes = (entries: readonly string[], asked: Request): boolean => {
    const execution = executionOf("bypass", [], [{ skill: "some", allowedTools: entries }], "deny");
    return narrowed(execution, asked, { verdict: "allow", reason: { by: "mode", mode: "bypass", says: "" } }).verdict === "allow";
  };
  expect(passes(["Bash(git log:*)"], command("git", "log", "-1"))).toBe(true);
  expect(passes(["Bash(git log *)"], command("git", "logx"))).toBe(false);
  expect(passes(["bash"], both)).toBe(true);
  expect(passes(["Bash(git log *)"], both)).toBe(false);
  expect(passes(["Bash(git log *)", "Bash(rm *)"], both)).toBe(true);
  expect(passes(["Read(src/**)"], of("read", "read", { paths: paths("/project/src/a.ts") }))).toBe(true);
  expect(passes(["Read(src/**)"], of("read", "read", { paths: paths("/project/other.ts") }))).toBe(false);
  expect(passes(["MultiEdit"], of("edit", "write", { paths: paths("/project/a.ts") }))).toBe(true);
  expect(passes(["*"], of("write", "write", { paths: paths("/project/a.ts") }))).toBe(true);
  expect(passes([], of("read", "read", { paths: paths("/project/a.ts") }))).toBe(false);
});
