// Which question a command line means, among those of all sessions that may have one.
import { BosunError, type Outcome, systemClock } from "../base/index.ts";
import { nodeDisk } from "../exec/index.ts";
import { type Place, version } from "../index.ts";
import {
  type AskedQuestion,
  createFileStore,
  findSession,
  listAllSessions,
  openIndex,
  readQuestions,
  type SessionQuestions,
  type SessionStore,
} from "../session/index.ts";

/** Where a session is, and what it asked. */
export interface AskingSession extends SessionQuestions {
  readonly store: SessionStore;
  readonly folder: string;
}
export interface FoundQuestion {
  readonly question: AskedQuestion;
  readonly from: AskingSession;
}
interface Where {
  readonly session: AskedQuestion["session"];
  readonly folder: string;
}

const storeOf = (folder: string): SessionStore =>
  createFileStore({ disk: nodeDisk, clock: systemClock, folder: folder.slice(0, folder.lastIndexOf("/")), version });

async function readAsking({ session, folder }: Where): Promise<Outcome<AskingSession>> {
  const store = storeOf(folder);
  const read = await readQuestions(store, session);
  return read.ok ? { ok: true, value: { ...read.value, store, folder } } : read;
}

/** Sessions that may wait, those that changed last first; what can't be read is passed over: `bosun sessions` says why. */
export async function askingSessions(place: Place, all: boolean): Promise<readonly AskingSession[]> {
  const asking: AskingSession[] = [];
  for (const where of await candidates(place, all)) {
    const read = await readAsking(where);
    if (read.ok && read.value.questions.length > 0) asking.push(read.value);
  }
  return asking;
}

/** By the index, which knows how each session ended; without it, all of them. */
async function candidates({ home, root, sessionsFolder }: Place, all: boolean): Promise<readonly Where[]> {
  const opened = await openIndex({ home, clock: systemClock });
  if (opened.ok) {
    const index = opened.value;
    const refreshed = await index.refresh();
    const listed = refreshed.ok ? await index.list({ ...(all ? {} : { root }), limit: 1_000_000 }) : refreshed;
    index.close();
    if (listed.ok) return listed.value.filter(({ end, problem }) => problem === null && (end === "awaiting" || end === "open"));
  }
  const found = await listAllSessions(home);
  return found.filter(({ projectFolder }) => all || projectFolder === sessionsFolder).sort((left, right) => right.changed - left.changed);
}

/** `id`: the name of a question, its beginning or its end (four characters and more), or `session:n` for the n-th open one of a session. */
export async function findQuestion(place: Place, id: string, all: boolean): Promise<Outcome<FoundQuestion>> {
  const numbered = /^(.+):(\d+)$/.exec(id);
  if (numbered) return findNumbered(place, numbered[1] as string, Number(numbered[2]), all);
  const sessions = [...(await askingSessions(place, all))];
  const known = new Set(sessions.map(({ folder }) => folder));
  // one that went on: where it was answered from elsewhere, its answer is still there
  for (const where of await answered(place, id, all)) {
    const read = known.has(where.folder) ? null : await readAsking(where);
    if (read?.ok) sessions.push(read.value);
  }
  const questions = sessions.flatMap((from) => from.questions.map((question) => ({ question, from })));
  const ways: readonly ((name: string) => boolean)[] = [(name) => name === id, (name) => name.startsWith(id), (name) => id.length >= 4 && name.endsWith(id)];
  for (const way of ways) {
    const fitting = questions.filter(({ question }) => way(question.asking));
    const waiting = fitting.filter(({ question }) => question.stands !== "over");
    const [first, ...more] = waiting.length > 0 ? waiting : fitting;
    if (first && more.length === 0) return { ok: true, value: first };
    if (first) return ambiguous(id, [first, ...more]);
  }
  return usage(
    `No session ${all ? "" : "of this project "}asked a question "${id}".`,
    `\`bosun approvals${all ? " --all" : ""}\` lists those that are open${all ? "" : "; --all looks in all projects"}.`,
  );
}

async function findNumbered(place: Place, name: string, number: number, all: boolean): Promise<Outcome<FoundQuestion>> {
  const found = await findSession(place.home, name, place.sessionsFolder);
  if (!found.ok) return found;
  if (!all && found.value.projectFolder !== place.sessionsFolder) return usage(`The session ${found.value.session} belongs to another project.`, "Add --all.");
  const read = await readAsking(found.value);
  if (!read.ok) return read;
  const waiting = read.value.questions.filter(({ stands }) => stands !== "over");
  const question = waiting[number - 1];
  if (question) return { ok: true, value: { question, from: read.value } };
  const count = waiting.length === 0 ? "no question that waits" : waiting.length === 1 ? "one question that waits" : `${waiting.length} questions that wait`;
  return usage(`The session ${found.value.session} has ${count}.`, "`bosun approvals` lists them.");
}

/** Sessions in whose mailbox an answer to it lies. */
async function answered({ home, sessionsFolder }: Place, id: string, all: boolean): Promise<readonly Where[]> {
  const sessions = (await listAllSessions(home)).filter(({ projectFolder }) => all || projectFolder === sessionsFolder);
  const fits = (file: string): boolean => file.startsWith(id) || (id.length >= 4 && file.endsWith(`${id}.json`));
  const found = await Promise.all(sessions.map(async (one) => ((await nodeDisk.list(`${one.folder}/answers`).catch(() => [])).some(fits) ? [one] : [])));
  return found.flat();
}

function ambiguous(id: string, found: readonly FoundQuestion[]): Outcome<never> {
  const names = found.slice(0, 5).map(({ question }) => `${question.asking} (${question.call.tool})`);
  return usage(`"${id}" fits ${found.length} questions: ${names.join(", ")}${found.length > 5 ? " …" : ""}.`, "Write more of it.");
}

const usage = (says: string, next: string): Outcome<never> => ({ ok: false, error: new BosunError("usage", says, { next }) });
