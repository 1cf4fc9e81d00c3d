// Programs that change a text on its way from input to output: GNU coreutils 9.1, util-linux 2.38, iconv of glibc, dos2unix.
import { textOfValue } from "../value.ts";
import { lines, secondWrites } from "./coreutils.ts";
import { does } from "./deeds.ts";
import { attached, has, refusedTaking, taking } from "./option-rows.ts";
import type { Program } from "./program.ts";

const help = "--help --version";
const usual = "-h --help -V --version";

const ordering: readonly Program[] = [
  {
    names: "sort",
    flags: `-b --ignore-leading-blanks -d --dictionary-order -f --ignore-case -g --general-numeric-sort -i --ignore-nonprinting -M --month-sort -h --human-numeric-sort -n --numeric-sort -R --random-sort -r --reverse -V --version-sort -c -C --debug -m --merge -s --stable -u --unique -z --zero-terminated ${help}`,
    options: [
      ...taking("text", "-k --key, -t --field-separator, -S --buffer-size, --sort, --batch-size, --parallel"),
      ...attached("text", "--check"),
      ...taking("read", "--random-source"),
      ...refusedTaking("write", "writes its output to a file", "-o --output"),
      ...refusedTaking("write", "writes temporary files to a folder", "-T --temporary-directory"),
      ...refusedTaking("run", "runs a program", "--compress-program"),
      ...refusedTaking("refuse", "reads further names from a file", "--files0-from"),
    ],
    operands: ["read"],
    gives: (line) => (has(line, "--debug --help --version") ? "anything" : "input"),
  },
  {
    names: "uniq",
    flags: `-# -c --count -d --repeated -D -i --ignore-case -u --unique -z --zero-terminated ${help}`,
    options: [...taking("text", "-f --skip-fields, -s --skip-chars, -w --check-chars"), ...attached("text", "--all-repeated, --group")],
    gives: (line) => (line.operands.length > 0 ? "anything" : lines("-d --repeated -D -i --ignore-case -u --unique -f -s -w")(line)),
    look: secondWrites,
  },
  {
    names: "comm",
    flags: `-1 -2 -3 -i --check-order --nocheck-order --total -z --zero-terminated ${help}`,
    options: taking("text", "--output-delimiter"),
    operands: ["read"],
    most: 2,
  },
  {
    names: "join",
    flags: `-i --ignore-case --check-order --nocheck-order --header -z --zero-terminated ${help}`,
    options: taking("text", "-a, -e, -j, -o, -t, -v, -1, -2"),
    operands: ["read"],
  },
  { names: "tsort", flags: help, operands: ["read"], most: 1 },
  {
    names: "ptx",
    flags: `-A --auto-reference -G --traditional -R --right-side-refs -f --ignore-case -r --references -t --typeset-mode -O -T ${help}`,
    options: [
      ...taking("text", "-F --flag-truncation, -M --macro-name, -S --sentence-regexp, -W --word-regexp, -g --gap-size, -w --width, --format"),
      ...taking("read", "-b --break-file, -i --ignore-file, -o --only-file"),
    ],
    look: (line, report) =>
      has(line, "-G --traditional")
        ? secondWrites(line, report)
        : line.operands.forEach((operand) => {
            report.word(operand, "read");
          }),
  },
];

const columns: readonly Program[] = [
  {
    names: "cut",
    flags: `-n --complement -s --only-delimited -w -z --zero-terminated ${help}`,
    options: taking("text", "-b --bytes, -c --characters, -d --delimiter, -f --fields, --output-delimiter"),
    operands: ["read"],
  },
  { names: "paste", flags: `-s --serial -z --zero-terminated ${help}`, options: taking("text", "-d --delimiters"), operands: ["read"] },
  { names: "tr", flags: `-c -C --complement -d --delete -s --squeeze-repeats -t --truncate-set1 -u ${help}` },
  { names: "fold", flags: `-# -b --bytes -s --spaces ${help}`, options: taking("text", "-w --width"), operands: ["read"] },
  {
    names: "fmt",
    flags: `-# -c --crown-margin -s --split-only -t --tagged-paragraph -u --uniform-spacing ${help}`,
    options: taking("text", "-p --prefix, -w --width, -g --goal"),
    operands: ["read"],
  },
  { names: "expand", flags: `-# -i --initial ${help}`, options: taking("text", "-t --tabs"), operands: ["read"] },
  { names: "unexpand", flags: `-# -a --all --first-only ${help}`, options: taking("text", "-t --tabs"), operands: ["read"] },
  {
    names: "pr",
    flags: `-# -a --across -c --show-control-chars -d --double-space -F -f --form-feed -J --join-lines -m --merge -r --no-file-warnings -t --omit-header -T --omit-pagination -v --show-nonprinting ${help}`,
    options: [
      ...taking("text", "--columns, --pages, -D --date-format, -h --header, -l --length, -N --first-line-number, -o --indent, -w --width, -W --page-width"),
      ...attached("text", "-e --expand-tabs, -i --output-tabs, -n --number-lines, -s --separator, -S --sep-string"),
    ],
    operands: ["read"],
  },
  {
    names: "column",
    flags: `-t --table -d --table-noheadings -e --table-header-repeat -K --table-header-as-columns -L --keep-empty-lines -J --json -x --fillrows ${usual}`,
    options: taking(
      "text",
      "-n --table-name, -O --table-order, -C --table-column, -N --table-columns, -l --table-columns-limit, -E --table-noextreme, -H --table-hide, -R --table-right, -T --table-truncate, -W --table-wrap, -r --tree, -i --tree-id, -p --tree-parent, -c --output-width, -o --output-separator, -s --separator",
    ),
    operands: ["read"],
  },
  { names: "rev", flags: usual, operands: ["read"] },
  { names: "col", flags: "-b --no-backspaces -f --fine -h --tabs -x --spaces -p --pass -H --help -V --version", options: taking("text", "-l --lines") },
  { names: "colrm", flags: usual },
  { names: "ul", flags: `-i --indicated ${usual}`, options: taking("text", "-t -T --terminal"), operands: ["read"] },
];

const encodings: readonly Program[] = [
  {
    names: "base64 base32",
    flags: `-d --decode -D -i --ignore-garbage ${help}`,
    options: [...taking("text", "-w --wrap"), ...refusedTaking("write", "writes its output to a file on other systems", "-o --output")],
    operands: ["read"],
    most: 1,
  },
  {
    names: "basenc",
    flags: `--base64 --base64url --base32 --base32hex --base16 --base2msbf --base2lsbf -d --decode -i --ignore-garbage --z85 ${help}`,
    options: taking("text", "-w --wrap"),
    operands: ["read"],
    most: 1,
  },
  {
    names: "iconv",
    flags: "-l --list -c -s --silent --verbose -? --help --usage -V --version",
    options: [...taking("text", "-f --from-code, -t --to-code"), ...refusedTaking("write", "writes its output to a file", "-o --output")],
    operands: ["read"],
  },
  {
    names: "dos2unix unix2dos mac2unix unix2mac",
    does: does("mutation", "it changes the files it is given"),
    harmless: ["--version", "--help", "-V", "-h"],
  },
  {
    names: "look",
    flags: `-a --alternative -d --alphanum -f --ignore-case -b ${usual}`,
    options: taking("text", "-t --terminate"),
    operands: ["text", "read"],
    most: 2,
  },
];

const calculators: readonly Program[] = [
  // GNU bc 1.07, bc of Gavin Howard: a language without files and without programs; what comes in is only reckoned.
  { names: "bc", flags: "-h --help -i --interactive -l --mathlib -q --quiet -s --standard -w --warn -v --version", operands: ["read"] },
  {
    names: "dc",
    flags: "-h --help -V --version",
    options: [...taking("text", "-e --expression"), ...refusedTaking("run", "runs a file as a program of dc, whose ! runs commands", "-f --file")],
    operands: ["run"],
    look: (line, report) => {
      const texts = line.options.filter(({ name }) => name === "-e" || name === "--expression");
      for (const { value, span } of texts)
        if (!/^[\d.A-F_+*/%^~|vpnfkKiIoOdrczs lSL-]*$/.test(value === null ? "" : (textOfValue(value.value) ?? "!")))
          report.finding("program-text", "option", "! in a program of dc runs a command, and here one may be hidden", span);
      if (texts.length === 0 && line.operands.length === 0 && !has(line, "-h --help -V --version"))
        report.finding("program-text", "option", "what dc is given to run isn't known", line.span);
    },
  },
];

export const text: readonly Program[] = [...ordering, ...columns, ...encodings, ...calculators];
