import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { expect, it } from "vitest";
import { type ModelServer, prefixExtends, type Script } from "../../src/testing/index.ts";
import { eventsOf, hello, openai, send, start } from "./support.ts";

const modelOf = (server: ModelServer) =>
  createOpenAICompatible({ name: "script", baseURL: server.openaiUrl, apiKey: "test", includeUsage: true }).chatModel("gpt-5");

const tools: LanguageModelV4CallOptions["tools"] = [
  { type: "function", name: "read", description: "reads", inputSchema: { type: "object", properties: { path: { type: "string" } } } },
];

async function streamed(server: ModelServer, options: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamPart[]> {
  const parts: LanguageModelV4StreamPart[] = [];
  const { stream } = await modelOf(server).doStream(options);
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) parts.push(next.value);
  return parts;
}

const script: Script = {
  name: "two turns",
  turns: [
    {
      reply: [
        { thinking: "Both files, then the answer." },
        { text: "I read both files." },
        { call: "read", input: { path: "a.ts" } },
        { call: "read", input: { path: "b.ts" } },
      ],
    },
    { match: { toolResult: { tool: "read", text: { equals: "content of b" } }, messages: 4 }, reply: [{ text: "Done." }] },
  ],
};

it("streams reasoning, text and parallel calls, and takes them back with their results", async () => {
  const server = await start(script);
  const first: LanguageModelV4CallOptions["prompt"] = [
    { role: "system", content: "Be short." },
    { role: "user", content: [{ type: "text", text: "read both" }] },
  ];
  const parts = await streamed(server, { prompt: first, tools });
  const textOf = (type: string) => parts.map((part) => (part.type === type && "delta" in part ? part.delta : "")).join("");
  expect(textOf("reasoning-delta")).toBe("Both files, then the answer.");
  expect(textOf("text-delta")).toBe("I read both files.");
  const calls = parts.flatMap((part) => (part.type === "tool-call" ? [part] : []));
  expect(calls.map((call) => JSON.parse(call.input))).toEqual([{ path: "a.ts" }, { path: "b.ts" }]);
  const finish = parts.at(-1);
  const ledger = server.requests[0]?.ledger;
  expect(finish).toMatchObject({ type: "finish", finishReason: { unified: "tool-calls" }, usage: { inputTokens: { total: ledger?.total } } });
  await streamed(server, {
    prompt: [
      ...first,
      {
        role: "assistant",
        content: [
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
    tools,
  });
  const [one, two] = server.requests;
  expect([one?.outcome, two?.outcome, two?.turn]).toEqual(["answered", "answered", 1]);
  expect(prefixExtends(one?.json ?? {}, two?.json ?? {})).toEqual({ extends: true, added: 3 });
});

it("answers without a stream too", async () => {
  const server = await start(script);
  const result = await modelOf(server).doGenerate({ prompt: [{ role: "user", content: [{ type: "text", text: "read both" }] }], tools });
  expect(result.content.map((part) => part.type).sort()).toEqual(["reasoning", "text", "tool-call", "tool-call"]);
});

it("sends the role first, calls by index, the reason, the usage only when asked, and the end mark", async () => {
  const server = await start({ ...script, afterwards: "loop" });
  const plain = await openai(server, { ...hello, stream: true });
  const chunks = eventsOf(plain.text) as unknown as {
    choices: { delta: { role?: string; tool_calls?: { index: number }[] }; finish_reason: string | null }[];
    usage?: object;
  }[];
  expect(chunks[0]?.choices[0]?.delta.role).toBe("assistant");
  expect(new Set(chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls?.map((call) => call.index) ?? []))).toEqual(new Set([0, 1]));
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("tool_calls");
  expect(chunks.some((chunk) => "usage" in chunk)).toBe(false);
  expect(plain.text.endsWith("data: [DONE]\n\n")).toBe(true);

  const again = await start(script);
  const counted = eventsOf((await openai(again, { ...hello, stream: true, stream_options: { include_usage: true } })).text);
  expect(counted.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: again.requests[0]?.ledger?.total } });
});

it("lists its models in the shape of whoever asks", async () => {
  const server = await start({ name: "list", models: [{ id: "a" }, { id: "b" }], turns: [] });
  const asOpenai = JSON.parse((await send(server, "/v1/models", undefined)).text) as { object: string; data: { id: string }[] };
  expect([asOpenai.object, asOpenai.data.map((model) => model.id)]).toEqual(["list", ["a", "b"]]);
  const asAnthropic = JSON.parse((await send(server, "/v1/models", undefined, { "anthropic-version": "2023-06-01" })).text) as {
    has_more: boolean;
    data: { id: string }[];
  };
  expect([asAnthropic.has_more, asAnthropic.data.map((model) => model.id)]).toEqual([false, ["a", "b"]]);
});
