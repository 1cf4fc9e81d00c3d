import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { Json } from "../../src/base/index.ts";
import { builtinTools, createRegistry, nearest, pool, resolvePath, shortPath, validateInput } from "../../src/tools/index.ts";

// "skill" comes and goes with the skills there are
const registry = createRegistry(builtinTools.filter(({ name }) => name !== "skill"));
const check = async (name: string, input: Json) => {
  const tool = registry.get(name);
  if (tool === undefined) throw new Error(name);
  return (await validateInput(tool, input))?.split("\n").slice(1) ?? null;
};

describe("the registry", () => {
  test("lists by name, finds, and knows what was meant", () => {
    expect(registry.list().map((tool) => tool.name)).toEqual(["bash", "edit", "find_tool", "glob", "grep", "jobs", "read", "todo", "write"]);
    expect(registry.get("read")?.effect).toBe("read");
    expect(registry.get("constructor")).toBeUndefined();
    expect(registry.near("raed")).toEqual(["read"]);
    expect(registry.near("read_file")).toEqual(["read"]);
    expect(registry.near("zzzzzzz")).toEqual([]);
  });
  test("refuses two tools of one name, naming both origins", () => {
    const [first] = builtinTools;
    if (first === undefined) throw new Error("none");
    expect(() => createRegistry([...builtinTools, { ...first, source: { tier: "plugin", id: "p" } }])).toThrow('"bash" (built in and plugin p)');
    // rules name tools in any case: one for the first would be one for the second
    expect(() => createRegistry([...builtinTools, { ...first, name: "BASH" }])).toThrow('"BASH" (built in and built in)');
  });
});

describe("the built-in tools", () => {
  test("all load, and their metadata is plain data", async () => {
    for (const tool of builtinTools) {
      expect(typeof (await tool.load())).toBe("function");
      const { load: _load, ...meta } = tool;
      expect(JSON.parse(JSON.stringify(meta))).toEqual(meta);
    }
  });
  test("are small as a model sees them", () => {
    const bytes = pool(registry, {}).head.map(({ name, description, input }) => Buffer.byteLength(JSON.stringify({ name, description, input_schema: input })));
    expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(4600);
  });
  test("listing them loads no implementation", () => {
    const hook = "export const load = (url, context, next) => { process._rawDebug(url); return next(url, context); }";
    const script = [
      `import { register } from "node:module";`,
      `register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)});`,
      `const { builtinTools } = await import("./src/tools/index.ts");`,
      `process._rawDebug("then"); await builtinTools.find((tool) => tool.name === "read").load();`,
    ].join("\n");
    const ran = spawnSync(process.execPath, ["--no-warnings", "--input-type=module", "-e", script], {
      cwd: new URL("../..", import.meta.url),
      encoding: "utf8",
    });
    const [listed = "", loaded = ""] = ran.stderr.split("then\n");
    expect(listed).toContain("builtin/read/meta.ts");
    expect(listed).not.toMatch(/run\.ts|node_modules|src\/exec/);
    expect(loaded).toContain("builtin/read/run.ts");
  });
});

describe("input that does not fit its schema", () => {
  test("is accepted when it does", async () => {
    expect(await check("read", { path: "x" })).toBeNull();
    expect(await check("edit", { path: "x", edits: [{ old: "a", new: "" }] })).toBeNull();
  });
  const cases: readonly (readonly [tool: string, input: Json, says: readonly string[]])[] = [
    ["read", {}, ['- "path" is missing (a string).']],
    ["read", { path: "" }, ["- path must not be empty."]],
    ["read", { path: 3 }, ["- path must be a string, not a number (3)."]],
    ["read", { path: "x", offset: "10" }, ['- offset must be an integer, not a string ("10"). Leave out the quotes.']],
    ["read", { path: "x", offset: 0 }, ["- offset must be at least 1, not a number (0)."]],
    ["read", { path: "x", ofset: 1 }, ['- "ofset" is not known. Did you mean "offset"?']],
    ["read", { path: "x", zzz: 1 }, ['- "zzz" is not known. Known are: path, offset, limit.']],
    ["read", "x", ['- the input must be an object, not a string ("x"). Give it as JSON, not as a string that contains JSON.']],
    ["read", null, ["- the input must be an object, not null."]],
    ["edit", { path: "x", edits: "[]" }, ['- edits must be an array, not a string ("[]"). Give it as JSON, not as a string that contains JSON.']],
    ["edit", { path: "x", edits: [] }, ["- edits must have at least 1 items, not 0."]],
    [
      "edit",
      {
        path: "x",
        edits: [
          { old: "a", new: "b" },
          { old: "", nwe: "x" },
        ],
      },
      ['- "edits[1].new" is missing (a string).', "- edits[1].old must not be empty.", '- "edits[1].nwe" is not known. Did you mean "new"?'],
    ],
    ["todo", { items: [{ text: "a", state: "finished" }] }, ['- items[0].state must be one of ["pending","doing","done"], not a string ("finished").']],
    ["bash", { command: "x", timeout: 1e9 }, ["- timeout must be at most 600000, not a number (1000000000)."]],
  ];
  test.each(cases)("%s %j", async (tool, input, says) => {
    expect(await check(tool, input)).toEqual(says);
  });
  test("names from an object's prototype are not known", async () => {
    expect(await check("read", JSON.parse('{"path":"x","__proto__":1}') as Json)).toHaveLength(1);
    expect(await check("read", { path: "x", constructor: 1 })).toHaveLength(1);
  });
});

test("names that are nearly right", () => {
  expect(nearest("pth", ["path", "offset"])).toEqual(["path"]);
  expect(nearest("index.ts", ["index.js", "main.ts", "Index.ts"])[0]).toBe("Index.ts");
  expect(nearest("abcd", ["abdc"])).toEqual(["abdc"]);
});
test("paths are meant from the working folder, and said as short as can be", () => {
  expect(resolvePath("/a/b", "../c/./d")).toBe("/a/c/d");
  expect(resolvePath("/a/b", "~/x")).toBe("/a/b/~/x");
  expect(shortPath("/a", "/a/b/c")).toBe("b/c");
  expect(shortPath("/a", "/ab")).toBe("/ab");
  expect(shortPath("/a", "/a")).toBe("/a");
  expect(shortPath("/a", "/a/..b")).toBe("..b");
});
