// Random commands, built from the analyser's own tables and from what they leave open: options in every way of writing them, operands, pipes.
import { existsSync } from "node:fs";
import fc, { type Arbitrary } from "fast-check";
import { allPrograms } from "../../../src/shell/programs/index.ts";
import type { OptionRow, Program, Role } from "../../../src/shell/programs/program.ts";

const quote = (text: string): string => (/^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
const one = (...texts: readonly string[]): Arbitrary<string> => fc.constantFrom(...texts);

const files = one(
  ...[
    "README.md",
    "package.json",
    "src/log.ts",
    "src/berth.ts",
    "data/names.txt",
    "data/ships.csv",
    "data/server.txt",
    "data/events.json",
    "data/events.ndjson",
    "LICENSE",
  ],
  ...[
    "docs/guide.md",
    "data/server.txt.gz",
    "scripts/pack.tar",
    "scripts/pack.tgz",
    "scripts/pack.zip",
    "scripts/change.patch",
    "data/empty.txt",
    "nothing-here",
    "-",
    "./data/tides.tsv",
  ],
);
const folders = one("src", "data", "docs", ".", "tools/report", "crates/knot", "test", "./services");
const outsiders = one("/mnt/archive/ledger.txt", "../other/notes.md", ".env", "vault/ledger.txt", "BEACON", "/tmp/BEACON", "third_party/eel", "~/notes.txt");
const globs = one("src/*.ts", "data/*", "*.md", "docs/**/*.md");
const numbers = one("0", "1", "2", "3", "10", "100", "+2", "1k");
const revisions = one(
  "HEAD",
  "HEAD~1",
  "main",
  "v2.2.0",
  "v2.3.0..HEAD",
  "main...fix/rope",
  "HEAD:README.md",
  "feature/ballast",
  "HEAD^{tree}",
  "stash@{0}",
  "origin/main",
  "refs/heads",
);
const programs = one(
  ...[
    "1p",
    "$p",
    "s/a/b/",
    "s/a/b/g;p",
    "/TODO/p",
    "1,3d",
    "y/abc/xyz/",
    "1w BEACON",
    "s/a/b/e",
    "1e touch BEACON",
    "r LICENSE",
    "$!N;P;D",
    "/^#/!d",
    "s|a|b|w BEACON",
    "a\\text",
    "1{p;q}",
    "=",
  ],
  ...[
    "{ print $1 }",
    "NR > 1",
    "/ERROR/ { n++ } END { print n }",
    'BEGIN { system("touch BEACON") }',
    '{ print > "BEACON" }',
    '{ print | "sort" }',
    "length > 10",
    '{ printf "%s\\n", $2 }',
    '{ sub(/a/, "b") } 1',
  ],
  ...[
    ".",
    ".name",
    ".[]",
    "keys",
    ".scripts | keys",
    "input",
    "$ENV",
    "env",
    "map(.ms)",
    ".[0].at?",
    "length",
    "@json",
    'import "x" as x; .',
    "halt_error",
    "input_filename",
    "-n",
  ],
);
const texts = fc.oneof(
  {
    weight: 3,
    arbitrary: one(
      "a",
      "TODO",
      "*.ts",
      "^export",
      "%h %s",
      "%s\\n",
      "json",
      "short",
      "auto",
      "always",
      "never",
      "utf-8",
      ",",
      "1,2",
      "2",
      "name",
      "ext",
      "iso",
      "a b",
      "f",
      "d",
      "+%F",
      "2025-03-01",
    ),
  },
  { weight: 2, arbitrary: revisions },
  { weight: 2, arbitrary: programs },
  {
    weight: 1,
    arbitrary: one(
      "BEACON",
      "touch BEACON",
      "./scripts/setup.sh",
      "cat",
      "a[$(touch BEACON)]",
      "-o",
      "--output=BEACON",
      "|touch BEACON",
      "%(trailers)",
      "-exec",
    ),
  },
);

function wordFor(role: Role): Arbitrary<string> {
  switch (role) {
    case "number":
      return numbers;
    case "read":
    case "list":
      return fc.oneof({ weight: 8, arbitrary: files }, { weight: 1, arbitrary: outsiders }, { weight: 1, arbitrary: folders });
    case "names":
    case "names-deep":
    case "read-deep":
      return fc.oneof(
        { weight: 4, arbitrary: folders },
        { weight: 3, arbitrary: files },
        { weight: 1, arbitrary: revisions },
        { weight: 1, arbitrary: outsiders },
      );
    case "text":
      return fc.oneof({ weight: 5, arbitrary: texts }, { weight: 1, arbitrary: files }, { weight: 1, arbitrary: numbers });
    case "write":
    case "run":
    case "network":
    case "refuse":
      return one("BEACON", "touch BEACON", "./scripts/setup.sh");
  }
}

/** An option as somebody might write it: attached, apart, with "=", cut short. */
function optionOf(program: Program): Arbitrary<string> {
  const flags = (program.flags ?? "").split(/\s+/).filter((name) => name !== "" && name !== "-#");
  const rows = (program.options ?? []).flatMap((row) => row.names.split(" ").map((name) => ({ name, row })));
  const shorts = flags.filter((name) => /^-[A-Za-z0-9]$/.test(name));
  const choices = [
    ...(flags.length === 0 ? [] : [{ weight: 6, arbitrary: one(...flags) }]),
    ...(shorts.length < 2
      ? []
      : [{ weight: 2, arbitrary: fc.array(one(...shorts), { minLength: 2, maxLength: 4 }).map((many) => `-${many.map((each) => each.slice(1)).join("")}`) }]),
    ...(rows.length === 0 ? [] : [{ weight: 6, arbitrary: fc.constantFrom(...rows).chain(({ name, row }) => written(name, row)) }]),
    ...(flags.length === 0
      ? []
      : [
          {
            weight: 1,
            arbitrary: fc.tuple(one(...flags), fc.integer({ min: 1, max: 3 })).map(([name, cut]) => (name.startsWith("--") ? name.slice(0, -cut) : name)),
          },
        ]),
    { weight: 1, arbitrary: one("--", "--help", "--version", "-2", "--no-such-option") },
  ];
  return fc.oneof(...choices);
}

function written(name: string, row: OptionRow): Arbitrary<string> {
  if (row.value === undefined) return fc.constant(name === "-#" ? "-3" : name);
  const value = wordFor(row.value).map(quote);
  const attached = value.map((text) => (name.startsWith("--") ? `${name}=${text}` : `${name}${text}`));
  return row.optional === true
    ? fc.oneof(fc.constant(name), attached)
    : fc.oneof(
        attached,
        value.map((text) => `${name} ${text}`),
      );
}

function operandsOf(program: Program): Arbitrary<readonly string[]> {
  const roles = program.operands ?? ["text"];
  if (roles.length === 0) return fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: files.map((file) => [file]) });
  const role = (at: number): Role => roles[Math.min(at, roles.length - 1)] ?? "text";
  const word = (at: number): Arbitrary<string> =>
    fc.oneof(
      { weight: 6, arbitrary: wordFor(role(at)).map(quote) },
      { weight: 2, arbitrary: files },
      { weight: 1, arbitrary: programs.map(quote) },
      { weight: 1, arbitrary: globs },
      { weight: 1, arbitrary: folders },
    );
  return fc.integer({ min: 0, max: Math.min(program.most ?? 3, 3) }).chain((count) => fc.tuple(...Array.from({ length: count }, (_, at) => word(at))));
}

function commandOf(program: Program, before = ""): Arbitrary<string> {
  const names = program.names.split(" ");
  const here = before === "" ? names.filter((each) => isHere(each) || builtin.test(each)) : names;
  const name = one(...(here.length === 0 ? names : here)).map((text) => `${before}${text}`);
  const whole = fc
    .tuple(name, fc.array(optionOf(program), { maxLength: 3 }), operandsOf(program), fc.boolean())
    .map(([called, options, operands, last]) => [called, ...(last ? [...operands, ...options] : [...options, ...operands])].join(" "));
  const choices = [{ weight: 2, arbitrary: whole }];
  if (program.commands !== undefined)
    for (const sub of program.commands) choices.push({ weight: 1, arbitrary: commandOf(sub, `${program.names.split(" ")[0]} `) });
  for (const words of program.harmless ?? []) choices.push({ weight: 1, arbitrary: name.map((called) => `${called} ${words}`) });
  return fc.oneof(...choices);
}

/** Programs that take a program text first, or only make sense so. */
const special = fc.oneof(
  fc.tuple(one("sed", "sed -n", "sed -E", "sed -s"), programs.map(quote), files).map((words) => words.join(" ")),
  fc.tuple(one("awk", "awk -F,", "awk -v x=1", "mawk", "gawk"), programs.map(quote), files).map((words) => words.join(" ")),
  fc.tuple(one("jq", "jq -r", "jq -c", "jq -n", "jq -s"), programs.map(quote), files).map((words) => words.join(" ")),
  fc
    .tuple(
      one("env", "env -u X", "timeout 2", "nice", "command", "xargs", "xargs -n1", "time", "stdbuf -oL", "env LC_ALL=C", "nohup", "git --no-pager"),
      fc.constantFrom(...allPrograms).chain((program) => commandOf(program)),
    )
    .map((words) => words.join(" ")),
  fc
    .tuple(
      one("find src", "find data -type f", "find ."),
      one(
        "-name '*.ts'",
        "-exec cat {} +",
        "-exec wc -l {} \\;",
        "-print0",
        "-delete",
        "-fprint BEACON",
        "-printf '%p\\n'",
        "-exec touch BEACON \\;",
        "-ls",
        "-prune -o -print",
        "-newer LICENSE",
        "-execdir cat {} \\;",
      ),
    )
    .map((words) => words.join(" ")),
);
const isHere = (name: string): boolean =>
  !/^[a-z]/.test(name) || ["/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/mnt/toolchain/bin"].some((folder) => existsSync(`${folder}/${name}`));
const builtin =
  /^(?:echo|printf|true|false|pwd|type|command|test|read|ulimit|jobs|hash|times|umask|wait|shift|cd|pushd|popd|set|export|local|getopts|let|dirs|help|trap|kill)$/;
/** Slow ones, and those whose tables say little, come seldom. */
function weightOf(program: Program): number {
  if (/^(?:npm|pnpm|yarn|pip|pip3|apt|apt-get|apt-cache|apt-mark|dpkg|systemctl|journalctl|gem|cpan|man|lsof)\b/.test(program.names)) return 1;
  if (program.commands !== undefined && program.names !== "git") return 6;
  if (program.names === "git") return 150;
  const options = (program.flags ?? "").split(/\s+/).length + (program.options?.length ?? 0);
  return options < 4 ? 1 : options < 12 ? 5 : 15;
}

/** Programs of which only `--version` and its like is let through differ from machine to machine: they are for the long runs. */
const isLong = (import.meta as { readonly env?: { readonly MODE?: string } }).env?.MODE === "long";
/** What can be run here, the richer tables more often. */
const known = allPrograms
  .filter((program) => isLong || program.does === undefined)
  .filter((program) => program.names.split(" ").some((name) => isHere(name) || builtin.test(name)))
  .map((program) => ({
    weight: weightOf(program),
    arbitrary: commandOf(program),
  }));
const simple = fc.oneof({ weight: 5, arbitrary: fc.oneof(...known) }, { weight: 1, arbitrary: special });
const end = fc.oneof(
  { weight: 6, arbitrary: one("") },
  { weight: 2, arbitrary: one(" 2>/dev/null", " 2>&1", " < README.md", " > /dev/null", " <<< 'a b'", " || true") },
);

export const command: Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(simple, end).map((parts) => parts.join("")) },
  { weight: 2, arbitrary: fc.tuple(simple, one(" | ", " && ", "; ", " | sort | "), simple).map((parts) => parts.join("")) },
  { weight: 1, arbitrary: fc.tuple(folders, simple).map(([folder, text]) => `cd ${folder} && ${text}`) },
  { weight: 1, arbitrary: simple.map((text) => `for f in src/*.ts; do ${text} "$f"; done`) },
  { weight: 1, arbitrary: simple.map((text) => `echo "$(${text})"`) },
  { weight: 1, arbitrary: fc.tuple(simple, simple).map(([left, right]) => `${left} | while read -r f; do ${right} "$f"; done`) },
);
