// How much of a request repeats the one before it: for the ledger in tokens, for tests byte for byte.
import type { Json, JsonObject } from "../base/index.ts";
import { type Block, type SegmentName, segmentNames, withoutMarkers } from "./wire/wire.ts";

export interface SegmentShare {
  /** UTF-8 bytes and tokens of this segment that repeat the previous request's, from the segment's beginning. */
  readonly bytes: number;
  readonly tokens: number;
  /** Of how many. */
  readonly ofBytes: number;
  readonly ofTokens: number;
}
export interface CommonPrefix {
  readonly tools: SegmentShare;
  readonly system: SegmentShare;
  readonly messages: SegmentShare;
  /** The whole common prefix: it ends in the first segment that differs. */
  readonly bytes: number;
  readonly tokens: number;
  /** The first segment that does not begin with all of the previous request's; absent when nothing of it was changed. */
  readonly breaksIn?: SegmentName;
}

/** Compares blocks without cache markers. Without a previous request everything is new. */
export function commonPrefix(previous: readonly Block[], next: readonly Block[]): CommonPrefix {
  const shares = {} as Record<SegmentName, SegmentShare>;
  let bytes = 0;
  let tokens = 0;
  let breaksIn: SegmentName | undefined;
  for (const name of segmentNames) {
    const before = previous.filter((block) => block.segment === name);
    const share = shareOf(
      before,
      next.filter((block) => block.segment === name),
    );
    shares[name] = share;
    if (breaksIn !== undefined) continue;
    bytes += share.bytes;
    tokens += share.tokens;
    const kept = before.reduce((sum, block) => sum + Buffer.byteLength(block.text), 0);
    // In tools and system an addition breaks what follows; messages may grow.
    const whole = share.bytes >= kept && (name === "messages" || share.bytes === share.ofBytes);
    if (!whole) breaksIn = name;
  }
  return { ...shares, bytes, tokens, ...(breaksIn === undefined || previous.length === 0 ? {} : { breaksIn }) };
}

function shareOf(previous: readonly Block[], next: readonly Block[]): SegmentShare {
  let bytes = 0;
  let tokens = 0;
  let index = 0;
  for (; index < next.length && next[index]?.text === previous[index]?.text; index++) {
    bytes += Buffer.byteLength(next[index]?.text ?? "");
    tokens += next[index]?.tokens ?? 0;
  }
  const rest = sameBytes(previous[index]?.text ?? "", next[index]?.text ?? "");
  return {
    bytes: bytes + rest,
    tokens: tokens + Math.min(Math.floor(rest / 4), next[index]?.tokens ?? 0),
    ofBytes: next.reduce((sum, block) => sum + Buffer.byteLength(block.text), 0),
    ofTokens: next.reduce((sum, block) => sum + block.tokens, 0),
  };
}

function sameBytes(left: string, right: string): number {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  const end = Math.min(a.length, b.length);
  let index = 0;
  while (index < end && a[index] === b[index]) index += 1;
  return index;
}

export type PrefixComparison =
  | { readonly extends: true /** Messages that were added. */; readonly added: number }
  | {
      readonly extends: false;
      readonly segment: SegmentName | "model";
      /** Where: for example `tools[2]`, `messages[4]`. */
      readonly path: string;
      /** A stretch of both around the first difference; "" where one side has nothing there. */
      readonly before: string;
      readonly after: string;
      /** One sentence for a failing test. */
      readonly says: string;
    };

/**
 * Whether `next` begins with all of `previous`: equal model, tools and system, and messages that only grow, compared as JSON in the
 * key order that was sent, cache markers apart. Takes the parsed bodies of two requests on the same wire.
 */
export function prefixExtends(previous: JsonObject, next: JsonObject): PrefixComparison {
  if (previous.model !== next.model) return differs("model", "model", JSON.stringify(previous.model ?? null), JSON.stringify(next.model ?? null));
  for (const segment of segmentNames) {
    const key = keyOf(segment, next);
    const before = itemsOf(previous[key]);
    const after = itemsOf(next[key]);
    const length = segment === "messages" ? before.length : Math.max(before.length, after.length);
    for (let index = 0; index < length; index++) {
      if (before[index] !== after[index]) return differs(segment, `${key}[${index}]`, before[index] ?? "", after[index] ?? "");
    }
  }
  return { extends: true, added: lengthOf(next) - lengthOf(previous) };
}

/** On OpenAI's Responses wire the messages are `input`, and the system text is its first item or `instructions`. Gemini has names of its own. */
function keyOf(segment: SegmentName, body: JsonObject): string {
  if (body.contents !== undefined) return { tools: "tools", system: "systemInstruction", messages: "contents" }[segment];
  if (body.input === undefined) return segment;
  return { tools: "tools", system: "instructions", messages: "input" }[segment];
}

const lengthOf = (body: JsonObject): number => itemsOf(body[keyOf("messages", body)]).length;

function itemsOf(value: Json | undefined): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return [JSON.stringify(value)];
  return value.map((item: Json) => JSON.stringify(plainItem(item)));
}

function plainItem(item: Json): Json {
  const plain = withoutMarkers(item);
  if (plain === null || typeof plain !== "object" || Array.isArray(plain)) return plain;
  const object = plain as JsonObject;
  return Array.isArray(object.content) ? { ...object, content: (object.content as readonly Json[]).map(withoutMarkers) } : object;
}

function differs(segment: SegmentName | "model", path: string, before: string, after: string): PrefixComparison {
  let at = 0;
  while (at < before.length && at < after.length && before[at] === after[at]) at += 1;
  const around = (text: string): string => text.slice(Math.max(0, at - 30), at + 50);
  const missing = before === "" ? "was added" : after === "" ? "is gone" : `differs from character ${at} on`;
  return {
    extends: false,
    segment,
    path,
    before: around(before),
    after: around(after),
    says: `${path} ${missing}: before ${JSON.stringify(around(before))}, now ${JSON.stringify(around(after))}`,
  };
}
