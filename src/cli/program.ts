// From the command line to an exit code.
import { version } from "../index.ts";
import { readArguments } from "./arguments.ts";
import type { Command } from "./command.ts";
import type { CommandName } from "./command-table.ts";
import * as prompt from "./commands/prompt.ts";
import type { ExitCode } from "./exit.ts";
import { type OutputFormat, reportBug, reportError } from "./report.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

/** Each command is imported when it is called; the usual one comes with this file, which saves the start a round of imports. */
const loaders: Readonly<Record<CommandName, () => Promise<Command>>> = {
  "": () => Promise.resolve(prompt),
  "sessions": () => import("./commands/sessions.ts"),
  "approvals": () => import("./commands/approvals.ts"),
  "audit": () => import("./commands/audit.ts"),
  "cost": () => import("./commands/cost.ts"),
  "cache": () => import("./commands/cache.ts"),
  "sql": () => import("./commands/sql.ts"),
  "why": () => import("./commands/why.ts"),
  "policy": () => import("./commands/policy.ts"),
  "models": () => import("./commands/models.ts"),
  "doctor": () => import("./commands/doctor.ts"),
  "explain": () => import("./commands/explain.ts"),
  "trust": () => import("./commands/trust.ts"),
  "tools": () => import("./commands/tools.ts"),
  "skills": () => import("./commands/skills.ts"),
  "eval": () => import("./commands/eval.ts"),
  "checks": () => import("./commands/checks.ts"),
  "plugins": () => import("./commands/plugins.ts"),
  "demo": () => import("./commands/demo.ts"),
  "model-server": () => import("./commands/model-server.ts"),
  "help": () => import("./commands/help.ts"),
};

/** Does not return: sockets and timers that are still open must not hold the process. */
export async function runProgram(given: readonly string[]): Promise<never> {
  const terminal = createTerminal();
  const code = await dispatch(given, terminal).catch((error: unknown) => reportBug(terminal, error, formatOf(given)));
  await terminal.flush();
  process.exit(code);
}

async function dispatch(given: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const read = readArguments(given);
  if (!read.ok) return reportError(terminal, read.error, formatOf(given));
  const { value } = read;
  if (value.options.version) {
    await terminal.out(`${version}\n`);
    return 0;
  }
  if (value.options.help) {
    const help = await loaders.help();
    return help.run({ command: "help", words: value.command === "" ? [] : [value.command], options: {} }, terminal);
  }
  const command = await loaders[value.command]();
  return command.run(value, terminal);
}

/** Which format was asked for on a command line that could not be read. */
function formatOf(given: readonly string[]): OutputFormat {
  const asked = /--output-format[= ](stream-json|json)\b/.exec(given.join(" "))?.[1];
  return asked === "json" || asked === "stream-json" ? asked : "text";
}
