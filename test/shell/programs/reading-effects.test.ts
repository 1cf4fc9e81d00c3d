// Programs that read: what they read, what comes out of them, and what is known of names and numbers on the way.
import { describe, expect, test } from "vitest";
import { programOf } from "../../../src/shell/programs/index.ts";
import { readByTable } from "../../../src/shell/programs/options.ts";
import type { Program } from "../../../src/shell/programs/program.ts";
import { endingsOf } from "../../../src/shell/programs/search.ts";
import type { Value } from "../../../src/shell/value.ts";
import { judgeLine } from "../judge-line.ts";

describe("what comes out", () => {
  test.each([
    ["find src -name '*.ts'", "names"],
    ["find . -printf '%p %s\\n'", "anything"],
    ["find . -ls", "anything"],
    ["ls src", "names"],
    ["ls -l src", "anything"],
    ["ls -a", "anything"],
    ["rg -l foo", "names"],
    ["rg foo", "anything"],
    ["grep -rl foo src", "names"],
    ["grep -l foo", "anything"],
    ["fd -e ts", "names"],
    ["wc -l", "number"],
    ["wc -l README.md", "anything"],
    ["seq 3", "number"],
    ["seq -s/ 3", "anything"],
    ["cut -d/ -f1", "anything"],
  ] as const)("%s: %s", (line, gives) => {
    const given = judgeLine(line).gives;
    expect(typeof given === "string" ? given : given.kind).toBe(gives);
  });

  test.each(["sort", "sort -u", "uniq", "head -5", "tail -n 3", "grep -v x", "sed -n 5p", "awk NR==3", "cat"])("%s passes lines on", (line) => {
    expect(judgeLine(line, "pipe", "names").gives).toBe("names");
  });
  test.each(["sort README.md", "uniq -c", "head -c 5", "grep -o x", "sed s/a/b/", "awk '{print $1}'", "cat -n", "rev", "sort --debug", "cat README.md"])(
    "%s does not",
    (line) => {
      expect(judgeLine(line, "pipe", "names").gives).toBe("anything");
    },
  );
});

describe("what is read", () => {
  const read = (line: string) =>
    judgeLine(line).effects.flatMap((effect) =>
      effect.kind === "reads" && effect.path.value.kind === "literal" ? [`${effect.what}${effect.deep ? "*" : ""} ${effect.path.value.text}`] : [],
    );
  test.each([
    ["cat a ../b", ["content a", "content ../b"]],
    ["grep -rn x", ["content* ."]],
    ["grep x ../a", ["content ../a"]],
    ["grep -f ../p a", ["content ../p", "content a"]],
    ["grep -e x ../a", ["content ../a"]],
    ["rg x ../a", ["content* ../a"]],
    ["rg --ignore-file=../i x a", ["content ../i", "content* a"]],
    ["sed p ../a", ["content ../a"]],
    ["sed 'r ../a' b", ["content ../a", "content b"]],
    ["sed -e p ../a", ["content ../a"]],
    ["awk '{getline x < \"../a\"}' b", ["content ../a", "content b"]],
    ["awk -v a=../x 1 b=../y ../c", ["content ../c"]],
    ["jq . ../a", ["content ../a"]],
    ["jq --slurpfile a ../b . c", ["content ../b", "content c"]],
    ["diff -r a ../b", ["content* a", "content* ../b"]],
    ["diff --from-file=../a b", ["content* ../a", "content* b"]],
    ["find ../a -newer ../b", ["names* ../a", "names ../b"]],
    ["ls", ["names ."]],
    ["ls ../a", ["names ../a"]],
    ["du -X ../x a", ["content ../x", "names* a"]],
    ["tree --gitfile ../x", ["content ../x", "names* ."]],
    ["wc -l ../a", ["content ../a"]],
    ["sort --random-source=../a b", ["content ../a", "content b"]],
    ["tar -tf ../a.tar", ["content ../a.tar"]],
    ["zcat ../a.gz", ["content ../a.gz"]],
    ["date -r ../a", ["names ../a"]],
    ["locate x", ["names* /"]],
    ["shuf -e ../a", []],
    ["basename ../a", []],
  ] as const)("%s", (line, paths) => expect([...read(line)].sort()).toEqual([...paths].sort()));

  test("a deep reading says what it follows and leaves out", () => {
    const below = (line: string) => judgeLine(line).effects.flatMap((effect) => (effect.kind === "reads" && effect.deep ? [effect.below ?? {}] : []));
    expect(below("grep -R x a")).toEqual([{ links: true }]);
    expect(below("grep -r x a")).toEqual([{}]);
    expect(below("grep -r --include=*.ts x a")).toEqual([{ endings: [".ts"] }]);
    expect(below("rg x a")).toEqual([{ hidden: false }]);
    expect(below("rg -L --hidden x a")).toEqual([{ links: true }]);
    expect(below("rg -uu x a")).toEqual([{}]);
    expect(below("rg -g '!*.md' x a")).toEqual([{ hidden: false }]);
    expect(below("rg -g '.env' x a")).toEqual([{}]);
    expect(below("find -L a")).toEqual([{ links: true }]);
    expect(below("diff -r --no-dereference a b")).toEqual([{}, {}]);
  });

  test.each([
    ["*.ts", [".ts"]],
    ["**/*.ts", [".ts"]],
    ["src/**/*.test.ts", [".test.ts"]],
    ["*.{ts,tsx}", [".ts", ".tsx"]],
    ["*", null],
    [".env", null],
    ["*.e*", null],
    ["!*.ts", null],
    ["*.{ts,*}", null],
    ["*.[jt]s", null],
  ] as const)("names that match %s end with %j", (pattern, endings) => expect(endingsOf(pattern)).toEqual(endings));
});

describe("numbers that are known only when it runs", () => {
  const number: Value = { kind: "unknown", prefix: "", splits: false, holds: "number" };
  const judged = (name: string, form: string) => {
    const found: string[] = [];
    const judging = { finding: (check: string) => found.push(check), effect: () => {}, command: () => "anything" as const, script: () => {} };
    const value: Value = form === "\0" ? number : { ...number, prefix: form.slice(0, form.indexOf("\0")), holds: "anything", form };
    const span = { start: 0, end: 1 };
    const program = programOf(name) as Program;
    readByTable(program, { name, words: [{ value, span }], folders: ["/w"], input: "nothing", pipe: "anything", span }, judging);
    return found;
  };
  test.each([
    ["sed", "\0p"],
    ["sed", "\0,\0p"],
    ["sed", "\0!d"],
    ["awk", "NR==\0"],
    ["awk", "\0"],
    ["jq", ".[\0].a"],
  ] as const)("%s %j is a program that reads", (name, form) => expect(judged(name, form)).toEqual([]));
  test.each([
    ["sed", "s\0a\0b\0"],
    ["sed", "\0w C"],
    ["sed", "\0e"],
    ["sed", "\0-i"],
    ["sed", "\0i"],
    ["awk", "sys\0tem(1)"],
    ["awk", "{ print \0 > \0 }"],
    ["awk", "{ a \0 /x; system(1) }"],
    ["jq", "e\0nv"],
  ] as const)("%s %j may not be", (name, form) => expect(judged(name, form)).not.toEqual([]));
});

describe("commands that find runs", () => {
  test("get names that begin with the folder and end as -name says", () => {
    const effects = judgeLine("find src -name '*.ts' -exec cat {} +").effects.filter((effect) => effect.kind === "reads" && effect.what === "content");
    expect(effects.length).toBeGreaterThan(0);
    for (const effect of effects) expect(effect).toMatchObject({ path: { value: { kind: "unknown", prefix: "src", holds: "names", endings: [".ts"] } } });
  });
  test.each([
    "find . -name '*.ts' -o -exec cat {} +",
    "find . -exec cat {} + -name '*.ts'",
    "find . ! -name '*.ts' -exec cat {} +",
    "find . -exec echo + -name '*.ts' \\; -exec cat {} \\;",
  ])("%s: nothing is known of how the names end", (line) => {
    for (const effect of judgeLine(line).effects)
      if (effect.kind === "reads" && effect.path.value.kind === "unknown") expect(effect.path.value.endings).toBeUndefined();
  });
});
