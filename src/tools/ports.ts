// What tools need of other rooms, as narrow as it goes. Bound in src/index.ts, replaced in tests.
import type { FileState, Outcome } from "../base/index.ts";

/** Files of the person's project. Paths are absolute. Nothing here throws for what a file system may answer. */
export interface FilesPort {
  /** At most `limit` bytes from `offset`. */
  read(path: string, offset: number, limit: number): Promise<FileRead>;
  /** Hash and mode as they are now, without holding the content in memory. */
  state(path: string): Promise<FileState>;
  /** What stands at a path, links not followed for `link`. */
  look(path: string): Promise<FileLook>;
  /**
   * Replaces a file as one step: temporary file beside it, sync, rename, folder sync. Fails without effect
   * when the file is no longer in the state `before`. Makes missing folders. A link is written through, not replaced.
   */
  replace(before: FileState, bytes: Uint8Array, mode: number): Promise<Outcome<FileState>>;
}
export type FileRead = { readonly ok: true; readonly bytes: Uint8Array; readonly size: number } | { readonly ok: false; readonly code: string; readonly says: string };
export interface FileLook {
  readonly kind: "file" | "folder" | "other" | "absent" | "unreadable";
  /** Absolute path with links resolved; for an absent file, of the nearest folder that exists plus the rest. */
  readonly real: string;
  readonly size: number;
}

export interface ShellRequest {
  readonly command: string;
  readonly cwd: string;
  /** Milliseconds until the whole process group is ended. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  /** Called with output as it comes, for people. */
  readonly onOutput: (text: string) => void;
  /** Called once, when the process runs: journal point J5. */
  readonly onStart: (process: ProcessIdentity) => void;
}
export interface ProcessIdentity {
  readonly pid: number;
  readonly group: number;
  /** Start time as the kernel counts it; with the pid it names a process for ever. Null where it can't be had. */
  readonly started: string | null;
}
export interface ShellOutcome {
  readonly ended: "exited" | "signalled" | "timed-out" | "aborted" | "not-started";
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Combined output in the order it came, bounded: beginning and end, with the count of bytes left out between. */
  readonly head: string;
  readonly tail: string;
  readonly omittedBytes: number;
  readonly totalBytes: number;
  /** SHA-256 of the blob with the whole (bounded) output, when something was left out. */
  readonly blob: string | null;
  /** The shell's working folder at its end; null when it could not be read. */
  readonly cwd: string | null;
  readonly milliseconds: number;
  /** What kept it from starting, or what else the person must know. */
  readonly says?: string;
}
export interface ShellPort {
  run(request: ShellRequest): Promise<ShellOutcome>;
  /** The folder the next command starts in. */
  cwd(): string;
}

export interface BlobsPort {
  put(bytes: Uint8Array): Promise<Outcome<string>>;
  get(sha256: string): Promise<Outcome<Uint8Array>>;
}

/** What the model has seen of files in this session. */
export interface SeenPort {
  /** Last seen state, and its text while it is still in memory. */
  get(path: string): { readonly state: FileState; readonly text: string | null } | undefined;
  /** Keeps the text of a state that the result reports in `seen`, for a later diff. */
  keep(state: FileState, text: string): void;
}

export type TodoState = "pending" | "doing" | "done";
export interface TodoItem {
  readonly text: string;
  readonly state: TodoState;
}
export interface TodoPort {
  list(): readonly TodoItem[];
  /** Replaces the whole list; durable with the next request. */
  replace(items: readonly TodoItem[]): Promise<void>;
}

export interface Ports {
  readonly files: FilesPort;
  readonly shell: ShellPort;
  readonly blobs: BlobsPort;
  readonly seen: SeenPort;
  readonly todo: TodoPort;
  /** Path of the ripgrep program. */
  ripgrep(): Promise<string>;
}
