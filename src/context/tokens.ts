// How many tokens a text will be counted as, without a tokenizer. The runs of a text (text-runs.ts) are weighed by rates
// fitted against the o200k table on prose, code, tool output, calls, base64, hexadecimal and eight scripts; how far they are
// off by kind of text stands in docs/tokens.md. Vendors' tables differ by some ten per cent more, so a session's count is anchored on what the provider
// counted last, and only what came since is estimated, scaled by what the provider showed (`estimateInput`).
import type { AssistantPart, ContentPart, Message } from "../model/index.ts";
import { type TextRuns, textRuns } from "./text-runs.ts";

/** Tokens per run or character of each kind. */
const rates: Readonly<Record<keyof TextRuns, number>> = {
  words: 0.975,
  wordRest: 0.125,
  capitals: 1.2,
  capitalRest: 0.1,
  digits: 1.08,
  escapes: 1.05,
  slashes: 0.4,
  dots: 0.1,
  underscores: 0.6,
  joined: 1.17,
  marks: 0.86,
  markChanges: 0.34,
  blanks: 0.75,
  ideographs: 0.6,
  syllables: 0.47,
  foreign: 0.9,
  foreignRest: 0.2,
  symbols: 0.97,
  dense: 0.14,
};
const kinds = Object.keys(rates) as readonly (keyof TextRuns)[];

/** Role, framing and ends of a message; of a block in it; of the names and ids of a call; of a result. */
export const perMessage = 4;
export const perPart = 3;
export const perCall = 12;
export const perResult = 4;
/** A picture of about a megapixel, and what the smallest counts; between them it goes by the size of its data. */
const imageTokens = 1_600;
const smallestImage = 100;
const fullImageCharacters = 200_000;

/** Tokens of a text; whole, at least 1 for a text that is not empty. Linear in its length, whatever it holds. */
export function estimateTokens(text: string): number {
  if (text === "") return 0;
  const runs = textRuns(text);
  let tokens = 0;
  for (const kind of kinds) tokens += runs[kind] * rates[kind];
  return Math.max(1, Math.round(tokens));
}

/** Tokens of one message with its framing, without calibration. Pure: the caller keeps it per message. */
export function estimateMessage(message: Message): number {
  let tokens = perMessage + (message.role === "tool" ? perResult : 0);
  for (const part of message.parts) tokens += perPart + estimatePart(part);
  return tokens;
}

function estimatePart(part: ContentPart | AssistantPart): number {
  switch (part.type) {
    case "text":
      return estimateTokens(part.text);
    case "image":
      return Math.round(Math.min(imageTokens, Math.max(smallestImage, (part.data.length / fullImageCharacters) * imageTokens)));
    case "thinking":
      return estimateTokens(part.text) + estimateTokens(part.signature ?? "");
    case "redacted-thinking":
      return estimateTokens(part.data);
    case "call":
      return perCall + estimateTokens(part.call.tool) + estimateTokens(JSON.stringify(part.call.input));
    case "rejected-call":
      return perCall + estimateTokens(part.tool) + estimateTokens(part.raw);
  }
}

/** What is known of a request's input before it is sent. All in tokens. */
export interface InputEstimate {
  readonly expected: number;
  /** What is reserved: nothing was counted above this when the estimator was measured. */
  readonly worst: number;
  /** True when it stands on a count of the provider's, for the part that was sent before. */
  readonly anchored: boolean;
  /** What this provider counts for one of our tokens, as last seen; 1 before anything was seen. */
  readonly scale: number;
}

/** The provider's count of an earlier request that this one extends (calibration.ts). */
export interface Anchor {
  /** Tokens of that request's input, as the provider counted them. */
  readonly counted: number;
  /** What it counted there for one token of our estimate. */
  readonly scale: number;
  /** What the reply to it adds: the provider's count of it, else our own estimate. */
  readonly reply: number;
  readonly replyCounted: boolean;
  /** Our own estimate of everything after that, and what this provider counts for one token of it. */
  readonly since: number;
  readonly sinceScale: number;
  /** Whether that ratio was seen often enough to be trusted. */
  readonly settled: boolean;
}

/** Beyond these a count is not believed: a provider that reports nothing, or nonsense. */
export const believable = (scale: number): boolean => scale >= 0.4 && scale <= 2.5;
/** How far the estimate may fall short where nothing was counted: some vendors count 1.3 times what the reference does. */
const margin = 0.65;
const unsettledMargin = 0.4;
const settledMargin = 0.25;
/** What a reply counts as input may differ from what it counted as output: framing, calls in another form. */
const replyMargin = 0.1;
const leastMargin = 16;
/** Of what was counted: notes of the provider's own, a break that was not seen. */
const countedMargin = 0.005;

/** `estimate`: our own estimate of the whole input; `anchor`: absent when nothing was sent yet or the prefix changed. */
export function estimateInput(estimate: number, anchor: Anchor | null): InputEstimate {
  if (!anchor) return { expected: estimate, worst: Math.ceil(estimate + Math.max(leastMargin, estimate * margin)), anchored: false, scale: 1 };
  const { counted, scale, sinceScale } = anchor;
  const reply = anchor.replyCounted ? anchor.reply : anchor.reply * scale;
  const since = anchor.since * sinceScale;
  const newMargin = anchor.settled ? settledMargin : unsettledMargin;
  const doubt = reply * (anchor.replyCounted ? replyMargin : newMargin) + since * newMargin;
  const expected = counted + reply + since;
  return { expected: Math.round(expected), worst: Math.ceil(expected + Math.max(leastMargin, doubt) + counted * countedMargin), anchored: true, scale };
}
