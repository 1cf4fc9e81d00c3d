import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { crc32, findRepository, sha256 } from "../../src/exec/index.ts";

let top = "";
const git = (...words: string[]) =>
  execFileSync("git", ["-c", "user.name=A", "-c", "user.email=a@b", ...words], { cwd: join(top, "repository"), encoding: "utf8", stdio: "pipe" }).trim();
beforeAll(() => {
  top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "git-")));
  fs.mkdirSync(join(top, "repository/deep/er"), { recursive: true });
  git("init", "-q", "-b", "trunk/one");
  git("commit", "-q", "--allow-empty", "-m", "x");
  git("worktree", "add", "-q", "-b", "side", join(top, "tree"));
});
afterAll(() => fs.rmSync(top, { recursive: true, force: true }));

test("root and branch from a folder inside", () => {
  expect(findRepository(join(top, "repository/deep/er"))).toEqual({
    root: join(top, "repository"),
    gitFolder: join(top, "repository/.git"),
    branch: "trunk/one",
    commit: null,
  });
});
test("a linked worktree has its own root and branch", () => {
  expect(findRepository(join(top, "tree"))).toMatchObject({ root: join(top, "tree"), branch: "side" });
});
test("a detached head gives the commit", () => {
  const commit = git("rev-parse", "HEAD");
  fs.writeFileSync(join(top, "repository/.git/HEAD"), `${commit}\n`);
  expect(findRepository(join(top, "repository"))).toMatchObject({ branch: null, commit });
});
test("no repository, an empty .git, a nonsense .git file", () => {
  expect(findRepository(top)).toBeNull();
  fs.mkdirSync(join(top, "empty/.git"), { recursive: true });
  expect(findRepository(join(top, "empty"))).toBeNull();
  fs.mkdirSync(join(top, "odd"));
  fs.writeFileSync(join(top, "odd/.git"), "nonsense");
  expect(findRepository(join(top, "odd"))).toBeNull();
});
test("hashes are the known ones", () => {
  expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(crc32("123456789")).toBe(0xcbf43926);
});
