// Where entries live: files by default, memory in tests, shared storage in a fleet.
import type { Outcome, SessionId } from "../base/index.ts";
import type { AnswerBox } from "./answers.ts";
import type { Entry } from "./entry.ts";

/** What opening found and did, for the person and the journal. */
export type Finding =
  | {
      readonly kind: "repair";
      readonly cut: number /** Whole lines among the bytes that were cut. */;
      readonly lines: number;
      readonly aside: string;
      readonly says: string;
    }
  /** Reading without the lock: what stands after the last whole line. */
  | { readonly kind: "tail"; readonly bytes: number; readonly says: string }
  /** There was not one line. */
  | { readonly kind: "empty" }
  | { readonly kind: "gap"; readonly afterSeq: number; readonly fromByte: number; readonly toByte: number; readonly says: string; readonly newer?: true }
  /** The payload of line `seq` is gone: what it held is missing. */
  | { readonly kind: "blob-missing"; readonly seq: number; readonly sha256: string }
  /** Line `seq` does not carry the hash of the line before it: somebody changed the journal. */
  | { readonly kind: "broken-chain"; readonly seq: number };

/**
 * What a line is to an effect: "begins" one, is needed to record one that has begun ("closes"), or neither. A store may
 * keep space for the second kind, so that a full disk does not hide what happened.
 */
export type LineRole = "begins" | "closes" | "plain";

/** The only way to write to a session. It holds the lock until `release`. */
export interface SessionWriter {
  readonly session: SessionId;
  /** Grows with every new holder; an append with an older one is refused where several machines can write. */
  readonly fence: number;
  /** Number of the next line and hash of the last one. */
  readonly next: { readonly seq: number; readonly prev: string };
  /**
   * Adds whole lines, after `payloads` are durable as blobs. Resolves when they are written, and with `sync`
   * when they are durable. Appends of one tick share one write and one sync.
   * Rejects with a BosunError (journal-failed) when either fails; after that every append does.
   */
  append(sequence: number, lines: readonly string[], sync: boolean, payloads?: readonly Uint8Array[], role?: LineRole): Promise<void>;
  release(): Promise<void>;
}

export interface OpenedSession {
  readonly writer: SessionWriter;
  readonly findings: readonly Finding[];
}

export interface SessionSummary {
  readonly session: SessionId;
  /** Where it lives. */
  readonly folder: string;
  /** Bytes of the journal: grows with every entry. */
  readonly bytes: number;
  readonly changed: number;
}

export interface SessionStore {
  /** Makes a new, empty session and takes its lock. Fails with session-exists. */
  create(session: SessionId): Promise<Outcome<SessionWriter>>;
  /** Takes the lock, repairs what a crash left, hands every entry to `visit` in order. */
  open(session: SessionId, visit: (entry: Entry) => void): Promise<Outcome<OpenedSession>>;
  /** Reads without the lock and without touching anything; what cannot be read arrives as findings. `hash`: of the entry's line. */
  read(session: SessionId, visit: (entry: Entry, hash: string) => void): Promise<Outcome<readonly Finding[]>>;
  list(): Promise<readonly SessionSummary[]>;
  putBlob(bytes: Uint8Array): Promise<Outcome<string>>;
  getBlob(sha256: string): Promise<Outcome<Uint8Array>>;
  /** Answers from other processes; absent: the store takes none, questions are answered where they are asked. */
  readonly answers?: AnswerBox;
}
