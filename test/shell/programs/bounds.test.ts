// What ends by itself or by another program, forms that only seem to print, and words of which nothing is known where that does no harm.
import { describe, expect, it } from "vitest";
import { analyse } from "../analyse.ts";
import { isProved, judgeLine } from "../judge-line.ts";

const where = { cwd: "/w", home: "/home/me" };
const said = (text: string): readonly string[] => analyse(text, where).findings.map(({ says }) => says);

describe("timeout", () => {
  it.each(["timeout 5 tail -f x", "timeout 2m tail -F x", "timeout -k 1 0.5s tail --follow x", "timeout 5 top -b", "timeout 5 sort *"])("bounds %j", (text) =>
    expect(said(text)).toEqual([]),
  );
  it.each([
    "timeout 0 tail -f x",
    "timeout 0.0 tail -f x",
    "timeout 5d tail -f x",
    "timeout infinity tail -f x",
    'timeout "$n" tail -f x',
    "timeout -s CONT 5 tail -f x",
    "timeout --signal=0 5 tail -f x",
    "timeout 5 setsid -f tail -f x",
    "timeout 5 setsid tail -f x",
    "timeout 5 vim x",
    "timeout 5 touch x",
    "timeout 5 tail -f x; tail -f x",
    "yes | head -1",
  ])("does not answer for %j", (text) => expect(said(text)).not.toEqual([]));
});

describe("what repeats", () => {
  it.each(["vmstat 1 5", "vmstat", "free -s 1 -c 3", "free -h", "top -bn1", "top -b -n 3"])("ends in %j", (text) =>
    expect(isProved(judgeLine(text))).toBe(true),
  );
  it.each(["vmstat 1", "vmstat +20 10", "free -s 1", "free -s 100 -c 100", "top -b", "top -b -n 100", "top -b -n 2 -d 60"])("takes too long in %j", (text) =>
    expect(judgeLine(text).findings.map(({ check }) => check)).toContain("hang"),
  );
});

describe("words of which nothing is known", () => {
  it.each(['basename "$x"', "basename $x .ts", 'dirname "$x"', 'tr "$x" y', 'cut -d "$x" -f 1 README.md'])("do no harm in %j", (text) =>
    expect(isProved(judgeLine(text))).toBe(true),
  );
  it.each(['cat "$x"', 'sort "$x"', 'free "$x"', 'seq "$x"', 'date "$x"', 'sleep "$x"', 'rg "$x"', 'find "$x"', 'git log "$x"'])("may in %j", (text) =>
    expect(judgeLine(text).findings).not.toEqual([]),
  );
});

describe("forms that only seem to print", () => {
  it.each(["cpan -v", "cpan --version", "cpan", "select-editor -h", "vimtutor -h", "gcloud --help", "gcloud", "git filter-branch -h"])(
    "asks about %j",
    (text) => expect(judgeLine(text).findings).not.toEqual([]),
  );
  it.each(["vim --version", "aws --version", "git rebase -h", "git bisect log", "git bisect terms --term-good"])("lets pass %j", (text) =>
    expect(isProved(judgeLine(text))).toBe(true),
  );
  it("git bisect reads the repository", () => {
    expect(new Set(judgeLine("git bisect log").effects.map(({ kind }) => kind))).toEqual(new Set(["repository"]));
    expect(judgeLine("git bisect start").findings.map(({ check }) => check)).toEqual(["mutation"]);
  });
});

describe("patterns whose matches may be options", () => {
  it.each(["sort *", "rg foo *.ts", "sed -n 1,5p *.md", "iconv *", "jq . *.json", "git diff -- *", "git log src/*.ts"])(
    "are the disk's to judge in %j",
    (text) => {
      const { findings, effects } = analyse(text, where);
      expect(findings).toEqual([]);
      expect(effects.some((effect) => effect.kind === "reads" && effect.path.value.kind === "glob" && effect.path.noDash === true)).toBe(true);
    },
  );
  it.each(["uniq *", "xxd *", "sed *", "git show *", "git show H*", "git blame *", "sort -t * x", "date *", "hostname *", "env *", "ip *", "tar cf x *"])(
    "are asked about in %j",
    (text) => expect(said(text)).not.toEqual([]),
  );
});
