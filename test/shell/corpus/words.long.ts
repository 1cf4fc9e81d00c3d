// 20,000 random scripts in real bash, other ones each time. BOSUN_SEED takes those of a run before.
import { expect, it } from "vitest";
import { compareWords } from "./words.ts";

const seed = Number(process.env["BOSUN_SEED"] ?? Date.now() % 1_000_000_000);

it(`start nothing that the analyser did not foresee (seed ${seed})`, { timeout: 3_600_000 }, () => {
  expect(compareWords(20_000, seed).known).toBeGreaterThan(4000);
});
