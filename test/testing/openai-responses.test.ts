// The Responses wire: the order of its events, what it refuses, and what it bills, before and after GPT-5.6.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/base/index.ts";
import { createManualClock, type LedgerRow, type ModelServer, prefixExtends, type Script, startModelServer } from "../../src/testing/index.ts";
import { anthropic, errorOf, eventsOf, responses, start } from "./support.ts";

const encrypted = ["reasoning.encrypted_content"];
const forever: Script = { name: "any", turns: [{ repeat: "always", reply: [{ text: "ok" }] }] };
const text = (words: string, extra: JsonObject = {}): JsonObject => ({ type: "input_text", text: words, ...extra });
const user = (...content: JsonObject[]): JsonObject => ({ type: "message", role: "user", content });
const call = (id: string, extra: JsonObject = {}): JsonObject => ({ type: "function_call", call_id: id, name: "read", arguments: "{}", ...extra });
const output = (id: string, said: Json = "r"): JsonObject => ({ type: "function_call_output", call_id: id, output: said });
const input = (...list: Json[]): JsonObject => ({ input: list });
const hello = user(text("hello"));
const tool = (name: string, extra: JsonObject = {}): JsonObject => ({ type: "function", name, parameters: { type: "object" }, ...extra });
const mark = { prompt_cache_breakpoint: { mode: "explicit" } };

/** The response that the last event of a stream repeats. */
const responseIn = (answer: { readonly text: string }): JsonObject => (eventsOf(answer.text).at(-1)?.response ?? {}) as JsonObject;

describe("an answer", () => {
  const script: Script = {
    name: "order",
    turns: [{ reply: [{ thinking: "hm" }, { redactedThinking: "sealed" }, { text: "hi" }, { call: "read", input: { path: "a" } }] }],
  };

  it("is the event sequence of the vendor, numbered, with each item repeated whole at its end", async () => {
    const answer = await responses(await start(script), { ...input(hello), stream: true, include: encrypted });
    const events = eventsOf(answer.text);
    const types = events.map((event) => String(event.type).replace("response.", ""));
    expect(types.filter((type, index) => type !== types[index - 1])).toEqual([
      "created",
      "in_progress",
      "output_item.added",
      "reasoning_summary_part.added",
      "reasoning_summary_text.delta",
      "reasoning_summary_text.done",
      "reasoning_summary_part.done",
      "output_item.done",
      "output_item.added",
      "output_item.done",
      "output_item.added",
      "content_part.added",
      "output_text.delta",
      "output_text.done",
      "content_part.done",
      "output_item.done",
      "output_item.added",
      "function_call_arguments.delta",
      "function_call_arguments.done",
      "output_item.done",
      "completed",
    ]);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_event, index) => index));
    const done = events.filter((event) => event.type === "response.output_item.done").map((event) => event.item);
    expect(responseIn(answer).output).toEqual(done);
    expect(done).toMatchObject([
      { type: "reasoning", summary: [{ text: "hm" }], encrypted_content: expect.stringMatching(/^gAAAA/) },
      { type: "reasoning", summary: [], encrypted_content: "sealed" },
      { type: "message", content: [{ type: "output_text", text: "hi" }] },
      { type: "function_call", name: "read", arguments: '{"path":"a"}', status: "completed" },
    ]);
    expect(answer.text).toMatch(/^event: response\.created\ndata: /);
    expect(answer.text).not.toContain("[DONE]");
  });

  it("holds no encrypted reasoning where none was asked for, and the same without a stream", async () => {
    const streamed = await responses(await start(script), { ...input(hello), stream: true });
    expect(streamed.text).not.toContain("encrypted_content");
    const whole = JSON.parse((await responses(await start(script), input(hello))).text) as JsonObject;
    expect(whole).toMatchObject({ object: "response", status: "completed", error: null, output: [{}, {}, { role: "assistant" }, { type: "function_call" }] });
  });

  it.each([
    ["length", [{ text: "a" }, { call: "read", input: {} }], { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }],
    ["refusal", [{ text: "No." }], { status: "completed", output: [{ content: [{ type: "refusal", refusal: "No." }] }] }],
    ["refusal", [], { status: "incomplete", incomplete_details: { reason: "content_filter" } }],
  ] as const)("ends as the script says: %s", async (finish, reply, expected) => {
    const answer = await responses(await start({ name: "end", turns: [{ finish, reply }] }), { ...input(hello), stream: true });
    const last = eventsOf(answer.text).at(-1) ?? {};
    expect(last.type).toBe(`response.${expected.status}`);
    expect(last.response).toMatchObject(expected);
    expect(answer.text.includes('"status":"incomplete","arguments"')).toBe(finish === "length");
  });
});

describe("the rules of the Responses wire", () => {
  it.each<[string, JsonObject, string]>([
    ["no input", { input: [] }, "Missing required parameter: 'input'"],
    ["an unknown parameter", { ...input(hello), max_tokens: 5 }, "Unknown parameter: 'max_tokens'"],
    ["too small an output", { ...input(hello), max_output_tokens: 15 }, "Expected a value >= 16, but got 15"],
    ["an earlier response", { ...input(hello), previous_response_id: "resp_1" }, "Previous response with id 'resp_1' not found"],
    ["an item of unknown type", input({ type: "novel" }), "Invalid value: 'novel'"],
    ["an unknown role", input({ role: "human", content: "a" }), "Invalid value: 'human'"],
    ["text of the other side", input({ role: "assistant", content: [text("a")] }), "Supported values are: 'output_text', 'refusal'"],
    ["a call without its output", input(hello, call("c1"), hello), "No tool output found for function call c1"],
    ["one of two outputs", input(hello, call("c1"), call("c2"), output("c1")), "No tool output found for function call c2"],
    ["an output without its call", input(hello, output("c9")), "No tool call found for function call output with call_id c9"],
    ["an output before its call", input(hello, output("c1"), call("c1")), "No tool call found for function call output with call_id c1"],
    ["an output twice", input(hello, call("c1"), output("c1"), output("c1")), "Duplicate function call output"],
    ["a call id twice", input(hello, call("c1"), output("c1"), call("c1"), output("c1")), "Duplicate function call with call_id c1"],
    ["a long call id", input(hello, call("c".repeat(65)), output("c".repeat(65))), "maximum length 64, but got a string with length 65"],
    ["a call's name with a dot", input(hello, call("c1", { name: "a.b" }), output("c1")), "string does not match pattern"],
    ["arguments that are no string", input(hello, call("c1", { arguments: {} }), output("c1")), "expected a string"],
    ["a foreign id", input(hello, call("c1", { id: "toolu_1" }), output("c1")), "Expected an ID that begins with 'fc'"],
    [
      "reasoning of nobody",
      input(hello, { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "made up" }, call("c1"), output("c1")),
      "could not be verified",
    ],
    [
      "a tool in the form of Chat completions",
      { ...input(hello), tools: [{ type: "function", function: { name: "read" } }] },
      "Missing required parameter: 'tools[0].name'",
    ],
    [
      "a schema that is no object",
      { ...input(hello), tools: [tool("read", { parameters: { type: "string" } })] },
      "schema must be a JSON Schema of 'type: \"object\"'",
    ],
    ["an open schema that is strict", { ...input(hello), tools: [tool("read", { strict: true })] }, "'additionalProperties' is required"],
    ["a choice without tools", { ...input(hello), tool_choice: "required" }, "Tool choice requires 'tools'"],
    ["an effort that there is not", { ...input(hello), reasoning: { effort: "huge" } }, "Invalid value: 'huge'"],
    ["an effort that the model lacks", { ...input(hello), model: "gpt-6.2-sol", reasoning: { effort: "minimal" } }, "Supported values are: 'low'"],
    ["effort of a model that does not reason", { ...input(hello), model: "gpt-4o", reasoning: { effort: "low" } }, "is not supported with this model"],
    [
      "encrypted reasoning of one that does not",
      { ...input(hello), model: "gpt-4o", include: encrypted },
      "Encrypted content is not supported with this model",
    ],
    ["a breakpoint before GPT-5.6", input(user(text("a", mark))), "Unknown parameter: 'input[0].content[0].prompt_cache_breakpoint'"],
    [
      "a breakpoint on the model's words",
      { ...input(hello, { role: "assistant", content: [{ type: "output_text", text: "a", ...mark }] }), model: "gpt-5.6" },
      "Unknown parameter",
    ],
    ["another life", { ...input(hello), model: "gpt-5.6", prompt_cache_options: { ttl: "24h" } }, "Supported values are: '30m'"],
    ["both kinds of life", { ...input(hello), model: "gpt-5.6", prompt_cache_options: {}, prompt_cache_retention: "24h" }, "cannot be used together"],
  ])("refuse %s", async (_name, body, words) => {
    const server = await start(forever);
    const answer = await responses(server, body);
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toMatchObject({ type: "invalid_request_error", message: expect.stringContaining(words) as string });
    expect(server.requests[0]).toMatchObject({ outcome: "refused", wire: "openai-responses" });
    expect(server.unserved()).toEqual([0]);
  });

  const reasoned: Script = {
    name: "reasoned",
    turns: [{ reply: [{ thinking: "hm" }, { call: "read", input: {} }] }, { repeat: "always", reply: [{ text: "ok" }] }],
  };
  const answered = async () => {
    const server = await start(reasoned);
    const { output: items } = responseIn(await responses(server, { ...input(hello), stream: true, include: encrypted }));
    const [reasoning, made] = items as [JsonObject, JsonObject];
    const ask = (...list: JsonObject[]) => responses(server, input(hello, ...list));
    return { server, reasoning, made, result: output(String(made.call_id)), ask };
  };

  it("take reasoning back with what it led to, to the letter, and from its own model", async () => {
    const { server, reasoning, made, result, ask } = await answered();
    expect((await ask(reasoning, made, result)).status).toBe(200);
    const { id: _id, ...anonymous } = made;
    expect((await ask(reasoning, anonymous, result)).status).toBe(200);
    expect((await ask(anonymous, result)).status).toBe(200); // without ids nothing is paired
    expect(errorOf(await ask(made, result)).message).toContain(`was provided without its required 'reasoning' item: '${String(reasoning.id)}'`);
    expect(errorOf(await ask(anonymous, result, reasoning)).message).toContain("of type 'reasoning' was provided without its required following item");
    expect(errorOf(await ask({ ...reasoning, summary: [] }, made, result)).code).toBe("invalid_encrypted_content");
    const { encrypted_content: _encrypted, ...bare } = reasoning;
    const kept = await ask(bare, made, result);
    expect([kept.status, errorOf(kept).message]).toEqual([404, expect.stringContaining("Items are not persisted when `store` is set to false")]);
    expect((await responses(server, { ...input(hello, reasoning, made, result), model: "gpt-6-sol" })).status).toBe(400);
  });

  it("take no proof that was given on another wire", async () => {
    const server = await start({ name: "two wires", turns: [{ repeat: "always", reply: [{ thinking: "hm" }, { text: "ok" }] }] });
    const whole = JSON.parse((await anthropic(server, { messages: [{ role: "user", content: "a" }] })).text) as { content: JsonObject[] };
    const signature = String(whole.content[0]?.signature);
    const reasoning = { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }], encrypted_content: signature };
    expect(errorOf(await responses(server, input(hello, reasoning, { role: "assistant", content: "ok" }, hello))).code).toBe("invalid_encrypted_content");
  });

  it("know the window and the models", async () => {
    const server = await start({ ...forever, models: [{ id: "gpt-5", contextWindow: 1_000, maxOutput: 500 }] });
    expect(errorOf(await responses(server, input(user(text("x".repeat(4_100)))))).code).toBe("context_length_exceeded");
    expect(errorOf(await responses(server, { ...input(hello), max_output_tokens: 501 })).message).toContain("Expected a value <= 500");
    expect(errorOf(await responses(server, { ...input(hello), model: "gpt-9" })).code).toBe("model_not_found");
  });
});

it("prefixExtends reads the input as messages, breakpoints apart", () => {
  const base: JsonObject = { model: "m", ...input(user(text("a", mark)), call("c1"), output("c1", [text("r")])) };
  const next = { model: "m", ...input(user(text("a")), call("c1"), output("c1", [text("r", mark)]), hello) };
  expect(prefixExtends(base, next)).toEqual({ extends: true, added: 1 });
  expect(prefixExtends(base, { ...next, input: [user(text("b"))] })).toMatchObject({ extends: false, segment: "messages", path: "input[0]" });
});

// ---------------------------------------------------------------- billing

const minute = 60_000;
const billed = (minimumCached: number): Script => ({
  ...forever,
  models: ["gpt-5", "gpt-5.6", "gpt-6-sol"].map((id) => ({ id, minimumCached, contextWindow: 10_000_000 })),
});
const ledgerOf = (server: ModelServer): LedgerRow => {
  const last = server.requests.at(-1);
  if (!last?.ledger) throw new Error(`no ledger row: ${last?.says}`);
  return last.ledger;
};

interface Turn {
  readonly words: string;
  readonly kind: "user" | "call";
}
interface Ask {
  readonly wait: number;
  readonly model: string;
  readonly key: string;
  readonly mode: "implicit" | "explicit" | undefined;
  readonly turns: readonly Turn[];
  readonly marks: readonly number[];
}
interface Piece {
  readonly json: string;
  readonly head: string;
  readonly ends: boolean;
  readonly marked: boolean;
}

/** A body, and its blocks as they are billed, written down from the body's own items. */
function built(ask: Ask): { readonly body: JsonObject; readonly pieces: readonly Piece[] } {
  const items = ask.turns.flatMap(({ words, kind }, index): JsonObject[] =>
    kind === "user" ? [user(text(words), text(`${index}`))] : [call(`c${index}`), output(`c${index}`, [text(words)])],
  );
  const blocks = items.flatMap((item) => ((item.content ?? item.output ?? []) as JsonObject[]).map((block) => ({ item, block })));
  const marks = new Set(ask.marks.map((at) => blocks[at % Math.max(1, blocks.length)]?.block));
  const withMarks = (list: Json | undefined) => (list as JsonObject[]).map((block) => (marks.has(block) ? { ...block, ...mark } : block));
  const body = {
    model: ask.model,
    prompt_cache_key: ask.key,
    ...(ask.mode === undefined ? {} : { prompt_cache_options: { mode: ask.mode } }),
    input: items.map((item) =>
      item.content ? { ...item, content: withMarks(item.content) } : item.output ? { ...item, output: withMarks(item.output) } : item,
    ),
  };
  const pieces = items.flatMap((item): Piece[] => {
    const list = (item.content ?? item.output) as JsonObject[] | undefined;
    if (!list) return [{ json: JSON.stringify(item), head: `${String(item.type)} ${String(item.call_id)}`, ends: false, marked: false }];
    return list.map((block, place) => ({
      json: JSON.stringify(block),
      head: `${String(item.role ?? item.call_id)}`,
      ends: place === list.length - 1,
      marked: marks.has(block),
    }));
  });
  return { body, pieces };
}

/** By the published rules, as directly as can be. */
function expected(written: Map<string, number>, ask: Ask, pieces: readonly Piece[], now: number, minimum: number) {
  const tokens = (end: number) => pieces.slice(0, end + 1).reduce((sum, piece) => sum + Math.ceil(Buffer.byteLength(piece.json) / 4), 0);
  const key = (end: number) => JSON.stringify([ask.model, ask.key, pieces.slice(0, end + 1).map((piece) => piece.head + piece.json)]);
  const places = pieces.map((_piece, index) => index);
  const explicit = places.filter((index) => pieces[index]?.marked);
  const implicit = ask.mode === "explicit" ? [] : places.filter((index) => pieces[index]?.ends);
  const seen = places.filter((index) => explicit.includes(index) || implicit.includes(index)).slice(-80);
  const hits = seen.filter((index) => tokens(index) >= minimum && (written.get(key(index)) ?? 0) > now);
  const hit = hits.at(-1);
  const read = hit === undefined ? 0 : tokens(hit);
  if (hit !== undefined) written.set(key(hit), now + 30 * minute);
  const newest = implicit.at(-1);
  const points = newest === undefined ? explicit.slice(-4) : [...explicit.slice(-3), newest];
  const fresh = points.filter((index) => tokens(index) >= minimum && tokens(index) > read);
  for (const index of fresh) written.set(key(index), now + 30 * minute);
  const write = fresh.length === 0 ? 0 : Math.max(...fresh.map(tokens)) - read;
  return { cacheRead: read, cacheWrite: write, cacheWriteLong: 0, input: tokens(pieces.length - 1) - read - write };
}

describe("the cache from GPT-5.6 on", () => {
  const mostly = <Value>(usual: Value, ...others: Value[]): fc.Arbitrary<Value> => fc.constantFrom(...Array.from({ length: 8 }, () => usual), ...others);
  const story = fc.array(fc.record<Turn>({ words: fc.constantFrom("short", "é".repeat(120), "x".repeat(600)), kind: fc.constantFrom("user", "call") }), {
    minLength: 30,
    maxLength: 100,
  });
  const asks = fc.array(
    fc.record({
      wait: mostly(0, minute, 29 * minute, 30 * minute),
      model: mostly("gpt-6-sol", "gpt-5.6"),
      key: mostly("one", "two"),
      mode: fc.constantFrom<Ask["mode"]>(undefined, "implicit", "explicit"),
      length: fc.integer({ min: 1, max: 100 }),
      changed: mostly(-1, 3, 20),
      marks: fc.array(fc.oneof(fc.constantFrom(0, 1, 7, 20), fc.nat(199)), { maxLength: 6 }),
    }),
    { minLength: 2, maxLength: 8 },
  );

  it("is billed as the rules say, for random courses of requests", async () => {
    const seen = { requests: 0, hits: 0, writes: 0 };
    await fc.assert(
      fc.asyncProperty(story, asks, fc.constantFrom(0, 200, 1_024), async (turns, course, minimum) => {
        const clock = createManualClock();
        const server = await startModelServer({ script: billed(minimum), clock });
        const written = new Map<string, number>();
        try {
          for (const { length, changed, ...rest } of course) {
            await clock.advance(rest.wait);
            const own = turns.slice(0, length).map((turn, index) => (index === changed ? { ...turn, words: "else" } : turn));
            const ask: Ask = { ...rest, turns: own };
            const { body, pieces } = built(ask);
            await responses(server, body);
            const { total, ...bill } = ledgerOf(server);
            expect(bill).toEqual(expected(written, ask, pieces, clock.monotonic(), minimum));
            expect(bill.input + bill.cacheRead + bill.cacheWrite).toBe(total);
            seen.requests += 1;
            if (bill.cacheRead > 0) seen.hits += 1;
            if (bill.cacheWrite > 0) seen.writes += 1;
          }
        } finally {
          await server.close();
        }
      }),
      { numRuns: 120 },
    );
    expect(seen.hits).toBeGreaterThan(seen.requests / 10);
    expect(seen.writes).toBeGreaterThan(seen.requests / 10);
    expect(seen.hits).toBeLessThan(seen.requests);
  });

  it("reads nothing at a place without a breakpoint, where the older rules read in steps", async () => {
    const common = "x".repeat(8_000);
    for (const [model, reads] of [
      ["gpt-6-sol", false],
      ["gpt-5", true],
    ] as const) {
      const server = await start(billed(1_024));
      const ask = async (words: string) => {
        await responses(server, { model, ...input(user(text(common), text(words))) });
        return ledgerOf(server).cacheRead;
      };
      expect([await ask("one"), (await ask("two")) > 0]).toEqual([0, reads]);
    }
  });

  it("considers the latest 80 breakpoints", async () => {
    for (const [turns, isRead] of [
      [80, true],
      [81, false],
    ] as const) {
      const server = await start(billed(0));
      const list = (count: number) => Array.from({ length: count }, (_, index) => user(text(`turn ${index}`)));
      await responses(server, { model: "gpt-6-sol", ...input(...list(1)) });
      await responses(server, { model: "gpt-6-sol", ...input(...list(turns)) });
      expect(ledgerOf(server).cacheRead > 0).toBe(isRead);
    }
  });

  it("tells what was written, and older models are told of no writes", async () => {
    const server = await start(billed(5));
    const usageOf = async (model: string) => (JSON.parse((await responses(server, { model, ...input(hello) })).text) as { usage: JsonObject }).usage;
    const newer = (await usageOf("gpt-6-sol")).input_tokens_details as JsonObject;
    expect(newer.cache_write_tokens).toBe(ledgerOf(server).cacheWrite);
    expect(newer.cache_write_tokens).toBeGreaterThan(0);
    expect((await usageOf("gpt-5")).input_tokens_details).not.toHaveProperty("cache_write_tokens");
    expect(ledgerOf(server).cacheWrite).toBe(0);
  });
});
