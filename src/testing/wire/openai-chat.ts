// OpenAI Chat Completions, also as spoken by compatible servers: requests read, answers written. Shapes from the public API reference.
import type { Json, JsonObject } from "../../base/index.ts";
import { blockTokens } from "../tokens.ts";
import { checkOpenaiChat } from "./openai-chat-rules.ts";
import {
  type Answer,
  asList,
  asObject,
  asText,
  type Block,
  bearer,
  type Frame,
  type Limits,
  pieces,
  type Refusal,
  type RequestView,
  type ToolResultView,
  type Wire,
} from "./wire.ts";

export const openaiChatWire: Wire = {
  name: "openai-chat",
  path: "/v1/chat/completions",
  idHeader: "x-request-id",
  callIdPrefix: "call_",
  answerIdPrefix: "chatcmpl-",
  key: bearer,
  check: (_headers, body) => checkOpenaiChat(body),
  view,
  checkLimits,
  unknownModel: (model) => ({
    status: 404,
    type: "invalid_request_error",
    message: `The model \`${model}\` does not exist or you do not have access to it.`,
    code: "model_not_found",
  }),
  errorBody: (refusal) => ({ error: { message: refusal.message, type: refusal.type, param: refusal.parameter ?? null, code: refusal.code ?? null } }),
  statusError,
  frames,
  errorFrame: (type, message) => data("other", { error: { message, type, param: null, code: null } }),
  unknownFrames,
  whole,
  models: (ids) => ({ object: "list", data: ids.map((id) => ({ id, object: "model", created: 1_767_225_600, owned_by: "script" })) }),
};

function statusError(status: number, message: string | undefined): Refusal {
  if (status === 401) return { status, type: "invalid_request_error", message: message ?? "Incorrect API key provided.", code: "invalid_api_key" };
  if (status === 429)
    return { status, type: "requests", message: message ?? "Rate limit reached for requests per minute. Please try again later.", code: "rate_limit_exceeded" };
  if (status >= 500) return { status, type: "server_error", message: message ?? "The server is currently overloaded with other requests. Sorry about that!" };
  return { status, type: "invalid_request_error", message: message ?? "Invalid request." };
}

function checkLimits(view: RequestView, tokens: number, limits: Limits): Refusal | undefined {
  const refuse = (message: string, code: string, parameter: string): Refusal => ({ status: 400, type: "invalid_request_error", message, code, parameter });
  if (limits.maxOutput !== undefined && view.maxOutput > limits.maxOutput)
    return refuse(
      `max_tokens is too large: ${view.maxOutput}. This model supports at most ${limits.maxOutput} completion tokens, whereas you provided ${view.maxOutput}.`,
      "invalid_value",
      "max_tokens",
    );
  if (tokens > limits.contextWindow)
    return refuse(
      `This model's maximum context length is ${limits.contextWindow} tokens. However, your messages resulted in ${tokens} tokens. Please reduce the length of the messages.`,
      "context_length_exceeded",
      "messages",
    );
  if (tokens + view.maxOutput > limits.contextWindow)
    return refuse(
      `This model's maximum context length is ${limits.contextWindow} tokens. However, you requested ${tokens + view.maxOutput} tokens (${tokens} in the messages, ${view.maxOutput} in the completion). Please reduce the length of the messages or completion.`,
      "context_length_exceeded",
      "messages",
    );
  return undefined;
}

const isSystem = (message: JsonObject): boolean => message.role === "system" || message.role === "developer";

function view(body: JsonObject): RequestView {
  const messages = asList(body.messages).map(asObject);
  const head = messages.findIndex((message) => !isSystem(message));
  const block = (segment: Block["segment"], value: Json): Block => ({ segment, text: JSON.stringify(value), tokens: blockTokens(value) });
  const blocks = [
    ...asList(body.tools).map((tool) => block("tools", tool)),
    ...messages.map((message, index) => block(index < head || head < 0 ? "system" : "messages", message)),
  ];
  return {
    model: asText(body.model),
    stream: body.stream === true,
    maxOutput: Number(body.max_completion_tokens ?? body.max_tokens ?? 0),
    blocks,
    wholeKey: JSON.stringify([body.prompt_cache_key ?? null, body.reasoning_effort ?? null, body.response_format ?? null]),
    messagesKey: "",
    cacheLife: body.prompt_cache_retention === "24h" ? 86_400_000 : 300_000,
    tools: asList(body.tools).map((tool) => asText(asObject(asObject(tool).function).name)),
    ...textsOf(messages),
  };
}

function textOf(message: JsonObject): string {
  if (typeof message.content === "string") return message.content;
  return asList(message.content)
    .map((part) => asText(asObject(part).text))
    .join("\n");
}

function textsOf(messages: readonly JsonObject[]): Pick<RequestView, "systemText" | "userText" | "texts" | "messages" | "results"> {
  const names = new Map<string, string>();
  const results: ToolResultView[] = [];
  for (const message of messages) {
    for (const call of asList(message.tool_calls).map(asObject)) names.set(asText(call.id), asText(asObject(call.function).name));
    if (message.role === "tool") results.push({ tool: names.get(asText(message.tool_call_id)) ?? "", text: textOf(message) });
  }
  const user = messages.findLast((message) => message.role === "user");
  return {
    systemText: messages.filter(isSystem).map(textOf).join("\n"),
    userText: user ? textOf(user) : "",
    texts: messages.map(textOf),
    messages: messages.filter((message) => !isSystem(message)).length,
    results,
  };
}

const finishReasons = { "end": "stop", "tool-calls": "tool_calls", "length": "length", "refusal": "content_filter" } as const;

const data = (place: Frame["place"], value: JsonObject): Frame => ({ place, text: `data: ${JSON.stringify(value)}\n\n` });

function usageOf(answer: Answer): JsonObject {
  const { input, output, cacheRead, cacheWrite, reasoning } = answer.usage;
  const prompt = input + cacheRead + cacheWrite;
  return {
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    prompt_tokens_details: { cached_tokens: cacheRead, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: reasoning, audio_tokens: 0 },
  };
}

const envelope = (answer: Answer, object: string): JsonObject => ({
  id: answer.id,
  object,
  created: Math.floor(answer.createdAt / 1000),
  model: answer.model,
  system_fingerprint: "fp_script",
});

function frames(answer: Answer, body: JsonObject): Frame[] {
  const withUsage = asObject(body.stream_options).include_usage === true;
  const chunk = (place: Frame["place"], delta: JsonObject, finish: string | null = null) =>
    data(place, {
      ...envelope(answer, "chat.completion.chunk"),
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...(withUsage ? { usage: null } : {}),
    });
  const result = [chunk("start", { role: "assistant", content: "", refusal: null })];
  let call = 0;
  for (const part of answer.parts) {
    if (part.kind === "text") result.push(...pieces(part.text).map((content) => chunk("text", { content })));
    if (part.kind === "thinking") result.push(...pieces(part.text).map((text) => chunk("thinking", { reasoning_content: text })));
    if (part.kind !== "call") continue;
    const index = call++;
    result.push(chunk("arguments", { tool_calls: [{ index, id: part.id, type: "function", function: { name: part.tool, arguments: "" } }] }));
    for (const text of pieces(part.arguments, 24, 3)) result.push(chunk("arguments", { tool_calls: [{ index, function: { arguments: text } }] }));
  }
  result.push(chunk("finish", {}, finishReasons[answer.finish]));
  if (withUsage) result.push(data("finish", { ...envelope(answer, "chat.completion.chunk"), choices: [], usage: usageOf(answer) }));
  result.push({ place: "finish", text: "data: [DONE]\n\n" });
  return result;
}

function unknownFrames(answer: Answer): { early: Frame; middle: Frame; late: Frame } {
  const novel = { ...envelope(answer, "chat.completion.chunk"), novel_field: { share: 0.5 } };
  return {
    early: { place: "other", text: ": a comment\n\n" },
    middle: data("other", { ...novel, choices: [] }),
    late: data("other", { ...novel, choices: [{ index: 0, delta: { novel_delta: "a field that no client knows" }, finish_reason: null }] }),
  };
}

function whole(answer: Answer): JsonObject {
  const textIn = (kind: "text" | "thinking"): string => answer.parts.map((part) => (part.kind === kind ? part.text : "")).join("");
  const calls = answer.parts.flatMap((part) =>
    part.kind === "call" ? [{ id: part.id, type: "function", function: { name: part.tool, arguments: part.arguments } }] : [],
  );
  const text = textIn("text");
  const thinking = textIn("thinking");
  const message = {
    role: "assistant",
    content: text === "" ? null : text,
    refusal: null,
    ...(thinking === "" ? {} : { reasoning_content: thinking }),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
  return {
    ...envelope(answer, "chat.completion"),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReasons[answer.finish] }],
    usage: usageOf(answer),
  };
}
