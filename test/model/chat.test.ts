import { describe, expect, test } from "vitest";
import { createOpenAiCompatibleProvider } from "../../src/model/adapters/openai-compatible.ts";
import { createHttpClient } from "../../src/model/http.ts";
import type { AssistantMessage, Message } from "../../src/model/index.ts";
import { callId, chat, chatUsage, chunk, collect, done, events, request, run, startServer, streams, user } from "./support.ts";

const call = (index: number, id: string | null, name: string | null, text: string) =>
  chunk({ tool_calls: [{ index, id, type: "function", function: { name, arguments: text } }] });
const reply = (...list: readonly object[]) => streams(events(...list) + done);

describe("a Chat completions reply", () => {
  test("is read with reasoning, interleaved calls and usage that does not overlap", async () => {
    const usage = {
      prompt_tokens: 1_000,
      completion_tokens: 50,
      prompt_tokens_details: { cached_tokens: 600, cache_write_tokens: 300 },
      completion_tokens_details: { reasoning_tokens: 30 },
    };
    const server = await startServer(
      reply(
        chunk({ role: "assistant", reasoning_content: "Hm. " }),
        chunk({ reasoning_content: "Yes." }),
        chunk({ content: "Both." }),
        call(0, "call_a", "read", '{"pa'),
        call(1, "call_b", "read", '{"path":'),
        call(0, null, null, 'th":"a"}'),
        call(1, null, null, '"b"}'),
        call(2, "call_c", "read", ""),
        chunk({}, "tool_calls"),
        chatUsage(usage),
      ),
    );
    const { finish, parts } = await run(chat(server), { model: "gpt-test" });
    expect(finish.message).toEqual({
      role: "assistant",
      provider: "openai",
      model: "gpt-test",
      finish: "tool-calls",
      parts: [
        { type: "thinking", text: "Hm. Yes." },
        { type: "text", text: "Both." },
        { type: "call", call: { id: "call_a", tool: "read", input: { path: "a" } } },
        { type: "call", call: { id: "call_b", tool: "read", input: { path: "b" } } },
        { type: "call", call: { id: "call_c", tool: "read", input: {} } },
      ],
    });
    expect(finish.usage).toEqual({ input: 100, output: 50, cacheRead: 600, cacheWrite: 300, reasoning: 30 });
    expect(finish.usageFinal).toBe(true);
    expect(parts[0]).toEqual({ type: "message-start", model: "gpt-test-1" });
    const sent = server.seen[0];
    expect(sent?.path).toBe("/v1/chat/completions");
    expect(sent?.headers.authorization).toBe("Bearer secret-key");
    expect(JSON.parse(sent?.body ?? "")).toEqual({
      model: "gpt-test",
      tools: [
        { type: "function", function: { name: "read", description: "Reads.", parameters: { type: "object", properties: { path: { type: "string" } } } } },
      ],
      messages: [
        { role: "system", content: "You help." },
        { role: "user", content: "hello" },
      ],
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 1_000,
    });
  });

  test("is over at [DONE]; the connection is used again", async () => {
    const server = await startServer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(events(chunk({ content: "x" }, "stop")) + done);
      setTimeout(() => response.end(), 40);
    });
    const provider = chat(server);
    for (let turn = 0; turn < 3; turn++) {
      expect((await run(provider)).finish.message.finish).toBe("end");
      await new Promise((resolve) => setTimeout(resolve, 80));
    }
    expect(server.connections().opened).toBe(1);
  });

  test("that counts nothing says so", async () => {
    const server = await startServer(reply(chunk({ content: "x" }, "stop")));
    const { finish } = await run(chat(server));
    expect(finish).toMatchObject({ usage: { input: 0, output: 0 }, usageFinal: false, message: { finish: "end" } });
    expect(finish.failure).toBeUndefined();
  });

  test("that stops after calls has finished with calls", async () => {
    const server = await startServer(reply(call(0, "c", "read", "{}"), chunk({}, "stop")));
    expect((await run(chat(server))).finish.message.finish).toBe("tool-calls");
  });

  test("that announces calls and sends none is malformed", async () => {
    const server = await startServer(reply(chunk({ role: "assistant", content: "" }), chunk({}, "tool_calls")));
    expect((await run(chat(server))).finish.failure).toMatchObject({ class: "malformed", message: expect.stringContaining("sent none") });
  });

  test("whose calls cannot be read is malformed: nobody knows what was called", async () => {
    const strange = chunk({ tool_calls: [{ index: 0, id: "c", type: "function", function: { name: "read", arguments: { path: "a" } } }] });
    const server = await startServer(reply(strange, chunk({}, "stop")));
    expect((await run(chat(server))).finish.failure?.class).toBe("malformed");
  });

  test("with truncated or repeated calls has rejected ones", async () => {
    const cut = await startServer(reply(call(0, "a", "read", '{"path":"x"}'), call(1, "b", "read", '{"path":"y'), chunk({}, "length")));
    expect((await run(chat(cut))).finish.message).toMatchObject({ finish: "length", parts: [{ type: "call" }, { type: "rejected-call", raw: '{"path":"y' }] });
    const bare = await startServer(reply(call(0, "a", "read", '{"path":"x"}'), call(1, "b", "read", ""), chunk({}, "length")));
    expect((await run(chat(bare))).finish.message.parts).toMatchObject([{ type: "call" }, { type: "rejected-call", id: "b" }]);
    const twice = await startServer(reply(call(0, "same", "read", '{"path":"x"}'), call(1, "same", "read", '{"path":"x"}'), chunk({}, "tool_calls")));
    const { finish } = await run(chat(twice));
    expect(finish.message.parts).toMatchObject([{ type: "call", call: { id: "same" } }, { type: "rejected-call" }]);
    expect((finish.message.parts[1] as { id: string }).id).not.toBe("same");
  });
});

describe("the bytes of a Chat request", () => {
  const assistant = (parts: AssistantMessage["parts"], over: Partial<AssistantMessage> = {}): AssistantMessage => ({
    role: "assistant",
    provider: "openai",
    model: "claude-test",
    finish: "tool-calls",
    parts,
    ...over,
  });
  const messages: Message[] = [
    user("look"),
    assistant([
      { type: "thinking", text: "first" },
      { type: "call", call: { id: callId("c1"), tool: "read", input: { path: "a.png" } } },
      { type: "rejected-call", id: callId("c2"), tool: "read", raw: '{"pa', why: "not JSON" },
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
    { role: "tool", call: callId("c2"), tool: "read", parts: [{ type: "text", text: "rejected" }], failed: true },
    assistant(
      [
        { type: "thinking", text: "foreign", signature: "s" },
        { type: "text", text: "Seen." },
      ],
      { provider: "anthropic", finish: "end" },
    ),
    user("thanks"),
  ];

  test("keep calls paired, show images after the results, and drop another's reasoning", async () => {
    const server = await startServer(reply(chunk({ content: "x" }, "stop")));
    await run(chat(server), { messages });
    expect(JSON.parse(server.seen[0]?.body ?? "").messages.slice(1)).toEqual([
      { role: "user", content: "look" },
      {
        role: "assistant",
        content: null,
        reasoning_content: "first",
        tool_calls: [
          { id: "c1", type: "function", function: { name: "read", arguments: '{"path":"a.png"}' } },
          { id: "c2", type: "function", function: { name: "read", arguments: '{"unparsed":"{\\"pa"}' } },
        ],
      },
      { role: "tool", tool_call_id: "c1", content: "a picture\n\n(1 image: see the next user message)" },
      { role: "tool", tool_call_id: "c2", content: "rejected" },
      {
        role: "user",
        content: [
          { type: "text", text: "Shown by read, call c1:" },
          { type: "image_url", image_url: { url: "data:image/png;base64,aGk=" } },
        ],
      },
      { role: "assistant", content: "Seen." },
      { role: "user", content: "thanks" },
    ]);
  });

  test("extend the last request's, and keep one cache key for a conversation", async () => {
    const server = await startServer(reply(chunk({ content: "x" }, "stop")));
    const http = createHttpClient({});
    const dialect = () => ({ outputLimit: "max_completion_tokens" as const, promptCacheKey: true, reasoningEffort: "none" });
    const provider = createOpenAiCompatibleProvider({ id: "openai", baseUrl: `${server.url}/v1`, http, dialect });
    for (let length = 1; length <= messages.length; length++) {
      if (messages[length - 1]?.role === "tool" && messages[length]?.role === "tool") continue;
      await collect(provider.stream(request({ messages: messages.slice(0, length) }), new AbortController().signal));
    }
    const bodies = server.seen.map(({ body }) => body);
    const prefix = (body: string) => body.replace(/\],"stream":true.*$/, "");
    for (let index = 1; index < bodies.length; index++) expect(prefix(bodies[index] ?? "").startsWith(prefix(bodies[index - 1] ?? ""))).toBe(true);
    const keys = new Set(bodies.map((body) => JSON.parse(body).prompt_cache_key));
    expect(keys.size).toBe(1);
    expect([...keys][0]).toMatch(/^[0-9a-f]{32}$/);
    expect(JSON.parse(bodies[0] ?? "")).toMatchObject({ max_completion_tokens: 1_000, reasoning_effort: "none" });
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
    http.close();
  });
});
