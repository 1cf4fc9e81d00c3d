// What is rendered once and kept must give the same bytes as rendering it anew, whatever was sent before.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { CallId, Json, JsonObject } from "../../src/base/index.ts";
import { anthropicBody } from "../../src/model/adapters/anthropic-body.ts";
import { chatBody } from "../../src/model/adapters/chat-body.ts";
import type { AssistantPart, ContentPart, Finish, Message, ModelRequest } from "../../src/model/index.ts";

const words = fc.oneof(fc.constantFrom("", " ", "a", "é", '"}]', "\ud800", "\u2028"), fc.string({ unit: "grapheme" }));
const content = fc.oneof(
  fc.record<ContentPart>({ type: fc.constant("text"), text: words }),
  fc.record<ContentPart>({ type: fc.constant("image"), mediaType: fc.constant("image/png"), data: fc.base64String() }),
);
const input = fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<JsonObject>;
const id = fc.constantFrom("c1", "c 2", "ü") as fc.Arbitrary<CallId>;
const said = fc.oneof(
  fc.record<AssistantPart>({ type: fc.constant("text"), text: words }),
  fc.record({ type: fc.constant("thinking"), text: words, signature: fc.option(words, { nil: undefined }) }).map(({ signature, ...part }) => {
    return (signature === undefined ? part : { ...part, signature }) as AssistantPart;
  }),
  fc.record<AssistantPart>({ type: fc.constant("redacted-thinking"), data: words }),
  fc.record<AssistantPart>({ type: fc.constant("call"), call: fc.record({ id, tool: words, input: input as fc.Arbitrary<Json> }) }),
  fc.record<AssistantPart>({ type: fc.constant("rejected-call"), id, tool: words, raw: words, why: words }),
);
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record<Message>({ role: fc.constant("user"), parts: fc.array(content, { maxLength: 3 }) }),
  fc.record<Message>({
    role: fc.constant("assistant"),
    parts: fc.array(said, { maxLength: 4 }),
    provider: fc.constantFrom("here", "there"),
    model: fc.constantFrom("one", "two"),
    finish: fc.constant<Finish>("tool-calls"),
  }),
  fc.record<Message>({ role: fc.constant("tool"), call: id, tool: words, parts: fc.array(content, { maxLength: 3 }), failed: fc.boolean() }),
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
    }),
    { minLength: 1, maxLength: 6 },
  ),
});

const bodies: Readonly<Record<string, (request: ModelRequest) => string>> = {
  "anthropic": (request) => anthropicBody(request, "here"),
  "chat": (request) => chatBody(request, "here", { outputLimit: "max_tokens", promptCacheKey: true, reasoningEffort: "low" }),
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
