// The OpenAI Chat completions wire, as OpenAI, Ollama, llama.cpp, vLLM, LM Studio and many gateways speak it.
import type { OpenAICompatibleChatLanguageModel } from "@ai-sdk/openai-compatible";
import type { LanguageModelV4StreamPart, LanguageModelV4Usage } from "@ai-sdk/provider";
import { type Clock, isJsonObject, type JsonObject, systemClock } from "../../base/index.ts";
import type { HttpClient } from "../http.ts";
import type { Usage } from "../message.ts";
import type { ModelRequest, Provider } from "../provider.ts";
import { type ChatDialect, chatBody } from "./chat-body.ts";
import { type StreamLimits, streamLimits } from "./guard.ts";
import type { VendorReading } from "./reply.ts";
import { streamAttempt, type VendorStream } from "./stream.ts";

export interface OpenAiCompatibleOptions {
  readonly id: string;
  /** With "/v1", or whatever comes before "/chat/completions". */
  readonly baseUrl: string;
  /** Absent: no authorization header, as local servers want it. */
  readonly key?: string;
  readonly http: HttpClient;
  readonly clock?: Clock;
  readonly limits?: Partial<StreamLimits>;
  dialect(request: ModelRequest): ChatDialect;
}

/** Reasoning models and local servers reading a long prompt send nothing for minutes. */
const firstByteMilliseconds = 600_000;

export function createOpenAiCompatibleProvider(options: OpenAiCompatibleOptions): Provider {
  const headers = {
    "content-type": "application/json",
    "accept": "text/event-stream",
    "user-agent": "bosun",
    ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }),
  };
  const url = `${options.baseUrl}/chat/completions`;
  const { http, clock = systemClock } = options;
  const limits = { ...streamLimits, firstByteMilliseconds, ...options.limits };
  return {
    id: options.id,
    wire: "chat",
    stream(request, signal) {
      const body = chatBody(request, options.id, options.dialect(request));
      return streamAttempt({ provider: options.id, request, url, headers, body, signal, http, clock, limits, reading: createReading(), load });
    },
  };
}

const replies = new WeakMap<AbortSignal, Response>();
let model: Promise<OpenAICompatibleChatLanguageModel> | undefined;

/** The request is already answered: the library posts its own to a `fetch` that hands out that answer. */
async function load(): Promise<VendorStream> {
  model ??= import("@ai-sdk/openai-compatible").then(
    (library) =>
      new library.OpenAICompatibleChatLanguageModel("chat", {
        provider: "openai",
        url: () => "",
        headers: {},
        includeUsage: true,
        transformRequestBody: () => ({}),
        fetch: async (_url, init) => replies.get(init?.signal as AbortSignal) as Response,
      }),
  );
  const loaded = await model;
  return async (response, abortSignal) => {
    replies.set(abortSignal, response);
    const prompt = [{ role: "user" as const, content: [{ type: "text" as const, text: "-" }] }];
    return (await loaded.doStream({ prompt, abortSignal, includeRawChunks: true })).stream;
  };
}

/** The library gives a repeated id a new name, so the ids are read from the raw chunks beside it. */
function createReading(): VendorReading {
  const indexOfId = new Map<string, unknown>();
  let repeated = false;
  const readIds = (chunk: JsonObject) => {
    for (const call of callDeltas(chunk)) {
      const id = call.id;
      if (typeof id !== "string" || id === "") continue;
      if (indexOfId.has(id) && indexOfId.get(id) !== call.index) repeated = true;
      else indexOfId.set(id, call.index);
    }
  };
  return {
    earlyUsage(part: LanguageModelV4StreamPart) {
      if (part.type !== "raw" || !isJsonObject(part.rawValue)) return undefined;
      readIds(part.rawValue);
      return isJsonObject(part.rawValue.usage) ? usageOf(part.rawValue.usage) : undefined;
    },
    finalUsage: (usage: LanguageModelV4Usage) => (isJsonObject(usage.raw) ? usageOf(usage.raw) : undefined),
    thinking: () => ({}),
    losesContent: (event) => isJsonObject(event) && Array.isArray(event.choices) && event.choices.length > 0,
    concernsBlock: () => false,
    isRepeated: (callId) => repeated && !indexOfId.has(callId),
  };
}

function callDeltas(chunk: JsonObject): JsonObject[] {
  const choice = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
  const delta = isJsonObject(choice) ? choice.delta : undefined;
  const calls = isJsonObject(delta) ? delta.tool_calls : undefined;
  return Array.isArray(calls) ? calls.filter(isJsonObject) : [];
}

/** `prompt_tokens` holds what was read from and written to the cache; ours do not overlap. */
function usageOf(raw: JsonObject): Usage {
  const prompt = isJsonObject(raw.prompt_tokens_details) ? raw.prompt_tokens_details : {};
  const completion = isJsonObject(raw.completion_tokens_details) ? raw.completion_tokens_details : {};
  const cacheRead = count(prompt.cached_tokens);
  const cacheWrite = count(prompt.cache_write_tokens);
  const reasoning = count(completion.reasoning_tokens);
  return {
    input: Math.max(0, count(raw.prompt_tokens) - cacheRead - cacheWrite),
    output: count(raw.completion_tokens),
    cacheRead,
    cacheWrite,
    ...(reasoning > 0 ? { reasoning } : {}),
  };
}

const count = (value: unknown): number => (typeof value === "number" && value > 0 ? value : 0);
