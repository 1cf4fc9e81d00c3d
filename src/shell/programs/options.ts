// Splits a command's words by the table of its program, and says what they do.
//
// Owns: how options are read, and which check answers for what is found. Calls: the tables, and the walk through `Judging`.
// Invariants
//  O1  A word that may be an option and is not known for certain is a finding, unless no option of the program does harm; of a pattern that is read
//      the disk says whether a match begins with a dash.
//  O2  An option that no table lists is a finding: it is never guessed what it does.
//  O3  Every operand and every value of an option goes through its role.
import type { Below, Effect, FindingKind, PathMention } from "../effect.ts";
import type { TextSpan } from "../reading.ts";
import { type Argument, literal, mayBeOption, prefixOf, textOfValue, type Value } from "../value.ts";
import { tell } from "./deeds.ts";
import { foldersAfter } from "./option-rows.ts";
import type { CheckName, Line, OptionRow, Output, Program, Report, Role } from "./program.ts";
import { isKnownPath, isNumber, mayBecomeWords, withoutPrefix } from "./word-values.ts";

/** One call of a program. */
export interface Call {
  readonly name: string;
  readonly words: readonly Argument[];
  readonly folders: readonly string[] | null;
  readonly home?: string;
  readonly input: Line["input"];
  /** What comes in by the pipe. */
  readonly pipe: Output;
  /** It is ended after a while by what runs it. */
  readonly bounded?: true;
  readonly span: TextSpan;
}

/** What the walk does with what is found. */
export interface Judging {
  finding(check: CheckName, kind: FindingKind, says: string, span: TextSpan): void;
  effect(effect: Effect): void;
  command(words: readonly Argument[], more: boolean, of: Call): Output;
  script(text: string, span: TextSpan, of: Call): void;
}

interface Table {
  readonly rows: ReadonlyMap<string, OptionRow>;
  readonly long: readonly string[];
  readonly commands: ReadonlyMap<string, Program>;
  /** No option of it runs, writes or sends: a word more, if it were an option, would make it read otherwise, or wait. */
  readonly mild: boolean;
  /** None of its options does more than change what it prints. */
  readonly inert: boolean;
  readonly harmless: ReadonlySet<string>;
}

const tables = new WeakMap<Program, Table>();
const namesIn = (text: string | undefined): readonly string[] => text?.split(" ").filter((name) => name !== "") ?? [];
const hurts = new Set<Role | undefined>(["write", "run", "network", "refuse"]);
/** Of its options a file's name may become any: those that are refused for what they read, or for waiting, do no more than that. */
const isMild = ({ does, value }: OptionRow): boolean => (does === undefined ? !hurts.has(value) : does.kind === "hangs" || does.kind === "refuse");

const isInert = ({ does, value }: OptionRow): boolean => does === undefined && (value === undefined || value === "text" || value === "number");

function tableOf(program: Program): Table {
  const known = tables.get(program);
  if (known !== undefined) return known;
  const rows = new Map<string, OptionRow>();
  for (const name of namesIn(program.flags)) rows.set(name, { names: name });
  for (const row of program.options ?? []) for (const name of namesIn(row.names)) rows.set(name, row);
  const commands = new Map((program.commands ?? []).flatMap((each) => namesIn(each.names).map((name) => [name, each] as const)));
  const made = {
    rows,
    commands,
    long: [...rows.keys()].filter((name) => name.startsWith("--")),
    mild: [...rows.values()].every(isMild) && program.does === undefined && commands.size === 0,
    inert: [...rows.values()].every(isInert) && program.does === undefined && commands.size === 0,
    harmless: new Set(program.harmless ?? []),
  };
  tables.set(program, made);
  return made;
}

interface Found {
  readonly name: string;
  readonly value: Argument | null;
  readonly span: TextSpan;
}

interface Reader {
  readonly program: Program;
  readonly table: Table;
  readonly call: Call;
  readonly judging: Judging;
  readonly options: Found[];
  readonly operands: Argument[];
  /** Patterns among the operands of which a match may be an option. */
  readonly doubted: Argument[];
  /** `does` speaks for the whole: what is not listed is no finding of its own. */
  readonly spoken: boolean;
}

/** Judges a call by its program's table. Returns what its output is. */
export function readByTable(program: Program, written: Call, judging: Judging): Output {
  const table = tableOf(program);
  const call = program.rewrite === undefined ? written : { ...written, words: program.rewrite(written.words) };
  const texts = call.words.map((word) => textOfValue(word.value));
  if (!texts.includes(null) && table.harmless.has(texts.join(" "))) return "anything";
  const command = subCommand(program, table, call, judging);
  if (command !== null) return readByTable(command.program, command.call, judging);
  const spoken = program.does !== undefined;
  if (program.does !== undefined) tell(program.does, call.span, judging);
  const read = new Set<Value>();
  const noting: Judging = {
    ...judging,
    effect: (effect) => {
      if (effect.kind === "reads") read.add(effect.path.value);
      judging.effect(effect);
    },
  };
  const reader: Reader = { program, table, call, judging: noting, options: [], operands: [], doubted: [], spoken };
  const style = program.style ?? "gnu";
  if (style === "none") reader.operands.push(...call.words);
  else if (style === "words") readWords(reader);
  else readOptions(reader, style === "posix");
  readOperands(reader);
  const line: Line = {
    program: call.name,
    words: call.words,
    options: reader.options,
    operands: reader.operands,
    folders: call.folders,
    input: call.input,
    pipe: call.pipe,
    ...(call.home === undefined ? {} : { home: call.home }),
    span: call.span,
  };
  program.look?.(line, reportOf(reader));
  for (const word of reader.doubted) if (!isQuiet(reader, word, read)) sayDoubt(reader, word);
  const gives = typeof program.gives === "function" ? program.gives(line) : (program.gives ?? "anything");
  if (gives !== "input") return gives;
  return call.input === "pipe" && !reader.operands.some((operand, index) => readsAt(program, index) && textOfValue(operand.value) !== "-")
    ? call.pipe
    : "anything";
}

/** A pattern that is read, or no more than text, wherever its matches stand: they are looked at on the disk. */
function isQuiet({ program, operands, call }: Reader, word: Argument, read: ReadonlySet<Value>): boolean {
  // Of git's operands a name with a colon would be a file of a revision.
  if (program.most !== undefined || call.name.startsWith("git ")) return false;
  const roles = (program.operands ?? ["text" as const]).slice(operands.indexOf(word));
  return !roles.some((role) => hurts.has(role)) && (read.has(word.value) || program.look === undefined);
}

const roleAt = (program: Program, index: number): Role | undefined => {
  const roles = program.operands ?? ["text" as const];
  return roles[Math.min(index, roles.length - 1)];
};
const readsAt = (program: Program, index: number): boolean => roleAt(program, index)?.startsWith("read") ?? false;

function reportOf(reader: Reader): Report {
  const { call, judging } = reader;
  return {
    finding: (check, kind, says, span) => {
      if (check !== "hang" || call.bounded !== true) judging.finding(check, kind, says, span);
    },
    effect: judging.effect,
    path: (value) => mention(value, call),
    word: (argument, role, { of = call.name, option = false, below } = {}) => play(reader, role, argument, null, of, option, below),
    command: (words, more, folders, { bounded, input } = {}) => {
      const { bounded: _, ...inner } = call;
      const how = { ...(folders === undefined ? {} : { folders }), ...(bounded === undefined ? {} : { bounded }), ...(input === undefined ? {} : { input }) };
      judging.command(words, more, { ...inner, ...how });
    },
    script: (text, span) => judging.script(text, span, call),
  };
}

const mention = (value: Value, call: Call): PathMention => ({ value, folders: call.folders });

/** The sub-command that the words name, with the words after it; null: the program's own table goes on. */
function subCommand(program: Program, table: Table, call: Call, judging: Judging): { readonly program: Program; readonly call: Call } | null {
  if (table.commands.size === 0) return null;
  const before: Reader = { program, table, call: call, judging: silent, options: [], operands: [], doubted: [], spoken: true };
  const at = readOptions(before, true);
  const word = call.words[at];
  if (word === undefined) return null;
  const text = textOfValue(word.value);
  const own = program.operands !== undefined;
  const found = text === null ? undefined : table.commands.get(text);
  if (found === undefined) {
    if (text === null) judging.finding("variable-command", "unclear", `which sub-command of ${call.name} runs is known only then`, word.span);
    else if (!own) {
      judging.finding("unknown-program", "effect", `"${call.name} ${short(text)}" is not a command that is known`, word.span);
      judging.effect({ kind: "unknown", says: `${call.name} ${text}`, span: call.span });
    }
    return null;
  }
  // Said once, for good: the options before the sub-command.
  readOptions({ ...before, judging, options: [], operands: [], call: { ...call, words: call.words.slice(0, at) }, spoken: false }, true);
  if (program.look !== undefined) {
    const line = { program: call.name, words: call.words.slice(0, at), options: before.options, operands: [], folders: call.folders, input: call.input };
    program.look({ ...line, span: call.span }, reportOf({ ...before, judging }));
  }
  const folders = program.folder === undefined ? call.folders : foldersAfter({ folders: call.folders, options: before.options }, program.folder);
  return { program: found, call: { ...call, folders, name: `${call.name} ${text}`, words: call.words.slice(at + 1) } };
}

const silent: Judging = { finding: () => {}, effect: () => {}, command: () => "anything", script: () => {} };

/** Reads options and operands. In "posix" style the first operand ends the options; returns how many words came before it. */
function readOptions(reader: Reader, posix: boolean): number {
  const { words } = reader.call;
  const commands = reader.table.commands.size > 0;
  let index = 0;
  while (index < words.length) {
    const word = words[index] as Argument;
    const text = textOfValue(word.value);
    if (text === "--") {
      reader.operands.push(...words.slice(index + 1));
      return index + (commands ? 1 : 0);
    }
    if (text === null ? !prefixOf(word.value).startsWith("-") : text === "-" || !text.startsWith("-")) {
      if (text === null && mayBeOption(word.value)) doubtOperand(reader, word);
      if (posix) {
        reader.operands.push(...words.slice(index));
        return index;
      }
      reader.operands.push(word);
      index += 1;
      continue;
    }
    index += 1 + readOption(reader, word, words[index + 1]);
  }
  return index;
}

function doubtOperand(reader: Reader, word: Argument): void {
  const quiet = reader.table.mild && !reader.call.name.startsWith("git ");
  if (word.value.kind !== "glob") doubtWord(reader, word);
  else if (!quiet) reader.doubted.push(word);
}

function doubtWord(reader: Reader, word: Argument): void {
  const { value } = word;
  if (reader.table.inert && reader.program.look === undefined) return;
  const names = value.kind === "glob" || (value.kind === "unknown" && value.holds === "names");
  if (names && reader.table.mild && !reader.call.name.startsWith("git ")) return;
  if (value.kind === "any-of" && value.values.every((each) => !mayBeOption(each))) return;
  sayDoubt(reader, word);
}

function sayDoubt(reader: Reader, { value, span }: Argument): void {
  const check = value.kind === "glob" ? "glob-option" : "variable-command";
  const says =
    value.kind === "glob" ? `a file name that begins with "-" would be an option of ${reader.call.name}` : `it may become an option of ${reader.call.name}`;
  reader.judging.finding(check, "unclear", says, span);
}

/** One word with options. Returns 1 when the word after it was used up as a value. */
function readOption(reader: Reader, word: Argument, next: Argument | undefined): 0 | 1 {
  const prefix = prefixOf(word.value);
  return prefix.startsWith("--") ? readLong(reader, word, prefix, next) : readBundle(reader, word, prefix, next);
}

function readLong(reader: Reader, word: Argument, prefix: string, next: Argument | undefined): 0 | 1 {
  const equals = prefix.indexOf("=");
  const name = equals < 0 ? prefix : prefix.slice(0, equals);
  if (equals < 0 && textOfValue(word.value) === null) {
    reader.judging.finding("variable-command", "unclear", `which option of ${reader.call.name} it is is known only when it runs`, word.span);
    return 0;
  }
  const row = reader.table.rows.get(name);
  if (row === undefined) {
    unlisted(reader, name, word);
    return 0;
  }
  if (equals >= 0) {
    const value = { value: withoutPrefix(word.value, equals + 1), span: word.span };
    if (row.value === undefined) unlisted(reader, `${name}=`, word);
    take(reader, name, row, value, word, false);
    return 0;
  }
  if (row.value === undefined || row.optional) {
    take(reader, name, row, null, word, false);
    return 0;
  }
  take(reader, name, row, next ?? null, word, false);
  return next === undefined ? 0 : 1;
}

/** `-abc`, `-n5`, `-n 5`, `-20`. */
function readBundle(reader: Reader, word: Argument, prefix: string, next: Argument | undefined): 0 | 1 {
  const whole = textOfValue(word.value) !== null;
  let at = 1;
  while (at < prefix.length) {
    const digits = reader.table.rows.has("-#") ? (/^\d+/.exec(prefix.slice(at))?.[0] ?? "") : "";
    const name = digits === "" ? `-${String.fromCodePoint(prefix.codePointAt(at) as number)}` : "-#";
    const row = reader.table.rows.get(name);
    const bundled = at > 1;
    if (row === undefined) {
      unlisted(reader, name, word);
      return 0;
    }
    at += digits === "" ? name.length - 1 : digits.length;
    if (row.value === undefined) {
      take(reader, name, row, null, word, bundled);
      continue;
    }
    if (at < prefix.length || !whole) {
      take(reader, name, row, { value: withoutPrefix(word.value, at), span: word.span }, word, bundled);
      return 0;
    }
    take(reader, name, row, row.optional ? null : (next ?? null), word, bundled);
    return row.optional || next === undefined ? 0 : 1;
  }
  if (!whole) reader.judging.finding("variable-command", "unclear", `which options of ${reader.call.name} they are is known only when it runs`, word.span);
  return 0;
}

/** `-name value`: every option a word of its own; operands where they come. */
function readWords(reader: Reader): void {
  const { words } = reader.call;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as Argument;
    const text = textOfValue(word.value);
    if (text === null && mayBeOption(word.value)) doubtOperand(reader, word);
    const prefix = text ?? prefixOf(word.value);
    const equals = prefix.indexOf("=");
    const whole = text === null ? undefined : reader.table.rows.get(text);
    const name = whole !== undefined || equals < 0 ? prefix : prefix.slice(0, equals);
    const row = whole ?? (equals < 0 ? undefined : reader.table.rows.get(name));
    if (row === undefined) {
      if (prefix.startsWith("-") && prefix !== "-") unlisted(reader, prefix, word);
      else reader.operands.push(word);
    } else if (whole === undefined) take(reader, name, row, { value: withoutPrefix(word.value, equals + 1), span: word.span }, word, false);
    else if (row.value === undefined || row.optional) take(reader, name, row, null, word, false);
    else {
      index += 1;
      take(reader, name, row, words[index] ?? null, word, false);
    }
  }
}

function unlisted(reader: Reader, name: string, word: Argument): void {
  const { call, table, judging } = reader;
  const harms = (each: string): boolean => table.rows.get(each)?.does !== undefined || hurts.has(table.rows.get(each)?.value);
  const longer = name.startsWith("--") && name.length > 2 ? table.long.filter((each) => each.startsWith(name) && each !== name) : [];
  // What the program does is said already; still no option that runs or writes hides behind a short form or a letter that is not listed.
  if (reader.spoken && !longer.some(harms)) {
    const letters = name.startsWith("--") ? "" : prefixOf(word.value).slice(2);
    if ([...letters].some((letter) => harms(`-${letter}`)))
      judging.finding("bundled-option", "option", `"${short(prefixOf(word.value))}" may hold an option that does more`, word.span);
    return;
  }
  if (longer.length > 0)
    judging.finding("abbreviated-option", "option", `"${short(name)}" is short for ${longer.slice(0, 3).join(" or ")}: it has to be written out`, word.span);
  else judging.finding("unknown-option", "option", `"${short(name)}" is no option of ${call.name} that is known`, word.span);
}

function take(reader: Reader, name: string, row: OptionRow, value: Argument | null, word: Argument, bundled: boolean): void {
  const span = value === null ? word.span : { start: Math.min(word.span.start, value.span.start), end: Math.max(word.span.end, value.span.end) };
  reader.options.push({ name, value, span });
  const { judging, call } = reader;
  const git = call.name === "git" || call.name.startsWith("git ");
  if (row.does?.kind === "hangs" && call.bounded === true) return;
  if (row.does !== undefined) {
    const usual = { run: "exec-option", write: "write-option", network: "network", hangs: "hang", refuse: git ? "git-option" : "refused-option" } as const;
    judging.finding(bundled ? "bundled-option" : usual[row.does.kind], "option", `${name} ${row.does.says}`, span);
    doEffect(row.does.kind, `${call.name} ${name}`, value, reader, span);
    return;
  }
  if (row.value === undefined) return;
  if (value === null) {
    if (!row.optional && !reader.spoken) judging.finding("unknown-option", "option", `${name} of ${call.name} lacks its value`, word.span);
    return;
  }
  if (mayBecomeWords(value.value, value.span === word.span)) doubtValue(reader, value);
  play(reader, row.value, value, bundled ? "bundled-option" : null, `${name} of ${call.name}`, true);
}

/** A value that is a word of its own and may become several, or none: then what follows is read otherwise. */
function doubtValue(reader: Reader, value: Argument): void {
  if (value.value.kind === "glob") reader.judging.finding("glob-option", "unclear", "a pattern as the value of an option may become several words", value.span);
  else doubtWord(reader, value);
}

function doEffect(kind: "run" | "write" | "network" | "hangs" | "refuse", says: string, value: Argument | null, reader: Reader, span: TextSpan): void {
  if (kind === "run") reader.judging.effect({ kind: "runs", says, span });
  else if (kind === "write") reader.judging.effect({ kind: "writes", path: value === null ? null : mention(value.value, reader.call), span });
  else if (kind === "network") reader.judging.effect({ kind: "network", host: null, span });
  else if (kind === "refuse") reader.judging.effect({ kind: "unknown", says, span });
}

function readOperands(reader: Reader): void {
  const { program, operands, call, judging } = reader;
  const most = program.operands?.length === 0 ? 0 : (program.most ?? Number.POSITIVE_INFINITY);
  operands.forEach((operand, index) => {
    const role = roleAt(program, index);
    if ((index >= most || role === undefined) && !reader.spoken)
      judging.finding("unknown-option", "option", `${call.name} takes ${most === 0 ? "no operands" : `at most ${most}`}, as far as is known`, operand.span);
    if (role !== undefined) play(reader, role, operand, null, call.name, false);
  });
  if (operands.length === 0 && program.without !== undefined)
    play(reader, program.without.role, { value: literal(program.without.text), span: call.span }, null, call.name, false);
}

/** What a word does in its role. */
function play(reader: Reader, role: Role, word: Argument, bundled: "bundled-option" | null, of: string, option: boolean, below?: Below): void {
  const { judging, call, spoken } = reader;
  const { value, span } = word;
  const path = mention(value, call);
  switch (role) {
    case "text":
      return;
    case "number":
      if (!isNumber(value) && !spoken) judging.finding("unknown-option", "option", `${of} takes a number`, span);
      return;
    case "read":
    case "read-deep":
    case "names":
    case "names-deep": {
      if (role.startsWith("read") && textOfValue(value) === "-") return;
      // A revision, the name of a branch: where only names are asked for, what git checks can't lead out.
      if (role.startsWith("names") && value.kind === "unknown" && (value.holds === "word" || value.holds === "number") && !leadsOut.test(value.prefix)) return;
      if (!isKnownPath(value)) judging.finding("unknown-path", "unclear", `which file ${of} reads is known only when it runs`, span);
      judging.effect({
        kind: "reads",
        path,
        what: role.startsWith("read") ? "content" : "names",
        deep: role.endsWith("deep"),
        ...(below === undefined ? {} : { below }),
        span,
      });
      return;
    }
    case "write":
      if (option || !spoken) judging.finding(bundled ?? "write-option", "option", `${of} writes to a file`, span);
      judging.effect({ kind: "writes", path, span });
      return;
    case "run":
      if (option || !spoken) judging.finding(bundled ?? "exec-option", "option", `${of} runs what it is given`, span);
      judging.effect({ kind: "runs", says: of, span });
      return;
    case "network":
      if (option || !spoken) judging.finding(bundled ?? "network", "option", `${of} reaches the network`, span);
      judging.effect({ kind: "network", host: null, span });
      return;
    case "list":
      if (option || !spoken) judging.finding(bundled ?? "list-option", "option", `${of} reads what stands in a file: further names, or options`, span);
      judging.effect({ kind: "reads", path, what: "content", deep: false, span });
      return;
    case "refuse":
      if (option || !spoken)
        judging.finding(bundled ?? (call.name.startsWith("git") ? "git-option" : "refused-option"), "option", `what ${of} does is not followed`, span);
      judging.effect({ kind: "unknown", says: of, span });
  }
}

const leadsOut = /^\/|^~|(?:^|\/)\.\.?(?:\/|$)/;

const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
