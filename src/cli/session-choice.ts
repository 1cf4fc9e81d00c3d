// Which session a command line means: a new one, the latest one, or one by the beginning of its ID.
import { BosunError, isSessionName, type Outcome, systemClock } from "../base/index.ts";
import { nodeDisk } from "../exec/index.ts";
import { type Agent, type Conversation, version } from "../index.ts";
import { createFileStore, findSession, latestSession, readSession } from "../session/index.ts";
import type { Options } from "./option-table.ts";

export async function chooseSession(agent: Agent, options: Options): Promise<Outcome<Conversation>> {
  const { resume, "session-id": name } = options;
  const given = [resume !== undefined && "--resume", options.continue && "--continue", name !== undefined && "--session-id"].filter((one) => one);
  if (given.length > 1)
    return usage(`${given.join(" and ")} exclude each other.`, "Give one of them: the first two continue a session, the last one names a new one.");
  if (name !== undefined) {
    if (isSessionName(name)) return agent.start(name);
    return usage(`"${name}" can't name a session.`, 'Use 1 to 64 letters, digits, ".", "_" and "-", the first one a letter or digit.');
  }
  if (resume !== undefined) return resumeByName(agent, resume);
  if (!options.continue) return agent.start();
  const latest = await latestSession(agent.sessionsFolder);
  if (latest) return agent.resume(latest.session);
  return { ok: false, error: new BosunError("session-missing", "This project has no session yet.", { next: "Start one without --continue." }) };
}

async function resumeByName(agent: Agent, name: string): Promise<Outcome<Conversation>> {
  const found = await findSession(agent.home, name, agent.sessionsFolder);
  if (!found.ok) return found;
  const { session, projectFolder } = found.value;
  if (projectFolder === agent.sessionsFolder) return agent.resume(session);
  const store = createFileStore({ disk: nodeDisk, clock: systemClock, folder: projectFolder, version });
  const read = await readSession(store, session);
  if (!read.ok) return read;
  const { cwd } = read.value.state;
  return usage(`The session ${session} belongs to another project.`, `Continue it there: bosun --cwd ${JSON.stringify(cwd)} --resume ${session}.`);
}

const usage = (says: string, next: string): Outcome<never> => ({ ok: false, error: new BosunError("usage", says, { next }) });
