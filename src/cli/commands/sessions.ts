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
import { reportError, warn } from "../report.ts";
import type { Terminal } from "../terminal.ts";
import { columns, oneLine } from "../text.ts";

const acts = { show, log, export: exportOne } as const;

export async function run({ words, options }: Arguments, terminal: Terminal): Promise<ExitCode> {
  const place = findPlace(options.cwd === undefined ? {} : { cwd: options.cwd }, terminal.environment);
  if (!place.ok) return reportError(terminal, place.error);
  const [act = "list", id, ...more] = words;
  if (act === "list" && id === undefined) return list(place.value, options.search, terminal);
  if (!Object.hasOwn(acts, act) || id === undefined || more.length > 0) {
    const next = "Write `bosun sessions`, or `bosun sessions show|log|export ID`.";
    return reportError(terminal, new BosunError("usage", `"sessions ${words.join(" ")}" can't be understood.`, { next }));
  }
  const found = await findSession(place.value.home, id, place.value.sessionsFolder);
  if (!found.ok) return reportError(terminal, found.error);
  return acts[act as keyof typeof acts](found.value, terminal, options.format ?? "markdown");
}

/** Sessions in the list, and passages found. */
const most = 50;

async function list(place: Place, search: string | undefined, terminal: Terminal): Promise<ExitCode> {
  const opened = await openIndex({ home: place.home, clock: systemClock });
  if (!opened.ok) return reportError(terminal, opened.error);
  const index = opened.value;
  const rows = await rowsOf(index, place, search);
  index.close();
  if (!rows.ok) return reportError(terminal, rows.error);
  const none =
    search === undefined ? 'This project has no sessions yet. Start one with bosun -p "PROMPT".' : `No session of this project holds all of "${search}".`;
  if (rows.value.length === 0) warn(terminal, none);
  await terminal.out(columns(rows.value));
  if (rows.value.length === most) warn(terminal, `Only ${most} are listed; --search finds the others.`);
  return exitTable.answered.code;
}

async function rowsOf(index: SessionIndex, { root }: Place, search: string | undefined): Promise<Outcome<readonly (readonly string[])[]>> {
  const refreshed = await index.refresh();
  if (!refreshed.ok) return refreshed;
  const filter = { root, limit: most };
  if (search === undefined) {
    const listed = await index.list(filter);
    return listed.ok ? { ok: true, value: listed.value.map(sessionRow) } : listed;
  }
  const hits = await index.search(search, filter);
  return hits.ok ? { ok: true, value: hits.value.map(hitRow) } : hits;
}

const sessionRow = ({ session, changed, end, turns, usd, unconfirmedUsd, title, problem }: IndexedSession): readonly string[] => [
  session,
  dateOf(changed),
  problem === null ? end || "empty" : "unreadable",
  `${turns} ${turns === 1 ? "reply" : "replies"}`,
  `$${(usd + unconfirmedUsd).toFixed(4)}${unconfirmedUsd > 0 ? " at most" : ""}`,
  oneLine(problem ?? title).slice(0, 80),
];
const hitRow = ({ session, ts, role, snippet }: SearchHit): readonly string[] => [session, dateOf(ts), role, oneLine(snippet).slice(0, 160)];

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
