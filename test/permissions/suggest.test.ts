// "Always": the rule that is offered allows this call, is no wider than it has to be, and says what else it allows.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { createPolicy, findFacts, judge, type Request, suggest } from "../../src/permissions/index.ts";
import { warmUp } from "../../src/shell/index.ts";
import { request } from "./arbitraries.ts";
import { metas, policyOf } from "./helpers.ts";

const place = { root: "/srv/p", home: "/home/me" };
const options = { numRuns: 1500, seed: 20261126 };
const subjectsOf = (tool: string) => (tool === "skill" ? (["name"] as const) : metas[tool]?.subjects.map(({ kind }) => kind));
const look = (path: string) => Promise.resolve({ kind: "file" as const, real: path.normalize("NFC") });

/** The rule is read, allows this call, and names more than the tool where there is more to name. */
function holds(asked: Request, at = place): "none" | "needless" | "allows" {
  const suggestion = suggest(asked, at.home);
  if (suggestion === null) return "none";
  const { policy } = createPolicy({ ...at, mode: "ask", rules: [], subjectsOf });
  if (judge(asked, policy).verdict === "allow") return "needless";
  expect(policy.grant(suggestion.rule, "session"), suggestion.rule).toEqual([]);
  expect([suggestion.rule, judge(asked, policy)]).toMatchObject([suggestion.rule, { verdict: "allow", reason: { by: "rule", rule: suggestion.rule } }]);
  const { paths, commands, domains, names = [] } = asked.facts;
  if (paths.length + (commands?.length ?? 0) + domains.length + names.length > 0) expect(suggestion.rule).toContain("(");
  if (!paths.some(({ real }) => real === at.root)) expect(suggestion.rule).not.toMatch(/\((?:\*+|\/\*\*|~\/\*\*|\/\/\*\*|[^\s()']+ \*)\)$/);
  expect(suggestion.alsoAllows).not.toBe("");
  return "allows";
}
const count = (seen: Map<string, number>, what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);

describe("what is offered, added as a rule, allows the call", () => {
  beforeAll(warmUp);

  it("over random facts", () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(request, (asked) => {
        // a tool without a subject is all that can be named
        const at = { root: "/p", home: "/h" };
        count(seen, holds(asked, at));
      }),
      options,
    );
    expect(seen.get("allows")).toBeGreaterThan(100);
  });

  it("over random commands, as they are read", async () => {
    const word = fc.oneof(
      fc.constantFrom(
        "git",
        "npm",
        "commit",
        "test",
        "rm",
        "-rf",
        "node",
        "-e",
        "x.js",
        "build",
        "push",
        "--force",
        "cp",
        "a b",
        "it's",
        "*",
        "$x",
        "é",
        "-",
        "--",
        "#x",
        "=",
        "a=b",
        "~",
        "!",
      ),
      fc.string({ minLength: 1, maxLength: 4, unit: "grapheme-ascii" }),
    );
    const quoted = (text: string): string => (/^[\w./=$*~!#-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
    const line = fc.tuple(fc.array(fc.array(word, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 2 }), fc.constantFrom(" && ", " | ", "; "));
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(line, async ([commands, joined]) => {
        const command = commands.map((words) => words.map(quoted).join(" ")).join(joined);
        const asked = await findFacts(
          { id: "c_1" as Request["call"]["id"], tool: "bash", input: { command } },
          metas["bash"] as NonNullable<(typeof metas)[string]>,
          { cwd: place.root, ...place, look },
        );
        count(seen, holds(asked));
      }),
      { ...options, numRuns: 800 },
    );
    expect(seen.get("allows")).toBeGreaterThan(50);
  });

  it("over random paths, hosts and names", async () => {
    const segment = fc.oneof(
      fc.constantFrom("src", "a.ts", ".env", "x y", "[a]", "{a,b}", "a*b", "?", "é", "e\u0301", "(x)", "a)", "\\", "~", "!x", "node_modules", "id_rsa"),
      fc.string({ minLength: 1, maxLength: 5, unit: "grapheme" }).filter((text) => !/[/\0]/.test(text) && text !== "." && text !== ".."),
    );
    const start = fc.constantFrom(`${place.root}/`, `${place.home}/`, "/", "/etc/", "/var/log/", "/srv/", `${place.root}/deep/er/`);
    const path = fc.tuple(start, fc.array(segment, { minLength: 1, maxLength: 3 })).map(([from, rest]) => `${from}${rest.join("/")}`);
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("read", "edit"), path, async (tool, asked) => {
        const meta = metas[tool] as NonNullable<(typeof metas)[string]>;
        count(seen, holds(await findFacts({ id: "c_1" as Request["call"]["id"], tool, input: { path: asked } }, meta, { cwd: place.root, ...place, look })));
      }),
      { ...options, numRuns: 800 },
    );
    const meta = { effect: "read", subjects: [{ kind: "name", field: "name" }], source: { tier: "plugin", id: "x" } } as const;
    await fc.assert(
      fc.asyncProperty(fc.oneof(segment, fc.string({ minLength: 1, maxLength: 6 })), async (name) => {
        count(seen, holds(await findFacts({ id: "c_1" as Request["call"]["id"], tool: "skill", input: { name } }, meta, { cwd: place.root, ...place, look })));
      }),
      { ...options, numRuns: 300 },
    );
    expect(seen.get("allows")).toBeGreaterThan(500);
  });
});

describe("what is offered is narrow", () => {
  const offered = async (tool: string, subject: string) => {
    const meta = metas[tool] as NonNullable<(typeof metas)[string]>;
    const field = tool === "bash" ? "command" : "path";
    return suggest(
      await findFacts({ id: "c_1" as Request["call"]["id"], tool, input: { [field]: subject } }, meta, { cwd: place.root, ...place, look }),
      place.home,
    );
  };

  it.each([
    ["edit", "/srv/p/README.md", "edit(/README.md)"],
    ["edit", "/srv/p/src/a.ts", "edit(/src/**)"],
    ["read", "/home/me/notes.md", "read(~/notes.md)"],
    ["read", "/home/me/notes/a.md", "read(~/notes/**)"],
    ["read", "/home/other", "read(//home/other)"],
    ["read", "/srv/other", "read(//srv/other)"],
    ["read", "/etc/hosts", "read(//etc/hosts)"],
    ["read", "/etc/nginx/a.conf", "read(//etc/nginx/**)"],
    ["read", "/", null],
    ["read", "/home", null],
    ["read", "/home/me", null],
    ["edit", "/etc/hosts", null],
    ["read", "/vmlinuz", "read(//vmlinuz)"],
    ["bash", "rm $x", null],
    ["bash", "node $script", null],
    ["bash", "npm run build $x", "bash(npm run build *)"],
  ])("%s %s → %s", async (tool, subject, rule) => {
    expect((await offered(tool, subject))?.rule ?? null).toBe(rule);
  });

  it("and does not allow the neighbours it is not about", async () => {
    const policy = policyOf(place, "ask");
    policy.grant((await offered("edit", "/srv/p/README.md"))?.rule ?? "", "session");
    const meta = metas["edit"] as NonNullable<(typeof metas)[string]>;
    const other = await findFacts({ id: "c_1" as Request["call"]["id"], tool: "edit", input: { path: "/srv/p/package.json" } }, meta, {
      cwd: place.root,
      ...place,
      look,
    });
    expect(judge(other, policy).verdict).toBe("ask");
  });
});
