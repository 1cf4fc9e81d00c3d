// awk by its many names: options of gawk 5.2, mawk 1.3.4, the one true awk, busybox.
import { textOfValue, type Value } from "../value.ts";
import { readAwkScript } from "./awk-script.ts";
import { attached, refused, refusedAttached, refusedTaking, taking } from "./option-rows.ts";
import type { Line, Output, Program, Report } from "./program.ts";
import { sayDeeds, textsOf } from "./sed.ts";

/** `name=value` among the files sets a variable. */
const assigns = (value: Value): boolean =>
  value.kind !== "glob" && /^[A-Za-z_]\w*=/.test(value.kind === "any-of" ? "" : value.kind === "literal" ? value.text : value.prefix);

function look(line: Line, report: Report): void {
  if (line.options.some(({ name }) => /^(?:--help|--version|-h|-V|-version|--copyright|-C)$/.test(name))) return;
  const given = line.options.flatMap(({ name, value }) => ((name === "-e" || name === "--source") && value !== null ? [value] : []));
  const elsewhere = line.options.some(({ name }) => /^(?:-f|--file|-E|--exec)$/.test(name));
  const pieces = given.length > 0 || elsewhere ? given : line.operands.slice(0, 1);
  const texts = pieces.map(({ value }) => textsOf(value));
  const [first] = pieces;
  if (first !== undefined && (texts.includes(null) || (texts.length > 1 && texts.some((each) => each?.length !== 1))))
    report.finding("program-text", "unclear", "the program of awk is known only when it runs", first.span);
  else if (first !== undefined) {
    const whole = texts.length > 1 ? [texts.map((each) => each?.[0] ?? "").join("\n")] : (texts[0] ?? []);
    for (const text of whole) sayDeeds(readAwkScript(text), first, report);
  }
  for (const file of given.length > 0 || elsewhere ? line.operands : line.operands.slice(1)) if (!assigns(file.value)) report.word(file, "read");
}

/** Of programs that only choose among the lines. */
function gives(line: Line): Output {
  const [program, ...files] = line.operands;
  const text = program === undefined ? null : textOfValue(program.value);
  return text !== null &&
    files.length === 0 &&
    line.options.every(({ name }) => name === "-F" || name === "-v") &&
    /^(?:!?[\w[\]$+]+|NR *[<>=]=? *\d+|!?\/[\w. -]*\/)$/.test(text)
    ? "input"
    : "anything";
}

export const awk: readonly Program[] = [
  {
    names: "awk gawk mawk nawk original-awk bwk",
    style: "posix",
    flags:
      "-b --characters-as-bytes -c --traditional -C --copyright -g --gen-pot -h --help -I --trace -k --csv -M --bignum -n --non-decimal-data -N --use-lc-numeric -O --optimize -P --posix -r --re-interval -s --no-optimize -S --sandbox -t --lint-old -V --version",
    options: [
      ...taking("text", "-F --field-separator, -v --assign, -e --source"),
      ...attached("text", "-L --lint"),
      ...refusedTaking("run", "takes the program from a file, which isn't read here", "-f --file, -E --exec"),
      ...refusedTaking("run", "loads code", "-i --include, -l --load"),
      ...refusedAttached("write", "writes to a file", "-o --pretty-print, -p --profile, -d --dump-variables"),
      ...refused("run", "opens a debugger", "-D --debug"),
      ...refusedTaking("refuse", "is followed by an option of another kind", "-W"),
    ],
    gives,
    look,
  },
];
