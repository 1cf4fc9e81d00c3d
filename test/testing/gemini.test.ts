// Gemini as the scripted server speaks it: what it refuses, answers, counts and bills.
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/base/index.ts";
import { createManualClock, type Fault, type Script } from "../../src/testing/index.ts";
import { errorOf, eventsOf, gemini, hello, send, start, user } from "./support.ts";

const always: Script = { name: "always", turns: [{ repeat: "always", reply: [{ text: "ok" }] }] };
const says = (role: "user" | "model", ...parts: JsonObject[]): JsonObject => ({ role, parts });
const call = (id: string, signature?: string): JsonObject => ({
  functionCall: { id, name: "read", args: { path: id } },
  ...(signature === undefined ? {} : { thoughtSignature: signature }),
});
const response = (id: string, name = "read"): JsonObject => ({ functionResponse: { id, name, response: { output: `r ${id}` } } });
const text = (content: string): JsonObject => ({ text: content });
const skip = "skip_thought_signature_validator";
const go = says("user", text("go"));
const partsOf = (answer: { text: string }): JsonObject[] =>
  eventsOf(answer.text).flatMap((event) => {
    const [candidate] = (event.candidates ?? []) as { content?: { parts?: JsonObject[] } }[];
    return candidate?.content?.parts ?? [];
  });

describe("requests", () => {
  const declared = (declaration: JsonObject): JsonObject => ({ contents: [go], tools: [{ functionDeclarations: [declaration] }] });
  const config = (generationConfig: JsonObject, model = "gemini-4-argon"): JsonObject => ({ contents: [go], generationConfig, model });
  it.each<[string, JsonObject, string]>([
    ["no contents", {}, "contents is not specified"],
    ["a role that does not exist", { contents: [{ role: "assistant", parts: [text("x")] }] }, "valid role: user, model"],
    ["no parts", { contents: [{ role: "user", parts: [] }] }, "must not be empty"],
    ["a part without data", { contents: [says("user", { thoughtSignature: "x" })] }, "required oneof field 'data'"],
    ["a part with two kinds of data", { contents: [says("user", { text: "x", inlineData: {} })] }, "required oneof field 'data'"],
    ["an unknown field", { ...hello, max_tokens: 5 }, 'Unknown name "max_tokens": Cannot find field'],
    ["an unknown field of a part", { contents: [says("user", { text: "x", cache_control: {} })] }, `at 'contents[0].parts[0]'`],
    ["a broken image", { contents: [says("user", { inlineData: { mimeType: "image/png", data: "?" } })] }, "Base64 decoding failed"],
    ["a call of a user", { contents: [says("user", call("a"))] }, "cannot have the role 'user'"],
    ["arguments that are no object", { contents: [go, says("model", { functionCall: { name: "read", args: "x" } })] }, "protobuf.Struct"],
    ["a call after a call", { contents: [go, says("model", call("a", skip)), says("model", call("b", skip))] }, "number of function response parts"],
    ["a call first", { contents: [says("model", call("a", skip)), says("user", response("a"))] }, "function call turn comes immediately after a user turn"],
    ["a response without a call", { contents: [go, says("user", response("a"))] }, "immediately after a function call turn"],
    ["too few responses", { contents: [go, says("model", call("a", skip), call("b")), says("user", response("a"))] }, "number of function response parts"],
    ["a call without a response", { contents: [go, says("model", call("a", skip)), go] }, "number of function response parts"],
    ["a response to another call", { contents: [go, says("model", call("a", skip)), says("user", response("b"))] }, "No function response matches"],
    ["a response of another tool", { contents: [go, says("model", call("a", skip)), says("user", response("a", "bash"))] }, "No function response matches"],
    [
      "one id for two calls",
      { contents: [go, says("model", call("a", skip)), says("user", response("a")), says("model", call("a", skip)), says("user", response("a"))] },
      "Duplicate function call id: a",
    ],
    ["a call without a signature", { contents: [go, says("model", call("a")), says("user", response("a"))] }, "missing a thought_signature"],
    ["a signature of nobody", { contents: [go, says("model", call("a", "bm9uZQ==")), says("user", response("a"))] }, "Corrupted thought signature"],
    ["a name that is none", declared({ name: "1 read", description: "d" }), "Invalid function name"],
    ["two schemas", declared({ name: "read", parameters: {}, parametersJsonSchema: { type: "object" } }), "mutually exclusive"],
    ["a schema of no object", declared({ name: "read", parametersJsonSchema: { type: "string" } }), "must describe an object"],
    [
      "a keyword that it does not know",
      declared({ name: "read", parametersJsonSchema: { type: "object", properties: { a: { items: { pattern: "x" } } } } }),
      'Unknown name "pattern"',
    ],
    ["level and budget", config({ thinkingConfig: { thinkingLevel: "low", thinkingBudget: 5 } }), "only one of thinking budget and thinking level"],
    ["a level that the model lacks", config({ thinkingConfig: { thinkingLevel: "minimal" } }), "MINIMAL is not supported"],
    ["a budget from Gemini 4 on", config({ thinkingConfig: { thinkingBudget: 5 } }), "Thinking budget is not supported"],
    ["a level before Gemini 3", config({ thinkingConfig: { thinkingLevel: "low" } }, "gemini-2.5-pro"), "Thinking level is not supported"],
    ["no room for an answer", config({ maxOutputTokens: 0 }), "must be positive"],
  ])("with %s are refused", async (_name, body, message) => {
    const server = await start(always);
    const answer = await gemini(server, body);
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toMatchObject({ code: 400, status: "INVALID_ARGUMENT", message: expect.stringContaining(message) });
    expect(server.requests[0]).toMatchObject({ wire: "gemini", outcome: "refused" });
  });

  it("are sound with signatures where Gemini wants them: on the first call of each step of the current turn", async () => {
    const server = await start(always);
    const earlier = [go, says("model", call("a")), says("user", response("a")), says("model", text("done"))];
    const sound = [...earlier, go, says("model", call("b", skip), call("c")), says("user", response("c"), response("b"))];
    expect((await gemini(server, { contents: sound })).status).toBe(200);
    const later = [...sound, says("model", call("d")), says("user", response("d"))];
    expect(errorOf(await gemini(server, { contents: later })).message).toContain("missing a thought_signature");
    expect((await gemini(server, { contents: later, model: "gemini-2.5-pro" })).status).toBe(200);
  });

  it("need the key in its header, and a model that exists", async () => {
    const server = await start({ ...always, models: [{ id: "gemini-4-argon", contextWindow: 40 }] }, { authentication: { key: "k" } });
    const path = "/v1beta/models/gemini-4-argon:generateContent";
    expect(errorOf(await send(server, path, { contents: [go] }, { "x-goog-api-key": "no" })).message).toBe("API key not valid. Please pass a valid API key.");
    expect((await send(server, path, { contents: [go] }, { "x-goog-api-key": "k" })).status).toBe(200);
    expect(server.requests[1]?.headers["x-goog-api-key"]).toBe("(present)");
    const other = await send(server, path.replace("argon", "neon"), { contents: [go] }, { "x-goog-api-key": "k" });
    expect(other.status).toBe(404);
    expect(errorOf(other).message).toContain("models/gemini-4-neon is not found for API version v1beta");
    const long = await send(server, path, { contents: [says("user", text("x".repeat(400)))] }, { "x-goog-api-key": "k" });
    expect(errorOf(long).message).toMatch(/^The input token count \(\d+\) exceeds the maximum number of tokens allowed \(40\)\.$/);
    const list = await send(server, "/v1beta/models", undefined, { "x-goog-api-key": "k" });
    expect(JSON.parse(list.text)).toMatchObject({ models: [{ name: "models/gemini-4-argon" }] });
    const unstreamed = await send(server, "/v1beta/models/gemini-4-argon:streamGenerateContent", { contents: [go] }, { "x-goog-api-key": "k" });
    expect(unstreamed.status).toBe(404);
    expect(errorOf(unstreamed).message).toContain(":streamGenerateContent?alt=sse");
  });
});

describe("answers", () => {
  const script: Script = {
    name: "answers",
    turns: [
      { reply: [{ thinking: "I wonder" }, { text: "Let me see." }, { call: "read", input: { path: "a" } }, { call: "read", input: { path: "b" } }] },
      { repeat: "always", reply: [{ text: "ok" }] },
    ],
  };
  const thinking = { generationConfig: { thinkingConfig: { includeThoughts: true } } };

  it("stream texts in pieces and calls whole, with a signature on the first call and after a thought", async () => {
    const server = await start(script);
    const answer = await gemini(server, { contents: [go], stream: true, ...thinking });
    const parts = partsOf(answer);
    expect(parts.filter((part) => part.thought).map((part) => part.text)).toEqual(["I wonder"]);
    const calls = parts.filter((part) => part.functionCall);
    expect(calls.map((part) => part.thoughtSignature !== undefined)).toEqual([true, false]);
    expect(parts.find((part) => part.text === "" && part.thoughtSignature)).toBeDefined();
    const last = eventsOf(answer.text).at(-1) as { candidates: { finishReason: string }[]; usageMetadata: JsonObject };
    expect(last.candidates[0]?.finishReason).toBe("STOP");
    const { promptTokenCount, candidatesTokenCount, thoughtsTokenCount, totalTokenCount } = last.usageMetadata as Record<string, number>;
    expect(thoughtsTokenCount).toBe(2);
    expect((promptTokenCount ?? 0) + (candidatesTokenCount ?? 0) + (thoughtsTokenCount ?? 0)).toBe(totalTokenCount);
    expect(answer.text).not.toContain("[DONE]");
  });

  it("leave the summaries of thoughts out where they are not asked for, and keep the signature", async () => {
    const parts = partsOf(await gemini(await start(script), { contents: [go], stream: true }));
    expect(parts.some((part) => part.thought)).toBe(false);
    expect(parts.filter((part) => part.thoughtSignature)).toHaveLength(2);
  });

  it("their signatures come back on the same call of the same model alone", async () => {
    const server = await start(script);
    const calls = partsOf(await gemini(server, { contents: [go], stream: true })).filter((part) => part.functionCall);
    const ids = calls.map((part) => (part.functionCall as { id: string }).id);
    const contents = (...parts: JsonObject[]): JsonObject => ({ contents: [go, says("model", ...parts), says("user", ...ids.map((id) => response(id)))] });
    expect((await gemini(server, contents(...calls))).status).toBe(200);
    const signature = calls[0]?.thoughtSignature as Json;
    const moved = [
      { functionCall: calls[0]?.functionCall as Json, thoughtSignature: skip },
      { ...calls[1], thoughtSignature: signature },
    ] as JsonObject[];
    expect(errorOf(await gemini(server, contents(...moved))).message).toBe("Corrupted thought signature.");
    expect(errorOf(await gemini(server, { ...contents(...calls), model: "gemini-3.8-flash" })).message).toBe("Corrupted thought signature.");
  });

  it("end as Gemini does", async () => {
    const turns = [
      { reply: [{ text: "x" }], finish: "length" as const },
      { reply: [{ text: "x" }], finish: "refusal" as const },
      { reply: [], finish: "refusal" as const },
      {
        reply: [
          { call: "read", input: {} },
          { call: "read", rawInput: "{oops" },
        ],
      },
    ];
    const server = await start({ name: "ends", turns });
    const ends: Json[] = [];
    for (const _turn of turns) {
      const last = eventsOf((await gemini(server, { contents: [go], stream: true })).text).at(-1) as {
        candidates?: { finishReason: string; finishMessage?: string }[];
        promptFeedback?: { blockReason: string };
      };
      ends.push(last.candidates?.[0]?.finishMessage ?? last.candidates?.[0]?.finishReason ?? `blocked ${last.promptFeedback?.blockReason}`);
    }
    expect(ends).toEqual(["MAX_TOKENS", "SAFETY", "blocked SAFETY", "Malformed function call: read({oops)"]);
  });

  it("whole hold the same", async () => {
    const answer = JSON.parse((await gemini(await start(script), { contents: [go] })).text) as { candidates: { content: { parts: JsonObject[] } }[] };
    expect(answer.candidates[0]?.content.parts.filter((part) => part.functionCall)).toHaveLength(2);
  });
});

describe("the cache", () => {
  it("reads the longest prefix from 4,096 tokens on, 2,048 for 2.5, and forgets it; writing costs nothing apart", async () => {
    const clock = createManualClock();
    const server = await start(always, { clock });
    const ask = async (model: string, length: number, ...more: JsonObject[]) => {
      const answer = await gemini(server, { model, contents: [says("user", text("x".repeat(length))), ...more] });
      const usage = (JSON.parse(answer.text) as { usageMetadata: Record<string, number> }).usageMetadata;
      const ledger = server.requests.at(-1)?.ledger;
      expect(usage.promptTokenCount).toBe(ledger?.total);
      expect(usage.cachedContentTokenCount ?? 0).toBe(ledger?.cacheRead);
      expect(ledger?.cacheWrite).toBe(0);
      return ledger?.cacheRead ?? -1;
    };
    const more = [says("model", text("ok")), says("user", text("and?"))];
    expect(await ask("gemini-4-argon", 20_000)).toBe(0);
    expect(await ask("gemini-4-argon", 20_000, ...more)).toBe(4_992);
    expect(await ask("gemini-3.8-flash", 20_000)).toBe(0);
    expect(await ask("gemini-4-argon", 12_000)).toBe(0);
    expect(await ask("gemini-4-argon", 12_000)).toBe(0);
    expect(await ask("gemini-2.5-pro", 12_000)).toBe(0);
    expect(await ask("gemini-2.5-pro", 12_000)).toBe(2_944);
    await clock.advance(3_600_001);
    expect(await ask("gemini-4-argon", 20_000)).toBe(0);
  });

  it("counts an image by a fixed figure, wherever it stands", async () => {
    const server = await start(always);
    const image = { inlineData: { mimeType: "image/png", data: "a".repeat(40_000) } };
    const shown = { functionResponse: { id: "a", name: "read", response: { output: "r" }, parts: [image] } };
    await gemini(server, { contents: [says("user", text("go"), image)] });
    await gemini(server, { contents: [go, says("model", call("a", skip)), says("user", shown)] });
    for (const one of server.requests) expect(one.ledger?.total).toBeLessThan(1_800);
  });
});

describe("faults", () => {
  const withFault = (fault: Fault): Script => ({
    name: "fault",
    turns: [{ reply: [{ text: "I shall build it, and look." }, { call: "read", input: { path: "a" } }], fault }, { reply: [{ text: "next" }] }],
  });
  const ask = (server: Awaited<ReturnType<typeof start>>) => gemini(server, { messages: [user("hello")], stream: true });

  it("tell the wait in the body", async () => {
    const server = await start(withFault({ kind: "status", status: 429, retryAfter: { milliseconds: 1_500 } }));
    const answer = await ask(server);
    expect(answer.status).toBe(429);
    expect(answer.headers["retry-after"]).toBeUndefined();
    expect(errorOf(answer)).toMatchObject({
      status: "RESOURCE_EXHAUSTED",
      details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.5s" }],
    });
    expect(partsOf(await ask(server)).some((part) => part.functionCall)).toBe(true);
  });

  it.each<[Fault, boolean]>([
    [{ kind: "cut", at: "text" }, true],
    [{ kind: "cut", at: "arguments" }, true],
    [{ kind: "no-finish" }, false],
    [{ kind: "error-event" }, false],
  ])("%j leaves no finish, and the turn is served again", async (fault, broken) => {
    const server = await start(withFault(fault));
    const first = await ask(server);
    expect(first.broken).toBe(broken);
    expect(first.text).not.toContain("finishReason");
    expect(first.text.includes('"status":"UNAVAILABLE"')).toBe(fault.kind === "error-event");
    expect(server.requests[0]?.outcome).toBe("fault");
    expect((await ask(server)).text).toContain('"finishReason":"STOP"');
    expect(server.unserved()).toEqual([1]);
  });

  it("unknown parts and chunks do not disturb the answer", async () => {
    const answer = await ask(await start(withFault({ kind: "unknown-events" })));
    expect(answer.text).toContain("novelPart");
    expect(answer.text).toContain("novelField");
    expect(answer.text).toContain('"finishReason":"STOP"');
  });
});
