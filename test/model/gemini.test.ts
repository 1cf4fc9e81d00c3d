// The Gemini wire: what is sent, and what is made of what comes.
import { describe, expect, test } from "vitest";
import { type GeminiDialect, geminiBody } from "../../src/model/adapters/gemini-body.ts";
import { geminiSchema } from "../../src/model/adapters/gemini-schema.ts";
import { geminiDialect } from "../../src/model/dialects.ts";
import type { AssistantMessage, AssistantPart, Message, ModelRequest } from "../../src/model/index.ts";
import { callId, events, gemini, geminiCall, geminiEnd, generated, request, run, startServer, streams, user } from "./support.ts";

const bodyOf = (over: Partial<ModelRequest> = {}, dialect: GeminiDialect = { signatures: true }) =>
  JSON.parse(geminiBody(request({ model: "gemini-4-argon", ...over }), "gemini", dialect));
const said = (parts: readonly AssistantPart[], by: Partial<AssistantMessage> = {}): AssistantMessage => ({
  role: "assistant",
  parts,
  provider: "gemini",
  model: "gemini-4-argon",
  finish: "tool-calls",
  ...by,
});
const call = (id: string): AssistantPart => ({ type: "call", call: { id: callId(id), tool: "read", input: { path: id } } });
const proof = (signature: string): AssistantPart => ({ type: "thinking", text: "", signature });
const image = { type: "image", mediaType: "image/png", data: "aGk=" } as const;
const result = (id: string, parts: Extract<Message, { role: "tool" }>["parts"] = [{ type: "text", text: `r ${id}` }], failed = false): Message => ({
  role: "tool",
  call: callId(id),
  tool: "read",
  parts,
  failed,
});
const dummy = "skip_thought_signature_validator";

describe("the body", () => {
  test("has the system text, the tools, the contents and the limit, in this order, and nothing else", () => {
    expect(geminiBody(request(), "gemini", { signatures: true })).toBe(
      `{"systemInstruction":{"parts":[{"text":"You help."}]},` +
        `"tools":[{"functionDeclarations":[{"name":"read","description":"Reads.","parametersJsonSchema":{"type":"object","properties":{"path":{"type":"string"}}}}]}],` +
        `"contents":[{"role":"user","parts":[{"text":"hello"}]}],"generationConfig":{"maxOutputTokens":1000}}`,
    );
    expect(geminiBody(request({ system: [], tools: [] }), "gemini", { signatures: true })).toBe(
      `{"contents":[{"role":"user","parts":[{"text":"hello"}]}],"generationConfig":{"maxOutputTokens":1000}}`,
    );
  });

  test("puts the results of one reply into one content, and what a person adds into another", () => {
    const { contents } = bodyOf({
      messages: [user("go"), said([proof("call c2ln"), call("a"), call("b")]), result("a"), result("b", [{ type: "text", text: "no" }], true), user("and?")],
    });
    expect(contents.map((content: { role: string; parts: object[] }) => [content.role, content.parts.length])).toEqual([
      ["user", 1],
      ["model", 2],
      ["user", 2],
      ["user", 1],
    ]);
    expect(contents[2].parts).toEqual([
      { functionResponse: { id: "a", name: "read", response: { output: "r a" } } },
      { functionResponse: { id: "b", name: "read", response: { error: "no" } } },
    ]);
  });

  test("puts each signature back on the part it came on, and drops one whose part is gone", () => {
    const parts: AssistantPart[] = [
      proof("text dDE="),
      { type: "text", text: "one" },
      { type: "thinking", text: "a summary" },
      { type: "thinking", text: "kept", signature: "thought dDI=" },
      { type: "text", text: "two" },
      proof("own dDM="),
      proof("call dDQ="),
      call("a"),
      call("b"),
      proof("call dDU="),
    ];
    expect(bodyOf({ messages: [user("go"), said(parts)] }).contents[1].parts).toEqual([
      { text: "one", thoughtSignature: "dDE=" },
      { text: "kept", thought: true, thoughtSignature: "dDI=" },
      { text: "two" },
      { text: "", thoughtSignature: "dDM=" },
      { functionCall: { id: "a", name: "read", args: { path: "a" } }, thoughtSignature: "dDQ=" },
      { functionCall: { id: "b", name: "read", args: { path: "b" } } },
    ]);
  });

  test("gives no part the signature of another", () => {
    const parts = [proof("own dDE="), call("a"), proof("call dDI="), { type: "text", text: "x" } as const, proof("text dDM="), call("b")];
    expect(bodyOf({ messages: [user("go"), said(parts)] }).contents[1].parts).toEqual([
      { text: "", thoughtSignature: "dDE=" },
      { functionCall: { id: "a", name: "read", args: { path: "a" } }, thoughtSignature: dummy },
      { text: "x" },
      { functionCall: { id: "b", name: "read", args: { path: "b" } } },
    ]);
  });

  test("keeps what a person said twice apart, and sends of a schema what Gemini knows", () => {
    const input = { $schema: "x", type: "object", properties: { a: { type: "string", pattern: "x" } } };
    const body = bodyOf({ messages: [user("one"), user("two")], tools: [{ name: "t", description: "d", input }] });
    expect(body.contents).toHaveLength(2);
    expect(body.tools[0].functionDeclarations[0].parametersJsonSchema).toEqual({ type: "object", properties: { a: { type: "string" } } });
  });

  test.each([{ model: "gemini-3.8-flash" }, { provider: "anthropic", model: "claude-sonnet-5-5" }])(
    "sends no signature of %j, but the mark that Google documents, on the first call",
    (by) => {
      const message = said([proof("text c2ln"), { type: "text", text: "x" }, proof("call c2ln"), call("a"), call("b")], by);
      const messages = [user("go"), message, result("a"), result("b")];
      const [first, ...rest] = bodyOf({ messages }).contents[1].parts.slice(1);
      expect(first).toMatchObject({ functionCall: { id: "a" }, thoughtSignature: dummy });
      expect(JSON.stringify([bodyOf({ messages }).contents[1].parts[0], rest])).not.toContain("thoughtSignature");
      expect(JSON.stringify(bodyOf({ messages }, { signatures: false }))).not.toContain("thoughtSignature");
    },
  );

  test("a rejected call goes back with what was written, under the mark and not under the signature of something else", () => {
    const rejected: AssistantPart = { type: "rejected-call", id: callId("a"), tool: "read", raw: "[1]", why: "no object" };
    expect(bodyOf({ messages: [user("go"), said([proof("call c2ln"), rejected])] }).contents[1].parts).toEqual([
      { functionCall: { id: "a", name: "read", args: { unparsed: "[1]" } }, thoughtSignature: dummy },
    ]);
    const second = bodyOf({ messages: [user("go"), said([proof("call c2ln"), call("b"), rejected])] }).contents[1].parts[1];
    expect(second).toEqual({ functionCall: { id: "a", name: "read", args: { unparsed: "[1]" } } });
  });

  test("shows a result's images within it from Gemini 3 on, behind it before", () => {
    const messages = [user("go"), said([call("a")]), result("a", [{ type: "text", text: "look" }, image])];
    const data = { inlineData: { mimeType: "image/png", data: "aGk=" } };
    expect(bodyOf({ messages }).contents[2].parts).toEqual([
      { functionResponse: { id: "a", name: "read", response: { output: "look\n\n(1 image)" }, parts: [data] } },
    ]);
    expect(bodyOf({ messages }, { signatures: false }).contents[2].parts.slice(1)).toEqual([{ text: "Shown by read, call a:" }, data]);
    expect(bodyOf({ messages: [{ role: "user", parts: [image] }] }).contents[0].parts).toEqual([data]);
  });

  test("replies in a row are one content; names are made fit; an empty message is not empty", () => {
    const odd: AssistantPart = { type: "call", call: { id: callId("c"), tool: "1 odd/näme", input: {} } };
    const { contents } = bodyOf({ messages: [{ role: "user", parts: [] }, said([{ type: "text", text: "a" }]), said([odd])] });
    expect(contents[0].parts).toEqual([{ text: "(empty message)" }]);
    expect(contents).toHaveLength(2);
    expect(contents[1].parts[1].functionCall.name).toBe("_1_odd_n_me");
  });
});

describe("effort", () => {
  const dialect = (model: string, effort?: ModelRequest["effort"]) => geminiDialect(request({ model, ...(effort ? { effort } : {}) }), undefined);
  test("is a level from Gemini 3 on, a budget for 2.5, nothing before, and not a byte when absent", () => {
    expect(dialect("gemini-4-argon", "high")).toEqual({ signatures: true, level: "high" });
    expect(dialect("gemini-2.5-pro", "high")).toEqual({ signatures: false, budget: 24_576 });
    expect(dialect("gemini-2.0-flash", "high")).toEqual({ signatures: false });
    expect(dialect("gemini-4-argon")).toEqual({ signatures: true });
    expect(bodyOf({}, { signatures: true, level: "low" }).generationConfig.thinkingConfig).toEqual({ thinkingLevel: "low", includeThoughts: true });
    expect(bodyOf({}, { signatures: false, budget: 4_096 }).generationConfig.thinkingConfig).toEqual({ thinkingBudget: 4_096, includeThoughts: true });
    expect(bodyOf().generationConfig).toEqual({ maxOutputTokens: 1_000 });
  });
});

test("schemas keep what Gemini knows, at every depth, and properties of any name", () => {
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    additionalProperties: false,
    properties: {
      pattern: { type: "string", pattern: "^a", minLength: 1, default: "a" },
      kind: { const: "x" },
      list: { type: "array", items: { type: "object", patternProperties: { a: {} }, properties: { n: { type: "integer", exclusiveMinimum: 0, maximum: 3 } } } },
      any: { anyOf: [{ type: "string", format: "uri", examples: ["a"] }, { $ref: "#/$defs/t" }] },
    },
    required: ["kind"],
    $defs: { t: { type: "null", title: "T", deprecated: true } },
  };
  expect(geminiSchema(schema)).toEqual({
    type: "object",
    additionalProperties: false,
    properties: {
      pattern: { type: "string" },
      kind: { enum: ["x"] },
      list: { type: "array", items: { type: "object", properties: { n: { type: "integer", maximum: 3 } } } },
      any: { anyOf: [{ type: "string", format: "uri" }, { $ref: "#/$defs/t" }] },
    },
    required: ["kind"],
    $defs: { t: { type: "null", title: "T" } },
  });
});

describe("the reply", () => {
  const against = async (...chunks: readonly object[]) => run(gemini(await startServer(streams(events(...chunks)))), { model: "gemini-4-argon" });

  test("is asked for with the key in a header, at the model's path", async () => {
    const server = await startServer(streams(events(generated([{ text: "Hi" }]), geminiEnd("STOP"))));
    await run(gemini(server), { model: "gemini-4-argon" });
    expect(server.seen[0]).toMatchObject({
      path: "/v1beta/models/gemini-4-argon:streamGenerateContent?alt=sse",
      headers: { "x-goog-api-key": "secret-key" },
    });
  });

  test("keeps texts, thoughts, calls and signatures in their order", async () => {
    const { finish, parts } = await against(
      generated([{ text: "Let me", thought: true }]),
      generated([{ text: " see.", thought: true }]),
      generated([{ text: "Sure" }]),
      generated([{ text: ", now." }, { text: "", thoughtSignature: "dDE=" }]),
      generated([geminiCall("a", { path: "x" }, "dDI="), geminiCall("b", {})]),
      geminiEnd("STOP"),
    );
    expect(finish.failure).toBeUndefined();
    expect(finish.message.finish).toBe("tool-calls");
    expect(finish.message.parts).toEqual([
      { type: "thinking", text: "Let me see." },
      { type: "text", text: "Sure, now." },
      { type: "thinking", text: "", signature: "own dDE=" },
      { type: "thinking", text: "", signature: "call dDI=" },
      { type: "call", call: { id: "a", tool: "read", input: { path: "x" } } },
      { type: "call", call: { id: "b", tool: "read", input: {} } },
    ]);
    expect(parts.map((part) => part.type).filter((type) => type !== "finish")).toEqual([
      "message-start",
      "thinking-delta",
      "thinking-delta",
      "text-delta",
      "text-delta",
      "tool-matched",
      "tool-call",
      "tool-matched",
      "tool-call",
    ]);
    expect(finish.wire).toMatchObject({ messageId: "gen_1", model: "gemini-test-1", stopReason: "STOP" });
  });

  test("a text with a signature stays by itself", async () => {
    const { finish } = await against(
      generated([{ text: "one" }, { text: "two", thoughtSignature: "dDE=" }, { text: "three" }, { text: "why", thought: true, thoughtSignature: "dDI=" }]),
      geminiEnd("STOP"),
    );
    expect(finish.message.parts).toEqual([
      { type: "text", text: "one" },
      { type: "thinking", text: "", signature: "text dDE=" },
      { type: "text", text: "two" },
      { type: "text", text: "three" },
      { type: "thinking", text: "why", signature: "thought dDI=" },
    ]);
    expect(bodyOf({ messages: [user("go"), { ...finish.message, provider: "gemini", model: "gemini-4-argon" }] }).contents[1].parts).toEqual([
      { text: "one" },
      { text: "two", thoughtSignature: "dDE=" },
      { text: "three" },
      { text: "why", thought: true, thoughtSignature: "dDI=" },
    ]);
  });

  test("calls without an id get one of their own, in this reply and against those before", async () => {
    const chunks = [generated([geminiCall(undefined, { path: "x" }), geminiCall(undefined, { path: "y" })]), geminiEnd("STOP")];
    const server = await startServer(streams(events(...chunks)));
    const first = await run(gemini(server));
    const ids = (parts: readonly AssistantPart[]) => parts.flatMap((part) => (part.type === "call" ? [part.call.id] : []));
    const second = await run(gemini(server), { messages: [user("go"), first.finish.message] });
    expect(new Set([...ids(first.finish.message.parts), ...ids(second.finish.message.parts)]).size).toBe(4);
  });

  test("arguments that are no object, or a second call under one id, are rejected", async () => {
    const { finish } = await against(generated([geminiCall("a", "{oops"), geminiCall("b", [1]), geminiCall("c", {}), geminiCall("c", {})]), geminiEnd("STOP"));
    expect(finish.message.parts.map((part) => part.type)).toEqual(["rejected-call", "rejected-call", "call", "rejected-call"]);
  });

  test("a call without arguments is one with none, unless the reply was cut there", async () => {
    const bare = generated([{ functionCall: { id: "a", name: "read" } }]);
    expect((await against(bare, geminiEnd("STOP"))).finish.message.parts).toMatchObject([{ type: "call", call: { input: {} } }]);
    expect((await against(bare, geminiEnd("MAX_TOKENS"))).finish.message.parts).toMatchObject([{ type: "rejected-call" }]);
  });

  test("a call that could not be read loses the reply: nobody knows what it would have done", async () => {
    for (const part of [{ functionCall: { id: "a", name: "" } }, { functionCall: { id: "a", name: "read", partialArgs: [] } }, { text: 1 }]) {
      const { finish } = await against(generated([part]), geminiEnd("STOP"));
      expect(finish.failure?.class).toBe("malformed");
    }
  });

  test("counts cached and thought tokens where they belong, as of the last chunk", async () => {
    const usage = {
      promptTokenCount: 100,
      cachedContentTokenCount: 60,
      candidatesTokenCount: 7,
      thoughtsTokenCount: 5,
      toolUsePromptTokenCount: 3,
      totalTokenCount: 115,
    };
    const { finish } = await against(generated([{ text: "x" }], {}, { usageMetadata: { promptTokenCount: 100 } }), geminiEnd("STOP", usage));
    expect(finish.usage).toEqual({ input: 43, output: 12, cacheRead: 60, cacheWrite: 0, reasoning: 5 });
    expect(finish.usageFinal).toBe(true);
  });

  test.each([
    ["MAX_TOKENS", "length"],
    ["SAFETY", "refusal"],
    ["RECITATION", "refusal"],
    ["PROHIBITED_CONTENT", "refusal"],
    ["BLOCKLIST", "refusal"],
    ["SPII", "refusal"],
  ])("%s finishes as %s", async (reason, finished) => {
    const { finish } = await against(generated([{ text: "x" }]), geminiEnd(reason));
    expect(finish.failure).toBeUndefined();
    expect(finish.message.finish).toBe(finished);
    expect(finish.wire?.stopReason).toBe(reason);
  });

  test("a blocked prompt is a refusal without words", async () => {
    const { finish } = await against({ promptFeedback: { blockReason: "PROHIBITED_CONTENT" }, usageMetadata: { promptTokenCount: 9 } });
    expect(finish).toMatchObject({ message: { finish: "refusal", parts: [] }, usage: { input: 9 }, usageFinal: true });
    expect(finish.wire?.stopReason).toBe("prompt blocked: PROHIBITED_CONTENT");
  });

  test.each([
    ["MALFORMED_FUNCTION_CALL", "malformed"],
    ["UNEXPECTED_TOOL_CALL", "overloaded"],
    ["OTHER", "overloaded"],
    ["A_NEW_REASON", "overloaded"],
    ["MISSING_THOUGHT_SIGNATURE", "refused"],
  ])("%s is no reply: %s, and no call of it runs", async (reason, failureClass) => {
    const end = generated(
      [{ text: "" }],
      { finishReason: reason, finishMessage: "read(" },
      { usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 2 } },
    );
    const { finish } = await against(generated([geminiCall("a", {})]), end);
    expect(finish.failure).toMatchObject({ class: failureClass, message: expect.stringContaining(`${reason}: read(`) });
    expect(finish.message.parts).toEqual([]);
    expect(finish.usage).toMatchObject({ input: 9, output: 2 });
    expect(finish.usageFinal).toBe(false);
  });
});

describe("errors", () => {
  const answered = async (status: number, error: object) => {
    const server = await startServer((response) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(error)));
    return (await run(gemini(server))).finish.failure;
  };
  const retry = { "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "46.2s" };
  const quota = "You exceeded your current quota, please check your plan and billing details.";

  test("the wait that the body tells makes a quota a matter of time; without one it is used up", async () => {
    const error = { code: 429, message: quota, status: "RESOURCE_EXHAUSTED", details: [{ "@type": "x" }, retry] };
    expect(await answered(429, { error })).toMatchObject({ class: "rate-limited", retryAfter: 46_200 });
    expect(await answered(429, [{ error }])).toMatchObject({ class: "rate-limited", retryAfter: 46_200 });
    expect((await answered(429, { error: { ...error, details: [] } }))?.class).toBe("refused");
  });

  test("a wrong key, a forbidden model, a long prompt, an overload", async () => {
    const info = { "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID" };
    const invalid = { code: 400, message: "API key not valid. Please pass a valid API key.", status: "INVALID_ARGUMENT" };
    expect((await answered(400, { error: { ...invalid, details: [info] } }))?.class).toBe("authentication");
    expect((await answered(400, { error: { ...invalid, message: "Unknown name" } }))?.class).toBe("refused");
    expect((await answered(403, { error: { code: 403, message: "no", status: "PERMISSION_DENIED" } }))?.class).toBe("authentication");
    const long = "The input token count (1200293) exceeds the maximum number of tokens allowed (1048576).";
    expect((await answered(400, { error: { ...invalid, message: long } }))?.class).toBe("context-too-long");
    expect((await answered(503, { error: { code: 503, message: "The model is overloaded.", status: "UNAVAILABLE" } }))?.class).toBe("overloaded");
  });
});
