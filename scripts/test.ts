// `npm test`: builds, then everything that can fail without running bosun, then the tests. Arguments go to vitest.
// All parts run even when one fails; the last line is vitest's totals, and the exit code is 1 when any part failed.
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

interface Outcome {
  readonly name: string;
  readonly passed: boolean;
  readonly output: string;
  readonly seconds: number;
}

const root = join(import.meta.dirname, "..");
const modules = join(root, "node_modules");

function run(name: string, script: string, ...parameters: readonly string[]): Promise<Outcome> {
  const start = performance.now();
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...parameters], { cwd: root, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ name, passed: error === null, output: stdout + stderr, seconds: (performance.now() - start) / 1000 });
    });
  });
}

function report(outcome: Outcome): Outcome {
  console.log(`${outcome.passed ? "✓" : "✗"} ${outcome.name} (${outcome.seconds.toFixed(1)} s)`);
  if (!outcome.passed) console.log(outcome.output.trimEnd());
  return outcome;
}

/** What users would get: the tarball, looked at by publint and attw. */
async function checkPackage(): Promise<Outcome[]> {
  const folder = mkdtempSync(join(tmpdir(), "bosun-pack-"));
  try {
    const packed = spawnSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder], { cwd: root, encoding: "utf8" });
    const tarball = packed.status === 0 ? readdirSync(folder)[0] : undefined;
    if (tarball === undefined) return [{ name: "npm pack", passed: false, output: packed.stdout + packed.stderr, seconds: 0 }];
    return await Promise.all([
      run("publint", join(modules, "publint/src/cli.js"), join(folder, tarball), "--strict"),
      run("attw", join(modules, "@arethetypeswrong/cli/dist/index.js"), join(folder, tarball), "--profile", "esm-only", "--no-emoji"),
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Vitest's output as it comes, but for the totals, which are to be the last line of everything. */
async function runTests(parameters: readonly string[]): Promise<{ readonly passed: boolean; readonly totals: string }> {
  let totals = "0 passed, 1 failed, 0 skipped";
  const vitest = spawn(process.execPath, [join(modules, "vitest/vitest.mjs"), "run", ...parameters], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(vitest, "close");
  for await (const line of createInterface({ input: vitest.stdout })) {
    if (/^\d+ passed, \d+ failed, \d+ skipped$/.test(line)) totals = line;
    else console.log(line);
  }
  const [code] = (await closed) as [number | null];
  return { passed: code === 0, totals };
}

const outcomes = [report(await run("build", "scripts/build.ts"))];
const [lint, types, unused] = await Promise.all([
  run("biome", join(modules, "@biomejs/biome/bin/biome"), "check", "--error-on-warnings"),
  run("types", join(modules, "typescript/bin/tsc"), "--pretty", "false"),
  run("knip", join(modules, "knip/bin/knip.js"), "--no-progress"),
]);
outcomes.push(...[lint, types, unused, ...(await checkPackage())].map(report));

const tests = await runTests(process.argv.slice(2));
const failing = outcomes.filter((outcome) => !outcome.passed).map((outcome) => outcome.name);
if (failing.length > 0) console.log(`failed before the tests: ${failing.join(", ")} (see above)`);
console.log(tests.totals);
process.exitCode = failing.length > 0 || !tests.passed ? 1 : 0;
