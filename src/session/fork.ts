// A fork: a new journal that begins with what another one added up to at one of its lines.
//
// Owns: what is inherited. Calls: the store (reads the origin without its lock, makes the new session), the fold.
// Invariants
//  K1  Nothing is written to the origin, and nothing in the fork points into it: it can be deleted.
//  K2  The inherited conversation is what the origin would have sent, message by message, so both share the provider's cache.
//  K3  No step, no queued input, no open request, no spend and no grant comes along.
import { BosunError, type Clock, type Outcome, type SessionId } from "../base/index.ts";
import type { Task, TaskChange } from "../workflow/index.ts";
import type { EntryBody, Inherited } from "./entry.ts";
import { createFold, type Fold } from "./fold.ts";
import { createSession, type Session, type SessionStart } from "./session.ts";
import type { PendingCall, SessionState } from "./state.ts";
import type { Finding, SessionStore } from "./store.ts";

export interface ForkPoint {
  readonly session: SessionId;
  /** The last line that counts; absent: the last there is. */
  readonly seq?: number;
}

/** Resolves when the fork is durable. Fails with session-missing, session-newer, usage (no such line), or as making a session does. */
export async function forkSession(store: SessionStore, clock: Clock, id: SessionId, from: ForkPoint, start: SessionStart): Promise<Outcome<Session>> {
  const folded = await foldUpTo(store, from);
  if (!folded.ok) return folded;
  const { fold, hash, blobs, findings } = folded.value;
  const { state } = fold;
  const origin = { session: from.session, seq: state.length - 1, prev: hash };
  const made = await createSession(store, clock, id, { ...start, origin });
  if (!made.ok) return made;
  try {
    await made.value.append({ type: "inherited", needs: ["inherited"], ...inheritedOf(fold, blobs) });
    return { ok: true, value: { ...made.value, findings } };
  } catch (error) {
    await made.value.release();
    if (BosunError.isInstance(error)) return { ok: false, error };
    throw error;
  }
}

interface Folded {
  readonly fold: Fold;
  /** Of the last line that counts. */
  readonly hash: string;
  readonly blobs: readonly string[];
  readonly findings: readonly Finding[];
}

async function foldUpTo(store: SessionStore, { session, seq = Number.POSITIVE_INFINITY }: ForkPoint): Promise<Outcome<Folded>> {
  const fold = createFold();
  const blobs = new Set<string>();
  let hash = "";
  let last = -1;
  const read = await store.read(session, (entry, lineHash) => {
    last = entry.seq;
    if (entry.seq > seq) return;
    hash = lineHash;
    for (const blob of blobsOf(entry)) blobs.add(blob);
    fold.apply(entry);
  });
  if (!read.ok) return read;
  const newer = read.value.find((finding) => finding.kind === "gap" && finding.newer === true && finding.afterSeq < seq);
  if (newer) return refused("session-newer", `The session "${session}" was written by a newer bosun, so a fork would lose what is not understood here.`);
  if (last < 0) return refused("usage", `The session "${session}" is empty: there is nothing to begin a fork with.`, "Start a new session without --fork.");
  if (hash === "" || (seq !== Number.POSITIVE_INFINITY && seq > last)) {
    return refused("usage", `The session "${session}" has no line ${seq}.`, `Choose one from 0 to ${last}.`);
  }
  const findings = read.value.filter((finding) => lineOf(finding) <= seq);
  return { ok: true, value: { fold, hash, blobs: [...blobs], findings } };
}

/** After which line of the origin it lies. */
function lineOf(finding: Finding): number {
  if (finding.kind === "gap") return finding.afterSeq + 1;
  return finding.kind === "blob-missing" || finding.kind === "broken-chain" ? finding.seq : Number.POSITIVE_INFINITY;
}

function refused(code: "usage" | "session-newer", says: string, next?: string): Outcome<never> {
  return { ok: false, error: new BosunError(code, says, next === undefined ? {} : { next }) };
}

/** Payloads that what a model was told speaks of. */
function blobsOf(entry: EntryBody): readonly string[] {
  if (entry.type === "inherited") return entry.blobs;
  return entry.type === "step" && "result" in entry.change ? (entry.change.result.blobs ?? []) : [];
}

function inheritedOf(fold: Fold, blobs: readonly string[]): Inherited {
  const { state } = fold;
  const { prefix, environment, shellCwd, firstPrompt, lastModel, lastReply, lastSegments, loaded } = state;
  return {
    messages: fold.closedMessages(closingWords),
    prefix,
    environment,
    settings: Object.fromEntries(state.settings),
    seen: state.seenPaths.flatMap((path) => state.seen.get(path) ?? []),
    loaded,
    shellCwd,
    todo: todoOf(state),
    unknownEffects: [...new Set([...state.unknownEffects, ...openEffects(state)])],
    firstPrompt,
    lastModel,
    lastReply,
    lastSegments,
    blobs,
    ...(state.pool === null ? {} : { pool: state.pool }),
    ...(state.losses.length === 0 ? {} : { losses: [...state.losses] }),
    said: [...state.said],
    ...(state.skills.length === 0 ? {} : { skills: [...state.skills] }),
  };
}

function closingWords({ step, tainted }: PendingCall): string {
  const begun = tainted || step?.state === "executing" || step?.state === "unknown";
  if (begun) {
    return "This conversation was forked while the call was under way: its outcome is not recorded here, it may or may not have happened. Look at the present state before repeating it.";
  }
  return "This conversation was forked before the call began: nothing of it was executed here.";
}

/** What had begun and has no outcome here is as unknown as what a crash left. */
const openEffects = (state: SessionState): readonly string[] =>
  state.pending.flatMap(({ step }) => ((step?.state === "executing" || step?.state === "unknown") && step.intent ? [step.intent.argumentsHash] : []));

const todoOf = (state: SessionState): readonly TaskChange[] =>
  [...state.tasks.values()].filter(({ kind, state: is }) => kind === "todo" && is !== "abandoned").map(changeOf);
const changeOf = ({ id, kind, state, says, order }: Task): TaskChange => ({ task: id as TaskChange["task"], kind, to: state, says, order });
