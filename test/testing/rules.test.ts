// What the real APIs refuse, this server refuses: with their status, their shape of error and the point at issue.
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/base/index.ts";
import { anthropic, errorOf, hello, openai, send, start, user } from "./support.ts";

const forever = { name: "any", turns: [{ repeat: "always" as const, reply: [{ text: "ok" }] }] };
const use = (...ids: string[]): JsonObject => ({ role: "assistant", content: ids.map((id) => ({ type: "tool_use", id, name: "read", input: {} })) });
const results = (...ids: string[]): JsonObject => ({ role: "user", content: ids.map((id) => ({ type: "tool_result", tool_use_id: id, content: "x" })) });
const text = (words: string, extra: JsonObject = {}): JsonObject => ({ type: "text", text: words, ...extra });
const mark = { cache_control: { type: "ephemeral" } };
const mark1h = { cache_control: { type: "ephemeral", ttl: "1h" } };
const tool = (name: string, extra: JsonObject = {}): JsonObject => ({ name, input_schema: { type: "object" }, ...extra });
const messages = (...list: Json[]): JsonObject => ({ messages: list });

describe("Anthropic's rules", () => {
  it.each<[string, JsonObject, string]>([
    ["no messages", messages(), "at least one message is required"],
    ["an assistant first", messages(use("a")), 'first message must use the "user" role'],
    ["an assistant last", messages(user("a"), { role: "assistant", content: "b" }), "must end with a user message"],
    ["a system role", messages({ role: "system", content: "a" }), 'Unexpected role "system"'],
    ["empty content", messages({ role: "user", content: [] }), "messages.0: all messages must have non-empty content"],
    ["empty text", messages({ role: "user", content: [text("")] }), "text content blocks must be non-empty"],
    ["a block of unknown type", messages({ role: "user", content: [{ type: "novel" }] }), "Input tag 'novel'"],
    ["a call without its result", messages(user("a"), use("t1"), user("b")), "`tool_use` ids were found without `tool_result` blocks immediately after: t1"],
    ["one of two results", messages(user("a"), use("t1", "t2"), results("t1")), "immediately after: t2"],
    [
      "results after text",
      messages(user("a"), use("t1"), { role: "user", content: [text("b"), { type: "tool_result", tool_use_id: "t1" }] }),
      "messages.1: `tool_use` ids",
    ],
    ["a result of no call", messages(user("a"), results("t9")), "unexpected `tool_use_id` found in `tool_result` blocks: t9"],
    ["a result one message too late", messages(user("a"), use("t1"), results("t1"), results("t1")), "unexpected `tool_use_id`"],
    ["two results of one call", messages(user("a"), use("t1"), results("t1", "t1")), "Found multiple `tool_result` blocks with id: t1"],
    ["a call id twice", messages(user("a"), use("t1"), results("t1"), use("t1"), results("t1")), "`tool_use` ids must be unique"],
    ["a call id with other letters", messages(user("a"), use("t 1"), results("t 1")), "String should match pattern"],
    [
      "input that is no object",
      messages(user("a"), { role: "assistant", content: [{ type: "tool_use", id: "t", name: "r", input: "{" }] }, results("t")),
      "Input should be a valid dictionary",
    ],
    ["a call in a user message", messages({ ...use("t1"), role: "user" }), "Input tag 'tool_use'"],
    ["no max_tokens", { ...hello, max_tokens: null }, "max_tokens: Input should be a valid integer"],
    ["max_tokens of none", { ...hello, max_tokens: 0 }, "greater than or equal to 1"],
    ["an unknown parameter", { ...hello, max_token: 5 }, "max_token: Extra inputs are not permitted"],
    [
      "five markers",
      { ...messages({ role: "user", content: [text("a", mark), text("b", mark), text("c", mark), text("d", mark)] }), system: [text("s", mark)] },
      "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ],
    ["an unknown life", messages({ role: "user", content: [text("a", { cache_control: { type: "ephemeral", ttl: "2h" } })] }), "Input should be '5m' or '1h'"],
    [
      "a long life after a short one",
      { ...messages({ role: "user", content: [text("a", mark1h)] }), system: [text("s", mark)] },
      "must not come after a ttl='5m'",
    ],
    ["two tools of one name", { ...hello, tools: [tool("read"), tool("read")] }, "Tool names must be unique"],
    ["a tool without a schema", { ...hello, tools: [{ name: "read" }] }, "tools.0.custom.input_schema: Field required"],
    ["a schema that is no object", { ...hello, tools: [tool("read", { input_schema: { type: "string" } })] }, "Input should be 'object'"],
    ["a tool name with a dot", { ...hello, tools: [tool("a.b")] }, "String should match pattern"],
    ["a choice of a tool that is not there", { ...hello, tools: [tool("a")], tool_choice: { type: "tool", name: "b" } }, "Tool 'b' not found"],
    ["a thinking budget of a model that adapts", { ...hello, max_tokens: 4000, thinking: { type: "enabled", budget_tokens: 2000 } }, "thinking.type.adaptive"],
    ["adapting of a model with a budget", { ...hello, model: "claude-haiku-4-5", thinking: { type: "adaptive" } }, "adaptive thinking is not supported"],
    [
      "a thinking budget above max_tokens",
      { ...hello, model: "claude-opus-5", thinking: { type: "enabled", budget_tokens: 2000 } },
      "must be greater than `thinking.budget_tokens`",
    ],
    [
      "an empty signature",
      messages(user("a"), { role: "assistant", content: [{ type: "thinking", thinking: "t", signature: "" }] }, user("b")),
      "Invalid `signature`",
    ],
    [
      "a forged signature",
      messages(user("a"), { role: "assistant", content: [{ type: "thinking", thinking: "t", signature: "c2NyaXB0forged" }] }, user("b")),
      "Invalid `signature`",
    ],
    [
      "calls without their reasoning",
      { ...messages(user("a"), use("t1"), results("t1")), model: "claude-opus-5", max_tokens: 4000, thinking: { type: "enabled", budget_tokens: 2000 } },
      "Expected `thinking` or `redacted_thinking`",
    ],
  ])("refuse %s", async (_name, body, words) => {
    const server = await start(forever);
    const answer = await anthropic(server, body);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({ type: "error", error: { type: "invalid_request_error" }, request_id: answer.headers["request-id"] });
    expect(errorOf(answer).message).toContain(words);
    expect(server.requests[0]).toMatchObject({ outcome: "refused", status: 400, says: errorOf(answer).message });
    expect(server.requests[0]?.ledger).toBeUndefined();
    expect(server.unserved()).toEqual([0]);
  });

  it.each<[string, JsonObject]>([
    [
      "paired calls, text after the results",
      messages(user("a"), use("t1", "t2"), { role: "user", content: [...(results("t2", "t1").content as Json[]), text("more")] }),
    ],
    [
      "four markers and a nested one among them",
      messages(user("a"), use("t1"), { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: [text("a", mark)] }, text("b", mark)] }),
    ],
    ["long lives before short ones", { ...messages({ role: "user", content: [text("a", mark)] }), system: [text("s", mark1h)] }],
    ["a result without content", messages(user("a"), use("t1"), { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", is_error: true }] })],
    ["the vendor's own tools", { ...hello, tools: [{ type: "bash_20250124", name: "bash" }] }],
  ])("allow %s", async (_name, body) => {
    const server = await start(forever);
    const answer = await anthropic(server, body);
    expect([answer.status, answer.text]).toEqual([200, answer.text]);
  });

  it("refuse reasoning that was changed under its signature", async () => {
    const server = await start({ name: "t", turns: [{ repeat: 3, reply: [{ thinking: "as it was" }] }] });
    const whole = JSON.parse((await anthropic(server, hello)).text) as { content: JsonObject[] };
    const block = whole.content[0] as JsonObject;
    const withBlock = (changed: JsonObject) => messages(user("a"), { role: "assistant", content: [{ ...block, ...changed }] }, user("b"));
    expect((await anthropic(server, withBlock({}))).status).toBe(200);
    expect(errorOf(await anthropic(server, withBlock({ thinking: "otherwise" }))).message).toContain("Invalid `signature`");
  });

  it("want a version header, JSON, a known model and path", async () => {
    const server = await start({ ...forever, models: [{ id: "claude-sonnet-5" }] });
    const headers = { "anthropic-version": "2023-06-01" };
    expect(errorOf(await send(server, "/v1/messages", { model: "m", max_tokens: 1, ...hello })).message).toContain("anthropic-version: header is required");
    expect(errorOf(await send(server, "/v1/messages", "{", headers)).message).toContain("not valid JSON");
    expect(errorOf(await send(server, "/v1/messages", "[]", headers)).message).toContain("JSON object");
    expect(errorOf(await anthropic(server, { ...hello, model: "claude-9" }))).toMatchObject({ type: "not_found_error", message: "model: claude-9" });
    const lost = await send(server, "/messages", hello, headers);
    expect([lost.status, errorOf(lost).message]).toEqual([404, expect.stringContaining("POST /v1/messages")]);
    expect(server.requests).toHaveLength(5);
  });
});

const calls = (...ids: string[]): JsonObject => ({
  role: "assistant",
  content: null,
  tool_calls: ids.map((id) => ({ id, type: "function", function: { name: "read", arguments: "{}" } })),
});
const result = (id: string): JsonObject => ({ role: "tool", tool_call_id: id, content: "x" });
const declared = (name: string, parameters: Json = { type: "object" }): JsonObject => ({ type: "function", function: { name, parameters } });

describe("OpenAI's rules", () => {
  it.each<[string, JsonObject, string]>([
    ["no messages", messages(), "empty array"],
    ["an unknown role", messages({ role: "human", content: "a" }), "Invalid value: 'human'"],
    ["content of null", messages({ role: "user", content: null }), "expected a string, got null"],
    ["calls without results", messages(user("a"), calls("c1"), user("b")), "did not have response messages: c1"],
    ["calls at the end", messages(user("a"), calls("c1", "c2"), result("c1")), "did not have response messages: c2"],
    ["a result of no call", messages(user("a"), result("c1")), "must be a response to a preceeding message with 'tool_calls'"],
    ["a result twice", messages(user("a"), calls("c1"), result("c1"), result("c1")), "must be a response to a preceeding message"],
    ["a call id twice", messages(user("a"), calls("c1"), result("c1"), calls("c1"), result("c1")), "Duplicate value for 'tool_call_id' of 'c1'"],
    ["a long call id", messages(user("a"), calls("c".repeat(41)), result("c".repeat(41))), "Expected a string with maximum length 40"],
    [
      "arguments that are no string",
      messages(user("a"), { role: "assistant", tool_calls: [{ id: "c", type: "function", function: { name: "r", arguments: {} } }] }),
      "expected a string",
    ],
    ["an empty list of calls", messages(user("a"), { role: "assistant", content: "b", tool_calls: [] }), "empty array"],
    ["an unknown parameter", { ...hello, max_token: 5 }, "Unrecognized request argument supplied: max_token"],
    ["max_tokens of none", { ...hello, max_tokens: 0 }, "integer below minimum value"],
    ["stream_options without stream", { ...hello, stream_options: { include_usage: true } }, "only allowed when 'stream' is enabled"],
    ["an empty list of tools", { ...hello, tools: [] }, "empty array"],
    ["a schema that is no object", { ...hello, tools: [declared("read", { type: "string" })] }, "schema must be a JSON Schema of 'type: \"object\"'"],
    ["a tool name with a dot", { ...hello, tools: [declared("a.b")] }, "does not match pattern"],
    ["a choice without tools", { ...hello, tool_choice: "auto" }, "only allowed when 'tools' are specified"],
    ["a picture from the system", messages({ role: "system", content: [{ type: "image_url", image_url: { url: "x" } }] }), "Invalid value: 'image_url'"],
  ])("refuse %s", async (_name, body, words) => {
    const server = await start(forever);
    const answer = await openai(server, body);
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toMatchObject({ type: "invalid_request_error", message: expect.stringContaining(words) as string });
    expect(server.requests[0]).toMatchObject({ outcome: "refused", status: 400 });
    expect(server.unserved()).toEqual([0]);
  });

  it("allow results in any order, right after their calls", async () => {
    const server = await start(forever);
    const body = messages(
      { role: "developer", content: "s" },
      user("a"),
      calls("c1", "c2"),
      result("c2"),
      result("c1"),
      { role: "assistant", content: "b" },
      user("c"),
    );
    expect((await openai(server, { ...body, tools: [declared("read")], max_completion_tokens: 5 })).status).toBe(200);
  });

  it("know which models there are", async () => {
    const server = await start({ ...forever, models: [{ id: "m" }] });
    const answer = await openai(server, { ...hello, model: "n" });
    expect([answer.status, errorOf(answer).code]).toEqual([404, "model_not_found"]);
  });
});

describe("keys", () => {
  it("are asked for only when the server is told to", async () => {
    const required = await start(forever, { authentication: "required" });
    const none = await anthropic(required, hello);
    expect([none.status, errorOf(none).type]).toEqual([401, "authentication_error"]);
    expect((await openai(required, hello)).status).toBe(401);
    expect((await send(required, "/v1/models", undefined)).status).toBe(401);
    expect((await send(required, "/v1/chat/completions", { model: "m", ...hello }, { authorization: "Bearer k" })).status).toBe(200);

    const exact = await start(forever, { authentication: { key: "right" } });
    const ask = (key: string) => send(exact, "/v1/messages", { model: "m", max_tokens: 1, ...hello }, { "anthropic-version": "1", "x-api-key": key });
    expect([(await ask("wrong")).status, (await ask("right")).status]).toEqual([401, 200]);
    expect(JSON.stringify(exact.requests.map((request) => request.headers))).not.toMatch(/right|wrong/);
  });
});

describe("the window", () => {
  const models = [
    { id: "claude-sonnet-5", contextWindow: 1_000, maxOutput: 500 },
    { id: "gpt-5", contextWindow: 1_000, maxOutput: 500 },
  ];
  const long = messages(user("x".repeat(4_100)));

  it("is enforced in each vendor's words", async () => {
    const server = await start({ ...forever, models });
    expect(errorOf(await anthropic(server, { ...long, max_tokens: 1 })).message).toMatch(/^prompt is too long: \d+ tokens > 1000 maximum$/);
    expect(errorOf(await anthropic(server, { ...hello, max_tokens: 501 })).message).toContain(
      "501 > 500, which is the maximum allowed number of output tokens",
    );
    expect(errorOf(await anthropic(server, { ...messages(user("x".repeat(3_000))), max_tokens: 400 })).message).toContain(
      "input length and `max_tokens` exceed context limit",
    );
    expect(errorOf(await openai(server, long))).toMatchObject({ code: "context_length_exceeded", param: "messages" });
    expect((await anthropic(server, { ...hello, max_tokens: 500 })).status).toBe(200);
  });

  it("can be asked for with count_tokens, which uses up no turn", async () => {
    const server = await start({ name: "one", turns: [{ reply: [{ text: "a" }] }] });
    const counted = await send(server, "/v1/messages/count_tokens", { model: "m", ...hello }, { "anthropic-version": "1" });
    const { input_tokens } = JSON.parse(counted.text) as { input_tokens: number };
    await anthropic(server, hello);
    expect(server.requests[1]?.ledger?.total).toBe(input_tokens);
  });
});
