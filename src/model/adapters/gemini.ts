// The Gemini wire (generateContent, streamed): our body out, our reading of the stream back. Nothing of a conversation stays at Google.
import { type Clock, isJsonObject, type JsonObject, systemClock } from "../../base/index.ts";
import type { HttpClient } from "../http.ts";
import type { Usage } from "../message.ts";
import type { ModelRequest, Provider } from "../provider.ts";
import { countCall } from "./count-call.ts";
import { type GeminiDialect, geminiBody } from "./gemini-body.ts";
import { carriesContent, createGeminiReader } from "./gemini-reader.ts";
import { type StreamLimits, streamLimits } from "./guard.ts";
import type { VendorReading } from "./reply.ts";
import { streamAttempt } from "./stream.ts";

export interface GeminiOptions {
  readonly id: string;
  /** With "/v1beta", or whatever comes before "/models/…". */
  readonly baseUrl: string;
  /** Absent: no key is sent. */
  readonly key?: string;
  readonly http: HttpClient;
  readonly clock?: Clock;
  readonly limits?: Partial<StreamLimits>;
  dialect(request: ModelRequest): GeminiDialect;
}

/** Without summaries of its thoughts a model may say nothing for minutes. */
const firstByteMilliseconds = 600_000;

export function createGeminiProvider(options: GeminiOptions): Provider {
  const headers = {
    "content-type": "application/json",
    "accept": "text/event-stream",
    "user-agent": "bosun",
    ...(options.key === undefined ? {} : { "x-goog-api-key": options.key }),
  };
  const { http, clock = systemClock } = options;
  const limits = { ...streamLimits, firstByteMilliseconds, ...options.limits };
  return {
    id: options.id,
    stream(request, signal) {
      const body = geminiBody(request, options.id, options.dialect(request));
      const url = `${options.baseUrl}/models/${encodeURIComponent(request.model)}:streamGenerateContent?alt=sse`;
      return streamAttempt({ provider: options.id, request, url, headers, body, signal, http, clock, limits, reading, plain: createGeminiReader });
    },
    count(request, signal) {
      const whole = JSON.parse(geminiBody(request, options.id, options.dialect(request))) as JsonObject;
      const body = { generateContentRequest: { model: `models/${request.model}`, ...whole } };
      const url = `${options.baseUrl}/models/${encodeURIComponent(request.model)}:countTokens`;
      return countCall({ http, clock, url, headers, body, signal, field: "totalTokens" });
    },
  };
}

const reading: VendorReading = {
  earlyUsage(part) {
    if (part.type !== "custom" || part.kind !== "gemini.usage") return undefined;
    const usage: unknown = part.providerMetadata?.gemini?.usage;
    return isJsonObject(usage) ? usageOf(usage) : undefined;
  },
  finalUsage: (usage) => (isJsonObject(usage.raw) ? usageOf(usage.raw) : undefined),
  thinking(metadata) {
    const signature = metadata?.gemini?.signature;
    return typeof signature === "string" ? { signature } : {};
  },
  losesContent: carriesContent,
  // A call comes whole: nothing is ever under way.
  concernsBlock: () => false,
  isRepeated: () => false,
};

/** `promptTokenCount` holds what was read from the cache; thoughts are counted beside the answer. Writing to the cache is not billed. */
function usageOf(raw: JsonObject): Usage {
  const cacheRead = count(raw.cachedContentTokenCount);
  const reasoning = count(raw.thoughtsTokenCount);
  return {
    input: Math.max(0, count(raw.promptTokenCount) + count(raw.toolUsePromptTokenCount) - cacheRead),
    output: count(raw.candidatesTokenCount) + reasoning,
    cacheRead,
    cacheWrite: 0,
    ...(reasoning > 0 ? { reasoning } : {}),
  };
}

const count = (value: unknown): number => (typeof value === "number" && value > 0 ? value : 0);
