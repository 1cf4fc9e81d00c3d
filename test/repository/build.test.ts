// The build's own rules, and the guard in front of every npm script.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { copyAssets } from "../../scripts/build/assets.ts";
import { emitDeclarations } from "../../scripts/build/declarations.ts";

const root = join(import.meta.dirname, "../..");
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bosun-build-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("declarations", () => {
  test("a public type that names a bundled package breaks the build", () => {
    expect(() => emitDeclarations(join(import.meta.dirname, "fixtures/declarations"), folder)).toThrow(/types\/shape\.d\.ts names the package zod/);
  });
});

describe("assets", () => {
  test("two files that would become one break the build", () => {
    for (const room of ["one", "two"]) {
      mkdirSync(join(folder, "src", room), { recursive: true });
      writeFileSync(join(folder, "src", room, "system.md"), room);
    }
    expect(() => copyAssets(folder, join(folder, "dist"))).toThrow(/src\/two\/system\.md and src\/one\/system\.md would both become dist\/system\.md/);
  });

  test("pages are flat, a demo keeps its folders", () => {
    mkdirSync(join(folder, "src/context"), { recursive: true });
    mkdirSync(join(folder, "demo/package/src"), { recursive: true });
    writeFileSync(join(folder, "src/context/system.md"), "page");
    writeFileSync(join(folder, "demo/package/src/.hidden"), "demo");
    copyAssets(folder, join(folder, "dist"));
    expect(readFileSync(join(folder, "dist/system.md"), "utf8")).toBe("page");
    expect(readFileSync(join(folder, "dist/demo/package/src/.hidden"), "utf8")).toBe("demo");
  });
});

describe("require-node", () => {
  /** Runs a copy of the guard beside a manifest that asks for these versions. */
  function guard(pinned: string, engines: string, env: NodeJS.ProcessEnv = {}) {
    mkdirSync(join(folder, "scripts"), { recursive: true });
    cpSync(join(root, "scripts/require-node.mjs"), join(folder, "scripts/require-node.mjs"));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ engines: { node: engines }, devDependencies: { node: pinned } }));
    return spawnSync(process.execPath, [join(folder, "scripts/require-node.mjs")], { encoding: "utf8", env: { ...process.env, BOSUN_ANY_NODE: "", ...env } });
  }

  test("passes on the pinned Node", () => {
    expect(guard(process.versions.node, ">=24")).toMatchObject({ status: 0, stderr: "" });
  });
  test("refuses any other one and says what to run", () => {
    const refused = guard("99.1.0", ">=24");
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(`needs Node 99.1.0, which comes with the devDependency "node", but runs on ${process.versions.node}`);
    expect(refused.stderr).toContain("Run `npm ci` without --ignore-scripts");
  });
  test("BOSUN_ANY_NODE=1 takes what users may have, and no older one", () => {
    expect(guard("99.1.0", ">=24", { BOSUN_ANY_NODE: "1" }).status).toBe(0);
    expect(guard("99.1.0", ">=98", { BOSUN_ANY_NODE: "1" }).status).toBe(1);
  });
  test("stands in front of every npm script", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly scripts: Readonly<Record<string, string>> };
    expect(Object.entries(scripts).filter(([, script]) => !script.startsWith("node scripts/require-node.mjs && "))).toEqual([]);
  });
});
