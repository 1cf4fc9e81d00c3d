// `bosun checks`: the numbered checks of shell commands, and what each of them sees.
import { BosunError } from "../../base/index.ts";
import { type Check, loadChecks } from "../../shell/index.ts";
import type { Arguments } from "../arguments.ts";
import { type ExitCode, exitTable } from "../exit.ts";
import { reportError } from "../report.ts";
import type { Terminal } from "../terminal.ts";
import { columns, visible } from "../text.ts";

export async function run({ words, options }: Arguments, terminal: Terminal): Promise<ExitCode> {
  const checks = await loadChecks();
  const [asked, ...more] = words;
  if (asked === undefined) {
    if (options.json === true) await terminal.outJson(checks);
    else await terminal.out(columns([["ID", "CLASS", "FAMILY", "TITLE"], ...checks.map((each) => [String(each.id), each.class, each.family, each.title])]));
    return exitTable.answered.code;
  }
  const check = checks.find(({ id, name }) => String(id) === asked || name === asked);
  if (check === undefined || more.length > 0) {
    const says = more.length > 0 ? "checks takes one number." : `There is no check "${asked}".`;
    return reportError(terminal, new BosunError("usage", says, { next: "`bosun checks` lists all." }));
  }
  if (options.json === true) await terminal.outJson(check);
  else await terminal.out(inWords(check));
  return exitTable.answered.code;
}

function inWords(check: Check): string {
  const examples = (title: string, texts: readonly string[]) => (texts.length === 0 ? [] : ["", `${title}:`, ...texts.map((text) => `  ${oneLined(text)}`)]);
  const lines = [
    `${check.id} ${check.name}: ${check.title}`,
    `class ${check.class}, family ${check.family}${check.stage === "disk" ? ", judged on the disk" : ""}`,
    "",
    `Sees ${check.sees}.`,
    `See ${check.reference}.`,
    ...examples("Stopped", check.fires),
    ...examples("Not stopped", check.passes),
  ];
  return `${lines.join("\n")}\n`;
}

/** Line feeds and what can't be seen, written out. */
const oneLined = (text: string): string => visible(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
