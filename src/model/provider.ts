// The one port to a model. Adapters stand behind it; nothing of a vendor's types passes through.
import type { CallId } from "../base/index.ts";
import type { AssistantMessage, Message, ToolCall, ToolSpec, Usage } from "./message.ts";

export interface SystemBlock {
  readonly text: string;
  /** A cache breakpoint stands after this block. */
  readonly cache: boolean;
}
/** How much a model thinks before it answers. Models that lack a level get their nearest one. */
export type Effort = "minimal" | "low" | "medium" | "high";
export interface ModelRequest {
  readonly model: string;
  readonly tools: readonly ToolSpec[];
  /** A cache breakpoint stands after the last tool. */
  readonly cacheTools: boolean;
  readonly system: readonly SystemBlock[];
  readonly messages: readonly Message[];
  /** Indexes into `messages` after which a cache breakpoint stands; with system and tools at most four. */
  readonly cacheAfter: readonly number[];
  readonly maxOutput: number;
  /** Absent: the model's own default, and not a byte about it. It is part of some vendors' cache key: keep it for a session. */
  readonly effort?: Effort;
  /** What keeps requests that share a prefix on one machine (OpenAI). Absent: made from the tools, the system text and the first message. */
  readonly cacheKey?: string;
  /** How long what is written to the cache lives where a request can say so (Anthropic). Absent: five minutes. */
  readonly cacheLife?: "5m" | "1h";
}

export type FailureClass =
  | "overloaded" // 529, 503, other 5xx: the provider cannot serve now
  | "rate-limited" // 429
  | "context-too-long" // the request exceeds the model's window
  | "authentication" // 401, 403, a missing or invalid key
  | "network" // no connection, a cut or stalled stream, an end without a finish
  | "refused" // the provider refuses this request as such: unknown model, policy, other 4xx
  | "aborted" // we ended it: an interrupt
  | "malformed"; // what came back does not follow the protocol: HTML, broken JSON, no message
/** Why a model call failed, in words a person can use. */
export interface ModelFailure {
  readonly class: FailureClass;
  readonly message: string;
  readonly status?: number;
  /** What the provider asked us to wait, in milliseconds. */
  readonly retryAfter?: number;
}

export type StreamPart =
  | { readonly type: "message-start"; readonly model: string }
  /** A tool's name is known; its arguments are still streaming. Nothing acts on it. */
  | { readonly type: "tool-matched"; readonly id: CallId; readonly tool: string }
  | { readonly type: "text-delta" | "thinking-delta"; readonly text: string }
  | { readonly type: "tool-call"; readonly call: ToolCall }
  | { readonly type: "call-rejected"; readonly id: CallId; readonly tool: string; readonly why: string }
  | {
      readonly type: "finish";
      readonly message: AssistantMessage;
      readonly usage: Usage;
      /** False when the stream ended before the provider said what it counted; then `usage` is a lower bound. */
      readonly usageFinal: boolean;
      /** Set when `message.finish` is "error". */
      readonly failure?: ModelFailure;
      /** What the adapter found worth recording: sha256 of the body and beta headers sent, warnings, vendor ids. */
      readonly wire?: Readonly<Record<string, string>>;
    };

/**
 * A provider never throws for request, network or model failures: they arrive as its finish part, which is
 * always the last part and always comes. One call to `stream` is one attempt: retries are the caller's.
 */
export interface Provider {
  readonly id: string;
  /** Which of OpenAI's protocols it speaks; absent: it has one alone. Reasoning that came over one does not go back over the other. */
  readonly wire?: "responses" | "chat";
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<StreamPart>;
  /** Tokens of a request's input by the provider's own count, where it has a call for that; null: it could not be had. Never rejects. */
  count?(request: ModelRequest, signal: AbortSignal): Promise<number | null>;
}
