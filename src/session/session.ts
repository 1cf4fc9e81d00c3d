// A session that can be written: the fold of its entries and the one way to add to them.
//
// Invariants
//  A1  An entry is numbered, chained and folded at once; its promise tells when it is as durable as its kind needs.
//  A2  What was folded but could not be written is never acted upon: every later append is refused.
import { BosunError, type Clock, type Outcome, type SessionId } from "../base/index.ts";
import { isClosed } from "../workflow/index.ts";
import type { RecordedAnswer } from "./answers.ts";
import { type Entry, type EntryBody, mustSync } from "./entry.ts";
import { createFold, type Fold } from "./fold.ts";
import { nextStep } from "./fold-steps.ts";
import { encodeLine } from "./line.ts";
import type { SessionState } from "./state.ts";
import type { Finding, LineRole, SessionStore, SessionWriter } from "./store.ts";

export interface Session {
  readonly id: SessionId;
  readonly state: SessionState;
  /** What opening found: repaired tails, gaps. Empty for a new session. */
  readonly findings: readonly Finding[];
  /** True when it had entries before. */
  readonly resumed: boolean;
  /** Resolves when the entry is durable if its kind needs that, else when it is written. Rejects with journal-failed. */
  append(body: EntryBody): Promise<Entry>;
  /** Told of every entry after it was folded; "written": once it is in the journal too, which a failing disk keeps it from. */
  subscribe(listener: (entry: Entry) => void, when?: "folded" | "written"): void;
  putBlob(bytes: Uint8Array): Promise<Outcome<string>>;
  getBlob(sha256: string): Promise<Outcome<Uint8Array>>;
  /** What another process answered to a question of this session; null: nothing yet. */
  answer(asking: string): Promise<RecordedAnswer | null>;
  release(): Promise<void>;
}

export interface SessionStart {
  readonly cwd: string;
  readonly root: string;
  readonly version: string;
  /** A fork's: the session, its last line that counts, and the hash of that line. */
  readonly origin?: { readonly session: SessionId; readonly seq: number; readonly prev: string };
}

export async function createSession(store: SessionStore, clock: Clock, id: SessionId, start: SessionStart): Promise<Outcome<Session>> {
  const created = await store.create(id);
  if (!created.ok) return created;
  const session = attach(store, clock, created.value, createFold(), [], false);
  // Not waited for: it is durable with the first line that must be.
  session.append({ type: "session", session: id, ...start }).catch(() => undefined);
  return { ok: true, value: session };
}

/** `start` is written where a crash came before the first line was durable. */
export async function openSession(store: SessionStore, clock: Clock, id: SessionId, start?: SessionStart): Promise<Outcome<Session>> {
  const fold = createFold();
  const knownGaps = new Set<number>();
  const opened = await store.open(id, (entry) => {
    if (entry.type === "gap") knownGaps.add(entry.fromByte);
    fold.apply(entry);
  });
  if (!opened.ok) return opened;
  const { writer, findings } = opened.value;
  if (fold.state.origin && fold.state.length === 1) {
    await writer.release();
    return { ok: false, error: unfinishedFork(id, fold.state.origin.session) };
  }
  const isEmpty = fold.state.length === 0 && findings.length === 0;
  const session = attach(store, clock, writer, fold, isEmpty ? [{ kind: "empty" }] : findings, true);
  try {
    if (session.state.length === 0 && start) await session.append({ type: "session", session: id, ...start });
    for (const finding of findings) {
      if (finding.kind === "repair") await session.append({ type: "repair", cut: finding.cut, lines: finding.lines, aside: finding.aside });
      if (finding.kind === "gap" && !knownGaps.has(finding.fromByte)) {
        const { kind: _kind, newer: _newer, ...gap } = finding;
        await session.append({ type: "gap", ...gap });
      }
    }
  } catch (error) {
    await session.release();
    if (BosunError.isInstance(error)) return { ok: false, error };
    throw error;
  }
  return { ok: true, value: session };
}

/** The process died between the two lines that begin a fork: nothing was ever done in it. */
const unfinishedFork = (id: SessionId, origin: SessionId): BosunError =>
  new BosunError("journal-damaged", `The session "${id}" is a fork of "${origin}" that was cut off while it was made.`, {
    next: `Fork again: bosun --resume ${origin} --fork.`,
  });

/** Folds a session without its lock. */
export async function readSession(
  store: SessionStore,
  id: SessionId,
  visit?: (entry: Entry) => void,
): Promise<Outcome<{ readonly state: SessionState; readonly findings: readonly Finding[] }>> {
  const fold = createFold();
  const read = await store.read(id, (entry) => {
    fold.apply(entry);
    visit?.(entry);
  });
  return read.ok ? { ok: true, value: { state: fold.state, findings: read.value } } : read;
}

function attach(store: SessionStore, clock: Clock, writer: SessionWriter, fold: Fold, findings: readonly Finding[], resumed: boolean): Session {
  let { seq, prev } = writer.next;
  const listeners: ((entry: Entry) => void)[] = [];
  const afterwards: ((entry: Entry) => void)[] = [];
  const effects = followEffects(fold.state);
  return {
    id: writer.session,
    state: fold.state,
    findings,
    resumed,
    append(body) {
      assertAllowed(fold.state, body);
      const encoded = encodeLine(body, seq, prev, clock.now());
      const role = effects.roleOf(body);
      const written = writer.append(seq, [encoded.line], mustSync(body), encoded.payload ? [encoded.payload] : [], role);
      seq += 1;
      prev = encoded.hash;
      fold.apply(encoded.entry);
      for (const listener of listeners) listener(encoded.entry);
      return written.then(() => {
        for (const listener of afterwards) listener(encoded.entry);
        return encoded.entry;
      });
    },
    subscribe: (listener, when = "folded") => void (when === "folded" ? listeners : afterwards).push(listener),
    putBlob: store.putBlob,
    getBlob: store.getBlob,
    answer: async (asking) => (await store.answers?.get(writer.session, asking)) ?? null,
    release: () => writer.release(),
  };
}

/** Which effects have begun and are not closed: every line is needed to record them until they are. */
function followEffects(state: SessionState): { roleOf(body: EntryBody): LineRole } {
  const open = new Set<string>();
  for (const { step } of state.pending) if (step?.intent && step.intent.redo !== "safe" && !isClosed(step.state)) open.add(step.id);
  return {
    roleOf(body) {
      if (body.type !== "step") return open.size > 0 ? "closes" : "plain";
      const { change } = body;
      if (change.to === "executing") {
        if (!mustSync(body)) return "plain";
        open.add(change.step);
        return "begins";
      }
      const role = open.size > 0 ? "closes" : "plain";
      if (isClosed(change.to)) open.delete(change.step);
      return role;
    },
  };
}

/** A wrong append is a bug of ours: it throws before anything is written. */
function assertAllowed(state: SessionState, body: EntryBody): void {
  if (body.type === "step" && !nextStep(state.steps.get(body.change.step), body.change, 0)) {
    const from = state.steps.get(body.change.step)?.state ?? "nothing";
    throw new Error(`step ${body.change.step} cannot go from ${from} to ${body.change.to}`);
  }
  const speaks = body.type === "user" || body.type === "note" || body.type === "compaction" || (body.type === "request" && body.purpose === "turn");
  if (speaks && state.pending.length > 0) throw new Error(`a "${body.type}" line while ${state.pending.length} calls have no result`);
  const closes = body.type === "reply" || body.type === "request-failed";
  if (closes && !state.openRequests.some((one) => one.request === body.request)) throw new Error(`the request ${body.request} is not open`);
}
