// The person's own prices: what is taken, and what is refused with its file, line and meaning.
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { listCatalogue, ownPriceOf, ratesOf, readPriceFile, staleInWords, staleness } from "../../src/model/index.ts";

const now = Date.parse("2026-11-22T12:00:00Z");

function homeWith(text: string): string {
  const home = fs.mkdtempSync(join(tmpdir(), "bosun-prices-"));
  onTestFinished(() => fs.rmSync(home, { recursive: true, force: true }));
  fs.writeFileSync(join(home, "prices.json"), text);
  return home;
}
const read = (text: string) => readPriceFile(homeWith(text), now);
async function problems(text: string): Promise<readonly string[]> {
  const home = homeWith(text);
  const found = await readPriceFile(home, now);
  if (found.ok) return [];
  expect(found.error.code).toBe("settings-malformed");
  expect(found.error.message).toContain("Mend the named lines");
  return found.error.says.split("\n").map((line) => line.replace(`${home}/prices.json:`, ""));
}

const openai = '"source": "invoice", "asOf": "2026-10-01"';

describe("a price file", () => {
  test("that is not there is none", async () => {
    expect(await readPriceFile(join(tmpdir(), "bosun-no-such-home"), now)).toEqual({ ok: true, value: null });
  });

  test("gives rates by length, cache facts, a source and a day; comments and trailing commas are taken", async () => {
    const found = await read(`{
      // our contract
      "openai/gpt-9": {
        "input": 1, "output": 8, "cacheRead": 0.1,
        "longPrompt": [{ "over": 100000, "input": 2, "output": 12 }, { "over": 500000, "input": 4, "output": 16 }],
        "minimumTokens": 2048, "lifeSeconds": 600, ${openai},
      },
    }`);
    if (!found.ok || found.value === null) throw new Error("not read");
    const row = ownPriceOf(found.value, "openai/gpt-9", undefined);
    if (!row) throw new Error("no row");
    expect(row).toMatchObject({ source: "invoice", asOf: "2026-10-01", line: 3, cache: { minimumTokens: 2048, lifeSeconds: 600 } });
    expect([100_000, 100_001, 500_000, 500_001].map((tokens) => ratesOf(row, tokens).input)).toEqual([1, 2, 2, 4]);
    expect(ownPriceOf(found.value, "openai/gpt-8", undefined)).toBeUndefined();
  });

  test("names a dated id by the catalogue's row", async () => {
    const found = await read(`{ "openai/gpt-6-sol": { "input": 1, "output": 1, "cacheWrite": 1, ${openai} } }`);
    if (!found.ok) throw found.error;
    const row = listCatalogue().find(({ id }) => id === "gpt-6-sol");
    expect(ownPriceOf(found.value, "openai/gpt-6-sol-2026-09-22", row)?.price).toEqual({ input: 1, output: 1, cacheWrite: 1 });
  });

  test.each([
    [
      "a negative rate",
      `{ "openai/x": { "input": -1, "output": 2, ${openai} } }`,
      "1: input of openai/x is US dollars per million tokens, 0 or more; here stands -1.",
    ],
    [
      "a rate that is a text",
      `{ "openai/x": { "input": "1", "output": 2, ${openai} } }`,
      '1: input of openai/x is US dollars per million tokens, 0 or more; here stands "1".',
    ],
    [
      "a rate beyond every number",
      `{ "openai/x": { "input": 1e400, "output": 2, ${openai} } }`,
      "1: input of openai/x is US dollars per million tokens, 0 or more; here stands 1e400.",
    ],
    [
      "a rate with which sums are no numbers any more",
      `{ "openai/x": { "input": 1, "output": 1e305, ${openai} } }`,
      "1: output of openai/x is US dollars per million tokens, 0 or more, and no model costs more than 1000000; here stands 1e305.",
    ],
    ["a missing rate", `{\n "openai/x": { "input": 1, ${openai} } }`, '2: the row of openai/x has no "output".'],
    [
      "a missing day",
      '{ "openai/x": { "input": 1, "output": 2, "source": "me" } }',
      '1: the row of openai/x has no "asOf": say on which day its figures were read.',
    ],
    [
      "a missing source",
      '{ "openai/x": { "input": 1, "output": 2, "asOf": "2026-10-01" } }',
      '1: the row of openai/x has no "source": say where its figures come from.',
    ],
    [
      "a day that does not exist",
      '{ "openai/x": { "input": 1, "output": 2, "source": "me", "asOf": "2026-02-30" } }',
      '1: asOf of openai/x is a day, YYYY-MM-DD; here stands "2026-02-30".',
    ],
    [
      "a day in the future",
      '{ "openai/x": { "input": 1, "output": 2, "source": "me", "asOf": "2027-02-03" } }',
      "1: asOf of openai/x lies in the future: 2027-02-03.",
    ],
    [
      "an unknown field",
      `{ "openai/x": {\n "inputs": 1, "input": 1, "output": 2, ${openai} } }`,
      '2: the row of openai/x has a field "inputs" that is not known;',
    ],
    ["a name without its provider", `{ "gpt-6": { "input": 1, "output": 2, ${openai} } }`, '1: "gpt-6" is no model: write provider/name'],
    [
      "the same model twice",
      `{ "openai/x": { "input": 1, "output": 2, ${openai} },\n "openai/x": { "input": 1, "output": 2, ${openai} } }`,
      '2: "openai/x" stands twice',
    ],
    [
      "writing to the cache left out where it is billed",
      `{ "anthropic/claude-opus-5-5": { "input": 1, "output": 2, ${openai} } }`,
      '1: the row of anthropic/claude-opus-5-5 has no "cacheWrite": writing to the cache is billed there.',
    ],
    [
      "the same in a step",
      `{ "openai/gpt-6-sol": { "input": 1, "output": 2, "cacheWrite": 1, "longPrompt": { "over": 5, "input": 1, "output": 1 }, ${openai} } }`,
      'has no "cacheWrite" in longPrompt',
    ],
    [
      "a step without its length",
      `{ "openai/x": { "input": 1, "output": 2, "longPrompt": { "input": 1, "output": 1 }, ${openai} } }`,
      '1: longPrompt of openai/x says in "over" above how many tokens it holds.',
    ],
    ["what is no JSON", '{ "openai/x": {', "1: this is not JSON"],
    ["an infinite rate", `{ "openai/x": { "input": 1e999, "output": 2, ${openai} } }`, "1: input of openai/x is US dollars"],
    ["an empty file", "", "1: the file is empty: write {} for no prices of your own."],
    ["a list", "[]", "1: prices are one object in braces"],
  ])("%s is refused with its line", async (_what, text, says) => {
    const all = await problems(text);
    expect(all.join("\n")).toContain(says);
  });

  test("that is stale is taken, and says so with its row", async () => {
    const found = await read(
      `{\n\n "openai/x": { "input": 1, "output": 2, "source": "me", "asOf": "2025-11-01" },\n "openai/y": { "input": 1, "output": 2, ${openai} } }`,
    );
    if (!found.ok || found.value === null) throw new Error("not read");
    const [x, y] = ["openai/x", "openai/y"].map((name) => ownPriceOf(found.value, name, undefined));
    if (!x || !y) throw new Error("no rows");
    expect(staleInWords(found.value, x, now)).toBe(
      `The price of openai/x (${found.value.path}:3) is of 2025-11-01, 386 days ago: look it up again and date it anew.`,
    );
    expect(staleInWords(found.value, y, now)).toBeNull();
  });
});

describe("the catalogue", () => {
  test("every row has a source, a day that exists, and rates that hold together", () => {
    for (const row of listCatalogue()) {
      expect(row.source.length, row.id).toBeGreaterThan(10);
      expect(new Date(row.asOf).toISOString().slice(0, 10)).toBe(row.asOf);
      expect(staleness(row.asOf, now), row.id).toBeNull();
      for (const price of [row.price, row.longPrompt?.price]) {
        if (price === undefined) continue;
        for (const rate of Object.values(price)) expect(rate).toBeGreaterThanOrEqual(0);
        expect(price.cacheRead ?? 0, row.id).toBeLessThanOrEqual(price.input);
        // where writing is billed, leaving its rate out would make the worst case too low
        if (row.provider === "anthropic") expect([price.cacheWrite, price.cacheWriteLong], row.id).not.toContain(undefined);
        if (row.cache?.breakpoints) expect(price.cacheWrite, row.id).toBeDefined();
      }
      expect(row.cache?.lifeSeconds, row.id).toBeGreaterThan(0);
    }
  });
});
