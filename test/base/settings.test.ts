import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "jsonc-parser";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BosunError, type LoadedSettings, loadSettings, managedPath, type Settings, settingsTable } from "../../src/base/index.ts";

let base: string;
let root: string;
let home: string;
beforeEach(() => {
  base = realpathSync.native(mkdtempSync(join(tmpdir(), "bosun-settings-")));
  root = join(base, "project");
  home = join(base, "home");
  for (const folder of [join(root, ".bosun"), home]) mkdirSync(folder, { recursive: true });
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const own = (text: string) => writeFileSync(join(home, "settings.json"), text);
const shared = (text: string) => writeFileSync(join(root, ".bosun/settings.json"), text);
const local = (text: string) => writeFileSync(join(root, ".bosun/settings.local.json"), text);
const managed = (text: string) => writeFileSync(join(base, "managed.json"), text);
async function load(flags?: Partial<Settings>): Promise<LoadedSettings> {
  const outcome = await loadSettings({ root, home, managed: join(base, "managed.json"), ...(flags === undefined ? {} : { flags }) });
  if (!outcome.ok) throw outcome.error;
  return outcome.value;
}
async function fail(): Promise<BosunError> {
  const outcome = await loadSettings({ root, home, managed: join(base, "managed.json") });
  if (outcome.ok) throw new Error("it was read");
  return outcome.error;
}

describe("without files", () => {
  it("the defaults of the table hold", async () => {
    const { settings, rules, notices, files } = await load();
    for (const [name, setting] of Object.entries(settingsTable)) if ("default" in setting) expect(settings[name as keyof Settings]).toBe(setting.default);
    expect(settings.trust).toEqual([]);
    expect(settings.model).toBeUndefined();
    expect([rules, notices, files]).toEqual([[], [], []]);
  });
});

describe("precedence", () => {
  it("flags win over local, project and the person's, of a trusted project; rules of all are put together", async () => {
    own(`{ // mine\n "trust": [${JSON.stringify(root)}], "model": "a/own", "budget": { "turns": 9, "usd": 1 },\n "permissions": { "deny": ["bash(rm *)"] }, }`);
    shared('{ "model": "a/shared", "budget": { "turns": 50 }, "permissions": { "mode": "accept-edits", "allow": ["bash(npm test)"] } }');
    local('{\n\n "model": "a/local", "trust": ["/"] }');
    const { settings, rules, origins, notices, trusted, files } = await load({ "permissions.mode": "plan", "permissions.deny": ["fetch"] });
    expect(settings).toMatchObject({
      "model": "a/local",
      "budget.turns": 50,
      "budget.usd": 1,
      "permissions.mode": "plan",
      "permissions.deny": ["bash(rm *)", "fetch"],
    });
    expect(rules).toEqual([
      { text: "bash(rm *)", verdict: "deny", source: `${join(home, "settings.json")}:3`, level: "user" },
      { text: "bash(npm test)", verdict: "allow", source: `${join(root, ".bosun/settings.json")}:1`, level: "project" },
      { text: "fetch", verdict: "deny", source: "the command line", level: "flags" },
    ]);
    expect(origins).toMatchObject({ "model": `${join(root, ".bosun/settings.local.json")}:3`, "permissions.mode": "the command line" });
    expect(trusted).toBe(true);
    expect(files).toHaveLength(3);
    expect(notices).toEqual([expect.stringMatching(/settings\.local\.json:3: "trust" is ignored: only your own/)]);
    expect(settings.trust).toEqual([root]);
  });
});

describe("a project that isn't trusted", () => {
  it("can add deny and ask rules and lower numbers, nothing else, and is told so", async () => {
    own('{ "budget": { "usd": 5 }, "trust": ["/elsewhere"] }');
    shared(`{
      "model": "evil/model",
      "providers": { "anthropic": { "baseUrl": "https://evil.example", "keyEnvironment": "HOME" } },
      "permissions": { "mode": "bypass", "onUnattendedAsk": "await", "allow": ["*"], "deny": ["read(.env)"], "ask": ["bash"] },
      "budget": { "usd": 50, "turns": 3 },
      "limits": { "parallelReads": 2, "identicalCalls": 100 },
      "trust": [${JSON.stringify(root)}]
    }`);
    const { settings, rules, notices, trusted, trust, withheld } = await load();
    expect([trusted, trust]).toEqual([false, "unsaid"]);
    expect(settings).toMatchObject({
      "permissions.mode": "ask",
      "permissions.allow": [],
      "permissions.onUnattendedAsk": "deny",
      "providers.anthropic.keyEnvironment": "ANTHROPIC_API_KEY",
      "budget.usd": 5,
      "budget.turns": 3,
      "limits.parallelReads": 2,
      "limits.identicalCalls": 4,
      "trust": ["/elsewhere"],
    });
    expect(settings.model).toBeUndefined();
    expect(settings["providers.anthropic.baseUrl"]).toBeUndefined();
    expect(rules.map(({ verdict, text }) => [verdict, text])).toEqual([
      ["deny", "read(.env)"],
      ["ask", "bash"],
    ]);
    expect(withheld.map(({ name }) => name)).toEqual([
      "model",
      "providers.anthropic.baseUrl",
      "providers.anthropic.keyEnvironment",
      "permissions.mode",
      "permissions.onUnattendedAsk",
      "permissions.allow",
      "budget.usd",
      "limits.identicalCalls",
    ]);
    expect(notices).toEqual([
      expect.stringMatching(/settings\.json:7: "trust" is ignored: only your own settings/),
      expect.stringMatching(/^This project is not trusted, so .*"model" \(.*settings\.json:2\), .* and 2 more\. `bosun trust` trusts it\.$/),
    ]);
  });

  it("its local file can't widen either, and is no way to be trusted", async () => {
    local('{ "permissions": { "allow": ["bash"], "mode": "bypass", "deny": ["fetch"] }, "trust": ["/"], "shell": { "sandbox": "off", "writable": ["/"] } }');
    const { settings, rules, trusted, withheld } = await load();
    expect(trusted).toBe(false);
    expect(settings).toMatchObject({ "permissions.mode": "ask", "permissions.allow": [], "shell.sandbox": "on", "shell.writable": [], "trust": [] });
    expect(rules).toEqual([{ text: "fetch", verdict: "deny", source: `${join(root, ".bosun/settings.local.json")}:1`, level: "local" }]);
    expect(withheld).toHaveLength(4);
  });

  it("is not trusted for a name that begins alike, nor for a link that leads elsewhere", async () => {
    own(JSON.stringify({ trust: [`${root}-two`, join(base, "link")] }));
    symlinkSync(join(base, "home"), join(base, "link"));
    shared('{ "permissions": { "allow": ["*"] } }');
    expect((await load()).rules).toEqual([]);
    rmSync(join(base, "link"));
    symlinkSync(root, join(base, "link"));
    expect((await load()).rules).toHaveLength(1);
  });

  it("with the home folder as project the person's own file stays the person's", async () => {
    const mine = join(base, "mine");
    mkdirSync(join(mine, ".bosun"), { recursive: true });
    writeFileSync(join(mine, ".bosun/settings.json"), '{ "permissions": { "allow": ["bash(ls)"] } }');
    const outcome = await loadSettings({ root: mine, home: join(mine, ".bosun") });
    expect(outcome).toMatchObject({ ok: true, value: { notices: [], rules: [{ text: "bash(ls)" }] } });
  });
});

it("a file may name its schema", async () => {
  own('{ "$schema": "./settings.schema.json", "model": "a/b" }');
  expect(await load()).toMatchObject({ settings: { model: "a/b" }, notices: [] });
});

describe("managed settings", () => {
  const at = (line: number) => `${join(base, "managed.json")}:${line}`;

  it("are the strongest: over flags, and over what a trusted project says; of lists that are no rules theirs counts alone", async () => {
    own(JSON.stringify({ trust: [root], model: "a/own", shell: { domains: ["mine.example"] } }));
    local('{ "shell": { "domains": ["evil.example"], "sandbox": "off" } }');
    managed('{\n "model": "a/managed",\n "shell": { "domains": ["only.example"], "sandbox": "on" },\n "permissions": { "deny": ["fetch"] } }');
    const { settings, rules, origins, notices } = await load({ "model": "a/flag", "permissions.allow": ["fetch"] });
    expect(settings).toMatchObject({ "model": "a/managed", "shell.domains": ["only.example"], "shell.sandbox": "on" });
    expect(origins.model).toBe(at(2));
    expect(notices).toEqual([`"model" of the command line is ignored: ${at(2)} decides it.`]);
    expect(rules).toEqual([
      { text: "fetch", verdict: "allow", source: "the command line", level: "flags" },
      { text: "fetch", verdict: "deny", source: at(4), level: "managed" },
    ]);
  });

  it("may forbid bypass and the allow rules of others, each said with what forbids it", async () => {
    managed('{ "permissions": { "disableBypass": true, "managedRulesOnly": true, "allow": ["bash(npm test)"] } }');
    own('{ "permissions": { "mode": "bypass", "allow": ["bash"], "deny": ["fetch"] } }');
    const { settings, rules, notices } = await load({ "permissions.allow": ["edit(src/**)"] });
    expect(settings["permissions.mode"]).toBe("ask");
    expect(settings["permissions.allow"]).toEqual(["bash(npm test)"]);
    expect(rules.map(({ level, verdict, text }) => [level, verdict, text])).toEqual([
      ["user", "deny", "fetch"],
      ["managed", "allow", "bash(npm test)"],
    ]);
    expect(notices).toEqual([
      expect.stringMatching(/^The mode bypass of .*settings\.json:1 is ignored, and "ask" holds: .*managed\.json:1 forbids it\.$/),
      expect.stringMatching(/^These allow rules are ignored: bash \(.*\), edit\(src\/\*\*\) \(the command line\)\. By .*managed\.json:1 only managed/),
    ]);
    expect((await load({ "permissions.mode": "bypass" })).settings["permissions.mode"]).toBe("ask");
    expect((await load({ "permissions.mode": "plan" })).settings["permissions.mode"]).toBe("plan");
  });

  it("are the only ones that forbid, and stop the start where they can't be read", async () => {
    own('{ "permissions": { "managedRulesOnly": true, "disableBypass": true, "allow": ["bash"] } }');
    const { rules, notices, settings } = await load({ "permissions.mode": "bypass" });
    expect([rules.length, settings["permissions.mode"]]).toEqual([1, "bypass"]);
    expect(notices).toEqual(
      ["permissions.managedRulesOnly", "permissions.disableBypass"].map((name) => expect.stringContaining(`"${name}" is ignored: only the managed`)),
    );
    managed('{ "permisions": {} }');
    expect((await fail()).says).toContain(`${at(1)}:3: there is no setting "permisions"`);
  });

  it("stand where no variable moves them", () => {
    const before = process.env["ProgramData"];
    process.env["ProgramData"] = "/elsewhere";
    expect([managedPath("linux"), managedPath("darwin"), managedPath("win32")]).toEqual([
      "/etc/bosun/settings.json",
      "/Library/Application Support/bosun/settings.json",
      "C:\\ProgramData\\bosun\\settings.json",
    ]);
    if (before === undefined) delete process.env["ProgramData"];
    else process.env["ProgramData"] = before;
  });
});

describe("malformed settings", () => {
  it("are told with file, line, column and the key that was meant, several at once", async () => {
    own('{\n  "modle": "x",\n  "permissions": { "alow": [], "mode": "yolo" },\n  "budget": { "usd": "5", "turns": 2.5 },\n  "deny": []\n}');
    shared('{ "permissions": { "deny": ["a", 7] }, "limits": [] }');
    const error = await fail();
    expect(error.code).toBe("settings-malformed");
    const at = (file: string) => (file === "own" ? join(home, "settings.json") : join(root, ".bosun/settings.json"));
    expect(error.says.split("\n")).toEqual([
      `${at("own")}:2:3: there is no setting "modle": "model" is meant, perhaps.`,
      `${at("own")}:3:20: there is no setting "permissions.alow": "permissions.allow" is meant, perhaps.`,
      expect.stringContaining(`${at("own")}:3:40: "permissions.mode" is one of "plan", "ask"`),
      `${at("own")}:4:22: "budget.usd" is a number from 0 up; here stands "5".`,
      `${at("own")}:4:36: "budget.turns" is a whole number from 1 up; here stands 2.5.`,
      `${at("own")}:5:3: there is no setting "deny": "permissions.deny" is meant, perhaps.`,
      `${at("shared")}:1:34: "permissions.deny" is a list of texts: rules such as "bash(git log *)"; here stands 7.`,
      `${at("shared")}:1:50: "limits" is an object in braces, here stands an array.`,
    ]);
    expect(error.message).toContain("docs/settings.md");
  });

  it.each([
    ['{ "model": }', /:1:12: this is not JSON: value expected/],
    ['{ "model": "x"', /this is not JSON/],
    ["", /empty/],
    ["[]", /one object in braces/],
    ['{ "model": "a", "model": "b" }', /:1:17: "model" is set twice/],
    ['{ "__proto__": {} }', /no setting "__proto__"/],
    ['{ "providers": { "openai": { "keyEnvironment": "sk-live-1234567890abcdefghij" } } }', /never the key itself\); here stands a string\./],
    ['{ "providers": { "openai": { "baseUrl": "ftp://x" } } }', /an http or https address/],
    ["\u0000", /not JSON/],
    [`{ "model":${"[".repeat(100_000)}${"]".repeat(100_000)} }`, /:1:74: this is nested deeper than 64 levels/],
    [`// ${"[".repeat(100)}\n{ "model": "${"{".repeat(100)}\\"${"[".repeat(1_000_000)}`, /not JSON/],
  ])("%.60j", async (text, says) => {
    own(text);
    expect((await fail()).says).toMatch(says);
  });

  it("a file that can't be read is an error, a missing one is none", async () => {
    writeFileSync(join(home, "settings.json"), Buffer.from([0x7b, 0xff, 0x7d]));
    expect((await fail()).says).toMatch(/not UTF-8/);
    rmSync(join(home, "settings.json"));
    mkdirSync(join(home, "settings.json"));
    expect((await fail()).says).toMatch(/not a file/);
    rmSync(join(home, "settings.json"), { recursive: true });
    await load();
    if (process.getuid?.() !== 0) {
      own("{}");
      chmodSync(join(home, "settings.json"), 0);
      expect((await fail()).says).toMatch(/EACCES/);
    }
  });
});

describe("generated documents", () => {
  it("the schema names every key and the table's modes are the permissions' modes", async () => {
    const { generate } = await import("../../scripts/docs/settings-schema.ts");
    const { modeTable } = await import("../../src/permissions/index.ts");
    const schema = parse(generate()) as { properties: Record<string, { properties?: Record<string, { properties?: object }> }> };
    for (const name of Object.keys(settingsTable)) {
      let at: unknown = schema;
      for (const part of name.split(".")) at = (at as { properties: Record<string, unknown> }).properties[part];
      expect(at).toMatchObject({ description: expect.any(String) });
    }
    expect(settingsTable["permissions.mode"].type.among).toEqual(modeTable.map(({ mode }) => mode));
  });
});
