// `bosun audit verify`: each journal's lines, checksums and chain, against themselves and against what the index remembers.
import { systemClock } from "../base/index.ts";
import type { Place } from "../index.ts";
import {
  closedFolders,
  type FoundSession,
  findSession,
  listAllSessions,
  openIndex,
  type RememberedHead,
  type VerifiedJournal,
  verifyJournal,
} from "../session/index.ts";
import { usage } from "./audit-index.ts";
import { type ExitCode, exitTable } from "./exit.ts";
import type { Options } from "./option-table.ts";
import { reportError, warn } from "./report.ts";
import type { Terminal } from "./terminal.ts";
import { visible } from "./text.ts";

/** Exit code 8 when any of them was changed, or cannot be read. */
export async function verifyJournals(place: Place, names: readonly string[], { all, json }: Options, terminal: Terminal): Promise<ExitCode> {
  if (names.length > 0 && all === true) return reportError(terminal, usage("--all takes no session.", "Name sessions, or give --all."));
  const chosen = await choose(place, names, all === true);
  if ("error" in chosen) return reportError(terminal, chosen.error);
  const heads = await remembered(place.home, terminal);
  const counts = { whole: 0, torn: 0, changed: 0 };
  let unreadable = 0;
  for (const closed of names.length === 0 ? await closedFolders(place.home) : []) {
    unreadable += 1;
    warn(terminal, closed.message);
  }
  for (const one of chosen.sessions) {
    const verified = await verifyJournal(one, heads.get(`${one.project}/${one.session}`) ?? null);
    if (!verified.ok) {
      unreadable += 1;
      warn(terminal, `${one.session}: ${verified.error.message}`);
      if (json === true) await terminal.outJson({ project: one.project, session: one.session, verdict: "unreadable", says: verified.error.says });
      continue;
    }
    counts[verified.value.verdict] += 1;
    if (json === true) await terminal.outJson(verified.value);
    else await terminal.out(inWords(verified.value));
  }
  if (json !== true) {
    const parts = [`${chosen.sessions.length} ${chosen.sessions.length === 1 ? "journal" : "journals"}`, `${counts.whole} whole`];
    if (counts.torn > 0) parts.push(`${counts.torn} with a torn end`);
    if (counts.changed > 0) parts.push(`${counts.changed} CHANGED`);
    if (unreadable > 0) parts.push(`${unreadable} unreadable`);
    await terminal.out(`${parts.join(", ")}.\n`);
  }
  return counts.changed + unreadable > 0 ? exitTable.session.code : exitTable.answered.code;
}

type Chosen = { readonly sessions: readonly FoundSession[] } | { readonly error: Parameters<typeof reportError>[1] };

/** By name, of all projects, or of this one. In the order of their names, which is that of their beginnings. */
async function choose(place: Place, names: readonly string[], all: boolean): Promise<Chosen> {
  if (names.length === 0) {
    const found = (await listAllSessions(place.home)).filter((one) => all || one.projectFolder === place.sessionsFolder);
    return { sessions: found.toSorted((left, right) => (left.session < right.session ? -1 : 1)) };
  }
  const sessions: FoundSession[] = [];
  for (const name of names) {
    const found = await findSession(place.home, name, place.sessionsFolder);
    if (!found.ok) return { error: found.error };
    sessions.push(found.value);
  }
  return { sessions };
}

/** The index is not brought up to date first: what it remembers from before is what counts. */
async function remembered(home: string, terminal: Terminal): Promise<ReadonlyMap<string, RememberedHead>> {
  const path = `${home}/index.db`;
  const exists = process.getBuiltinModule("node:fs").existsSync(path);
  const opened = exists ? await openIndex({ home, clock: systemClock }) : null;
  const heads = opened?.ok ? await opened.value.heads() : null;
  if (opened?.ok) opened.value.close();
  if (heads?.ok) return new Map(heads.value.map((head) => [`${head.project}/${head.session}`, head]));
  const why = opened && !opened.ok ? opened.error.says : heads && !heads.ok ? heads.error.says : "There is no index yet; `bosun audit --all` makes one.";
  warn(terminal, `Only the chain of each journal is checked, not what the index remembers of it. ${why}`);
  return new Map();
}

function inWords({ session, lines, verdict, problems, remembered: head }: VerifiedJournal): string {
  const state = { whole: "whole", torn: "whole but for a torn end", changed: "CHANGED" }[verdict];
  const against = head === null ? "not indexed yet: only its chain was checked" : `as indexed up to line ${head.seq}`;
  const first = `${session}  ${lines} lines, ${state}${verdict === "changed" ? "" : `, ${against}`}`;
  return [first, ...problems.map(({ says }) => `  ${says}`)].map((line) => `${visible(line).replaceAll(/[\n\t]/g, " ")}\n`).join("");
}
