// git's sub-commands that show the state, the index, references, objects and settings; what they change is a finding.
import { textOfValue } from "../value.ts";
import { does, tell, unfollowed } from "./deeds.ts";
import { bundles, formatRuns, looks, namesByFormat, namesUnless, readRevision, readsRepository, readsRevisions } from "./git-common.ts";
import { attached, both, has, orHere, refused, refusedAttached, refusedTaking, taking, valuesOf } from "./option-rows.ts";
import type { Line, OptionRow, Output, Program, Report } from "./program.ts";
import { endingsOfAll, namesIn } from "./search.ts";

function changes(line: Line, report: Report, says: string): void {
  tell(does("mutation", says), line.span, report);
}

const status: Program = {
  names: "status",
  flags: `-s -b -z ${both("--verbose --short --branch --show-stash --ahead-behind --null --renames --column --porcelain --long --untracked-files --ignored --ignore-submodules")} -v`,
  options: attached("text", "--porcelain, -u --untracked-files, --ignored, --ignore-submodules, --column, -M --find-renames"),
  operands: ["names"],
  look: looks(readsRepository),
};

const listing: readonly OptionRow[] = [
  ...attached("text", "--abbrev, --column, --color"),
  // With nothing behind them they mean HEAD; what follows is then an operand, which names nothing new in a listing.
  ...attached("text", "--contains --with, --no-contains --without, --merged, --no-merged"),
  ...taking("text", "--points-at, --sort, --format"),
];
const lists = "-l --list --contains --with --no-contains --without --merged --no-merged --points-at";

const branch: Program = {
  names: "branch",
  flags: "-v -vv --verbose -q --quiet -r --remotes -a --all -l --list --show-current -i --ignore-case --no-color --no-column --no-abbrev --omit-empty",
  options: [
    ...listing,
    ...refused(
      "write",
      "changes branches",
      "-d --delete, -D, -m --move, -M, -c --copy, -C, -f --force, --unset-upstream, --edit-description, --create-reflog, --recurse-submodules",
    ),
    ...refusedTaking("write", "changes what a branch follows", "-u --set-upstream-to"),
    ...refusedAttached("write", "makes a branch", "-t --track, --no-track, --set-upstream"),
  ].map(asChange),
  look: (line, report) => {
    readsRepository(line, report);
    formatRuns(line, report);
    if (has(line, "-u --set-upstream-to --unset-upstream --edit-description -d --delete -D -m --move -M -c --copy -C -f --force"))
      return changes(line, report, "it changes branches");
    if (line.operands.length > 0 && !has(line, lists)) changes(line, report, "it makes a branch");
  },
  gives: (line) => (has(line, "--show-current") ? "word" : "anything"),
};

/** What a word of a sub-command changes is what it is for, no trick of an option: told by the look, not the table. */
function asChange(row: OptionRow): OptionRow {
  const { does, ...rest } = row;
  return does?.kind === "write" ? rest : row;
}

const tag: Program = {
  names: "tag",
  flags: "-l --list -i --ignore-case --no-color --no-column -d --delete -a --annotate -f --force --create-reflog -e --edit --omit-empty",
  options: [
    ...listing,
    ...attached("number", "-n"),
    ...taking("text", "-m --message, --cleanup"),
    ...taking("read", "-F --file"),
    ...refused("run", "makes git run gpg", "-v --verify, -s --sign"),
    ...refusedTaking("run", "makes git run gpg", "-u --local-user"),
  ],
  look: (line, report) => {
    readsRepository(line, report);
    formatRuns(line, report);
    const changing = has(line, "-d --delete -a --annotate -f --force -m --message -F --file -e --edit -s --sign -u --local-user");
    if (changing || (line.operands.length > 0 && !has(line, `${lists} -n`))) changes(line, report, "it makes or removes a tag");
  },
  gives: namesUnless("-n", "--format", "--column", "--color"),
};

const remote: Program = {
  names: "remote",
  flags: "-v --verbose --no-verbose",
  operands: [],
  look: readsRepository,
  commands: [
    { names: "get-url", flags: "--push --all", look: readsRepository },
    {
      names: "show",
      flags: "-n",
      look: (line, report) => {
        readsRepository(line, report);
        if (line.operands.length === 0 || has(line, "-n")) return;
        tell(does("network", "it asks the remote"), line.span, report);
      },
    },
    unfollowed("add rename remove rm set-head set-branches set-url", does("mutation", "it changes the settings of remotes")),
    unfollowed("update prune", does("network", "it fetches from remotes")),
  ],
};

const forEachRef: Program = {
  names: "for-each-ref",
  flags: "-s --shell -p --perl --python --tcl --ignore-case --no-color --omit-empty --include-root-refs",
  options: [...listing, ...taking("number", "--count"), ...refused("refuse", "takes patterns from its input", "--stdin")],
  look: looks(readsRepository, formatRuns),
  gives: namesByFormat,
};

const symbolicRef: Program = {
  names: "symbolic-ref",
  flags: "-q --quiet --no-quiet --short --no-short --recurse --no-recurse",
  options: [...refused("write", "removes a reference", "-d --delete"), ...refusedTaking("write", "changes a reference", "-m")],
  look: (line, report) => {
    readsRepository(line, report);
    if (line.operands.length > 1) changes(line, report, "it makes a reference point elsewhere");
  },
  gives: () => "word",
};

const revParse: Program = {
  names: "rev-parse",
  flags:
    `--keep-dashdash --stop-at-non-option --stuck-long --revs-only --no-revs --flags --no-flags --verify -q --quiet --sq --not --symbolic --symbolic-full-name --all
 --local-env-vars --git-dir --git-common-dir --show-toplevel --show-superproject-working-tree --shared-index-path --absolute-git-dir --is-inside-git-dir --is-inside-work-tree
 --is-bare-repository --is-shallow-repository --show-cdup --show-prefix --sq-quote --end-of-options --bisect`.replace(/\s+/g, " "),
  options: [
    ...attached("text", "--short, --abbrev-ref, --branches, --tags, --remotes, --disambiguate, --path-format, --show-object-format, --show-ref-format"),
    ...attached("text", "--since, --after, --until, --before, --exclude-hidden"),
    ...taking("text", "--default, --prefix, --glob, --exclude"),
    ...taking("names", "--git-path, --resolve-git-dir"),
    ...refused("refuse", "reads what to print from its input", "--parseopt"),
  ],
  operands: ["text"],
  look: readsRepository,
  gives: (line) => {
    const checked =
      has(line, "--verify") ||
      (line.operands.length > 0 && line.operands.every(({ value }) => /^(?:HEAD|@|@\{(?:u|upstream|push)\})(?:[~^]\d*)*$/.test(textOfValue(value) ?? "")));
    return checked && line.options.every(({ name }) => /^(?:-q|--(?:quiet|verify|short|abbrev-ref|symbolic-full-name))$/.test(name)) ? "word" : "anything";
  },
};

const lsFiles: Program = {
  names: "ls-files",
  flags:
    `-z -t -v -f -c --cached -d --deleted -m --modified -o --others -i --ignored -s --stage -k --killed --directory --no-directory --eol --empty-directory --no-empty-directory
 -u --unmerged --resolve-undo --exclude-standard --full-name --recurse-submodules --error-unmatch --debug --deduplicate --sparse --no-abbrev`.replace(
      /\s+/g,
      " ",
    ),
  options: [
    ...taking("text", "-x --exclude, --exclude-per-directory, --with-tree, --format"),
    ...taking("read", "-X --exclude-from"),
    ...attached("text", "--abbrev"),
  ],
  operands: ["names"],
  look: readsRepository,
  gives: (line) =>
    line.options.every(({ name }) => !/^(?:-[stvufz]|--(?:stage|eol|debug|format|unmerged|resolve-undo))$/.test(name)) ? listed(line) : "anything",
};

/** Names below the folder it runs in, of the operands where there are some: "src", "*.ts". A pattern of git's matches across folders. */
function listed(line: Line): Output {
  const patterns = line.operands.map(({ value }) => (value.kind === "glob" ? value.pattern : (textOfValue(value) ?? "")));
  if (patterns.length === 0 || patterns.some((pattern) => pattern.startsWith(":")) || has(line, "--full-name")) return "names";
  return namesIn(line.operands, endingsOfAll(line.operands));
}

const lsTree: Program = {
  names: "ls-tree",
  flags: "-d -r -t -z -l --long --name-only --name-status --object-only --full-name --full-tree --no-abbrev",
  options: [...taking("text", "--format"), ...attached("text", "--abbrev")],
  operands: ["text", "names"],
  look: looks(readsRepository, readsRevisions),
  gives: (line) => (has(line, "--name-only --name-status") && !has(line, "--format -z") ? "names" : "anything"),
};

const catFile: Program = {
  names: "cat-file",
  flags:
    "-e -p -t -s --allow-unknown-type --use-mailmap --no-use-mailmap --mailmap --no-mailmap --batch-all-objects --buffer --no-buffer --follow-symlinks --unordered --no-unordered -z -Z",
  options: [
    ...attached("text", "--batch-check"),
    ...refusedAttached("refuse", "shows whatever objects its input names", "--batch, --batch-command"),
    ...refused("run", "makes git run the converters and filters of its settings", "--textconv, --filters"),
    ...taking("names", "--path"),
    ...attached("text", "--filter"),
  ],
  operands: ["text"],
  look: looks(readsRepository, readsRevisions, bundles("")),
};

const grepFlags = `--cached --index --exclude-standard --no-exclude-standard --recurse-submodules --no-recurse-submodules -v --invert-match --no-invert-match -i
 --ignore-case --no-ignore-case -w --word-regexp --no-word-regexp -a --text --no-text -I --no-textconv -r --recursive --no-recursive -E --extended-regexp -G --basic-regexp
 -F --fixed-strings -P --perl-regexp -n --line-number --no-line-number --column --no-column -h -H --full-name --no-full-name -l --files-with-matches --name-only
 -L --files-without-match -z --null -o --only-matching -c --count --no-color --break --no-break --heading --no-heading -p --show-function -W --function-context
 --no-function-context --and --or --not -q --quiet --all-match --no-all-match --no-ext-grep --ext-grep -# --no-untracked --no-open-files-in-pager --no-context --no-count`.replace(
  /\s+/g,
  " ",
);

const grep: Program = {
  names: "grep",
  flags: grepFlags,
  options: [
    ...taking("number", "--max-depth, -C --context, -B --before-context, -A --after-context, --threads, -m --max-count"),
    ...taking("text", "-e"),
    ...taking("list", "-f"),
    ...attached("text", "--color"),
    ...refusedAttached("run", "makes git run a program on the files that match", "-O --open-files-in-pager"),
    ...refused("run", "makes git run the text converters of its settings", "--textconv"),
    { names: "--no-index" },
    { names: "--untracked" },
  ],
  operands: ["text", "read"],
  look: (line, report) => {
    readsRepository(line, report);
    readsRevisions(line, report);
    // "-e" gives the pattern: then the first operand is a path or a revision too.
    const paths = has(line, "-e -f") ? line.operands : line.operands.slice(1);
    const [first] = line.operands;
    if (has(line, "-e -f") && first !== undefined)
      report.effect({ kind: "reads", path: report.path(first.value), what: "content", deep: false, span: first.span });
    if (!has(line, "--no-index --untracked")) return;
    for (const { value, span } of orHere(paths, line)) report.effect({ kind: "reads", path: report.path(value), what: "content", deep: true, span });
  },
  gives: (line) => (has(line, "-l --files-with-matches --name-only -L --files-without-match") && !has(line, "-z --null") ? "names" : "anything"),
};

const configReads = "--get --get-all --get-regexp --get-urlmatch -l --list --get-color --get-colorbool";

const config: Program = {
  names: "config",
  // What stands behind the first operand is an operand, "--global" too.
  style: "posix",
  flags:
    `--global --system --local --worktree --get --get-all --get-regexp --get-urlmatch -l --list --bool --int --bool-or-int --bool-or-str --path --expiry-date -z --null
 --name-only --includes --no-includes --show-origin --show-scope --fixed-value --get-color --get-colorbool --no-type --show-names --no-show-names --all --regexp`.replace(
      /\s+/g,
      " ",
    ),
  options: [
    ...taking("read", "-f --file"),
    ...taking("text", "--blob, -t --type, --default"),
    ...refused("write", "changes git's settings", "--replace-all, --add, --unset, --unset-all, --rename-section, --remove-section, --append").map(asChange),
    ...refused("run", "opens an editor", "-e --edit"),
  ],
  look: (line, report) => {
    readsRepository(line, report);
    for (const value of valuesOf(line, "--blob")) if (value !== null) readRevision(value, "content", report);
    const [first] = line.operands;
    const act = first === undefined ? "" : textOfValue(first.value);
    if (has(line, "--replace-all --add --unset --unset-all --rename-section --remove-section --append")) changes(line, report, "it changes git's settings");
    else if (!has(line, configReads) && line.operands.length > 1 && act !== "get" && act !== "list") changes(line, report, "it changes git's settings");
    else if (act === null) report.finding("git-option", "unclear", "what it does to git's settings is not known before it runs", line.span);
  },
};

const submodule: Program = {
  names: "submodule",
  flags: "--quiet -q --cached",
  operands: [],
  look: readsRepository,
  commands: [
    { names: "status", flags: "--cached --recursive --quiet -q", operands: ["names"], look: readsRepository },
    { names: "summary", flags: "--cached --files", options: taking("number", "-n --summary-limit"), operands: ["names"], look: readsRepository },
    unfollowed("foreach", does("exec-option", "it runs a command in every submodule")),
    unfollowed("add update", does("network", "it fetches submodules")),
    unfollowed("init deinit set-branch set-url sync absorbgitdirs", does("mutation", "it changes submodules")),
  ],
};

const archive: Program = {
  names: "archive",
  flags: "--worktree-attributes -v --verbose -l --list -#",
  options: [
    // Git reads its words twice, the first time for --output, --remote and --exec alone: a value in a word of its own may be one of these.
    ...attached("text", "--format, --prefix, --add-virtual-file"),
    ...attached("read", "--add-file"),
    ...refusedTaking("write", "makes git write to a file", "-o --output"),
    ...refusedTaking("network", "takes the archive from another repository", "--remote"),
    ...refusedTaking("run", "names a program to run", "--exec"),
  ],
  operands: ["text", "names"],
  look: (line, report) => {
    readsRepository(line, report);
    readsRevisions(line, report);
    for (const { name, value, span } of line.options) {
      if (name !== "--format" || value === null || /^(?:tar|zip)$/.test(textOfValue(value.value) ?? "")) continue;
      report.finding("exec-option", "option", "a format other than tar and zip may be a program of git's settings", span);
    }
  },
};

const bundle: Program = {
  names: "bundle",
  operands: [],
  commands: [
    { names: "list-heads verify", flags: "-q --quiet", operands: ["read", "text"], look: readsRepository },
    unfollowed("create unbundle", does("mutation", "it writes a bundle or its objects")),
  ],
};

export const gitReading: readonly Program[] = [
  status,
  branch,
  tag,
  remote,
  forEachRef,
  symbolicRef,
  revParse,
  lsFiles,
  lsTree,
  catFile,
  grep,
  config,
  submodule,
  archive,
  bundle,
  {
    names: "show-ref",
    flags: "--tags --heads --branches --verify --head -d --dereference -q --quiet --exists",
    options: attached("text", "-s --hash, --abbrev, --exclude-existing"),
    look: readsRepository,
  },
  {
    names: "worktree",
    operands: [],
    commands: [
      { names: "list", flags: "--porcelain -v --verbose -z", options: taking("text", "--expire"), operands: [], look: readsRepository },
      unfollowed("add lock move prune remove repair unlock", does("mutation", "it changes the working trees")),
    ],
  },
  {
    names: "notes",
    options: taking("text", "--ref"),
    operands: [],
    look: readsRepository,
    commands: [
      { names: "list show", most: 1, look: readsRepository },
      { names: "get-ref", operands: [], look: readsRepository },
      unfollowed("add copy append edit merge remove prune", does("mutation", "it changes notes")),
    ],
  },
  { names: "check-ignore", flags: "-q --quiet -v --verbose --stdin -z -n --non-matching --no-index --index", operands: ["names"], look: readsRepository },
  { names: "check-attr", flags: "-a --all --cached --stdin -z", options: taking("text", "--source"), look: readsRepository },
  { names: "check-mailmap", flags: "--stdin", options: taking("read", "--mailmap-file"), look: readsRepository },
  { names: "check-ref-format", flags: "--allow-onelevel --no-allow-onelevel --refspec-pattern --normalize --branch" },
  { names: "count-objects", flags: "-v --verbose -H --human-readable", operands: [], look: readsRepository },
  {
    names: "fsck fsck-objects",
    flags: `${both("--dangling --full --progress --name-objects --reflogs --references")} -v --verbose --unreachable --tags --root --cache --connectivity-only --strict`,
    options: refused("write", "makes git write what it finds", "--lost-found"),
    look: readsRepository,
  },
  {
    names: "hash-object",
    flags: "--stdin --no-filters --literally",
    options: [
      ...taking("text", "-t"),
      ...taking("names", "--path"),
      ...refused("write", "stores the object", "-w"),
      ...refused("refuse", "takes names of files from its input", "--stdin-paths"),
    ],
    operands: ["read"],
    // Without --no-filters the clean filters of the settings run.
    look: readsRepository,
  },
  { names: "verify-pack", flags: "-v --verbose -s --stat-only", options: taking("text", "--object-format"), operands: ["read"], look: readsRepository },
  { names: "show-index", options: taking("text", "--object-format") },
  { names: "get-tar-commit-id", operands: [] },
  { names: "patch-id", flags: "--unstable --stable --verbatim", operands: [] },
  { names: "stripspace", flags: "-s --strip-comments -c --comment-lines", operands: [] },
  {
    names: "column",
    flags: "--no-mode",
    options: [...attached("text", "--mode"), ...taking("text", "--raw-mode, --width, --indent, --nl, --padding, --command")],
    operands: [],
  },
  { names: "var", flags: "-l", look: readsRepository, most: 1 },
  { names: "version", flags: "--build-options", operands: [] },
  {
    names: "help",
    flags:
      "-a --all --external-commands --no-external-commands --aliases --no-aliases -m --man -v --verbose -g --guides -c --config --user-interfaces --developer-interfaces",
    options: refused("run", "opens a browser or another reader", "-w --web, -i --info"),
    look: readsRepository,
  },
];
