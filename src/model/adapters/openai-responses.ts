// The OpenAI Responses wire: our body out, our reading of the stream back. Stateless: nothing of a conversation stays at the vendor.
import { type Clock, isJsonObject, type JsonObject, systemClock } from "../../base/index.ts";
import type { HttpClient } from "../http.ts";
import type { Usage } from "../message.ts";
import type { ModelRequest, Provider } from "../provider.ts";
import { type StreamLimits, streamLimits } from "./guard.ts";
import type { VendorReading } from "./reply.ts";
import { type ResponsesDialect, responsesBody } from "./responses-body.ts";
import { carriesContent, concernsItem, createResponsesReader } from "./responses-reader.ts";
import { streamAttempt } from "./stream.ts";

export interface OpenAiResponsesOptions {
  readonly id: string;
  /** With "/v1", or whatever comes before "/responses". */
  readonly baseUrl: string;
  /** Absent: no authorization header. */
  readonly key?: string;
  readonly http: HttpClient;
  readonly clock?: Clock;
  readonly limits?: Partial<StreamLimits>;
  dialect(request: ModelRequest): ResponsesDialect;
}

/** A reasoning model may say nothing for minutes. */
const firstByteMilliseconds = 600_000;

export function createOpenAiResponsesProvider(options: OpenAiResponsesOptions): Provider {
  const headers = {
    "content-type": "application/json",
    "accept": "text/event-stream",
    "user-agent": "bosun",
    ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }),
  };
  const url = `${options.baseUrl}/responses`;
  const { http, clock = systemClock } = options;
  const limits = { ...streamLimits, firstByteMilliseconds, ...options.limits };
  return {
    id: options.id,
    wire: "responses",
    stream(request, signal) {
      const body = responsesBody(request, options.id, options.dialect(request));
      return streamAttempt({ provider: options.id, request, url, headers, body, signal, http, clock, limits, reading, plain: createResponsesReader });
    },
  };
}

const reading: VendorReading = {
  earlyUsage(part) {
    if (part.type !== "custom" || part.kind !== "openai.usage") return undefined;
    const usage: unknown = part.providerMetadata?.openai?.usage;
    return isJsonObject(usage) ? usageOf(usage) : undefined;
  },
  finalUsage: (usage) => (isJsonObject(usage.raw) ? usageOf(usage.raw) : undefined),
  thinking(metadata) {
    const signature = metadata?.openai?.signature;
    return typeof signature === "string" ? { signature } : {};
  },
  losesContent: carriesContent,
  concernsBlock: concernsItem,
  isRepeated: () => false,
};

/** `input_tokens` holds what was read from and written to the cache; ours do not overlap. */
function usageOf(raw: JsonObject): Usage {
  const input = isJsonObject(raw.input_tokens_details) ? raw.input_tokens_details : {};
  const output = isJsonObject(raw.output_tokens_details) ? raw.output_tokens_details : {};
  const cacheRead = count(input.cached_tokens);
  const cacheWrite = count(input.cache_write_tokens);
  const reasoning = count(output.reasoning_tokens);
  return {
    input: Math.max(0, count(raw.input_tokens) - cacheRead - cacheWrite),
    output: count(raw.output_tokens),
    cacheRead,
    cacheWrite,
    ...(reasoning > 0 ? { reasoning } : {}),
  };
}

const count = (value: unknown): number => (typeof value === "number" && value > 0 ? value : 0);
