// Sessions in memory: the contract of SessionStore without a disk. Lines are kept as the very bytes a journal would have.
import { BosunError, type Clock, type Outcome, type SessionId, systemClock } from "../base/index.ts";
import { sha256 } from "../exec/index.ts";
import {
  type Entry,
  findingsOf,
  firstPrev,
  type OpenedSession,
  type ReadEntries,
  type RecordedAnswer,
  readEntries,
  type SessionStore,
  type SessionWriter,
  tailOf,
} from "../session/index.ts";

export interface MemoryStore extends SessionStore {
  /** What the journal of a session consists of, newlines included. Empty for an unknown one. */
  journal(session: SessionId): Uint8Array;
  /** Puts other bytes in its place, as damage would. Makes the session if there is none. */
  overwrite(session: SessionId, bytes: Uint8Array): void;
  /** Gives the session's lock away, as when a lease runs out: the holder's next append is refused, another may open it. */
  expire(session: SessionId): void;
  /** Loses a payload. */
  dropBlob(sha256: string): void;
}

interface Held {
  bytes: Buffer;
  /** Of the current holder, or the last one. */
  fence: number;
  locked: boolean;
  changed: number;
}

/** `clock` gives the change times that `list` tells. */
export function createMemoryStore(clock: Clock = systemClock): MemoryStore {
  const sessions = new Map<SessionId, Held>();
  const blobs = new Map<string, Uint8Array>();
  const answers = new Map<string, RecordedAnswer>();
  const putBlob = async (bytes: Uint8Array): Promise<Outcome<string>> => {
    const hash = sha256(bytes);
    blobs.set(hash, bytes.slice());
    return { ok: true, value: hash };
  };
  const getBlob = async (hash: string): Promise<Outcome<Uint8Array>> => {
    const bytes = blobs.get(hash);
    return bytes ? { ok: true, value: bytes.slice() } : failure("blob-missing", `The payload ${hash.slice(0, 12)} is missing.`);
  };
  const held = (session: SessionId): Held => {
    const known = sessions.get(session) ?? { bytes: Buffer.alloc(0), fence: 0, locked: false, changed: clock.now() };
    sessions.set(session, known);
    return known;
  };
  return {
    async create(session) {
      if (sessions.get(session)?.locked) return busy();
      if (sessions.has(session)) return failure("session-exists", `There is a session "${session}" already.`);
      return { ok: true, value: takeWriter(clock, held(session), session, 0, firstPrev, putBlob) };
    },
    open: (session, visit) => open(clock, sessions.get(session), session, visit, { putBlob, getBlob }),
    async read(session, visit) {
      const known = sessions.get(session);
      if (!known) return missing(session);
      const { scanned, missing: gone } = await readAll(known.bytes, visit, getBlob);
      return unreadable(scanned) ? damaged(session) : { ok: true, value: [...gone, ...findingsOf(scanned), ...tailOf(scanned)] };
    },
    async list() {
      const all = [...sessions].map(([session, one]) => ({ session, folder: `memory:${session}`, bytes: one.bytes.length, changed: one.changed }));
      return all.sort((left, right) => right.changed - left.changed);
    },
    putBlob,
    getBlob,
    journal: (session) => Buffer.from(sessions.get(session)?.bytes ?? []),
    overwrite(session, bytes) {
      held(session).bytes = Buffer.from(bytes);
    },
    expire(session) {
      const known = sessions.get(session);
      if (known) known.locked = false;
    },
    dropBlob: (hash) => void blobs.delete(hash),
    answers: {
      async put(session, answer) {
        if (!sessions.has(session)) return missing(session);
        const name = `${session} ${answer.asking}`;
        const first = answers.get(name) ?? answer;
        answers.set(name, first);
        return { ok: true, value: { first, isFirst: first === answer } };
      },
      get: async (session, asking) => answers.get(`${session} ${asking}`) ?? null,
    },
  };
}

type Blobs = Pick<SessionStore, "putBlob" | "getBlob">;

async function open(
  clock: Clock,
  known: Held | undefined,
  session: SessionId,
  visit: (entry: Entry) => void,
  { putBlob, getBlob }: Blobs,
): Promise<Outcome<OpenedSession>> {
  if (!known) return missing(session);
  if (known.locked) return busy();
  known.locked = true;
  const { scanned, missing: gone } = await readAll(known.bytes, visit, getBlob);
  if (scanned.newer !== null || scanned.displaced !== null || unreadable(scanned)) {
    known.locked = false;
    return scanned.newer === null ? damaged(session) : failure("session-newer", `The session "${session}" was written by a newer bosun (${scanned.newer}).`);
  }
  const findings = [...gone, ...findingsOf(scanned)];
  if (scanned.badTail > 0) {
    const aside = await putBlob(known.bytes.subarray(scanned.goodBytes));
    known.bytes = known.bytes.subarray(0, scanned.goodBytes);
    findings.push({ kind: "repair", cut: scanned.badTail, lines: scanned.badTailLines, aside: aside.ok ? aside.value : "", says: scanned.badTailWhy });
  }
  return { ok: true, value: { writer: takeWriter(clock, known, session, scanned.lastSeq + 1, scanned.lastHash, putBlob), findings } };
}

function readAll(bytes: Buffer, visit: (entry: Entry, hash: string) => void, getBlob: SessionStore["getBlob"]): Promise<ReadEntries> {
  const read = async (into: Uint8Array, position: number): Promise<number> => {
    const piece = bytes.subarray(position, position + into.length);
    into.set(piece);
    return piece.length;
  };
  return readEntries(read, visit, getBlob);
}

function takeWriter(clock: Clock, held: Held, session: SessionId, seq: number, prev: string, putBlob: SessionStore["putBlob"]): SessionWriter {
  held.locked = true;
  held.fence += 1;
  const { fence } = held;
  let next = seq;
  let poison: BosunError | null = null;
  let last: Promise<void> = Promise.resolve();
  const write = async (lines: readonly string[], payloads: readonly Uint8Array[]): Promise<void> => {
    for (const payload of payloads) await putBlob(payload);
    if (held.fence !== fence || !held.locked) poison ??= new BosunError("lease-lost", "Another process took this session over.");
    if (poison) throw poison;
    held.bytes = Buffer.concat([held.bytes, Buffer.from(lines.join(""))]);
    held.changed = clock.now();
  };
  return {
    session,
    fence,
    next: { seq, prev },
    append(sequence, lines, _sync, payloads = []) {
      if (poison) return Promise.reject(poison);
      if (sequence !== next) throw new Error(`append of line ${sequence} where ${next} is due`);
      next += lines.length;
      const written = last.then(() => write(lines, payloads));
      last = written.catch(() => undefined);
      return written;
    },
    async release() {
      await last;
      poison ??= new BosunError("journal-failed", "The session was closed.");
      if (held.fence === fence) held.locked = false;
    },
  };
}

const unreadable = (scanned: { readonly lines: number; readonly badTail: number }): boolean => scanned.lines === 0 && scanned.badTail > 0;
const failure = (code: "blob-missing" | "session-exists" | "session-newer" | "session-missing" | "journal-damaged" | "session-busy", says: string) =>
  ({ ok: false, error: new BosunError(code, says) }) as const;
const missing = (session: SessionId) => failure("session-missing", `There is no session "${session}" here.`);
const damaged = (session: SessionId) => failure("journal-damaged", `The journal of "${session}" has no line that can be read.`);
const busy = () => failure("session-busy", "This session is being written by another holder.");
