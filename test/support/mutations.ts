// Takes protections out of a copy of the sources, one at a time: the named test passes before and fails after.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

export interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The test that fails without it: file and title. */
  readonly test: string;
  readonly title: string;
}

const root = join(import.meta.dirname, "../..");
/** How many tests of that title passed and failed in the copy. */
function run(copy: string, file: string, title: string): { readonly passed: number; readonly failed: number } {
  const pattern = `${title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`;
  const parameters = [join(root, "node_modules/vitest/vitest.mjs"), "run", file, "-t", pattern, "--reporter=json", "--root", copy];
  const environment = { ...process.env, VITEST: undefined, VITEST_MODE: undefined, VITEST_POOL_ID: undefined, VITEST_WORKER_ID: undefined };
  const report = join(copy, ".vitest/json/output.json");
  rmSync(report, { force: true });
  try {
    execFileSync(process.execPath, parameters, { cwd: copy, stdio: "ignore", env: environment, timeout: 120_000 });
  } catch {
    // a failing test: the report says it
  }
  const found = JSON.parse(readFileSync(report, "utf8")) as { numPassedTests: number; numFailedTests: number };
  return { passed: found.numPassedTests, failed: found.numFailedTests };
}

/** Declares the tests of a table; for the files of `npm run test:long`. */
export function testMutations(mutations: readonly Mutation[]): void {
  let copy = "";
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), "bosun-mutations-"));
    for (const name of ["src", "test", "package.json", "tsconfig.json", "vitest.config.ts", "docs", "demo"])
      cpSync(join(root, name), join(copy, name), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  describe.each(mutations)("without $name", ({ file, from, to, test: path, title }) => {
    test(`"${title}" fails`, { timeout: 300_000 }, () => {
      const target = join(copy, file);
      const source = readFileSync(target, "utf8");
      expect(source.split(from), "the patch fits once").toHaveLength(2);
      expect(run(copy, path, title)).toEqual({ passed: 1, failed: 0 });
      writeFileSync(
        target,
        source.replace(from, () => to),
      );
      try {
        expect(run(copy, path, title)).toEqual({ passed: 0, failed: 1 });
      } finally {
        writeFileSync(target, source);
      }
    });
  });
}

/** What is wrong with a table: patches that no longer fit, tests that are no longer there. Runs nothing. */
export const misfits = (mutations: readonly Mutation[]): readonly string[] =>
  mutations.flatMap(({ name, file, from, test: path, title }) => [
    ...(readFileSync(join(root, file), "utf8").split(from).length === 2 ? [] : [`${name}: its patch does not fit ${file} once`]),
    ...(readFileSync(join(root, path), "utf8").includes(title) ? [] : [`${name}: ${path} has no test "${title}"`]),
  ]);
