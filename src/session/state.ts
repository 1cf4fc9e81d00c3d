// What the entries of a session add up to. Nothing is kept that cannot be rebuilt from them.
import type { EntryId, FileState, RequestId, SessionId, StepId } from "../base/index.ts";
import type { Amount, Projection } from "../budget/index.ts";
import type { ContentPart, Message, ToolCall, Usage } from "../model/index.ts";
import type { Decision } from "../permissions/index.ts";
import type { Step, Task } from "../workflow/index.ts";
import type { LastReply, LatchedPool, Loss, ModelName, OpenedSkill, Prefix, RunEnd, Segment } from "./entry.ts";

/** A call of the last reply that has no result yet. */
export interface PendingCall {
  readonly call: ToolCall;
  /** Its place among the calls of the reply. */
  readonly index: number;
  /** Lines are missing from the journal since the reply: it may have begun, whatever its step says. */
  readonly tainted: boolean;
  /** Null until it is planned. */
  readonly step: Step | null;
}

export interface OpenRequest {
  readonly request: RequestId;
  readonly purpose: string;
  readonly projection: Projection;
  readonly attempt: number;
  readonly segments: readonly Segment[];
  /** Time of its line. */
  readonly at: number;
}

/** Read-only outside session/fold.ts. Grows in place: applying an entry costs the same on turn 5,000 as on turn 1. */
export interface SessionState {
  readonly session: SessionId | null;
  readonly cwd: string;
  readonly root: string;
  /** Which session this one was forked from, and its last line that counts here. */
  readonly origin: { readonly session: SessionId; readonly seq: number } | null;
  /** Entries folded so far; the next one has this number. */
  readonly length: number;
  /** The conversation as a model is shown it; calls still open are not in it (see `pending`). */
  readonly messages: readonly Message[];
  /** Open calls of the last reply, in the model's order. Empty: its results are all in `messages`. */
  readonly pending: readonly PendingCall[];
  /** The request whose reply these calls belong to. */
  readonly lastRequest: RequestId | null;
  readonly steps: ReadonlyMap<StepId, Step>;
  /** The steps of the last reply's calls, by the place of each among them; closed ones too. */
  readonly replySteps: ReadonlyMap<number, StepId>;
  /** Argument hashes of calls whose effect is not known: the same call again is always asked for. */
  readonly unknownEffects: ReadonlySet<string>;
  readonly tasks: ReadonlyMap<string, Task>;
  readonly decisions: readonly { readonly step: StepId; readonly asking?: string; readonly decision: Decision }[];
  /** The last decision on each step. */
  readonly answers: ReadonlyMap<StepId, { readonly asking: string | undefined; readonly decision: Decision }>;
  readonly settings: ReadonlyMap<string, string>;
  /** Rules that a person granted for this session. */
  readonly rules: readonly string[];
  /** Skills that were opened since the person last spoke. */
  readonly skills: readonly OpenedSkill[];
  readonly prefix: Prefix | null;
  /** The head that the last answered request had, where the session has another one since; else null. */
  readonly formerPrefix: Prefix | null;
  /** Strategy of the compaction since the last reply; null: there was none. */
  readonly compacted: string | null;
  /** When the last answered request was asked for, also where a compaction came since; milliseconds since 1970. */
  readonly askedAt: number | null;
  /** Tools that its head does not show, with those that came since; null: nothing is recorded of them. */
  readonly pool: LatchedPool | null;
  /** Where and when, as the model was last told. */
  readonly environment: string | null;
  /** What the person said since the session's beginning, oldest first: no notes, nothing queued, whatever was compacted. */
  readonly said: readonly string[];
  /** Input not yet taken up. */
  readonly queue: readonly { readonly id: EntryId; readonly parts: readonly ContentPart[] }[];
  /** Settled cost of replies and failed attempts, without open requests. */
  readonly spent: Amount;
  /** What was settled within a minute of the last settled call, oldest first; times in milliseconds since 1970. */
  readonly spending: readonly { readonly at: number; readonly usd: number }[];
  /** Requests without a closing line: counted at worst case, unconfirmed. */
  readonly openRequests: readonly OpenRequest[];
  readonly usage: Usage;
  /** The last answered request, which the next estimate is anchored on; null after a compaction. */
  readonly lastReply: LastReply | null;
  /** The last answered requests of the model in use since the last compaction, oldest first, at most 17: what its counts are known by. */
  readonly counts: readonly LastReply[];
  /** Which model the conversation last asked. */
  readonly lastModel: ModelName | null;
  /** Segments of the last answered request: a break is a difference from these. */
  readonly lastSegments: readonly Segment[];
  readonly seen: ReadonlyMap<string, FileState>;
  /** Paths of `seen` in the order they were first seen. */
  readonly seenPaths: readonly string[];
  /** Instruction files that the model was shown. */
  readonly loaded: readonly string[];
  readonly shellCwd: string | null;
  /** How the last run ended; null while one is under way or was cut off. */
  readonly end: RunEnd | null;
  /** A run began and has no end line: it is under way, or was cut off. */
  readonly running: boolean;
  readonly gaps: number;
  /** What of the journal is lost and the model was not told of yet. */
  readonly losses: readonly Loss[];
  /** Replies so far. */
  readonly turns: number;
  readonly firstPrompt: string | null;
}
