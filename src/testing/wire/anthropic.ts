// Anthropic Messages: requests read, answers written. Shapes from the public API reference (platform.claude.com/docs).
import type { Json, JsonObject } from "../../base/index.ts";
import type { FilledReply } from "../script.ts";
import { blockTokens } from "../tokens.ts";
import { checkAnthropic } from "./anthropic-rules.ts";
import {
  type Answer,
  asList,
  asObject,
  asText,
  type Block,
  bearer,
  type Frame,
  header,
  type Limits,
  pieces,
  type Refusal,
  type RequestView,
  type ToolResultView,
  type Wire,
  withoutMarkers,
} from "./wire.ts";

export const anthropicWire: Wire = {
  name: "anthropic",
  path: "/v1/messages",
  idHeader: "request-id",
  callIdPrefix: "toolu_01",
  answerIdPrefix: "msg_01",
  key: (headers) => header(headers, "x-api-key") ?? bearer(headers),
  check: checkAnthropic,
  view,
  checkLimits,
  unknownModel: (model) => ({ status: 404, type: "not_found_error", message: `model: ${model}` }),
  errorBody: (refusal, requestId) => ({ type: "error", error: { type: refusal.type, message: refusal.message }, request_id: requestId }),
  statusError: (status, message) => ({
    status,
    type: errorTypes[status] ?? (status >= 500 ? "api_error" : "invalid_request_error"),
    message: message ?? defaultMessages[status] ?? "Internal server error",
  }),
  frames,
  errorFrame: (type, message) => event("other", "error", { type: "error", error: { type, message } }),
  unknownFrames,
  whole,
  models: (ids) => ({
    data: ids.map((id) => ({ type: "model", id, display_name: id, created_at: "2026-01-01T00:00:00Z" })),
    has_more: false,
    first_id: ids[0] ?? null,
    last_id: ids.at(-1) ?? null,
  }),
};

const errorTypes: Readonly<Record<number, string>> = {
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error",
};
const defaultMessages: Readonly<Record<number, string>> = {
  401: "invalid x-api-key",
  429: "This request would exceed your account's rate limit. Please try again later.",
  529: "Overloaded",
};

function checkLimits(view: RequestView, tokens: number, limits: Limits): Refusal | undefined {
  const refuse = (message: string): Refusal => ({ status: 400, type: "invalid_request_error", message });
  if (tokens > limits.contextWindow) return refuse(`prompt is too long: ${tokens} tokens > ${limits.contextWindow} maximum`);
  if (limits.maxOutput !== undefined && view.maxOutput > limits.maxOutput)
    return refuse(`max_tokens: ${view.maxOutput} > ${limits.maxOutput}, which is the maximum allowed number of output tokens for ${view.model}`);
  if (tokens + view.maxOutput > limits.contextWindow)
    return refuse(
      `input length and \`max_tokens\` exceed context limit: ${tokens} + ${view.maxOutput} > ${limits.contextWindow}, decrease input length or \`max_tokens\` and try again`,
    );
  return undefined;
}

const lifeOf = (marker: Json | undefined): "5m" | "1h" => (asObject(marker).ttl === "1h" ? "1h" : "5m");

function view(body: JsonObject): RequestView {
  const blocks: Block[] = [];
  const add = (segment: Block["segment"], block: Json, prefix = "") => {
    const plain = withoutMarkers(block);
    const nested = asList(asObject(block).content).find((one) => "cache_control" in asObject(one));
    const marker = asObject(block).cache_control ?? asObject(nested).cache_control;
    const text = prefix + JSON.stringify(plain);
    blocks.push({ segment, text, tokens: blockTokens(plain), ...(marker ? { breakpoint: lifeOf(marker) } : {}) });
  };
  for (const tool of asList(body.tools)) add("tools", tool);
  for (const block of contentOf(body.system)) add("system", block);
  const messages = asList(body.messages).map(asObject);
  for (const message of messages)
    contentOf(message.content).forEach((block, index) => void add("messages", block, index === 0 ? `${asText(message.role)}:` : ""));
  markAutomatic(body, blocks);
  const thinking = asObject(body.thinking);
  const images = blocks.some((block) => block.segment === "messages" && block.text.includes('"type":"image"'));
  return {
    model: asText(body.model),
    stream: body.stream === true,
    maxOutput: Number(body.max_tokens),
    blocks,
    wholeKey: "",
    messagesKey: JSON.stringify([body.tool_choice ?? { type: "auto" }, thinking.type ?? "disabled", thinking.budget_tokens ?? 0, images]),
    cacheLife: 300_000,
    tools: asList(body.tools).map((tool) => asText(asObject(tool).name)),
    ...textsOf(body, messages),
  };
}

// A top-level marker stands for one after the last block.
function markAutomatic(body: JsonObject, blocks: Block[]): void {
  const last = blocks.at(-1);
  if (!body.cache_control || !last || last.breakpoint) return;
  blocks[blocks.length - 1] = { ...last, breakpoint: lifeOf(body.cache_control) };
}

const contentOf = (content: Json | undefined): readonly Json[] => (typeof content === "string" ? [{ type: "text", text: content }] : asList(content));

function textsOf(body: JsonObject, messages: readonly JsonObject[]): Pick<RequestView, "systemText" | "userText" | "texts" | "messages" | "results"> {
  const system = contentOf(body.system).map((block) => asText(asObject(block).text));
  const texts = [...system];
  const results: ToolResultView[] = [];
  const names = new Map<string, string>();
  let userText = "";
  for (const message of messages) {
    const own: string[] = [];
    for (const block of contentOf(message.content).map(asObject)) {
      if (block.type === "tool_use") names.set(asText(block.id), asText(block.name));
      if (block.type === "text") own.push(asText(block.text));
      if (block.type !== "tool_result") continue;
      const text = contentOf(block.content).map((one) => asText(asObject(one).text));
      texts.push(...text);
      results.push({ tool: names.get(asText(block.tool_use_id)) ?? "", text: text.join("\n"), failed: block.is_error === true });
    }
    texts.push(...own);
    if (message.role === "user" && own.length > 0) userText = own.join("\n");
  }
  return { systemText: system.join("\n"), userText, texts, messages: messages.length, results };
}

const stopReasons = { "end": "end_turn", "tool-calls": "tool_use", "length": "max_tokens", "refusal": "refusal" } as const;

function usageOf(answer: Answer, output: number): JsonObject {
  const { input, cacheRead, cacheWrite, cacheWriteLong } = answer.usage;
  return {
    input_tokens: input,
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: cacheWrite - cacheWriteLong, ephemeral_1h_input_tokens: cacheWriteLong },
    output_tokens: output,
    service_tier: "standard",
  };
}

const event = (place: Frame["place"], name: string, data: JsonObject): Frame => ({ place, text: `event: ${name}\ndata: ${JSON.stringify(data)}\n\n` });

function frames(answer: Answer): Frame[] {
  const message = {
    id: answer.id,
    type: "message",
    role: "assistant",
    model: answer.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: usageOf(answer, 1),
  };
  const result = [event("start", "message_start", { type: "message_start", message })];
  answer.parts.forEach((_part, index) => {
    const block = blockFrames(answer, index);
    if (index === 0) block.splice(1, 0, event("other", "ping", { type: "ping" }));
    result.push(...block);
  });
  const delta = { type: "message_delta", delta: { stop_reason: stopReasons[answer.finish], stop_sequence: null }, usage: usageOf(answer, answer.usage.output) };
  result.push(event("finish", "message_delta", delta), event("finish", "message_stop", { type: "message_stop" }));
  return result;
}

function blockFrames(answer: Answer, index: number): Frame[] {
  const part = answer.parts[index];
  if (!part) return [];
  const start = (block: JsonObject) => event("other", "content_block_start", { type: "content_block_start", index, content_block: block });
  const delta = (place: Frame["place"], value: JsonObject) => event(place, "content_block_delta", { type: "content_block_delta", index, delta: value });
  const stop = event("other", "content_block_stop", { type: "content_block_stop", index });
  switch (part.kind) {
    case "text":
      return [start({ type: "text", text: "" }), ...pieces(part.text).map((text) => delta("text", { type: "text_delta", text })), stop];
    case "thinking":
      return [
        start({ type: "thinking", thinking: "", signature: "" }),
        ...pieces(part.text).map((thinking) => delta("thinking", { type: "thinking_delta", thinking })),
        delta("thinking", { type: "signature_delta", signature: part.signature }),
        stop,
      ];
    case "redacted-thinking":
      return [start({ type: "redacted_thinking", data: part.data }), stop];
    case "call":
      return [
        start({ type: "tool_use", id: part.id, name: part.tool, input: {} }),
        delta("arguments", { type: "input_json_delta", partial_json: "" }),
        ...pieces(part.arguments, 24, 3).map((text) => delta("arguments", { type: "input_json_delta", partial_json: text })),
        stop,
      ];
  }
}

function unknownFrames(answer: Answer): { early: Frame; middle: Frame; late: Frame } {
  const index = answer.parts.length;
  const start = event("other", "content_block_start", { type: "content_block_start", index, content_block: { type: "novel_block", novelty: 1 } });
  const stop = event("other", "content_block_stop", { type: "content_block_stop", index });
  return {
    early: event("other", "novel_event", { type: "novel_event", note: "a type that no client knows" }),
    middle: event("other", "novel_progress", { type: "novel_progress", share: 0.5 }),
    late: { place: "other", text: start.text + stop.text },
  };
}

function whole(answer: Answer): JsonObject {
  return {
    id: answer.id,
    type: "message",
    role: "assistant",
    model: answer.model,
    content: answer.parts.map(wholeBlock),
    stop_reason: stopReasons[answer.finish],
    stop_sequence: null,
    usage: usageOf(answer, answer.usage.output),
  };
}

function wholeBlock(part: FilledReply): Json {
  switch (part.kind) {
    case "text":
      return { type: "text", text: part.text };
    case "thinking":
      return { type: "thinking", thinking: part.text, signature: part.signature };
    case "redacted-thinking":
      return { type: "redacted_thinking", data: part.data };
    case "call":
      return { type: "tool_use", id: part.id, name: part.tool, input: parsed(part.arguments) };
  }
}

// In a whole answer the input is an object; what is no JSON goes out as the string it is.
function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
