// `bosun --resume` without a name, and /resume: the sessions of the project as a list, one of them by its number.
import { relative } from "node:path";
import { type Outcome, type SessionId, systemClock } from "../base/index.ts";
import type { Agent } from "../index.ts";
import { type IndexedSession, openIndex } from "../session/index.ts";
import type { Screen } from "./screen.ts";
import { clip, columns, oneLine } from "./text.ts";

/** Sessions in the list. */
const most = 20;

/** Null: none was chosen. `ask`: the next line the person enters; null: nobody is there any more. */
export async function pickSession(
  agent: Pick<Agent, "home" | "root">,
  screen: Screen,
  ask: (prompt: string) => Promise<string | null>,
): Promise<Outcome<SessionId | null>> {
  const listed = await listSessions(agent);
  if (!listed.ok) return listed;
  const sessions = listed.value;
  if (sessions.length === 0) {
    screen.write("This project has no sessions yet.\n");
    return { ok: true, value: null };
  }
  screen.write(columns(sessions.map((one, at) => rowOf(one, at + 1, agent.root))));
  if (sessions.length === most) screen.write(`Only the latest ${most} are listed; \`bosun sessions\` lists more, --resume ID takes any.\n`);
  for (;;) {
    const line = await ask("number, or Enter for none › ");
    const text = line?.trim() ?? "";
    if (text === "") return { ok: true, value: null };
    const chosen = /^\d+$/.test(text) ? sessions[Number(text) - 1] : sessions.find(({ session }) => session === text);
    if (chosen) return { ok: true, value: chosen.session };
    screen.write(`There is no ${oneLine(text)} in the list: 1 to ${sessions.length}.\n`);
  }
}

async function listSessions({ home, root }: Pick<Agent, "home" | "root">): Promise<Outcome<readonly IndexedSession[]>> {
  const opened = await openIndex({ home, clock: systemClock });
  if (!opened.ok) return opened;
  const index = opened.value;
  const refreshed = await index.refresh();
  const listed = refreshed.ok ? await index.list({ root, limit: most }) : refreshed;
  index.close();
  return listed;
}

function rowOf(one: IndexedSession, number: number, root: string): readonly string[] {
  const { cwd, branch, changed, usd, unconfirmedUsd, end, problem, title, session } = one;
  return [
    String(number).padStart(3),
    age(systemClock.now() - changed),
    problem === null ? end || "empty" : "unreadable",
    `${unconfirmedUsd > 0 ? "≤ " : ""}$${(usd + unconfirmedUsd).toFixed(4)}`,
    oneLine(relative(root, cwd)) || ".",
    clip(oneLine(branch), 24),
    clip(oneLine(problem ?? title) || session, 60),
  ];
}

/** How long ago, in its largest unit. */
export function age(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h`;
  return `${Math.floor(hours / 24)} days`;
}
