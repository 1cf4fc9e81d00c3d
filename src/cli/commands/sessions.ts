// `bosun sessions`: what was done in this project, from its journals.
import { BosunError, redact, type SessionId, systemClock } from "../../base/index.ts";
import { nodeDisk } from "../../exec/index.ts";
import { findPlace, version } from "../../index.ts";
import { textOf } from "../../model/index.ts";
import { formatLogLine, readSystemLog } from "../../observe/index.ts";
import { createFileStore, readSession, type SessionStore } from "../../session/index.ts";
import type { Arguments } from "../arguments.ts";
import { type ExitCode, exitTable } from "../exit.ts";
import { reportError, warn } from "../report.ts";
import { findByPrefix } from "../session-choice.ts";
import type { Terminal } from "../terminal.ts";
import { columns, oneLine, tokens } from "../text.ts";
import { total } from "../words.ts";

export async function run({ words, options }: Arguments, terminal: Terminal): Promise<ExitCode> {
  const place = findPlace(options.cwd === undefined ? {} : { cwd: options.cwd }, terminal.environment);
  if (!place.ok) return reportError(terminal, place.error);
  const folder = place.value.sessionsFolder;
  const store = createFileStore({ disk: nodeDisk, clock: systemClock, folder, version });
  const [act = "list", id, ...more] = words;
  if (act === "list" && id === undefined) return list(store, options.search, terminal);
  if (!["show", "log", "export"].includes(act) || id === undefined || more.length > 0) {
    const next = "Write `bosun sessions`, or `bosun sessions show|log|export ID`.";
    return reportError(terminal, new BosunError("usage", `"sessions ${words.join(" ")}" can't be understood.`, { next }));
  }
  const found = await findByPrefix(store, id);
  if (!found.ok) return reportError(terminal, found.error);
  if (act === "show") return show(store, found.value, terminal);
  if (act === "log") return log(`${folder}/${found.value}`, terminal);
  return exitTable.answered.code;
}

interface Row {
  readonly session: SessionId;
  readonly changed: number;
  readonly title: string;
  readonly says: string;
}

/** Sessions that are read for the list; older ones are counted. */
const mostListed = 50;

async function list(store: SessionStore, search: string | undefined, terminal: Terminal): Promise<ExitCode> {
  const all = await store.list();
  const rows: Row[] = [];
  for (const { session, changed } of search === undefined ? all.slice(0, mostListed) : all) {
    const texts: string[] = [];
    const read = await readSession(store, session, (entry) => {
      if (search === undefined) return;
      if (entry.type === "user" || entry.type === "input") texts.push(textOf(entry));
      if (entry.type === "reply") texts.push(textOf(entry.message));
    });
    if (search !== undefined && !holds(texts.join("\n"), search)) continue;
    if (!read.ok) rows.push({ session, changed, title: read.error.says, says: "unreadable" });
    else {
      const { state } = read.value;
      rows.push({
        session,
        changed,
        title: state.settings.get("title") ?? state.firstPrompt ?? "",
        says: state.running ? "open" : (state.end?.reason ?? "empty"),
      });
    }
  }
  if (rows.length === 0)
    warn(terminal, search === undefined ? 'This project has no sessions yet. Start one with bosun -p "PROMPT".' : `No session holds all of "${search}".`);
  await terminal.out(columns(rows.map(({ session, changed, title, says }) => [session, dateOf(changed), says, redact(oneLine(title)).slice(0, 100)])));
  if (search === undefined && all.length > mostListed) warn(terminal, `${all.length - mostListed} older sessions are not listed; find them with --search.`);
  return exitTable.answered.code;
}

function holds(text: string, search: string): boolean {
  const low = text.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => low.includes(word));
}

/** Local time, to the minute. */
function dateOf(at: number): string {
  const date = new Date(at);
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

async function show(store: SessionStore, session: SessionId, terminal: Terminal): Promise<ExitCode> {
  const read = await readSession(store, session);
  if (!read.ok) return reportError(terminal, read.error);
  const { state, findings } = read.value;
  const denied = state.decisions.filter(({ decision }) => decision.verdict === "deny").length;
  const rows = [
    ["session", session],
    ["title", redact(oneLine(state.settings.get("title") ?? state.firstPrompt ?? "")).slice(0, 200)],
    ["folder", state.cwd],
    ["state", state.running ? "under way, or cut off" : (state.end?.reason ?? "nothing asked yet")],
    ["replies", `${state.turns}, ${tokens(total(state.usage))}`],
    ["spent", `$${state.spent.usd.toFixed(4)}${state.openRequests.length > 0 ? `, and ${state.openRequests.length} unconfirmed` : ""}`],
    ["decisions", `${state.decisions.length}, ${denied} of them denials`],
    ["rules", state.rules.join(", ") || "none granted on the way"],
    ...state.pending.map(({ call, step }) => ["open call", oneLine(`${call.tool}: ${step?.state ?? "not begun"}`)]),
    ...[...state.tasks.values()].filter(({ kind }) => kind === "todo").map(({ state: done, says }) => [`to do`, oneLine(`${done}: ${redact(says)}`)]),
    ...findings.map((finding) => ["finding", finding.kind]),
  ];
  await terminal.out(columns(rows));
  return exitTable.answered.code;
}

async function log(folder: string, terminal: Terminal): Promise<ExitCode> {
  const read = await readSystemLog(folder);
  if (!read.ok) return reportError(terminal, read.error);
  const { lines, unreadable } = read.value;
  for (const line of lines) await terminal.out(`${formatLogLine(line)}\n`);
  if (unreadable > 0) warn(terminal, `${unreadable} lines of the log can't be read.`);
  if (lines.length === 0) warn(terminal, "This session has no system log.");
  return exitTable.answered.code;
}
