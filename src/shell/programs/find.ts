// GNU find 4.9, and what find of BSD and macOS and of busybox understand otherwise. Every word of its expression is placed here, or it is a finding.
import type { Below } from "../effect.ts";
import { type Argument, literal, mayBeOption, prefixOf, textOfValue, type Value } from "../value.ts";
import { lossOf } from "./catastrophic.ts";
import { orHere } from "./option-rows.ts";
import type { Line, Output, Program, Report } from "./program.ts";
import { endingsOf } from "./search.ts";

const set = (names: string): ReadonlySet<string> => new Set(names.split(" "));

/** Before the folders: how links are followed. -D takes a word, -O has its number attached. */
const leading = set("-H -L -P -E -X -d -s -x -O0 -O1 -O2 -O3");
const plain = set(
  "! -not -a -and -o -or , ( ) -empty -true -false -nouser -nogroup -readable -writable -executable -daystart -depth -d -mount -xdev -x -noleaf -ignore_readdir_race -noignore_readdir_race -nowarn -warn -prune -print -print0 -ls -quit -nohidden -H -L -P -follow -help --help -version --version",
);
const withText = set(
  "-name -iname -path -ipath -wholename -iwholename -regex -iregex -lname -ilname -type -xtype -size -mtime -atime -ctime -Btime -mmin -amin -cmin -Bmin -used -perm -links -inum -user -group -uid -gid -maxdepth -mindepth -fstype -regextype -printf -context -flags -newermt -newerat -newerct -newerBt",
);
const withFile = set(
  "-newer -anewer -cnewer -Bnewer -mnewer -samefile -newermm -newerma -newermc -newermB -neweram -neweraa -newerac -neweraB -newercm -newerca -newercc -newercB -newerBm -newerBa -newerBc -newerBB",
);
const writing: Readonly<Record<string, number>> = { "-fprint": 1, "-fprint0": 1, "-fls": 1, "-fprintf": 2 };
const running = set("-exec -execdir -ok -okdir");

interface Expression {
  readonly starts: readonly Argument[];
  readonly words: readonly Argument[];
  readonly follows: boolean;
  /** What it would be to delete all that it looks at; null: nothing that is known. */
  readonly loss: string | null;
}

/** The words before the expression are options and folders: GNU find, "the first argument that begins with - or is ( or !". */
function split(line: Line, report: Report): Expression {
  const { words } = line;
  let index = 0;
  // -H follows the links among the folders that are named: what it is told of them is of what they lead to.
  let follows = false;
  for (; index < words.length; index++) {
    const text = textOfValue((words[index] as Argument).value);
    if (text === "-D") {
      index += 1;
      continue;
    }
    if (text === "-f") {
      report.finding("refused-option", "option", "-f names a folder on some systems only", (words[index] as Argument).span);
      continue;
    }
    if (text === null || !leading.has(text)) break;
    if (text === "-L" || text === "-H") follows = true;
  }
  if (textOfValue(words[index]?.value ?? literal("")) === "--") index += 1;
  const starts: Argument[] = [];
  for (; index < words.length; index++) {
    const word = words[index] as Argument;
    const text = textOfValue(word.value);
    if (text !== null ? /^-.|^[!(),]$/.test(text) : prefixOf(word.value).startsWith("-")) break;
    // Of a pattern the disk says that no match begins with a dash; a file called "!" or "(" makes find complain.
    if (text === null && mayBeOption(word.value) && word.value.kind !== "glob")
      report.finding("variable-command", "unclear", "it may become a part of what find does", word.span);
    starts.push(word);
  }
  const loss = orHere(starts, line)
    .map(({ value }) => lossOf(value, line.folders, line.home))
    .find((each) => each !== null);
  return {
    starts,
    words: words.slice(index),
    loss: loss ?? null,
    follows: follows || words.slice(index).some(({ value }) => /^-(?:follow|L)$/.test(textOfValue(value) ?? "")),
  };
}

/** What each name begins with that it finds: the folders it was given, as they were written. */
function beginning(starts: readonly Argument[]): string {
  const [first] = starts;
  if (first === undefined) return "./";
  const prefixes = starts.map(({ value }) => prefixOf(value));
  return prefixes.length === 1 ? (prefixes[0] as string) : prefixes.every((each) => !each.startsWith("-") && each !== "") ? common(prefixes) : "";
}

function common(texts: readonly string[]): string {
  const [first = ""] = texts;
  let end = 0;
  while (end < first.length && texts.every((each) => each[end] === first[end])) end += 1;
  return first.slice(0, end);
}

/** What all names end with at this place: each part of the expression between "-o" that may lead there has its -name before it. */
function endingsAt(words: readonly (string | null)[], at: number, alone = false): readonly string[] | null {
  const all: string[] = [];
  let part: readonly string[] | null = null;
  for (let index = 0; index <= at; index++) {
    const word = words[index];
    if (word === null || word === "," || word === undefined) return null;
    if (word === "!" || word === "-not") {
      // What must not be says nothing of how a name ends; what stands in parentheses may.
      const next = words[index + 1];
      if (index + 1 >= at || !(plain.has(next ?? "(") || withText.has(next ?? "") || withFile.has(next ?? "")) || /^(?:[(!]|-not)$/.test(next ?? "("))
        return null;
      index += plain.has(next ?? "") ? 1 : 2;
      continue;
    }
    // Without parentheses an action belongs to the part that it stands in, and to no other.
    if (alone && index < at && (word === "-o" || word === "-or")) part = null;
    else if (index === at || word === "-o" || word === "-or") {
      if (part === null) return null;
      all.push(...part);
      part = null;
    } else if (withText.has(word)) {
      if (word === "-name") part ??= endingsOf(words[index + 1] ?? "");
      index += 1;
    } else if (withFile.has(word)) index += 1;
    else if (running.has(word)) while (index < at && words[index] !== ";" && !(words[index] === "+" && words[index - 1] === "{}")) index += 1;
  }
  return all;
}

/** Whether all that comes to this place is a plain file: "-type f" stands before it, without "-o" beside it. */
function plainAt(words: readonly (string | null)[], at: number): boolean {
  let depth = 0;
  let found = false;
  for (let index = 0; index < words.length; index++) {
    const word = words[index];
    if (word === null || word === undefined || /^(?:-H|-L|-follow|,)$/.test(word)) return false;
    if (word === "(") depth += 1;
    else if (word === ")") depth -= 1;
    else if (depth === 0 && (word === "-o" || word === "-or")) return false;
    else if (withText.has(word)) {
      if (word === "-type" && depth === 0 && index < at && words[index + 1] === "f" && !/^(?:!|-not)$/.test(words[index - 1] ?? "")) found = true;
      index += 1;
    } else if (withFile.has(word)) index += 1;
    else if (running.has(word)) while (index < words.length && words[index] !== ";" && !(words[index] === "+" && words[index - 1] === "{}")) index += 1;
  }
  return found;
}

/** Reads the expression. Returns whether each line of the output is a name. */
function read({ starts, words, loss, follows }: Expression, report: Report): boolean {
  const texts = words.map(({ value }) => textOfValue(value));
  let namesAlone = true;
  let index = 0;
  const value = (role: "text" | "names", of: string): void => {
    const word = words[index];
    index += 1;
    if (word === undefined) return;
    if (textOfValue(word.value) === null && (word.value.kind === "glob" || (word.value.kind === "unknown" && word.value.splits)))
      report.finding(
        word.value.kind === "glob" ? "glob-option" : "variable-command",
        "unclear",
        `${of} may get several words, and the next is read as a part of what find does`,
        word.span,
      );
    report.word(word, role, { of, option: true });
  };
  while (index < words.length) {
    const word = words[index] as Argument;
    const text = texts[index];
    index += 1;
    if (text === null || text === undefined)
      report.finding("variable-command", "unclear", "which part of what find does it is is known only when it runs", word.span);
    else if (plain.has(text)) {
      if (/^--?(?:ls|print0|version|help)$/.test(text) && text !== "-print0") namesAlone = false;
    } else if (withText.has(text)) {
      if (text === "-printf" && !/^%p(?:\\n|\\0)$/.test(texts[index] ?? "")) namesAlone = false;
      value("text", text);
    } else if (withFile.has(text)) value("names", text);
    else if (Object.hasOwn(writing, text)) {
      const file = words[index];
      index += writing[text] ?? 1;
      report.finding("write-option", "option", `${text} writes to a file`, { start: word.span.start, end: file?.span.end ?? word.span.end });
      report.effect({ kind: "writes", path: file === undefined ? null : report.path(file.value), span: file?.span ?? word.span });
    } else if (text === "-delete") deleted(starts, loss, word, report);
    else if (text === "-files0-from") {
      report.finding("list-option", "option", "-files0-from reads further names from a file", word.span);
      index += 1;
    } else if (running.has(text)) {
      namesAlone = false;
      index = run(
        text,
        words,
        index,
        { prefix: beginning(starts), endings: endingsAt(texts, index - 1), plain: !follows && plainAt(texts, index - 1) },
        loss,
        report,
      );
    } else report.finding("unknown-option", "option", `"${text.slice(0, 40)}" is no part of an expression of find that is known`, word.span);
  }
  return namesAlone;
}

function deleted(starts: readonly Argument[], loss: string | null, word: Argument, report: Report): void {
  if (loss !== null) report.finding("catastrophic", "never", `it deletes ${loss}`, word.span);
  report.finding("mutation", "option", "-delete deletes what is found", word.span);
  for (const start of starts) report.effect({ kind: "writes", path: report.path(start.value), span: start.span });
  if (starts.length === 0) report.effect({ kind: "writes", path: report.path(literal(".")), span: word.span });
}

interface Names {
  readonly prefix: string;
  readonly endings: readonly string[] | null;
  readonly plain: boolean;
}

/** "-exec command {} ;" and "-exec command {} +": the command is judged with names in the place of {}. Returns where the expression goes on. */
function run(option: string, words: readonly Argument[], from: number, names: Names, loss: string | null, report: Report): number {
  let end = from;
  const texts = words.map(({ value }) => textOfValue(value));
  while (end < words.length && texts[end] !== ";" && !(texts[end] === "+" && texts[end - 1] === "{}")) end += 1;
  const inner = words.slice(from, end);
  const span = { start: (words[from - 1] as Argument).span.start, end: (words[Math.min(end, words.length - 1)] as Argument).span.end };
  if (option !== "-exec") {
    const says = option === "-execdir" ? "runs a command in the folder of what is found" : "asks before it runs a command";
    report.finding("exec-option", "option", `${option} ${says}`, span);
  }
  if (end >= words.length || inner.length === 0) {
    report.finding("exec-option", "unclear", `where the command of ${option} ends isn't clear`, span);
    return words.length;
  }
  if (texts[from] === null || texts[from]?.includes("{}")) {
    report.finding("variable-command", "unclear", `which command ${option} runs is known only when it runs`, span);
    return end + 1;
  }
  if (loss !== null && /^(?:rm|rmdir|shred|unlink)$/.test(texts[from] ?? "")) report.finding("catastrophic", "never", `it deletes ${loss}`, span);
  const several = texts[end] === "+" ? 2 : 1;
  report.command(
    inner.flatMap((word) => Array.from({ length: texts[words.indexOf(word)] === "{}" ? several : 1 }, () => filled(word, names))),
    false,
    option === "-execdir" || option === "-okdir" ? null : undefined,
  );
  return end + 1;
}

function filled(word: Argument, { prefix, endings, plain: files }: Names): Argument {
  const text = textOfValue(word.value);
  const at = text?.indexOf("{}") ?? -1;
  if (text === null || at < 0) return word;
  const alone = text === "{}";
  const value: Value = {
    kind: "unknown",
    prefix: at === 0 ? prefix : text.slice(0, at),
    splits: false,
    holds: alone ? "names" : "anything",
    ...(alone && endings !== null ? { endings } : {}),
    ...(alone && files ? { plain: true } : {}),
  };
  return { value, span: word.span };
}

const asking = /^--?(?:help|version)$/;

function look(line: Line, report: Report): void {
  const expression = split(line, report);
  const texts = expression.words.map(({ value }) => textOfValue(value));
  if (!(line.words.length === 1 && asking.test(texts[0] ?? ""))) {
    const below: Below = expression.follows ? { links: true } : {};
    for (const start of orHere(expression.starts, line)) report.word(start, "names-deep", { below });
  }
  read(expression, report);
}

const silent: Report = {
  finding: () => {},
  effect: () => {},
  path: (value) => ({ value, folders: null }),
  word: () => {},
  command: () => {},
  script: () => {},
};

function gives(line: Line): Output {
  const expression = split(line, silent);
  if (!read(expression, silent)) return "anything";
  const texts = expression.words.map(({ value }) => textOfValue(value));
  const prints = texts.flatMap((text, index) => (/^-print[0f]?$/.test(text ?? "") ? [index] : []));
  const endings =
    prints.length > 1 ? null : prints[0] === undefined ? endingsAt([...texts, "-print"], texts.length) : endingsAt(texts, prints[0], !texts.includes("("));
  const files = !expression.follows && plainAt(texts, prints[0] ?? texts.length);
  return { kind: "names", prefix: beginning(expression.starts), ...(endings === null ? {} : { endings }), ...(files ? { plain: true } : {}) };
}

export const find: readonly Program[] = [{ names: "find", style: "none", gives, look }];
