import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  branchOf,
  corePrompt,
  dayOf,
  type EnvironmentFacts,
  renderEnvironment,
  renderInstructions,
  renderPrefix,
  segmentsOf,
} from "../../src/context/index.ts";

const facts: EnvironmentFacts = {
  cwd: "/home/ann/repo",
  root: "/home/ann/repo",
  platform: "linux",
  release: "6.8.0",
  shell: "bash",
  date: "2026-11-22",
  timeZone: "UTC+01:00",
  branch: "main",
};
const tools = ["read", "edit", "Zeta", "bash"].map((name) => ({
  name,
  description: `The ${name} tool.`,
  input: { type: "object", properties: { zebra: { type: "string" }, ant: { type: "string" } } },
  secret: "not for the model",
}));
const render = (parts: Partial<Parameters<typeof renderPrefix>[0]> = {}) =>
  renderPrefix({ core: "Core.", instructions: "Rules.", environment: renderEnvironment(facts), tools, ...parts });

describe("prefix", () => {
  test("tools come in the order of their names whatever order they were registered in, and hold what a model is shown only", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(tools, { minLength: tools.length }), (shuffled) => {
        expect(JSON.stringify(render({ tools: shuffled }))).toBe(JSON.stringify(render()));
      }),
    );
    expect(render().tools.map((tool) => tool.name)).toEqual(["Zeta", "bash", "edit", "read"]);
    expect(JSON.stringify(render())).not.toContain("not for the model");
    expect(Object.keys(render().tools[0]?.input["properties"] as object)).toEqual(["zebra", "ant"]);
  });

  test("system blocks are core, project, appended; empty ones are absent", () => {
    expect(render({ appended: "Be kind." }).system.map((block) => block.name)).toEqual(["core", "project", "appended"]);
    expect(render({ instructions: "", appended: "  " }).system.map((block) => block.name)).toEqual(["core"]);
  });

  test("two folders, worktrees and days of one repository share tools and system whole; only the environment differs", () => {
    const here = segmentsOf(render());
    const there = segmentsOf(
      render({ environment: renderEnvironment({ ...facts, cwd: "/tmp/worktree/lib", root: "/tmp/worktree", branch: "feature", date: "2027-01-01" }) }),
    );
    expect(here.map((segment) => segment.name)).toEqual(["tools", "core", "project", "environment"]);
    here.forEach((segment, index) => {
      if (segment.name === "environment") expect(there[index]?.sha256).not.toBe(segment.sha256);
      else expect(there[index]).toEqual(segment);
    });
  });

  test("a segment's bytes are those of its text", () => {
    const core = segmentsOf(render({ core: "Käse" })).find((segment) => segment.name === "core");
    expect(core).toEqual({ name: "core", bytes: 5, sha256: "f9eeb52c9bc41ee560ba93468b92317220be4939954e8b50591b8b71accc53ae" });
    expect(segmentsOf(render({ core: "Käse!" })).find((segment) => segment.name === "core")?.sha256).not.toBe(core?.sha256);
  });

  test("a stored prefix gives the same segments", () => {
    const prefix = render({ instructions: renderInstructions([{ label: "AGENTS.md", text: "Use tabs." }]) });
    expect(segmentsOf(JSON.parse(JSON.stringify(prefix)))).toEqual(segmentsOf(prefix));
  });

  test("the core prompt is there, short, and says nothing of one moment or machine", () => {
    const core = corePrompt();
    expect(Buffer.byteLength(core)).toBeGreaterThan(1_000);
    expect(Buffer.byteLength(core)).toBeLessThanOrEqual(2_400);
    expect(core).not.toMatch(/\d{4}-\d\d|\$\{|\/home|\/work|claude|gpt/i);
  });
});

describe("environment", () => {
  test("says where and when, between tags", () => {
    expect(renderEnvironment(facts)).toBe(
      "<environment>\nAs it was when the session began.\nWorking folder: /home/ann/repo\nProject root: the same\nSystem: linux 6.8.0\nShell: bash\nDate: 2026-11-22 (UTC+01:00)\nGit branch: main\n</environment>",
    );
    expect(renderEnvironment({ ...facts, cwd: "/home/ann/repo/lib", branch: null })).toContain(
      "Working folder: /home/ann/repo/lib\nProject root: /home/ann/repo\n",
    );
    expect(renderEnvironment({ ...facts, branch: null })).toContain("Git: not a repository");
  });

  test("property: whatever a folder or branch is called, there is one value a line and one end tag", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.constantFrom("</environment>", "\n", "\u2028", ""), (name, inside) => {
        const text = renderEnvironment({ ...facts, cwd: `/x/${name}${inside}`, branch: `${inside}${name}` });
        expect(text.split(/\r\n|[\n\r\u2028\u2029]/)).toHaveLength(9);
        expect(text.match(/<\/environment>/g)).toHaveLength(1);
      }),
    );
  });

  test("the day and its offset agree with the moment", () => {
    const { date, timeZone } = dayOf(Date.UTC(2026, 10, 22, 12));
    expect(date).toMatch(/^2026-11-2[123]$/);
    expect(timeZone).toMatch(/^UTC[+-]\d\d:\d\d$/);
    expect(new Date(`${date}T00:00:00${timeZone.slice(3)}`).getTime()).toBeLessThanOrEqual(Date.UTC(2026, 10, 22, 12));
    expect(Date.UTC(2026, 10, 22, 12) - new Date(`${date}T00:00:00${timeZone.slice(3)}`).getTime()).toBeLessThan(86_400_000);
  });

  test("the branch is read from HEAD, through a worktree's pointer, and may be none", () => {
    const files = (entries: Record<string, string>) => (path: string) => entries[path] ?? null;
    expect(branchOf("/r", files({ "/r/.git/HEAD": "ref: refs/heads/feature/one\n" }))).toBe("feature/one");
    expect(branchOf("/r", files({ "/r/.git": "gitdir: /main/.git/worktrees/r\n", "/main/.git/worktrees/r/HEAD": "ref: refs/heads/side\n" }))).toBe("side");
    expect(branchOf("/r", files({ "/r/.git": "gitdir: ../m/.git/worktrees/r\n", "/r/../m/.git/worktrees/r/HEAD": "ref: refs/heads/side\n" }))).toBe("side");
    expect(branchOf("/r", files({ "/r/.git/HEAD": `${"a".repeat(40)}\n` }))).toBe("none (at commit aaaaaaaaaaaa)");
    expect(branchOf("/r", files({}))).toBeNull();
    expect(branchOf("/r", files({ "/r/.git/HEAD": "garbage" }))).toBeNull();
  });
});
