// `bosun explain`: what would become of a command, decided by whom and why, without running it.
import { BosunError } from "../../base/index.ts";
import { findPlace } from "../../index.ts";
import type { Arguments } from "../arguments.ts";
import { type ExitCode, exitTable } from "../exit.ts";
import { explainRows } from "../explain-rows.ts";
import { reportError } from "../report.ts";
import type { Terminal } from "../terminal.ts";

/** Exit code 2 when a row could not be read. */
export async function run({ words, options }: Arguments, terminal: Terminal): Promise<ExitCode> {
  const place = findPlace(options.cwd === undefined ? {} : { cwd: options.cwd }, terminal.environment);
  if (!place.ok) return reportError(terminal, place.error);
  if (options.jsonl === true) {
    if (words.length > 0) return reportError(terminal, usage("With --jsonl the commands stand on stdin.", 'Write rows such as {"id": 1, "command": "ls"}.'));
    return (await explainRows(place.value, terminal)) === 0 ? exitTable.answered.code : exitTable.usage.code;
  }
  const [command, ...more] = words;
  if (command === undefined || more.length > 0)
    return reportError(terminal, usage("explain takes one command, as one word.", "Quote it: bosun explain 'git log | head'."));
  const { explainCommand } = await import("../explain-command.ts");
  return explainCommand(command, place.value, options, terminal);
}

const usage = (says: string, next: string): BosunError => new BosunError("usage", says, { next });
