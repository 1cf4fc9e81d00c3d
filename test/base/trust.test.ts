// Trust is said once, kept, and of one real folder alone.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { forgetTrust, loadSettings, readTrust, recordTrust } from "../../src/base/index.ts";

let base: string;
let root: string;
let home: string;
beforeEach(() => {
  base = realpathSync.native(mkdtempSync(join(tmpdir(), "bosun-trust-")));
  root = join(base, "project");
  home = join(base, "home");
  mkdirSync(join(root, ".bosun"), { recursive: true });
  writeFileSync(join(root, ".bosun/settings.json"), '{ "permissions": { "allow": ["bash"] } }');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));
const say = (verdict: "yes" | "no", of = root) => recordTrust(home, { root: of, verdict, when: "2026-11-22T10:00:00.000Z", by: "command" });
async function load(of = root) {
  const outcome = await loadSettings({ root: of, home, managed: join(base, "none") });
  if (!outcome.ok) throw outcome.error;
  return outcome.value;
}

it("is kept privately, replaced whole, and forgotten", async () => {
  expect((await load()).trust).toBe("unsaid");
  expect(say("yes").ok).toBe(true);
  expect(statSync(join(home, "trust.json")).mode & 0o777).toBe(0o600);
  expect(await load()).toMatchObject({ trusted: true, trust: "yes", notices: [], withheld: [], rules: [{ text: "bash", level: "project" }] });
  say("no");
  expect(readTrust(home).records).toHaveLength(1);
  expect(await load()).toMatchObject({
    trusted: false,
    trust: "no",
    rules: [],
    notices: [expect.stringMatching(/^You said that this project is not trusted/)],
  });
  expect(forgetTrust(home, root)).toMatchObject({ ok: true, value: { verdict: "no" } });
  expect(forgetTrust(home, root)).toEqual({ ok: true, value: null });
  expect((await load()).trust).toBe("unsaid");
  expect(readdirSync(home)).toEqual(["trust.json"]);
});

it("a recorded no holds against the list of the settings", async () => {
  say("no");
  writeFileSync(join(home, "settings.json"), JSON.stringify({ trust: [root] }));
  expect((await load()).trust).toBe("no");
  forgetTrust(home, root);
  expect((await load()).trust).toBe("yes");
});

it("a relative path in the list trusts nothing, wherever bosun is started, and is said", async () => {
  const from = process.cwd();
  mkdirSync(home);
  writeFileSync(join(home, "settings.json"), JSON.stringify({ trust: [".", "project", "~/project"] }));
  try {
    for (const cwd of [root, base]) {
      process.chdir(cwd);
      const loaded = await load();
      expect([loaded.trust, loaded.rules]).toEqual(["unsaid", []]);
      expect(loaded.notices.filter((each) => each.includes("trusts nothing: write the whole path"))).toHaveLength(3);
    }
  } finally {
    process.chdir(from);
  }
});

it("is of one folder: not of those in it, above it, beside it; and a link to it is the same", async () => {
  say("yes");
  const others = [join(root, "child"), base, `${root}-two`];
  for (const other of others) {
    mkdirSync(join(other, ".bosun"), { recursive: true });
    writeFileSync(join(other, ".bosun/settings.json"), '{ "permissions": { "allow": ["bash"] } }');
    expect((await load(other)).trusted, other).toBe(false);
  }
  symlinkSync(root, join(base, "link"));
  expect((await load(join(base, "link"))).trusted).toBe(true);
  // what the link leads to now is another folder
  rmSync(join(base, "link"));
  symlinkSync(`${root}-two`, join(base, "link"));
  expect((await load(join(base, "link"))).trusted).toBe(false);
});

it.each([
  ["", "not JSON"],
  ["{", "not JSON"],
  ["[]", "no object"],
  ['{"version":1,"projects":[{"root":"ROOT","verdict":"YES","when":"","by":"command"}]}', "another word"],
  ['{"version":2,"projects":[{"root":"ROOT","verdict":"yes","when":"","by":"command"}]}', "another version"],
  ['{"version":1,"projects":[{"root":"ROOT","verdict":"yes","when":"","by":"command"},{"root":7}]}', "a record that is none"],
])("a file that is not what bosun wrote trusts nothing, is said, and is not overwritten: %j", async (text) => {
  mkdirSync(home);
  const written = text.replaceAll("ROOT", root);
  writeFileSync(join(home, "trust.json"), written);
  const { trusted, notices } = await load();
  expect(trusted).toBe(false);
  expect(notices[0]).toMatch(/trust\.json is not what bosun writes there, so no project is trusted by it: mend it, or remove it/);
  expect(say("yes")).toMatchObject({ ok: false, error: { code: "file-failed" } });
  expect(readFileSync(join(home, "trust.json"), "utf8")).toBe(written);
});

it("a home that can't be written is an error with its next move", () => {
  if (process.getuid?.() === 0) {
    writeFileSync(home, "a file");
  } else {
    mkdirSync(home);
    chmodSync(home, 0o500);
  }
  expect(say("yes")).toMatchObject({ ok: false, error: { message: expect.stringContaining("Check the permissions") } });
});
