// git's sub-commands that show history and differences: option tables after git's own sources, 2.39 to 2.50.
import { textOfValue } from "../value.ts";
import { does, tell, unfollowed } from "./deeds.ts";
import {
  bundles,
  dashedOperands,
  diffFlags,
  diffOptions,
  formatRuns,
  hashesOfLog,
  historyFlags,
  historyLook,
  historyOptions,
  listsHashes,
  logLook,
  logOptions,
  looks,
  namesUnless,
  readsRepository,
  readsRevisions,
} from "./git-common.ts";
import { attached, has, refusedTaking, taking } from "./option-rows.ts";
import type { Line, OptionRow, Program, Report } from "./program.ts";

const walkFlags = `${diffFlags} ${historyFlags}`;
const walkOptions: readonly OptionRow[] = [...diffOptions, ...historyOptions];

/** With these and no others `git diff` and its like print names of files. */
const namesOnly = ({ options }: Line) =>
  options.some(({ name }) => name === "--name-only") &&
  options.every(
    ({ name, value }) =>
      /^-(?:M|r|R|w|b|-(?:name-only|cached|staged|merge-base|diff-filter|no-renames|no-color|no-commit-id|ignore-submodules|relative|root))$/.test(name) &&
      (name !== "--relative" || value === null),
  );
const givesNames = (line: Line) => (namesOnly(line) ? "names" : "anything");

const log: Program = { names: "log", flags: walkFlags, options: logOptions, operands: ["names"], look: logLook, gives: hashesOfLog };
const whatchanged: Program = { names: "whatchanged", flags: walkFlags, options: logOptions, operands: ["names"], look: logLook };

/** `git diff` outside a repository, or with a path outside the working tree, compares any two files: git-diff(1), --no-index. */
const diff: Program = {
  names: "diff",
  flags: `${walkFlags} --cached --staged --merge-base --base --ours --theirs --no-index`,
  options: walkOptions,
  operands: ["read"],
  look: historyLook,
  gives: givesNames,
};

const blameFlags =
  `--incremental --no-incremental -b --root --no-root --show-stats --progress --no-progress --score-debug -f --show-name -n --show-number -p --porcelain
 --line-porcelain -c -t -l -s -e --show-email -w --color-lines --color-by-age --minimal --first-parent --reverse --not --no-textconv --no-ext-diff -#`.replace(
    /\s+/g,
    " ",
  );

const blame: Program = {
  names: "blame annotate",
  flags: blameFlags,
  options: [
    ...taking("text", "--ignore-rev, -L, --since --after, --until --before, --date, --encoding, --diff-algorithm"),
    ...taking("read", "--ignore-revs-file, -S, --contents"),
    ...attached("text", "-C, -M, --abbrev"),
    ...diffOptions.filter(({ does }) => does !== undefined),
  ],
  operands: ["read"],
  look: looks(readsRepository, readsRevisions, (line, report) => dashedOperands(line, report, true)),
};

const shortlog: Program = {
  names: "shortlog",
  flags:
    `-c --committer --no-committer -n --numbered --no-numbered -s --summary --no-summary -e --email --no-email --all-match --invert-grep -i --regexp-ignore-case -E -F -P
 --merges --no-merges --first-parent --all --reverse --date-order --topo-order --not -#`.replace(/\s+/g, " "),
  options: [
    ...attached("text", "-w, --format, --pretty, --branches, --tags, --remotes, --no-walk"),
    ...taking("text", "--group, --since --after, --until --before, --author, --grep, --glob, --exclude, --date, --encoding"),
    ...taking("number", "--max-count, --skip"),
    ...diffOptions.filter(({ does }) => does !== undefined),
    ...historyOptions.filter(({ does }) => does !== undefined),
  ],
  operands: ["names"],
  look: looks(
    readsRepository,
    formatRuns,
    bundles("wn", "-sn", "-ns", "-se", "-es", "-ne", "-en", "-sne", "-sen", "-nse", "-nes", "-esn", "-ens", "-cs", "-sc", "-cns", "-csn", "-snc", "-scn"),
  ),
};

const revList: Program = {
  names: "rev-list",
  flags:
    `${walkFlags} --objects --in-commit-order --objects-edge --objects-edge-aggressive --indexed-objects --unpacked --object-names --no-object-names --no-filter
 --filter-provided-objects --filter-print-omitted --exclude-promisor-objects --header --count --timestamp --no-commit-header --commit-header --bisect-vars --bisect-all
 --use-bitmap-index --quiet --test-bitmap`.replace(/\s+/g, " "),
  options: [...walkOptions, ...attached("text", "--disk-usage, --filter, --missing, --progress")],
  operands: ["names"],
  look: logLook,
  gives: (line) => (has(line, "--count") ? "number" : listsHashes(line) ? "word" : "anything"),
};

const rangeDiff: Program = {
  names: "range-diff",
  flags: `${diffFlags} --no-dual-color --dual-color --left-only --right-only --no-notes`,
  options: [
    ...diffOptions.filter(({ names }) => names !== "--diff-merges"),
    ...taking("number", "--creation-factor"),
    ...attached("text", "--notes, --diff-merges"),
  ],
  look: looks(readsRepository, bundles("UXBMClISGO")),
};

/** The patches go to files unless --stdout says otherwise. */
function writesPatches(line: Line, report: Report): void {
  if (has(line, "--stdout") && !has(line, "-o --output-directory --no-stdout")) return;
  tell(does("mutation", "it writes patch files"), line.span, report);
}

const formatPatch: Program = {
  names: "format-patch",
  flags:
    `${walkFlags} -N --numbered --no-numbered --signoff --stdout --cover-letter --no-cover-letter --numbered-files --rfc -k --keep-subject --no-binary --zero-commit
 --ignore-if-in-upstream --no-stat --no-attach --no-thread --no-signature --force-in-body-from --progress --encode-email-headers --no-encode-email-headers`.replace(
      /\s+/g,
      " ",
    ),
  options: [
    ...walkOptions.filter(({ names }) => !names.startsWith("-n ")),
    ...taking(
      "text",
      "--suffix, --start-number, --reroll-count, --filename-max-length, --cover-from-description, --subject-prefix, --add-header, --to, --in-reply-to",
    ),
    ...taking("text", "--signature, --base, --interdiff, --creation-factor"),
    ...taking("number", "--max-count"),
    ...taking("read", "--signature-file"),
    ...attached("text", "--from, --attach, --inline, --thread"),
    ...refusedTaking("write", "makes git write patch files", "-o --output-directory"),
    // The range is handed to a `git log` of its own, which reads "--output=x" in it as an option.
    ...refusedTaking("refuse", "hands its value on to another command of git", "--range-diff"),
  ],
  operands: ["names"],
  look: looks(historyLook, writesPatches),
};

/** Words after "reflog" and "stash": a sub-command that is not named is `show`, or for stash `push`. */
const reflog: Program = {
  names: "reflog",
  flags: walkFlags,
  options: logOptions,
  operands: ["names"],
  look: looks(logLook, notSubCommand("reflog", ["exists", "list", "show"])),
};

/** The engine looks for a sub-command by tables; git itself does so in the first word alone. */
function notSubCommand(name: string, reading: readonly string[]): (line: Line, report: Report) => void {
  return (line, report) => {
    const [first] = line.words;
    const text = first === undefined ? "" : textOfValue(first.value);
    if (text === null) report.finding("variable-command", "unclear", `which sub-command of git ${name} runs is known only then`, line.span);
    else if (/^(?:expire|delete|drop|write|migrate)/.test(text) && !reading.includes(text))
      tell(does("mutation", `git ${name} ${text} changes what the repository remembers`), line.span, report);
  };
}

const stashChange = (names: string, says: string): Program => unfollowed(names, does("mutation", says));

const stash: Program = {
  names: "stash",
  does: does("mutation", "it sets the changes of the working tree aside"),
  flags: "-q --quiet -k --keep-index --no-keep-index -p --patch -S --staged -u --include-untracked -a --all --pathspec-file-nul",
  options: [...taking("text", "-m --message"), ...taking("list", "--pathspec-from-file")],
  operands: ["text"],
  commands: [
    { names: "list", flags: walkFlags, options: logOptions, operands: ["names"], look: logLook },
    {
      names: "show",
      flags: `${diffFlags.replace(" -u ", " ")} -u --include-untracked --only-untracked --no-include-untracked`,
      options: diffOptions,
      look: looks(readsRepository, bundles("UXBMClISGO")),
    },
    stashChange("push save", "it sets the changes of the working tree aside"),
    stashChange("pop apply branch", "it brings stashed changes back"),
    stashChange("drop clear", "it throws stashed changes away"),
    stashChange("create store", "it makes a stash entry"),
    stashChange("export import", "it copies stash entries"),
  ],
};

const bisect: Program = {
  names: "bisect",
  style: "none",
  does: does("mutation", "it moves the working tree to other commits, or runs a program on each"),
  harmless: ["help", "-h"],
  operands: ["text"],
  commands: [
    { names: "log", operands: [], look: readsRepository },
    { names: "terms", flags: "--term-good --term-bad --term-old --term-new", operands: [], look: readsRepository },
  ],
  look: (line, report) => {
    readsRepository(line, report);
    const [first] = line.words;
    if (first !== undefined && textOfValue(first.value) === "run") {
      const rest = line.words.slice(1);
      if (rest.length > 0) report.command(rest, false);
    }
  },
};

export const gitHistory: readonly Program[] = [
  log,
  whatchanged,
  { names: "show", flags: walkFlags, options: logOptions, operands: ["names"], look: logLook },
  diff,
  {
    names: "diff-tree diff-index diff-files",
    flags: `${walkFlags} --cached --merge-base --base --ours --theirs`,
    options: walkOptions,
    operands: ["read"],
    look: historyLook,
    gives: givesNames,
  },
  blame,
  shortlog,
  revList,
  rangeDiff,
  formatPatch,
  reflog,
  stash,
  bisect,
  { names: "cherry", flags: "-v --verbose --no-verbose", options: attached("text", "--abbrev"), most: 3, look: readsRepository },
  { names: "merge-base", flags: "-a --all --octopus --independent --is-ancestor --fork-point", look: readsRepository, gives: () => "word" },
  {
    names: "name-rev",
    flags: "--name-only --peel-tag --tags --all --undefined --no-undefined --always --annotate-stdin --stdin",
    options: taking("text", "--refs, --exclude"),
    look: readsRepository,
  },
  {
    names: "describe",
    flags: "--contains --debug --all --tags --long --no-long --first-parent --exact-match --no-exact-match --always --no-always",
    options: [...taking("text", "--match, --exclude"), ...taking("number", "--candidates"), ...attached("text", "--abbrev, --dirty, --broken")],
    look: readsRepository,
    gives: namesUnless("--debug", "--dirty", "--broken"),
  },
  {
    names: "show-branch",
    flags:
      "-a --all -r --remotes --list --name --no-name --current --sha1-name --merge-base --independent --topo-order --topics --sparse --date-order --no-color",
    options: attached("text", "--color, --more, -g --reflog"),
    look: looks(readsRepository, bundles("g")),
  },
  unfollowed("verify-commit verify-tag", does("exec-option", "it runs gpg to check signatures")),
];
