// docs/cli.md: the tables of commands, options and exit codes as a page.
import { type CommandEntry, commandTable } from "../../src/cli/command-table.ts";
import { exitTable } from "../../src/cli/exit.ts";
import { type Option, optionForm, optionTable } from "../../src/cli/option-table.ts";

export const path = "docs/cli.md";

const cell = (text: string): string => text.replaceAll("|", "\\|");

export function generate(): string {
  const commands = Object.values(commandTable as Readonly<Record<string, CommandEntry>>).map(
    ({ summary, usage }) => `| ${usage.map((form) => `\`bosun ${cell(form)}\``).join("<br>")} | ${cell(summary)} |`,
  );
  const options = Object.entries(optionTable as Readonly<Record<string, Option>>).map(([name, option]) => {
    const among = option.type.kind === "choice" ? ` One of ${option.type.among.map((one) => `\`${one}\``).join(", ")}.` : "";
    const of = option.of === undefined ? "all" : option.of.map((one) => (one === "" ? "bosun" : one)).join(", ");
    return `| \`${optionForm(name, option)}\` | ${of} | ${cell(option.says)}${among} |`;
  });
  const exits = Object.values(exitTable).map(({ code, says }) => `| ${code} | ${cell(says)} |`);
  return page(commands, options, exits);
}

const page = (commands: readonly string[], options: readonly string[], exits: readonly string[]): string => `# The command

Commands, options and exit codes are generated from src/cli by \`npm run docs\`; the text stands in scripts/docs/cli.ts.

| call | what it does |
|---|---|
${commands.join("\n")}

## Options

| option | of | meaning |
|---|---|---|
${options.join("\n")}

A value that begins with a dash is written with \`=\`; a prompt that begins with one after \`--\`. Options win over settings files
([settings.md](settings.md)).

## One prompt

\`\`\`sh
bosun -p "why does the test fail?"
npm test 2>&1 | bosun -p "explain this failure"
bosun -p "mend it" --allowed-tools "edit, bash(npm test *)" --max-turns 20 --max-budget-usd 0.50
bosun -p --resume s_01m8
\`\`\`

Text on stdin is added to the prompt. When there is a prompt and stdin is a pipe on which nothing comes for three seconds, it is
left aside and that is said; redirect stdin from \`/dev/null\` where nothing is to be read.

\`--resume\` and \`--continue\` without a prompt go on where the session stopped: at a call that waited for a decision, after an
interrupt, or after a crash. What may have happened before a crash is looked at, never silently done again.

| format | on stdout |
|---|---|
| \`text\` | the answer, nothing else |
| \`json\` | one object: \`{"type":"result","result","end","exitCode","session","model","turns","usage","cost","priced","milliseconds","denied"}\` |
| \`stream-json\` | each event as one line, as it comes ([events.schema.json](events.schema.json)); the last one is \`run-end\` |

Errors are said on stderr as \`bosun: what happened, what to do next\`. With \`json\` and \`stream-json\` an error that keeps the run from
beginning is also an object on stdout: \`{"type":"error","code","message"}\`, the codes are those of [errors.md](errors.md) and
\`internal\`. Secrets that are known by their form are taken out of everything that goes to stdout; the journal keeps the text as it was.

On a terminal a status line on stderr says what runs, for how long, tokens and money; in a pipe there is none. \`NO_COLOR\` and
\`TERM=dumb\` are respected. Control characters in what a model or a tool said never reach the terminal.

## Approvals

What rules and mode do not settle is asked, where stdin and stderr are a terminal: \`y\` allows this call, \`a\` allows by the rule that is
shown, for this session, \`n\` denies, and any other text denies and is told to the model. Where nobody can be asked, the run ends
awaiting (exit code 5): continue it on a terminal with \`bosun --resume ID\`, or permit the call by a rule. In mode \`unattended\` what
would be asked is denied, or ends the run awaiting, as \`permissions.onUnattendedAsk\` says.

Ctrl-C ends the run: calls that had not begun are cancelled, commands under way are stopped, the end is recorded. A second one
within two seconds ends the process at once. SIGTERM is like Ctrl-C.

## A conversation

\`bosun\` on a terminal. What is typed while a run works is queued for its next turn. \`/help\`, \`/model\`, \`/cost\`, \`/clear\`, \`/exit\`;
Ctrl-D leaves.

## Exit codes

| code | meaning |
|---|---|
${exits.join("\n")}
`;
