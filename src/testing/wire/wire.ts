// What the server needs to know of a vendor's protocol. A further protocol is a further file of this shape, listed in model-server.ts.
import type { Json, JsonObject } from "../../base/index.ts";
import type { FilledReply, Turn } from "../script.ts";

export type WireName = "anthropic" | "openai-chat" | "openai-responses" | "gemini";
export type SegmentName = "tools" | "system" | "messages";
export const segmentNames: readonly SegmentName[] = ["tools", "system", "messages"];

/** The unit of caching, in prefix order: a tool, a system block, a block of a message. */
export interface Block {
  readonly segment: SegmentName;
  /** JSON without cache markers; the first block of a message begins with its role. */
  readonly text: string;
  readonly tokens: number;
  /** A cache breakpoint stands after this block, with this life. */
  readonly breakpoint?: "5m" | "1h";
  /** It is the last of what a user or a tool said: where an implicit breakpoint may stand. */
  readonly endsTurn?: true;
}

/** A request that passed the vendor's rules, in words that all wires share. */
export interface RequestView {
  readonly model: string;
  readonly stream: boolean;
  /** Tokens reserved for the answer; 0 when the request does not say. */
  readonly maxOutput: number;
  readonly blocks: readonly Block[];
  /** Parameters whose change breaks the whole prefix, and those that break it from the messages on. */
  readonly wholeKey: string;
  readonly messagesKey: string;
  /** How long what this request caches lives, in milliseconds, where a breakpoint does not say so. */
  readonly cacheLife: number;
  /** OpenAI from GPT-5.6 on: whether a breakpoint stands after the newest turn beside the explicit ones. Absent: other rules. */
  readonly breakpoints?: "implicit" | "explicit";
  readonly tools: readonly string[];
  readonly systemText: string;
  /** What a user wrote last (tool results apart). */
  readonly userText: string;
  /** Every text of system and messages, in order: where variables are looked for. */
  readonly texts: readonly string[];
  readonly messages: number;
  readonly results: readonly ToolResultView[];
}
export interface ToolResultView {
  readonly tool: string;
  readonly text: string;
  /** Absent where the wire can't say it. */
  readonly failed?: boolean;
}

export interface BilledUsage {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly cacheWriteLong: number;
  readonly reasoning: number;
}

export interface Answer {
  readonly id: string;
  readonly model: string;
  readonly parts: readonly FilledReply[];
  readonly finish: NonNullable<Turn["finish"]>;
  readonly usage: BilledUsage;
  readonly createdAt: number;
}

/** One event of a stream. `place` tells faults where they are. */
export interface Frame {
  readonly place: "start" | "thinking" | "text" | "arguments" | "other" | "finish";
  readonly text: string;
}

export interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly parameter?: string;
  readonly code?: string;
}

export interface Limits {
  readonly contextWindow: number;
  readonly maxOutput: number | undefined;
}

export interface Wire {
  readonly name: WireName;
  readonly path: string;
  /** What the path and its query say of the request, in the words of its body; undefined: not this wire. Absent: `path` is the whole path. */
  route?(path: string): JsonObject | undefined;
  readonly idHeader: string;
  readonly callIdPrefix: string;
  readonly answerIdPrefix: string;
  /** What proves that this model wrote this reasoning. Absent: the same on every wire. */
  sign?(text: string, model: string): string;
  /** Items of the answer that may come back only with another one of it: each with the id of that. */
  needs?(answer: Answer): readonly (readonly [item: string, needed: string])[];
  /** The key that came, or undefined. */
  key(headers: Headers): string | undefined;
  /** The vendor's rules on headers and body; undefined when the request is sound. */
  check(headers: Headers, body: JsonObject, known: Signatures): Refusal | undefined;
  /** Only for a body that passed `check`. */
  view(body: JsonObject): RequestView;
  checkLimits(view: RequestView, tokens: number, limits: Limits): Refusal | undefined;
  unknownModel(model: string): Refusal;
  /** `retryAfter`: milliseconds, where the vendor says them in the body. */
  errorBody(refusal: Refusal, requestId: string, retryAfter?: number): Json;
  /** The vendor's name for a status, and its words where a script gives none. */
  statusError(status: number, message: string | undefined): Refusal;
  frames(answer: Answer, body: JsonObject): Frame[];
  errorFrame(type: string, message: string): Frame;
  /** Frames that no client knows: after the start, in the middle, before the finish. */
  unknownFrames(answer: Answer): { readonly early: Frame; readonly middle: Frame; readonly late: Frame };
  whole(answer: Answer): JsonObject;
  models(ids: readonly string[]): Json;
}

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Which reasoning was signed with what, so that a changed text is found out. */
export interface Signatures {
  textOf(signature: string): string | undefined;
  /** The id of the reasoning without which this item is refused. */
  neededBy(item: string): string | undefined;
}

export const header = (headers: Headers, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === "string" ? value : value?.[0];
};

export const bearer = (headers: Headers): string | undefined => /^Bearer\s+(\S+)$/i.exec(header(headers, "authorization") ?? "")?.[1];

/** A block or item without its cache markers; those inside a tool result's content and a call's output go too. */
export function withoutMarkers(block: Json): Json {
  if (block === null || typeof block !== "object" || Array.isArray(block)) return block;
  const { cache_control: _marker, prompt_cache_breakpoint: _breakpoint, ...rest } = block as JsonObject;
  if (rest.type === "function_call_output" && Array.isArray(rest.output)) return { ...rest, output: (rest.output as readonly Json[]).map(withoutMarkers) };
  if (rest.type !== "tool_result" || !Array.isArray(rest.content)) return rest;
  return { ...rest, content: (rest.content as readonly Json[]).map(withoutMarkers) };
}

/** Cuts text into pieces of about `size` characters, never inside a surrogate pair, at least `least` of them if it is long enough. */
export function pieces(text: string, size = 24, least = 1): string[] {
  const letters = [...text];
  const step = Math.max(1, Math.min(size, Math.ceil(letters.length / least)));
  const result: string[] = [];
  for (let start = 0; start < letters.length; start += step) result.push(letters.slice(start, start + step).join(""));
  return result;
}

export const asList = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);
export const asObject = (value: Json | undefined): JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
export const asText = (value: Json | undefined): string => (typeof value === "string" ? value : "");
