import { describe, expect, test } from "vitest";
import type { AssistantMessage, Message } from "../../src/model/index.ts";
import {
  added,
  called,
  callId,
  completed,
  created,
  events,
  finished,
  incomplete,
  responses,
  run,
  spoken,
  startServer,
  streams,
  thought,
  user,
} from "./support.ts";

const reply = (...list: readonly object[]) => streams(events(created, ...list));
const readBy = async (...list: readonly object[]) => run(responses(await startServer(reply(...list))), { model: "gpt-test" });
const usage = {
  input_tokens: 1_000,
  input_tokens_details: { cached_tokens: 600, cache_write_tokens: 300 },
  output_tokens: 50,
  output_tokens_details: { reasoning_tokens: 30 },
  total_tokens: 1_050,
};

describe("a Responses reply", () => {
  test("is read with encrypted reasoning, text, parallel calls and usage that does not overlap", async () => {
    const server = await startServer(
      reply(
        { type: "response.in_progress", response: {} },
        ...thought(0, "gAAAA/+=", "First.", "Then."),
        ...thought(1, "gBBBB"),
        ...spoken(2, "Reading both."),
        ...called(3, "call_a", '{"path":"a","n":1.50}'),
        ...called(4, "call_b", "{}"),
        completed(usage),
      ),
    );
    const { parts, finish } = await run(responses(server), { model: "gpt-test" });
    expect(parts[0]).toEqual({ type: "message-start", model: "gpt-test-1" });
    expect(finish.message).toEqual({
      role: "assistant",
      provider: "openai",
      model: "gpt-test",
      finish: "tool-calls",
      parts: [
        { type: "thinking", text: "First.\n\nThen.", signature: "rs_0 gAAAA/+=" },
        { type: "thinking", text: "", signature: "rs_1 gBBBB" },
        { type: "text", text: "Reading both." },
        { type: "call", call: { id: "call_a", tool: "read", input: { path: "a", n: 1.5 } } },
        { type: "call", call: { id: "call_b", tool: "read", input: {} } },
      ],
    });
    expect(finish.usage).toEqual({ input: 100, output: 50, cacheRead: 600, cacheWrite: 300, reasoning: 30 });
    expect(finish).toMatchObject({ usageFinal: true, wire: { messageId: "resp_1", model: "gpt-test-1", stopReason: "completed" } });
    expect(finish.failure).toBeUndefined();
    const texts = (type: string) => parts.flatMap((part) => (part.type === type && "text" in part ? [part.text] : [])).join("");
    expect([texts("thinking-delta"), texts("text-delta")]).toEqual(["First.\n\nThen.", "Reading both."]);
    const sent = server.seen[0];
    expect(sent?.path).toBe("/v1/responses");
    expect(sent?.headers.authorization).toBe("Bearer secret-key");
    expect(JSON.parse(sent?.body ?? "")).toEqual({
      model: "gpt-test",
      tools: [
        { type: "function", name: "read", description: "Reads.", parameters: { type: "object", properties: { path: { type: "string" } } }, strict: false },
      ],
      input: [
        { type: "message", role: "developer", content: [{ type: "input_text", text: "You help." }] },
        { type: "message", role: "user", content: [{ type: "input_text", text: "hello" }] },
      ],
      store: false,
      stream: true,
      max_output_tokens: 1_000,
      include: ["reasoning.encrypted_content"],
    });
  });

  test("may interleave its calls", async () => {
    const [a, b] = [called(0, "call_a", '{"path":"a"}'), called(1, "call_b", '{"path":"b"}')];
    const mixed = a.flatMap((event, index) => [event, b[index] as object]);
    const { finish } = await readBy(...mixed, completed());
    expect(finish.message.parts).toMatchObject([
      { type: "call", call: { id: "call_a", input: { path: "a" } } },
      { type: "call", call: { id: "call_b", input: { path: "b" } } },
    ]);
  });

  test("that says a text or arguments only at the end is read from there", async () => {
    const content = [{ type: "output_text", text: "At once." }];
    const { finish } = await readBy(
      added(0, { type: "message", role: "assistant", content: [] }),
      finished(0, { type: "message", role: "assistant", content }),
      added(1, { type: "function_call", call_id: "c", name: "read", arguments: "" }),
      finished(1, { type: "function_call", call_id: "c", name: "read", arguments: '{"path":"a"}', status: "completed" }),
      completed(),
    );
    expect(finish.message.parts).toMatchObject([
      { type: "text", text: "At once." },
      { type: "call", call: { input: { path: "a" } } },
    ]);
  });

  test("of reasoning in plain text is shown, and not sent back", async () => {
    const server = await startServer(
      reply(
        added(0, { type: "reasoning", id: "rs_0", summary: [] }),
        { type: "response.reasoning_text.delta", item_id: "rs_0", output_index: 0, content_index: 0, delta: "hm" },
        { type: "response.reasoning_text.done", item_id: "rs_0", output_index: 0, content_index: 0, text: "hm" },
        finished(0, { type: "reasoning", id: "rs_0", summary: [] }),
        ...spoken(1, "Yes."),
        completed(),
      ),
    );
    const { finish } = await run(responses(server), { model: "gpt-oss" });
    expect(finish.message.parts).toEqual([
      { type: "thinking", text: "hm" },
      { type: "text", text: "Yes." },
    ]);
    await run(responses(server), { model: "gpt-oss", messages: [user("a"), finish.message, user("b")] });
    expect(server.seen[1]?.body).not.toContain('reasoning",');
  });

  test.each([
    ["max_output_tokens", "length"],
    ["content_filter", "refusal"],
  ])("that is incomplete by %s finishes as %s", async (reason, finish) => {
    const ended = await readBy(...spoken(0, "x"), incomplete(reason, usage));
    expect(ended.finish).toMatchObject({ message: { finish }, usageFinal: true, wire: { stopReason: reason } });
    expect(ended.finish.failure).toBeUndefined();
  });

  test("that refuses in words is a refusal, with its words", async () => {
    const at = { item_id: "msg_0", output_index: 0, content_index: 0 };
    const content = [{ type: "refusal", refusal: "I cannot." }];
    const { finish } = await readBy(
      added(0, { type: "message", role: "assistant", content: [] }),
      { type: "response.content_part.added", ...at, part: { type: "refusal", refusal: "" } },
      { type: "response.refusal.delta", ...at, delta: "I cannot." },
      { type: "response.refusal.done", ...at, refusal: "I cannot." },
      finished(0, { type: "message", role: "assistant", content }),
      completed(),
    );
    expect(finish.message).toMatchObject({ finish: "refusal", parts: [{ type: "text", text: "I cannot." }] });
  });

  test("that counts nothing says so", async () => {
    expect((await readBy(...spoken(0, "x"), completed(null))).finish).toMatchObject({ usageFinal: false, usage: { input: 0 }, message: { finish: "end" } });
  });

  test.each([
    ["rate_limit_exceeded", "Slow down.", "rate-limited"],
    ["server_error", "Something broke.", "overloaded"],
    ["context_length_exceeded", "Your input exceeds the context window of this model.", "context-too-long"],
    ["invalid_prompt", "Not this.", "refused"],
    ["insufficient_quota", "You exceeded your current quota.", "refused"],
  ])("that failed by %s is that failure, and keeps what was counted", async (code, message, failureClass) => {
    const response = { id: "resp_1", status: "failed", error: { code, message }, usage };
    const { finish } = await readBy(...called(0, "call_a", "{}"), { type: "response.failed", response });
    expect(finish.failure).toMatchObject({ class: failureClass, message: expect.stringContaining(message) });
    expect(finish.message).toMatchObject({ finish: "error", parts: [] });
    expect(finish).toMatchObject({ usageFinal: false, usage: { input: 100, cacheRead: 600 } });
  });
});

test("an error in the form of a gateway, without a type, is that error", async () => {
  const { finish } = await readBy(...spoken(0, "x"), { error: { message: "Slow down.", code: "rate_limit_exceeded" } });
  expect(finish.failure).toMatchObject({ class: "rate-limited", message: expect.stringContaining("Slow down.") });
});

describe("what a Responses stream cannot mean", () => {
  const call = called(0, "call_a", '{"path":"a"}');
  const [opened, first, , closedArguments] = call;
  const text = spoken(0, "Hello you.");
  test.each<[string, readonly object[]]>([
    ["arguments that end otherwise than they streamed", [opened as object, first as object, { ...closedArguments, arguments: '{"path":"b"}' }]],
    [
      "an item that ends as another call",
      [...call.slice(0, -1), finished(0, { type: "function_call", call_id: "call_b", name: "read", arguments: '{"path":"a"}' })],
    ],
    [
      "an item that ends as another tool",
      [...call.slice(0, -1), finished(0, { type: "function_call", call_id: "call_a", name: "rm", arguments: '{"path":"a"}' })],
    ],
    ["an item that ends as another kind", [...call.slice(0, -1), finished(0, { type: "message", content: [] })]],
    ["a call without a name", [added(0, { type: "function_call", call_id: "c", arguments: "" })]],
    ["two items in one place", [...call, added(0, { type: "message", content: [] })]],
    ["an item that ends twice", [...call, call.at(-1) as object]],
    ["a piece of a call that has ended", [...call, first as object]],
    ["a piece of a text that has ended", [...text, text[2] as object]],
    ["a piece of a thought that has ended", [...thought(0, "g", "Hm."), thought(0, "g", "Hm.")[2] as object]],
    ["arguments of no call", [{ type: "response.function_call_arguments.delta", output_index: 4, delta: "{}" }]],
    ["a text that ends otherwise than it streamed", text.map((event) => ("text" in event ? { ...event, text: "Hello me." } : event))],
    ["a text that ends longer than it streamed", text.map((event) => ("text" in event ? { ...event, text: "Hello you and me." } : event))],
    ["a text that ends as reasoning", [...text.slice(0, -1), finished(0, { type: "reasoning", summary: [] })]],
    ["a text delta that is none", text.map((event) => ("delta" in event ? { ...event, delta: 5 } : event))],
    ["text in a call", [...call.slice(0, 1), { type: "response.output_text.delta", output_index: 0, content_index: 0, delta: "x" }]],
    ["a summary that ends otherwise than it streamed", thought(0, "g", "Hm hm hm.").map((event) => ("text" in event ? { ...event, text: "Ha." } : event))],
    ["an end without a response", [...text, { type: "response.completed" }]],
  ])("%s makes it unreadable, and nothing of it runs", async (_what, list) => {
    const { finish } = await readBy(...list, completed());
    expect(finish.failure?.class).toBe("malformed");
    expect(finish.message.parts.filter((part) => part.type === "call")).toEqual([]);
  });

  test("broken, cut and repeated calls are rejected, never mended", async () => {
    const broken = await readBy(...called(0, "call_a", '{"path":"a'), ...called(1, "call_b", "[1]"), ...called(2, "call_c", '{"path":"c"}'), completed());
    expect(broken.finish.message.parts).toMatchObject([
      { type: "rejected-call", id: "call_a", raw: '{"path":"a', why: expect.stringContaining("not JSON") },
      { type: "rejected-call", id: "call_b", why: "Its arguments are not a JSON object." },
      { type: "call", call: { id: "call_c" } },
    ]);
    // A call that was cut is not to be run, also where its arguments happen to parse.
    const cut = await readBy(...called(0, "call_a", "{}"), ...called(1, "call_b", "{}", "read", "incomplete"), incomplete("max_output_tokens"));
    expect(cut.finish.message).toMatchObject({ finish: "length", parts: [{ type: "call" }, { type: "rejected-call", id: "call_b" }] });
    const twice = await readBy(...called(0, "same", '{"path":"a"}'), ...called(1, "same", '{"path":"a"}'), completed());
    expect(twice.finish.message.parts).toMatchObject([
      { type: "call", call: { id: "same" } },
      { type: "rejected-call", id: "same_2" },
    ]);
  });

  test("an item of a kind that nobody asked for is passed over, and noted", async () => {
    const { finish } = await readBy(
      added(0, { type: "web_search_call", id: "ws_1" }),
      { type: "response.web_search_call.searching", output_index: 0 },
      finished(0, { type: "web_search_call", id: "ws_1" }),
      ...spoken(1, "Found."),
      completed(),
    );
    expect(finish.message).toMatchObject({ finish: "end", parts: [{ type: "text", text: "Found." }] });
    expect(finish.wire?.ignoredEvents).toBe("2");
  });

  test("lines may end in any way, and data may take several", async () => {
    const plain = events(created, ...spoken(0, "Hello\r\nyou"), completed());
    for (const form of [
      plain.replaceAll("\n", "\r\n"),
      plain.replaceAll("\n", "\r"),
      `: hi\nid: 5\nretry: 9\n${plain}`,
      plain.replaceAll(',"', ',\ndata: "'),
      plain.replaceAll(',"', ',\ndata: "').replaceAll("\n", "\r\n"),
    ]) {
      for (const size of [1, 3, 4_096]) {
        const server = await startServer((response) => {
          response.writeHead(200, { "content-type": "text/event-stream" });
          const bytes = Buffer.from(form);
          const next = (at: number): void => void (at < bytes.length ? response.write(bytes.subarray(at, at + size), () => next(at + size)) : response.end());
          next(0);
        });
        const { finish } = await run(responses(server));
        expect(finish.failure).toBeUndefined();
        expect(finish.message.parts).toEqual([{ type: "text", text: "Hello\r\nyou" }]);
      }
    }
  });
});

describe("the bytes of a Responses request", () => {
  const assistant = (parts: AssistantMessage["parts"], over: Partial<AssistantMessage> = {}): AssistantMessage => ({
    role: "assistant",
    provider: "openai",
    model: "gpt-test",
    finish: "tool-calls",
    parts,
    ...over,
  });
  const longId = "x".repeat(80);
  const messages: Message[] = [
    user("look"),
    assistant([
      { type: "thinking", text: "first", signature: "rs_1 gAAA" },
      { type: "thinking", text: "no proof" },
      { type: "redacted-thinking", data: "of another vendor" },
      { type: "text", text: "I look." },
      { type: "call", call: { id: callId("c1"), tool: "read", input: { path: "a.png" } } },
      { type: "rejected-call", id: callId(longId), tool: "a.b", raw: '{"pa', why: "not JSON" },
    ]),
    {
      role: "tool",
      call: callId("c1"),
      tool: "read",
      parts: [
        { type: "text", text: "a picture" },
        { type: "image", mediaType: "image/png", data: "aGk=" },
      ],
      failed: false,
    },
    { role: "tool", call: callId(longId), tool: "read", parts: [], failed: true },
    assistant(
      [
        { type: "thinking", text: "foreign", signature: "rs_2 gBBB" },
        { type: "text", text: "Seen." },
      ],
      { model: "gpt-other", finish: "end" },
    ),
    assistant(
      [
        { type: "thinking", text: "a gateway's", signature: "rs_4 gDDD" },
        { type: "text", text: "No." },
      ],
      { provider: "local", finish: "end" },
    ),
    assistant(
      [
        { type: "thinking", text: "also", signature: "EqRk" },
        { type: "text", text: "Yes." },
      ],
      { provider: "anthropic", finish: "end" },
    ),
    assistant(
      [
        { type: "text", text: "Cut" },
        { type: "thinking", text: "off", signature: "rs_3 gCCC" },
      ],
      { finish: "aborted" },
    ),
    user(""),
  ];
  const sentBy = async (over: object = {}, dialect = {}) => {
    const server = await startServer(reply(...spoken(0, "x"), completed()));
    await run(responses(server, dialect), { model: "gpt-test", messages, ...over });
    return server.seen[0]?.body ?? "";
  };

  test("keep calls paired and images in their results, send back this model's reasoning and no other", async () => {
    const input = JSON.parse(await sentBy()).input;
    const short = input.at(-8).call_id;
    expect(short).toMatch(/^call_[0-9a-f]{40}$/);
    expect(input.slice(1)).toEqual([
      { type: "message", role: "user", content: [{ type: "input_text", text: "look" }] },
      { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "first" }], encrypted_content: "gAAA" },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "I look." }] },
      { type: "function_call", call_id: "c1", name: "read", arguments: '{"path":"a.png"}' },
      { type: "function_call", call_id: short, name: "a_b", arguments: '{"unparsed":"{\\"pa"}' },
      {
        type: "function_call_output",
        call_id: "c1",
        output: [
          { type: "input_text", text: "a picture" },
          { type: "input_image", image_url: "data:image/png;base64,aGk=", detail: "auto" },
        ],
      },
      { type: "function_call_output", call_id: short, output: [{ type: "input_text", text: "(no output)" }] },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Seen." }] },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "No." }] },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Yes." }] },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Cut" }] },
      { type: "message", role: "user", content: [{ type: "input_text", text: "(empty message)" }] },
    ]);
  });

  test("mark breakpoints where the request says, on what was put in, and only for models that take them", async () => {
    const system = [
      { text: "a", cache: true },
      { text: "b", cache: false },
    ];
    const mark = { mode: "explicit" };
    const body = await sentBy({ system, cacheAfter: [2, 7, 8] }, { breakpoints: true });
    const marks = JSON.parse(body).input.flatMap((item: { content?: object[]; output?: object[] }, index: number) =>
      (item.content ?? item.output ?? []).flatMap((block, place) =>
        "prompt_cache_breakpoint" in block ? [[index, place, block.prompt_cache_breakpoint]] : [],
      ),
    );
    // The last text of the model carries none: its mark stands before it, on the result of its last call.
    expect(marks).toEqual([
      [0, 0, mark],
      [6, 1, mark],
      [7, 0, mark],
      [12, 0, mark],
    ]);
    expect(body.replaceAll(',"prompt_cache_breakpoint":{"mode":"explicit"}', "")).toBe(await sentBy({ system }));
    expect(await sentBy({ system, cacheAfter: [2, 7, 8] })).not.toContain("breakpoint");
  });

  test("ask for effort and encrypted reasoning only where the model reasons", async () => {
    expect(JSON.parse(await sentBy({}, { effort: "low" })).reasoning).toEqual({ effort: "low" });
    const plain = await sentBy({}, { reasoning: false, effort: "low" });
    expect(plain).not.toContain('"effort"');
    expect(plain).not.toContain('"include"');
  });

  test("keep one cache key for a conversation, or the one that is given", async () => {
    const key = async (over: object) => JSON.parse(await sentBy(over, { promptCacheKey: true, breakpoints: true })).prompt_cache_key;
    const own = await key({});
    expect(own).toMatch(/^[0-9a-f]{32}$/);
    expect(await key({ messages: messages.slice(0, 1), cacheAfter: [0] })).toBe(own);
    expect(await key({ messages: [user("another")] })).not.toBe(own);
    expect(await key({ cacheKey: "mine" })).toBe("mine");
    expect(await sentBy()).not.toContain("prompt_cache_key");
  });
});
