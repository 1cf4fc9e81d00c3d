// What is said of rules is true: no rule that is called idle or never matching ever decides anything.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type RuleLevel, ruleLevels } from "../../src/base/index.ts";
import { createPolicy, judge, loadRuleReport, type RuleText } from "../../src/permissions/index.ts";
import { analyseShell, warmUp } from "../../src/shell/index.ts";
import { mode, place, request, rule } from "./arbitraries.ts";
import { metas } from "./helpers.ts";

const reportRules = await loadRuleReport();
const tools = Object.entries(metas).map(([name, meta]) => ({ name, ...meta }));
const world = { ...place, tools };
const subjectsOf = (tool: string) => metas[tool]?.subjects.map(({ kind }) => kind);
const ruleOf = (verdict: RuleText["verdict"], text: string, level: RuleLevel = "user", source = `${level}:${verdict}`): RuleText => ({
  verdict,
  text,
  level,
  source,
});
const saysOf = (rules: readonly RuleText[], more: Partial<typeof world> & Parameters<typeof reportRules>[1] = world) =>
  reportRules(rules, more).map(({ kind, rule: { text }, says }) => `${kind} ${text}: ${says}`);

describe("rules that can never match", () => {
  it.each([
    ["bsh(ls)", /there is no tool "bsh"; did you mean bash\?/],
    ["nothing", /there is no tool "nothing"/],
    ["mcp__github__*", /no tool here is called like "mcp__github__\*"; it will once there is one/],
    ["t*(git log)", /none of the tools that "t\*" names takes a path: write "t\*" alone/],
    ["hint", /no rule allows what a skill's tool does/],
    ["bash(FOO=1 npm test)", /"FOO=1" sets a variable/],
    ["bash(FOO=* npm test)", /"FOO=\*" sets a variable/],
    ["bash(if *)", /"if" belongs to the shell/],
    ["bash([[ -f x ]])", /"\[\[" belongs to the shell/],
    ["bash(# x)", /comment/],
    ['bash(git commit -m "x")', /""x"" is compared|"x" is compared with its double quotes/],
    ["edit(src/./a.ts)", /"\." is no part of a path/],
    ["edit(.git/**)", /is protected .* no rule allows/],
    ["edit(**/.git/hooks/*)", /is protected/],
  ])("%s", (text, says) => {
    expect(saysOf([ruleOf("allow", text)])).toEqual([expect.stringMatching(says)]);
  });

  it("a path that is meant from the root of the file system, and one that leads elsewhere, by what is on the disk", () => {
    const disk = {
      ...world,
      exists: (path: string) => path === "/etc" || path === "/p/src",
      realPath: (path: string) => (path === "/p/link" ? "/p/src" : path),
    };
    expect(saysOf([ruleOf("deny", "read(/etc/**)")], disk)).toEqual([expect.stringContaining('write "read(//etc/**)"')]);
    expect(saysOf([ruleOf("allow", "read(/link)")], disk)).toEqual([expect.stringContaining("/p/link leads to /p/src")]);
    expect(saysOf([ruleOf("deny", "read(/link)"), ruleOf("allow", "read(/src/**)"), ruleOf("deny", "read(/other)")], disk)).toEqual([]);
  });

  it("what belongs to the shell is never a word that a command begins with", async () => {
    await warmUp();
    const lines = [
      "if true; then ls; fi",
      "for x in a; do ls; done",
      "while read x; do ls; done",
      "! ls",
      "{ ls; }",
      "[[ -f x ]]",
      "time ls",
      "FOO=1 ls",
      "case x in y) ls;; esac",
      "f() { ls; }",
      "# x\nls",
      "coproc ls",
      "select x in a; do ls; done",
      "until false; do ls; done",
    ];
    for (const line of lines) {
      const { commands } = await analyseShell(line, { cwd: "/p", home: "/h" });
      for (const { words } of commands ?? []) {
        const text = `bash(${words.join(" ")})`;
        expect(saysOf([ruleOf("deny", text)]), `${line} → ${text}`).toEqual([]);
      }
    }
  });
});

describe("rules that another one makes idle", () => {
  it.each([
    ["bash(git log *)", "bash(git *)"],
    ["bash(git log)", "bash(git log *)"],
    ["bash(Git log)", "bash(git *)"],
    ["bash", "bash(*)"],
    ["bash(ls)", "*"],
    ["edit(src/a.ts)", "edit(src)"],
    ["edit(/src/**/*.ts)", "edit(/src/**)"],
    ["edit(SRC/a.ts)", "edit(src/**)"],
    ["write(src/a.ts)", "edit(src/**)"],
    ["grep(src/a.ts)", "read(**)"],
    ["fetch(domain:b.a.com)", "fetch(domain:*.a.com)"],
    ["fetch(domain:*.b.a.com)", "fetch(domain:*)"],
  ])("allow %s under deny %s", (allowed, denied) => {
    expect(saysOf([ruleOf("allow", allowed, "managed"), ruleOf("deny", denied)])).toEqual([
      `idle ${allowed}: allows nothing: ${denied} (user:deny) denies all of it, and deny wins whatever its source`,
    ]);
  });

  it.each([
    ["bash(git *)", "bash(git log *)"],
    ["bash(git log *)", "bash(git log)"],
    ["edit(src/**)", "edit(src/a.ts)"],
    ["edit(src/**)", "read(**)"],
    ["edit(**)", "write(**)"],
    ["fetch(domain:a.com)", "fetch(domain:*.a.com)"],
    ["fetch(domain:*.com)", "fetch(domain:*.a.com)"],
    ["read(src/*)", "read(src/a*)"],
  ])("not allow %s under deny %s", (allowed, denied) => {
    expect(saysOf([ruleOf("allow", allowed), ruleOf("deny", denied)])).toEqual([]);
  });

  it("an allow rule under an ask rule that is as strong, not under a weaker one", () => {
    const asking = ruleOf("ask", "bash(npm *)", "project");
    expect(saysOf([ruleOf("allow", "bash(npm test)", "user"), asking])).toEqual([
      expect.stringContaining("bash(npm *) (project:ask) asks for all of it, and only a stronger source"),
    ]);
    expect(saysOf([ruleOf("allow", "bash(npm test)", "project"), asking])).toHaveLength(1);
    expect(saysOf([ruleOf("allow", "bash(npm test)", "local"), asking])).toEqual([]);
  });

  it("the same text in two lists and twice in one", () => {
    expect(saysOf([ruleOf("allow", "fetch"), ruleOf("deny", "fetch", "project"), ruleOf("ask", "fetch", "local")])).toEqual([
      expect.stringContaining("allows nothing: fetch (project:deny)"),
      expect.stringContaining("asks nothing: fetch (project:deny)"),
    ]);
    expect(saysOf([ruleOf("deny", "fetch"), ruleOf("deny", "fetch", "local")])).toEqual(["twice fetch: stands twice: user:deny says it too"]);
  });

  it("takes no longer for rules made to be slow", () => {
    const started = performance.now();
    saysOf(
      ["deny", "ask", "allow"].flatMap((verdict) => Array.from({ length: 60 }, (_, index) => ruleOf(verdict as "deny", `edit(${"**/a*/".repeat(index)}b)`))),
    );
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

it("without the rules that are said to be never matching, idle or twice, every random call is judged the same", () => {
  const given = fc.array(
    fc.record({
      verdict: fc.constantFrom("allow" as const, "ask" as const, "deny" as const),
      text: rule,
      level: fc.constantFrom(...ruleLevels),
      source: fc.constant("x"),
    }),
    { minLength: 2, maxLength: 8 },
  );
  let dropped = 0;
  fc.assert(
    fc.property(given, fc.array(request, { minLength: 5, maxLength: 5 }), mode, (rules, calls, how) => {
      const remarks = new Map(
        reportRules(rules, world).map(({ rule: of }) => [
          rules.findIndex((each) => each.text === of.text && each.verdict === of.verdict && each.level === of.level),
          of,
        ]),
      );
      // the same rule of two strengths: the weaker may be the one that is said
      const isWeaker = (index: number): boolean =>
        !rules.some((other, at) => at < index && other.text === rules[index]?.text && other.verdict === rules[index]?.verdict);
      const kept = rules.filter((_, index) => !remarks.has(index) || !isWeaker(index));
      dropped += rules.length - kept.length;
      const policies = [rules, kept].map((each) => createPolicy({ ...place, mode: how, rules: each, subjectsOf }).policy);
      for (const call of calls) {
        const [all, some] = policies.map((policy) => judge(call, policy).verdict);
        expect(some).toBe(all);
      }
    }),
    { numRuns: 1500, seed: 20261125 },
  );
  expect(dropped).toBeGreaterThan(300);
});
