// What tools need of other rooms, as narrow as it goes. Bound in src/compose, replaced in tests.
import type { FileState, Json, Outcome } from "../base/index.ts";
import type { ToolSpec } from "../model/index.ts";
import type { Skill } from "./skills/skill.ts";

/** Files of the person's project. Paths are absolute. Nothing here throws for what a file system may answer. */
export interface FilesPort {
  /** At most `limit` bytes from `offset`. */
  read(path: string, offset: number, limit: number): Promise<FileRead>;
  /** Hash and mode as they are now, without holding the content in memory. Absent is a state; unreadable is a failure. */
  state(path: string): Promise<Outcome<FileState>>;
  /** What stands at a path, links not followed for `link`. */
  look(path: string): Promise<FileLook>;
  /** Names in a folder, sorted, at most `limit`; empty when it cannot be listed. */
  list(path: string, limit: number): Promise<readonly FolderEntry[]>;
}
export interface FolderEntry {
  readonly name: string;
  readonly kind: "file" | "folder" | "link" | "other";
}
/** What a commit may do to files. */
export interface FileChanges {
  /**
   * Replaces a file as one step: temporary file beside it, sync, rename, folder sync. Fails without effect
   * when the file is no longer in the state `before`. Makes missing folders. A link is written through, not replaced.
   */
  replace(before: FileState, bytes: Uint8Array, mode: number): Promise<Outcome<FileState>>;
}
export type FileRead =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly size: number }
  | { readonly ok: false; readonly code: string; readonly says: string };
export interface FileLook {
  readonly kind: "file" | "folder" | "other" | "absent" | "unreadable";
  /** Absolute path with links resolved; for an absent file, of the nearest folder that exists plus the rest. */
  readonly real: string;
  readonly size: number;
}

/** What is put around a command: it reads the project and no more; it may also write there; the file system as it is. */
export type Profile = "read-only" | "workspace" | "open";
/** Whether commands can be kept in a sandbox on this machine. `why`: what is missing, and the one command that mends it. */
export type SandboxState = { readonly works: true } | { readonly works: false; readonly why: string };
export interface SandboxReport {
  readonly profile: Profile;
  /** False: what the profile promises was not there. */
  readonly made: boolean;
  readonly why?: string;
}
/** Where a sandbox stopped a command. */
export interface Wall {
  readonly kind: "read" | "write" | "protected" | "secret" | "network" | "temporary";
  readonly path?: string;
  /** Which wall, and what would lift it. */
  readonly says: string;
}

export interface ShellRequest {
  readonly command: string;
  readonly cwd: string;
  /** Milliseconds until all of it is ended. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  /** Called with output as it comes, for people. */
  readonly onOutput: (text: string) => void;
  /** It goes on after this call as a job, without a time limit. */
  readonly background?: boolean;
  /** Absent: "open". */
  readonly profile?: Profile;
}
export interface ProcessIdentity {
  readonly pid: number;
  readonly group: number;
  /** Start time as the kernel counts it; with the pid it names a process for ever. Null where it can't be had. */
  readonly started: string | null;
  /** The system's boot that `started` counts from. */
  readonly boot?: string;
}
export interface ShellOutcome {
  /** "started": it goes on in the background. */
  readonly ended: "exited" | "signalled" | "timed-out" | "aborted" | "not-started" | "started";
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
  /** What goes on, all of it or what it left: a name for the jobs port, its process, the file its output goes to; kept: after the session too. */
  readonly job?: { readonly name: string; readonly pid: number; readonly path: string | null; readonly kept?: boolean };
  /** What kept it from starting, or what else the person must know. */
  readonly says?: string;
  /** What it ran in; absent when no profile was asked for. */
  readonly sandbox?: SandboxReport;
  /** The walls that it seems to have met. */
  readonly walls?: readonly Wall[];
}
export interface ShellPort {
  run(request: ShellRequest): Promise<ShellOutcome>;
}

/** Commands that go on after their call. They end with the session, unless the person said otherwise. */
export interface JobsPort {
  list(): readonly JobView[];
  get(job: string): JobView | null;
  /** At most `bytes` from `offset`; absent: from where the last reading ended. Null: there is no such job. */
  read(job: string, bytes: number, offset?: number): JobOutput | null;
  /** Resolves with whether it ended; false after the time or an abort. */
  wait(job: string, milliseconds: number, signal: AbortSignal): Promise<boolean>;
  /** Ends every process of it. */
  end(job: string): Promise<void>;
}
export interface JobView {
  readonly job: string;
  readonly command: string;
  readonly pid: number;
  readonly runs: boolean;
  /** Of the shell; null while it runs and when it is not known. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly milliseconds: number;
  /** Bytes printed so far. */
  readonly bytes: number;
  readonly path: string | null;
  /** What it printed last could not be written. */
  readonly cut?: boolean;
}
export interface JobOutput {
  readonly text: string;
  /** Bytes: where the text begins, where the next reading begins, how much there is. */
  readonly from: number;
  readonly to: number;
  readonly total: number;
}

/** What the model has seen of files in this session. */
export interface SeenPort {
  /** Last seen state, and its text while it is still in memory. */
  get(path: string): { readonly state: FileState; readonly text: string | null } | undefined;
}

export type TodoState = "pending" | "doing" | "done";
export interface TodoItem {
  readonly text: string;
  readonly state: TodoState;
}

/** The tools of this session that its prompt's head does not show, and the names of all that it may call. */
export type FindablePort = () => { readonly tools: readonly ToolSpec[]; readonly callable: ReadonlySet<string> };

/** The skills of this session. */
export interface SkillsPort {
  list(): readonly Skill[];
  /** Why a file is not read through a skill (a rule denies it, it may hold secrets …); null: it may be read. */
  refusal(path: string): string | null;
  /** Why an entry of allowed-tools can't be read as a rule; null: it can. */
  unreadable(entry: string): string | null;
}

/** What `prepare` works with: none of it changes anything. */
export interface ReadPorts {
  readonly files: FilesPort;
  readonly seen: SeenPort;
  /** The folder the next command starts in. */
  shellCwd(): string;
  todo(): readonly TodoItem[];
  /** Absent: every tool is in the prompt's head. */
  readonly findable?: FindablePort;
  /** Absent: there are none. */
  readonly skills?: SkillsPort;
  /** Found out at the first question. Absent: nobody set one up. */
  sandboxState?(): SandboxState;
  blob(sha256: string): Promise<Outcome<Uint8Array>>;
}

/** One call of a plugin's tool. */
export interface PluginCall {
  readonly plugin: string;
  /** As the model knows it. */
  readonly tool: string;
  readonly input: Json;
  readonly key: string;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}
export type PluginAnswer =
  | { readonly ended: "answered"; readonly text: string; readonly failed: boolean }
  /** It was never handed over: nothing was done. */
  | { readonly ended: "not-begun"; readonly says: string }
  /** It was handed over, and no answer came. */
  | { readonly ended: "lost"; readonly says: string };
export interface PluginsPort {
  call(request: PluginCall): Promise<PluginAnswer>;
}

/** What `commit` works with: bound to one step, dead once it has settled. */
export interface EffectPorts {
  readonly files: FilesPort & FileChanges;
  readonly shell: ShellPort;
  readonly jobs: JobsPort;
  /** Searches with ripgrep: arguments as a list, never a shell. Output is bounded. */
  search(request: SearchRequest): Promise<SearchOutcome>;
  putBlob(bytes: Uint8Array): Promise<Outcome<string>>;
  /** Keeps the text of a state that the result reports in `seen`, for a later diff. */
  keepSeen(state: FileState, text: string): void;
  /** Absent: no plugin is part of this session. */
  readonly plugins?: PluginsPort;
  /** Replaces the whole to-do list; durable with the next request. */
  replaceTodo(items: readonly TodoItem[]): Promise<void>;
}

export interface SearchRequest {
  readonly arguments: readonly string[];
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly timeout: number;
  /** Bytes of output after which the search is ended. */
  readonly limit: number;
}
export interface SearchOutcome {
  readonly ended: "exited" | "limited" | "timed-out" | "aborted" | "not-started";
  readonly exitCode: number | null;
  readonly output: Uint8Array;
  readonly says: string;
}
