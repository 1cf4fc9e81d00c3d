// A throw-away project on the disk with what lies in wait in one: links out, secrets, other people's repositories.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface World {
  readonly root: string;
  readonly home: string;
  write(path: string, text: string): void;
  git(folder: string, ...words: readonly string[]): void;
  remove(): void;
}

export function makeWorld(): World {
  const base = realpathSync.native(mkdtempSync(join(tmpdir(), "bosun-facts-")));
  const root = join(base, "project");
  const home = join(base, "home");
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const git = (folder: string, ...words: readonly string[]): void => {
    const line = ["-c", "user.name=A", "-c", "user.email=a@b", "-c", "init.defaultBranch=main", ...words];
    execFileSync("git", line, { cwd: join(root, folder), stdio: "pipe", env: { PATH: process.env["PATH"], HOME: home, GIT_CONFIG_NOSYSTEM: "1" } });
  };
  mkdirSync(home, { recursive: true });
  for (const path of ["README.md", "src/a.ts", "src/b.ts", "src/deep/c.ts", "docs/guide.md", ".env.example", "plain/x.txt"]) write(path, "x\n");
  for (const path of [".env", "conf/server.key", "../outside/secret.txt", "../outside/deep/x"]) write(path, "SECRET\n");
  symlinkSync("../outside", join(root, "linkout"));
  symlinkSync("../outside/secret.txt", join(root, "notes-link.txt"));
  symlinkSync("src/a.ts", join(root, "inside-link.ts"));
  symlinkSync("nowhere", join(root, "dangling"));
  mkdirSync(join(root, "linked"));
  symlinkSync("../../outside/deep", join(root, "linked/far"));
  mkdirSync(join(root, "dashed"));
  writeFileSync(join(root, "dashed/-n"), "");
  writeFileSync(join(root, "dashed/a.txt"), "");
  git("", "init", "-q");
  git("", "add", "README.md", "src");
  git("", "commit", "-qm", "first");
  mkdirSync(join(root, "vendor/nested"), { recursive: true });
  git("vendor/nested", "init", "-q");
  git("vendor/nested", "config", "core.fsmonitor", "touch CANARY; false");
  for (const name of ["objects", "refs"]) mkdirSync(join(root, "vendor/bare", name), { recursive: true });
  write("vendor/bare/HEAD", "ref: refs/heads/main\n");
  write("vendor/bare/config", "[core]\n\tworktree = .\n\tfsmonitor = touch CANARY\n");
  write("vendor/pointer/.git", "gitdir: ../nested/.git\n");
  return { root, home, write, git, remove: () => rmSync(base, { recursive: true, force: true }) };
}
