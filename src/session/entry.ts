// Journal v1: what a line can say. Frozen: fields may be added to a body, none renamed, removed or given
// another meaning. A reader passes over types it does not know, unless the line says in `needs` that it must not:
// then, and for a step state it does not know, the session is read-only for it.
import type { EntryId, FileState, Json, RequestId, SessionId, StepId } from "../base/index.ts";
import type { Amount, BudgetRuling, Projection } from "../budget/index.ts";
import type { AssistantMessage, ContentPart, Message, ModelFailure, ToolSpec, Usage } from "../model/index.ts";
import type { Decision } from "../permissions/index.ts";
import type { StepChange, StepProcess, TaskChange } from "../workflow/index.ts";

export const journalVersion = 1;

/** A named piece of the prompt prefix and the hash of its rendered bytes. */
export interface Segment {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

export type RunEnd =
  | { readonly reason: "answered"; readonly text: string }
  | { readonly reason: "budget"; readonly ruling: Extract<BudgetRuling, { readonly fits: false }> }
  /** Somebody has to decide; the decision arrives later as an entry and the next run goes on at the gate. */
  | {
      readonly reason: "awaiting";
      readonly steps: readonly {
        readonly step: StepId;
        readonly asking: string;
        readonly tool: string;
        readonly subject: string;
        /** Set where it waits for something else than a decision: for what, and the next move. */
        readonly says?: string;
      }[];
    }
  | { readonly reason: "turns"; readonly limit: number }
  | { readonly reason: "context-exhausted"; readonly says: string }
  | {
      readonly reason: "breaker";
      readonly name: string;
      readonly failures: number;
      readonly says: string;
      /** "spend-per-minute": US dollars that a minute may cost, that it did, that open calls and the next one may. */
      readonly spending?: { readonly limit: number; readonly spent: number; readonly reserved: number; readonly projected: number };
    }
  | { readonly reason: "refused"; readonly says: string }
  | { readonly reason: "model-error"; readonly failure: ModelFailure; readonly attempts: number }
  | { readonly reason: "aborted"; readonly says: string }
  /** The journal could not be written: nothing was done after that point. Never itself an entry. */
  | { readonly reason: "journal"; readonly says: string }
  | { readonly reason: "lost-lease"; readonly says: string };

/** The prompt's head, rendered once and replayed byte for byte on every later request and resume. */
export interface Prefix {
  readonly tools: readonly ToolSpec[];
  readonly system: readonly { readonly name: string; readonly text: string }[];
  /** Put before the first user message. */
  readonly environment: string;
}

/** The tools of a session beside those in its head, as they were when it was rendered. */
export interface LatchedPool {
  /** Found through `find_tool`; the hash is of what a model would be shown of each. */
  readonly deferred: readonly DeferredTool[];
  readonly absent: readonly { readonly name: string; readonly why: string }[];
}
export interface DeferredTool {
  readonly name: string;
  readonly sha256: string;
}

/** No steps, no queue, no open requests, no spend, no grants: a fork has what was said and seen, and nothing else. */
export interface Inherited {
  /** The conversation; calls that were open are closed in words. */
  readonly messages: readonly Message[];
  readonly prefix: Prefix | null;
  /** Where and when, as the model was last told. */
  readonly environment: string | null;
  readonly settings: Readonly<Record<string, string>>;
  /** In the order in which they were first seen. */
  readonly seen: readonly FileState[];
  readonly loaded: readonly string[];
  readonly shellCwd: string | null;
  /** The list of things to do. */
  readonly todo: readonly TaskChange[];
  /** Argument hashes of calls whose effect is not known. */
  readonly unknownEffects: readonly string[];
  readonly firstPrompt: string | null;
  /** What the provider's cache and the next estimate are judged by. */
  readonly lastModel: ModelName | null;
  readonly lastReply: LastReply | null;
  readonly lastSegments: readonly Segment[];
  /** Payloads that the inherited results speak of: kept as long as this journal is. */
  readonly blobs: readonly string[];
  /** What the origin had lost without its model having been told. */
  readonly losses?: readonly Loss[];
  /** With the tools that came since. */
  readonly pool?: LatchedPool;
  /** What the person said, oldest first; absent: not told apart from what bosun noted. */
  readonly said?: readonly string[];
  /** Skills that were opened since the person last spoke. */
  readonly skills?: readonly OpenedSkill[];
}

/** A skill that was opened, as its result recorded it. */
export interface OpenedSkill {
  readonly skill: string;
  /** What it limits itself to; null: it does not. */
  readonly allowedTools: readonly string[] | null;
}

/** A part of a journal that cannot be read any more. */
export interface Loss {
  /** One name for the same loss whenever the journal is read: what the note that tells of it carries. */
  readonly name: string;
  /** How many; 0: bytes that are no line of this journal. */
  readonly lines: number;
  /** Times of the last line before it and the first one after it, milliseconds since 1970; null where that is not known. */
  readonly from: number | null;
  readonly to: number | null;
  /** Where its bytes still are, in words for the person; null: nowhere. */
  readonly kept: string | null;
}

export interface ModelName {
  readonly provider: string;
  readonly model: string;
}

export interface LastReply {
  readonly usage: Usage;
  readonly usageFinal: boolean;
  /** Length of the conversation with this reply. */
  readonly messages: number;
  readonly at: number;
  /** When it was asked for: the life of what it left in the cache is counted from soon after. */
  readonly asked?: number;
  /** How long the call took. */
  readonly seconds?: number;
}

/** What a request should find in the provider's cache, said before it is sent. */
export interface CacheForecast {
  /**
   * "first": nothing was sent before. "small": the prompt before was below what is cached. "warm": it begins with the one before.
   * "expired": too much time has passed since. "broken": it does not begin with the one before.
   */
  readonly state: "first" | "small" | "warm" | "expired" | "broken";
  /** Tokens that the request before left in the cache, and how many of them this one should read. */
  readonly known: number;
  readonly warm: number;
  /** By the first segment that differs; absent: none does. */
  readonly broken?: CacheBreak;
}
export interface CacheBreak {
  readonly segment: string;
  /** Number of the break vector (docs/cache.md). */
  readonly vector: number;
  /** What did it, in words: which model, setting, server, file. */
  readonly cause: string;
  /** Tokens that have to be written again which could have been read, and what that costs; null: the price is not known. */
  readonly tokens: number;
  readonly usd: number | null;
  /** Further segments that differ. */
  readonly also?: readonly string[];
}
/** What became of it, by the provider's own count. */
export interface CacheOutcome {
  /**
   * "kept": what was known was read. "changed": we changed the prompt. "expired": too much time had passed, by our clock.
   * "evicted": neither; the provider had dropped it. "unreported": its count is missing, or it never reported a cache in this session.
   */
  readonly verdict: "first" | "small" | "kept" | "changed" | "expired" | "evicted" | "unreported";
  /** Tokens that were known and were not read, and what that cost; null: the price is not known. */
  readonly missed: number;
  readonly usd: number | null;
}

export type EntryBody =
  /** First line of every journal. A fork names its origin and inherits no spend. */
  | {
      readonly type: "session";
      readonly session: SessionId;
      readonly cwd: string;
      readonly root: string;
      readonly version: string;
      readonly origin?: { readonly session: SessionId; readonly seq: number; readonly prev: string };
    }
  /** What the next runs hold to, until it is set again. */
  /** `budget`: the limits that were given to the session itself, JSON of a `Budget`. */
  /** `effort`, `wire` (of OpenAI's protocols): "" where the model's default, or no protocol of several, is kept to. */
  | { readonly type: "setting"; readonly name: "model" | "mode" | "agent" | "title" | "budget" | "effort" | "wire"; readonly value: string }
  /**
   * Second line of a fork: what the lines of its origin added up to, in the origin's own words. Without it the conversation
   * would have no beginning, so a reader that does not know it must not go on with the session.
   */
  | ({ readonly type: "inherited"; readonly needs: readonly ["inherited"] } & Inherited)
  | { readonly type: "prefix"; readonly prefix: Prefix; readonly loaded: readonly string[]; readonly pool?: LatchedPool }
  /** J0. `queued`: the input entry that this came from; `parts` hold. */
  | { readonly type: "user"; readonly parts: readonly ContentPart[]; readonly queued?: EntryId }
  /** Input that came while the agent worked, or that a later turn will take up. */
  | { readonly type: "input"; readonly parts: readonly ContentPart[] }
  /** Appended to the conversation by bosun itself: a reminder, a changed AGENTS.md … */
  | {
      readonly type: "note";
      readonly about: string;
      readonly parts: readonly ContentPart[] /** Instruction files in it. */;
      readonly loaded?: readonly string[];
      /** About "journal-loss": names of the losses it tells of. */
      readonly tells?: readonly string[];
      /** About "tools": what came since the head was rendered, or changed, and is found through `find_tool`. */
      readonly tools?: readonly DeferredTool[];
    }
  /**
   * J1: one attempt at a model call. `purpose` "turn" is the conversation itself; every other one (a classifier, a
   * summary) counts in the books and nowhere else. A request is closed once, by the first line that names it.
   */
  | {
      readonly type: "request";
      readonly request: RequestId;
      readonly purpose: string;
      readonly provider: string;
      readonly model: string;
      readonly segments: readonly Segment[];
      readonly projection: Projection;
      readonly attempt: number;
      /** Of a turn. */
      readonly cache?: CacheForecast;
    }
  /** J2: the reply, complete and strictly parsed. Settles the reservation of its request. */
  | {
      readonly type: "reply";
      readonly request: RequestId;
      readonly purpose: string;
      readonly message: AssistantMessage;
      readonly usage: Usage;
      readonly usageFinal: boolean;
      readonly cost: Amount;
      /** False: the provider's count is missing or cannot be true; `cost` is then the worst case. */
      readonly confirmed: boolean;
      readonly wire?: Readonly<Record<string, string>>;
      /** Of a turn. */
      readonly cache?: CacheOutcome;
    }
  /** The attempt gave no usable reply. `cost`: what has to be counted for it. */
  | {
      readonly type: "request-failed";
      readonly request: RequestId;
      readonly purpose: string;
      readonly failure: ModelFailure;
      readonly usage: Usage;
      readonly cost: Amount;
      readonly confirmed: boolean;
      readonly retryIn: number | null;
    }
  | { readonly type: "task"; readonly change: TaskChange }
  | { readonly type: "step"; readonly change: StepChange }
  /** J5. */
  | { readonly type: "process"; readonly process: StepProcess }
  /** J3. `asking`: the question it answers; the first answer to a question counts. */
  | { readonly type: "decision"; readonly step: StepId; readonly asking?: string; readonly decision: Decision }
  /** J8: what the lines numbered `from` to `to` put into the conversation is shown to the model as `stand`, from here on. */
  | {
      readonly type: "compaction";
      readonly strategy: string;
      readonly from: number;
      readonly to: number;
      readonly stand: readonly Message[];
      readonly receipt: Json;
    }
  /** A bad tail was copied aside and cut off when the journal was opened. */
  | { readonly type: "repair"; readonly cut: number; readonly lines: number; readonly aside: string }
  /** Lines that can't be read stand between these two; they are kept and passed over, never silently. */
  | { readonly type: "gap"; readonly afterSeq: number; readonly fromByte: number; readonly toByte: number; readonly says: string }
  | { readonly type: "end"; readonly end: RunEnd; readonly files?: readonly FileState[] };

export type EntryType = EntryBody["type"];

/** One line: linear, numbered from 0, chained. */
export type Entry = EntryBody & {
  readonly v: 1;
  readonly seq: number;
  readonly id: EntryId;
  /** Names of features without which this line must not be passed over. */
  readonly needs?: readonly string[];
  /** Milliseconds since 1970, for people; order is `seq`. */
  readonly ts: number;
  /** SHA-256 of the line before, without its newline; 64 zeros on the first line. */
  readonly prev: string;
};

/**
 * Which lines must be on the disk before the append is said to be done (DESIGN §3). The others are written at
 * once and share the next sync: the request line carries every result before a model sees it.
 */
export function mustSync(body: EntryBody): boolean {
  switch (body.type) {
    case "session":
    case "setting":
    case "prefix":
    case "note":
    case "task":
    case "process":
      return false;
    // somebody was told that their answer counts
    case "decision":
      return body.asking !== undefined;
    case "user":
    case "input":
    case "request":
    case "reply":
    case "request-failed":
    case "compaction":
    case "repair":
    case "gap":
    case "end":
    case "inherited":
      return true;
    case "step":
      return stepMustSync(body.change);
  }
}

function stepMustSync(change: StepChange): boolean {
  switch (change.to) {
    case "executing":
      return change.intent.redo !== "safe" || (change.intent.class !== "read" && change.intent.class !== "none");
    case "awaiting-approval":
    case "unknown":
    case "reconciled":
      return true;
    case "planned":
    case "done":
    case "failed":
    case "denied":
    case "cancelled":
      return false;
  }
}
