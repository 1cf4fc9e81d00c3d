// The lint rules that this repository rests on do fire with its biome.json.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const biome = join(root, "node_modules/@biomejs/biome/bin/biome");

interface Diagnostic {
  readonly category: string;
  readonly location: { readonly path: string | { readonly file: string } };
}

describe("biome.json", () => {
  const folder = mkdtempSync(join(tmpdir(), "bosun-lint-"));
  let found: readonly string[] = [];

  beforeAll(() => {
    cpSync(join(import.meta.dirname, "fixtures/lint"), folder, { recursive: true });
    cpSync(join(root, "biome.json"), join(folder, "biome.json"));
    writeFileSync(join(folder, ".gitignore"), "node_modules/\n");
    const run = spawnSync(process.execPath, [biome, "lint", "--reporter=json", "."], { cwd: folder, encoding: "utf8" });
    const { diagnostics } = JSON.parse(run.stdout) as { readonly diagnostics: readonly Diagnostic[] };
    found = diagnostics.map(({ category, location }) => `${typeof location.path === "string" ? location.path : location.path.file} ${category}`).sort();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("refuses a floating promise, and cycles of values and of types", () => {
    expect(readdirSync(folder)).toContain("clean.ts");
    expect(found).toEqual([
      "cycle-one.ts lint/suspicious/noImportCycles",
      "cycle-two.ts lint/suspicious/noImportCycles",
      "floating.ts lint/nursery/noFloatingPromises",
      "type-cycle-one.ts lint/suspicious/noImportCycles",
      "type-cycle-two.ts lint/suspicious/noImportCycles",
    ]);
  });
});
