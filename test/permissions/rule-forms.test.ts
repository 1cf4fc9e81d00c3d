// What each form of a rule means: tools by wildcard, anchors of paths, names, Unicode and case.
import { describe, expect, it } from "vitest";
import { createPolicy, type Facts, judge, type Mode, type PathFact, type Request, type RuleText, type SubjectKind } from "../../src/permissions/index.ts";
import type { Effect, Source } from "../../src/tools/index.ts";

const place = { root: "/srv/p", home: "/home/me" };
const plugin: Source = { tier: "plugin", id: "github" };
const builtin: Source = { tier: "builtin" };

interface Asked {
  readonly tool: string;
  readonly effect?: Effect;
  readonly source?: Source;
  readonly facts?: Partial<Facts>;
}
function requestOf({ tool, effect = "network", source = plugin, facts = {} }: Asked): Request {
  const call = { id: "c_1" as Request["call"]["id"], tool, input: {} };
  return { call, effect, source, subject: tool, facts: { cwd: place.root, root: place.root, paths: [], commands: [], domains: [], ...facts } };
}
const kinds: Readonly<Record<string, readonly SubjectKind[]>> = { read: ["path"], edit: ["path"], skill: ["name"], bash: ["command"], fetch: ["domain"] };
function verdict(asked: Asked, rules: Partial<Record<RuleText["verdict"], readonly string[]>>, mode: Mode = "ask"): string {
  const texts = Object.entries(rules).flatMap(([kind, list]) => list.map((text) => ({ text, verdict: kind as RuleText["verdict"], source: "a test" })));
  const { policy, problems } = createPolicy({ ...place, mode, rules: texts, subjectsOf: (tool) => kinds[tool] });
  expect(problems).toEqual([]);
  return judge(requestOf(asked), policy).verdict;
}
const pathAt = (real: string, absolute = real): { paths: PathFact[] } => ({
  paths: [{ asked: real, real, absolute, inside: real.startsWith(`${place.root}/`), protected: null, secret: null }],
});

describe("tools by wildcard", () => {
  it.each([
    ["mcp__github__*", "mcp__github__list_issues", true],
    ["mcp__github__list_*", "mcp__github__list_issues", true],
    ["mcp__*", "mcp__github__list_issues", true],
    ["weather__*", "weather__now", true],
    ["*__now", "weather__now", true],
    ["MCP__GitHub__*", "mcp__github__list_issues", true],
    ["mcp__github__*", "mcp__github", false],
    ["mcp__github__*", "mcp__githubx__list", false],
    ["mcp__github__*", "xmcp__github__list", false],
    ["mcp__git*b", "mcp__github__list", false],
  ])("%s and %s: %s", (rule, tool, matches) => {
    expect(verdict({ tool }, { allow: [rule] })).toBe(matches ? "allow" : "ask");
    expect(verdict({ tool }, { deny: [rule], allow: ["*", tool] }, "bypass")).toBe(matches ? "deny" : "allow");
    expect(verdict({ tool }, { ask: [rule], allow: ["*", tool] }, "bypass")).toBe(matches ? "ask" : "allow");
  });

  it("of a skill's tier no wildcard allows, and of what is not there none matches by chance", () => {
    expect(verdict({ tool: "skill__x", source: { tier: "skill", path: "x" }, effect: "read" }, { allow: ["skill__*", "*"] })).toBe("ask");
    expect(verdict({ tool: "toString" }, { allow: ["constructor", "__proto__", "to_*"] })).toBe("ask");
  });

  it("rules for every tool that reads or changes files refuse a plugin's, and allow it only by its name: its effect is its own claim", () => {
    const source: Source = { tier: "plugin", id: "fmt" };
    for (const [effect, rule] of [
      ["write", "edit(src/**)"],
      ["read", "read(src/**)"],
    ] as const) {
      const asked = { tool: "fmt__run", effect, source, facts: pathAt("/srv/p/src/a") };
      expect(verdict(asked, { allow: [rule] })).toBe("ask");
      expect(verdict({ ...asked, source: { tier: "builtin" } }, { allow: [rule] })).toBe("allow");
      expect(verdict(asked, { allow: ["fmt__*(src/**)"] })).toBe("allow");
      expect(verdict(asked, { allow: ["*"], deny: [rule] }, "bypass")).toBe("deny");
      expect(verdict(asked, { allow: ["*"], ask: [rule] }, "bypass")).toBe("ask");
    }
  });

  it("whatever effect a plugin claims: rules on a file refuse its call, and of a protected one a person is asked", () => {
    const source: Source = { tier: "plugin", id: "p" };
    const git = {
      paths: [{ asked: ".git/hooks/x", real: "/srv/p/.git/hooks/x", absolute: "/srv/p/.git/hooks/x", inside: true, protected: "git", secret: null }],
    };
    for (const effect of ["none", "read", "write", "execute", "network"] as const) {
      const asked = { tool: "p__x", effect, source, facts: pathAt("/srv/p/src/a") };
      for (const rule of ["read(src/**)", "edit(src/**)", "p__*(src/**)"]) {
        expect(verdict(asked, { allow: ["p__x"], deny: [rule] }, "bypass")).toBe("deny");
        expect(verdict(asked, { allow: ["p__x"], ask: [rule] }, "bypass")).toBe("ask");
      }
      expect(verdict(asked, { allow: ["p__x"], deny: ["read(lib/**)"] })).toBe("allow");
      // in its sandbox it can but read
      const isHeld = effect === "none" || effect === "read";
      for (const mode of ["ask", "bypass"] as const)
        expect([effect, verdict({ ...asked, facts: git }, { allow: ["p__x"] }, mode)]).toEqual([effect, isHeld ? "allow" : "ask"]);
    }
  });

  it("a wildcard covers what has subjects too, but never what is not understood", () => {
    const fog = { commands: null, unclear: "not understood", unclearAt: { start: 0, end: 1 } };
    expect(verdict({ tool: "srv__get", facts: { domains: ["a.com"], ...pathAt("/etc/x") } }, { allow: ["srv__*"] })).toBe("allow");
    expect(verdict({ tool: "srv__run", effect: "execute", facts: fog }, { allow: ["srv__*"] })).toBe("ask");
    expect(verdict({ tool: "srv__run", effect: "execute", facts: fog }, { allow: ["srv__run"] })).toBe("allow");
  });
});

describe("anchors", () => {
  it.each([
    ["edit(/src/**)", "/srv/p/src/a", true],
    ["edit(src/**)", "/srv/p/src/a", true],
    ["edit(src/**)", "/srv/p/deep/src/a", false],
    ["edit(src)", "/srv/p/deep/src/a", true],
    ["edit(*.ts)", "/srv/p/deep/a.ts", true],
    ["edit(./src/**)", "/srv/p/src/a", true],
    ["edit(~/notes/**)", "/home/me/notes/a", true],
    ["edit(~/notes/**)", "/srv/p/~/notes/a", false],
    ["edit(//etc/x)", "/etc/x", true],
    ["edit(/etc/x)", "/etc/x", false],
    ["edit(/etc/x)", "/srv/p/etc/x", true],
    ["edit(src/**)", "/srv/psrc/a", false],
    ["edit(src/*)", "/srv/p/src", false],
  ])("%s and %s: %s", (rule, path, matches) => {
    const asked = { tool: "edit", effect: "write", source: builtin, facts: pathAt(path) } as const;
    expect(verdict(asked, { allow: [rule] })).toBe(matches ? "allow" : "ask");
    expect(verdict(asked, { deny: [rule] }, "bypass")).toBe(matches ? "deny" : "allow");
  });
});

describe("normal form and case", () => {
  const [composed, decomposed] = ["caf\u00e9", "cafe\u0301"];
  it.each([
    [
      "a path",
      (text: string) => ({ tool: "edit", effect: "write" as const, source: builtin, facts: pathAt(`/srv/p/${text}/x`) }),
      (text: string) => `edit(${text}/**)`,
    ],
    [
      "a command",
      (text: string) => ({
        tool: "bash",
        effect: "execute" as const,
        source: builtin,
        facts: { commands: [{ words: ["run", text], span: { start: 0, end: 1 } }] },
      }),
      (text: string) => `bash(run ${text})`,
    ],
    ["a name", (text: string) => ({ tool: "skill", facts: { names: [text] } }), (text: string) => `skill(${text})`],
  ])("%s matches in either Unicode form, allowed and denied", (_, asked, rule) => {
    for (const [written, found] of [
      [composed, decomposed],
      [decomposed, composed],
    ] as const) {
      expect(verdict(asked(found), { allow: [rule(written)] })).toBe("allow");
      expect(verdict(asked(found), { deny: [rule(written)], allow: ["*"] }, "bypass")).toBe("deny");
    }
  });

  it("another case is denied and not allowed", () => {
    const edit = (path: string) => ({ tool: "edit", effect: "write", source: builtin, facts: pathAt(path) }) as const;
    expect([verdict(edit("/srv/p/SRC/a"), { allow: ["edit(src/**)"] }), verdict(edit("/srv/p/SRC/a"), { deny: ["edit(src/**)"] }, "bypass")]).toEqual([
      "ask",
      "deny",
    ]);
    const skill = { tool: "skill", facts: { names: ["PDF"] } };
    expect([verdict(skill, { allow: ["skill(pdf)"] }), verdict(skill, { deny: ["skill(pdf)"] }, "bypass")]).toEqual(["ask", "deny"]);
  });

  it("letters whose capitals are others are denied as a file system without case takes them, and allowed only as written", () => {
    const edit = (real: string): Asked => ({ tool: "edit", effect: "write", source: builtin, facts: pathAt(real) });
    for (const [rule, name] of [
      ["stra\u00dfe", "STRASSE"],
      ["secret", "\u017fecret"],
      ["ke\u0301y", "\u212a\u00c9Y"],
    ] as const) {
      expect(verdict(edit(`/srv/p/${name}/a`), { deny: [`edit(${rule}/**)`] }, "bypass")).toBe("deny");
      expect(verdict(edit(`/srv/p/${name}/a`), { allow: [`edit(${rule}/**)`] })).toBe("ask");
    }
  });

  it("a host has neither case nor a dot at its end", () => {
    const fetch = (host: string) => ({ tool: "fetch", source: builtin, facts: { domains: [host] } });
    expect(verdict(fetch("A.Example.COM."), { allow: ["fetch(domain:a.example.com)"] })).toBe("allow");
    expect(verdict(fetch("b.a.example.com"), { deny: ["fetch(domain:*.EXAMPLE.com)"] }, "bypass")).toBe("deny");
    expect(verdict(fetch("example.com"), { allow: ["fetch(domain:*.example.com)"] })).toBe("ask");
    expect(verdict(fetch("example.com.evil.org"), { allow: ["fetch(domain:example.com)", "fetch(domain:*.example.com)"] })).toBe("ask");
  });

  it("a link is allowed by where it leads, and denied by either name", () => {
    const asked = { tool: "edit", effect: "write", source: builtin, facts: pathAt("/srv/p/real/x", "/srv/p/link/x") } as const;
    expect([verdict(asked, { allow: ["edit(link/**)"] }), verdict(asked, { allow: ["edit(real/**)"] })]).toEqual(["ask", "allow"]);
    for (const denied of ["link", "real"]) expect(verdict(asked, { allow: ["edit"], deny: [`edit(${denied}/**)`] }, "bypass")).toBe("deny");
  });
});
