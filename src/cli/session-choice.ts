// Which session a command line means: a new one, the latest one, one by the beginning of its ID, or a fork of these two.
import { BosunError, isSessionName, type Outcome, type SessionId, systemClock } from "../base/index.ts";
import { nodeDisk } from "../exec/index.ts";
import { type Agent, type Conversation, version } from "../index.ts";
import { createFileStore, findSession, latestSession, readSession } from "../session/index.ts";
import type { Options } from "./option-table.ts";

/** `pick`: lets a person choose from a list, where one is there; null: none was chosen. */
export type Pick = () => Promise<Outcome<SessionId | null>>;

/** Null: the person chose none. */
export async function chooseSession(agent: Agent, options: Options, pick: Pick): Promise<Outcome<Conversation | null>>;
export async function chooseSession(agent: Agent, options: Options): Promise<Outcome<Conversation>>;
export async function chooseSession(agent: Agent, options: Options, pick?: Pick): Promise<Outcome<Conversation | null>> {
  const { resume, "session-id": name } = options;
  const forks = options.fork === true || options["fork-at"] !== undefined;
  const given = [resume !== undefined && "--resume", options.continue && "--continue", name !== undefined && !forks && "--session-id"].filter((one) => one);
  if (given.length > 1)
    return usage(`${given.join(" and ")} exclude each other.`, "Give one of them: the first two continue a session, the last one names a new one.");
  if (name !== undefined && !isSessionName(name)) {
    return usage(`"${name}" can't name a session.`, 'Use 1 to 64 letters, digits, ".", "_" and "-", the first one a letter or digit.');
  }
  if (resume === undefined && !options.continue) {
    if (!forks) return agent.start(name as SessionId | undefined);
    return usage("--fork needs a session to begin from.", "Write --resume ID --fork, or --continue --fork.");
  }
  const session = await sessionOf(agent, resume, pick);
  if (!session.ok) return session;
  if (session.value === null) return { ok: true, value: null };
  return forks ? agent.fork(session.value, options["fork-at"], name as SessionId | undefined) : agent.resume(session.value);
}

/** `resume` undefined: the latest; "": one from the list. */
async function sessionOf(agent: Agent, resume: string | undefined, pick: Pick | undefined): Promise<Outcome<SessionId | null>> {
  if (resume === "") {
    return pick ? pick() : usage("--resume needs the ID of a session here.", "`bosun sessions` lists them; on a terminal, `bosun --resume` lets you choose.");
  }
  if (resume !== undefined) return findByName(agent, resume);
  const latest = await latestSession(agent.sessionsFolder);
  if (latest) return { ok: true, value: latest.session };
  return { ok: false, error: new BosunError("session-missing", "This project has no session yet.", { next: "Start one without --continue." }) };
}

async function findByName(agent: Agent, name: string): Promise<Outcome<SessionId>> {
  const found = await findSession(agent.home, name, agent.sessionsFolder);
  if (!found.ok) return found;
  const { session, projectFolder } = found.value;
  if (projectFolder === agent.sessionsFolder) return { ok: true, value: session };
  const store = createFileStore({ disk: nodeDisk, clock: systemClock, folder: projectFolder, version });
  const read = await readSession(store, session);
  if (!read.ok) return read;
  const { cwd } = read.value.state;
  return usage(`The session ${session} belongs to another project.`, `Continue it there: bosun --cwd ${JSON.stringify(cwd)} --resume ${session}.`);
}

const usage = (says: string, next: string): Outcome<never> => ({ ok: false, error: new BosunError("usage", says, { next }) });
