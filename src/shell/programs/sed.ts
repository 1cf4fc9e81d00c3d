// GNU sed 4.9; an option that changes files on another system is refused: -I of BSD; so is -l, which takes a value in one and none in the other.
import { type Argument, formOf, literal, textOfValue, type Value } from "../value.ts";
import { refused, refusedAttached, refusedTaking, taking } from "./option-rows.ts";
import type { Line, Output, Program, Report } from "./program.ts";
import { type Deed, readSedScript } from "./sed-script.ts";

/** Says what a program text does: whoever runs such texts (sed, awk) finds the same things in them. */
export function sayDeeds(deeds: readonly Deed[], at: Argument, report: Report): void {
  for (const { kind, says, file } of deeds)
    switch (kind) {
      case "unclear":
        report.finding("program-text", "unclear", says, at.span);
        break;
      case "runs":
        report.finding("program-text", "option", says, at.span);
        report.effect({ kind: "runs", says, span: at.span });
        break;
      case "writes":
        report.finding("program-text", "option", says, at.span);
        report.effect({ kind: "writes", path: file === undefined ? null : report.path(literal(file)), span: at.span });
        break;
      case "reads":
        report.effect({ kind: "reads", path: report.path(literal(file ?? "")), what: "content", deep: false, span: at.span });
    }
}

/** What a number may look like in a text: one, none, a negative one, several lines of them. */
const numbers = ["1", "", "-2", "3\n4"];

function withNumbers(form: string): readonly string[] | null {
  const parts = form.split("\0");
  if (parts.length > 3) return null;
  return parts.slice(1).reduce<readonly string[]>((made, part) => made.flatMap((text) => numbers.map((number) => text + number + part)), [parts[0] ?? ""]);
}

/** All texts that a word may be, with samples for numbers that aren't known; null: not known. */
export function textsOf(value: Value): readonly string[] | null {
  const form = value.kind === "unknown" && !value.splits ? formOf(value) : null;
  if (form !== null) return withNumbers(form);
  if (value.kind !== "any-of") return value.kind === "literal" ? [value.text] : null;
  const all = value.values.map(textsOf);
  return all.includes(null) ? null : all.flatMap((each) => each ?? []);
}

function scriptOf(line: Line): { readonly pieces: readonly Argument[]; readonly files: readonly Argument[] } {
  const given = line.options.flatMap(({ name, value }) => ((name === "-e" || name === "--expression") && value !== null ? [value] : []));
  return given.length > 0 ? { pieces: given, files: line.operands } : { pieces: line.operands.slice(0, 1), files: line.operands.slice(1) };
}

/** A number may be the delimiter of an expression, except where it can only be an address. */
const isAddressed = ({ value }: Argument): boolean =>
  value.kind !== "unknown" || /^(?:(?:(?:[\d\0]+|\$)(?:,\+?(?:[\d\0]+|\$))?)?!?[pdq=](?:;|$))+$/.test(formOf(value) ?? "");

function look(line: Line, report: Report): void {
  if (line.options.some(({ name }) => /^(?:--help|--version|-f|--file)$/.test(name))) {
    for (const file of line.operands) report.word(file, "read");
    return;
  }
  const { pieces, files } = scriptOf(line);
  const [first] = pieces;
  if (first === undefined) return;
  const texts = pieces.map(({ value }) => textsOf(value));
  const [only] = texts;
  if (!pieces.every(isAddressed)) report.finding("program-text", "unclear", "the script of sed is known only when it runs", first.span);
  else if (texts.some((each) => each === null) || (texts.length > 1 && texts.some((each) => each?.length !== 1)))
    report.finding("program-text", "unclear", "the script of sed is known only when it runs", first.span);
  else if (pieces.some(({ value }) => value.kind === "unknown")) {
    // Nothing but addresses and commands that choose lines.
  } else if (texts.length === 1) for (const text of only ?? []) sayDeeds(readSedScript([text]), first, report);
  else sayDeeds(readSedScript(texts.map((each) => each?.[0] ?? "")), first, report);
  const changes = line.options.some(({ name }) => /^(?:-i|-I|--in-place)$/.test(name));
  for (const file of files) {
    report.word(file, "read");
    if (changes) report.effect({ kind: "writes", path: report.path(file.value), span: file.span });
  }
}

/** Lines are passed on as they are by scripts that only choose among them. */
function gives(line: Line): Output {
  const { pieces, files } = scriptOf(line);
  const quiet = line.options.every(({ name }) => /^(?:-n|--quiet|--silent|-e|--expression|-E|-r|--regexp-extended)$/.test(name));
  const text = pieces.length === 1 && pieces[0] !== undefined ? textOfValue(pieces[0].value) : null;
  return files.length === 0 && quiet && text !== null && /^(?:(?:\d+|\$)(?:,(?:\d+|\$))?|\/[\w. -]*\/)?!?[pdq]$/.test(text) ? "input" : "anything";
}

export const sed: readonly Program[] = [
  {
    names: "sed gsed",
    flags:
      "-n --quiet --silent --debug -E -r --regexp-extended --posix -b --binary -s --separate -u --unbuffered -z --null-data --sandbox --follow-symlinks --help --version",
    options: [
      ...taking("text", "-e --expression, --line-length"),
      ...refusedAttached("write", "changes the files", "-i --in-place"),
      ...refusedAttached("write", "changes the files on other systems", "-I"),
      ...refusedTaking("run", "takes the script from a file, which isn't read here", "-f --file"),
      ...refused("refuse", "takes a value on some systems only", "-l, -a"),
    ],
    gives,
    look,
  },
];
