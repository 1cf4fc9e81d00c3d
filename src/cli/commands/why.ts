// `bosun why CALL`: the whole story of one call.
import { type Json, type Outcome, redactJson, systemClock } from "../../base/index.ts";
import { nodeDisk } from "../../exec/index.ts";
import { findPlace, type Place, version } from "../../index.ts";
import { createFileStore, findSession, projectSlug, readCallStory, type SessionIndex } from "../../session/index.ts";
import type { Arguments } from "../arguments.ts";
import { usage, withIndex } from "../audit-index.ts";
import { callInWords } from "../call-in-words.ts";
import { type ExitCode, exitTable } from "../exit.ts";
import type { Options } from "../option-table.ts";
import { reportError } from "../report.ts";
import type { Terminal } from "../terminal.ts";
import { visible } from "../text.ts";

export async function run({ words, options }: Arguments, terminal: Terminal): Promise<ExitCode> {
  const place = findPlace(options.cwd === undefined ? {} : { cwd: options.cwd }, terminal.environment);
  if (!place.ok) return reportError(terminal, place.error);
  const [name, ...more] = words;
  if (name === undefined || name === "" || more.length > 0)
    return reportError(
      terminal,
      usage("why takes the name of one call.", "`bosun audit` and `bosun sessions show ID` list calls; the beginning of a name is enough."),
    );
  const found = await find(place.value, name, options, terminal);
  if (!found.ok) return reportError(terminal, found.error);
  const { project, session, step } = found.value;
  const store = createFileStore({ disk: nodeDisk, clock: systemClock, folder: `${place.value.home}/projects/${project}`, version });
  const story = await readCallStory(store, session, step);
  if (!story.ok) return reportError(terminal, story.error);
  if (options.json === true) await terminal.outJson(redactJson(story.value as unknown as Json));
  else await terminal.out(callInWords(story.value));
  return exitTable.answered.code;
}

interface Found {
  readonly project: string;
  readonly session: Parameters<typeof readCallStory>[1];
  readonly step: string;
  readonly call: string;
  readonly tool: string;
  readonly at: string;
}

/** By the whole name of call or step, else by its beginning; in one session, this project, or all. */
async function find(place: Place, name: string, options: Options, terminal: Terminal): Promise<Outcome<Found>> {
  let where = { sql: "project = ?", values: [projectSlug(place.root)] };
  if (options.all === true) where = { sql: "1", values: [] };
  if (options.session !== undefined) {
    const one = await findSession(place.home, options.session, place.sessionsFolder);
    if (!one.ok) return one;
    where = { sql: "project = ? AND session = ?", values: [one.value.project, one.value.session] };
  }
  const exact = "(call = ?1 OR step = ?1)";
  const beginning = "(substr(call, 1, length(?1)) = ?1 OR substr(step, 1, length(?1)) = ?1)";
  return withIndex<Found>(place.home, terminal, false, async (index) => {
    for (const match of [exact, beginning]) {
      const rows = await query(index, `${match} AND ${numbered(where.sql)}`, [name, ...where.values]);
      if (!rows.ok) return rows;
      const [first, ...others] = rows.value;
      if (first !== undefined && others.length === 0) return { ok: true, value: first };
      if (first !== undefined) return several(name, [first, ...others]);
    }
    const next = options.all === true ? "`bosun audit --all` lists calls." : "`bosun audit` lists the calls of this project; --all looks in all projects.";
    return { ok: false, error: usage(`There is no call "${visible(name)}".`, next) };
  });
}

/** Its parameters come after the first one. */
function numbered(sql: string): string {
  let number = 1;
  return sql.replaceAll("?", () => `?${++number}`);
}

const most = 6;
async function query(index: SessionIndex, condition: string, values: readonly string[]): Promise<Outcome<readonly Found[]>> {
  const sql = `SELECT project, session, step, call, tool, at FROM calls WHERE ${condition} ORDER BY ts DESC LIMIT ${most}`;
  return (await index.query(sql, values)) as Outcome<readonly Found[]>;
}

function several(name: string, rows: readonly Found[]): Outcome<never> {
  const named = rows.slice(0, most - 1).map(({ session, step, tool, at }) => `${step} (${tool}, ${at.slice(0, 16).replace("T", " ")}, session ${session})`);
  const next = "Name the step, or give --session ID.";
  return { ok: false, error: usage(visible(`"${name}" fits several calls: ${named.join(", ")}${rows.length >= most ? " and more" : ""}.`), next) };
}
