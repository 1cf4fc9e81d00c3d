// Programs that ask data of JSON, YAML, XML and tables: jq 1.5 to 1.8, gojq, both programs called yq, xmllint, gron, Miller, csvkit.
import { type Argument, prefixOf, textOfValue } from "../value.ts";
import { readFilter } from "./jq-filter.ts";
import { has, refused, refusedTaking, taking } from "./option-rows.ts";
import type { Line, Program, Report } from "./program.ts";
import { textsOf } from "./sed.ts";

const namedTexts = new Set(["--arg", "--argjson"]);
const namedFiles = new Set(["--slurpfile", "--rawfile", "--argfile"]);

/** `--arg name value` takes two words: the name is left out, which is a text whatever it says. */
function withoutNames(words: readonly Argument[]): readonly Argument[] {
  const made: Argument[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as Argument;
    const text = textOfValue(word.value) ?? "";
    if (text === "--") return [...made, ...words.slice(index)];
    made.push(word);
    const name = words[index + 1];
    const splits = name?.value.kind === "glob" || (name?.value.kind === "unknown" && name.value.splits) || name?.value.kind === "any-of";
    if ((namedTexts.has(text) || namedFiles.has(text)) && !splits) index += 1;
  }
  return made;
}

function sayFilter(filter: Argument, report: Report): void {
  const texts = textsOf(filter.value);
  if (texts === null) report.finding("program-text", "unclear", "the filter is known only when it runs", filter.span);
  for (const text of texts ?? [])
    for (const { kind, says } of readFilter(text)) {
      if (kind === "environment") report.finding("environment", "option", says, filter.span);
      else report.finding("program-text", kind === "unclear" ? "unclear" : "option", says, filter.span);
    }
}

function filtered(line: Line, report: Report): void {
  if (has(line, "-h --help -V --version -v -f --from-file --build-configuration")) {
    for (const file of line.operands) report.word(file, "read");
    return;
  }
  const [filter, ...rest] = line.operands;
  if (filter !== undefined) sayFilter(filter, report);
  // What follows --args is text, of which files are no more; before it they are files.
  const texts = line.options.find(({ name }) => name === "--args" || name === "--jsonargs");
  for (const file of rest) if (texts === undefined || file.span.start < texts.span.start) report.word(file, "read");
}

/** `yq FILTER FILE…` in both, `yq e EXPRESSION FILE…` and `yq FILE` in the one that is written in Go. */
function asked(line: Line, report: Report): void {
  if (has(line, "-h --help -V --version")) return;
  // Of the two programs one may take no value where the other does.
  for (const { name, value, span } of line.options)
    if (value !== null && value.span.start >= span.start + name.length && prefixOf(value.value).startsWith("-"))
      report.finding("refused-option", "option", `the value of ${name} would be an option in the other program of this name`, value.span);
  const [first, ...rest] = line.operands;
  if (first === undefined) return;
  const mode = /^(?:e|ea|eval|eval-all)$/.test(textOfValue(first.value) ?? "");
  const [filter, ...files] = mode ? rest : [first, ...rest];
  if (filter === undefined) return;
  const text = textOfValue(filter.value);
  const isFile = text !== null && /^[\w/.-]*[\w/-]\.[\w-]+$/.test(text);
  if (isFile) report.word(filter, "read");
  if (!isFile || /[^\w./-]/.test(text)) sayFilter(filter, report);
  for (const file of files) report.word(file, "read");
}

const help = "-h --help";

const json: readonly Program[] = [
  {
    names: "jq gojq jaq",
    rewrite: withoutNames,
    flags: `${help} -c --compact-output -n --null-input -e --exit-status -s --slurp -r --raw-output -j --join-output -a --ascii-output -R --raw-input -C --color-output -M --monochrome-output -S --sort-keys --tab --stream --stream-errors --seq --unbuffered --raw-output0 -0 --nul-output --yaml-input --yaml-output --binary -b --args --jsonargs -V --version -v --build-configuration`,
    options: [
      ...taking("text", "--indent, --arg, --argjson"),
      ...taking("read", "--slurpfile, --rawfile, --argfile"),
      ...refused("refuse", "takes the filter from a file, which isn't read here", "-f --from-file"),
      ...refusedTaking("refuse", "names a folder of modules", "-L --library-path"),
      ...refused("refuse", "shows how jq is built, or runs its tests", "--debug-dump-disasm, --debug-trace, --run-tests"),
    ],
    look: filtered,
  },
  {
    names: "yq",
    rewrite: withoutNames,
    flags: `${help} -V --version -r --raw-output --unwrapScalar -n --null-input -e --exit-status -c --compact-output -C --colors --color-output -M --no-colors --monochrome-output -N --no-doc -P --prettyPrint -j --join-output --tojson -S --sort-keys -v --verbose -0 --nul-output -y --yaml-output --yml-output -Y --yaml-roundtrip --yml-roundtrip --indentless-lists --indentless --raw-input -R -X -x`,
    options: [
      ...taking("text", "-o --output-format, -p --input-format, -I --indent, -w --width, --yaml-output-grammar-version --yml-out-ver, --arg, --argjson"),
      ...taking("text", "--xml-attribute-prefix, --xml-content-name, --csv-separator, --properties-separator"),
      ...taking("read", "--slurpfile, --rawfile, --argfile"),
      ...refused("write", "changes the files", "-i --inplace --in-place"),
      ...refusedTaking("write", "writes files in one of the two programs of this name", "-s --split-exp, --split-exp-file"),
      ...refusedTaking("refuse", "takes the filter from a file, which isn't read here", "-f --from-file --front-matter, --expression, -L --library-path"),
    ],
    look: asked,
  },
  {
    names: "gron",
    flags: `${help} -u --ungron -v --values -c --colorize -m --monochrome -s --stream -j --json --no-sort --version`,
    options: refused("network", "reads from the network without asking who answers", "-k --insecure"),
    look: (line, report) => {
      for (const file of line.operands) {
        if (/https?:\/\//i.test(prefixOf(file.value))) report.finding("network", "option", "gron reads an address from the network", file.span);
        report.word(file, "read");
      }
    },
  },
];

/** xmllint takes its options with one dash or two. */
const twice = (groups: string): string =>
  groups
    .split(", ")
    .map((names) =>
      names
        .split(" ")
        .map((name) => `--${name} -${name}`)
        .join(" "),
    )
    .join(", ");

const markup: readonly Program[] = [
  {
    names: "xmllint",
    style: "words",
    flags: twice(
      "version, debug, copy, recover, huge, noenc, noout, nonet, nocompact, htmlout, nowrap, quiet, timing, html, xmlout, nodefdtd, push, pushsmall, memory, nowarning, noblanks, nocdata, format, dropdtd, c14n, c14n11, exc-c14n, nsclean, nocatalogs, stream, walker, sax1, sax, oldxml10, noxincludenode, nofixup-base-uris",
    ).replaceAll(",", ""),
    options: [
      ...taking("text", twice("xpath, encode, pretty, pattern, maxmem")),
      ...refusedTaking("write", "writes its output to a file", `${twice("output")} -o`),
      ...refusedTaking("network", "reads what is named there, from the network too", twice("dtdvalid, dtdvalidfpi, relaxng, schema, schematron, path")),
      ...refused(
        "refuse",
        "reads other files that the document names",
        twice("noent, valid, postvalid, xinclude, loaddtd, dtdattr, catalogs, load-trace, testIO, debugent"),
      ),
      ...refused("refuse", "does something else than read, or much more of it", twice("shell, compress, insert, auto, repeat, chkregister")),
    ],
    look: (line, report) => {
      for (const file of line.operands) {
        if (/^[a-z]+:/i.test(prefixOf(file.value))) report.finding("network", "option", "xmllint reads an address", file.span);
        report.word(file, "read");
      }
    },
  },
];

/** What comes before the verbs of Miller; a verb's words are let through for verbs that only choose, sort and reckon. */
const verbs = new Set(
  "altkv bar bottom cat count count-distinct count-similar cut decimate fill-down fill-empty format-values fraction gap grep group-by group-like gsub having-fields head histogram json-parse json-stringify label latin1-to-utf8 least-frequent merge-fields most-frequent nest nidx nothing regularize rename reorder repeat reshape sec2gmt sec2gmtdate shuffle sort sort-within-records sparsify ssub stats1 stats2 step sub summary tac tail template top unfill-empty unsparsify utf8-to-latin1 uniq".split(
    " ",
  ),
);
const formats = "csv csvlite tsv tsvlite json jsonl nidx dkvp xtab pprint markdown asv usv";
const letters = [..."ctjldnxpbm"];

const tables: readonly Program[] = [
  {
    names: "mlr",
    style: "posix",
    flags: [
      ...formats.split(" ").flatMap((name) => [`--${name}`, `--i${name}`, `--o${name}`]),
      ...letters.flatMap((from) => letters.map((to) => `--${from}2${to}`)),
      "--icsv --c2l --implicit-csv-header --headerless-csv-output --allow-ragged-csv-input --implicit-pprint-header --barred --right -N -n -M -C --no-color --always-color --version --help -S -A -O --infer-none --infer-octal --jvstack --no-jvstack --jlistwrap --quote-all --no-auto-flatten --no-auto-unflatten",
    ].join(" "),
    options: [
      ...taking(
        "text",
        "--key-color, --value-color, --pass-color, --fail-color, --help-color, --records-per-batch, --ifs, --ofs, --fs, --ips, --ops, --ps, --irs, --ors, --rs, --ofmt, --nr-progress-mod",
      ),
      ...taking("read", "--from"),
      ...refusedTaking("run", "runs a program", "--prepipe, --prepipex"),
      ...refusedTaking("run", "takes code from a file", "--load, --mload, -s"),
      ...refused("write", "changes the files", "-I"),
    ],
    look: (line, report) => {
      const at = line.operands[0];
      const verb = at === undefined ? null : textOfValue(at.value);
      if (has(line, "--version --help")) return;
      // The words of a verb aren't told from the files after it: only the first verb is looked at, and what is chained is not followed.
      if (at === undefined || verb === null || !verbs.has(verb))
        report.finding("program-text", "unclear", "what this verb of mlr does isn't followed", at?.span ?? line.span);
      for (const operand of line.operands.slice(1)) {
        if (textOfValue(operand.value) === "then") report.finding("program-text", "unclear", "what a chain of verbs of mlr does isn't followed", operand.span);
        report.word(operand, "read");
      }
    },
  },
];

const csv = "-h --help -V --version -v --verbose -S --skipinitialspace -H --no-header-row -l --linenumbers --zero -t --tabs -b -I --no-inference -y --add-bom";
const csvOptions = [
  ...taking(
    "text",
    "-d --delimiter, -p --escapechar, -u --quoting, -q --quotechar, -z --maxfieldsize, -e --encoding, -K --skip-lines, -L --locale, --blanks, --null-value, --date-format, --datetime-format, -c --columns, -C --not-columns",
  ),
];

const kit: readonly Program[] = [
  { names: "csvcut", flags: `${csv} -n --names -x --delete-empty-rows`, options: csvOptions, operands: ["read"] },
  {
    names: "csvgrep",
    flags: `${csv} -n --names -i --invert-match -a --any-match`,
    options: [...csvOptions, ...taking("text", "-m --match, -r --regex"), ...taking("read", "-f --file")],
    operands: ["read"],
  },
  {
    names: "csvlook",
    flags: csv,
    options: [...csvOptions, ...taking("text", "--max-rows, --max-columns, --max-column-width, --max-precision")],
    operands: ["read"],
  },
  { names: "csvsort", flags: `${csv} -n --names -r --reverse -i --ignore-case`, options: csvOptions, operands: ["read"] },
  {
    names: "csvstat",
    flags: `${csv} -n --names --csv --json --type --nulls --non-nulls --unique --min --max --sum --mean --median --stdev --len --freq --count`,
    options: [...csvOptions, ...taking("text", "--freq-count, --decimal-format")],
    operands: ["read"],
  },
  {
    names: "csvclean csvsql csvpy sql2csv csvformat in2csv csvstack",
    does: { check: "unknown-program", kind: "effect", says: "some of its options write files, run code or reach databases", effect: "unknown" },
    harmless: ["--version", "--help", "-h"],
  },
];

export const jq: readonly Program[] = [...json, ...markup, ...tables, ...kit];
