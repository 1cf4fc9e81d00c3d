// What is derived from the conversation, kept up to date message by message.
//
// Owns: the running hash, tokens, bytes and blocks of a list of messages. Calls: renderMessage, estimateMessage, the pairing check.
// Invariants
//  H1  Everything here is a function of the messages; dropping it costs time, never correctness.
//  H2  A message is rendered, hashed and estimated once in its life.
//  H3  Bringing the history up to date compares one pointer per known message and does work for new ones only.
import { sha256 } from "../exec/index.ts";
import type { Message } from "../model/index.ts";
import { renderMessage } from "./segments.ts";
import { estimateMessage } from "./tokens.ts";
import { pairedUpTo, pairedView } from "./view.ts";

export interface History {
  /** Paired; the very list that was given when nothing had to be mended. */
  readonly messages: readonly Message[];
  readonly repairs: readonly string[];
  /** The chain's hash after the first `length` messages; undefined when there are fewer. */
  hashAt(length: number): string | undefined;
  /** Estimated tokens of the first `length` messages, not calibrated. */
  tokensAt(length: number): number;
  bytesAt(length: number): number;
  /** Content blocks of the first `length` messages, as a provider counts them for its look-back. */
  blocksAt(length: number): number;
  /** Images in the first `length` messages. */
  imagesAt(length: number): number;
}

interface Measure {
  readonly hash: string;
  readonly tokens: number;
  readonly bytes: number;
  readonly blocks: number;
  readonly images: number;
}

interface Books {
  readonly known: Message[];
  /** Each has one element more than `known`: the first stands for no message. */
  readonly hashes: string[];
  readonly tokens: number[];
  readonly bytes: number[];
  readonly blocks: number[];
  readonly images: number[];
  /** Start of the first group not known to be paired. */
  paired: number;
}

const emptyHash = sha256("");
const measures = new WeakMap<Message, Measure>();
const books = new WeakMap<readonly Message[], Books>();

/** `messages` may grow in place or be changed anywhere between two calls. */
export function historyOf(messages: readonly Message[]): History {
  const kept = books.get(messages) ?? { known: [], hashes: [emptyHash], tokens: [0], bytes: [0], blocks: [0], images: [0], paired: 0 };
  books.set(messages, kept);
  const same = commonLength(kept.known, messages);
  kept.paired = pairedUpTo(messages, Math.min(kept.paired, startOfGroup(messages, same)));
  const view = kept.paired === messages.length ? { messages, repairs: [] } : pairedView(messages);
  bringUpToDate(kept, view.messages, view.messages === messages ? same : commonLength(kept.known, view.messages));
  return {
    ...view,
    hashAt: (length) => kept.hashes[length],
    tokensAt: (length) => kept.tokens[length] ?? 0,
    bytesAt: (length) => kept.bytes[length] ?? 0,
    blocksAt: (length) => kept.blocks[length] ?? 0,
    imagesAt: (length) => kept.images[length] ?? 0,
  };
}

function commonLength(left: readonly Message[], right: readonly Message[]): number {
  const most = Math.min(left.length, right.length);
  let length = 0;
  while (length < most && left[length] === right[length]) length++;
  return length;
}

/** A change at `index` concerns the results before it and the reply they belong to. */
function startOfGroup(messages: readonly Message[], index: number): number {
  let start = Math.min(index, messages.length);
  while (start > 0 && messages[start - 1]?.role === "tool") start--;
  return start > 0 && messages[start - 1]?.role === "assistant" ? start - 1 : start;
}

function bringUpToDate(kept: Books, messages: readonly Message[], from: number): void {
  kept.known.length = from;
  for (const list of [kept.hashes, kept.tokens, kept.bytes, kept.blocks, kept.images]) list.length = from + 1;
  for (let index = from; index < messages.length; index++) {
    const message = messages[index] as Message;
    const measure = measureOf(message);
    kept.known.push(message);
    kept.hashes.push(sha256(`${kept.hashes[index]}${measure.hash}`));
    kept.tokens.push((kept.tokens[index] ?? 0) + measure.tokens);
    kept.bytes.push((kept.bytes[index] ?? 0) + measure.bytes);
    kept.blocks.push((kept.blocks[index] ?? 0) + measure.blocks);
    kept.images.push((kept.images[index] ?? 0) + measure.images);
  }
}

function measureOf(message: Message): Measure {
  const known = measures.get(message);
  if (known) return known;
  const rendered = renderMessage(message);
  const measure = {
    hash: sha256(rendered),
    tokens: estimateMessage(message),
    bytes: Buffer.byteLength(rendered),
    blocks: message.role === "tool" ? 1 : Math.max(1, message.parts.length),
    images: message.parts.filter((part) => part.type === "image").length,
  };
  measures.set(message, measure);
  return measure;
}
