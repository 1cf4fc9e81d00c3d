import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { cleanEnvironment, createSearch } from "../../src/exec/index.ts";

const folder = mkdtempSync(join(tmpdir(), "search-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const ripgrep = () => import("@vscode/ripgrep").then((module) => module.rgPath);
const request = { arguments: ["--", "word", folder], cwd: folder, signal: new AbortController().signal, timeout: 5000, limit: 1000 };

test("a settings file of the person has no say, even if the environment names one", async () => {
  writeFileSync(join(folder, "settings"), "--files\n");
  const search = createSearch(ripgrep, { ...cleanEnvironment(process.env), RIPGREP_CONFIG_PATH: join(folder, "settings") });
  expect(await search(request)).toMatchObject({ ended: "exited", exitCode: 1 });
});
test("output ends at the limit, with the program", async () => {
  writeFileSync(join(folder, "many"), "word\n".repeat(1_000_000));
  const outcome = await createSearch(ripgrep, cleanEnvironment(process.env))(request);
  expect(outcome.ended).toBe("limited");
  expect(outcome.output).toHaveLength(1000);
});
test("time limit, abort, and a program that is not there", async () => {
  writeFileSync(join(folder, "sleeper"), "#!/bin/sh\nexec sleep 30\n", { mode: 0o755 });
  const sleeper = createSearch(async () => join(folder, "sleeper"), cleanEnvironment(process.env));
  expect(await sleeper({ ...request, timeout: 100 })).toMatchObject({ ended: "timed-out" });
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 50);
  expect(await sleeper({ ...request, signal: controller.signal })).toMatchObject({ ended: "aborted" });
  expect(await createSearch(async () => "/nonexistent/rg", {})(request)).toMatchObject({ ended: "not-started", says: expect.stringContaining("no such file") });
  const missing = createSearch(() => Promise.reject(new Error("Could not find it.")), {});
  expect(await missing(request)).toMatchObject({ ended: "not-started", says: expect.stringContaining("ripgrep is missing") });
});
