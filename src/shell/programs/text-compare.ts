// Programs that compare files or apply what was found: GNU diffutils 3.8, patch 2.7.
import type { Below } from "../effect.ts";
import { does } from "./deeds.ts";
import { attached, has, refused, refusedTaking, taking } from "./option-rows.ts";
import type { Line, Program, Report } from "./program.ts";

/** Of two folders it compares the files in them, without -r those at the top alone, and follows links unless it is told not to. */
function compared(line: Line, report: Report): void {
  const below: Below = has(line, "--no-dereference") ? {} : { links: true };
  for (const operand of line.operands) report.word(operand, "read-deep", { below });
}

const help = "--help -v --version";
const runs = (groups: string) => refusedTaking("run", "runs a program", groups);

export const textCompare: readonly Program[] = [
  {
    names: "diff",
    flags: `-# --normal -q --brief -s --report-identical-files -c -u -e --ed -n --rcs -y --side-by-side --left-column --suppress-common-lines -p --show-c-function -t --expand-tabs -T --initial-tab --suppress-blank-empty -r --recursive --no-dereference -N --new-file -P --unidirectional-new-file --ignore-file-name-case --no-ignore-file-name-case -i --ignore-case -E --ignore-tab-expansion -Z --ignore-trailing-space -b --ignore-space-change -w --ignore-all-space -B --ignore-blank-lines -a --text --strip-trailing-cr -d --minimal -H --speed-large-files ${help}`,
    options: [
      ...taking(
        "text",
        "-C, -U, -W --width, -F --show-function-line, -L --label, --tabsize, -x --exclude, -S --starting-file, -I --ignore-matching-lines, -D --ifdef, --horizon-lines, --palette, --line-format, --old-line-format, --new-line-format, --unchanged-line-format, --old-group-format, --new-group-format, --unchanged-group-format, --changed-group-format",
      ),
      ...attached("text", "--context, --unified, --color"),
      ...taking("read", "-X --exclude-from"),
      ...taking("read-deep", "--from-file, --to-file"),
      ...refused("run", "runs pr", "-l --paginate"),
    ],
    look: compared,
  },
  {
    names: "cmp",
    flags: `-b --print-bytes -l --verbose -s --quiet --silent -x -h -z ${help}`,
    options: taking("text", "-i --ignore-initial, -n --bytes"),
    operands: ["read", "read", "text"],
    most: 4,
  },
  {
    names: "diff3",
    flags: `-A --show-all -e --ed -E --show-overlap -3 --easy-only -x --overlap-only -X -i -m --merge -a --text --strip-trailing-cr -T --initial-tab ${help}`,
    options: [...taking("text", "-L --label"), ...runs("--diff-program")],
    operands: ["read"],
    most: 3,
  },
  {
    names: "sdiff",
    flags: `-i --ignore-case -E --ignore-tab-expansion -Z --ignore-trailing-space -b --ignore-space-change -W --ignore-all-space -B --ignore-blank-lines --strip-trailing-cr -a --text -l --left-column -s --suppress-common-lines -t --expand-tabs -d --minimal -H --speed-large-files ${help}`,
    options: [
      ...taking("text", "-I --ignore-matching-lines, -w --width, --tabsize"),
      ...refusedTaking("write", "writes the outcome to a file, and runs an editor", "-o --output"),
      ...runs("--diff-program"),
    ],
    operands: ["read"],
    most: 2,
  },
  {
    names: "colordiff",
    does: does("exec-option", "colordiff runs the program that its settings name"),
  },
  {
    names: "patch",
    does: does("mutation", "patch changes the files that the patch names"),
    options: [
      ...refusedTaking("write", "writes to the file it names", "-o --output, -r --reject-file"),
      ...taking("names", "-d --directory"),
      ...taking("read", "-i --input"),
      ...taking("text", "-p --strip, -F --fuzz, -D --ifdef, -V --version-control, -B --prefix, -Y --basename-prefix, -z --suffix, -g --get"),
    ],
    flags:
      "-s --quiet --silent -R --reverse -N --forward -t --batch -f --force -b --backup -E --remove-empty-files -u --unified -c --context -n --normal -e --ed -l --ignore-whitespace --dry-run --verbose --binary --merge",
    operands: ["write", "read"],
    most: 2,
    harmless: ["--version", "-v", "--help"],
  },
];
