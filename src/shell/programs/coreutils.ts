// Programs that list files or show what is in them: GNU coreutils 9.1, util-linux 2.38, file 5.44, tree 2.1, xxd; what other systems' programs
// of the same name understand otherwise is left out or refused.
import type { Below } from "../effect.ts";
import { type Argument, literal, prefixOf, textOfValue, type Value } from "../value.ts";
import { does } from "./deeds.ts";
import { attached, has, orHere, refused, refusedAttached, refusedTaking, taking } from "./option-rows.ts";
import type { Line, Output, Program, Report } from "./program.ts";

/** Its lines are those of its input as long as no other option is given. */
export const lines =
  (options: string) =>
  (line: Line): Output =>
    line.options.every(({ name }) => options.split(" ").includes(name)) ? "input" : "anything";

/** A number, when it counts what comes in by the pipe or a redirection and names no file. */
const counts = (line: Line): Output => (line.operands.length === 0 && line.options.length === 1 && !has(line, "--help --version") ? "number" : "anything");

const links: Below = { links: true };

/** Options that make `ls` show one name a line and nothing else. Not -a: it shows "..". */
const plainListing = "-1 -A --almost-all -r --reverse -t -S -d --directory -U -v -X -B --ignore-backups -L -H --group-directories-first -c -u";

function listed(line: Line, report: Report): void {
  const role = has(line, "-R --recursive") ? "names-deep" : "names";
  const more = has(line, "-L --dereference") ? { below: links } : {};
  for (const folder of orHere(line.operands, line)) report.word(folder, role, more);
}

function measured(line: Line, report: Report): void {
  if (has(line, "--files0-from")) return;
  for (const folder of orHere(line.operands, line)) report.word(folder, "names-deep", has(line, "-L --dereference") ? { below: links } : {});
}

const treeValues = new Set(["L", "P", "I", "H", "T", "o"]);

/** tree takes the values of bundled letters from the words that follow, in order; never attached: "-aI x" is "-a -I x". */
function treeWords(words: readonly Argument[]): readonly Argument[] {
  const made: Argument[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as Argument;
    const text = textOfValue(word.value);
    if (text === "--") return [...made, ...words.slice(index)];
    const cluster = text === null ? null : /^-([a-zA-Z]{2,})$/.exec(text)?.[1];
    const alone = text === null ? null : /^-([a-zA-Z])$/.exec(text)?.[1];
    const letters = cluster ?? alone ?? null;
    if (letters === null) made.push(word);
    else
      for (const letter of letters) {
        made.push({ value: literal(`-${letter}`), span: word.span });
        const next = words[index + 1];
        if (!treeValues.has(letter) || next === undefined) continue;
        made.push(next);
        index += 1;
      }
  }
  return made;
}

function drawn(line: Line, report: Report): void {
  const below: Below = { ...(has(line, "-l") ? links : {}), ...(has(line, "-a") ? {} : { hidden: false }) };
  for (const folder of orHere(line.operands, line)) report.word(folder, has(line, "--fromfile") ? "read" : "names-deep", { below });
}

/** xxd takes the values of -c, -g, -l, -o, -s and -n attached as well: "-c16", "-s+4". Only then are they two words. */
const xxdWords = (words: readonly Argument[]): readonly Argument[] =>
  words.flatMap((word) => {
    const found = /^(-[cglos])([-+]?(?:0x[0-9a-fA-F]+|\d+))$/.exec(textOfValue(word.value) ?? "");
    return found === null ? [word] : [found[1], found[2]].map((text) => ({ value: literal(text as string), span: word.span }));
  });

const mayBeSeveral = (value: Value): boolean =>
  value.kind === "glob" || (value.kind === "unknown" && value.splits) || (value.kind === "any-of" && value.values.some(mayBeSeveral));

/** The second operand is the file that is written. */
export function secondWrites(line: Line, report: Report): void {
  line.operands.forEach((operand, index) => {
    if (index > 0) report.word(operand, "write", { of: `the second operand of ${line.program}` });
    else report.word(operand, "read");
  });
  const [first] = line.operands;
  if (first !== undefined && mayBeSeveral(first.value))
    report.finding("write-option", "option", `when it becomes two names, ${line.program} writes to the second`, first.span);
}

function dated(line: Line, report: Report): void {
  for (const operand of line.operands)
    if (!prefixOf(operand.value).startsWith("+")) report.finding("mutation", "effect", "date sets the clock by an operand that is no format", operand.span);
}

const tooLong = 60;

function slept(line: Line, report: Report): void {
  let seconds = 0;
  for (const { value } of line.operands) {
    const found = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(textOfValue(value) ?? "");
    seconds += found === null ? Number.POSITIVE_INFINITY : Number(found[1]) * ({ m: 60, h: 3600, d: 86400 }[found[2] ?? ""] ?? 1);
  }
  if (seconds > tooLong) report.finding("hang", "option", `it sleeps for longer than ${tooLong} seconds, or for a time that isn't known`, line.span);
}

function counted(line: Line, report: Report): void {
  for (const operand of line.operands) {
    const digits = /^[-+]?(\d+)/.exec(textOfValue(operand.value) ?? "")?.[1] ?? "";
    if (digits.length > 7) report.finding("hang", "option", "it counts for longer than anyone waits", operand.span);
  }
}

function shuffled(line: Line, report: Report): void {
  if (!has(line, "-e --echo")) for (const operand of line.operands) report.word(operand, "read");
}

const help = "--help --version";
const fromList = refusedTaking("refuse", "reads further names from a file", "--files0-from");

const listing: readonly Program[] = [
  {
    names: "ls dir vdir",
    flags: `-a --all -A --almost-all --author -b --escape -B --ignore-backups -c -C -d --directory -f -F --file-type --full-time -g --group-directories-first -G --no-group -h --human-readable --si -H --dereference-command-line --dereference-command-line-symlink-to-dir -i --inode -k --kibibytes -l -L --dereference -m -n --numeric-uid-gid -N --literal -o -p -q --hide-control-chars --show-control-chars -Q --quote-name -r --reverse -R --recursive -s --size -S -t -u -U -v -x -X -Z --context --zero -1 --dired ${help}`,
    options: [
      ...taking(
        "text",
        "--block-size, --format, --hide, --indicator-style, -I --ignore, --quoting-style, --sort, --time, --time-style, -T --tabsize, -w --width",
      ),
      ...attached("text", "--color, --classify, --hyperlink"),
    ],
    gives: (line) => (has(line, "--help --version") || line.options.some(({ name }) => !plainListing.split(" ").includes(name)) ? "anything" : "names"),
    look: listed,
  },
  {
    names: "du",
    flags: `-0 --null -a --all --apparent-size -b --bytes -c --total -D --dereference-args -H -h --human-readable --inodes -k -L --dereference -l --count-links -m -P --no-dereference -S --separate-dirs --si -s --summarize -x --one-file-system ${help}`,
    options: [
      ...taking("text", "-B --block-size, -d --max-depth, -t --threshold, --time-style, --exclude"),
      ...attached("text", "--time"),
      ...taking("read", "-X --exclude-from"),
      ...fromList,
    ],
    look: measured,
  },
  {
    names: "df",
    flags: `-a --all -h --human-readable -H --si -i --inodes -k -l --local -P --portability --no-sync --total -T --print-type -v ${help}`,
    options: [
      ...taking("text", "-B --block-size, -t --type, -x --exclude-type"),
      ...attached("text", "--output"),
      ...refused("refuse", "writes out what is buffered", "--sync"),
    ],
    operands: ["names"],
  },
  {
    names: "tree",
    rewrite: treeWords,
    flags:
      "-a -d -l -f -x --gitignore --ignore-case --matchdirs --metafirst --prune --info --noreport -q -N -Q -p -u -g -s -h --si --du -D -F --inodes --device -v -t -c -U -r --dirsfirst --filesfirst -i -A -S -n -C -X -J --nolinks --fromfile --fflinks --version --help",
    options: [
      ...taking("text", "-L, -P, -I, -H, -T, --charset, --filelimit, --timefmt, --sort"),
      ...taking("read", "--gitfile, --infofile, --hintro, --houtro"),
      ...refusedTaking("write", "writes its output to a file", "-o"),
      ...refused("write", "writes a file into each folder at the last level", "-R"),
    ],
    look: drawn,
  },
  {
    names: "stat",
    flags: `-L --dereference -f --file-system -t --terse ${help}`,
    options: taking("text", "-c --format, --printf, --cached"),
    operands: ["names"],
  },
  {
    names: "file",
    flags:
      "--help -v --version -b --brief -c --checking-printout -i --mime --apple --extension --mime-type --mime-encoding -k --keep-going -l --list -L --dereference -h --no-dereference -n --no-buffer -N --no-pad -0 --print0 -r --raw -s --special-files",
    options: [
      ...taking("text", "-e --exclude, --exclude-quiet, -F --separator, -P --parameter"),
      ...refused("run", "runs programs that unpack", "-z --uncompress, -Z --uncompress-noreport"),
      ...refused("write", "writes a compiled list of tests", "-C --compile"),
      ...refused("write", "sets back the time a file was last read", "-p --preserve-date"),
      ...refused("refuse", "takes its own safety off", "-S --no-sandbox"),
      ...refusedTaking("refuse", "reads further names or tests from files", "-m --magic-file, -f --files-from"),
    ],
    operands: ["read"],
  },
  { names: "basename", flags: `-a --multiple -z --zero ${help}`, options: taking("text", "-s --suffix") },
  { names: "dirname", flags: `-z --zero ${help}` },
  {
    names: "realpath",
    flags: `-e --canonicalize-existing -m --canonicalize-missing -L --logical -P --physical -q --quiet -s --strip --no-symlinks -z --zero ${help}`,
    options: taking("names", "--relative-to, --relative-base"),
    operands: ["names"],
  },
  {
    names: "readlink",
    flags: `-f --canonicalize -e --canonicalize-existing -m --canonicalize-missing -n --no-newline -q --quiet -s --silent -v --verbose -z --zero ${help}`,
    operands: ["names"],
  },
  {
    names: "namei",
    style: "gnu",
    flags: "-x --mountpoints -m --modes -o --owners -l --long -n --nosymlinks -v --vertical -h --help -V --version",
    operands: ["names"],
  },
  { names: "lsattr", flags: "-R -V -a -d -l -p -v", operands: ["names-deep"], without: { role: "names-deep", text: "." } },
  { names: "mountpoint", flags: "-q --quiet --nofollow -d --fs-devno -x --devno -h --help -V --version", operands: ["names"] },
  { names: "pathchk", flags: `-p -P --portability ${help}`, operands: ["names"] },
];

const showing: readonly Program[] = [
  {
    names: "cat",
    flags: `-A --show-all -b --number-nonblank -e -E --show-ends -n --number -s --squeeze-blank -t -T --show-tabs -u -v --show-nonprinting ${help}`,
    operands: ["read"],
    gives: lines("-u"),
  },
  { names: "tac", flags: `-b --before -r --regex ${help}`, options: taking("text", "-s --separator"), operands: ["read"], gives: lines("") },
  {
    names: "head",
    flags: `-# -q --quiet --silent -v --verbose -z --zero-terminated ${help}`,
    options: taking("text", "-c --bytes, -n --lines"),
    operands: ["read"],
    gives: lines("-# -n --lines -q --quiet --silent -z --zero-terminated"),
  },
  {
    names: "tail",
    flags: `-# -q --quiet --silent -v --verbose -z --zero-terminated ${help}`,
    options: [
      ...taking("text", "-c --bytes, -n --lines, --pid, --max-unchanged-stats, -s --sleep-interval"),
      ...refusedAttached("hangs", "waits for more to come, for ever", "--follow"),
      ...refused("hangs", "waits for more to come, for ever", "-f, -F, --retry"),
    ],
    operands: ["read"],
    gives: lines("-# -n --lines -q --quiet --silent -z --zero-terminated"),
  },
  {
    names: "wc",
    flags: `-c --bytes -m --chars -l --lines -L --max-line-length -w --words ${help}`,
    options: [...taking("text", "--total"), ...fromList],
    operands: ["read"],
    gives: counts,
  },
  {
    names: "nl",
    flags: `-p --no-renumber ${help}`,
    options: taking(
      "text",
      "-b --body-numbering, -d --section-delimiter, -f --footer-numbering, -h --header-numbering, -i --line-increment, -l --join-blank-lines, -n --number-format, -s --number-separator, -v --starting-line-number, -w --number-width",
    ),
    operands: ["read"],
  },
  {
    names: "od",
    flags: `-v --output-duplicates --traditional -a -b -c -d -f -i -l -o -s -x -B -D -e -F -h -H -I -L -O -X ${help}`,
    options: [
      ...taking("text", "-A --address-radix, --endian, -j --skip-bytes, -N --read-bytes, -S, -t --format"),
      ...attached("text", "-w --width, --strings"),
    ],
    operands: ["read"],
  },
  {
    names: "hexdump hd",
    flags:
      "-b --one-byte-octal -c --one-byte-char -C --canonical -d --two-bytes-decimal -o --two-bytes-octal -x --two-bytes-hex -v --no-squeezing -h --help -V --version",
    options: [...taking("text", "-e --format, -n --length, -s --skip"), ...taking("read", "-f --format-file"), ...attached("text", "-L --color")],
    operands: ["read"],
  },
  {
    names: "xxd",
    style: "words",
    rewrite: xxdWords,
    flags: "-a -autoskip -b -bits -C -capitalize -e -E -EBCDIC -d -h -help -i -include -p -ps -plain -postscript -r -revert -u -v -version",
    options: taking("text", "-c -cols, -g -group -groupsize, -l -len, -n -name, -o -offset, -s -seek -skip"),
    look: (line, report) => {
      secondWrites(line, report);
      const [first] = line.operands;
      const late = first === undefined ? undefined : line.options.find(({ span }) => span.start > first.span.start);
      if (late !== undefined) report.finding("write-option", "option", "xxd writes to the file named behind its first one, options there or not", late.span);
    },
  },
  {
    names: "hexyl",
    flags: "-v --no-squeezing -h --help -V --version",
    options: [...taking("text", "-n --length, -c --bytes, -s --skip, --block-size, -o --display-offset"), ...attached("text", "--color, --border")],
    operands: ["read"],
  },
  {
    names: "md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum shasum",
    flags: `-b --binary --tag -t --text -z --zero --ignore-missing --quiet --status --strict -w --warn ${help}`,
    options: [...taking("text", "-l --length, -a --algorithm"), ...refused("refuse", "reads further names from a file", "-c --check")],
    operands: ["read"],
  },
  {
    names: "cksum",
    flags: `--tag --untagged --base64 --raw -z --zero --ignore-missing --quiet --status --strict -w --warn --debug ${help}`,
    options: [...taking("text", "-a --algorithm, -l --length"), ...refused("refuse", "reads further names from a file", "-c --check")],
    operands: ["read"],
  },
  { names: "sum", flags: `-r -s --sysv ${help}`, operands: ["read"] },
];

const making: readonly Program[] = [
  {
    names: "seq",
    flags: `-# -w --equal-width ${help}`,
    options: taking("text", "-f --format, -s --separator"),
    operands: ["number"],
    most: 3,
    gives: (line) => (line.options.length === 0 && line.operands.every(({ value }) => /^\d+$/.test(textOfValue(value) ?? "")) ? "number" : "anything"),
    look: counted,
  },
  {
    names: "shuf",
    flags: `-e --echo -r --repeat -z --zero-terminated ${help}`,
    options: [
      ...taking("text", "-i --input-range, -n --head-count"),
      ...taking("read", "--random-source"),
      ...refusedTaking("write", "writes its output to a file", "-o --output"),
    ],
    look: (line, report) => {
      shuffled(line, report);
      if (has(line, "-r --repeat") && !has(line, "-n --head-count")) report.finding("hang", "option", "it repeats for ever", line.span);
    },
  },
  {
    names: "numfmt",
    flags: `--debug --grouping -z --zero-terminated ${help}`,
    options: [
      ...taking("text", "-d --delimiter, --field, --format, --from, --from-unit, --invalid, --padding, --round, --suffix, --to, --to-unit"),
      ...attached("text", "--header"),
    ],
  },
  { names: "factor", flags: `-h --exponents ${help}` },
  {
    names: "date",
    flags: `--debug --resolution -R --rfc-email -u --utc --universal ${help}`,
    options: [
      ...taking("text", "-d --date, --rfc-3339"),
      ...attached("text", "-I --iso-8601"),
      ...taking("names", "-r --reference"),
      ...refusedTaking("write", "sets the clock", "-s --set"),
      ...refusedTaking("refuse", "shows the lines of a file, or sets the clock on other systems", "-f --file"),
    ],
    look: dated,
  },
  { names: "cal ncal", flags: "-3 -1 -j -y -b -h -J -p -w -S -M -C -N -e -o", options: taking("text", "-A, -B, -d, -m, -H, -s, -W") },
  { names: "sleep", flags: help, look: slept },
  { names: "yes", does: { check: "hang", kind: "effect", says: "yes never ends by itself" }, harmless: ["--version", "--help"] },
  {
    names: "tee",
    flags: `-a --append -i --ignore-interrupts -p ${help}`,
    options: attached("text", "--output-error"),
    gives: "input",
    look: (line, report) => {
      for (const { value, span } of line.operands) {
        if (textOfValue(value) === "/dev/null") continue;
        report.finding("mutation", "effect", "tee writes to a file", span);
        report.effect({ kind: "writes", path: report.path(value), span });
      }
    },
  },
  {
    names: "split csplit",
    does: does("mutation", "it writes files"),
    harmless: ["--version", "--help"],
    options: [...refusedTaking("run", "runs a program for each part", "--filter"), ...taking("text", "-a, -b, -C, -l, -n, -t, -f")],
    flags: "-d -x -e -u --verbose -k -s -q -z --help --version",
    operands: ["read", "text"],
  },
  { names: "dircolors", flags: `-b --sh --bourne-shell -c --csh --c-shell -p --print-database --print-ls-colors ${help}`, operands: ["read"], most: 1 },
];

export const coreutils: readonly Program[] = [...listing, ...showing, ...making];
