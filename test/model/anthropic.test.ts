import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { AssistantMessage, Message } from "../../src/model/index.ts";
import {
  anthropic,
  block,
  callBlock,
  callId,
  collect,
  delta,
  end,
  events,
  request,
  run,
  start,
  startServer,
  stop,
  streams,
  textBlock,
  user,
} from "./support.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

describe("an Anthropic reply", () => {
  test("is read block by block, in the model's order, with thinking to the letter", async () => {
    const text = events(
      start({
        input_tokens: 12,
        cache_read_input_tokens: 9_000,
        cache_creation_input_tokens: 300,
        output_tokens: 1,
        cache_creation: { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 100 },
      }),
      block(0, { type: "thinking", thinking: "", signature: "" }),
      delta(0, { type: "thinking_delta", thinking: "Let me " }),
      delta(0, { type: "thinking_delta", thinking: "look.\n " }),
      delta(0, { type: "signature_delta", signature: "EqRk+/==" }),
      stop(0),
      block(1, { type: "redacted_thinking", data: "c2VjcmV0" }),
      stop(1),
      ...textBlock(2, "Reading."),
      ...callBlock(3, "toolu_1", '{"path":"a.ts","n":1.50}'),
      ...callBlock(4, "toolu_2", ""),
      ...end("tool_use", { output_tokens: 55, output_tokens_details: { thinking_tokens: 30 } }),
    );
    const server = await startServer(streams(text));
    const { parts, finish } = await run(anthropic(server));
    expect(parts.map((part) => part.type)).toEqual([
      "message-start",
      "thinking-delta",
      "thinking-delta",
      "text-delta",
      "tool-matched",
      "tool-call",
      "tool-matched",
      "tool-call",
      "finish",
    ]);
    expect(parts[0]).toEqual({ type: "message-start", model: "claude-test-20260101" });
    expect(finish.message).toEqual({
      role: "assistant",
      provider: "anthropic",
      model: "claude-test",
      finish: "tool-calls",
      parts: [
        { type: "thinking", text: "Let me look.\n ", signature: "EqRk+/==" },
        { type: "redacted-thinking", data: "c2VjcmV0" },
        { type: "text", text: "Reading." },
        { type: "call", call: { id: "toolu_1", tool: "read", input: { path: "a.ts", n: 1.5 } } },
        { type: "call", call: { id: "toolu_2", tool: "read", input: {} } },
      ],
    });
    expect(finish.usage).toEqual({ input: 12, output: 55, cacheRead: 9_000, cacheWrite: 300, cacheWriteLong: 100, reasoning: 30 });
    expect(finish.usageFinal).toBe(true);
    expect(finish.failure).toBeUndefined();
    const sent = server.seen[0];
    expect(sent?.headers).toMatchObject({ "x-api-key": "secret-key", "anthropic-version": "2023-06-01", "content-type": "application/json" });
    expect(sent?.headers["anthropic-beta"]).toBeUndefined();
    expect(finish.wire).toMatchObject({
      body: sha256(sent?.body ?? ""),
      betas: sha256(""),
      messageId: "msg_1",
      model: "claude-test-20260101",
      stopReason: "tool_use",
    });
  });

  test("hashes the beta headers it sends", async () => {
    const server = await startServer(streams(events(start(), ...textBlock(0, "x"), ...end("end_turn"))));
    const { finish } = await run(anthropic(server, ["one-2026", "two-2026"]));
    expect(server.seen[0]?.headers["anthropic-beta"]).toBe("one-2026,two-2026");
    expect(finish.wire?.betas).toBe(sha256("one-2026,two-2026"));
  });

  test.each([
    ["end_turn", "end"],
    ["stop_sequence", "end"],
    ["max_tokens", "length"],
    ["refusal", "refusal"],
  ])("that stops with %s finishes as %s", async (reason, finished) => {
    const server = await startServer(streams(events(start(), ...textBlock(0, "x"), ...end(reason))));
    const { finish } = await run(anthropic(server));
    expect(finish.message.finish).toBe(finished);
    expect(finish.failure).toBeUndefined();
  });

  test("goes back to the wire as it came, and to another model without its thinking", async () => {
    const reply = events(
      start(),
      block(0, { type: "thinking", thinking: "", signature: "" }),
      delta(0, { type: "thinking_delta", thinking: "hm é\u2028" }),
      delta(0, { type: "signature_delta", signature: "sig/+=" }),
      stop(0),
      block(1, { type: "thinking", thinking: "", signature: "" }),
      delta(1, { type: "signature_delta", signature: "only-a-signature" }),
      stop(1),
      block(2, { type: "redacted_thinking", data: "opaque" }),
      stop(2),
      ...callBlock(3, "toolu_1", '{"path":"a"}'),
      ...end("tool_use"),
    );
    const server = await startServer(streams(reply));
    const provider = anthropic(server);
    const { finish } = await run(provider);
    const messages: Message[] = [
      user("hello"),
      finish.message,
      { role: "tool", call: callId("toolu_1"), tool: "read", parts: [{ type: "text", text: "content" }], failed: false },
    ];
    await run(provider, { messages });
    expect(JSON.parse(server.seen[1]?.body ?? "").messages[1].content).toEqual([
      { type: "thinking", thinking: "hm é\u2028", signature: "sig/+=" },
      { type: "thinking", thinking: "", signature: "only-a-signature" },
      { type: "redacted_thinking", data: "opaque" },
      { type: "tool_use", id: "toolu_1", name: "read", input: { path: "a" } },
    ]);
    for (const foreign of [
      { model: "claude-other" },
      { messages: [messages[0], { ...(messages[1] as AssistantMessage), provider: "openai" }, messages[2]] as Message[] },
    ]) {
      await run(provider, { messages, ...foreign });
      const content = JSON.parse(server.seen.at(-1)?.body ?? "").messages[1].content;
      expect(content).toEqual([{ type: "tool_use", id: "toolu_1", name: "read", input: { path: "a" } }]);
    }
  });
});

describe("calls that are not as they should be", () => {
  test("broken arguments are rejected, never mended, and answered on the wire", async () => {
    const text = events(
      start(),
      ...callBlock(0, "toolu_1", '{"path":"a.t'),
      ...callBlock(1, "toolu_2", '["x"]'),
      ...callBlock(2, "toolu_3", '{"path":"b"}'),
      ...end("tool_use"),
    );
    const server = await startServer(streams(text));
    const provider = anthropic(server);
    const { parts, finish } = await run(provider);
    expect(parts.filter((part) => part.type === "call-rejected")).toHaveLength(2);
    expect(finish.message.parts).toEqual([
      { type: "rejected-call", id: "toolu_1", tool: "read", raw: '{"path":"a.t', why: expect.stringContaining("not JSON") },
      { type: "rejected-call", id: "toolu_2", tool: "read", raw: '["x"]', why: "Its arguments are not a JSON object." },
      { type: "call", call: { id: "toolu_3", tool: "read", input: { path: "b" } } },
    ]);
    expect(finish.message.finish).toBe("tool-calls");
    await run(provider, { messages: [user("hello"), finish.message] });
    expect(JSON.parse(server.seen[1]?.body ?? "").messages[1].content[0]).toEqual({
      type: "tool_use",
      id: "toolu_1",
      name: "read",
      input: { unparsed: '{"path":"a.t' },
    });
  });

  test("a call cut at the length limit is rejected, also before its first argument", async () => {
    for (const raw of ['{"path":"a', ""]) {
      const server = await startServer(streams(events(start(), ...callBlock(0, "toolu_0", ""), ...callBlock(1, "toolu_1", raw), ...end("max_tokens"))));
      const { finish, parts } = await run(anthropic(server));
      expect(finish.message.finish).toBe("length");
      expect(finish.message.parts.map((part) => part.type)).toEqual(["call", "rejected-call"]);
      expect(parts.filter((part) => part.type === "tool-call" || part.type === "call-rejected").map((part) => part.type)).toEqual([
        "tool-call",
        "call-rejected",
      ]);
    }
  });

  test("a second call under the same id is rejected under a new one", async () => {
    const server = await startServer(
      streams(events(start(), ...callBlock(0, "toolu_1", '{"path":"a"}'), ...callBlock(1, "toolu_1", '{"path":"a"}'), ...end("tool_use"))),
    );
    const { finish } = await run(anthropic(server));
    expect(finish.message.parts).toMatchObject([
      { type: "call", call: { id: "toolu_1" } },
      { type: "rejected-call", id: "toolu_1_2", why: "Its id repeats another call of the same reply." },
    ]);
  });

  test("an id of an earlier reply is not taken twice", async () => {
    const server = await startServer(streams(events(start(), ...callBlock(0, "call_0", '{"path":"b"}'), ...end("tool_use"))));
    const earlier: AssistantMessage = {
      role: "assistant",
      provider: "local",
      model: "m",
      finish: "tool-calls",
      parts: [{ type: "call", call: { id: callId("call_0"), tool: "read", input: {} } }],
    };
    const { finish } = await run(anthropic(server), { messages: [user("a"), earlier] });
    expect(finish.message.parts).toMatchObject([{ type: "call", call: { id: "call_0_2", input: { path: "b" } } }]);
  });

  test("a call that is never closed is rejected", async () => {
    const server = await startServer(streams(events(start(), ...callBlock(0, "toolu_1", '{"path":"a"}').slice(0, -1), ...end("tool_use"))));
    const { finish } = await run(anthropic(server));
    expect(finish.message.parts).toMatchObject([{ type: "rejected-call", why: "The reply ended within its arguments." }]);
  });

  test("an event that cannot be read within the arguments rejects the call: what was lost may have been a part of them", async () => {
    const broken = [
      block(0, { type: "tool_use", id: "toolu_1", name: "read", input: {} }),
      delta(0, { type: "input_json_delta", partial_json: '{"path":"/tmp/' }),
      { type: "content_block_news", index: 0, partial: "important/" },
      delta(0, { type: "input_json_delta", partial_json: 'x"}' }),
      stop(0),
    ];
    const server = await startServer(streams(events(start(), ...broken, ...end("tool_use"))));
    const { finish } = await run(anthropic(server));
    expect(finish.message.parts).toMatchObject([{ type: "rejected-call", raw: '{"path":"/tmp/x"}' }]);
  });
});

describe("the bytes of a request", () => {
  const conversation = (rounds: number): Message[] => {
    const messages: Message[] = [user("begin")];
    for (let round = 0; round < rounds; round++) {
      messages.push({
        role: "assistant",
        provider: "anthropic",
        model: "claude-test",
        finish: "tool-calls",
        parts: [
          { type: "thinking", text: `t${round}`, signature: "s" },
          { type: "text", text: round % 2 ? "\n" : "Now. \n" },
          { type: "call", call: { id: callId(`c${round}`), tool: "read", input: { path: `${round}`, deep: { b: 1, a: [1.5, "é\u2028"] } } } },
        ],
      });
      messages.push({
        role: "tool",
        call: callId(`c${round}`),
        tool: "read",
        parts: [{ type: "text", text: "out" }, ...(round % 3 ? [] : [{ type: "image" as const, mediaType: "image/png", data: "aGk=" }])],
        failed: round % 4 === 0,
      });
    }
    return messages;
  };
  const withoutMarks = (body: string) => body.replaceAll(',"cache_control":{"type":"ephemeral"}', "");

  test("extend the last request's, apart from the marks of the cache", async () => {
    const server = await startServer(streams(events(start(), ...textBlock(0, "x"), ...end("end_turn"))));
    const provider = anthropic(server);
    for (let rounds = 0; rounds < 8; rounds++) {
      const messages = conversation(rounds);
      await run(provider, {
        messages,
        cacheTools: true,
        system: [
          { text: "a", cache: true },
          { text: "b", cache: false },
        ],
        cacheAfter: [messages.length - 1],
      });
    }
    const prefix = (body: string) => withoutMarks(body).replace(/\],"stream":true,"max_tokens":\d+}$/, "");
    const bodies = server.seen.map(({ body }) => body);
    for (let index = 1; index < bodies.length; index++) {
      expect(prefix(bodies[index] ?? "").startsWith(prefix(bodies[index - 1] ?? ""))).toBe(true);
      expect(bodies[index]?.match(/cache_control/g)).toHaveLength(3);
    }
    expect(bodies.join("")).not.toMatch(/eager_input_streaming|undefined|null/);
  });

  test("mark exactly where the request says, and never more than four places", async () => {
    const server = await startServer(streams(events(start(), ...textBlock(0, "x"), ...end("end_turn"))));
    const provider = anthropic(server);
    const messages = conversation(4);
    await run(provider, {
      messages,
      cacheTools: true,
      system: [
        { text: "a", cache: true },
        { text: "b", cache: false },
      ],
      cacheAfter: [2, 8],
    });
    const body = JSON.parse(server.seen[0]?.body ?? "");
    const mark = { type: "ephemeral" };
    expect(body.tools.at(-1).cache_control).toEqual(mark);
    expect(body.system.map((text: { cache_control?: object }) => text.cache_control)).toEqual([mark, undefined]);
    const marked = body.messages.flatMap((message: { content: { cache_control?: object }[] }, index: number) =>
      message.content.flatMap((content, place) => (content.cache_control ? [[index, place, message.content.length]] : [])),
    );
    expect(marked).toEqual([
      [2, 0, 1],
      [8, 0, 1],
    ]);
    await run(provider, { messages, cacheTools: true, system: [{ text: "a", cache: true }], cacheAfter: [0, 2, 4, 8] });
    const many = server.seen[1]?.body ?? "";
    expect(many.match(/cache_control/g)).toHaveLength(4);
    expect(JSON.parse(many).messages[0].content[0].cache_control).toBeUndefined();
  });

  test("carry results with images and failures, and no block that the API refuses", async () => {
    const server = await startServer(streams(events(start(), ...textBlock(0, "x"), ...end("end_turn"))));
    const broken: AssistantMessage = {
      role: "assistant",
      provider: "anthropic",
      model: "claude-test",
      finish: "aborted",
      parts: [{ type: "thinking", text: "cut", signature: "s" }],
    };
    const messages: Message[] = [
      ...conversation(1),
      { role: "tool", call: callId("functions.read:1"), tool: "read", parts: [], failed: false },
      broken,
      user("  "),
      user("go on"),
    ];
    await run(anthropic(server), { messages });
    const body = JSON.parse(server.seen[0]?.body ?? "");
    expect(body.messages[1].content.map((content: { type: string }) => content.type)).toEqual(["thinking", "text", "tool_use"]);
    expect(body.messages[2].content).toEqual([
      {
        type: "tool_result",
        tool_use_id: "c0",
        content: [
          { type: "text", text: "out" },
          { type: "image", source: { type: "base64", media_type: "image/png", data: "aGk=" } },
        ],
        is_error: true,
      },
      { type: "tool_result", tool_use_id: "functions_read_1", content: "" },
      { type: "text", text: "(empty message)" },
      { type: "text", text: "go on" },
    ]);
  });
});

test("a stream that is left early closes its connection", async () => {
  const server = await startServer(
    (response) => void response.writeHead(200, { "content-type": "text/event-stream" }).write(events(start(), ...textBlock(0, "x").slice(0, 2))),
  );
  for await (const part of anthropic(server).stream(request(), new AbortController().signal)) if (part.type === "text-delta") break;
  await expect.poll(() => server.connections().open).toBe(0);
});

test("connections are used again", async () => {
  const server = await startServer(streams(events(start(), ...textBlock(0, "x"), ...end("end_turn"))));
  const provider = anthropic(server);
  for (let turn = 0; turn < 4; turn++) await collect(provider.stream(request(), new AbortController().signal));
  expect(server.connections().opened).toBe(1);
});
