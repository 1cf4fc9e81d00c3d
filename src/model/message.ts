// What is said between a person, a model and its tools, free of any vendor's format.
// The journal stores these shapes: fields may be added, never renamed or given another meaning.
import type { CallId, Json, JsonSchema } from "../base/index.ts";

export interface ToolCall {
  readonly id: CallId;
  readonly tool: string;
  readonly input: Json;
}

export interface TextPart {
  readonly type: "text";
  readonly text: string;
}
export interface ImagePart {
  readonly type: "image";
  readonly mediaType: string;
  /** Base64, encoded once; the same bytes are sent every time. */
  readonly data: string;
}
/** Reasoning. `signature` is the vendor's proof that it wrote this; it goes back unchanged, or not at all. */
export interface ThinkingPart {
  readonly type: "thinking";
  readonly text: string;
  readonly signature?: string;
}
/** Reasoning that the vendor sent encrypted. */
export interface RedactedThinkingPart {
  readonly type: "redacted-thinking";
  readonly data: string;
}
export interface CallPart {
  readonly type: "call";
  readonly call: ToolCall;
}
/** A call that cannot be executed: its arguments are not JSON, or do not fit the tool's schema. It never runs. */
export interface RejectedCallPart {
  readonly type: "rejected-call";
  readonly id: CallId;
  readonly tool: string;
  /** What the model produced, to the letter. */
  readonly raw: string;
  readonly why: string;
}

export type ContentPart = TextPart | ImagePart;
/** In the model's own order: signatures and caches cover the order of blocks too. */
export type AssistantPart = TextPart | ThinkingPart | RedactedThinkingPart | CallPart | RejectedCallPart;

/** Tokens of one model call, as the provider counted them. The four do not overlap; their sum is what was processed. */
export interface Usage {
  /** Input that was neither read from the cache nor written to it. */
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** The part of `cacheWrite` that was written with a one-hour life. */
  readonly cacheWriteLong?: number;
  /** The part of `output` that was reasoning, where the provider says so. */
  readonly reasoning?: number;
}
export const noUsage: Usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };

export type Finish = "end" | "tool-calls" | "length" | "refusal" | "error" | "aborted";

export interface UserMessage {
  readonly role: "user";
  readonly parts: readonly ContentPart[];
}
export interface AssistantMessage {
  readonly role: "assistant";
  readonly parts: readonly AssistantPart[];
  /** Provider and model that wrote it: another vendor's reasoning is not replayed. */
  readonly provider: string;
  readonly model: string;
  readonly finish: Finish;
}
export interface ToolMessage {
  readonly role: "tool";
  readonly call: CallId;
  readonly tool: string;
  readonly parts: readonly ContentPart[];
  readonly failed: boolean;
}
export type Message = UserMessage | AssistantMessage | ToolMessage;

/** The part of a tool that a model is shown. */
export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  readonly input: JsonSchema;
}

export const callsOf = (message: AssistantMessage): readonly ToolCall[] => message.parts.flatMap((part) => (part.type === "call" ? [part.call] : []));
export const textOf = (message: { readonly parts: readonly { readonly type: string }[] }): string =>
  message.parts.map((part) => (part.type === "text" ? (part as TextPart).text : "")).join("");
