// The estimate over recorded sessions, against counts that a reference tokenizer made once (bench/tokens). They are stored by
// the hash of the file they are of; where the recordings are not at hand, or are others, there is nothing to measure.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Measured, measureByBill, measureByReference, quantile } from "../../bench/tokens/measure.ts";
import { readTranscripts } from "../../bench/tokens/transcripts.ts";
import counts from "./transcript-counts.json" with { type: "json" };

const folder = process.env["BOSUN_TRANSCRIPTS"] ?? join(import.meta.dirname, "../../../shared/transcripts");
const hashOf = (file: string): string =>
  createHash("sha256")
    .update(readFileSync(join(folder, file)))
    .digest("hex");
const isThere = existsSync(folder) && counts.every(({ file, sha256 }) => existsSync(join(folder, file)) && hashOf(file) === sha256);

test.skipIf(!isThere)(
  "(needs recorded transcripts) after three turns the whole is within 5 % at the median and 15 % at p95, and so is the new part; nothing is above the worst case",
  () => {
    const transcripts = readTranscripts(folder);
    expect(transcripts.map(({ name }) => name)).toEqual(counts.map(({ name }) => name));
    const measured = transcripts.map((transcript, index): Measured => measureByReference(transcript, counts[index]?.words ?? []));
    const whole = measured.flatMap((one) => one.whole);
    const added = measured.flatMap((one) => one.added);
    expect(whole.length).toBeGreaterThan(500);
    expect(quantile(whole, 0.5)).toBeLessThan(0.001);
    expect(quantile(whole, 0.95)).toBeLessThan(0.01);
    expect(quantile(added, 0.5)).toBeLessThan(0.03);
    expect(quantile(added, 0.95)).toBeLessThan(0.1);
    expect(measured.map(({ above }) => above)).toEqual(measured.map(() => 0));
  },
);

test.skipIf(!isThere)("(needs recorded transcripts) so it is against what a provider with another tokenizer really counted", () => {
  const measured = readTranscripts(folder)
    .filter(({ billed }) => billed.size > 0)
    .map(measureByBill);
  expect(measured.length).toBe(3);
  for (const { whole, added, above } of measured) {
    expect(quantile(whole, 0.5)).toBeLessThan(0.001);
    expect(quantile(whole, 0.95)).toBeLessThan(0.01);
    expect(quantile(added, 0.5)).toBeLessThan(0.05);
    expect(quantile(added, 0.95)).toBeLessThan(0.15);
    expect(above).toBe(0);
  }
});
