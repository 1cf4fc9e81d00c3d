// What a command is: one file in commands/ that exports `run`.
import type { Arguments } from "./arguments.ts";
import type { ExitCode } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

export interface Command {
  run(given: Arguments, terminal: Terminal): Promise<ExitCode>;
}
