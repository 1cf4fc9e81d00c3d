// The small grammars of sed, awk and jq against the real programs: a script that is said to do nothing but read leaves a folder as it was.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { readAwkScript } from "../../../src/shell/programs/awk-script.ts";
import { readFilter } from "../../../src/shell/programs/jq-filter.ts";
import { readSedScript } from "../../../src/shell/programs/sed-script.ts";
import { isInstalled } from "./real-programs.ts";

const folder = mkdtempSync(join(tmpdir(), "bosun-scripts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
/** Enough to see each kind of script in `npm test`; the long run takes twenty times as many. */
const runs = (fc.readConfigureGlobal().numRuns ?? 100) * 5;
const input = 'a b/c [x] 1\n/usr/lib "q" 22\nw C3 e touch C4\n';

/** Runs it on a fresh file. Returns what there is now that wasn't, or "input" when the file was changed. */
function left(name: string, words: readonly string[]): readonly string[] {
  for (const file of readdirSync(folder)) rmSync(join(folder, file), { recursive: true, force: true });
  writeFileSync(join(folder, "input"), input);
  spawnSync(name, [...words, "input"], { cwd: folder, env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C" }, input: "", timeout: 3000, maxBuffer: 1 << 20 });
  return readdirSync(folder).filter((file) => file !== "input" || readFileSync(join(folder, file), "utf8") !== input);
}

const sedPieces = fc.constantFrom(
  ...[
    "s",
    "y",
    "/",
    ",",
    "|",
    "x",
    "a",
    "b",
    "c",
    "i",
    "w C1",
    "w",
    "e touch C2",
    "e",
    "r input",
    "p",
    "d",
    "D",
    "n",
    "N",
    "{",
    "}",
    ";",
    "\n",
    "\\",
    "\\\n",
    "\\/",
    "[",
    "]",
    "[/]",
    "[^/]",
    "[]/]",
    "[^]/]",
    "[[:alpha:]]",
    "[\\]",
    "[\\/]",
    "[\\n]",
    "&",
    "1",
    "$",
    "!",
    "0~2",
    ",+1",
    "#",
    " ",
    ":a",
    "ba",
    "t",
    "g",
    "I",
    "M",
    "q",
    "l 5",
    "=",
    "s/a/b/",
    "s/a/b/w C5",
    "s|a|b|e",
    "/a/",
    "\\,a,",
    "\\xax",
    "1,2",
    "s/[/]/x/",
    "y/ab/cd/",
    "a\\\n",
    "a foo",
    "i\\",
    "c bar",
    "F",
    "z",
    "v",
  ],
);
const sedScripts = fc.oneof(
  fc.array(sedPieces, { minLength: 1, maxLength: 9 }).map((pieces) => pieces.join("")),
  // Deeds behind what ends or doesn't end: expressions, replacements, texts, labels, comments.
  fc
    .tuple(
      fc.constantFrom(
        "s/",
        "s,",
        "s|",
        "y/",
        "/",
        "\\,",
        "a ",
        "a\\\n",
        "a\\",
        "i",
        "#",
        ":",
        "b ",
        "t",
        "s/[",
        "s/[^",
        "s/x/[",
        "{s/a/",
        "1!{/x/",
        "}",
        "l ",
        "q",
        "r in",
        "v ",
      ),
      fc.array(sedPieces, { maxLength: 5 }).map((pieces) => pieces.join("")),
      fc.constantFrom("/", ",", "|", "]", "\n", ";", "\\\n", "}", "/x/", ",,", "]/]x/", "[]", " "),
      fc.constantFrom("w C6", "e touch C7", "s/^/touch C8;/e", "s/a/b/w C9", ";w C10\n", "\nw C11", "w C12/", "]/w C13"),
    )
    .map((parts) => parts.join("")),
);

describe("sed", () => {
  const names = ["sed", "busybox"].filter(isInstalled);
  test.each(names)(
    "%s leaves all as it was when the script is said to read",
    (name) => {
      let proved = 0;
      fc.assert(
        fc.property(sedScripts, (script) => {
          const deeds = readSedScript([script]);
          if (deeds.some(({ kind }) => kind !== "reads")) return;
          proved += 1;
          expect(left(name, [...(name === "busybox" ? ["sed"] : []), script])).toEqual([]);
        }),
        { numRuns: runs },
      );
      expect(proved).toBeGreaterThan(20);
    },
    60_000,
  );

  test("what it finds is what sed does", () => {
    for (const [script, kind] of [
      ["s/a/b/w C", "writes"],
      ["w C", "writes"],
      ["1,2W C", "writes"],
      ["/x/!{p;w C\n}", "writes"],
      ["1e touch C", "runs"],
      ["e", "runs"],
      ["s/^.*$/touch C/e", "runs"],
      ["s/a/b/gpe", "runs"],
      ["$!N;s,/,\\,,w C", "writes"],
      ["a x\nw C", "writes"],
      ["a\\\nx\nw C", "writes"],
      [":a;w C", "writes"],
      ["b a;w C", "writes"],
      ["#n\nw C", "writes"],
      ["y/a/b/;w C", "writes"],
      ["\\xax w C", "writes"],
      ["s/[^/]*$//w C", "writes"],
      ["r /etc/passwd", "reads"],
      ["R x", "reads"],
    ] as const)
      expect([script, readSedScript([script]).map((deed) => deed.kind)]).toEqual([script, [kind]]);
    expect(readSedScript(["p", "w C"]).map(({ kind }) => kind)).toEqual(["writes"]);
    expect(readSedScript(["a\\", "w C"]).map(({ kind }) => kind)).toEqual(["unclear"]);
  });
});

const awkPieces = fc.constantFrom(
  ...[
    "print",
    "printf",
    "$1",
    "$NF",
    "a",
    "b",
    "x",
    "1",
    "2",
    "/",
    "/x/",
    "/[/]/",
    "/\\//",
    "/[^/]+/",
    '/"/',
    '"/"',
    '"s"',
    '"touch C1"',
    '"C2"',
    ">",
    ">>",
    "|",
    "|&",
    "getline",
    "<",
    "system",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ";",
    "\n",
    ",",
    ",\n",
    "\\\n",
    "#",
    "# /\n",
    '"',
    "++",
    "--",
    "in",
    "if",
    "else",
    "while(0)",
    "for(;0;)",
    "if(1)",
    "BEGIN",
    "END",
    "~",
    "!~",
    "!",
    "==",
    "&&",
    "||",
    "?",
    ":",
    "=",
    "+",
    "-",
    "*",
    "%",
    "/=",
    "length",
    "return",
    "exit",
    "next",
    " ",
    "(a)",
    '"C3"',
    'print > "C4"',
    'print | "touch C5"',
    'system("touch C6")',
    '"touch C7" | getline',
    "delete",
    'gsub(/a/,"b")',
    "substr($0,1)",
  ],
);
const awkScripts = fc.oneof(
  fc.array(awkPieces, { minLength: 1, maxLength: 8 }).map((pieces) => `{ ${pieces.join(" ")} }`),
  fc
    .tuple(
      fc.constantFrom(
        "print a ",
        "print a,\n",
        "print a,\n\n",
        "print (a) ",
        "print a[1] ",
        "print a\n",
        "x = a ",
        "if (1) ",
        "a / ",
        "a++ / ",
        "(a) / ",
        "/[/",
        "/[/]/",
        '"',
        "# ",
        "$1 ~ /",
        "print /x/ ",
        "length / ",
        "else / ",
        "in / ",
        "print -a ",
        'printf("%s", a) ',
        "print a > b ? c : d ",
        "} / ",
        "a[1] / ",
      ),
      fc.array(awkPieces, { maxLength: 3 }).map((pieces) => pieces.join(" ")),
      fc.constantFrom("", "/", '"', "\n", ";", "]/", "/ ;", ")", '" ;'),
      fc.constantFrom(
        '> "C8"',
        '| "touch C9"',
        'system("touch C10")',
        '; print > "C11"',
        '\n print a > "C12"',
        '; "touch C13" | getline',
        '/ ; system("touch C14") ; /',
      ),
    )
    .map((parts) => `{ ${parts.join("")} }`),
);

describe("awk", () => {
  const names = ["gawk", "mawk", "original-awk", "busybox"].filter(isInstalled);
  test.each(names)(
    "%s leaves all as it was when the program is said to read",
    (name) => {
      let proved = 0;
      fc.assert(
        fc.property(awkScripts, (script) => {
          if (readAwkScript(script).some(({ kind }) => kind !== "reads")) return;
          proved += 1;
          expect(left(name, [...(name === "busybox" ? ["awk"] : []), script])).toEqual([]);
        }),
        { numRuns: runs },
      );
      expect(proved).toBeGreaterThan(20);
    },
    60_000,
  );

  test("what it finds is what awk does", () => {
    for (const [script, kind] of [
      ['BEGIN{system("touch C")}', "runs"],
      ['{print > "C"}', "writes"],
      ['{print a,\n\n b > "C"}', "writes"],
      ['{printf("%s", $1) >> $2}', "writes"],
      ['{print | "sh"}', "runs"],
      ['{"date" | getline x}', "runs"],
      ['{if (1) /"/ ; system("x") ; /"/}', "runs"],
      ['/[/]/{system("x")}', "runs"],
      ["BEGIN{ARGV[1]=1}", "runs"],
      ['{f="system"; @f("x")}', "unclear"],
      ['@include "x"', "unclear"],
      ['BEGIN{while((getline x < "f") > 0) print x}', "reads"],
      ["BEGIN{getline x < y}", "unclear"],
    ] as const)
      expect([script, readAwkScript(script)[0]?.kind]).toEqual([script, kind]);
    for (const script of [
      "{print ($1 > 2)}",
      "$1 > 2",
      "NR>1{print $1/$2}",
      '{print > "/dev/stderr"}',
      "!seen[$0]++",
      "{a=b/c/d}",
      '/\\//{gsub(/[^/]+/, "x")}1',
      'END{PROCINFO["sorted_in"]="@ind_str_asc"; for(k in a) print k}',
    ])
      expect([script, readAwkScript(script)]).toEqual([script, []]);
  });
});

describe("jq", () => {
  const program = "jq";
  const pieces = fc.constantFrom(
    ...[
      ".",
      ".a",
      ".env",
      "env",
      "$ENV",
      "$ENV.HOME",
      "env.CANARY",
      "import",
      "include",
      '"s"',
      '"\\(env)"',
      '"\\(.a)"',
      "|",
      ",",
      ":",
      "{",
      "}",
      "(",
      ")",
      "[",
      "]",
      "as",
      "$x",
      ";",
      "#",
      "# c\n",
      "# \\\n",
      "1",
      "keys",
      "length",
      "map",
      "select",
      "==",
      "{env: 1}",
      "{a: env}",
      "{env}",
      "to_entries",
      "@json",
      "tojson",
      "debug",
      "def f: env;",
      "f",
      " ",
    ],
  );
  test.skipIf(!isInstalled(program))(
    "shows nothing of the environment when the filter is said to read",
    () => {
      let proved = 0;
      fc.assert(
        fc.property(fc.array(pieces, { minLength: 1, maxLength: 7 }), fc.constantFrom("", " "), (parts, between) => {
          const filter = parts.join(between);
          if (readFilter(filter).length > 0) return;
          proved += 1;
          const { stdout, stderr } = spawnSync(program, ["-n", filter], {
            cwd: folder,
            env: { PATH: process.env["PATH"] ?? "", CANARY_TOKEN: "S3CRET", HOME: folder },
            encoding: "utf8",
            timeout: 3000,
          });
          expect(`${stdout}${stderr}`).not.toContain("S3CRET");
        }),
        { numRuns: Math.ceil(runs / 4) },
      );
      expect(proved).toBeGreaterThan(20);
    },
    300_000,
  );
});
