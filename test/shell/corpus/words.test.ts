// A slice of the differential test of words; words.long.ts runs 20,000.
import { describe, expect, it } from "vitest";
import { compareWords } from "./words.ts";

describe("random scripts in real bash", () => {
  it("start nothing that the analyser did not foresee, word by word", { timeout: 120_000 }, () => {
    const { known, proved, started } = compareWords(500, 20_261_122);
    expect(known).toBeGreaterThan(100);
    expect(proved).toBeGreaterThan(30);
    expect(started).toBeGreaterThan(500);
  });
});
