// What git's reading sub-commands share: options of diffs, of walks through history and of formats; operands that are revisions or paths.
//
// Owns: how git reads its words where that is common. Facts: git-diff(1), git-log(1), git-rev-list(1) and the sources' parse-options of 2.39 to 2.50.
//  G1  An option's value stands in the next word only where git takes it so, tested against git itself: else an option could hide as a value.
//  G2  Diff and history options aren't bundled by git's own loops in one way: a bundle of them is refused.
//  G5  No operand begins with a dash, behind "--" either.
import { type Argument, formOf, literal, mayBeOption, textOfValue } from "../value.ts";
import { attached, both, has, refused, refusedTaking, taking } from "./option-rows.ts";
import type { Line, OptionRow, Output, Program, Report } from "./program.ts";

export const diffFlags =
  `-p -u --patch -s --no-patch -W --raw --patch-with-raw --patch-with-stat --numstat --shortstat --cumulative --check --summary --name-only
 --name-status -z --binary --no-color --no-abbrev --no-prefix --default-prefix -D --irreversible-delete --no-renames --minimal --no-minimal -w --ignore-all-space -b
 --ignore-space-change --ignore-space-at-eol --ignore-cr-at-eol --ignore-blank-lines --patience --histogram --no-color-moved
 --no-color-moved-ws --no-relative -a -R -q --no-ext-diff --no-textconv --ita-invisible-in-index --ita-visible-in-index --pickaxe-all --pickaxe-regex -t -r -m -c --cc
 --combined-all-paths --no-diff-merges --dd --root --no-indent-heuristic --indent-heuristic
 ${both("--function-context --compact-summary --full-index --find-copies-harder --rename-empty --follow --text --exit-code --quiet")}`.replace(/\s+/g, " ");

export const diffOptions: readonly OptionRow[] = [
  ...attached("text", "-U --unified, -X --dirstat, --dirstat-by-file, --stat, --color, --abbrev, -B --break-rewrites, -M --find-renames, -C --find-copies"),
  ...attached("text", "--word-diff, --color-words, --color-moved, --relative, --ignore-submodules, --submodule"),
  ...taking("text", "--stat-width, --stat-name-width, --stat-graph-width, --stat-count, --ws-error-highlight, --src-prefix, --dst-prefix, --line-prefix"),
  ...taking("text", "--inter-hunk-context, --output-indicator-new, --output-indicator-old, --output-indicator-context, -l, -I --ignore-matching-lines"),
  ...taking(
    "text",
    "--diff-algorithm, --anchored, --word-diff-regex, --color-moved-ws, -S, -G, --rotate-to, --skip-to, --find-object, --diff-filter, --diff-merges",
  ),
  ...taking("read", "-O"),
  ...refusedTaking("write", "makes git write to a file", "--output"),
  ...refused("run", "makes git run the diff program of its settings", "--ext-diff"),
  ...refused("write", "makes git merge again, which stores objects", "--remerge-diff"),
  ...refused("run", "makes git run the text converters of its settings", "--textconv"),
];

export const historyFlags =
  `--all-match --invert-grep -i --regexp-ignore-case --basic-regexp -E --extended-regexp -F --fixed-strings -P --perl-regexp --remove-empty
 --merges --no-merges --no-min-parents --no-max-parents --first-parent --exclude-first-parent-only --not --all --reflog --single-worktree --ignore-missing --bisect
 --cherry-mark --cherry-pick --left-only --right-only --cherry -g --walk-reflogs --merge --boundary --simplify-by-decoration --show-pulls --full-history --dense --sparse
 --simplify-merges --parents --children --date-order --author-date-order --topo-order --reverse --do-walk --oneline --abbrev-commit --no-abbrev-commit
 --no-expand-tabs --no-notes --standard-notes --no-standard-notes --relative-date --left-right --graph --no-graph --log-size --full-diff --source --no-source --mailmap
 --no-mailmap --use-mailmap --no-use-mailmap --clear-decorations --no-decorate --no-decorate-refs --no-decorate-refs-exclude --no-show-signature -v --always
 --no-commit-id -#`.replace(/\s+/g, " ");

export const historyOptions: readonly OptionRow[] = [
  ...taking("number", "-n --max-count, --skip, --min-age, --max-age"),
  ...taking(
    "text",
    "--since --after, --until --before, --since-as-filter, --author, --committer, --grep-reflog, --grep, --glob, --exclude, --date, --encoding",
  ),
  ...attached("text", "--min-parents, --max-parents, --branches, --tags, --remotes, --ancestry-path, --no-walk, --pretty, --format, --expand-tabs"),
  ...attached("text", "--notes, --show-notes, --show-linear-break, --decorate"),
  ...refused("run", "makes git run gpg", "--show-signature"),
  ...refused("run", "makes git run the program of core.alternateRefsCommand", "--alternate-refs"),
  ...refused("refuse", "takes revisions from its input", "--stdin"),
];

/** Of those that are `git log` under another name. */
export const logOptions: readonly OptionRow[] = [...diffOptions, ...historyOptions, ...taking("text", "--decorate-refs, --decorate-refs-exclude, -L")];

/** Only these make `git log` show what files hold. */
const showsContent =
  "-p -u --patch -U --unified -W --function-context --patch-with-raw --patch-with-stat --binary --word-diff --color-words --word-diff-regex -L -c --cc -m --dd --remerge-diff --diff-merges -t --check";

/** What every line of git does: it reads the repository around its folder. */
export function readsRepository(line: Line, report: Report): void {
  report.effect({ kind: "repository", path: report.path(literal(".")), span: line.span });
  dashedOperands(line, report, false);
}

/** Behind "--" too: `git annotate -- FILE REVISION` reads its last word as an option, other commands may hand theirs on (G5). */
export function dashedOperands(line: Line, report: Report, unknown: boolean): void {
  for (const { value, span } of line.operands) {
    const text = textOfValue(value);
    if (text === null ? unknown && mayBeOption(value) : text.startsWith("-") && text !== "-")
      report.finding("git-option", "option", "git may read an operand that begins with a dash as an option", span);
  }
}

/** The file of "REV:path" and ":2:path", and of ":/path" and ":(top)path", else null. */
export function pathInRevision(text: string): string | null {
  const magic = /^:(?:\([^)]*\)|[/!^]*:?)/.exec(text);
  if (magic !== null && !/^:\d:/.test(text)) return /[!^]|exclude/.test(magic[0]) ? null : text.slice(magic[0].length) || null;
  const staged = /^:\d:(.*)$/s.exec(text);
  if (staged !== null) return staged[1] || null;
  const colon = text.indexOf(":", text.lastIndexOf("}") + 1);
  return colon < 0 ? null : text.slice(colon + 1) || null;
}

/** Operands of which the table has said that they may be paths: the files that they name inside a revision. */
export function readsRevisions(line: Line, report: Report): void {
  const end = line.words.find(({ value }) => textOfValue(value) === "--");
  for (const operand of line.operands)
    if (operand.value.kind !== "glob" || end === undefined || operand.span.start < end.span.start) readRevision(operand, "content", report);
}

export function readRevision({ value, span }: Argument, what: "content" | "names", report: Report): void {
  const values = value.kind === "any-of" ? value.values : [value];
  for (const each of values) {
    if (each.kind === "literal") {
      const path = pathInRevision(each.text);
      if (path !== null) report.effect({ kind: "reads", path: report.path(literal(path)), what, deep: false, span });
    } else if (each.kind === "glob" && !each.prefix.includes("/")) {
      report.finding("glob-option", "unclear", "a file name with a colon in it would be a file of a revision", span);
    } else if (each.kind !== "any-of" && each.prefix.includes(":")) {
      report.finding("git-option", "unclear", "which file of the revision it reads is not known before it runs", span);
    }
  }
}

/** What `git log` shows of the files behind its operands. */
export function readsWhenShown(line: Line, report: Report): void {
  if (!has(line, showsContent)) return;
  for (const { value, span } of line.operands) report.effect({ kind: "reads", path: report.path(value), what: "content", deep: false, span });
}

/** `-L1,5:FILE`, `-L:name:FILE`: the file behind one of the colons, of which an expression may hold some. */
function readsLines(line: Line, report: Report): void {
  for (const { name, value, span } of line.options) {
    if (name !== "-L" || value === null) continue;
    for (const each of value.value.kind === "any-of" ? value.value.values : [value.value]) {
      const parts = formOf(each)?.replaceAll("\0", "1").split(":");
      const files = parts?.slice(1).map((_, index) => parts.slice(index + 1).join(":")) ?? [];
      if (parts === undefined || parts.length > 8) report.finding("git-option", "unclear", "of which file -L shows lines is not known before it runs", span);
      else for (const file of files) if (file !== "") report.effect({ kind: "reads", path: report.path(literal(file)), what: "content", deep: false, span });
    }
  }
}

/** "%G?" and its like make git run gpg; "%(signature" too. */
export function formatRuns(line: Line, report: Report): void {
  for (const { name, value, span } of line.options) {
    if (
      name === "--diff-merges" &&
      !/^(?:off|none|on|m|first-parent|1|separate|c|combined|cc|dense-combined|dd)$/.test(value === null ? "" : (textOfValue(value.value) ?? ""))
    )
      report.finding("write-option", "option", "it may make git merge again, which stores objects", span);
    if (value === null || !/^--(?:pretty|format|sort|batch|batch-check)$/.test(name)) continue;
    const text = textOfValue(value.value);
    if (text === null) report.finding("git-option", "unclear", "the format is not known before it runs", span);
    else if (/%G|signature/.test(text)) report.finding("exec-option", "option", "the format makes git run gpg", span);
  }
}

const bundled = /^-[A-Za-z0-9]{2,}$/;

/** G2. `taking` letters may have the rest of their word as the value. */
export function bundles(valued: string, ...whole: readonly string[]): (line: Line, report: Report) => void {
  return (line, report) => {
    for (const { value, span } of line.words) {
      const text = textOfValue(value);
      if (text === "--") return;
      if (text === null || !bundled.test(text) || /^-\d+$/.test(text) || whole.includes(text)) continue;
      if (!valued.includes(text[1] ?? ""))
        report.finding("bundled-option", "option", `options are written together in ${text}, which git reads in more than one way`, span);
    }
  };
}

type Look = NonNullable<Program["look"]>;

export const looks =
  (...each: readonly Look[]): Look =>
  (line, report) => {
    for (const look of each) look(line, report);
  };

const valuedOfHistory = "UXBMClISGOnL";
/** Looks of a sub-command that shows history or differences. */
export const historyLook = looks(readsRepository, bundles(valuedOfHistory), formatRuns, readsRevisions);
export const logLook = looks(historyLook, readsWhenShown, readsLines);

const commitName = /^(?:tformat:|format:)?%[hH]$/;

const onlyChooses =
  /^-(?:n|#|i|E|F|P|-(?:max-count|skip|since|after|until|before|author|committer|grep|all|reverse|merges|no-merges|first-parent|no-walk|branches|tags|remotes|no-color|follow|topo-order|date-order|diff-filter|no-decorate|no-notes|full-history))$/;

/** Hashes, one a line. */
export const listsHashes = (line: Line): boolean => line.options.every(({ name }) => onlyChooses.test(name));

/** A log with no more than hashes. */
export function hashesOfLog(line: Line): Output {
  const formats = line.options.filter(({ name }) => /^--(?:format|pretty)$/.test(name));
  const others = line.options.filter((option) => !formats.includes(option));
  const hashes = formats.length > 0 && formats.every(({ value }) => value !== null && commitName.test(textOfValue(value.value) ?? ""));
  return hashes && listsHashes({ ...line, options: others }) ? "word" : "anything";
}

/** A name that git makes or has checked: check-ref-format(1) allows neither blanks nor "..", nor a dash or a dot at its beginning. */
export const namesUnless =
  (...options: readonly string[]) =>
  (line: Line): Output =>
    has(line, options.join(" ")) ? "anything" : "word";

/** Formats of references that print one name or hash. */
export const namesByFormat = (line: Line): Output =>
  line.options.some(
    ({ name, value }) =>
      name === "--format" && value !== null && /^%\((?:refname|objectname)(?::(?:short|strip=\d|lstrip=\d))?\)$/.test(textOfValue(value.value) ?? ""),
  )
    ? "word"
    : "anything";
