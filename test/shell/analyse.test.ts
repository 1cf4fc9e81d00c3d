// What the analyser makes of whole texts: commands, folders, variables, and what stands in the way.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { checks } from "../../src/shell/checks/index.ts";
import { textOfValue } from "../../src/shell/value.ts";
import { type Analysis, analyse } from "./analyse.ts";

const where = { cwd: "/world/project", home: "/world/home" };
const read = (text: string): Analysis => analyse(text, where);
const names = new Map(checks.map((check) => [check.id, check.name]));
const wordsOf = (text: string) => read(text).commands?.map((command) => command.words) ?? null;
/** Paths that are read, as "folder: path". */
const readsOf = (text: string): readonly string[] =>
  read(text).effects.flatMap((effect) =>
    effect.kind === "reads" ? [`${effect.path.folders?.join(" or ")}: ${textOfValue(effect.path.value) ?? JSON.stringify(effect.path.value)}`] : [],
  );

describe("commands of texts that are understood", () => {
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
    ["! time grep -q x y", [["grep", "-q", "x", "y"]]],
    ["cat <<'EOF'\n$(rm x)\nEOF", [["cat"]]],
    ["wc -l <<< 'one'", [["wc", "-l"]]],
    ["echo 'é → ü' # a comment with é", [["echo", "é → ü"]]],
    ["git log \\\n  --stat", [["git", "log", "--stat"]]],
    ["find . -name '*.ts' -exec grep x {} \\;", [["find", ".", "-name", "*.ts", "-exec", "grep", "x", "{}", ";"]]],
    ["echo $'a\\tb' ~/x {1..3}{a,b}", [["echo", "a\tb", "/world/home/x", "1a", "1b", "2a", "2b", "3a", "3b"]]],
    ["x=ls y='-l -a'; $x $y \"$y\"", [["ls", "-l", "-a", "-l -a"]]],
    ['echo "$(pwd)/x" $PWD', [["pwd"], ["echo", "/world/project/x", "/world/project"]]],
    ["echo {05..07} {a..c} {} {a} a{,b}", [["echo", "05", "06", "07", "a", "b", "c", "{}", "{a}", "a", "ab"]]],
    ["echo a=~ b=~/c:~ d~ '~'", [["echo", "a=/world/home", "b=/world/home/c:/world/home", "d~", "~"]]],
    ['a=(\'b c\' d); echo "${a[@]}" ${a[0]} "${a[1]}"', [["echo", "b c", "d", "b", "c", "d"]]],
    [
      'a=(b); a+=(c); echo "${a[@]}"; a=d; echo $a',
      [
        ["echo", "b", "c"],
        ["echo", "d"],
      ],
    ],
  ];
  it.each(rows)("%j", (text, expected) => expect(wordsOf(text)).toEqual(expected));

  it("marks the words that are known only when it runs", () => {
    expect(read("ls *.ts $x a").commands).toBe(null);
    expect(read("echo *.ts $x a").commands).toEqual([{ words: ["echo", "*.ts", "$x", "a"], span: { start: 0, end: 14 }, open: [1, 2] }]);
  });
});

describe("what command and builtin hand on", () => {
  it.each(["command -v git", "command git status", "builtin pwd"])("%s is judged as it is alone", (text) => expect(read(text).findings).toEqual([]));
  it("moves as it would alone", () => expect(readsOf("builtin cd .. && cat a")).toContain("/world: a"));
});

describe("what is found, and where", () => {
  const rows: readonly [text: string, check: string, at: string | null][] = [
    ["ls ~root", "tilde", "~root"],
    ["cat $x", "unknown-path", "$x"],
    ["sort $x", "variable-command", null],
    ['echo "$(touch x)"', "mutation", "touch x"],
    ["echo `touch x`", "mutation", "touch x"],
    ["$'\\164ouch' x", "escaped-word", "$'\\164ouch'"],
    ["FOO=1 git log", "prefix-variable", "FOO=1"],
    ["PATH=x", "dangerous-variable", "PATH=x"],
    ["git log > out", "output", "> out"],
    ["ls {fd}>/dev/null", "descriptor", "{fd}>/dev/null"],
    ["f() { ls; }; f", "function", "f() { ls; }"],
    ["alias ls='rm x'; ls", "alias", "ls='rm x'"],
    ["export PATH=x", "export", "PATH=x"],
    ["eval 'rm x'", "eval-builtin", "eval"],
    ["command eval x", "eval-builtin", "eval"],
    ["command touch x", "mutation", null],
    ["command -p touch x", "eval-builtin", "-p"],
    ["printf -v PATH x; ls", "subscript", "-v"],
    ["(( x[$(touch y)] = 1 ))", "arithmetic", null],
    ["coproc ls", "coproc", "coproc ls"],
    ["ls )", "syntax-error", null],
    ["echo 'a", "syntax-error", null],
    ["", "unlisted-syntax", null],
    ["# nothing", "unlisted-syntax", null],
    ["git\u00a0log", "odd-blank", "\u00a0"],
    ["git log\u200b", "invisible", "\u200b"],
    ["A=1\rls", "carriage-return", "\r"],
    ["echo '\u202e'", "bidi", "\u202e"],
    ["echo \ud800", "half-character", "\ud800"],
    ["l\u0455 x", "homoglyph", "l\u0455"],
    [`${"( ".repeat(20)}ls${" )".repeat(20)}`, "too-deep", null],
    ["ls;".repeat(51), "too-many", null],
    [`echo ${"a".repeat(9000)}`, "too-long", null],
    ["cat <(cat a).b", "process-input", ".b"],
    ["x=$(cat y); echo $((x))", "arithmetic", null],
    ["while read -r n; do echo $((n)); done < x", "arithmetic", null],
    ["[ $x ]", "subscript", null],
    ['test "$a" "$b"', "subscript", null],
    ["bash -c 'rm x'", "mutation", null],
    ["exec < f; git ls-files | while read -r x; do cat $x; done", "eval-builtin", "exec < f"],
    ["ls \u2013la", "homoglyph", "\u2013la"],
    ["cat $'\\xe9'", "escaped-word", null],
    ["ls ~+", "tilde", "~+"],
    ["echo $HOME{a,b}", "brace", "$HOME{a,b}"],
    ["cat {$x,$y}z", "brace", "{$x,$y}z"],
    ["echo {$,a}HOME", "brace", "{$,a}HOME"],
    ["cat < {a,b}", "unknown-path", "< {a,b}"],
  ];
  it.each(rows)("%j: %s", (text, check, at) => {
    const found = read(text).findings.filter((finding) => names.get(finding.check) === check);
    expect(read(text).findings.map((finding) => names.get(finding.check))).toContain(check);
    if (at !== null) expect(found.map(({ span }) => text.slice(span.start, span.end))).toContain(at);
  });

  it.each([
    ["while read -r l; do echo $l; done < f", true],
    ["i=0; while [ $i -lt 3 ]; do i=$((i + 1)); done", true],
    ["i=3; while [[ $i -gt 0 ]]; do echo $i; ((i--)); done", true],
    ['i=0; until [ "$i" -ge 3 ]; do i=$((i + 1)); done', true],
    ["i=0; while ((i < 9)); do ((i += 2)); done", true],
    ["for ((i = 0; i < 3; i++)); do echo $i; done", true],
    ["for ((i = 9; i > 3; i -= 2)); do echo $i; done", true],
    ["while true; do if ls; then break; fi; done", true],
    ["i=5; while [ $i -gt 0 ]; do i=$((i + 1)); done", false],
    ["i=0; while [ $i -lt 3 ]; do i=$((i + 0)); done", false],
    ["i=0; while [ $i -lt 3 ]; do if ls; then i=$((i + 1)); fi; done", false],
    ["i=0; while [ $i -lt 3 ]; do i=$((i + 1)); i=0; done", false],
    ["i=0; while [ $i -lt 3 ]; do continue; i=$((i + 1)); done", false],
    ["for ((i = 0; i < 3; i--)); do ls; done", false],
    ["for ((i = 0; i < 3; i++)); do ((i--)); done", false],
    ["while [ -e f ]; do ls; done", false],
    ["while ls; do pwd; done", false],
    ["until false; do ls; done", false],
  ])("%j ends: %s", (text, ends) => expect(read(text).findings.map((finding) => names.get(finding.check))).toEqual(ends ? [] : ["hang"]));

  it("stands in the order of the text", () => {
    const starts = read("touch a; rm b > c; $x").findings.map((finding) => finding.span.start);
    expect(starts).toEqual(starts.toSorted((one, other) => one - other));
    expect(starts.length).toBeGreaterThanOrEqual(4);
  });

  it("names the command that a rule could allow, and none for what no rule on commands covers", () => {
    const { findings, commands } = read("ls; touch a > b");
    const [mutation, output] = ["mutation", "output"].map((name) => findings.find((finding) => names.get(finding.check) === name));
    expect(commands?.[mutation?.command ?? -1]?.words).toEqual(["touch", "a"]);
    expect(output?.command).toBe(undefined);
  });
});

describe("the working folder", () => {
  const rows: readonly [string, readonly string[] | null][] = [
    ["ls", ["/world/project"]],
    ["cd src", ["/world/project/src", "/world/project"]],
    ["cd src || exit 1", ["/world/project/src"]],
    ["cd src/../lib || exit", ["/world/project/lib"]],
    ["cd .. && cd -- x || exit", ["/world/x"]],
    ["(cd src)", ["/world/project"]],
    ["cd src | ls", ["/world/project"]],
    ["cd src & ls", ["/world/project"]],
    ["cd || exit", ["/world/home"]],
    ["cd ~/a || exit", ["/world/home/a"]],
    ["cd /x || { echo no; exit 1; }", ["/x"]],
    ["if cd a; then ls; else exit; fi", ["/world/project/a"]],
    ["! cd a || exit", ["/world/project"]],
    ['cd "$x"', null],
    ["for d in a b; do cd $d; done", null],
    ["for d in a b; do (cd $d && ls); done", ["/world/project"]],
    ["pushd a >/dev/null || exit; ls; popd >/dev/null || exit", ["/world/project"]],
    ["cd a || exit; cd - || exit", ["/world/project"]],
    ["command cd a || exit", ["/world/project/a"]],
    ["case x in x) cd a || exit;; esac", ["/world/project", "/world/project/a"]],
  ];
  it.each(rows)("%j", (text, expected) => expect(read(text).folder?.toSorted() ?? null).toEqual(expected?.toSorted() ?? null));

  it("is what paths are read from", () => {
    expect(readsOf("cd src && cat a; cat b")).toEqual(["/world/project: src", "/world/project/src: a", "/world/project/src or /world/project: b"]);
    expect(readsOf("(cd src; cat a)")).toContain("/world/project/src or /world/project: a");
    expect(readsOf("cat $(cd src && cat a) < b")).toContain("/world/project/src: a");
  });
});

describe("variables", () => {
  it("hold what is known of them", () => {
    expect(readsOf('x=a.txt; cat "$x"')).toEqual(["/world/project: a.txt"]);
    expect(readsOf('for f in a b; do cat "src/$f"; done').join()).toContain("src/a");
    expect(readsOf("for f in a b; do x=$f; done; cat $x").length).toBe(0 + readsOf("cat $y").length);
    expect(wordsOf("n=$((1 + 2)); echo $n")).toEqual([["echo", "$n"]]);
    expect(read('if ls; then x=a; fi; cat "$x"').findings.length).toBeGreaterThan(0);
    expect(read('if ls; then x=a; else x=b; fi; cat "$x"').findings).toEqual([]);
  });

  it("are matched against names as bash does, in redirections too", () => {
    expect(readsOf("cat < ./.en*").join()).toContain('"pattern":"./.en*"');
    expect(readsOf("x='./.en*'; cat $x").join()).toContain('"pattern":"./.en*"');
    expect(readsOf("x='./.en*'; cat \"$x\"")).toEqual(["/world/project: ./.en*"]);
    expect(readsOf("[[ -f *.ts ]]")).toEqual(["/world/project: *.ts"]);
  });

  it("do not leave subshells, pipes and substitutions", () => {
    expect(wordsOf("x=a; (x=b); echo $x")).toEqual([["echo", "a"]]);
    expect(read("x=a; bash -c 'cat $x'").findings.map((finding) => names.get(finding.check))).toContain("unknown-path");
    expect(wordsOf("x=a; ls | x=b; echo $x")?.at(-1)).toEqual(["echo", "a"]);
    expect(wordsOf("x=a; y=$(x=b); echo $x")).toEqual([["echo", "a"]]);
  });

  it("are wider after a loop that changes them", () => {
    const changed = read('x=a; while read -r l; do cat "$x"; x=$l; done < f');
    expect(changed.findings.map((finding) => names.get(finding.check))).toContain("unknown-path");
    expect(read("n=0; while read -r l; do n=$((n + 1)); done < f; head -n $n f").findings).toEqual([]);
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
  ])("%j → %s", (text, heard) => expect(read(text).heard.map((command) => command.words.join(" "))).toContain(heard));
});

describe("the analyser", () => {
  it("is total", () => {
    for (const text of ["\0", "\ud800$(", "<<", "${", "$((", "[[", "case", "`", "))", "{fd}>", "x=(", "a[", "${x[", "<<$(", "\\"])
      expect(() => read(text)).not.toThrow();
  });

  it("leaves the process as it is: no global, no listener, no change to stack traces", async () => {
    const seen = `const before = [Object.getOwnPropertyNames(globalThis), process.eventNames(), Error.stackTraceLimit];
      const { analyseShell } = await import(${JSON.stringify(new URL("../../src/shell/index.ts", import.meta.url).href)});
      const { commands } = await analyseShell("ls -la", { cwd: "/", home: "/" });
      const after = [Object.getOwnPropertyNames(globalThis), process.eventNames(), Error.stackTraceLimit];
      console.log(commands.length, JSON.stringify(after) === JSON.stringify(before));`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", seen]);
    expect(stdout).toBe("1 true\n");
  });

  it("warms up: the first command then loads nothing more", async () => {
    const seen = `import { registerHooks } from "node:module";
      let loaded = 0;
      registerHooks({ load: (url, context, next) => { loaded += 1; return next(url, context); } });
      const { analyseShell, warmUp } = await import(${JSON.stringify(new URL("../../src/shell/index.ts", import.meta.url).href)});
      const cold = loaded;
      await warmUp();
      const warm = loaded;
      const { findings } = await analyseShell("sh -c 'ls -la' | sort", { cwd: "/", home: "/" });
      console.log(cold < 10, warm > 100, loaded - warm, findings.length);`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", seen]);
    expect(stdout).toBe("true true 0 0\n");
  });

  it("is quick with texts that are made to be slow", () => {
    const nasty = [
      "$(".repeat(10_000),
      `echo ${"a ".repeat(500_000)}`,
      "cat <<E\n".repeat(2000),
      "\0".repeat(100_000),
      "\ud800".repeat(50_000),
      "$(".repeat(4000),
      `${"sudo ".repeat(1600)}ls`,
      ...["xargs", "setarch", "timeout 1", "env", "find . -exec"].flatMap((each) => [14, 100, 1300].map((times) => `${`${each} `.repeat(times)}ls`)),
      `sh -c '${"sudo a b;".repeat(800)}'`,
      "`".repeat(8000),
      "{a,".repeat(2600),
      `echo ${"{a,b}".repeat(1000)}`,
      `echo ${"{".repeat(4000)}a,b${"}".repeat(3000)}`,
      `echo ${"[".repeat(8000)}`,
      `echo ${"${x:-".repeat(1300)}`,
      "<<E ".repeat(2000),
      "'\\''".repeat(2000),
      "((".repeat(3000),
      `${"for a in b; do ".repeat(14)}x=$a; cd $x; ls${"; done".repeat(14)}`,
      `${"while ls; do x=$x$y; ".repeat(40)}${"done;".repeat(40)}`,
      `[ ${"! ".repeat(4000)} ]`,
      `echo $((${"(".repeat(4000)}`,
      `x=a;${"x=$x$x;".repeat(40)}`,
    ];
    const costs = (text: string): number => {
      const before = process.threadCpuUsage();
      read(text);
      const { user, system } = process.threadCpuUsage(before);
      return (user + system) / 1000;
    };
    read("ls");
    const slow = nasty.filter((text) => Math.min(costs(text), costs(text)) > 100);
    expect(slow.map((text) => text.slice(0, 40))).toEqual([]);
  });
});
