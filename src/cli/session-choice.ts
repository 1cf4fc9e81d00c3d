// Which session a command line means: a new one, the latest one, or one by the beginning of its ID.
import { BosunError, isSessionName, type Outcome, type SessionId } from "../base/index.ts";
import type { Agent, Conversation } from "../index.ts";
import type { SessionStore } from "../session/index.ts";
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
  if (resume === undefined && !options.continue) return agent.start();
  const found = await (resume === undefined ? latest(agent.store) : findByPrefix(agent.store, resume));
  return found.ok ? agent.resume(found.value) : found;
}

/** The one session whose ID is `prefix` or begins with it. */
export async function findByPrefix(store: SessionStore, prefix: string): Promise<Outcome<SessionId>> {
  const names = (await store.list()).map(({ session }) => session);
  const exact = names.find((one) => one === prefix);
  const found = exact === undefined ? names.filter((one) => one.startsWith(prefix)) : [exact];
  if (found.length > 1)
    return usage(`${found.length} sessions begin with "${prefix}".`, `Give more of the ID: ${found.slice(0, 5).join(", ")}${found.length > 5 ? " …" : ""}.`);
  if (found[0] !== undefined) return { ok: true, value: found[0] };
  return { ok: false, error: new BosunError("session-missing", `This project has no session whose ID begins with "${prefix}".`) };
}

async function latest(store: SessionStore): Promise<Outcome<SessionId>> {
  const [newest] = await store.list();
  if (newest) return { ok: true, value: newest.session };
  return { ok: false, error: new BosunError("session-missing", "This project has no session yet.", { next: "Start one without --continue." }) };
}

const usage = (says: string, next: string): Outcome<never> => ({ ok: false, error: new BosunError("usage", says, { next }) });
