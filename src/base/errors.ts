// Errors that reach a person or a program: one base, a code, whether trying again can help, and the next move.
// docs/errors.md is generated from this table (npm run docs).

export interface ErrorKind {
  readonly title: string;
  /** Whether the same call can succeed later without anybody changing anything. */
  readonly retryable: boolean;
  /** What the person does next, one sentence. */
  readonly next: string;
}

export const errorKinds = {
  "usage": { title: "The command line cannot be understood", retryable: false, next: "Read `bosun --help` and call again." },
  "settings-malformed": { title: "A settings file cannot be read", retryable: false, next: "Mend the named line of the file." },
  "model-unknown": { title: "No such model or provider", retryable: false, next: "Choose one from `bosun models`." },
  "model-missing": { title: "No model is configured", retryable: false, next: "Set a key, start a local server, or try `bosun demo`." },
  "key-missing": { title: "The provider needs a key", retryable: false, next: "Set the named environment variable." },
  "folder-unreadable": {
    title: "The working folder cannot be read",
    retryable: false,
    next: "Check the path and its permissions, or choose another with --cwd.",
  },
  "session-busy": { title: "Another process writes to this session", retryable: true, next: "Wait for it, start a new session, or open this one read-only." },
  "lease-lost": { title: "Another holder took the session over", retryable: false, next: "It goes on there; open it read-only here." },
  "session-missing": { title: "No such session", retryable: false, next: "List them with `bosun sessions`." },
  "session-exists": { title: "A session of this name exists", retryable: false, next: "Continue it with --resume, or choose another name." },
  "session-newer": { title: "The session was written by a newer bosun", retryable: false, next: "Upgrade bosun; here it can only be read." },
  "journal-damaged": {
    title: "The journal cannot be read",
    retryable: false,
    next: "Nothing was changed. Read it with `bosun sessions show`, or start a new session.",
  },
  "journal-failed": { title: "The journal cannot be written", retryable: true, next: "Free space or mend the disk, then continue with --resume." },
  "lock-unavailable": { title: "The file system has no working locks", retryable: false, next: "Set BOSUN_HOME to a folder on a local disk." },
  "index-failed": {
    title: "The index of sessions cannot be used",
    retryable: true,
    next: "Free space, mend the permissions of its folder, or set BOSUN_HOME to a folder on a local disk; the file may be deleted at any time, it is made again.",
  },
  "session-ambiguous": { title: "Several sessions fit", retryable: false, next: "Give more of the identifier." },
  "blob-missing": {
    title: "A stored payload is missing or damaged",
    retryable: false,
    next: "The rest of the session is usable; run the call again if its output matters.",
  },
  "file-changed": {
    title: "A file is no longer what the change was made for",
    retryable: false,
    next: "Read it again and repeat the change on what it says now.",
  },
  "file-failed": { title: "A file cannot be written", retryable: false, next: "Check the path, its permissions and the free space." },
  "plugin-refused": { title: "A plugin cannot be used", retryable: false, next: "`bosun plugins` says what stands against it." },
  "script-malformed": { title: "A model script cannot be read", retryable: false, next: "Compare it with docs/model-server.md." },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

const marker = Symbol.for("bosun.error");

/** The only error class of bosun. `says` is what happened here; the message adds the next move. */
export class BosunError extends Error {
  override readonly name = "BosunError";
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly says: string;
  readonly [marker] = true;

  constructor(code: ErrorCode, says: string, options?: { readonly cause?: unknown; readonly next?: string }) {
    const kind = errorKinds[code];
    super(`${says} ${options?.next ?? kind.next}`, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.says = says;
    this.retryable = kind.retryable;
  }

  /** Works across several copies of the package in one process. */
  static isInstance(value: unknown): value is BosunError {
    return typeof value === "object" && value !== null && marker in value;
  }
}

/** A failure of the world as a value. */
export type Outcome<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: BosunError };

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
/** The `code` of a system error (ENOENT, ENOSPC …), or "" when there is none. */
export function codeOf(thrown: unknown): string {
  return typeof thrown === "object" && thrown !== null && "code" in thrown ? String(thrown.code) : "";
}
