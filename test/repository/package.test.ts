// What `npm pack` would publish, as users get it. Reads dist, which `npm test` has just built.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { importsOf, sourceFiles } from "../../scripts/checks/source.ts";

const root = join(import.meta.dirname, "../..");
const megabyte = 1_000_000;

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Bytes that a folder takes on disk. */
function sizeOf(path: string): number {
  const status = lstatSync(path);
  if (!status.isDirectory()) return status.blocks * 512;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), status.blocks * 512);
}

describe("the package", () => {
  const folder = mkdtempSync(join(tmpdir(), "bosun-package-"));
  const installed = join(folder, "node_modules/bosun");
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;

  beforeAll(() => {
    mkdirSync(installed, { recursive: true });
    execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder], { cwd: root });
    const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
    execFileSync("tar", ["-xzf", join(folder, tarball), "--strip-components=1", "-C", installed]);
    // npm would fetch the same files again; a link to the ones of the repository needs no network.
    for (const name of Object.keys(manifest.dependencies)) {
      mkdirSync(join(folder, "node_modules", name, ".."), { recursive: true });
      symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
    }
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  test("holds dist, the calls to judge a classifier by, the licence, the read-me, the changelog and nothing else", () => {
    expect(readdirSync(installed).sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "dist", "eval", "package.json"]);
  });

  test("holds every file that bin and exports name, and a licence notice", () => {
    const doors = Object.values(manifest.exports).flatMap((door) => (typeof door === "string" ? [door] : [door.types, door.default]));
    const missing = [...Object.values(manifest.bin), ...doors, "dist/THIRD-PARTY-NOTICES.txt"].filter((path) => !existsSync(join(installed, path)));
    expect(missing).toEqual([]);
  });

  test("imports nothing but Node and its dependencies", () => {
    const foreign = sourceFiles(installed, ["dist"])
      .filter((file) => !file.path.startsWith("dist/demo/"))
      .flatMap((file) => importsOf(installed, file))
      .filter(({ target }) => target === undefined)
      .map(({ specifier }) => specifier)
      .filter((specifier) => !isBuiltin(specifier) && manifest.dependencies[specifier] === undefined);
    expect([...new Set(foreign)]).toEqual([]);
  });

  test("takes at most 60 MB with its dependencies", () => {
    const scopes = Object.keys(manifest.dependencies).map((name) => name.split("/")[0] ?? name);
    const dependencies = readdirSync(join(root, "node_modules"))
      .filter((name) => scopes.includes(name))
      .reduce((sum, name) => sum + sizeOf(join(root, "node_modules", name)), 0);
    expect(dependencies).toBeGreaterThan(megabyte);
    expect(sizeOf(installed) + dependencies).toBeLessThan(60 * megabyte);
  });

  test.each(Object.keys(manifest.exports).filter((door) => door !== "./package.json"))("the door %s opens outside the repository", (door) => {
    const run = spawnSync(
      process.execPath,
      ["--input-type=module", "--eval", `console.log(Object.keys(await import("${door.replace(".", "bosun")}")).length)`],
      { cwd: folder, encoding: "utf8" },
    );
    expect(run.stderr).toBe("");
    expect(Number(run.stdout)).toBeGreaterThan(0);
  });

  test("every lazy chunk loads", () => {
    const chunks = readdirSync(join(installed, "dist")).filter((name) => name.endsWith(".js") && name !== "cli.js");
    const run = spawnSync(process.execPath, ["--input-type=module", "--eval", chunks.map((name) => `await import("./${name}");`).join("\n")], {
      cwd: join(installed, "dist"),
      encoding: "utf8",
    });
    expect(run).toMatchObject({ status: 0, stderr: "" });
  });

  test("the command starts from little: at most 100 kB, and no module of Node that is slow to import", () => {
    const files = new Map(sourceFiles(installed, ["dist"]).map((file) => [file.path, file]));
    const eager = new Set<string>();
    const modules = new Set<string>();
    const visit = (path: string): void => {
      const file = files.get(path);
      if (file === undefined || eager.has(path)) return;
      eager.add(path);
      for (const { kind, specifier, target } of importsOf(installed, file)) {
        if (kind === "dynamic") continue;
        if (target === undefined) modules.add(specifier.replace(/^node:/, ""));
        else visit(target);
      }
    };
    visit("dist/cli.js");
    expect(eager.size).toBeGreaterThan(0);
    // Measured against an empty module: http and https 30 ms and more, crypto, child_process and readline about 10.
    // process.getBuiltinModule costs a fraction, and import() costs nothing until it is needed.
    const slow = ["http", "https", "http2", "net", "tls", "child_process", "crypto", "readline", "inspector", "test"];
    expect([...modules].filter((name) => slow.includes(name.split("/")[0] ?? ""))).toEqual([]);
    expect([...eager].reduce((sum, path) => sum + (files.get(path)?.text.length ?? 0), 0)).toBeLessThan(100_000);
  });

  test("the command is executable and tells its version", () => {
    const cli = join(installed, manifest.bin.bosun ?? "");
    expect(readFileSync(cli, "utf8").startsWith("#!/usr/bin/env node\n")).toBe(true);
    const run = spawnSync(cli, ["--version"], { cwd: folder, encoding: "utf8" });
    expect(run).toMatchObject({ status: 0, stderr: "" });
    expect(run.stdout).toMatch(/^(bosun )?\d+\.\d+\.\d+\n$/);
  });
});
