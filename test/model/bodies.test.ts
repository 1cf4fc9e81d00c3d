// What is rendered once and kept must give the same bytes as rendering it anew, whatever was sent before.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { CallId, JsonObject } from "../../src/base/index.ts";
import { anthropicBody } from "../../src/model/adapters/anthropic-body.ts";
import { chatBody } from "../../src/model/adapters/chat-body.ts";
import { geminiBody } from "../../src/model/adapters/gemini-body.ts";
import { responsesBody } from "../../src/model/adapters/responses-body.ts";
import type { Message, ModelRequest } from "../../src/model/index.ts";

const words = fc.oneof(fc.constantFrom("", " ", "a", "é", '"}]', "\ud800", "\u2028"), fc.string({ unit: "grapheme" }));
const textPart = fc.record({ type: fc.constant("text" as const), text: words });
const imagePart = fc.record({ type: fc.constant("image" as const), mediaType: fc.constant("image/png"), data: fc.base64String() });
const content = fc.array(fc.oneof(textPart, imagePart), { maxLength: 3 });
const signature = fc.oneof(words, fc.constantFrom("call c2ln", "text c2ln", "thought c2ln", "own c2ln", "rs_1 gAAA"));
const input = fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<JsonObject>;
const id = fc.constantFrom("c1", "c 2", "ü") as fc.Arbitrary<CallId>;
const said = fc.oneof(
  textPart,
  fc.record({ type: fc.constant("thinking" as const), text: words, signature }),
  fc.record({ type: fc.constant("thinking" as const), text: words }),
  fc.record({ type: fc.constant("redacted-thinking" as const), data: words }),
  fc.record({ type: fc.constant("call" as const), call: fc.record({ id, tool: words, input }) }),
  fc.record({ type: fc.constant("rejected-call" as const), id, tool: words, raw: words, why: words }),
);
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ role: fc.constant("user" as const), parts: content }),
  fc.record({
    role: fc.constant("assistant" as const),
    parts: fc.array(said, { maxLength: 4 }),
    provider: fc.constantFrom("here", "there"),
    model: fc.constantFrom("one", "two"),
    finish: fc.constant("tool-calls" as const),
  }),
  fc.record({ role: fc.constant("tool" as const), call: id, tool: words, parts: content, failed: fc.boolean() }),
);
/** A conversation, and the requests it was sent in: how many messages each, with which marks, for which model. */
const session = fc.record({
  messages: fc.array(message, { minLength: 1, maxLength: 12 }),
  tools: fc.array(fc.record({ name: words, description: words, input }), { maxLength: 3 }),
  system: fc.array(fc.record({ text: words, cache: fc.boolean() }), { maxLength: 3 }),
  requests: fc.array(
    fc.record({
      length: fc.nat(12),
      model: fc.constantFrom("one", "two"),
      cacheTools: fc.boolean(),
      cacheAfter: fc.array(fc.nat(12), { maxLength: 5 }),
      maxOutput: fc.constantFrom(1, 16_384),
      effort: fc.constantFrom("minimal" as const, "high" as const),
      cacheLife: fc.constantFrom("5m" as const, "1h" as const),
      cacheKey: fc.constantFrom("one", "two"),
    }),
    { minLength: 1, maxLength: 6 },
  ),
});

const bodies: Readonly<Record<string, (request: ModelRequest) => string>> = {
  "anthropic": (request) => anthropicBody(request, "here"),
  "anthropic, thinking by level": (request) => anthropicBody(request, "here", "adaptive"),
  "anthropic, thinking by budget": (request) => anthropicBody(request, "here", "budget"),
  "chat": (request) => chatBody(request, "here", { outputLimit: "max_tokens", promptCacheKey: true, reasoningEffort: "low" }),
  "responses": (request) => responsesBody(request, "here", { reasoning: true, breakpoints: true, promptCacheKey: true, effort: "low" }),
  "gemini": (request) => geminiBody(request, "here", { signatures: true, level: "low" }),
  "gemini before 3": (request) => geminiBody(request, "here", { signatures: false, budget: 1_024 }),
  "responses, plain": (request) => responsesBody(request, "here", { reasoning: false, breakpoints: false, promptCacheKey: true }),
};

test.each(Object.entries(bodies))("%s: what was sent before does not change the bytes, and they are plain JSON", (_name, bodyOf) => {
  fc.assert(
    fc.property(session, ({ messages, tools, system, requests }) => {
      for (const { length, ...rest } of requests) {
        const request: ModelRequest = { ...rest, tools, system, messages: messages.slice(0, length) };
        const body = bodyOf(request);
        expect(body).toBe(bodyOf(structuredClone(request)));
        expect(body).toBe(JSON.stringify(JSON.parse(body)));
      }
    }),
  );
});
