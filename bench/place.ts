// Where measurements happen: temporary folders, a small repository, a copy of the built program that no later build changes.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileName, fileText } from "./script.ts";

export interface Place {
  /** Repository with the files that scripts name. */
  readonly repository: string;
  /** Another working tree of it. */
  readonly worktree: string;
  /** Folder with the copied dist. */
  readonly dist: string;
  /** Programs as plain JavaScript: removing their types at each start would be measured along. */
  readonly bareLoop: string;
  readonly driver: string;
  readonly opener: string;
  /** A new, empty home each time. */
  newHome(): string;
  /** A file in the repository, for example one that a run has changed, as it should be. */
  reset(name: string, text: string): void;
  remove(): void;
}

const files = 200;

/** `root`: the repository of bosun; `dist`: what was built of it. */
export function makePlace(root: string, dist: string): Place {
  const folder = mkdtempSync(join(tmpdir(), "bosun-bench-"));
  const program = join(root, "node_modules/.cache", `bosun-bench-${process.pid}`);
  const repository = join(folder, "repository");
  const worktree = join(folder, "worktree");
  mkdirSync(program, { recursive: true });
  // Below node_modules, so that the runtime dependency is found as for an installed package.
  cpSync(dist, join(program, "dist"), { recursive: true, filter: (path) => path !== join(dist, "types") });
  writeFileSync(join(program, "package.json"), '{ "type": "module" }');
  const plain = (name: string): string => {
    const path = join(program, `${name}.js`);
    writeFileSync(path, withoutTypes(join(import.meta.dirname, `${name}.ts`)));
    return path;
  };
  makeRepository(repository, worktree);
  return {
    repository,
    worktree,
    dist: join(program, "dist"),
    bareLoop: plain("bare-loop"),
    driver: plain("driver"),
    opener: plain("open-journal"),
    newHome() {
      const home = mkdtempSync(join(folder, "home-"));
      mkdirSync(join(home, "tmp"));
      return home;
    },
    reset: (name, text) => writeFileSync(join(repository, name), text),
    remove() {
      rmSync(folder, { recursive: true, force: true });
      rmSync(program, { recursive: true, force: true });
    },
  };
}

function makeRepository(repository: string, worktree: string): void {
  for (let index = 0; index < files; index++) {
    const path = join(repository, fileName(index));
    if (!existsSync(dirname(path))) mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, fileText(index));
  }
  const git = (...words: readonly string[]): void => {
    const names = ["-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"];
    execFileSync("git", ["-C", repository, ...names, ...words], { stdio: "pipe" });
  };
  git("init", "-q");
  git("add", ".");
  git("commit", "-q", "-m", "files");
  git("worktree", "add", "-q", worktree);
}

/** What Node itself does when it runs such a file, minus the warning that the function is new. */
function withoutTypes(path: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(readFileSync(path, "utf8"));
  } finally {
    process.emitWarning = emitWarning;
  }
}
