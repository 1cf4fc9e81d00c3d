// Reads the events of the Responses wire as OpenAI's reference of streaming events describes them.
// Owns: what an event means. Called by stream.ts through the plain reader's port; there is no library behind it, so nothing
// is strange to it: what it cannot read becomes an error part, and reply.ts judges what was lost by it.
// Invariants:
// 1. Every item and every part of it begins once, in the order in which the vendor began them, and ends once.
// 2. What was streamed is what the closing event repeats. Where the two differ the reply is unreadable: nobody knows which of
//    them the model meant.
// 3. Only `response.completed` and `response.incomplete` finish a reply.
import type { LanguageModelV4StreamPart as VendorPart } from "@ai-sdk/provider";
import { isJsonObject, type Json, type JsonObject, parseJson } from "../../base/index.ts";
import { createEventStream } from "./event-stream.ts";
import type { PlainReader } from "./plain-anthropic.ts";
import { reasoningSignature } from "./responses-body.ts";

interface OpenItem {
  readonly kind: "message" | "call" | "reasoning" | "other";
  readonly index: number;
  readonly callId: string;
  readonly tool: string;
  /** By content or summary index: what was streamed of each. */
  readonly texts: Map<string, string>;
  input: string;
  closed: boolean;
}
interface Reading {
  readonly items: Map<number, OpenItem>;
  calls: number;
  refused: boolean;
  ended: boolean;
}
type Parts = readonly VendorPart[];
type Reader = (reading: Reading, event: JsonObject) => Parts | null;

export function createResponsesReader(): PlainReader {
  const events = createEventStream();
  const reading: Reading = { items: new Map(), calls: 0, refused: false, ended: false };
  return {
    ended: () => reading.ended,
    take: (chunk) => ({ parts: events.take(chunk).flatMap((data) => readEvent(reading, data)), strange: false }),
  };
}

function readEvent(reading: Reading, data: string): Parts {
  if (data === "[DONE]") return []; // some servers end so
  const parsed = parseJson(data);
  if (!parsed.ok) return [unreadable("AI_JSONParseError", data)];
  const event = parsed.value;
  if (!isJsonObject(event)) return [unreadable("AI_TypeValidationError", event)];
  if (typeof event.type !== "string" && isJsonObject(event.error)) return [{ type: "error", error: event.error }];
  const reader = readers.get(String(event.type));
  if (reader === undefined) return silent.has(String(event.type)) ? [] : [unreadable("AI_TypeValidationError", event)];
  return reader(reading, event) ?? [unreadable("AI_TypeValidationError", event)];
}

/** As the vendor libraries tell of it: reply.ts knows them by these names. */
function unreadable(name: "AI_JSONParseError" | "AI_TypeValidationError", value: Json): VendorPart {
  return { type: "error", error: Object.assign(new Error("an event of the Responses wire"), { name, value }) };
}

/** Whether an event that could not be read carried a part of the reply. */
export const carriesContent = (event: unknown): boolean => isJsonObject(event) && readers.has(String(event.type));
/** Whether it may belong to an item under way. */
export const concernsItem = (event: unknown): boolean => isJsonObject(event) && typeof event.output_index === "number";

/** Known, and saying nothing that is needed. */
const silent: ReadonlySet<string> = new Set([
  "response.in_progress",
  "response.queued",
  "response.content_part.done",
  "response.output_text.annotation.added",
  "response.reasoning_summary_part.done",
  "keepalive",
]);

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["response.created", (_reading, event) => metadataOf(event.response)],
  ["response.output_item.added", openItem],
  ["response.output_item.done", closeItem],
  ["response.content_part.added", (reading, event) => addPart(reading, event, event.content_index)],
  ["response.output_text.delta", (reading, event) => addText(reading, event, event.delta)],
  ["response.output_text.done", (reading, event) => closeText(reading, event, event.text)],
  ["response.refusal.delta", (reading, event) => refuse(reading, addText(reading, event, event.delta))],
  ["response.refusal.done", (reading, event) => refuse(reading, closeText(reading, event, event.refusal))],
  ["response.reasoning_summary_part.added", (reading, event) => addSummary(reading, event)],
  ["response.reasoning_summary_text.delta", (reading, event) => addThought(reading, event, `s${event.summary_index}`, event.delta)],
  ["response.reasoning_summary_text.done", (reading, event) => closeThought(reading, event, `s${event.summary_index}`, event.text)],
  ["response.reasoning_text.delta", (reading, event) => addThought(reading, event, `t${event.content_index}`, event.delta)],
  ["response.reasoning_text.done", (reading, event) => closeThought(reading, event, `t${event.content_index}`, event.text)],
  ["response.function_call_arguments.delta", addArguments],
  ["response.function_call_arguments.done", (reading, event) => closeArguments(itemOf(reading, event, "call"), event.arguments)],
  ["response.completed", (reading, event) => finish(reading, event.response, false)],
  ["response.incomplete", (reading, event) => finish(reading, event.response, true)],
  ["response.failed", (_reading, event) => fail(event.response)],
  ["error", (_reading, event) => [{ type: "error", error: isJsonObject(event.error) ? event.error : { ...event, type: "error" } }]],
]);

function metadataOf(response: Json | undefined): Parts | null {
  if (!isJsonObject(response)) return null;
  const { id, model } = response;
  return [{ type: "response-metadata", ...(typeof id === "string" ? { id } : {}), ...(typeof model === "string" ? { modelId: model } : {}) }];
}

function itemOf(reading: Reading, event: JsonObject, kind: OpenItem["kind"]): OpenItem | null {
  const item = typeof event.output_index === "number" ? reading.items.get(event.output_index) : undefined;
  return item?.kind === kind ? item : null;
}

const kinds: Readonly<Record<string, OpenItem["kind"]>> = { message: "message", function_call: "call", reasoning: "reasoning" };

function openItem(reading: Reading, { output_index: index, item }: JsonObject): Parts | null {
  if (typeof index !== "number" || reading.items.has(index) || !isJsonObject(item)) return null;
  const kind = kinds[String(item.type)] ?? "other";
  const { call_id: callId, name } = item;
  if (kind === "call" && (typeof callId !== "string" || callId === "" || typeof name !== "string" || name === "")) return null;
  reading.items.set(index, { kind, index, callId: String(callId), tool: String(name), texts: new Map(), input: "", closed: false });
  if (kind === "call") reading.calls += 1;
  if (kind === "call") return [{ type: "tool-input-start", id: String(callId), toolName: String(name) }];
  return kind === "reasoning" ? [{ type: "reasoning-start", id: String(index) }] : [];
}

/** The vendor repeats the whole item at its end: what no event of its own brought is taken from there. */
function closeItem(reading: Reading, event: JsonObject): Parts | null {
  const { item } = event;
  const open = typeof event.output_index === "number" ? reading.items.get(event.output_index) : undefined;
  if (!isJsonObject(item) || !open || open.closed || (kinds[String(item.type)] ?? "other") !== open.kind) return null;
  open.closed = true;
  switch (open.kind) {
    case "message":
      return closeMessage(reading, open, item);
    case "call":
      return closeCall(open, item);
    case "reasoning":
      return closeReasoning(open, item);
    case "other":
      return [unreadable("AI_TypeValidationError", { type: "item of another kind", kind: item.type ?? null })];
    default:
      return open.kind satisfies never;
  }
}

function closeMessage(reading: Reading, open: OpenItem, item: JsonObject): Parts | null {
  const parts: VendorPart[] = [];
  for (const [index, content] of (Array.isArray(item.content) ? item.content : []).entries()) {
    if (!isJsonObject(content)) return null;
    const text = content.type === "refusal" ? content.refusal : content.text;
    if (content.type === "refusal") reading.refused = true;
    const closed = completeText(open, index, text);
    if (closed === null) return null;
    parts.push(...closed);
  }
  return parts;
}

function closeCall(open: OpenItem, item: JsonObject): Parts | null {
  if (item.call_id !== open.callId || item.name !== open.tool) return null;
  const added = closeArguments(open, item.arguments);
  if (added === null) return null;
  // Cut at the length limit: it stays open, and is rejected when the reply is over.
  if (item.status === "incomplete") return added;
  return [...added, { type: "tool-call", toolCallId: open.callId, toolName: open.tool, input: open.input }];
}

function closeReasoning(open: OpenItem, item: JsonObject): Parts | null {
  const parts: VendorPart[] = [];
  for (const [index, summary] of (Array.isArray(item.summary) ? item.summary : []).entries()) {
    const added = isJsonObject(summary) ? completeThought(open, `s${index}`, summary.text) : null;
    if (added === null) return null;
    parts.push(...added);
  }
  const { id, encrypted_content: encrypted } = item;
  const signed = typeof encrypted === "string" && encrypted !== "" && !/\s/.test(encrypted);
  const signature = signed ? reasoningSignature(typeof id === "string" && !/\s/.test(id) ? id : "", encrypted) : undefined;
  return [...parts, { type: "reasoning-end", id: String(open.index), ...(signature === undefined ? {} : { providerMetadata: { openai: { signature } } }) }];
}

const textKey = (index: number): string => `c${index}`;
const textId = (open: OpenItem, index: number): string => `${open.index}.${index}`;

function addPart(reading: Reading, event: JsonObject, index: Json | undefined): Parts | null {
  if (itemOf(reading, event, "reasoning")) return [];
  const open = itemOf(reading, event, "message");
  if (!open || typeof index !== "number" || open.texts.has(textKey(index)) || !isJsonObject(event.part)) return null;
  open.texts.set(textKey(index), "");
  return [{ type: "text-start", id: textId(open, index) }];
}

function addText(reading: Reading, event: JsonObject, delta: Json | undefined): Parts | null {
  const open = itemOf(reading, event, "message");
  const index = event.content_index;
  if (!open || open.closed || typeof index !== "number" || typeof delta !== "string") return null;
  const before = open.texts.get(textKey(index));
  if (before === undefined) return null;
  open.texts.set(textKey(index), before + delta);
  return [{ type: "text-delta", id: textId(open, index), delta }];
}

function closeText(reading: Reading, event: JsonObject, text: Json | undefined): Parts | null {
  const open = itemOf(reading, event, "message");
  return open && typeof event.content_index === "number" ? completeText(open, event.content_index, text) : null;
}

function completeText(open: OpenItem, index: number, text: Json | undefined): Parts | null {
  const before = open.texts.get(textKey(index));
  if (typeof text !== "string" || (before && before !== text)) return null;
  open.texts.set(textKey(index), text);
  const id = textId(open, index);
  const start: Parts = before === undefined ? [{ type: "text-start", id }] : [];
  return text === (before ?? "") ? start : [...start, { type: "text-delta", id, delta: text }];
}

function refuse(reading: Reading, parts: Parts | null): Parts | null {
  reading.refused = true;
  return parts;
}

function addSummary(reading: Reading, event: JsonObject): Parts | null {
  const open = itemOf(reading, event, "reasoning");
  if (!open || typeof event.summary_index !== "number" || open.texts.has(`s${event.summary_index}`)) return null;
  return startThought(open, `s${event.summary_index}`);
}

/** Pieces of a summary are paragraphs of one text. */
function startThought(open: OpenItem, key: string): Parts {
  const first = open.texts.size === 0;
  open.texts.set(key, "");
  return first ? [] : [{ type: "reasoning-delta", id: String(open.index), delta: "\n\n" }];
}

function addThought(reading: Reading, event: JsonObject, key: string, delta: Json | undefined): Parts | null {
  const open = itemOf(reading, event, "reasoning");
  if (!open || open.closed || typeof delta !== "string") return null;
  const start = open.texts.has(key) ? [] : startThought(open, key);
  open.texts.set(key, (open.texts.get(key) ?? "") + delta);
  return [...start, { type: "reasoning-delta", id: String(open.index), delta }];
}

function closeThought(reading: Reading, event: JsonObject, key: string, text: Json | undefined): Parts | null {
  const open = itemOf(reading, event, "reasoning");
  return open ? completeThought(open, key, text) : null;
}

function completeThought(open: OpenItem, key: string, text: Json | undefined): Parts | null {
  const before = open.texts.get(key) ?? "";
  if (typeof text !== "string" || (before !== "" && before !== text)) return null;
  if (before === text) return [];
  const start = open.texts.has(key) ? [] : startThought(open, key);
  open.texts.set(key, text);
  return [...start, { type: "reasoning-delta", id: String(open.index), delta: text }];
}

function addArguments(reading: Reading, event: JsonObject): Parts | null {
  const open = itemOf(reading, event, "call");
  if (!open || open.closed || typeof event.delta !== "string") return null;
  open.input += event.delta;
  return [{ type: "tool-input-delta", id: open.callId, delta: event.delta }];
}

function closeArguments(open: OpenItem | null, text: Json | undefined): Parts | null {
  if (!open || typeof text !== "string" || (open.input !== "" && open.input !== text)) return null;
  if (open.input === text) return [];
  open.input = text;
  return [{ type: "tool-input-delta", id: open.callId, delta: text }];
}

function finish(reading: Reading, response: Json | undefined, incomplete: boolean): Parts | null {
  if (!isJsonObject(response)) return null;
  const reason = isJsonObject(response.incomplete_details) ? String(response.incomplete_details.reason) : "";
  reading.ended = true;
  const raw = incomplete ? reason || "incomplete" : "completed";
  const filtered = reason === "content_filter" || (!incomplete && reading.refused);
  const unified = filtered ? "content-filter" : incomplete ? "length" : reading.calls > 0 ? "tool-calls" : "stop";
  return [{ type: "finish", finishReason: { unified, raw }, usage: vendorUsage(response.usage) }];
}

function fail(response: Json | undefined): Parts | null {
  if (!isJsonObject(response)) return null;
  const error = isJsonObject(response.error) ? response.error : { message: "no explanation" };
  const counted: Parts = isJsonObject(response.usage)
    ? [{ type: "custom", kind: "openai.usage", providerMetadata: { openai: { usage: { ...response.usage } } } }]
    : [];
  return [...counted, { type: "error", error: { ...error } }];
}

function vendorUsage(usage: Json | undefined): Extract<VendorPart, { type: "finish" }>["usage"] {
  const unknown = { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined };
  return { inputTokens: unknown, outputTokens: { total: undefined, text: undefined, reasoning: undefined }, ...(isJsonObject(usage) ? { raw: usage } : {}) };
}
