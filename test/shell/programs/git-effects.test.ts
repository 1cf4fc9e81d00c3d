// Lines made of git's own options, in every form and order: what is proved to read changes nothing when it is run.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { git } from "../../../src/shell/programs/git.ts";
import { type Judging, readByTable } from "../../../src/shell/programs/options.ts";
import type { Program } from "../../../src/shell/programs/program.ts";
import { literal } from "../../../src/shell/value.ts";

const home = mkdtempSync(join(tmpdir(), "bosun-git-effects-"));
const repository = join(home, "repository");
const env = {
  PATH: process.env["PATH"] ?? "",
  HOME: home,
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  LC_ALL: "C",
  PAGER: "./pay",
  GIT_EDITOR: "./pay",
};
const run = (args: readonly string[]) => spawnSync("git", args, { cwd: repository, env, input: "", timeout: 10_000 });

beforeAll(() => {
  writeFileSync(join(home, ".gitconfig"), "[user]\nname = a\nemail = a@b\n");
  spawnSync("git", ["init", "-q", repository], { env });
  writeFileSync(join(repository, "a"), "a\n");
  writeFileSync(join(repository, "pay"), "#!/bin/sh\ntouch CANARY\n");
  chmodSync(join(repository, "pay"), 0o755);
  run(["add", "."]);
  run(["commit", "-qm", "a"]);
  writeFileSync(join(repository, "a"), "b\n");
  run(["commit", "-qam", "b"]);
  run(["tag", "v1"]);
  run(["branch", "other"]);
  writeFileSync(join(repository, "a"), "c\n");
  run(["stash"]);
  writeFileSync(join(repository, "a"), "d\n");
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Everything below the home folder but the index, whose times git brings up to date. */
function tree(folder: string = home): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return tree(path);
    if (entry.name === "index") return [];
    const { size, mtimeMs } = statSync(path);
    return [`${path} ${size} ${mtimeMs}`];
  });
}

interface Form {
  readonly words: readonly string[];
  readonly options: readonly string[];
}
const optionsOf = ({ flags = "", options = [] }: Program): readonly string[] =>
  [...flags.split(" "), ...options.flatMap(({ names }) => names.split(" "))].filter((name) => name !== "").map((name) => (name === "-#" ? "-3" : name));
const formsOf = (program: Program, before: readonly string[]): readonly Form[] =>
  program.names
    .split(" ")
    .flatMap((name) => [
      ...(program.does === undefined && !/^(?:help|patch-id|stripspace|column)$/.test(name) ? [{ words: [...before, name], options: optionsOf(program) }] : []),
      ...(program.commands ?? []).flatMap((each) => formsOf(each, [...before, name])),
    ]);
const forms = (git[0]?.commands ?? []).flatMap((each) => formsOf(each, []));
const everyOption = [...new Set(forms.flatMap(({ options }) => options))];
const values =
  "HEAD a CANARY --output=CANARY 1 ./pay -- -O./pay %H %G? =CANARY tar.gz v1 other HEAD:a -d -D -m --delete expire drop -o -u -c --exec=./pay --open-files-in-pager=./pay --ext-diff -h all short refs/heads/x --edit x.y".split(
    " ",
  );

const word = ({ options }: Form): fc.Arbitrary<readonly string[]> => {
  const option = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...(options.length === 0 ? ["-v"] : options)) },
    { weight: 1, arbitrary: fc.constantFrom(...everyOption) },
  );
  const value = fc.constantFrom(...values);
  return fc.oneof(
    option.map((name) => [name]),
    fc.tuple(option, value),
    fc.tuple(option, value).map(([name, text]) => [name.startsWith("--") ? `${name}=${text}` : `${name}${text}`]),
    value.map((text) => [text]),
    fc.tuple(option, fc.nat(12)).map(([name, length]) => [name.slice(0, 4 + length)]),
    fc.tuple(option, option).map(([one, other]) => [`-${one.replace(/^-+/, "").slice(0, 1)}${other.replace(/^-+/, "")}`]),
  );
};
const line = fc.constantFrom(...forms).chain((form) => fc.array(word(form), { minLength: 1, maxLength: 4 }).map((parts) => [...form.words, ...parts.flat()]));

function isProved(words: readonly string[]): boolean {
  let proved = true;
  const judging: Judging = {
    finding: () => {
      proved = false;
    },
    effect: ({ kind }) => {
      proved &&= kind === "reads" || kind === "repository";
    },
    command: () => {
      proved = false;
      return "anything";
    },
    script: () => {
      proved = false;
    },
  };
  const span = { start: 0, end: 0 };
  const table = git[0];
  if (table === undefined) throw new Error("git has no table");
  readByTable(
    table,
    { name: "git", words: words.map((text) => ({ value: literal(text), span })), folders: [repository], input: "nothing", pipe: "anything", span },
    judging,
  );
  return proved;
}

test("no line that is proved changes anything", () => {
  let ran = 0;
  fc.assert(
    fc.property(line.filter(isProved), (words) => {
      ran += 1;
      // Taken each time, so that shrinking isn't misled by what an earlier line left.
      const before = tree();
      run(words);
      expect(tree()).toEqual(before);
    }),
    { numRuns: 2 * (fc.readConfigureGlobal().numRuns ?? 100) },
  );
  expect(ran).toBeGreaterThan(100);
});
