// Pagers and manuals. Without a terminal, which these commands never have, a pager copies its input.
import { prefixOf, textOfValue } from "../value.ts";
import { refused, refusedAttached, refusedTaking, taking } from "./option-rows.ts";
import type { Line, Program, Report } from "./program.ts";

/** "+command" is a command of the pager, "+F" waits for ever. */
function paged(line: Line, report: Report): void {
  for (const operand of line.operands) {
    if (prefixOf(operand.value).startsWith("+")) report.finding("exec-option", "option", `what follows + is a command of ${line.program}`, operand.span);
    else report.word(operand, "read");
  }
}

/** A page with a slash in its name is a file that is formatted; a section may stand before it. */
function manual(line: Line, report: Report): void {
  for (const { value, span } of line.operands) {
    const name = textOfValue(value);
    if (name === null || !/^[\w.+:@[\]-]+$/.test(name)) report.finding("refused-option", "option", "man formats a file when its operand is a path", span);
  }
}

const wide =
  "-? -L --no-lessopen -a --search-skip-screen -A --SEARCH-SKIP-SCREEN -B --auto-buffers -c --clear-screen -C --CLEAR-SCREEN -d --dumb -e --quit-at-eof -E --QUIT-AT-EOF -F --quit-if-one-screen -g --hilite-search -G --HILITE-SEARCH -i --ignore-case -I --IGNORE-CASE -J --status-column -m --long-prompt -M --LONG-PROMPT -n --line-numbers -N --LINE-NUMBERS -q --quiet --silent -Q --QUIET --SILENT -r --raw-control-chars -R --RAW-CONTROL-CHARS -s --squeeze-blank-lines -S --chop-long-lines -u --underline-special -U --UNDERLINE-SPECIAL -V --version -w --hilite-unread -W --HILITE-UNREAD -X --no-init -~ --tilde -K --quit-on-intr --help";

export const textPagers: readonly Program[] = [
  {
    names: "less",
    flags: wide,
    options: [
      ...taking("text", "-b --buffers, -h --max-back-scroll, -j --jump-target, -x --tabs, -y --max-forw-scroll, -z --window, --shift"),
      ...refusedTaking("write", "writes what it shows to a file", "-o --log-file, -O --LOG-FILE"),
      ...refusedTaking(
        "run",
        "reads keys, tags or prompts that may hold commands",
        "-k --lesskey-file, --lesskey-src, --lesskey-content, -t --tag, -T --tag-file, -P --prompt, -p --pattern, -D --color",
      ),
      ...refused("refuse", "opens devices and folders too", "-f --force"),
    ],
    look: paged,
  },
  {
    names: "more",
    flags: "-# -d --silent -f --logical -l --no-pause -c --print-over -p --clean-print -e --exit-on-eof -s --squeeze -u --plain -h --help -V --version",
    options: taking("text", "-n --lines"),
    look: paged,
  },
  {
    names: "bat batcat",
    flags:
      "-A --show-all -p --plain -n --number -f --force-colorization -u --unbuffered -P -S --chop-long-lines --list-themes -L --list-languages -h --help -V --version --acknowledgements",
    options: [
      ...taking(
        "text",
        "-l --language, -H --highlight-line, --file-name, --tabs, --wrap, --terminal-width, --color, --italic-text, --decorations, --paging, --ignored-suffix, --theme, --style, -r --line-range, -m --map-syntax",
      ),
      ...refusedTaking("run", "runs a program", "--pager, --diff-context"),
      ...refused("run", "runs git, or tells what stands in settings and the environment", "-d --diff, --diagnostic"),
    ],
    look: (line, report) => {
      const [first] = line.operands;
      if (first !== undefined && textOfValue(first.value) === "cache") report.finding("mutation", "option", "bat writes its cache", first.span);
      for (const operand of line.operands) report.word(operand, "read");
    },
  },
  {
    names: "man",
    flags:
      "-d --debug -D --default -f --whatis -k --apropos -w --where --path --location -W --where-cat --location-cat -i --ignore-case -I --match-case --regex --wildcard --names-only -a --all --no-subpages -7 --ascii --no-hyphenation --nh --no-justification --nj -? --help --usage -V --version",
    options: [
      ...taking("text", "-S -s --sections, -e --extension, -E --encoding"),
      ...refusedAttached("run", "runs a browser or a viewer", "-H --html, -X --gxditview"),
      ...refusedTaking("run", "runs a program", "-P --pager, -p --preprocessor, -r --prompt"),
      ...refusedTaking("refuse", "reads pages or settings from elsewhere", "-C --config-file, -M --manpath, -L --locale, -m --systems, -R --recode"),
      ...refusedAttached("refuse", "runs what formats the page in another way", "-T --troff-device, --warnings"),
      ...refused("refuse", "runs what formats the page in another way, or reads everything", "-t --troff, -Z --ditroff, -K --global-apropos, -l --local-file"),
      ...refused("write", "writes to the database or its cache", "-u --update, -c --catman"),
    ],
    look: manual,
  },
  {
    names: "apropos whatis",
    flags: "-d --debug -v --verbose -e --exact -r --regex -w --wildcard -a --and -l --long -? --help --usage -V --version",
    options: taking("text", "-s --sections --section"),
  },
];
