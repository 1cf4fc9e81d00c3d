// Every break vector, toggled once in a script of a hundred turns: what is held breaks nothing, what is meant is named right.
import { describe, expect, test } from "vitest";
import { breakVectors } from "../../src/context/index.ts";
import { type Played, playVectors } from "./break-script.ts";

/** What is meant: told so (segment and number of the vector), and so many requests that had to be written again. */
const meant: Readonly<Record<string, { readonly told: readonly string[]; readonly misses: number; readonly cause?: RegExp }>> = {
  "another model": { told: ["model 11", "model 11"], misses: 1, cause: /was anthropic\/claude-sonnet-5-5 and is now anthropic\/claude-opus-5-5/ },
  "thinking on, off, or with another budget (Anthropic)": { told: ["thinking 12"], misses: 1, cause: /the effort is now low/ },
  "the first image (Anthropic)": { told: ["images 16"], misses: 1, cause: /first image/ },
  "compaction": { told: ["history 18"], misses: 1, cause: /compacted \(by hand\)/ },
  "tools loaded anew because the person asked for it": { told: ["tools 24"], misses: 1, cause: /zzz came/ },
  "time without a request": { told: [], misses: 1 },
};
/** The bytes differ there, as they must. */
const otherBytes = ["another model", "compaction", "tools loaded anew because the person asked for it"];

let played: ReadonlyMap<string, Played> = new Map();
let turns = 0;
describe("each break vector, toggled in a session of a hundred turns", () => {
  // the first test plays it: folders and servers are put away as it ends
  test("the script has a part for each vector", async () => {
    ({ played, turns } = await playVectors());
    expect([...played.keys()].sort()).toEqual(breakVectors.map(({ title }) => title).sort());
    expect(turns).toBeGreaterThanOrEqual(90);
  });

  test.each(breakVectors.map(({ title }) => title))("%s", (title) => {
    const part = played.get(title);
    expect(part?.wrong).toEqual([]);
    const { told = [], misses = 0, cause } = meant[title] ?? {};
    expect(part?.told).toEqual(told);
    if (!otherBytes.includes(title)) expect(part?.bytes).toEqual([]);
    expect(part?.misses.length, `requests ${part?.misses.join()}`).toBe(misses);
    if (cause) expect(part?.causes[0]).toMatch(cause);
    if (title === "time without a request") expect(part?.verdicts[0]).toBe("expired");
    else expect(part?.verdicts.filter((verdict) => verdict === "evicted" || verdict === "expired")).toEqual([]);
  });
});
