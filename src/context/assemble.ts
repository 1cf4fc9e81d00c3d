// From the state of a session to the next request.
//
// Owns: what is sent, where the cache breakpoints stand, what of it is warm. Calls: history, segments, tokens. Pure.
// Invariants
//  A1  The same state and options give the same request, byte for byte.
//  A2  Each request begins with the bytes of the one before it, unless `breaks` says otherwise.
//  A3  At most four breakpoints: after the tools, after the last system block, and two in the conversation: its end (written
//      now, read by the next request) and the end of the last request that was answered (written then, read now). The second
//      is what finds the cache when a reply with many parallel calls put more blocks between the two than a provider looks
//      back over, and where a provider matches at breakpoints only.
//  A4  Its own work, apart from making the list of messages, does not grow with the length of the session.
import { sha256 } from "../exec/index.ts";
import type { Effort, Message, ModelRequest, UserMessage } from "../model/index.ts";
import type { Prefix, Segment, SessionState } from "../session/index.ts";
import { cacheParameters } from "./cache-parameters.ts";
import { anchorAt } from "./calibration.ts";
import { type History, historyOf } from "./history.ts";
import { breaksBetween, historySegment, modelSegment, renderTool, segmentsOf } from "./segments.ts";
import { estimateInput, estimateMessage, estimateTokens, type InputEstimate } from "./tokens.ts";

/** With no request to go by, the second breakpoint stands this many blocks back: well within a look-back of 20. */
const blocksBack = 15;
/** A reply needs room for this many tokens, else the conversation is too long for the window. */
const leastOutput = 4_096;

export interface AssembleOptions {
  readonly provider: string;
  readonly model: string;
  /** Tokens of output to ask for. */
  readonly maxOutput: number;
  /** Tokens of input and output together; absent: not known, nothing is checked. */
  readonly contextWindow?: number;
  /** How hard it thinks; absent: the model's own default. */
  readonly effort?: Effort;
  /** Anthropic: how thinking is asked for; absent: not at all. */
  readonly thinking?: "adaptive" | "budget";
  /** How long what is written to the cache shall live where that can be said; absent: five minutes. */
  readonly cacheLife?: "5m" | "1h";
}

export interface Assembled {
  readonly request: ModelRequest;
  /** For the request line: model, effort, tools, system blocks, thinking, images, environment, `history:<messages>`. */
  readonly segments: readonly Segment[];
  /** Names of segments that the previous request had and this one does not begin with; the first is the cause. */
  readonly breaks: readonly string[];
  /** Tokens of the whole input: likely, and what is reserved for. */
  readonly tokens: number;
  readonly worstTokens: number;
  /** Whether these stand on a count of the provider's, and what it counts for one token of our estimate. */
  readonly anchored: boolean;
  readonly scale: number;
  /** Estimated tokens of tools, system and environment. */
  readonly prefixTokens: number;
  /** Tokens that an earlier request left in the provider's cache, if it is still warm. */
  readonly cachedTokens: number;
  /** What had to be mended so that calls and results pair; empty in a sound session. The same each time until compacted. */
  readonly repairs: readonly string[];
  /** Set when input and the least useful output do not fit the window: the request must not be sent. */
  readonly overflow: { readonly tokens: number; readonly window: number } | null;
}

/** The state must have a prefix; its calls should all be closed (else they are shown as not recorded). */
export function assemble(state: SessionState, options: AssembleOptions): Assembled {
  const { prefix } = state;
  if (!prefix) throw new Error("assemble: the session has no prefix; render and append one first");
  const head = headOf(prefix);
  const history = historyOf(state.messages);
  const length = history.messages.length;
  const { effort, thinking, cacheLife } = options;
  const parameters = cacheParameters(options.provider, { images: history.imagesAt(length) > 0, ...(effort && { effort }), ...(thinking && { thinking }) });
  const segments = [
    modelSegment(options.provider, options.model),
    ...parameters.whole,
    ...head.segments.slice(0, -1),
    ...parameters.conversation,
    ...head.segments.slice(-1),
    historySegment(length, history.hashAt(length) ?? "", history.bytesAt(length)),
  ];
  const breaks = breaksBetween(state.lastSegments, segments, history.hashAt);
  const answered = breaks.length === 0 ? answeredLength(state, history) : null;
  const estimate = estimateInput(head.tokens + history.tokensAt(length), answered === null ? null : anchorAt(answered, state, head.tokens, history));
  const output = fitOutput(estimate, options);
  return {
    request: {
      model: options.model,
      tools: prefix.tools,
      cacheTools: prefix.tools.length > 0,
      system: head.system,
      messages: [head.environment, ...history.messages],
      cacheAfter: breakpoints(history, answered),
      maxOutput: output.maxOutput,
      cacheKey: head.key,
      ...(effort === undefined ? {} : { effort }),
      ...(cacheLife === "1h" ? { cacheLife } : {}),
    },
    segments,
    breaks,
    tokens: estimate.expected,
    worstTokens: estimate.worst,
    anchored: estimate.anchored,
    scale: estimate.scale,
    prefixTokens: Math.round(head.tokens * estimate.scale),
    cachedTokens: warmTokens(state, head, history, breaks, answered, estimate),
    repairs: history.repairs,
    overflow: output.overflow,
  };
}

interface Head {
  readonly environment: UserMessage;
  readonly system: ModelRequest["system"];
  readonly segments: readonly Segment[];
  /** What requests are routed by: sessions with the same head and place share it. */
  readonly key: string;
  /** Estimated tokens of tools, of the system blocks, and of all with the environment. */
  readonly toolTokens: number;
  readonly systemTokens: number;
  readonly tokens: number;
}

const heads = new WeakMap<Prefix, Head>();

function headOf(prefix: Prefix): Head {
  const known = heads.get(prefix);
  if (known) return known;
  const segments = segmentsOf(prefix);
  const environment: UserMessage = { role: "user", parts: [{ type: "text", text: prefix.environment }] };
  const toolTokens = prefix.tools.reduce((sum, tool) => sum + estimateTokens(renderTool(tool)), 0);
  const systemTokens = prefix.system.reduce((sum, block) => sum + estimateTokens(block.text), 0);
  const head: Head = {
    environment,
    system: prefix.system.map(({ text }, index) => ({ text, cache: index === prefix.system.length - 1 })),
    segments,
    key: sha256(segments.map((one) => one.sha256).join("")).slice(0, 32),
    toolTokens,
    systemTokens,
    tokens: toolTokens + systemTokens + estimateMessage(environment),
  };
  heads.set(prefix, head);
  return head;
}

/**
 * How many messages the last answered request had: all before its reply, which is the last reply there is. Null when there
 * is none, or when a compaction has moved things since.
 */
function answeredLength(state: SessionState, history: History): number | null {
  const at = (state.lastReply?.messages ?? 0) - 1;
  if (at < 0 || history.messages[at]?.role !== "assistant") return null;
  for (let index = at + 1; index < history.messages.length; index++) if (history.messages[index]?.role === "assistant") return null;
  return at;
}

/**
 * Indexes into the request's messages, where the environment is number 0 and message n of the conversation is number n + 1:
 * so the end of a request of n messages is at n.
 */
function breakpoints(history: History, answered: number | null): readonly number[] {
  const end = carrier(history.messages, history.messages.length);
  const before = answered === null ? blocksBefore(history, end) : carrier(history.messages, answered);
  return before < end ? [before, end] : [end];
}

/** The last place at or before `at` whose last block can hold a breakpoint on every wire: results, words of a person. */
function carrier(messages: readonly Message[], at: number): number {
  let index = at;
  while (index > 0 && !carries(messages[index - 1])) index--;
  return index;
}

const carries = (message: Message | undefined): boolean => {
  if (message?.role === "tool") return true;
  const last = message?.parts.at(-1);
  return message?.role === "user" && last !== undefined && (last.type !== "text" || last.text.trim() !== "");
};

/** The earliest place from which no more than `blocksBack` blocks lead to `end`. */
function blocksBefore(history: History, end: number): number {
  let index = end;
  while (index > 0 && history.blocksAt(end) - history.blocksAt(index - 1) <= blocksBack) index--;
  while (index > 0 && index < end && !carries(history.messages[index - 1])) index++;
  return index;
}

/** What is in the cache up to the last breakpoint before the first break. */
function warmTokens(state: SessionState, head: Head, history: History, breaks: readonly string[], answered: number | null, tokens: InputEstimate): number {
  if (state.lastSegments.length === 0) return 0;
  const first = breaks[0];
  if (first === undefined) {
    if (answered === null) return 0;
    const anchor = tokens.anchored ? state.lastReply?.usage : null;
    return anchor ? anchor.input + anchor.cacheRead + anchor.cacheWrite : Math.round(head.tokens + history.tokensAt(answered));
  }
  if (first === "model" || first === "effort" || first === "tools") return 0;
  if (["thinking", "images", "environment", "history"].includes(first)) return Math.round((head.toolTokens + head.systemTokens) * tokens.scale);
  return Math.round(head.toolTokens * tokens.scale);
}

function fitOutput(tokens: InputEstimate, options: AssembleOptions): { readonly maxOutput: number; readonly overflow: Assembled["overflow"] } {
  const window = options.contextWindow;
  if (window === undefined) return { maxOutput: options.maxOutput, overflow: null };
  const least = Math.min(options.maxOutput, leastOutput);
  // The estimate leans to neither side: half of its doubt is kept free, and a request that turns out too long is answered as such.
  const likely = Math.ceil((tokens.expected + tokens.worst) / 2);
  const maxOutput = Math.min(options.maxOutput, window - likely);
  if (maxOutput >= least) return { maxOutput, overflow: null };
  return tokens.expected + least <= window ? { maxOutput: least, overflow: null } : { maxOutput: least, overflow: { tokens: tokens.expected, window } };
}
