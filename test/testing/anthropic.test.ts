// The server against the vendor-neutral client that bosun's own adapter stands on.
import { createAnthropic } from "@ai-sdk/anthropic";
import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { expect, it } from "vitest";
import type { JsonObject } from "../../src/base/index.ts";
import { type ModelServer, prefixExtends, type Script } from "../../src/testing/index.ts";
import { anthropic, eventsOf, hello, start } from "./support.ts";

const modelOf = (server: ModelServer, model = "claude-sonnet-5") => createAnthropic({ baseURL: `${server.url}/v1`, apiKey: "test" })(model);

const tools: LanguageModelV4CallOptions["tools"] = [
  { type: "function", name: "read", description: "reads", inputSchema: { type: "object", properties: { path: { type: "string" } } } },
];

async function streamed(server: ModelServer, options: LanguageModelV4CallOptions, model?: string): Promise<LanguageModelV4StreamPart[]> {
  const parts: LanguageModelV4StreamPart[] = [];
  const { stream } = await modelOf(server, model).doStream(options);
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) parts.push(next.value);
  return parts;
}

const script: Script = {
  name: "two turns",
  turns: [
    {
      reply: [
        { thinking: "I should read both files before I answer.", signature: "c2lnbmVk" },
        { redactedThinking: "ZW5jcnlwdGVk" },
        { text: "I read both files." },
        { call: "read", input: { path: "src/a long path/that needs/several chunks.ts" } },
        { call: "read", input: { path: "b.ts", lines: [1, 2, 3], note: "Grüße 👋🏽 from here" } },
      ],
    },
    { match: { toolResult: { tool: "read", text: "content of b" } }, reply: [{ text: "Done." }] },
  ],
};

it("streams reasoning, redacted reasoning, text and parallel calls, and takes them back with their results", async () => {
  const server = await start(script);
  const first: LanguageModelV4CallOptions["prompt"] = [
    { role: "system", content: "Be short.", providerOptions: { anthropic: { cacheControl: { type: "ephemeral" } } } },
    { role: "user", content: [{ type: "text", text: "read both" }] },
  ];
  const options = { tools, maxOutputTokens: 4000, providerOptions: { anthropic: { thinking: { type: "enabled", budgetTokens: 2000 } } } };
  const parts = await streamed(server, { prompt: first, ...options }, "claude-opus-5");
  const textOf = (type: string) => parts.map((part) => (part.type === type && "delta" in part ? part.delta : "")).join("");
  expect(textOf("reasoning-delta")).toBe("I should read both files before I answer.");
  expect(textOf("text-delta")).toBe("I read both files.");
  const metadata = parts.flatMap((part) => ("providerMetadata" in part && part.providerMetadata?.anthropic ? [part.providerMetadata.anthropic] : []));
  expect(metadata).toContainEqual(expect.objectContaining({ signature: "c2lnbmVk" }));
  expect(metadata).toContainEqual(expect.objectContaining({ redactedData: "ZW5jcnlwdGVk" }));
  const calls = parts.flatMap((part) => (part.type === "tool-call" ? [part] : []));
  expect(calls.map((call) => JSON.parse(call.input))).toEqual([
    { path: "src/a long path/that needs/several chunks.ts" },
    { path: "b.ts", lines: [1, 2, 3], note: "Grüße 👋🏽 from here" },
  ]);
  expect(parts.filter((part) => part.type === "tool-input-delta").length).toBeGreaterThan(5);
  const finish = parts.at(-1);
  expect(finish).toMatchObject({ type: "finish", finishReason: { unified: "tool-calls" } });

  const second = await streamed(
    server,
    {
      prompt: [
        ...first,
        {
          role: "assistant",
          content: [
            { type: "reasoning", text: "I should read both files before I answer.", providerOptions: { anthropic: { signature: "c2lnbmVk" } } },
            { type: "reasoning", text: "", providerOptions: { anthropic: { redactedData: "ZW5jcnlwdGVk" } } },
            { type: "text", text: "I read both files." },
            ...calls.map((call) => ({ type: "tool-call" as const, toolCallId: call.toolCallId, toolName: "read", input: JSON.parse(call.input) as unknown })),
          ],
        },
        {
          role: "tool",
          content: calls.map((call, index) => ({
            type: "tool-result" as const,
            toolCallId: call.toolCallId,
            toolName: "read",
            output: { type: "text" as const, value: `content of ${"ab"[index]}` },
          })),
        },
      ],
      ...options,
    },
    "claude-opus-5",
  );
  expect(second.at(-1)).toMatchObject({ type: "finish", finishReason: { unified: "stop" } });
  const [one, two] = server.requests;
  expect([one?.outcome, two?.outcome, one?.turn, two?.turn]).toEqual(["answered", "answered", 0, 1]);
  expect(prefixExtends(one?.json ?? {}, two?.json ?? {})).toEqual({ extends: true, added: 2 });
  expect(two?.headers["x-api-key"]).toBe("(present)");
});

it("reports usage that the client splits as billed", async () => {
  const server = await start({
    name: "usage",
    models: [{ id: "claude-sonnet-5", minimumCached: 10 }],
    turns: [{ repeat: 2, reply: [{ text: "x".repeat(40) }] }],
  });
  const prompt: LanguageModelV4CallOptions["prompt"] = [
    { role: "system", content: "s".repeat(400), providerOptions: { anthropic: { cacheControl: { type: "ephemeral", ttl: "1h" } } } },
    { role: "user", content: [{ type: "text", text: "hello" }] },
  ];
  for (const warm of [false, true]) {
    const finish = (await streamed(server, { prompt, maxOutputTokens: 100 })).at(-1);
    const ledger = server.requests.at(-1)?.ledger;
    if (finish?.type !== "finish" || !ledger) throw new Error("no finish");
    expect(finish.usage.inputTokens).toMatchObject({ total: ledger.total, noCache: ledger.input, cacheRead: ledger.cacheRead, cacheWrite: ledger.cacheWrite });
    expect(finish.usage.outputTokens.total).toBe(10);
    expect(warm ? ledger.cacheRead : ledger.cacheWrite).toBeGreaterThan(100);
    expect(warm ? ledger.cacheWrite : ledger.cacheRead).toBe(0);
    expect(ledger.cacheWriteLong).toBe(ledger.cacheWrite);
  }
});

it("answers without a stream too, with the same content", async () => {
  const server = await start(script);
  const result = await modelOf(server).doGenerate({ prompt: [{ role: "user", content: [{ type: "text", text: "read both" }] }], tools, maxOutputTokens: 4000 });
  expect(result.content.map((part) => part.type)).toEqual(["reasoning", "reasoning", "text", "tool-call", "tool-call"]);
  expect(result.finishReason.unified).toBe("tool-calls");
});

it("sends the event sequence of the vendor", async () => {
  const server = await start({ name: "order", turns: [{ reply: [{ thinking: "hm" }, { text: "hi" }, { call: "read", input: { path: "a" } }] }] });
  const answer = await anthropic(server, { ...hello, stream: true });
  expect(answer.headers["content-type"]).toContain("text/event-stream");
  const events = eventsOf(answer.text);
  const types = events.map((event) => (event.type === "content_block_delta" ? (event.delta as JsonObject).type : event.type));
  expect(types.filter((type, index) => type !== types[index - 1])).toEqual([
    "message_start",
    "content_block_start",
    "ping",
    "thinking_delta",
    "signature_delta",
    "content_block_stop",
    "content_block_start",
    "text_delta",
    "content_block_stop",
    "content_block_start",
    "input_json_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
  ]);
  const partial = events.flatMap((event) => ((event.delta as JsonObject | undefined)?.partial_json as string | undefined) ?? []);
  expect(partial.length).toBeGreaterThanOrEqual(3);
  expect(JSON.parse(partial.join(""))).toEqual({ path: "a" });
  expect(answer.text).toMatch(/^event: message_start\ndata: /);
});

it("makes the same identifiers in every run, and never the same one twice in a conversation", async () => {
  const looping: Script = {
    name: "ids",
    turns: [
      {
        repeat: "always",
        reply: [
          { call: "read", input: {} },
          { call: "read", input: {} },
        ],
      },
    ],
  };
  const idsOf = async (): Promise<string[]> => {
    const server = await start(looping);
    const ids: string[] = [];
    for (let round = 0; round < 5; round++) ids.push(...(JSON.stringify((await anthropic(server, hello)).text).match(/(toolu|msg)_\w+/g) ?? []));
    return ids;
  };
  const [first, second] = [await idsOf(), await idsOf()];
  expect(first).toEqual(second);
  expect(new Set(first).size).toBe(15);
});
