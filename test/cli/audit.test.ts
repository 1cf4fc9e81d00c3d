// Who decided what, told by commands: filters, SQL, the story of a call, other rules.
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bash, call, done, makePlace, type Place, read, serve, text } from "../agent/support.ts";
import { bosun, linesOf, sessionOf } from "./support.ts";

/** A read that is allowed, an escape sequence in a command that is not, and a formula. */
async function worked(name = "work-1"): Promise<Place> {
  const place = makePlace();
  place.write("a.txt", "hi");
  const server = await serve([
    { reply: [text("Let me look."), read("a.txt"), bash("rm -rf 'build\u001b[2J' && ls")] },
    { reply: [call("read", { path: "=1+2.txt" })] },
    done,
  ]);
  expect(await bosun({ place, server }, "-p", "clean the build", "--permission-mode", "unattended", "--session-id", name)).toMatchObject({ code: 0 });
  return place;
}

describe("bosun audit, sql, why, policy", () => {
  test("decisions are listed, filtered, and counted by SQL; the index may go and is made again", { timeout: 30_000 }, async () => {
    const place = await worked();
    const denied = await bosun({ place }, "audit", "--verdict", "deny", "--since", "1h", "--json");
    expect(denied.code).toBe(0);
    expect(linesOf(denied.stdout)).toMatchObject([{ verdict: "deny", decider: "mode", tool: "bash", session: "work-1", mode: "unattended" }]);
    const table = await bosun({ place }, "audit");
    expect(table.stdout).toMatch(/AT +VERDICT +BY +TOOL +SUBJECT/);
    expect(table.stdout).toContain("\\x1b[2J");
    expect(table.stdout).not.toContain("\u001b");
    const csv = await bosun({ place }, "audit", "--csv", "--tool", "read");
    expect(csv.stdout).toContain(",'=1+2.txt,");
    expect(csv.stdout.split("\r\n").length).toBe(4);
    const asked = ["sql", "select decider, count(*) from decisions group by 1"];
    const counted = await bosun({ place }, ...asked);
    expect(counted).toMatchObject({ code: 0, stdout: "DECIDER  COUNT(*)\nmode     3\n" });
    for (const end of ["", "-wal", "-shm"]) fs.rmSync(join(place.home, `index.db${end}`), { force: true });
    expect((await bosun({ place }, ...asked)).stdout).toBe(counted.stdout);
    expect((await bosun({ place }, "audit", "--verdict", "deny", "--since", "1h", "--json")).stdout).toBe(denied.stdout);
  });

  test("what is put into filters is compared, never run; what can't be a filter is refused", { timeout: 30_000 }, async () => {
    const place = await worked();
    for (const [option, text] of [
      ["--tool", "bash' OR '1'='1"],
      ["--project", "x' OR 1=1 --"],
      ["--rule", "%"],
    ] as const)
      expect(await bosun({ place }, "audit", "--json", option, text), option).toMatchObject({ code: 0, stdout: "" });
    expect(linesOf((await bosun({ place }, "audit", "--json", "--session", "work")).stdout).length).toBe(3);
    for (const words of [["--since", "2026-13-45"], ["--by", "nobody"], ["--all", "--session", "work-1"], ["nonsense"]]) {
      const { code, stderr } = await bosun({ place }, "audit", ...words);
      expect({ words, code }).toEqual({ words, code: 2 });
      expect(stderr).toMatch(/bosun: .+\..+/);
    }
  });

  test("an index that cannot be used is said, and every journal is read instead", { timeout: 30_000 }, async () => {
    const place = await worked();
    for (const end of ["", "-wal", "-shm"]) fs.rmSync(join(place.home, `index.db${end}`), { force: true });
    fs.mkdirSync(join(place.home, "index.db"));
    for (const words of [
      ["audit", "--json"],
      ["sql", "select * from decisions", "--json"],
    ]) {
      const { code, stdout, stderr } = await bosun({ place }, ...words);
      expect(code).toBe(0);
      expect(linesOf(stdout).length).toBe(3);
      expect(stderr).toContain("All journals are read instead");
    }
    const { code, stderr } = await bosun({ place }, "sql", "select * from decision_rows", "--seconds", "0");
    expect(code).toBe(2);
    expect(stderr).toContain("sessions, turns, calls, decisions, effects, costs, cache");
  });

  test("a statement that takes too long is ended", { timeout: 30_000 }, async () => {
    const place = makePlace();
    const endless = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n";
    const { code, stderr, milliseconds } = await bosun({ place }, "sql", endless, "--seconds", "0.5");
    expect(code).toBe(2);
    expect(stderr).toContain("longer than 0.5 seconds");
    expect(milliseconds).toBeGreaterThan(500);
    expect(await bosun({ place }, "sql", "select 1 as one", "--json", "--seconds", "10000000000")).toMatchObject({
      code: 0,
      stdout: '{"one":1}\n',
      stderr: "",
    });
  });

  test("why tells who asked, what was found with its place, who decided and how it ended", { timeout: 30_000 }, async () => {
    const place = await worked();
    const [row] = linesOf((await bosun({ place }, "audit", "--json", "--tool", "bash")).stdout);
    const { code, stdout } = await bosun({ place }, "why", String(row?.["step"]));
    expect(code).toBe(0);
    for (const part of [
      "The person said",
      "clean the build",
      "anthropic/claude-sonnet-5-5 called it in turn 1, one of 2 calls",
      "That reply: $",
      "It said: Let me look.",
      '"command"',
      "^^",
      "check 73",
      "Denied (line",
      "Decided by mode",
      "Ended: denied",
    ])
      expect(stdout, part).toContain(part);
    expect(stdout).not.toContain("\u001b");
    const [story] = linesOf((await bosun({ place }, "why", String(row?.["call"]), "--json")).stdout);
    expect(story).toMatchObject({ step: row?.["step"], end: { state: "denied" }, decisions: [{ decision: { verdict: "deny" } }] });
    expect(await bosun({ place }, "why", "nobody")).toMatchObject({ code: 2, stderr: expect.stringContaining("bosun audit") });
    expect(await bosun({ place }, "why", "s_")).toMatchObject({ code: 2, stderr: expect.stringContaining("several calls") });
  });

  test("other rules are tried on what was recorded, and nothing is written", { timeout: 30_000 }, async () => {
    const place = await worked();
    const [path = ""] = fs.globSync("projects/*/*/journal.jsonl", { cwd: place.home });
    const before = fs.readFileSync(join(place.home, path), "utf8");
    place.write("rules.json", '// stricter here, milder there\n{ "deny": ["read(a.txt)"],\n "allow": ["bash"], }');
    const [found] = linesOf((await bosun({ place }, "policy", "test", "--policy", "rules.json", "--json")).stdout);
    expect(found).toMatchObject({ calls: 3, matrix: { allow: { allow: 1, deny: 1 }, deny: { deny: 0 } } });
    expect(found?.["changed"]).toMatchObject([
      { tool: "read", before: "allow", after: "deny", because: expect.stringContaining("rules.json:2") },
      { tool: "bash", before: "deny", after: "allow", because: expect.stringContaining("rules.json:3") },
    ]);
    const { stdout } = await bosun({ place }, "policy", "test", "--policy", "rules.json");
    expect(stdout).toMatch(/was allowed +1 +0 +1\n/);
    expect(fs.readFileSync(join(place.home, path), "utf8")).toBe(before);
    place.write("bad.json", '{\n  "permissions": {\n    "deny": ["read(a.txt"]\n  }\n}');
    expect(await bosun({ place }, "policy", "test", "--policy", "bad.json")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/bad\.json:3.*deny rule "read\(a\.txt"/),
    });
    place.write("worse.json", '{\n  "deny": [],\n  "alow": []\n}');
    expect(await bosun({ place }, "policy", "test", "--policy", "worse.json")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/worse\.json:3:3: .*permissions\.allow" is meant/),
    });
    expect(await bosun({ place }, "policy", "test", "--policy", "none.json")).toMatchObject({ code: 2, stderr: expect.stringContaining("no such file") });
  });

  test("verify names the line that was changed, and its exit code says so", { timeout: 30_000 }, async () => {
    const place = await worked("odd.name_-1");
    const path = join(place.home, fs.globSync("projects/*/*/journal.jsonl", { cwd: place.home })[0] ?? "");
    expect(await bosun({ place }, "audit", "verify")).toMatchObject({ code: 0, stdout: expect.stringContaining("1 journal, 1 whole.") });
    fs.appendFileSync(path, '{"v":1,"seq":99,"id":');
    expect(await bosun({ place }, "audit", "verify", sessionOf(place))).toMatchObject({ code: 0, stdout: expect.stringContaining("torn") });
    const text = fs.readFileSync(path, "utf8");
    fs.writeFileSync(path, text.replace("clean the build", "clean the guild"));
    const { code, stdout } = await bosun({ place }, "audit", "verify", "--all");
    expect(code).toBe(8);
    expect(stdout).toMatch(/odd\.name_-1 +\d+ lines, CHANGED\n {2}Line 2 does not fit \(wrong checksum/);
    expect(linesOf((await bosun({ place }, "audit", "verify", "--json")).stdout)).toMatchObject([{ verdict: "changed", problems: [{ line: 2 }, {}] }]);
  });
});
