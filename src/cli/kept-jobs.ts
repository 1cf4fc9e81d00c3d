// Commands that go on after their session: said when it is left, listed and ended by `bosun sessions jobs`.
import { join } from "node:path";
import { BosunError, redact } from "../base/index.ts";
import { type FoundJob, findKept } from "../exec/index.ts";
import type { Conversation, Place } from "../index.ts";
import { type FoundSession, findSession, listAllSessions } from "../session/index.ts";
import { type ExitCode, exitTable } from "./exit.ts";
import type { Options } from "./option-table.ts";
import { reportError, warn } from "./report.ts";
import type { Terminal } from "./terminal.ts";
import { columns, duration, oneLine } from "./text.ts";

/** Gives the session free and says what of it goes on. */
export async function leave(conversation: Conversation, terminal: Terminal): Promise<void> {
  await conversation.release();
  const jobs = conversation.keptJobs();
  if (jobs.length === 0) return;
  const list = jobs.map(({ job, pid, command }) => `${job} (process ${pid}): ${shown(command)}`).join("; ");
  const of = `bosun sessions jobs ${conversation.session.id}`;
  const [it, one] = jobs.length === 1 ? ["A command in the background goes on", jobs[0]?.job] : ["Commands in the background go on", "all"];
  warn(terminal, `${it}: ${list}. See with \`${of}\`; end with \`${of} --end ${one}\`.`);
}

const shown = (command: string): string => oneLine(redact(command)).slice(0, 100);

/** `id`: of one session; without it those of the project, or of all. */
export async function sessionJobs(place: Place, id: string | undefined, { all, end }: Options, terminal: Terminal): Promise<ExitCode> {
  if (id === undefined) {
    if (end !== undefined)
      return reportError(terminal, new BosunError("usage", "--end needs the session.", { next: "Write `bosun sessions jobs ID --end JOB`." }));
    const sessions = (await listAllSessions(place.home)).filter(({ projectFolder }) => all || projectFolder === place.sessionsFolder);
    return list(sessions, `No command of a session of ${all ? "any" : "this"} project goes on in the background.`, terminal);
  }
  const found = await findSession(place.home, id, place.sessionsFolder);
  if (!found.ok) return reportError(terminal, found.error);
  if (end === undefined) return list([found.value], "No command of this session goes on in the background.", terminal);
  return endJobs(found.value, end, terminal);
}

const keptOf = ({ folder }: FoundSession): readonly FoundJob[] => findKept(join(folder, "runs"));

async function list(sessions: readonly FoundSession[], none: string, terminal: Terminal): Promise<ExitCode> {
  const rows = sessions.flatMap((session) => keptOf(session).map((job) => rowOf(session, job)));
  if (rows.length === 0) warn(terminal, none);
  await terminal.out(columns(rows));
  return exitTable.answered.code;
}

function rowOf({ session }: FoundSession, { record, work, run }: FoundJob): readonly string[] {
  const code = work.exit()?.code ?? null;
  const ended = code === null ? "ended" : `exit code ${code}`;
  const state = work.alive() ? `runs for ${duration(Date.now() - record.began)}` : ended;
  return [
    session,
    record.job,
    state,
    `process ${record.process.pid}`,
    `${run.output}${work.cut() ? " (cut: it could not be written)" : ""}`,
    shown(record.command),
  ];
}

async function endJobs(session: FoundSession, name: string, terminal: Terminal): Promise<ExitCode> {
  const jobs = keptOf(session);
  const chosen = jobs.filter(({ record }) => name === "all" || record.job === name);
  if (chosen.length === 0 && name !== "all") {
    const names = jobs.map(({ record }) => record.job).join(", ");
    const next = names === "" ? "No command of it goes on." : `Those that go on are ${names}.`;
    return reportError(terminal, new BosunError("usage", `The session ${session.session} has no job "${name}" that goes on after it.`, { next }));
  }
  const running = chosen.filter(({ work }) => work.alive());
  await Promise.all(running.map(({ work }) => work.end()));
  const left = running.filter(({ work }) => work.alive());
  for (const job of chosen)
    await terminal.out(
      `${job.record.job}: ${left.includes(job) ? "still runs" : running.includes(job) ? "ended" : "had ended before"}: ${shown(job.record.command)}\n`,
    );
  if (left.length === 0) return exitTable.answered.code;
  const pids = left.map(({ record }) => record.process.pid).join(" ");
  return reportError(
    terminal,
    new BosunError("usage", `Not all of it ended; it may be waiting for a device, or belong to another user.`, { next: `Try: kill -9 ${pids}.` }),
  );
}
