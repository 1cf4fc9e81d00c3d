// The command line as data. util.parseArgs splits it; the table says what is allowed (docs/decisions/0003-arguments.md).
import { BosunError, type Outcome } from "../base/index.ts";
import { nearest } from "../tools/index.ts";
import { type CommandName, commandNames, isCommand } from "./command-table.ts";
import { type Option, type Options, optionsOf, optionTable } from "./option-table.ts";

export interface Arguments {
  /** "" when none is named. */
  readonly command: CommandName;
  /** What follows it: for "" the words of the prompt. */
  readonly words: readonly string[];
  readonly options: Options;
}

const table: Readonly<Record<string, Option>> = optionTable;

export function readArguments(given: readonly string[]): Outcome<Arguments> {
  const { parseArgs } = process.getBuiltinModule("node:util");
  const { tokens } = parseArgs({
    args: given.map((word, at) => (bareOptional.has(word) && !isValue(given[at + 1]) && !given.slice(0, at).includes("--") ? `${longOf(word)}=` : word)),
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(table).map(([name, { type, short }]) => [
        name,
        { type: type.kind === "flag" ? ("boolean" as const) : ("string" as const), ...(short === undefined ? {} : { short }) },
      ]),
    ),
  });
  // Before anything else: what follows an option that is not known may be its value, and no command.
  const strange = tokens.findIndex((token) => token.kind === "option" && table[token.name] === undefined);
  if (strange >= 0) return usage(strangeOption(tokens, strange));
  const words = tokens.flatMap((token) => (token.kind === "positional" ? [token.value] : []));
  const prints = tokens.some((token) => token.kind === "option" && token.name === "print");
  const command = prints ? "" : (words.shift() ?? "");
  if (command !== "" && !isCommand(command)) return usage(unknownCommand(command));
  const values: Record<string, unknown> = {};
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const problem = take(token, command, values);
    if (problem !== null) return usage(problem);
  }
  return { ok: true, value: { command, words, options: values as Options } };
}

/** Options that may stand without a value, as they are written. */
const bareOptional: ReadonlySet<string> = new Set(
  Object.entries(table).flatMap(([name, { type, short }]) => (type.kind === "text" && type.optional ? [`--${name}`, ...(short ? [`-${short}`] : [])] : [])),
);
const isValue = (word: string | undefined): boolean => word !== undefined && !/^-./.test(word);
const longOf = (word: string): string => (word.startsWith("--") ? word : `--${Object.entries(table).find(([, { short }]) => `-${short}` === word)?.[0]}`);

type GivenToken = ReturnType<typeof import("node:util")["parseArgs"]>["tokens"] extends infer All ? NonNullable<All> : never;

/** What came before an option that is not known tells whose it would be. */
function strangeOption(tokens: GivenToken, at: number): Problem {
  const token = tokens[at];
  if (token?.kind !== "option") throw new Error("no option");
  const first = tokens.slice(0, at).find(({ kind }) => kind === "positional");
  const word = first?.kind === "positional" ? first.value : "";
  const prints = tokens.some((one) => one.kind === "option" && one.name === "print");
  const command = !prints && isCommand(word) ? word : "";
  return unknownOption(
    token.rawName,
    token.name,
    command,
    optionsOf(command).map(([name]) => name),
  );
}

interface Token {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}
type Problem = readonly [says: string, next?: string];

/** Puts the value into `into`, or says what is wrong. */
function take({ name, rawName, value, inlineValue }: Token, command: string, into: Record<string, unknown>): Problem | null {
  const option = table[name];
  const known = optionsOf(command).map(([one]) => one);
  if (option === undefined || !known.includes(name)) return unknownOption(rawName, "", command, known);
  const { type } = option;
  if (type.kind === "flag") {
    if (value !== undefined) return [`${rawName} takes no value, but "${value}" was given.`];
    into[name] = true;
    return null;
  }
  if (type.kind === "text" && type.optional && (value === undefined || value === "")) {
    into[name] = "";
    return null;
  }
  const missing = value === undefined || (inlineValue !== true && /^-./.test(value) && !/^-\d/.test(value));
  if (missing) return [`${rawName} needs a value.`, `Write ${rawName} ${option.placeholder}; a value that begins with a dash as ${rawName}=VALUE.`];
  if (into[name] !== undefined && type.kind !== "list") return [`${rawName} is given twice.`];
  switch (type.kind) {
    case "text":
      into[name] = value;
      return value.trim() === "" ? [`${rawName} is empty.`] : null;
    case "list":
      into[name] = [...((into[name] as readonly string[] | undefined) ?? []), ...splitRules(value)];
      return null;
    case "choice":
      into[name] = value;
      return type.among.includes(value) ? null : [`${rawName} can't be "${value}".`, `Choose one of ${type.among.join(", ")}.`];
    case "number": {
      const number = Number(value);
      into[name] = number;
      const fits = value.trim() !== "" && Number.isFinite(number) && number >= type.least && (!type.whole || Number.isSafeInteger(number));
      return fits ? null : [`${rawName} can't be "${value}".`, `Give a ${type.whole ? "whole " : ""}number from ${type.least} up.`];
    }
  }
}

function unknownOption(rawName: string, name: string, command: string, known: readonly string[]): Problem {
  const where = command === "" ? "bosun" : `bosun ${command}`;
  const [near] = nearest(name, known, 1);
  const help = `\`${command === "" ? "bosun --help" : `bosun help ${command}`}\` lists all.`;
  return [`${where} has no option ${rawName}.`, near === undefined ? help : `Did you mean --${near}? ${help}`];
}

function unknownCommand(command: string): Problem {
  const [near] = nearest(command, commandNames, 1);
  const ask = `To ask for something: bosun -p ${JSON.stringify(command)}.`;
  return [`There is no command "${command}".`, near === undefined ? ask : `Did you mean \`bosun ${near}\`? ${ask}`];
}

/** Rules separated by commas or blanks; inside parentheses both belong to the rule. */
export function splitRules(text: string): readonly string[] {
  const rules: string[] = [];
  let depth = 0;
  let current = "";
  for (const character of text) {
    if (character === "(") depth += 1;
    if (character === ")") depth = Math.max(0, depth - 1);
    if (depth === 0 && /[\s,]/.test(character)) {
      rules.push(current);
      current = "";
    } else current += character;
  }
  return [...rules, current].filter((rule) => rule !== "");
}

const usage = ([says, next]: Problem): Outcome<never> => ({
  ok: false,
  error: new BosunError("usage", says, next === undefined ? {} : { next }),
});
