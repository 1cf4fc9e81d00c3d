// The tables of mutations that `npm run test:long` plays still fit the sources and the tests they name.
import { expect, test } from "vitest";
import { mutations as ofTheJournal } from "../crash/mutations.ts";
import { mutations as ofTheGate } from "../permissions/mutations.ts";
import { misfits } from "../support/mutations.ts";

test.each([
  ["the journal", ofTheJournal],
  ["the gate", ofTheGate],
])("mutations of %s", (_name, mutations) => {
  expect(misfits(mutations)).toEqual([]);
  expect(mutations.length).toBeGreaterThan(8);
});
