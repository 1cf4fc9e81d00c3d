import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { git } from "../../../src/shell/programs/git.ts";
import type { OptionRow, Program } from "../../../src/shell/programs/program.ts";
import { isProved, judgeLine } from "../judge-line.ts";

const folder = mkdtempSync(join(tmpdir(), "bosun-git-tables-"));
const env = { PATH: process.env["PATH"] ?? "", HOME: folder, GIT_CONFIG_NOSYSTEM: "1", GIT_TERMINAL_PROMPT: "0", GIT_EDITOR: "true", LC_ALL: "C" };
function run(args: readonly string[]): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync("git", args, { cwd: folder, env, input: "", encoding: "utf8", timeout: 5000 });
  return { status, said: `${stdout}${stderr}` };
}

beforeAll(() => {
  writeFileSync(join(folder, "a"), "a\n");
  for (const args of [
    ["init", "-q"],
    ["add", "a"],
    ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "a"],
  ])
    expect(run(args).status).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const commands = git[0]?.commands ?? [];
const named = (name: string): Program => {
  const found = commands.find(({ names }) => names.split(" ").includes(name));
  if (found === undefined) throw new Error(`no table of git ${name}`);
  return found;
};
const rowsOf = (program: Program): readonly OptionRow[] => [
  ...(program.flags ?? "")
    .split(" ")
    .filter(Boolean)
    .map((names) => ({ names })),
  ...(program.options ?? []),
];
/** Asking git for each option takes its time: in the long run all of them. */
const part = process.env["BOSUN_PROPERTY_FACTOR"] === "1" ? 4 : 1;
const isDangerous = (program: Program) => program.options?.some(({ does }) => does !== undefined) ?? false;
const isListed = (program: Program, name: string) => rowsOf(program).some(({ names }) => names.split(" ").includes(name));

describe("an option's value stands where git takes it from", () => {
  // What follows the option is either its value or an option that creates a file.
  test.each(["log -1", "diff", "rev-list HEAD", "shortlog HEAD", "blame a", "reflog", "range-diff HEAD HEAD HEAD", "format-patch --stdout -1", "archive HEAD"])(
    "git %s, by --output",
    (line) => {
      const words = line.split(" ");
      const program = named(words[0] as string);
      const canary = join(folder, "CANARY");
      const wrong: string[] = [];
      for (const [index, row] of rowsOf(program).entries()) {
        if ((row.value === undefined && line !== "log -1") || index % part !== 0) continue;
        for (const name of row.names.split(" ")) {
          if (/^--(?:output|help|no-index|stdin|textconv|ext-diff)$|^-#$/.test(name)) continue;
          rmSync(canary, { force: true });
          run([...words, name, `--output=${canary}`]);
          // Git may also stop before it gets there: then it hides nothing.
          const alone = existsSync(canary);
          if (alone && row.value !== undefined && row.optional !== true && row.does === undefined) wrong.push(`${name} takes no word`);
          rmSync(canary, { force: true });
          if (row.value === undefined || row.optional === true) {
            run([...words, name, "--", `--output=${canary}`]);
            if (existsSync(canary)) wrong.push(`${name} takes the word after it`);
          }
        }
      }
      expect(wrong).toEqual([]);
    },
    60_000,
  );

  test.each(
    "status branch tag for-each-ref show-ref symbolic-ref ls-files ls-tree cat-file grep config describe name-rev merge-base cherry count-objects check-ignore check-attr check-mailmap fsck show-branch hash-object verify-pack stripspace column help version".split(
      " ",
    ),
  )(
    "git %s, by an option that no git has",
    (name) => {
      const program = named(name);
      const wrong: string[] = [];
      for (const [index, row] of rowsOf(program).entries()) {
        if (index % part !== 0) continue;
        for (const option of row.names.split(" ")) {
          if (option === "-#" || option === "--help" || option === "-h") continue;
          const { said } = run([name, option, "--no-such-option"]);
          // Of another version of git.
          const unknown = said.includes(`unknown option \`${option.slice(2)}'`) || said.includes(`unknown switch \`${option.slice(1)}'`);
          const takesNext = row.value !== undefined && row.optional !== true;
          if (unknown && takesNext && isDangerous(program)) wrong.push(`${option} is not known to this git: its next word would be read as an option`);
          if (unknown || said.includes("BUG:")) continue;
          const alone = said.includes("no-such-option'") && /unknown option|unrecognized|invalid option/.test(said);
          const takes = takesNext;
          if (takes && alone) wrong.push(`${option} takes no word`);
          // A commit that may be left out: git takes any word, and stops at one that is no commit.
          if (!takes && !alone && !/requires a value|malformed object name/.test(said)) wrong.push(`${option} takes a word? ${said.slice(0, 80)}`);
        }
      }
      expect(wrong).toEqual([]);
    },
    60_000,
  );

  test.each(
    "status log diff show blame branch tag ls-files ls-tree cat-file for-each-ref show-ref symbolic-ref merge-base range-diff cherry count-objects check-ignore check-attr name-rev describe fsck show-branch grep config shortlog archive column stripspace".split(
      " ",
    ),
  )("git %s: each option that git completes is in the table", (name) => {
    const { said } = run([name, "--git-completion-helper-all"]);
    const options = said
      .split(/\s+/)
      .filter((word) => /^--[a-z]/.test(word) && !/^--no-/.test(word))
      .map((word) => word.replace(/=$/, ""));
    expect(options.length).toBeGreaterThan(0);
    expect(options.filter((option) => !isListed(named(name), option))).toEqual([]);
  });

  test("every command of git has a table", () => {
    const all = run(["--list-cmds=main"])
      .said.split(/\s+/)
      .filter((name) => name !== "" && !/^(?:git-|\[|wat$|add--|sh-|gui--)/.test(name));
    const known = new Set(commands.flatMap(({ names }) => names.split(" ")));
    expect(all.filter((name) => !known.has(name))).toEqual([]);
  });
});

const reads = `git status
git status -sb --porcelain=v2
git log --oneline -5
git log -n 5 --format=%H --since='2 weeks ago' --author=ann
git log -5 -p -- src/a.ts
git log --graph --all --decorate --oneline
git log -L 1,5:src/a.ts
git log -S needle --pickaxe-all
git -C sub log -1 --format=%cd --date=short
git -c color.ui=never -c core.quotepath=off log -1
git -c core.pager=cat diff
git --no-pager diff --cached
git diff -U0 -- src/app.ts
git diff --stat=80 HEAD~1..HEAD
git diff -M -C -w --word-diff=color main...feature
git show HEAD~1:src/a.ts
git show --stat --format=fuller v1.0
git branch
git branch -avv
git branch --merged main
git branch --contains abc123 -r
git branch --sort=-committerdate --format='%(refname:short)'
git tag -n1
git tag --list 'v*' --sort=-v:refname
git symbolic-ref --short HEAD
git grep -nE 'a|b' -- '*.ts'
git grep -l TODO HEAD~3
git stash list
git stash show -p
git reflog -5
git worktree list --porcelain
git notes list
git remote -v
git remote get-url origin
git remote show -n origin
git config --get user.name
git config user.name
git config -l --show-origin
git range-diff main~1..main main~1..main
git for-each-ref --format='%(refname:short)' refs/heads
git show-ref --heads
git ls-files -mo --exclude-standard
git ls-tree -r --name-only HEAD
git describe --tags --always --dirty
git rev-parse --abbrev-ref HEAD
git rev-list --count HEAD
git shortlog -sne HEAD
git blame -L 1,3 -w README.md
git cat-file -p HEAD
git merge-base main HEAD
git check-ignore -v build
git archive --format=tar HEAD src
git format-patch -1 --stdout
git submodule status --recursive
git bisect log
git count-objects -vH
git --version
git help log
git push -h`.split("\n");

const asks = `git log --output=x
git log -1 --outpu=x
git diff HEAD --output x
git diff --ext-diff
git log --remerge-diff
git log --diff-merges=remerge
git log --diff-merges r
git show --textconv
git log --show-signature
git log --format='%G?'
git log --pretty=%GG
git for-each-ref --format='%(signature:grade)'
git diff -pO CANARY --output=x
git log -pS --output=x
git grep -O TODO
git grep -Oless TODO
git grep -nOless TODO
git grep --open-files-in-pager=./x TODO
git grep --open-files=./x TODO
git grep TODO --textconv
git cat-file --filters HEAD:a
git cat-file --batch
git archive -o x HEAD
git archive --prefix --output=x HEAD
git annotate -- a --output=x
git blame -- a "$names"
git log -- --output=x
git archive HEAD --output=x
git archive --remote=x HEAD
git archive --format=tar.x HEAD
git archive --exec=x HEAD
git format-patch -1
git format-patch -1 --stdout --range-diff=--output=x
git format-patch --stdout -o x -1
git branch x
git branch -D x
git branch -vD x
git branch -u origin/x
git branch -m a b
git tag v1
git tag -d v1
git tag -v v1
git symbolic-ref HEAD refs/heads/x
git symbolic-ref -d HEAD
git remote add a b
git remote show origin
git remote update
git config user.name x
git config --unset user.name
git config -e
git config set a.b c
git config a.b --global
git stash
git stash -p
git stash drop
git reflog expire --all
git notes add -m x
git worktree add ../x
git submodule foreach ls
git bisect run ./x
git fsck --lost-found
git hash-object -w a
git verify-commit HEAD
git -c core.fsmonitor=./x status
git -ccore.sshCommand=x fetch
git -c alias.x='!touch' x
git --git-dir=x log
git --git-dir x log
git --work-tree=.. status
git --exec-path=x log
git --config-env=a=b log
git -p log
git --paginate log
git --pag log
git foo
git $x
git log $x
git log "$names"
git log *.md
git help -w log
git difftool
git ls-remote origin
git push
git commit -m x
git clone x`.split("\n");

describe("examples", () => {
  test.each(reads)("%s reads", (line) => {
    expect(judgeLine(line).findings).toEqual([]);
    expect(isProved(judgeLine(line))).toBe(true);
  });
  test.each(asks)("%s does more", (line) => expect(judgeLine(line).findings).not.toEqual([]));

  // A rule for the sub-command does not cover an option that runs something.
  test.each([
    "git push --receive-pack=x origin",
    "git push origin --receive-pack x",
    "git fetch --upload-pack 'touch x' .",
    "git ls-remote --exec=x .",
    "git clone -u x y",
    "git clone -qu x y",
    "git clone -c core.x=y z",
    "git rebase -x 'touch x' HEAD~1",
    "git rebase -qx 'touch x' HEAD~1",
    "git rebase --exec='touch x' HEAD~1",
    "git init --template=x",
  ])("%s is told apart from its sub-command", (line) => expect(judgeLine(line).findings.some(({ kind }) => kind === "option")).toBe(true));

  test("a folder given with -C is where the paths are", () => {
    const paths = judgeLine("git -C a -C b diff -- ../x").effects.flatMap((effect) =>
      effect.kind === "reads" || effect.kind === "repository" ? [effect.path] : [],
    );
    expect(paths.at(-1)?.folders).toEqual(["/w/a/b"]);
  });

  test.each([
    ["git show HEAD:.env", ".env"],
    ["git show :.env", ".env"],
    ["git show :2:.env", ".env"],
    ["git cat-file -p 'HEAD@{1}:.env'", ".env"],
    ["git log -p -- ':/.env'", ".env"],
    ["git diff -- ':(top).env'", ".env"],
    ["git grep x HEAD:.env", ".env"],
  ])("%s reads %s", (line, path) => {
    const read = judgeLine(line).effects.flatMap((effect) => (effect.kind === "reads" && effect.path.value.kind === "literal" ? [effect.path.value.text] : []));
    expect(read).toContain(path);
  });
});
