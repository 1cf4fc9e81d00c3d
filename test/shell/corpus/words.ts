// The differential test of words: random scripts in real bash, against what the analyser believed.
import fc from "fast-check";
import { expect } from "vitest";
import { analyse } from "../analyse.ts";
import { unforeseen } from "./believed.ts";
import { script } from "./random-scripts.ts";
import { createRecorder } from "./record.ts";

const batch = 200;

/** Runs so many scripts, about a hundred in one bash; returns how many of them the analyser claimed to know, and how many programs they started. */
export function compareWords(scripts: number, seed: number): { known: number; proved: number; started: number } {
  const recorder = createRecorder();
  const where = { cwd: recorder.folder, home: recorder.home };
  const seen = { known: 0, proved: 0, started: 0 };
  try {
    fc.assert(
      fc.property(fc.array(script, { minLength: 1, maxLength: batch, size: "max" }), (texts) => {
        const check = (some: readonly string[]): string[] =>
          recorder.run(some).flatMap((ran, index) => {
            const text = some[index] ?? "";
            const analysis = analyse(text, where);
            if (analysis.commands !== null) seen.known += 1;
            if (analysis.findings.length === 0) seen.proved += 1;
            seen.started += ran.length;
            const wrong = unforeseen(analysis, ran);
            return wrong.length === 0 ? [] : [`${JSON.stringify(text)}: ${wrong.join("; ")}`];
          });
        expect(check(texts)).toEqual([]);
      }),
      { seed, numRuns: Math.ceil((2 * scripts) / batch) },
    );
  } finally {
    recorder.close();
  }
  return seen;
}
