import * as fs from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { builtinTools } from "../../src/tools/index.ts";
import { listPlugins, readCandidate, readManifest } from "../../src/tools/plugins/index.ts";
import { mostFiles, walkTree } from "../../src/tools/plugins/tree.ts";
import { limits, makeOdd, manifestOf, toolOf } from "./plugin-support.ts";

const problemsOf = (manifest: unknown): string => {
  const read = readManifest(JSON.stringify(manifest), limits);
  return read.ok ? "" : read.problems.join("\n");
};
const withTool = (more: object) => manifestOf({ tools: [toolOf("look", "read", more)] });
const withInput = (input: object) => withTool({ input });

describe("a plugin's manifest", () => {
  test("is taken when it says all it has to", () => {
    const read = readManifest(JSON.stringify(manifestOf()), limits);
    expect(read.ok && read.value.tools.map(({ fullName, effect, redo, timeout }) => [fullName, effect, redo, timeout])).toEqual([
      ["odd__look", "read", "never", 5000],
      ["odd__change", "write", "never", 60_000],
      ["odd__send", "network", "never", 60_000],
      ["odd__quick", "write", "never", 1000],
    ]);
  });

  test.each([
    ["an unknown key", manifestOf({ onInstall: "node setup.js" }), '"onInstall" is not known'],
    ["an unknown key of a tool", withTool({ autoApprove: true }), '"autoApprove" is not known'],
    ["the effect of agents", manifestOf({ tools: [toolOf("lead", "agent")] }), 'effect: "agent" is not one'],
    ["no effect", manifestOf({ tools: [toolOf("lead", "harmless")] }), "is not one a plugin's tool can have"],
    ["an empty id", manifestOf({ id: "" }), "id must be a text"],
    ["an id that hides the prefix", manifestOf({ id: "a__b" }), "id:"],
    ["an id of bosun's own", manifestOf({ id: "builtin" }), "is taken by bosun itself"],
    ["a tool's name with dots", manifestOf({ tools: [toolOf("../bash", "read")] }), "tools[0].name"],
    ["a tool's name with two underscores", manifestOf({ tools: [toolOf("a__b", "read")] }), "tools[0].name"],
    ["two tools of one name", manifestOf({ tools: [toolOf("a", "read"), toolOf("a", "read")] }), "a second tool"],
    ["a name that gets too long", manifestOf({ id: "a".repeat(24), tools: [toolOf("b".repeat(60), "read")] }), "more than 64 characters"],
    ["65 tools", manifestOf({ tools: Array.from({ length: 65 }, (_, index) => toolOf(`t${index}`, "read")) }), "65 are too many"],
    ["a large schema", withInput({ type: "object", description: "x".repeat(20_000) }), "at most 16384"],
    ["a pattern that never ends", withInput({ type: "object", properties: { a: { type: "string", pattern: "(a+)+$" } } }), "this keyword is not taken"],
    ["a schema that refers to itself", withInput({ type: "object", $ref: "#" }), "this keyword is not taken"],
    ["a schema without end", withInput(JSON.parse(`${'{"type":"object","not":'.repeat(12)}true${"}".repeat(12)}`)), "nested more than 8"],
    ["a prototype as property", withInput(JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}')), "is no name for a property"],
    ["a long description", withTool({ description: "x".repeat(2000) }), "at most 1024"],
    ["invisible words for the model", withTool({ description: "Reads.\u{e0041}\u{e0042}" }), "can't be seen"],
    ["turned text for the person", manifestOf({ description: "safe \u202egnihton" }), "can't be seen"],
    ["a command as subject", withTool({ subjects: [{ kind: "command", field: "act" }] }), '"path", "domain" or "name"'],
    ["a script outside of the folder", manifestOf({ command: ["node", "/srv/other/server.mjs"] }), "command[1]: "],
    ["a script above the folder", manifestOf({ command: ["node", "lib/../../server.mjs"] }), "leads out of the plugin's folder"],
    ["a script in the home folder", manifestOf({ command: ["python3", "~/server.py"] }), "leads out of the plugin's folder"],
    ["code that an option loads from elsewhere", manifestOf({ command: ["node", "--import=/srv/hook.mjs", "server.mjs"] }), "command[1]: "],
    ["code that an option loads by address", manifestOf({ command: ["node", "--import", "file:///srv/hook.mjs", "server.mjs"] }), "command[2]: "],
    ["a subject that is no input", withTool({ subjects: [{ kind: "path", field: "other" }] }), "must name a property"],
    ["a write that is safe to redo", manifestOf({ tools: [toolOf("w", "write", { redo: "safe" })] }), "can't be promised"],
    ["an absolute program", manifestOf({ command: ["/bin/sh", "-c", "id"] }), "absolute path"],
    ["a program elsewhere", manifestOf({ command: ["../../evil"] }), "leads out"],
    ["no program", manifestOf({ command: [] }), "command must be a list"],
    ["a variable that loads code", manifestOf({ environment: ["LD_PRELOAD"] }), "decides what runs"],
    ["skills elsewhere", manifestOf({ skills: "../skills" }), "inside the plugin's"],
    ["an endless call", withTool({ timeoutSeconds: 1e9 }), "from 1 to 600"],
  ])("is refused with %s", (_what, manifest, says) => {
    expect(problemsOf(manifest)).toContain(says);
  });

  test("that is taken can't name a builtin, whatever it says", () => {
    const builtins = builtinTools.map(({ name }) => name);
    const word = fc.oneof(fc.string({ maxLength: 30 }), fc.constantFrom(...builtins), fc.stringMatching(/^[a-z0-9_-]{0,26}$/));
    let taken = 0;
    fc.assert(
      fc.property(word, word, fc.constantFrom("read", "write", "agent", "none", "x"), (id, name, effect) => {
        const read = readManifest(JSON.stringify(manifestOf({ id, tools: [toolOf(name, effect)] })), limits);
        if (!read.ok) return;
        taken += 1;
        for (const tool of read.value.tools) {
          expect(tool.fullName).toMatch(/^[a-z0-9-]{1,24}__[a-z0-9_-]+$/);
          expect(tool.fullName.length).toBeLessThanOrEqual(64);
          expect(builtins).not.toContain(tool.fullName);
          expect(limits.effects).toContain(tool.effect);
        }
      }),
      { numRuns: 1000 },
    );
    expect(taken).toBeGreaterThan(20);
  });

  test("any JSON is an answer, never a throw", () => {
    fc.assert(
      fc.property(fc.json(), (text) => typeof readManifest(text, limits).ok === "boolean"),
      { numRuns: 500 },
    );
    const keys = fc.constantFrom("id", "name", "tools", "command", "environment", "skills", "version");
    fc.assert(
      fc.property(keys, fc.jsonValue(), (key, value) => typeof readManifest(JSON.stringify(manifestOf({ [key]: value })), limits).ok === "boolean"),
      {
        numRuns: 500,
      },
    );
  });
});

const refusal = (source: string): string => {
  const read = readCandidate(source, limits);
  return read.ok ? "" : read.error.message;
};

describe("a plugin's folder", () => {
  test("is refused when something of it lies outside, is no file, or is too much", () => {
    const { source, top } = makeOdd();
    expect(refusal(source)).toBe("");
    fs.writeFileSync(join(top, "secret"), "");
    const link = join(source, "link");
    for (const target of [join(top, "secret"), "../secret", "nowhere", "../source/../secret"]) {
      fs.symlinkSync(target, link);
      expect(refusal(source)).toContain("the link link leads to");
      fs.rmSync(link);
    }
    fs.symlinkSync("server.mjs", link);
    expect(refusal(source)).toBe("");
    fs.symlinkSync(source, join(top, "door"));
    expect(refusal(join(top, "door"))).toBe("");
    fs.truncateSync(join(source, "server.mjs"), 65 * 1024 * 1024);
    expect(refusal(source)).toContain("more than 64 MB");
    expect(refusal(join(top, "none"))).toContain("does not exist");
    expect(refusal(join(source, "plugin.json"))).toContain("not a folder");
  });

  test("is refused with too many files, a socket, or a manifest that is a link", async () => {
    const { source } = makeOdd();
    expect(walkTree(source, 2).ok).toBe(true);
    expect(walkTree(source, 1)).toEqual({ ok: false, why: "it holds more than 1 files and folders" });
    expect(mostFiles).toBe(5000);
    const { createServer } = await import("node:net");
    const server = createServer().listen(join(source, "socket"));
    await new Promise((resolve) => server.once("listening", resolve));
    expect(refusal(source)).toContain("socket is neither a file nor a folder");
    await new Promise((resolve) => server.close(resolve));
    fs.renameSync(join(source, "plugin.json"), join(source, "other.json"));
    fs.symlinkSync("other.json", join(source, "plugin.json"));
    expect(refusal(source)).toContain("plugin.json can't be read");
  });
});

describe("an approved plugin", () => {
  const stateOf = (home: string) => {
    const listed = listPlugins(home, limits);
    if (!listed.ok) throw listed.error;
    return listed.value.map(({ state, why }) => [state, why ?? ""]);
  };

  test("is private, and seen as changed after any change of what runs", () => {
    const { source, home, add } = makeOdd();
    add();
    expect(stateOf(home)).toEqual([["approved", ""]]);
    expect(fs.statSync(join(home, "plugins.json")).mode & 0o777).toBe(0o600);
    const file = join(source, "server.mjs");
    const text = fs.readFileSync(file);
    const changes: readonly (readonly [string, () => void, () => void])[] = [
      ["bytes", () => fs.appendFileSync(file, "//"), () => fs.writeFileSync(file, text)],
      ["executable bit", () => fs.chmodSync(file, 0o755), () => fs.chmodSync(file, 0o644)],
      ["file more", () => fs.writeFileSync(join(source, "more.js"), ""), () => fs.rmSync(join(source, "more.js"))],
      ["empty folder more", () => fs.mkdirSync(join(source, "empty")), () => fs.rmdirSync(join(source, "empty"))],
    ];
    for (const [what, change, undo] of changes) {
      change();
      expect(stateOf(home)[0]?.[0], what).toBe("source-changed");
      expect(stateOf(home)[0]?.[1]).toContain("changed since it was approved (2026-01-01T00:00:00.000Z): bosun plugins approve odd");
      undo();
      expect(stateOf(home)[0]?.[0], what).toBe("approved");
    }
  });

  test("is seen as changed when bytes are replaced under the same size and time", () => {
    const { source, home, add } = makeOdd();
    add();
    const old = new Date(Date.now() - 60_000);
    const file = join(source, "server.mjs");
    fs.utimesSync(file, old, old);
    expect(stateOf(home)[0]?.[0]).toBe("approved");
    const text = fs.readFileSync(file, "utf8");
    fs.writeFileSync(file, text.replace("echo", "evil"));
    fs.utimesSync(file, old, old);
    expect(stateOf(home)[0]?.[0]).toBe("source-changed");
  });

  test("goes on when its source is gone, and not when its copy changed or is gone", () => {
    const { source, home, add } = makeOdd();
    add();
    fs.renameSync(source, `${source}.away`);
    expect(stateOf(home)[0]?.[0]).toBe("approved");
    const [sha256 = ""] = fs.readdirSync(join(home, "plugins/odd"));
    const copy = join(home, "plugins/odd", sha256);
    fs.appendFileSync(join(copy, "server.mjs"), "//");
    expect(stateOf(home)[0]).toEqual(["copy-changed", expect.stringContaining("changed by something else than bosun")]);
    fs.rmSync(copy, { recursive: true });
    expect(stateOf(home)[0]?.[0]).toBe("copy-missing");
  });

  test("leaves one copy, that of the last approval", () => {
    const { source, home, add } = makeOdd();
    add();
    fs.appendFileSync(join(source, "server.mjs"), "\n");
    add();
    expect(fs.readdirSync(join(home, "plugins/odd"))).toHaveLength(1);
    expect(stateOf(home)).toEqual([["approved", ""]]);
  });

  test.each([
    ["no JSON", "{"],
    ["another version", '{"version":2,"plugins":[]}'],
    ["a path as id", `{"version":1,"plugins":[{"id":"../..","source":"/","sha256":"${"0".repeat(64)}","approved":"","tools":[]}]}`],
    ["a path as hash", '{"version":1,"plugins":[{"id":"a","source":"/","sha256":"../../evil","approved":"","tools":[]}]}'],
  ])("is not looked for with %s in plugins.json", (_what, text) => {
    const { home } = makeOdd();
    fs.writeFileSync(join(home, "plugins.json"), text);
    const listed = listPlugins(home, limits);
    expect(!listed.ok && listed.error.message).toMatch(/not what bosun wrote.*no plugin is loaded.*Mend it/s);
  });
});
