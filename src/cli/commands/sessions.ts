// `bosun sessions`: what was done, from the journals and their index.
import { BosunError, type Outcome, systemClock } from "../../base/index.ts";
import { nodeDisk } from "../../exec/index.ts";
import { findPlace, type Place, version } from "../../index.ts";
import { formatLogLine, readSystemLog } from "../../observe/index.ts";
import {
  createFileStore,
  exportSession,
  type FoundSession,
  findSession,
  formatBooks,
  type IndexedSession,
  openIndex,
  readBooks,
  type SearchHit,
  type SessionIndex,
} from "../../session/index.ts";
import type { Arguments } from "../arguments.ts";
import { type ExitCode, exitTable } from "../exit.ts";
import type { Options } from "../option-table.ts";
import { reportError, warn } from "../report.ts";
import type { Terminal } from "../terminal.ts";
import { columns, oneLine } from "../text.ts";

const acts = { show, log, export: exportOne } as const;

export async function run({ words, options }: Arguments, terminal: Terminal): Promise<ExitCode> {
  const place = findPlace(options.cwd === undefined ? {} : { cwd: options.cwd }, terminal.environment);
  if (!place.ok) return reportError(terminal, place.error);
  const [act = "list", id, ...more] = words;
  if (act === "list" && id === undefined) return list(place.value, options, terminal);
  if (act === "gc" && id === undefined) return (await import("../collect.ts")).collect(place.value.home, options, terminal);
  if (act === "jobs" && more.length === 0) return (await import("../kept-jobs.ts")).sessionJobs(place.value, id, options, terminal);
  if (!Object.hasOwn(acts, act) || id === undefined || more.length > 0) {
    const next = "Write `bosun sessions`, `bosun sessions show|log|export ID`, `bosun sessions jobs [ID]`, or `bosun sessions gc`.";
    return reportError(terminal, new BosunError("usage", `"sessions ${words.join(" ")}" can't be understood.`, { next }));
  }
  const found = await findSession(place.value.home, id, place.value.sessionsFolder);
  if (!found.ok) return reportError(terminal, found.error);
  return acts[act as keyof typeof acts](found.value, terminal, options.format ?? "markdown");
}

/** Sessions in the list, and passages found. */
const most = 50;

async function list(place: Place, { search, all }: Options, terminal: Terminal): Promise<ExitCode> {
  const filter = all ? {} : { root: place.root };
  let rows = await indexedRows(place, filter, search, false);
  if (!rows.ok && rows.error.code === "index-failed") {
    warn(terminal, `${rows.error.says} All journals are read instead. ${nextOf(rows.error)}`);
    rows = await indexedRows(place, filter, search, true);
  }
  if (!rows.ok) return reportError(terminal, rows.error);
  const whose = all ? "any project" : "this project; --all searches those of all projects";
  const none = search === undefined ? noneYet(all === true) : `No session of ${whose} holds all of "${search}".`;
  if (rows.value.length === 0) warn(terminal, none);
  await terminal.out(columns(rows.value));
  if (rows.value.length === most) warn(terminal, `Only ${most} are listed; --search finds the others.`);
  return exitTable.answered.code;
}

const noneYet = (all: boolean): string =>
  `${all ? "There are no sessions yet." : "This project has no sessions yet; --all lists those of all projects."} Start one with bosun -p "PROMPT".`;

const nextOf = ({ message, says }: BosunError): string => message.slice(says.length).trim();

async function indexedRows({ home }: Place, filter: { readonly root?: string }, search: string | undefined, inMemory: boolean): ReturnType<typeof rowsOf> {
  const opened = await openIndex({ home, clock: systemClock, inMemory });
  if (!opened.ok) return opened;
  const rows = await rowsOf(opened.value, filter, search);
  opened.value.close();
  return rows;
}

async function rowsOf(index: SessionIndex, place: { readonly root?: string }, search: string | undefined): Promise<Outcome<readonly (readonly string[])[]>> {
  const refreshed = await index.refresh();
  if (!refreshed.ok) return refreshed;
  const filter = { ...place, limit: most };
  const whose = place.root === undefined;
  if (search === undefined) {
    const listed = await index.list(filter);
    return listed.ok ? { ok: true, value: listed.value.map((row) => sessionRow(row, whose)) } : listed;
  }
  const hits = await index.search(search, filter);
  return hits.ok ? { ok: true, value: hits.value.map((hit) => hitRow(hit, whose)) } : hits;
}

const sessionRow = (
  { session, changed, end, turns, usd, unconfirmedUsd, title, problem, root, project }: IndexedSession,
  whose: boolean,
): readonly string[] => [
  session,
  dateOf(changed),
  problem === null ? end || "empty" : "unreadable",
  `${turns} ${turns === 1 ? "reply" : "replies"}`,
  `$${(usd + unconfirmedUsd).toFixed(4)}${unconfirmedUsd > 0 ? " at most" : ""}`,
  ...(whose ? [oneLine(root || project)] : []),
  oneLine(problem ?? title).slice(0, 80),
];
const hitRow = ({ session, project, ts, role, snippet }: SearchHit, whose: boolean): readonly string[] => [
  session,
  dateOf(ts),
  role,
  ...(whose ? [project] : []),
  oneLine(snippet).slice(0, 160),
];

/** Local time, to the minute. */
function dateOf(at: number): string {
  const date = new Date(at);
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

const storeOf = ({ projectFolder }: FoundSession) => createFileStore({ disk: nodeDisk, clock: systemClock, folder: projectFolder, version });

async function show(found: FoundSession, terminal: Terminal): Promise<ExitCode> {
  const books = await readBooks(storeOf(found), found.session);
  if (!books.ok) return reportError(terminal, books.error);
  await terminal.out(formatBooks(books.value));
  return exitTable.answered.code;
}

async function log({ folder }: FoundSession, terminal: Terminal): Promise<ExitCode> {
  const read = await readSystemLog(folder);
  if (!read.ok) return reportError(terminal, read.error);
  const { lines, unreadable } = read.value;
  for (const line of lines) await terminal.out(`${formatLogLine(line)}\n`);
  if (unreadable > 0) warn(terminal, `${unreadable} lines of the log can't be read.`);
  if (lines.length === 0) warn(terminal, "This session has no system log.");
  return exitTable.answered.code;
}

async function exportOne(found: FoundSession, terminal: Terminal, format: "markdown" | "json"): Promise<ExitCode> {
  const exported = await exportSession(storeOf(found), found.session, { format });
  if (!exported.ok) return reportError(terminal, exported.error);
  await terminal.out(exported.value);
  return exitTable.answered.code;
}
