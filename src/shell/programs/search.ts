// Programs that search in files and by name: GNU grep 3.8 and BSD grep, ripgrep 13 to 15, ag, ack 3, fd 8 to 10, locate.
import type { Below } from "../effect.ts";
import { type Argument, literal, prefixOf, textOfValue } from "../value.ts";
import { gunzipped } from "./archives.ts";
import { lines } from "./coreutils.ts";
import { attached, has, orHere, refused, refusedTaking, taking, valuesOf } from "./option-rows.ts";
import type { Line, Output, Program, Report } from "./program.ts";

/** "*.ts", "**" + "/*.{ts,tsx}": what the names end with that the pattern matches; null: anything. Rests on patterns of names, without "!". */
export function endingsOf(pattern: string): readonly string[] | null {
  const found = /^(?:[\w./*-]*\/)?[\w*-]*\*(?:(\.[\w.-]*\w)|([\w.-]*)\{([\w.,-]+)\}|\.\{([\w.,-]+)\})$/.exec(pattern);
  if (found === null) return null;
  const [, ending, before = ".", list, plain] = found;
  if (ending !== undefined) return [ending];
  const all = (list ?? plain ?? "").split(",").map((each) => `${list === undefined ? "." : before}${each}`);
  return all.every((each) => each.startsWith(".") && each.length > 1) ? all : null;
}

/** What all of these patterns let through; null: anything, or there is none. */
export function endingsOfAll(patterns: readonly (Argument | null)[]): readonly string[] | null {
  const all: string[] = [];
  for (const pattern of patterns) {
    // What a pattern of the shell becomes here matches it too.
    const text = pattern === null ? null : pattern.value.kind === "glob" ? pattern.value.pattern : textOfValue(pattern.value);
    const endings = text === null ? null : endingsOf(text);
    if (endings === null) return null;
    all.push(...endings);
  }
  return all.length === 0 ? null : all;
}

/** Names of files that a program found in these, below where it is; with their endings, where all have one of them. */
export function namesIn(places: readonly Argument[], endings: readonly string[] | null, plain = false): Output {
  const prefixes = places.map(({ value }) => (textOfValue(value) ?? prefixOf(value)).replace(/(?<=.)[*?[].*$/s, ""));
  const [first = ""] = prefixes;
  let length = first.length;
  for (const each of prefixes) while (!each.startsWith(first.slice(0, length))) length -= 1;
  return { kind: "names", prefix: first.slice(0, length), ...(endings === null ? {} : { endings }), ...(plain ? { plain: true } : {}) };
}

/** The operands after the pattern; all of them when the pattern stands in an option. */
const afterPattern = (line: Line, names: string): readonly Argument[] => line.operands.slice(has(line, names) ? 0 : 1);

const givesPattern = "-e --regexp -f --file";

const isDeepGrep = (line: Line): boolean =>
  /^rgrep\b/.test(line.program) ||
  has(line, "-r -R --recursive --dereference-recursive") ||
  valuesOf(line, "-d --directories").some((value) => value !== null && !/^(?:read|skip)$/.test(textOfValue(value.value) ?? ""));

function grepped(line: Line, report: Report): void {
  const deep = isDeepGrep(line);
  const files = afterPattern(line, givesPattern);
  const endings = endingsOfAll(valuesOf(line, "--include"));
  const below: Below = { ...(has(line, "-R --dereference-recursive -S -O") ? { links: true } : {}), ...(endings === null ? {} : { endings }) };
  if (!deep) for (const file of files) report.word(file, "read");
  else if (files.length > 0 || !has(line, "--help -V --version")) for (const file of orHere(files, line)) report.word(file, "read-deep", { below });
}

const wholeLines = lines(
  "-E -F -G -P -e -i -y -v -w -x -m -s -a --extended-regexp --fixed-strings --basic-regexp --perl-regexp --regexp --ignore-case --invert-match --word-regexp --line-regexp --max-count --no-messages --text -h --no-filename",
);

function grepGives(line: Line): Output {
  if (has(line, "--help -V --version")) return "anything";
  const files = afterPattern(line, givesPattern);
  if (has(line, "-l -L --files-with-matches --files-without-match"))
    return (files.length > 0 || isDeepGrep(line)) && !has(line, "--color --colour")
      ? namesIn(files, endingsOfAll(valuesOf(line, "--include")), isDeepGrep(line) && !has(line, "-R --dereference-recursive -S -O"))
      : "anything";
  if (files.length > 0 || isDeepGrep(line)) return has(line, "-c --count") && has(line, "-h --no-filename") ? "number" : "anything";
  return has(line, "-c --count") && !has(line, "-H --with-filename") ? "number" : wholeLines(line);
}

const grepFlags =
  "-# -E --extended-regexp -F --fixed-strings -G --basic-regexp -P --perl-regexp -i --ignore-case --no-ignore-case -y -w --word-regexp -x --line-regexp -z --null-data -s --no-messages -v --invert-match -V --version --help -b --byte-offset -n --line-number --line-buffered -H --with-filename -h --no-filename -o --only-matching -q --quiet --silent -a --text -I -u --unix-byte-offsets -L --files-without-match -l --files-with-matches -c --count -T --initial-tab -Z --null --no-group-separator -U --binary";
const grepOptions = [
  ...taking("text", "-e --regexp, -m --max-count, --label, --binary-files, -B --before-context, -A --after-context, -C --context, --group-separator"),
  ...attached("text", "--color --colour"),
  ...taking("read", "-f --file"),
];

const zgrepOptions = [
  ...taking("text", "-e --regexp, -m --max-count, --label, --binary-files, -B, -A, -C, -D"),
  ...attached("text", "--color --colour, --before-context, --after-context, --context, --group-separator"),
  ...taking("read", "-f --file"),
];

const greps: readonly Program[] = [
  {
    names: "grep egrep fgrep rgrep",
    flags: `${grepFlags} -r --recursive -R --dereference-recursive`,
    options: [...grepOptions, ...taking("text", "-d --directories, -D --devices, --include, --exclude, --exclude-dir"), ...taking("read", "--exclude-from")],
    gives: grepGives,
    look: grepped,
  },
  // Scripts around grep, which unpack what they read, and know the values of few long options.
  {
    names: "zgrep zegrep zfgrep bzgrep xzgrep zstdgrep",
    flags: grepFlags,
    options: zgrepOptions,
    look: (line, report) => gunzipped(afterPattern(line, givesPattern), report),
  },
];

const negated = (value: Argument | null): boolean => value !== null && (textOfValue(value.value) ?? "").startsWith("!");

/** Hidden ones too: "--hidden", "-uu", and patterns that name files, which count for more than that they are hidden. */
function showsHidden(line: Line, patterns: readonly (Argument | null)[]): boolean {
  return (
    has(line, "-. --hidden --no-hidden -t --type") ||
    line.options.filter(({ name }) => name === "-u" || name === "--unrestricted").length > 1 ||
    !patterns.every(negated)
  );
}

function ripgrepped(line: Line, report: Report): void {
  if (has(line, "--type-list --pcre2-version -V --version -h --help --generate")) return;
  const listing = has(line, "--files");
  const files = listing ? line.operands : afterPattern(line, givesPattern);
  const patterns = valuesOf(line, "-g --glob --iglob");
  const endings = endingsOfAll(patterns.filter((value) => !negated(value)));
  const below: Below = {
    ...(has(line, "-L --follow") ? { links: true } : {}),
    ...(showsHidden(line, patterns) ? {} : { hidden: false }),
    ...(endings === null ? {} : { endings }),
  };
  const searched = listing || line.input === "nothing" ? orHere(files, line) : files;
  for (const file of searched) report.word(file, listing ? "names-deep" : "read-deep", { below });
}

function ripgrepGives(line: Line): Output {
  if (
    line.options.some(({ name }) =>
      /^(?:--color|--heading|--pretty|-p|--json|--stats|--debug|--trace|--path-separator|--hyperlink-format|--help|-h|--version|-V|--vimgrep)$/.test(name),
    )
  )
    return "anything";
  if (!has(line, "--files -l --files-with-matches --files-without-match") || has(line, "-c --count --count-matches")) return "anything";
  const files = has(line, "--files") ? line.operands : afterPattern(line, "-e --regexp -f --file");
  const patterns = valuesOf(line, "-g --glob").filter((value) => !negated(value));
  return namesIn(files, endingsOfAll(patterns), !has(line, "-L --follow"));
}

const ripgrep: Program = {
  names: "rg",
  flags:
    "--binary --no-binary --block-buffered --no-block-buffered -b --byte-offset --no-byte-offset -s --case-sensitive --column --no-column --no-context-separator -c --count --count-matches --crlf --no-crlf --debug --no-encoding --files -l --files-with-matches --files-without-match -F --fixed-strings --no-fixed-strings -L --follow --no-follow --glob-case-insensitive --no-glob-case-insensitive --heading --no-heading -h --help -. --hidden --no-hidden -i --ignore-case --ignore-file-case-insensitive --no-ignore-file-case-insensitive --include-zero --no-include-zero -v --invert-match --no-invert-match --json --no-json --line-buffered --no-line-buffered -n --line-number -N --no-line-number -x --line-regexp --max-columns-preview --no-max-columns-preview --mmap --no-mmap -U --multiline --no-multiline --multiline-dotall --no-multiline-dotall --no-config --no-ignore --ignore --no-ignore-dot --ignore-dot --no-ignore-exclude --ignore-exclude --no-ignore-files --ignore-files --no-ignore-global --ignore-global --no-ignore-messages --ignore-messages --no-ignore-parent --ignore-parent --no-ignore-vcs --ignore-vcs --no-messages --messages --no-require-git --require-git --no-unicode --unicode -0 --null --null-data --one-file-system --no-one-file-system -o --only-matching --passthru --passthrough -P --pcre2 --no-pcre2 --pcre2-version --no-pre -p --pretty -q --quiet --no-search-zip -z --search-zip -S --smart-case --stats --no-stats --stop-on-nonmatch -a --text --no-text --trace --trim --no-trim --type-list -u --unrestricted -V --version --vimgrep -H --with-filename -I --no-filename -w --word-regexp --auto-hybrid-regex --no-auto-hybrid-regex --no-pcre2-unicode --pcre2-unicode --sort-files --no-sort-files --no-max-filesize --no-filesize",
  options: [
    ...taking(
      "text",
      "-e --regexp, -A --after-context, -B --before-context, -C --context, --color, --colors, --context-separator, --dfa-size-limit, -E --encoding, --engine, --field-context-separator, --field-match-separator, --generate, -g --glob, --hyperlink-format, --iglob, -M --max-columns, -m --max-count, -d --max-depth --maxdepth, --max-filesize, --path-separator, --pre-glob, --regex-size-limit, -r --replace, --sort, --sortr, -j --threads, -t --type, -T --type-not, --type-add, --type-clear",
    ),
    ...taking("read", "-f --file, --ignore-file"),
    ...refusedTaking("run", "runs a program for each file", "--pre"),
    ...refusedTaking("run", "runs a program", "--hostname-bin"),
  ],
  gives: ripgrepGives,
  look: ripgrepped,
};

function searched(line: Line, report: Report): void {
  // ack -f lists the files that it would search; ag -f follows links.
  const files = afterPattern(line, line.program === "ag" ? "-g --filename-pattern" : "-g --match -f");
  const below: Below = {
    ...(has(line, "-f --follow") ? { links: true } : {}),
    ...(has(line, "--hidden -u -a --unrestricted --all-types --all-text -t") || line.program === "ack" ? {} : { hidden: false }),
  };
  const searched = line.input === "nothing" && !has(line, "--help --version -h -V") ? orHere(files, line) : files;
  for (const file of searched) report.word(file, "read-deep", { below });
}

const older: readonly Program[] = [
  {
    names: "ag",
    flags:
      "--ackmate --break --nobreak -c --count --color --nocolor --column --filename --nofilename -H --heading --noheading --group --nogroup -l --files-with-matches -L --files-without-matches --print-all-files --numbers --nonumbers -o --only-matching --print-long-lines --passthrough --passthru --silent --stats --stats-only --vimgrep -0 --null --print0 -a --all-types -D --debug -F --fixed-strings --hidden -i --ignore-case --one-device -Q --literal -s --case-sensitive -S --smart-case --search-binary -t --all-text -u --unrestricted -U --skip-vcs-ignores -v --invert-match -w --word-regexp -z --search-zip -h --help -V --version --follow --nofollow -n --norecurse -r --recurse -R -f",
    options: [
      // with anything but a number attached it never ends
      ...taking("number", "-A, -B, -C"),
      ...taking(
        "text",
        "--color-line-number, --color-match, --color-path, --depth, -G --file-search-regex, --ignore, --ignore-dir, -m --max-count, -W --width, -g --filename-pattern, --workers",
      ),
      ...attached("text", "--after, --before, --context"),
      ...taking("read", "-p --path-to-ignore"),
      ...refusedTaking("run", "runs a program", "--pager"),
    ],
    look: (line, report) => {
      searched(line, report);
      const odd = line.options.find(({ name, value }) => /^-[ABC]$/.test(name) && value !== null && !/^\d+$/.test(prefixOf(value.value)));
      if (odd !== undefined) report.finding("hang", "effect", `${odd.name} of ag with more than a number never ends`, odd.span);
    },
  },
  {
    names: "ack",
    flags:
      "-f -g -l --files-with-matches -L --files-without-matches -c --count -i --ignore-case -S --smart-case --nosmart-case --no-smart-case -I --no-ignore-case -v --invert-match -w --word-regexp -Q --literal -o --passthru -1 -H --with-filename -h --no-filename --column --nocolumn --no-column --print0 -s --nopager --heading --noheading --break --nobreak --group --nogroup --color --nocolor --colour --nocolour --no-color --flush --sort-files --show-types -r -R --recurse -n --no-recurse --follow --nofollow -k --known-types --help-types --help --version --help-colors --help-rgb-colors --underline --nounderline -P --env --noenv --ignore-ack-defaults --filter --nofilter --bar --cathy --thpppt",
    options: [
      ...taking(
        "text",
        "--match, --range-start, --range-end, -m --max-count, --color-filename, --color-match, --color-colno, --color-lineno, --ignore-dir --ignore-directory --noignore-dir --noignore-directory, --ignore-file, -t --type, -T, --type-set, --type-add, --type-del",
      ),
      ...attached("text", "-A --after-context, -B --before-context, -C --context, -p --proximate"),
      ...refusedTaking("run", "runs a program, or a text as one", "--pager, --output"),
      ...refusedTaking("refuse", "reads further names or options from a file", "--files-from, --ackrc"),
      ...refused("refuse", "reads further names, writes settings or shows them", "-x, --create-ackrc, --dump, --man"),
    ],
    look: (line, report) => {
      for (const word of [...line.operands, ...valuesOf(line, "--match --range-start --range-end")])
        if (word !== null && /\(\?\??\{/.test(textOfValue(word.value) ?? "(?{"))
          report.finding("program-text", "option", "a pattern of Perl may hold code, and here one may", word.span);
      searched(line, report);
    },
  },
];

function found(line: Line, report: Report): void {
  if (has(line, "-h --help -V --version")) return;
  const below: Below = {
    ...(has(line, "-L --follow") ? { links: true } : {}),
    ...(has(line, "-H --hidden -u --unrestricted --no-hidden") ? {} : { hidden: false }),
  };
  for (const folder of orHere(line.operands.slice(1), line)) report.word(folder, "names-deep", { below });
}

const byName: readonly Program[] = [
  {
    names: "fd fdfind",
    flags:
      "-H --hidden --no-hidden -I --no-ignore --ignore --no-ignore-vcs --ignore-vcs --no-ignore-parent -u --unrestricted -s --case-sensitive -i --ignore-case -g --glob --regex -F --fixed-strings -a --absolute-path --relative-path -l --list-details -L --follow --no-follow -p --full-path -0 --print0 --prune -1 -q --quiet --has-results --show-errors --one-file-system --mount --xdev -h --help -V --version --no-global-ignore-file --no-require-git --require-git --print --no-color",
    options: [
      ...taking(
        "text",
        "--and, -d --max-depth --maxdepth, --min-depth, --exact-depth, -E --exclude, -t --type, -e --extension, -S --size, --changed-within --change-newer-than --newer --changed-after, --changed-before --change-older-than --older, -o --owner, --batch-size, -c --color, -j --threads, --max-results, --path-separator, --format, --max-buffer-time",
      ),
      ...attached("text", "--strip-cwd-prefix, --hyperlink"),
      ...taking("read", "--ignore-file"),
      ...taking("names-deep", "--search-path"),
      ...refusedTaking("refuse", "searches elsewhere: what else is named is taken from there", "-C --base-directory"),
      ...refusedTaking("run", "runs a program for what is found", "-x --exec, -X --exec-batch"),
      ...refusedTaking("refuse", "writes a script for a shell", "--gen-completions"),
    ],
    gives: (line) => (has(line, "-l --list-details --format --path-separator -c --color -h --help -V --version --hyperlink") ? "anything" : "names"),
    look: found,
  },
  {
    names: "locate plocate mlocate",
    flags:
      "-A --all -b --basename -c --count -e --existing -i --ignore-case -0 --null -N --literal -r --regexp --regex -w --wholename -q --quiet -S --statistics -h --help -V --version",
    options: [...taking("text", "-l -n --limit"), ...taking("read", "-d --database")],
    look: (line, report) => {
      if (!has(line, "-h --help -V --version")) report.word({ value: literal("/"), span: line.span }, "names-deep");
    },
  },
];

export const search: readonly Program[] = [...greps, ripgrep, ...older, ...byName];
