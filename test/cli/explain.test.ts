// `bosun explain` and `bosun checks`, as the built command.
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadChecks } from "../../src/shell/index.ts";
import { makePlace, type Place } from "../agent/support.ts";
import { bosun } from "./support.ts";

const inside = (place: Place, ...words: string[]) => bosun({ place }, "explain", ...words);

describe("one command", () => {
  test("says verdict, decider, place, sandbox and rule", async () => {
    const place = makePlace();
    const { code, stdout } = await inside(place, "npm test | tail -3");
    expect(code).toBe(0);
    expect(stdout).toContain("Asks: it runs scripts of the project (check 59)");
    expect(stdout).toContain("  npm test | tail -3\n  ^^^^^^^^\n");
    expect(stdout).toContain('It runs in the sandbox "workspace" once it is allowed.');
    expect(stdout).toContain("The narrowest rule that allows it: bash(npm test *)");
    expect((await inside(place, "ls | head")).stdout).toMatch(/^Allowed: it only reads, inside the project\.[\s\S]*sandbox "read-only"/);
  });

  test("goes by the person's settings and the mode that is asked for", async () => {
    const place = makePlace();
    fs.mkdirSync(place.home, { recursive: true });
    fs.writeFileSync(
      join(place.home, "settings.json"),
      JSON.stringify({ permissions: { allow: ["bash(npm test *)"], deny: ["bash(ls *)"] }, shell: { outside: "deny" } }),
    );
    const verdict = async (...words: string[]) => JSON.parse((await inside(place, "--json", ...words)).stdout) as { verdict: string; decidedBy: string };
    expect(await verdict("npm test")).toMatchObject({ verdict: "allow", decidedBy: "rule bash(npm test *)" });
    expect(await verdict("ls")).toMatchObject({ verdict: "deny", decidedBy: "rule bash(ls *)" });
    expect(await verdict("cat /etc/passwd")).toMatchObject({ verdict: "deny", decidedBy: "check 92" });
    expect(await verdict("touch new")).toMatchObject({ verdict: "ask" });
    expect(await verdict("touch new", "--mode", "accept-edits")).toMatchObject({ verdict: "allow", decidedBy: "mode accept-edits" });
    expect(await verdict("touch new", "--mode", "plan")).toMatchObject({ verdict: "deny", decidedBy: "mode plan" });
  });

  test("what can't be seen is written out, and nothing is run", async () => {
    const place = makePlace();
    const { stdout } = await inside(place, "ls \u202e; touch CANARY \u001b[2J");
    for (const character of ["\u202e", "\u001b"]) expect(stdout).not.toContain(character);
    expect(stdout).toContain("\\u{202e}");
    expect(fs.existsSync(join(place.project, "CANARY"))).toBe(false);
  });

  test("more or less than one command is an error that says how", async () => {
    const place = makePlace();
    expect(await inside(place)).toMatchObject({ code: 2, stderr: expect.stringContaining("Quote it") });
    expect(await inside(place, "git", "log")).toMatchObject({ code: 2, stderr: expect.stringContaining("Quote it") });
    expect(await inside(place, "--jsonl", "ls")).toMatchObject({ code: 2 });
  });
});

describe("rows", () => {
  const rows = async (place: Place, stdin: string) => {
    const { code, stdout } = await bosun({ place, stdin }, "explain", "--jsonl");
    return {
      code,
      rows: stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    };
  };

  test("one answer for each, in order, bad ones too", async () => {
    const place = makePlace();
    fs.mkdirSync(join(place.project, "sub"));
    fs.writeFileSync(join(place.project, "README.md"), "x");
    const asked = [
      '{"id":"a","command":"cat README.md"}',
      "no json",
      "",
      '{"id":"b","command":"rm -r x","shell":"bash"}',
      '{"id":3}',
      "[1]",
      '{"id":"c","command":"cat ../README.md","cwd":"sub"}',
      '{"id":"d","command":"ls","cwd":"missing"}',
      '{"id":"e","command":"mkfs.ext4 /dev/sda"}',
      '{"id":"f","command":"cat ../README.md"}',
    ];
    const { code, rows: found } = await rows(place, asked.join("\n"));
    expect(code).toBe(2);
    expect(found.map(({ id, verdict, error }) => [id, verdict ?? typeof error])).toEqual([
      ["a", "allow"],
      [null, "string"],
      ["b", "ask"],
      [3, "string"],
      [null, "string"],
      ["c", "allow"],
      ["d", "string"],
      ["e", "deny"],
      ["f", "ask"],
    ]);
    expect(found[0]).toMatchObject({ decidedBy: "analysis", findings: [], effects: [{ kind: "reads", what: "content" }] });
    expect(found[2]).toMatchObject({ findings: [{ check: 73, kind: "effect", span: { start: 0, end: 7 } }] });
  });

  test("nobody's settings count", async () => {
    const place = makePlace();
    fs.mkdirSync(place.home, { recursive: true });
    fs.writeFileSync(join(place.home, "settings.json"), JSON.stringify({ permissions: { mode: "bypass", allow: ["bash"], deny: ["bash(ls)"] } }));
    const { code, rows: found } = await rows(place, '{"id":1,"command":"ls"}\n{"id":2,"command":"rm x"}\n');
    expect([code, ...found.map(({ verdict }) => verdict)]).toEqual([0, "allow", "ask"]);
  });

  test("thousands in a few seconds", async () => {
    const place = makePlace();
    const commands = ["ls -la", "git log --oneline | head -5", "rm -rf x", "for f in *.ts; do wc -l $f; done", "cat $(touch x)", "find . -name '*.ts'"];
    const text = Array.from({ length: 3000 }, (_, id) => JSON.stringify({ id, command: `${commands[id % commands.length]} # ${id}` })).join("\n");
    const from = performance.now();
    const { rows: found } = await rows(place, text);
    expect(found.map(({ id }) => id)).toEqual(Array.from({ length: 3000 }, (_, id) => id));
    expect(3000 / ((performance.now() - from) / 1000)).toBeGreaterThan(150); // 500 and more on a machine that does nothing else
  });
});

describe("checks", () => {
  test("are listed, and explained by number or name", async () => {
    const place = makePlace();
    const checks = await loadChecks();
    const { stdout } = await bosun({ place }, "checks");
    expect(stdout.trimEnd().split("\n")).toHaveLength(checks.length + 1);
    const one = await bosun({ place }, "checks", "71");
    expect(one.stdout).toContain("CVE-2022-24765");
    expect(one.stdout).toContain("cd vendor/nested && git status");
    expect((await bosun({ place }, "checks", "repository")).stdout).toBe(one.stdout);
    expect(JSON.parse((await bosun({ place }, "checks", "--json")).stdout)).toEqual(checks);
    expect(await bosun({ place }, "checks", "7000")).toMatchObject({ code: 2, stderr: expect.stringContaining("bosun checks") });
  });
});
