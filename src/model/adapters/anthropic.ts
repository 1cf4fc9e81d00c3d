// The Anthropic Messages wire: our body out; back, a plain reading of the stream, or the vendor library's where it is not plain.
// The library is asked for no request of its own: what it would add (betas, eager_input_streaming) never reaches the wire.
import type { AnthropicLanguageModel } from "@ai-sdk/anthropic/internal";
import type { LanguageModelV4StreamPart, LanguageModelV4Usage } from "@ai-sdk/provider";
import { type Clock, isJsonObject, type JsonObject, systemClock } from "../../base/index.ts";
import type { HttpClient } from "../http.ts";
import type { Usage } from "../message.ts";
import type { Provider } from "../provider.ts";
import { anthropicBody, type ThinkingWay } from "./anthropic-body.ts";
import { countCall } from "./count-call.ts";
import { type StreamLimits, streamLimits } from "./guard.ts";
import { createPlainAnthropic } from "./plain-anthropic.ts";
import type { VendorReading } from "./reply.ts";
import { streamAttempt, type VendorStream } from "./stream.ts";

export interface AnthropicOptions {
  readonly id: string;
  /** Without "/v1". */
  readonly baseUrl: string;
  readonly key: string;
  readonly http: HttpClient;
  readonly clock?: Clock;
  readonly limits?: Partial<StreamLimits>;
  /** Sent as `anthropic-beta`, as given. It is part of the cache key: fix it for a session. */
  readonly betas?: readonly string[];
  /** How a model takes a request's effort; undefined: not at all. */
  readonly thinking?: (model: string) => ThinkingWay | undefined;
}

export function createAnthropicProvider(options: AnthropicOptions): Provider {
  const headers = {
    "content-type": "application/json",
    "accept": "text/event-stream",
    "user-agent": "bosun",
    "anthropic-version": "2023-06-01",
    "x-api-key": options.key,
    ...(options.betas && options.betas.length > 0 ? { "anthropic-beta": options.betas.join(",") } : {}),
  };
  const url = `${options.baseUrl}/v1/messages`;
  const { http, clock = systemClock } = options;
  const limits = { ...streamLimits, ...options.limits };
  return {
    id: options.id,
    stream: (request, signal) =>
      streamAttempt({
        provider: options.id,
        request,
        url,
        headers,
        body: anthropicBody(request, options.id, options.thinking?.(request.model)),
        signal,
        http,
        clock,
        limits,
        reading,
        load,
        plain: createPlainAnthropic,
      }),
    count(request, signal) {
      // what limits and shapes the answer is refused there
      const { model, system, tools, messages, thinking } = JSON.parse(anthropicBody(request, options.id, options.thinking?.(request.model))) as JsonObject;
      const body = { model, messages, ...(system && { system }), ...(tools && { tools }), ...(thinking && { thinking }) } as JsonObject;
      return countCall({ http, clock, url: `${url}/count_tokens`, headers, body, signal, field: "input_tokens" });
    },
  };
}

const replies = new WeakMap<AbortSignal, Response>();
let model: Promise<AnthropicLanguageModel> | undefined;

/** The request is already answered: the library posts its own to a `fetch` that hands out that answer. */
async function load(): Promise<VendorStream> {
  model ??= import("@ai-sdk/anthropic/internal").then(
    (library) =>
      new library.AnthropicLanguageModel("claude", {
        provider: "anthropic",
        baseURL: "",
        headers: {},
        transformRequestBody: () => ({}),
        fetch: async (_url, init) => replies.get(init?.signal as AbortSignal) as Response,
      }),
  );
  const loaded = await model;
  return async (response, abortSignal) => {
    replies.set(abortSignal, response);
    const prompt = [{ role: "user" as const, content: [{ type: "text" as const, text: "-" }] }];
    return (await loaded.doStream({ prompt, maxOutputTokens: 1, abortSignal })).stream;
  };
}

const reading: VendorReading = {
  earlyUsage(part: LanguageModelV4StreamPart) {
    if (part.type !== "custom" || part.kind !== "anthropic.message_start") return undefined;
    const usage: unknown = part.providerMetadata?.anthropic?.usage;
    if (!isJsonObject(usage)) return undefined;
    return withLongWrites(
      {
        input: count(usage.input_tokens),
        output: count(usage.output_tokens),
        cacheRead: count(usage.cache_read_input_tokens),
        cacheWrite: count(usage.cache_creation_input_tokens),
      },
      usage,
    );
  },
  finalUsage(usage: LanguageModelV4Usage) {
    if (usage.inputTokens.total === undefined && usage.outputTokens.total === undefined) return undefined;
    return withLongWrites(
      {
        input: usage.inputTokens.noCache ?? 0,
        output: usage.outputTokens.total ?? 0,
        cacheRead: usage.inputTokens.cacheRead ?? 0,
        cacheWrite: usage.inputTokens.cacheWrite ?? 0,
        ...(usage.outputTokens.reasoning === undefined ? {} : { reasoning: usage.outputTokens.reasoning }),
      },
      usage.raw,
    );
  },
  thinking(metadata) {
    const own = metadata?.anthropic;
    const signature = own?.signature;
    const redacted = own?.redactedData;
    return { ...(typeof signature === "string" ? { signature } : {}), ...(typeof redacted === "string" ? { redacted } : {}) };
  },
  losesContent(event) {
    if (!isJsonObject(event)) return false;
    const block = event.content_block;
    const delta = event.delta;
    switch (event.type) {
      case "message_start":
      case "message_delta":
      case "content_block_stop":
        return true;
      case "content_block_start":
        return isJsonObject(block) && ["text", "thinking", "redacted_thinking", "tool_use"].includes(String(block.type));
      case "content_block_delta":
        return isJsonObject(delta) && ["text_delta", "thinking_delta", "signature_delta", "input_json_delta"].includes(String(delta.type));
      default:
        return false;
    }
  },
  concernsBlock: (event) => isJsonObject(event) && typeof event.index === "number",
  isRepeated: () => false,
};

function withLongWrites(usage: Usage, raw: unknown): Usage {
  const split = isJsonObject(raw) ? raw.cache_creation : undefined;
  const long = isJsonObject(split) ? count(split.ephemeral_1h_input_tokens) : 0;
  return long > 0 ? { ...usage, cacheWriteLong: long } : usage;
}

const count = (value: unknown): number => (typeof value === "number" && value > 0 ? value : 0);
