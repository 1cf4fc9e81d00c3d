// The tool contract. Frozen: everything above is built on it.
//
// Owns: the shape of a tool; what `prepare` and `commit` may do.
// Invariants
//  T1  Metadata is data. Listing, filtering, judging and partitioning use it alone; `load()` is the only
//      import of an implementation.
//  T2  `prepare` reads only: it is given ports that can do nothing else. Dropping what it returns leaves no trace.
//  T3  Effects exist only in `commit`, through the ports it is given there, which are dead once it has settled. It is
//      called at most once, in agent/execute.ts, after the intent {before, after} is durable.
//  T4  `commit` checks `before` again and fails without effect when it no longer holds.
//  T5  A failure of the world is a ToolResult with `failed: true`; where the effect may have happened all the same it
//      says `effect: "unknown"`. A throw is a bug and counts as an unknown effect, never repeated by itself.
//  T6  When the signal aborts, `prepare` and `commit` return soon, with what is known by then.
import type { FileState, Json, SessionId } from "../base/index.ts";
import type { ToolResult, ToolSpec } from "../model/index.ts";
import type { EffectPorts, ReadPorts } from "./ports.ts";

/**
 * What a call may do at most. "none" touches nothing but the session's own books; "read" changes nothing;
 * "write" changes files that it names beforehand; "execute" runs a program; "network" sends something out; "agent" hands
 * work to a session of its own, whose journal tells after a crash how far it came.
 */
export type Effect = "none" | "read" | "write" | "execute" | "network" | "agent";
export type Tier = "builtin" | "plugin" | "skill";
export type Source =
  | { readonly tier: "builtin" }
  /** `server`: the MCP server it came from. */
  | { readonly tier: "plugin"; readonly id: string; readonly server?: string }
  | { readonly tier: "skill"; readonly path: string };

/**
 * An input field that the permission rules look at, and as what. `field` is a name, or a path of names with "*" for
 * the items of a list ("edits/*" + "/path"). Every subject of a call must be allowed.
 */
export type Subject =
  | { readonly kind: "path"; readonly field: string /** The path when the field is absent. */; readonly otherwise?: "cwd" }
  | { readonly kind: "command"; readonly field: string }
  | { readonly kind: "domain"; readonly field: string }
  /** A name that rules match as such: of a skill, of a kind of agent. */
  | { readonly kind: "name"; readonly field: string };

export interface ToolMeta extends ToolSpec {
  readonly source: Source;
  /** One line for people: what this tool answers for. */
  readonly responsibility: string;
  readonly effect: Effect;
  /**
   * What recovery may do with a call that was executing when the process died. "safe": make it again. For effect "network"
   * that is a promise about the server: the same call with the same `key` again has no second effect.
   */
  readonly redo: "safe" | "check" | "never";
  /** A failure of it does not hold up later changes of the same reply. */
  readonly independent?: true;
  /** Empty: nothing outside the session's own books is at stake. */
  readonly subjects: readonly Subject[];
}

export interface ToolContext {
  /** The session's working folder, absolute and real. Relative paths are meant from here. */
  readonly cwd: string;
  /** Root of the project: what "inside" means. */
  readonly root: string;
  readonly signal: AbortSignal;
  /** Idempotency key of this call: stable over retries and resumes, for servers that take one. */
  readonly key: string;
  readonly ports: ReadPorts;
  /** Progress for people: streamed as an event, never journaled. */
  progress(detail: Json): void;
}

/** What a call would do, found by reading alone. */
export interface Prepared {
  /** For the person who is asked: a diff, a command, a list of paths. */
  readonly preview: Preview;
  /** Files the effect depends on, as they are now. */
  readonly before: readonly FileState[];
  /** Every file of `before` as `commit` will leave it; null where that is not known beforehand (a command). */
  readonly after: readonly FileState[] | null;
  /** What stands in the files of `before`: kept as payloads, for a later diff or undo. Large ones may be left out. */
  readonly images?: readonly Uint8Array[];
  /**
   * Effect "agent": the session that `commit` begins and hands the work to, named from the call's `key`, so that there is
   * never a second one. Nothing of the work is done before that session's own journal is there.
   */
  readonly child?: SessionId;
  commit(effects: EffectPorts): Promise<ToolResult>;
}

export type Preview =
  | { readonly kind: "none" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "diff"; readonly path: string; readonly diff: string; readonly added: number; readonly removed: number }
  | { readonly kind: "command"; readonly command: string; readonly cwd: string };

/** Input is schema-valid when this is called. A ToolResult instead of Prepared: the call cannot be done; nothing happens. */
export type Prepare = (input: Json, context: ToolContext) => Promise<Prepared | ToolResult>;

/**
 * Effect "agent": goes on with the session `child` that an earlier process began and did not end, by that name alone. It may
 * not have its task yet; then it is given now. "busy": another process has it. Called at most once in a process, when the
 * parent session goes on, in place of `commit`; what holds for `commit` (T5, T6) holds for it.
 */
export type ResumeChild = (child: SessionId, input: Json, context: ToolContext) => Promise<ToolResult | "busy">;

/** Metadata and the one way to the implementation. */
export interface Tool extends ToolMeta {
  load(): Promise<Prepare>;
  /** Effect "agent"; absent: a session that did not end is left as it is, and its call is unknown. */
  loadResume?(): Promise<ResumeChild>;
}

export const isPrepared = (value: Prepared | ToolResult): value is Prepared => "commit" in value;
