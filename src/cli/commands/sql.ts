// `bosun sql`: one SELECT over the documented views. It can change nothing, and it is ended when it takes too long.

import type { Outcome } from "../../base/index.ts";
import { nodeMachine } from "../../exec/index.ts";
import { findPlace, type Place } from "../../index.ts";
import { answerStatement, auditViews, onlyAnswer, openReadOnly, problemOf, type SqlAnswer } from "../../session/index.ts";
import type { Arguments } from "../arguments.ts";
import { usage, withIndex } from "../audit-index.ts";
import { type ExitCode, exitTable } from "../exit.ts";
import type { Options } from "../option-table.ts";
import { reportError, warn } from "../report.ts";
import { printRows } from "../rows-output.ts";
import type { Terminal } from "../terminal.ts";
import { columns } from "../text.ts";

const usualLimit = 1000;
const usualSeconds = 30;
/** Milliseconds that a timer can hold; asked for longer than these 24 days, it is ended then. */
const longestTimer = 2_147_483_647;

export async function run({ words, options }: Arguments, terminal: Terminal): Promise<ExitCode> {
  const place = findPlace(options.cwd === undefined ? {} : { cwd: options.cwd }, terminal.environment);
  if (!place.ok) return reportError(terminal, place.error);
  const [sql, ...more] = words;
  if (options.json === true && options.csv === true) return reportError(terminal, usage("--json and --csv exclude each other.", "Give one of them."));
  if (more.length > 0)
    return reportError(terminal, usage("sql takes one statement, as one word.", `Quote it: bosun sql "select decider, count(*) from decisions group by 1".`));
  if (sql === undefined) return describe(options, terminal);
  const problem = problemOf(sql);
  if (problem !== null) {
    const names = auditViews.map(({ name }) => name).join(", ");
    return reportError(terminal, usage(`This can't be asked: ${problem}.`, `The views are ${names}; \`bosun sql\` lists their columns.`));
  }
  const { seconds = usualSeconds } = options;
  return seconds === 0 ? answer(place.value, sql, options, terminal) : answerInTime(place.value, sql, options, seconds, terminal);
}

async function describe(options: Options, terminal: Terminal): Promise<ExitCode> {
  const rows = auditViews.flatMap((view) => view.columns.map(({ name, type, says }) => ({ view: view.name, column: name, type, says })));
  if (options.json === true || options.csv === true) await printRows(terminal, ["view", "column", "type", "says"], rows, options);
  else {
    const parts = auditViews.map((view) => `${view.name}: ${view.says}\n${columns(view.columns.map(({ name, type, says }) => [`  ${name}`, type, says]))}`);
    await terminal.out(`${parts.join("\n")}\nAsk with: bosun sql "select decider, count(*) from decisions group by 1"\n`);
  }
  return exitTable.answered.code;
}

/** In this process, for as long as it takes. */
async function answer(place: Place, sql: string, options: Options, terminal: Terminal): Promise<ExitCode> {
  const { limit = usualLimit } = options;
  const answered = await ask(place, sql, limit, options.stale === true, terminal);
  if (!answered.ok) return reportError(terminal, answered.error);
  const { columns: names, rows, more } = answered.value;
  await printRows(
    terminal,
    names,
    rows.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at] ?? null]))),
    options,
  );
  if (rows.length === 0) warn(terminal, "No row fits.");
  if (more) warn(terminal, `Only the first ${limit} rows are shown; --limit N shows more.`);
  return exitTable.answered.code;
}

async function ask(place: Place, sql: string, limit: number, stale: boolean, terminal: Terminal): Promise<Outcome<SqlAnswer>> {
  return withIndex(place.home, terminal, stale, async (index) => {
    const file = openReadOnly(`${place.home}/index.db`);
    // an index in memory has no file: its own connection answers, and can do nothing else from then on
    if (!file.ok || index.inMemory) {
      if (file.ok) file.value.close();
      return index.answer(sql, limit);
    }
    try {
      onlyAnswer(file.value);
      return answerStatement(file.value, sql, limit);
    } finally {
      file.value.close();
    }
  });
}

/** SQLite cannot be interrupted from its own thread: the statement runs in a process that can be ended. */
async function answerInTime(place: Place, sql: string, options: Options, seconds: number, terminal: Terminal): Promise<ExitCode> {
  const form = options.json === true ? ["--json"] : options.csv === true ? ["--csv"] : [];
  const most = options.limit === undefined ? [] : [`--limit=${options.limit}`];
  const stale = options.stale === true ? ["--stale"] : [];
  const words = ["sql", ...form, ...most, ...stale, "--seconds=0", `--cwd=${place.cwd}`, "--", sql];
  const child = nodeMachine.start(process.execPath, [...process.execArgv, process.argv[1] ?? "", ...words], {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...terminal.environment, BOSUN_HOME: place.home },
  });
  let isLate = false;
  const timer = setTimeout(
    () => {
      isLate = true;
      child.kill("SIGKILL");
    },
    Math.min(seconds * 1000, longestTimer),
  );
  const code = await new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(null));
    child.once("exit", resolve);
  });
  clearTimeout(timer);
  if (isLate)
    return reportError(terminal, usage(`This took longer than ${seconds} seconds and was ended.`, "Narrow it with WHERE, or give it longer with --seconds N."));
  if (code === exitTable.answered.code || code === exitTable.usage.code || code === exitTable.session.code) return code;
  return code === null ? answer(place, sql, options, terminal) : exitTable.internal.code;
}
