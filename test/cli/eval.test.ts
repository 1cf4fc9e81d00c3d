// The labelled calls that come with bosun, and `bosun eval classifier` against a scripted model: that it counts rightly, not how good a model is.
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ownSets, readSets } from "../../src/cli/eval-set.ts";
import { riskClasses } from "../../src/permissions/classifier-prompt.ts";
import { builtinTools } from "../../src/tools/index.ts";
import { makePlace, type Place, serve } from "../agent/support.ts";
import { bosun } from "./support.ts";

const tools = new Set(builtinTools.map(({ name }) => name));

describe("the labelled calls", () => {
  test("are at least 200, well-formed, without duplicates, balanced in all and in each file, and of every risk", async () => {
    const read = await readSets(ownSets(), tools);
    if (!read.ok) throw read.error;
    const rows = read.value;
    expect(rows.length).toBeGreaterThanOrEqual(200);
    expect(new Set(rows.map(({ intent, call }) => JSON.stringify([intent, call]))).size).toBe(rows.length);
    expect(new Set(rows.map(({ why }) => why)).size).toBeGreaterThan(rows.length * 0.9);
    const share = (some: typeof rows) => some.filter(({ label }) => label === "allow").length / some.length;
    expect(share(rows)).toBeGreaterThan(0.45);
    expect(share(rows)).toBeLessThan(0.55);
    for (const set of new Set(rows.map((row) => row.set))) {
      const own = rows.filter((row) => row.set === set);
      expect(own.length).toBeGreaterThanOrEqual(10);
      expect([...new Set(own.map(({ label }) => label))].sort()).toEqual(["allow", "deny"]);
      for (const { id } of own) expect(id).toMatch(new RegExp(`^${set}-\\d\\d$`));
    }
    expect(riskClasses.filter((name) => !rows.some(({ risk }) => risk === name))).toEqual([]);
    expect(rows.filter(({ label, risk }) => label === "deny" && risk === "none")).toEqual([]);
    // the same call is right after one wish and wrong after another: only the intent tells
    const labels = Map.groupBy(rows, ({ call }) => JSON.stringify(call));
    expect([...labels.values()].filter((same) => new Set(same.map(({ label }) => label)).size === 2).length).toBeGreaterThanOrEqual(3);
  });

  test("that can't be used are named, each with its file and line", async () => {
    const place = makePlace();
    const good = { id: "a", intent: ["x"], call: { tool: "bash", input: { command: "ls" } }, label: "allow", risk: "none", why: "y" };
    const rows = [
      "{",
      [],
      { ...good, more: 1 },
      { ...good, label: "ask" },
      { ...good, risk: "low" },
      { ...good, intent: [] },
      { ...good, call: { tool: "fly", input: {} } },
      good,
      good,
    ];
    place.write("x.jsonl", rows.map((row) => (row === "{" ? row : JSON.stringify(row))).join("\n"));
    const read = await readSets([place.file("x.jsonl"), place.file("none.jsonl")], tools);
    const says = read.ok ? "" : read.error.message;
    for (const line of [1, 2, 3, 4, 5, 6, 7, 9]) expect(says).toContain(`x.jsonl:${line}: `);
    expect(says).not.toContain("x.jsonl:8:");
    expect(says).toMatch(/none\.jsonl: .*ENOENT/);
  });
});

describe("bosun eval classifier", () => {
  const verdict = (is: string) => [{ text: JSON.stringify({ verdict: is, risk: "none", reason: "a script says so" }) }];
  const four = (place: Place) =>
    place.write(
      "four.jsonl",
      ["yes", "wrong", "vague", "down", "no"]
        .map((word, at) => ({
          id: word,
          intent: [`${word} please`],
          call: { tool: "bash", input: { command: "npm test" } },
          label: at < 2 ? "deny" : "allow",
          risk: "scope",
          why: word,
        }))
        .map((row) => JSON.stringify(row))
        .join("\n"),
    );
  const script = {
    name: "judge",
    order: "first-match",
    turns: [
      { match: { userText: "yes please" }, repeat: "always", reply: verdict("deny") },
      { match: { userText: "wrong please" }, repeat: "always", reply: verdict("allow") },
      { match: { userText: "vague please" }, repeat: "always", reply: verdict("unsure") },
      { match: { userText: "down please" }, reply: verdict("allow"), fault: { kind: "status", status: 529, times: "always" } },
      { match: { userText: "no please" }, repeat: "always", reply: verdict("deny") },
    ],
  } as const;
  const args = ["eval", "classifier", "--model", "anthropic/claude-haiku-5-5", "--set", "four.jsonl"];

  test("prints the confusion, what gave no verdict, cost and latency, and that a script's figures say nothing", async () => {
    const place = makePlace();
    four(place);
    const { code, stdout } = await bosun({ place, server: await serve(script) }, ...args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/LABELLED +ALLOW +DENY +NO-VERDICT +UNAVAILABLE\nallow \(3\) +0 +1 +1 +1\ndeny \(2\) +1 +1 +0 +0\n/);
    expect(stdout).toMatch(/wrongly allowed +1 \(50\.0 %\): wrong\nwrongly denied +1 \(33\.3 %\): no\n/);
    expect(stdout).toMatch(/cost +\$0\.\d{4}\nlatency +p50 \d+ ms, p95 \d+ ms\n/);
    expect(stdout).toContain("figures of a scripted model say nothing about a real one");
  });

  test("costs what the person's own prices say", async () => {
    const place = makePlace();
    four(place);
    fs.mkdirSync(place.home, { recursive: true });
    const row = { input: 500_000, output: 500_000, cacheWrite: 500_000, cacheWriteLong: 500_000, source: "contract", asOf: "2026-10-01" };
    fs.writeFileSync(join(place.home, "prices.json"), JSON.stringify({ "anthropic/claude-haiku-5-5": row }));
    const { stdout } = await bosun({ place, server: await serve(script) }, ...args, "--json");
    expect(JSON.parse(stdout).usd).toBeGreaterThan(1);
    fs.writeFileSync(join(place.home, "prices.json"), "{ torn");
    expect(await bosun({ place, server: await serve(script) }, ...args)).toMatchObject({ stdout: "", stderr: expect.stringContaining("prices.json") });
  });

  test("says the same as JSON, of so many calls as are asked for", async () => {
    const place = makePlace();
    four(place);
    const { code, stdout } = await bosun({ place, server: await serve(script) }, ...args, "--json", "--limit", "2");
    expect(code).toBe(0);
    const said = JSON.parse(stdout) as { calls: number; prompt: string; results: readonly { id: string; outcome: string; leftToClassifier: boolean }[] };
    expect(said).toMatchObject({ calls: 2, prompt: "classifier-1", note: expect.stringContaining("scripted") });
    expect(said.results[0]).toMatchObject({ id: "yes", outcome: "deny", leftToClassifier: true });
  });

  test.each([
    [["eval"], /takes one word/],
    [["eval", "judge"], /takes one word/],
    [["eval", "classifier"], /--model/],
    [["eval", "classifier", "--model", "anthropic/claude-haiku-5-5", "--set", "none.jsonl"], /none\.jsonl: .*docs\/classifier\.md/s],
    [["eval", "classifier", "--model", "anthropic/claude-haiku-5-5"], /needs a key/],
  ])("%j is refused, with the next move", async (words, says) => {
    const { code, stderr } = await bosun({ place: makePlace() }, ...words);
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
  });

  test("ends as one whose model could not be called, when no call was answered", async () => {
    const place = makePlace();
    four(place);
    fs.mkdirSync(join(place.home), { recursive: true });
    const down = { name: "down", turns: [{ reply: verdict("allow"), fault: { kind: "status", status: 401, times: "always" } }] } as const;
    const { code, stdout } = await bosun({ place, server: await serve(down) }, ...args);
    expect(code).toBe(7);
    expect(stdout).toMatch(/latency +none was answered/);
  });
});

test("explain in mode auto says what would be asked of the classifier, and what would not", async () => {
  const place = makePlace();
  const said = async (...words: string[]) => (await bosun({ place }, "explain", "--mode", "auto", ...words)).stdout;
  expect(await said("npm test")).toMatch(/^Asks: .*It would be asked of the classifier first\./);
  expect(JSON.parse(await said("--json", "npm test"))).toMatchObject({ verdict: "ask", classifier: true });
  const far = await said("touch ../x");
  expect(far).toMatch(/^Asks: /);
  expect(far).not.toContain("classifier");
});
