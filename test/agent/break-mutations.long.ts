// Each latch in a copy of the repository: with it every vector's test passes, without it its own fails and no other does.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { breakVectors } from "../../src/context/index.ts";
import { breakMutations } from "./break-mutations.ts";

const root = join(import.meta.dirname, "../..");
let copy = "";
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "bosun-latches-"));
  for (const name of ["src", "test", "package.json", "tsconfig.json", "vitest.config.ts"]) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

interface Report {
  readonly testResults: readonly { readonly assertionResults: readonly { readonly title: string; readonly status: string }[] }[];
}

/** Titles that failed, and how many there are. */
function failing(): { readonly failed: readonly string[]; readonly all: number } {
  const parameters = [join(root, "node_modules/vitest/vitest.mjs"), "run", "test/agent/break-vectors.test.ts", "--reporter=json", "--root", copy];
  const environment = { ...process.env, VITEST: undefined, VITEST_MODE: undefined, VITEST_POOL_ID: undefined, VITEST_WORKER_ID: undefined };
  const report = join(copy, ".vitest/json/output.json");
  rmSync(report, { force: true });
  try {
    execFileSync(process.execPath, parameters, { cwd: copy, stdio: "ignore", env: environment, timeout: 120_000 });
  } catch {
    // a failing test: the report says it
  }
  const found = (JSON.parse(readFileSync(report, "utf8")) as Report).testResults.flatMap(({ assertionResults }) => assertionResults);
  return { failed: found.filter(({ status }) => status === "failed").map(({ title }) => title), all: found.length };
}

test("there is one for each vector, and without any of them nothing fails", () => {
  expect(breakMutations.map(({ vector }) => vector).sort()).toEqual(breakVectors.map(({ title }) => title).sort());
  expect(failing()).toEqual({ failed: [], all: breakVectors.length + 1 });
});

describe.each(breakMutations)("without the latch of: $vector", ({ vector, file, from, to }) => {
  test("its own test fails, and no other", { timeout: 300_000 }, () => {
    const target = join(copy, file);
    const source = readFileSync(target, "utf8");
    expect(source.split(from), "the patch fits once").toHaveLength(2);
    writeFileSync(
      target,
      source.replace(from, () => to),
    );
    try {
      expect(failing().failed).toEqual([vector]);
    } finally {
      writeFileSync(target, source);
    }
  });
});
