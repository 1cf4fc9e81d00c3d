// What a scripted model says, as data. docs/model-server.md explains each field with examples.
import type { Json, JsonObject } from "../base/index.ts";

/** A whole script: one JSON file. */
export interface Script {
  readonly name: string;
  readonly description?: string;
  /**
   * "sequence" (default): turns are served in order, and a request that does not fit the next turn's matchers is refused.
   * "first-match": each request is served by the first turn that matches and is not used up (side requests, several agents).
   */
  readonly order?: "sequence" | "first-match";
  /** Models that exist. Absent: any name is served, with a window of 200,000 tokens. */
  readonly models?: readonly ScriptModel[];
  /** Values for `{{name}}` in texts and inputs. */
  readonly variables?: Readonly<Record<string, Variable>>;
  /** Pace of every turn that has none of its own. */
  readonly delay?: Delay;
  readonly turns: readonly Turn[];
  /** What a request gets when all turns are used up. Default "error". */
  readonly afterwards?: Afterwards;
}

export interface ScriptModel {
  readonly id: string;
  /** Tokens of input and reserved output together that fit. Default 200,000. */
  readonly contextWindow?: number;
  /** The highest max_tokens that is accepted. Default: no limit but the window. */
  readonly maxOutput?: number;
  /** The shortest prefix, in tokens, that is cached. Default: by the model's name, see cache.ts. */
  readonly minimumCached?: number;
}

/** A fixed text, or a pattern whose first group is taken from where the request's system and message texts match it first. */
export type Variable = string | { readonly matches: string };

export type Afterwards = "error" | "end" | "repeat-last" | "loop";

export interface Turn {
  /** For error messages and records only. */
  readonly title?: string;
  readonly match?: Match;
  /** How many requests it serves. Default 1. */
  readonly repeat?: number | "always";
  readonly delay?: Delay;
  readonly reply: readonly Reply[];
  /** Why the model stopped. Default: "tool-calls" when there are calls, else "end". */
  readonly finish?: "end" | "tool-calls" | "length" | "refusal";
  /** Replaces single figures of the usage that is computed. */
  readonly usage?: UsageOverride;
  readonly fault?: Fault;
}

/** Milliseconds: before the first byte, and between two chunks of the stream. */
export interface Delay {
  readonly first?: number;
  readonly between?: number;
}

/** All given conditions must hold. */
export interface Match {
  /** The text of the last message that a user wrote (tool results apart). */
  readonly userText?: TextMatch;
  readonly system?: TextMatch;
  readonly model?: TextMatch;
  /** The last result of this tool in the request. */
  readonly toolResult?: ToolResultMatch;
  /** How many messages the request has, system messages apart. */
  readonly messages?: number | { readonly atLeast?: number; readonly atMost?: number };
  /** Tools that must be offered. */
  readonly tools?: readonly string[];
  /** Tools that must not be offered. */
  readonly withoutTools?: readonly string[];
  readonly wire?: "anthropic" | "openai-chat" | "openai-responses" | "gemini";
}

/** A string stands for `contains`. Several conditions must all hold. */
export type TextMatch = string | { readonly contains?: string; readonly excludes?: string; readonly equals?: string; readonly matches?: string };

export interface ToolResultMatch {
  readonly tool: string;
  readonly text?: TextMatch;
  /** Anthropic's is_error. Other wires have no such mark: there it is ignored. */
  readonly failed?: boolean;
}

export type Reply =
  | { readonly text: string }
  /** Reasoning. Without `signature` a deterministic one is made (Anthropic; OpenAI's encrypted content on Responses; Gemini's thought signature). */
  | { readonly thinking: string; readonly signature?: string }
  | { readonly redactedThinking: string }
  | { readonly call: string; readonly input: JsonObject; readonly id?: string }
  /** Arguments to the letter, for what is not JSON. */
  | { readonly call: string; readonly rawInput: string; readonly id?: string };

export interface UsageOverride {
  readonly input?: number;
  readonly output?: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
}

/** How often a failing fault strikes before its turn is served soundly. Default 1. */
export type Times = number | "always";

export type Fault =
  // These fail the request; the turn is served to a later one.
  /** The socket is destroyed: before the answer, after the stream's first event, in the middle of text or of a call's arguments. */
  | { readonly kind: "cut"; readonly at: "connection" | "start" | "text" | "arguments"; readonly times?: Times }
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: RetryAfter; readonly message?: string; readonly times?: Times }
  | { readonly kind: "context-too-long"; readonly times?: Times }
  /** Status 200 and a page of HTML. */
  | { readonly kind: "html"; readonly times?: Times }
  /** Status 200 and no body. */
  | { readonly kind: "empty"; readonly times?: Times }
  /** All content, then an orderly end of the connection without the finishing events. */
  | { readonly kind: "no-finish"; readonly times?: Times }
  /** An error event in the middle of the stream, then an orderly end. */
  | { readonly kind: "error-event"; readonly error?: string; readonly message?: string; readonly times?: Times }
  /** A line of the event stream that is not JSON, then an orderly end. */
  | { readonly kind: "malformed-stream"; readonly times?: Times }
  /** No byte for so long, or (without `milliseconds`) until the client gives up. A client that gave up gets the turn again. */
  | { readonly kind: "stall"; readonly at: "start" | "middle"; readonly milliseconds?: number; readonly times?: Times }
  // These deliver the turn.
  /** Every call's arguments stop half-way; the message ends as if all were well. */
  | { readonly kind: "truncated-arguments" }
  /** The next request gets the very same answer again, with the same ids. */
  | { readonly kind: "duplicate" }
  /** Event types and block types that no client knows, between the real ones. */
  | { readonly kind: "unknown-events" }
  /** So many bytes at a time, with a pause after each piece. */
  | { readonly kind: "slow-bytes"; readonly bytes: number; readonly milliseconds: number };

export type FaultKind = Fault["kind"];

export type RetryAfter = { readonly seconds: number } | { readonly milliseconds: number } | { readonly dateInSeconds: number };

/** A reply whose placeholders are filled in. */
export type FilledReply =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "thinking"; readonly text: string; readonly signature: string }
  | { readonly kind: "redacted-thinking"; readonly data: string }
  | { readonly kind: "call"; readonly id: string; readonly tool: string; readonly arguments: string };

/** The names of placeholders in a text, in order. */
export function placeholdersOf(text: string): string[] {
  return [...text.matchAll(placeholder)].map((match) => match[1] as string);
}

/** Replaces each `{{name}}` in every string of a value (object keys are left alone). */
export function fillPlaceholders<Value extends Json>(value: Value, lookUp: (name: string) => string): Value {
  if (typeof value === "string") return value.replace(placeholder, (_whole, name: string) => lookUp(name)) as Value;
  if (Array.isArray(value)) return value.map((one: Json) => fillPlaceholders(one, lookUp)) as unknown as Value;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fillPlaceholders(one as Json, lookUp)])) as unknown as Value;
}

const placeholder = /\{\{([a-z][A-Za-z0-9]*)\}\}/g;
