// Which tools a session has, which of them its model is shown, and why each other one is absent.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mostPerUnit } from "../../src/compose/pool.ts";
import { estimateTokens } from "../../src/context/index.ts";
import { bestMatches } from "../../src/tools/builtin/find-tool/run.ts";
import { agentTypeNames, agentTypes, builtinTools, createRegistry, type Effect, type PoolOptions, pool, type Tool } from "../../src/tools/index.ts";

const toolNamed = (name: string, effect: Effect = "read", source: Tool["source"] = { tier: "plugin", id: "p" }): Tool => ({
  name,
  description: `does ${name}`,
  input: { type: "object" },
  source,
  responsibility: `is ${name}`,
  effect,
  redo: "never",
  subjects: [],
  load: () => Promise.reject(new Error("nothing here loads")),
});
// "skill" comes and goes with the skills there are
const own = builtinTools.filter(({ name }) => name !== "skill");
const builtin = createRegistry(own);
const names = (tools: readonly { readonly name: string }[]) => tools.map(({ name }) => name);
const headOf = (options: PoolOptions) => names(pool(builtin, options).head);
const whyOf = (options: PoolOptions, name: string) => pool(builtin, options).absent.find((one) => one.name === name);

describe("the head of a session", () => {
  test("is every tool, without find_tool, where there is nothing to find", () => {
    expect(headOf({})).toEqual(["bash", "edit", "glob", "grep", "jobs", "read", "todo", "write"]);
    expect(whyOf({}, "find_tool")).toMatchObject({ by: "not-needed" });
    expect(pool(builtin, {}).callable.has("find_tool")).toBe(true);
  });
  test("in mode plan lacks what changes files, keeps bash, and has find_tool for when that changes", () => {
    expect(headOf({ mode: "plan" })).toEqual(["bash", "find_tool", "glob", "grep", "jobs", "read", "todo"]);
    expect(whyOf({ mode: "plan" }, "edit")).toEqual({ name: "edit", by: "mode", why: "the mode plan changes no files" });
  });
  test("is what the kind of agent may do at most", () => {
    expect(headOf({ agentType: "explore" })).toEqual(["glob", "grep", "read"]);
    expect(headOf({ agentType: "plan" })).toEqual(["glob", "grep", "read", "todo"]);
    expect(headOf({ agentType: "verify" })).toEqual(["bash", "glob", "grep", "jobs", "read", "todo"]);
    expect(headOf({ agentType: "implement" })).toHaveLength(8);
    expect(whyOf({ agentType: "explore" }, "bash")?.why).toBe('an agent of type explore has no tool with the effect "execute"');
  });
  test("is what lists leave; names that no tool has are told", () => {
    expect(headOf({ allowed: ["read", "bash"], denied: [{ name: "bash", why: "so" }] })).toEqual(["read"]);
    expect(pool(builtin, { allowed: ["raed"], denied: [{ name: "x", why: "so" }] }).unknown).toEqual(["raed", "x"]);
  });
});

describe("what may be called", () => {
  test("is not what a list, a kind of agent or a folder keeps away; mode and rules are the judge's to say", () => {
    const { callable } = pool(builtin, {
      mode: "plan",
      agentType: "verify",
      denied: [
        { name: "grep", why: "a rule", ruled: true },
        { name: "glob", why: "a list" },
      ],
      withheld: [
        { name: "read", why: "the folder is not trusted" },
        { name: "gone__tool", why: "changed" },
      ],
    });
    expect([...callable].sort()).toEqual(["bash", "find_tool", "grep", "jobs", "todo"]);
  });
  test("a tool that is withheld and not registered is absent with its reason, and no unknown name", () => {
    const found = pool(builtin, { denied: [{ name: "p__x", why: "rule" }], withheld: [{ name: "p__x", why: "changed since it was approved" }] });
    expect(found.absent).toContainEqual({ name: "p__x", by: "withheld", why: "changed since it was approved" });
    expect(found.unknown).toEqual([]);
  });
});

describe("beyond the limit of tokens", () => {
  const many = createRegistry([...own, toolNamed("aaa"), toolNamed("zzz")]);
  test("built-in tools come first, then names; the rest is found through find_tool", () => {
    const { head, deferred } = pool(many, { tokens: 9, tokensOf: () => 1 });
    expect(names(head)).toEqual(["aaa", "bash", "edit", "find_tool", "glob", "grep", "jobs", "read", "todo", "write"]);
    expect(names(deferred)).toEqual(["zzz"]);
  });
  test("a limit of nothing defers all; no limit defers none", () => {
    expect(names(pool(many, { tokens: 0, tokensOf: () => 1 }).head)).toEqual(["find_tool"]);
    expect(pool(many, { tokensOf: () => 1e9 }).deferred).toEqual([]);
  });
  test("without find_tool nothing is deferred to it, and what is deferred stays callable by name", () => {
    const found = pool(many, { tokens: 1, tokensOf: () => 1, denied: [{ name: "find_tool", why: "no" }] });
    expect(names(found.head)).toEqual(["bash"]);
    expect(found.callable.has("zzz")).toBe(true);
    expect(found.callable.has("find_tool")).toBe(false);
  });
});

test("every tool has one place; whatever is said more, nothing is added; and the order of registration does not matter", () => {
  const effects: readonly Effect[] = ["none", "read", "write", "execute", "network", "agent"];
  const extra = fc.uniqueArray(fc.tuple(fc.string({ unit: fc.constantFrom("a", "b", "_"), minLength: 1, maxLength: 4 }), fc.constantFrom(...effects)), {
    selector: ([name]) => name,
    maxLength: 6,
  });
  const optionsOf = (all: readonly string[]) =>
    fc.record(
      {
        mode: fc.constantFrom("plan", "ask", "bypass"),
        agentType: fc.constantFrom(...agentTypeNames),
        allowed: fc.subarray([...all]),
        denied: fc.subarray([...all]).map((list) => list.map((name, at) => ({ name, why: "so", ruled: at % 2 === 0 }))),
        withheld: fc.subarray([...all]).map((list) => list.map((name) => ({ name, why: "so" }))),
        tokens: fc.nat(15),
      },
      { requiredKeys: [] },
    );
  const cases = extra.chain((list) => {
    const tools = [...builtinTools, ...list.map(([name, effect]) => toolNamed(name, effect))];
    return fc.tuple(fc.constant(tools), optionsOf(names(tools)), optionsOf(names(tools)));
  });
  fc.assert(
    fc.property(cases, ([tools, options, more]) => {
      const registry = createRegistry(tools);
      const found = pool(registry, { ...options, tokensOf: () => 1 });
      const placed = [...names(found.head), ...names(found.deferred), ...names(found.absent)];
      expect([...placed].sort()).toEqual(names(registry.list()));
      expect(pool(createRegistry(tools.toReversed()), { ...options, tokensOf: () => 1 })).toEqual(found);
      const { allowed } = options;
      const both: PoolOptions = {
        ...options,
        ...(more.allowed === undefined ? {} : { allowed: allowed === undefined ? more.allowed : more.allowed.filter((name) => allowed.includes(name)) }),
        denied: [...(options.denied ?? []), ...(more.denied ?? [])],
        withheld: [...(options.withheld ?? []), ...(more.withheld ?? [])],
      };
      for (const name of pool(registry, both).callable) expect(found.callable.has(name)).toBe(true);
      for (const name of found.callable) {
        const type = agentTypes[options.agentType ?? "main"];
        expect(type.effects as readonly string[]).toContain(registry.get(name)?.effect);
      }
    }),
    { numRuns: 400 },
  );
});

test("no text is estimated at so many tokens that what surely fits would not", () => {
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: fc.constantFrom("1", "A", "a", "ж", "한", "字", "€", "😀", " ", "{", '"') }));
  fc.assert(
    fc.property(text, (each) => estimateTokens(each) <= each.length * mostPerUnit + 1),
    { numRuns: 2000 },
  );
});

describe("a search for tools", () => {
  const tools = [
    { name: "github__create_issue", description: "Opens an issue.", input: {} },
    { name: "github__list_issues", description: "Lists the issues of a repository.", input: {} },
    { name: "weather__now", description: "The weather of a place; may create rain.", input: {} },
    { name: "b__same", description: "one", input: {} },
    { name: "a__same", description: "one", input: {} },
  ];
  const find = (query: string) => names(bestMatches(tools, query));
  test.each([
    ["weather__now", ["weather__now"]],
    ["create issue", ["github__create_issue", "github__list_issues", "weather__now"]],
    ["GITHUB", ["github__create_issue", "github__list_issues"]],
    ["same", ["a__same", "b__same"]],
    ["one", ["a__same", "b__same"]],
    ["nothing-like-it", []],
    ["***", []],
    [".*", []],
  ])("%j", (query, found) => {
    expect(find(query)).toEqual(found);
  });
  test("gives five at most, the same whatever the order, and takes any text", () => {
    const many = Array.from({ length: 50 }, (_, at) => ({ name: `t${String(at).padStart(2, "0")}`, description: "tool", input: {} }));
    expect(names(bestMatches(many.toReversed(), "tool"))).toEqual(["t00", "t01", "t02", "t03", "t04"]);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (query) => {
        expect(names(bestMatches(tools.toReversed(), query))).toEqual(find(query));
      }),
    );
  });
});
