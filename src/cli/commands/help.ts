// `bosun help [COMMAND]`, `--help`: printed from the tables of options and commands.
import { BosunError } from "../../base/index.ts";
import type { Arguments } from "../arguments.ts";
import { type CommandEntry, commandNames, commandTable, isCommand } from "../command-table.ts";
import { type ExitCode, exitTable } from "../exit.ts";
import { type Option, optionForm, optionsOf } from "../option-table.ts";
import { reportError } from "../report.ts";
import type { Terminal } from "../terminal.ts";
import { columns } from "../text.ts";

export async function run({ words }: Arguments, terminal: Terminal): Promise<ExitCode> {
  const [name = ""] = words;
  if (name !== "" && !isCommand(name)) {
    return reportError(terminal, new BosunError("usage", `There is no command "${name}".`, { next: `The commands are ${commandNames.join(", ")}.` }));
  }
  await terminal.out(name === "" ? helpOfBosun() : helpOfCommand(name));
  return exitTable.answered.code;
}

export function helpOfBosun(): string {
  return [
    "bosun, a coding agent that keeps its books: what was asked, decided, done and spent.\n\n",
    usageOf(commandTable[""]),
    "\nCommands (`bosun help COMMAND` says more):\n",
    columns(commandNames.map((name) => [`  ${name}`, commandTable[name].summary])),
    "\nOptions:\n",
    optionLines(""),
    "\nA key in ANTHROPIC_API_KEY or OPENAI_API_KEY, or a local model server, is all it needs to begin; `bosun demo` needs neither.\n",
  ].join("");
}

function helpOfCommand(name: keyof typeof commandTable): string {
  const entry = commandTable[name];
  return `${entry.summary}\n\n${usageOf(entry)}\nOptions:\n${optionLines(name)}`;
}

const usageOf = ({ usage }: CommandEntry): string =>
  columns(
    usage.map((form, index) => [index === 0 ? "Usage:" : "", `bosun ${form}`]),
    1,
  );

const optionLines = (command: string): string => columns(optionsOf(command).map(([name, option]) => [`  ${indented(name, option)}`, saysOf(option)]));
const indented = (name: string, option: Option): string => (option.short === undefined ? `    ${optionForm(name, option)}` : optionForm(name, option));

export const saysOf = ({ type, says }: Option): string =>
  type.kind === "choice" && !type.among.every((one) => says.includes(one)) ? `${says} One of ${type.among.join(", ")}.` : says;
