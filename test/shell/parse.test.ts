import { describe, expect, it } from "vitest";
import { readShell } from "../../src/shell/index.ts";

const wordsOf = async (text: string) => (await readShell(text)).commands?.map((command) => command.words) ?? null;
const heardIn = async (text: string) => (await readShell(text)).heard.map((command) => command.words.join(" "));

describe("texts that are understood", () => {
  const rows: readonly [string, readonly (readonly string[])[]][] = [
    ["git log --oneline -5", [["git", "log", "--oneline", "-5"]]],
    ["cd x && ls; pwd", [["cd", "x"], ["ls"], ["pwd"]]],
    [
      "git log | head -3 2>&1 >/dev/null",
      [
        ["git", "log"],
        ["head", "-3"],
      ],
    ],
    ["echo 'a b' \"c d\"e\\ f ''", [["echo", "a b", "c de f", ""]]],
    ["(cd x; ls) & wait", [["cd", "x"], ["ls"], ["wait"]]],
    ["if test -f x; then cat x; else ls; fi", [["test", "-f", "x"], ["cat", "x"], ["ls"]]],
    ["while false; do ls; done", [["false"], ["ls"]]],
    ["case a in a) ls;; esac", [["ls"]]],
    ["time ! grep -q x y", [["grep", "-q", "x", "y"]]],
    ["cat <<'EOF'\n$(rm x)\nEOF", [["cat"]]],
    ["wc -l <<< 'one'", [["wc", "-l"]]],
    ["echo 'é → ü' # a comment with é", [["echo", "é → ü"]]],
    ["git log \\\n  --stat", [["git", "log", "--stat"]]],
    ["find . -name '*.ts' -exec grep x {} \\;", [["find", ".", "-name", "*.ts", "-exec", "grep", "x", "{}", ";"]]],
  ];
  it.each(rows)("%j", async (text, expected) => expect(await wordsOf(text)).toEqual(expected));
});

describe("texts that are unclear, with what and where", () => {
  const rows: readonly [text: string, says: RegExp, at: string | null][] = [
    ["echo $HOME", /stands for/, "$HOME"],
    ["ls *.ts", /stands for/, "*.ts"],
    ["ls ~/x", /stands for/, "~/x"],
    ["git {log,push}", /stands for/, "{log,push}"],
    ['echo "$(touch x)"', /stands for/, '"$(touch x)"'],
    ["echo `touch x`", /stands for/, "`touch x`"],
    ["$'\\164ouch' x", /stands for/, "$'\\164ouch'"],
    ["FOO=1 git log", /sets a variable/, "FOO=1"],
    ["PATH=x", /sets a variable/, "PATH=x"],
    ["git log > out", /writes to a file/, "> out"],
    ["sort < in", /reads from a file/, "< in"],
    ["ls {fd}>/dev/null", /variable/, "{fd}>/dev/null"],
    ["cat <<EOF\n$(rm x)\nEOF", /here-document/, null],
    ["f() { ls; }; f", /function/, "f() { ls; }"],
    ["alias ls='rm x'; ls", /changes what later/, "alias ls='rm x'"],
    ["export PATH=x", /changes what later/, "export PATH=x"],
    ["eval 'rm x'", /runs text/, "eval 'rm x'"],
    ["printf -v PATH x; ls", /printf -v/, "printf -v PATH x"],
    ["[[ -f x ]]", /test command/, "[[ -f x ]]"],
    ["(( x = 1 ))", /arithmetic/, "(( x = 1 ))"],
    ["for f in a b; do ls; done", /a for/, null],
    ["coproc ls", /coproc/, "coproc ls"],
    ["diff <(ls) x", /stands for/, "<(ls)"],
    ["bash <<'EOF'\nrm x\nEOF", /program as its input/, null],
    ["ls )", /would not understand/, null],
    ["echo 'a", /would not understand/, null],
    ["", /no command/, null],
    ["# nothing", /no command/, null],
    ["git\u00a0log", /U\+00A0/, "\u00a0"],
    ["git log\u200b", /U\+200B/, "\u200b"],
    ["A=1\rls", /U\+000D/, "\r"],
    ["echo '\u202e'", /U\+202E/, "\u202e"],
    ["echo \ud800", /U\+D800/, "\ud800"],
    ["l\u0455 x", /plain command name/, "l\u0455 x"],
    ["'l\u0455' x", /plain command name/, null],
    [`${"( ".repeat(20)}ls${" )".repeat(20)}`, /deeper/, null],
    ["ls;".repeat(51), /51 commands/, null],
    [`echo ${"a".repeat(9000)}`, /9005 characters/, null],
  ];
  it.each(rows)("%j", async (text, says, at) => {
    const reading = await readShell(text);
    if (reading.commands !== null) throw new Error(`understood as ${JSON.stringify(reading.commands)}`);
    expect(reading.unclear).toMatch(says);
    if (at !== null) expect(text.slice(reading.span.start, reading.span.end)).toBe(at);
  });
});

describe("what those who refuse hear besides", () => {
  it.each([
    ["sudo -u root rm -rf x", "rm -rf x"],
    ["env A=1 rm x", "rm x"],
    ["/bin/rm x", "rm x"],
    ["git -C sub --no-pager push origin", "git push origin"],
    ["git -c a=b push", "git push"],
    ["bash -c 'ls; rm x'", "rm x"],
    ["sh -c \"sh -c 'rm x'\"", "rm x"],
    ["eval rm x", "rm x"],
    ["find . -exec rm x \\;", "rm x ;"],
    ["xargs -n 1 rm", "rm"],
    ["timeout 5 nice rm x", "rm x"],
    ["echo $(rm x)", "rm x"],
    ["cat <(rm x)", "rm x"],
    ["A=$(rm x) ls", "rm x"],
    ["f() { rm x; }", "rm x"],
    ["rm x > y", "rm x"],
    ["for f in a; do rm x; done", "rm x"],
    ["cat <<E\n$(rm x)\nE", "rm x"],
    ["git push $remote", "git push $remote"],
    ["echo `echo \\`rm x\\``", "rm x"],
  ])("%j → %s", async (text, heard) => {
    const reading = await readShell(text);
    expect([...(await heardIn(text)), ...(reading.commands ?? []).map((command) => command.words.join(" "))]).toContain(heard);
  });

  it("stays bounded for texts made to be slow", async () => {
    const nasty = [
      "$(".repeat(4000),
      `${"sudo ".repeat(1600)}ls`,
      `sh -c '${"sudo a b;".repeat(800)}'`,
      "`".repeat(8000),
      "{a,".repeat(2600),
      "<<E ".repeat(2000),
      "'\\''".repeat(2000),
      `${"((".repeat(3000)}`,
    ];
    const started = performance.now();
    for (const text of nasty) expect((await readShell(text)).heard.length).toBeLessThanOrEqual(500);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
