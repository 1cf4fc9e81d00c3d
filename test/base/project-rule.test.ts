// A rule that a person gave for the project ends in a file, and nothing else of that file changes.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "jsonc-parser";
import { afterEach, beforeEach, expect, it } from "vitest";
import { addProjectRule } from "../../src/base/index.ts";

let root: string;
let path: string;
beforeEach(() => {
  root = realpathSync.native(mkdtempSync(join(tmpdir(), "bosun-rule-")));
  path = join(root, ".bosun/settings.local.json");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const given = (text: string): void => {
  mkdirSync(join(root, ".bosun"), { recursive: true });
  writeFileSync(path, text);
};

it("makes the file, private and alone in its folder", async () => {
  expect(await addProjectRule(root, "bash(npm test *)")).toEqual({ ok: true, value: path });
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ permissions: { allow: ["bash(npm test *)"] } });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(root, ".bosun"))).toEqual(["settings.local.json"]);
});

it.each([
  ['// mine\n{\n\t// why\n\t"model": "a/b", // this one\n\t"permissions": { "deny": ["x"] }\n}\n', []],
  ['{\n  "permissions": {\n    "allow": [\n      "read", // reading\n      "edit(src/**)",\n    ],\n  },\n}\n', ["read", "edit(src/**)"]],
  ['\ufeff{ "permissions": { "allow": [] } }', []],
  ["{}", []],
  ["// nothing yet\r\n{\r\n}\r\n", []],
])("keeps comments and what stands there: %j", async (text, before) => {
  given(text);
  expect(await addProjectRule(root, "bash(npm 'a \"b')")).toEqual({ ok: true, value: path });
  const after = readFileSync(path, "utf8");
  expect(parse(after.replace("\ufeff", "")).permissions.allow).toEqual([...before, "bash(npm 'a \"b')"]);
  for (const comment of text.match(/\/\/[^\r\n]*/g) ?? []) expect(after).toContain(comment);
  expect(after.startsWith("\ufeff")).toBe(text.startsWith("\ufeff"));
});

it("writes a rule once, and rules that come together all", async () => {
  const rules = ["bash(a)", "bash(b)", "bash(a)", "bash(c)"];
  for (const outcome of await Promise.all(rules.map((rule) => addProjectRule(root, rule)))) expect(outcome.ok).toBe(true);
  expect(JSON.parse(readFileSync(path, "utf8")).permissions.allow).toEqual(["bash(a)", "bash(b)", "bash(c)"]);
});

it("leaves a file that can't be read as it is, and says where", async () => {
  given('{\n  "permissions": { "alow": [] }\n}');
  const outcome = await addProjectRule(root, "read");
  expect(outcome).toMatchObject({ ok: false, error: { says: expect.stringContaining(`${path}:2:20: there is no setting "permissions.alow"`) } });
  expect(readFileSync(path, "utf8")).toContain("alow");
});

it("follows no link out of the project, neither of the file nor of its folder", async () => {
  const elsewhere = realpathSync.native(mkdtempSync(join(tmpdir(), "bosun-rule-else-")));
  try {
    writeFileSync(join(elsewhere, "settings.local.json"), "{}");
    symlinkSync(elsewhere, join(root, ".bosun"));
    expect(await addProjectRule(root, "bash")).toMatchObject({ ok: false, error: { says: expect.stringContaining("link that leads elsewhere") } });
    rmSync(join(root, ".bosun"));
    mkdirSync(join(root, ".bosun"));
    symlinkSync(join(elsewhere, "settings.local.json"), path);
    expect(await addProjectRule(root, "bash")).toMatchObject({ ok: false, error: { says: expect.stringContaining("not a file of its own") } });
    expect(readFileSync(join(elsewhere, "settings.local.json"), "utf8")).toBe("{}");
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
});
