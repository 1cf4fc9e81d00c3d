// Reads the events of the Messages wire as the reference describes them, and nothing else: the vendor library, which reads
// everything, takes 65 ms to load and a millisecond a reply. At the first event that is not plain this one says so, and the
// library reads the reply from its beginning (stream.ts); so each rule here is at least as strict as the library's.
// Invariants:
// 1. The parts that it gives are those that the library gives for the same bytes, but for ends of texts and of inputs.
// 2. One block is open at a time; blocks come in order, and nothing is read into an event that does not stand in it.
import type { LanguageModelV4StreamPart as VendorPart } from "@ai-sdk/provider";
import { isJsonObject, type Json, type JsonObject, parseJson } from "../../base/index.ts";
import { createPlainEvents } from "./plain-events.ts";

export interface PlainReader {
  /** Parts of what `chunk` completes. `strange`: what follows them is not plain; it is not called again then. */
  take(chunk: Uint8Array): { readonly parts: readonly VendorPart[]; readonly strange: boolean };
  /** The reply ended as it should. */
  ended(): boolean;
}

interface Block {
  readonly index: number;
  readonly kind: "text" | "thinking" | "redacted" | "call";
  readonly id: string;
  readonly tool: string;
  input: string;
}
interface Counts {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
  readonly reasoning: number | undefined;
}

interface Reading {
  state: "before" | "open" | "ended";
  block: Block | null;
  next: number;
  counts: Counts;
  /** What was said of usage, the later word over the earlier. */
  usage: JsonObject;
  stop: { readonly unified: "stop" | "length" | "tool-calls"; readonly raw: string } | null;
}

const nothing: Counts = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: undefined };

export function createPlainAnthropic(): PlainReader {
  const events = createPlainEvents();
  const reading: Reading = { state: "before", block: null, next: 0, counts: nothing, usage: {}, stop: null };
  return {
    ended: () => reading.state === "ended",
    take(chunk) {
      const parts: VendorPart[] = [];
      const found = events.take(chunk);
      for (const data of found ?? []) {
        const more = readEvent(reading, data);
        if (more === null) return { parts, strange: true };
        parts.push(...more);
      }
      return { parts, strange: found === null };
    },
  };
}

/** Names that the library refuses in any object. Within a string their quotes are escaped. */
const refusedNames = /"(?:__proto__|constructor)"\s*:/;

type Parts = readonly VendorPart[] | null;

/** Null: not plain. */
function readEvent(reading: Reading, data: string): Parts {
  const parsed = parseJson(data);
  if (!parsed.ok || !isJsonObject(parsed.value) || refusedNames.test(data)) return null;
  const event = parsed.value;
  if (event.type === "ping") return [];
  if (event.type === "message_start") return startMessage(reading, event.message);
  if (reading.state !== "open") return null;
  switch (event.type) {
    case "content_block_start":
      return startBlock(reading, event.index, event.content_block);
    case "content_block_delta":
      return reading.block !== null && event.index === reading.block.index ? addToBlock(reading.block, event.delta) : null;
    case "content_block_stop":
      return stopBlock(reading, event.index);
    case "message_delta":
      return noteEnd(reading, event);
    case "message_stop":
      return stopMessage(reading);
    default:
      return null;
  }
}

const isMissing = (value: Json | undefined): value is null | undefined => value === undefined || value === null;
const isTextOrMissing = (value: Json | undefined): value is string | null | undefined => isMissing(value) || typeof value === "string";
const isCountOrMissing = (value: Json | undefined): boolean => isMissing(value) || isCount(value);
const isCount = (value: Json | undefined): value is number => typeof value === "number" && Number.isFinite(value);
const isEmpty = (value: Json | undefined): boolean => isMissing(value) || value === "";

function startMessage(reading: Reading, message: Json | undefined): Parts {
  if (reading.state !== "before" || !isJsonObject(message) || !isJsonObject(message.usage)) return null;
  const { id, model, usage, content } = message;
  if (![id, model, message.role, message.service_tier, usage.service_tier].every(isTextOrMissing)) return null;
  if (![message.stop_reason, message.container, message.input_transformations].every(isMissing)) return null;
  if (!isMissing(content) && !(Array.isArray(content) && content.length === 0)) return null;
  if (!isCount(usage.input_tokens) || ![usage.cache_creation_input_tokens, usage.cache_read_input_tokens].every(isCountOrMissing)) return null;
  reading.state = "open";
  reading.usage = usage;
  reading.counts = countsOf(usage, nothing);
  return [
    { type: "response-metadata", ...(typeof id === "string" ? { id } : {}), ...(typeof model === "string" ? { modelId: model } : {}) },
    { type: "custom", kind: "anthropic.message_start", providerMetadata: { anthropic: { id: id ?? null, model: model ?? null, usage: { ...usage } } } },
  ];
}

function startBlock(reading: Reading, index: Json | undefined, content: Json | undefined): Parts {
  if (reading.block !== null || reading.stop !== null || index !== reading.next || !isJsonObject(content)) return null;
  const open = (kind: Block["kind"], id = String(index), tool = ""): void => {
    reading.block = { index: reading.next, kind, id, tool, input: "" };
    reading.next += 1;
  };
  const id = String(index);
  switch (content.type) {
    case "text":
      if (content.text !== "") return null;
      open("text");
      return [{ type: "text-start", id }];
    case "thinking":
      if (content.thinking !== "" || !isEmpty(content.signature)) return null;
      open("thinking");
      return [{ type: "reasoning-start", id }];
    case "redacted_thinking":
      if (typeof content.data !== "string") return null;
      open("redacted");
      return [{ type: "reasoning-start", id, providerMetadata: { anthropic: { redactedData: content.data } } }];
    case "tool_use": {
      const { id: call, name, input, caller, toolset_name: toolset } = content;
      if (typeof call !== "string" || typeof name !== "string" || caller !== undefined || !isMissing(toolset)) return null;
      if (input !== undefined && !(isJsonObject(input) && Object.keys(input).length === 0)) return null;
      open("call", call, name);
      return [{ type: "tool-input-start", id: call, toolName: name }];
    }
    default:
      return null;
  }
}

function addToBlock(block: Block, delta: Json | undefined): Parts {
  if (!isJsonObject(delta)) return null;
  const { type, text, thinking, signature, partial_json: json } = delta;
  const id = String(block.index);
  if (type === "text_delta" && block.kind === "text" && typeof text === "string") return [{ type: "text-delta", id, delta: text }];
  if (type === "thinking_delta" && block.kind === "thinking" && typeof thinking === "string") return [{ type: "reasoning-delta", id, delta: thinking }];
  if (type === "signature_delta" && block.kind === "thinking" && typeof signature === "string")
    return [{ type: "reasoning-delta", id, delta: "", providerMetadata: { anthropic: { signature } } }];
  if (type !== "input_json_delta" || block.kind !== "call" || typeof json !== "string") return null;
  if (json === "") return [];
  block.input += json;
  return [{ type: "tool-input-delta", id: block.id, delta: json }];
}

function stopBlock(reading: Reading, index: Json | undefined): Parts {
  const { block } = reading;
  if (block === null || index !== block.index) return null;
  reading.block = null;
  switch (block.kind) {
    case "text":
      return [];
    case "thinking":
    case "redacted":
      return [{ type: "reasoning-end", id: String(block.index) }];
    case "call":
      return [{ type: "tool-call", toolCallId: block.id, toolName: block.tool, input: block.input === "" ? "{}" : block.input }];
  }
}

const stopReasons = {
  end_turn: "stop",
  pause_turn: "stop",
  stop_sequence: "stop",
  tool_use: "tool-calls",
  max_tokens: "length",
  model_context_window_exceeded: "length",
} as const;

function noteEnd(reading: Reading, event: JsonObject): Parts {
  const { delta, usage } = event;
  if (reading.block !== null || !isJsonObject(delta) || !isJsonObject(usage)) return null;
  const raw = delta.stop_reason;
  if (typeof raw !== "string" || !Object.hasOwn(stopReasons, raw) || !isTextOrMissing(delta.stop_sequence)) return null;
  const others = [delta.stop_details, delta.safeguard_results, delta.container, event.input_transformations, event.context_management, usage.iterations];
  if (!others.every(isMissing) || !isCount(usage.output_tokens) || !isTextOrMissing(usage.service_tier)) return null;
  const { output_tokens_details: details } = usage;
  if (!isMissing(details) && !(isJsonObject(details) && isCountOrMissing(details.thinking_tokens))) return null;
  if (![usage.input_tokens, usage.cache_creation_input_tokens, usage.cache_read_input_tokens].every(isCountOrMissing)) return null;
  const reasoning = isJsonObject(details) && isCount(details.thinking_tokens) ? details.thinking_tokens : undefined;
  reading.counts = { ...countsOf(usage, reading.counts), output: usage.output_tokens, reasoning: reasoning ?? reading.counts.reasoning };
  reading.usage = { ...reading.usage, ...usage };
  reading.stop = { unified: stopReasons[raw as keyof typeof stopReasons], raw };
  return [];
}

/** A count that is missing leaves the earlier one. */
function countsOf(usage: JsonObject, before: Counts): Counts {
  const { input_tokens: input, cache_read_input_tokens: cacheRead, cache_creation_input_tokens: cacheWrite } = usage;
  return {
    ...before,
    input: isCount(input) ? input : before.input,
    cacheRead: isCount(cacheRead) ? cacheRead : before.cacheRead,
    cacheWrite: isCount(cacheWrite) ? cacheWrite : before.cacheWrite,
  };
}

function stopMessage(reading: Reading): Parts {
  const { counts, usage, stop, block } = reading;
  if (stop === null || block !== null) return null;
  reading.state = "ended";
  const { input, cacheRead, cacheWrite, output, reasoning } = counts;
  return [
    {
      type: "finish",
      finishReason: stop,
      usage: {
        inputTokens: { total: input + cacheRead + cacheWrite, noCache: input, cacheRead, cacheWrite },
        outputTokens: { total: output, text: reasoning === undefined ? undefined : output - reasoning, reasoning },
        raw: usage,
      },
    },
  ];
}
