import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findChangedFiles } from "../../src/exec/index.ts";

let root = "";
beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "changed-")));
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));
const ripgrep = () => import("@vscode/ripgrep").then((module) => module.rgPath);
function put(name: string, content = "x"): void {
  fs.mkdirSync(dirname(join(root, name)), { recursive: true });
  fs.writeFileSync(join(root, name), content);
}
const find = (since: number, more = {}) => findChangedFiles({ root, since, ripgrep, ...more });
const pause = () => new Promise((resolve) => setTimeout(resolve, 30));

/** A moment by the clock of the file system. */
async function now(): Promise<number> {
  await pause();
  put(".moment");
  const { mtimeMs } = fs.statSync(join(root, ".moment"));
  fs.rmSync(join(root, ".moment"));
  await pause();
  return mtimeMs + 10;
}

test("files that changed, also hidden ones and such with a time set back, latest first; not what git ignores", async () => {
  execFileSync("git", ["init", "-q", root]);
  put(".gitignore", "ignored/\n*.log\n");
  for (const name of ["old.ts", "src/changed.ts", "src/back.ts", "other/gone.ts", "still/here.ts"]) put(name);
  const since = await now();
  for (const name of [".hidden", "ignored/a", "node_modules/m/index.js", "x.log"]) put(name);
  put("src/back.ts", "y");
  fs.utimesSync(join(root, "src/back.ts"), 1, 1);
  await pause();
  put("src/changed.ts", "y");
  fs.rmSync(join(root, "other/gone.ts"));
  put("other/stays.log");
  const changed = await find(since);
  expect(changed.files).toEqual(["src/changed.ts", "src/back.ts", ".hidden"]);
  expect(changed.count).toBe(3);
  expect(changed.whole).toBe(true);
});
test("a file that was removed shows in its folder", async () => {
  put("kept/a");
  put("kept/b");
  const since = await now();
  fs.rmSync(join(root, "kept/b"));
  expect(await find(since)).toMatchObject({ files: [], folders: ["kept"] });
});
test("a commit shows in git's own state", async () => {
  execFileSync("git", ["init", "-q", root]);
  put("a");
  const since = await now();
  execFileSync("git", ["-C", root, "add", "a"]);
  expect(await find(since)).toMatchObject({ files: [], git: ["index"] });
});
test("what could not be looked at is said", async () => {
  for (let index = 0; index < 50; index++) put(`f${index}`);
  expect(await find(0, { mostLooks: 10 })).toMatchObject({ lookedAt: 10, whole: false, count: 10 });
  expect((await find(0, { most: 5 })).files).toHaveLength(5);
  expect(await find(0, { ripgrep: async () => "/nonexistent/rg" })).toMatchObject({ lookedAt: 0, whole: false });
});
