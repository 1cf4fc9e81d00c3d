// The plain reader against the vendor library, on the same bytes: what the one gives, the other gives too.
import { AnthropicLanguageModel } from "@ai-sdk/anthropic/internal";
import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createPlainAnthropic } from "../../src/model/adapters/plain-anthropic.ts";
import { anthropic, block, callBlock, delta, end, events, run, start, startServer, stop, streams, textBlock } from "./support.ts";

type Part = LanguageModelV4StreamPart;
const silent: ReadonlySet<string> = new Set(["stream-start", "text-end", "tool-input-end"]);

async function byLibrary(bytes: Uint8Array): Promise<readonly Part[]> {
  const model = new AnthropicLanguageModel("claude", {
    provider: "anthropic",
    baseURL: "http://127.0.0.1",
    headers: {},
    transformRequestBody: () => ({}),
    fetch: async () => new Response(Buffer.from(bytes), { status: 200, headers: { "content-type": "text/event-stream" } }),
  });
  const { stream } = await model.doStream({ prompt: [{ role: "user", content: [{ type: "text", text: "-" }] }] });
  const parts: Part[] = [];
  for await (const part of stream) {
    if (!silent.has(part.type)) parts.push(part);
  }
  return parts.map((part) => (part.type === "finish" ? { type: part.type, finishReason: part.finishReason, usage: part.usage } : part));
}

function byPlain(bytes: Uint8Array, size: number): { readonly parts: readonly Part[]; readonly strange: boolean; readonly ended: boolean } {
  const reader = createPlainAnthropic();
  const parts: Part[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const taken = reader.take(bytes.subarray(at, at + size));
    parts.push(...taken.parts);
    if (taken.strange) return { parts, strange: true, ended: reader.ended() };
  }
  return { parts, strange: false, ended: reader.ended() };
}

const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("", "é\u2028", 'a "quote"\r\n', '{"__proto__":1}', '"constructor":'));
const piece = (index: number): fc.Arbitrary<readonly object[]> =>
  fc.oneof(
    text.map((said) => textBlock(index, said)),
    text.map((said) => [
      block(index, { type: "thinking", thinking: "", signature: "" }),
      delta(index, { type: "thinking_delta", thinking: said }),
      delta(index, { type: "signature_delta", signature: "sig==" }),
      stop(index),
    ]),
    text.map((data) => [block(index, { type: "redacted_thinking", data }), stop(index)]),
    fc.tuple(fc.json(), fc.nat(9)).map(([json, id]) => callBlock(index, `toolu_${id}`, json)),
    fc.constant([{ type: "ping" }, ...textBlock(index, "x")]),
  );
const blocks = fc.integer({ min: 0, max: 5 }).chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => piece(index))));
const counts = fc.record(
  {
    input_tokens: fc.nat(),
    cache_read_input_tokens: fc.option(fc.nat()),
    cache_creation_input_tokens: fc.option(fc.nat()),
    service_tier: fc.constant("standard"),
  },
  { requiredKeys: ["input_tokens"] },
);
const closing = fc.record(
  {
    output_tokens: fc.nat(),
    input_tokens: fc.option(fc.nat()),
    cache_read_input_tokens: fc.option(fc.nat()),
    output_tokens_details: fc.option(fc.record({ thinking_tokens: fc.nat() })),
  },
  { requiredKeys: ["output_tokens"] },
);
const reason = fc.constantFrom("end_turn", "stop_sequence", "pause_turn", "tool_use", "max_tokens", "model_context_window_exceeded");
const replies = fc.tuple(counts, blocks, reason, closing).map(([usage, middle, why, last]) => [start(usage), ...middle.flat(), ...end(why, last)]);

/** Bytes of a reply as the usual servers frame them. */
const framed = (list: readonly object[], lineEnd: string): Uint8Array => Buffer.from(events(...list).replaceAll("\n", lineEnd));

test("a reply in the usual events is read whole, as the library reads it", async () => {
  await fc.assert(
    fc.asyncProperty(replies, fc.constantFrom("\n", "\r\n"), fc.integer({ min: 1, max: 200 }), async (list, lineEnd, size) => {
      const bytes = framed(list, lineEnd);
      const plain = byPlain(bytes, size);
      expect(plain).toMatchObject({ strange: false, ended: true });
      expect(plain.parts).toEqual(await byLibrary(bytes));
    }),
    { numRuns: 150 },
  );
});

/** Something that does not belong there, in one event of a reply. */
const damage: fc.Arbitrary<(event: Record<string, unknown>) => object | null> = fc.constantFrom<((event: Record<string, unknown>) => object | null)[]>(
  () => null,
  (event) => ({ ...event, type: "content_block_news" }),
  (event) => ({ ...event, index: 7 }),
  (event) => ({ ...event, index: "0" }),
  (event) => ({ ...event, delta: { type: "citations_delta", citation: {} } }),
  (event) => ({ ...event, delta: { type: "text_delta", text: 5 } }),
  (event) => ({ ...event, delta: { stop_reason: "refusal" } }),
  (event) => ({ ...event, delta: { stop_reason: null } }),
  (event) => ({ ...event, usage: { output_tokens: "many" } }),
  (event) => ({ ...event, usage: { output_tokens: 3, iterations: [{ type: "compaction", input_tokens: 4, output_tokens: 5 }] } }),
  (event) => ({ ...event, content_block: { type: "server_tool_use", id: "s", name: "web_search", input: {} } }),
  (event) => ({ ...event, content_block: { type: "tool_use", id: "t", name: "read", input: { path: "early" } } }),
  (event) => ({ ...event, content_block: { type: "text", text: "early" } }),
  () => ({ type: "error", error: { type: "overloaded_error", message: "later" } }),
  () => start({ input_tokens: 1 }),
  () => ({ type: "message_stop" }),
);

test("at anything else it stops before it, and all that it gave is what the library gives", async () => {
  let stopped = 0;
  await fc.assert(
    fc.asyncProperty(replies, fc.nat(), damage, fc.integer({ min: 1, max: 200 }), async (list, at, change, size) => {
      const index = 1 + (at % (list.length - 1));
      const changed = change(list[index] as Record<string, unknown>);
      const bytes = framed([...list.slice(0, index), ...(changed === null ? [] : [changed]), ...list.slice(index + 1)], "\n");
      const plain = byPlain(bytes, size);
      const library = await byLibrary(bytes);
      expect(library.slice(0, plain.parts.length)).toEqual(plain.parts);
      if (plain.strange) stopped += 1;
      else if (plain.ended) expect(plain.parts).toEqual(library);
    }),
    { numRuns: 400 },
  );
  expect(stopped).toBeGreaterThan(100);
});

test.each([
  ["data over two lines", 'event: ping\ndata: {"type":\ndata: "ping"}\n\n'],
  ["a lone carriage return", 'data: {"type":"ping"}\r\rdata: {"type":"ping"}\n\n'],
  ["a field that is not known", 'moment: 5\ndata: {"type":"ping"}\n\n'],
  ["no JSON", "data: {\n\n"],
  ["a name that parsers must refuse", 'data: {"type":"ping","__proto__":{}}\n\n'],
  ["[DONE]", "data: [DONE]\n\n"],
])("%s is not plain", (_what, bytes) => {
  expect(byPlain(Buffer.from(bytes), 1_000)).toEqual({ parts: [], strange: true, ended: false });
});

test("what follows a strange event is still read, and nothing twice", async () => {
  const reply = events(
    start(),
    ...textBlock(0, "before "),
    { type: "content_block_news", index: 1 },
    block(1, { type: "text", text: "" }),
    delta(1, { type: "text_delta", text: "after" }),
    stop(1),
    ...callBlock(2, "toolu_1", '{"path":"a"}'),
    ...end("tool_use"),
  );
  const server = await startServer(streams(reply));
  const { parts, finish } = await run(anthropic(server));
  expect(parts.flatMap((part) => (part.type === "text-delta" ? [part.text] : []))).toEqual(["before ", "after"]);
  expect(finish.message.parts.map((part) => part.type)).toEqual(["text", "text", "call"]);
  expect(finish.wire).toMatchObject({ ignoredEvents: "1", stopReason: "tool_use" });
});
