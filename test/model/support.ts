// A server that answers each request as a test says, to the byte, and what a test reads of a stream.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { CallId, systemClock } from "../../src/base/index.ts";
import { createAnthropicProvider } from "../../src/model/adapters/anthropic.ts";
import { createGeminiProvider } from "../../src/model/adapters/gemini.ts";
import type { GeminiDialect } from "../../src/model/adapters/gemini-body.ts";
import type { StreamLimits } from "../../src/model/adapters/guard.ts";
import { createOpenAiCompatibleProvider } from "../../src/model/adapters/openai-compatible.ts";
import { createOpenAiResponsesProvider } from "../../src/model/adapters/openai-responses.ts";
import type { ResponsesDialect } from "../../src/model/adapters/responses-body.ts";
import { createHttpClient } from "../../src/model/http.ts";
import type { Message, ModelRequest, Provider, StreamPart } from "../../src/model/index.ts";

export interface Seen {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly socket: Socket;
}
export interface RawServer {
  readonly url: string;
  readonly seen: Seen[];
  /** How many connections were opened, and how many are open. */
  connections(): { readonly opened: number; readonly open: number };
}
export type Answer = (response: ServerResponse, request: IncomingMessage, body: string) => void;

export async function startServer(answer: Answer): Promise<RawServer> {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  let opened = 0;
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      seen.push({ path: request.url ?? "", headers: request.headers, body, socket: request.socket });
      answer(response, request, body);
    });
  });
  server.on("connection", (socket) => {
    opened += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, connections: () => ({ opened, open: sockets.size }) };
}

export const eventStream = { "content-type": "text/event-stream" };
export const events = (...list: readonly object[]): string =>
  list.map((event) => `${"type" in event ? `event: ${event.type}\n` : ""}data: ${JSON.stringify(event)}\n\n`).join("");
/** Answers with a whole stream. */
export const streams =
  (text: string): Answer =>
  (response) =>
    response.writeHead(200, eventStream).end(text);

export interface ProviderChoice {
  readonly url: string;
  readonly limits?: Partial<StreamLimits>;
  readonly clock?: typeof systemClock;
}
const client = () => {
  const http = createHttpClient({});
  onTestFinished(() => http.close());
  return http;
};
export const anthropic = ({ url, ...rest }: ProviderChoice, betas: readonly string[] = []): Provider =>
  createAnthropicProvider({ id: "anthropic", baseUrl: url, key: "secret-key", http: client(), betas, ...rest });
export const chat = ({ url, ...rest }: ProviderChoice): Provider =>
  createOpenAiCompatibleProvider({
    id: "openai",
    baseUrl: `${url}/v1`,
    key: "secret-key",
    http: client(),
    dialect: () => ({ outputLimit: "max_tokens", promptCacheKey: false }),
    ...rest,
  });
export const responses = ({ url, ...rest }: ProviderChoice, over: Partial<ResponsesDialect> = {}): Provider =>
  createOpenAiResponsesProvider({
    id: "openai",
    baseUrl: `${url}/v1`,
    key: "secret-key",
    http: client(),
    dialect: () => ({ reasoning: true, breakpoints: false, promptCacheKey: false, ...over }),
    ...rest,
  });

export const gemini = ({ url, ...rest }: ProviderChoice, over: Partial<GeminiDialect> = {}): Provider =>
  createGeminiProvider({ id: "gemini", baseUrl: `${url}/v1beta`, key: "secret-key", http: client(), dialect: () => ({ signatures: true, ...over }), ...rest });

export const user = (text: string): Message => ({ role: "user", parts: [{ type: "text", text }] });
export const request = (over: Partial<ModelRequest> = {}): ModelRequest => ({
  model: "claude-test",
  tools: [{ name: "read", description: "Reads.", input: { type: "object", properties: { path: { type: "string" } } } }],
  cacheTools: false,
  system: [{ text: "You help.", cache: false }],
  messages: [user("hello")],
  cacheAfter: [],
  maxOutput: 1_000,
  ...over,
});

export type FinishPart = Extract<StreamPart, { type: "finish" }>;
export async function collect(stream: AsyncIterable<StreamPart>): Promise<{ readonly parts: readonly StreamPart[]; readonly finish: FinishPart }> {
  const parts: StreamPart[] = [];
  for await (const part of stream) parts.push(part);
  const finish = parts.at(-1);
  if (finish?.type !== "finish" || parts.filter((part) => part.type === "finish").length !== 1) {
    throw new Error(`the last part must be the only finish: ${parts.map((part) => part.type).join(" ")}`);
  }
  return { parts, finish };
}
export const run = (provider: Provider, over: Partial<ModelRequest> = {}, signal: AbortSignal = new AbortController().signal) =>
  collect(provider.stream(request(over), signal));
export const callId = (id: string): CallId => id as CallId;

// The events of an Anthropic stream.
export const start = (usage: object = { input_tokens: 10, output_tokens: 1 }) => ({
  type: "message_start",
  message: { id: "msg_1", type: "message", role: "assistant", model: "claude-test-20260101", content: [], stop_reason: null, stop_sequence: null, usage },
});
export const block = (index: number, content: object) => ({ type: "content_block_start", index, content_block: content });
export const delta = (index: number, content: object) => ({ type: "content_block_delta", index, delta: content });
export const stop = (index: number) => ({ type: "content_block_stop", index });
export const textBlock = (index: number, text: string) => [block(index, { type: "text", text: "" }), delta(index, { type: "text_delta", text }), stop(index)];
export const callBlock = (index: number, id: string, raw: string, name = "read") => [
  block(index, { type: "tool_use", id, name, input: {} }),
  ...(raw.match(/.{1,7}/gs) ?? []).map((partial_json) => delta(index, { type: "input_json_delta", partial_json })),
  stop(index),
];
export const end = (stop_reason: string, usage: object = { output_tokens: 20 }) => [
  { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage },
  { type: "message_stop" },
];

// The chunks of a Chat completions stream.
export const chunk = (contents: object, finish_reason: string | null = null, rest: object = {}) => ({
  id: "chat_1",
  object: "chat.completion.chunk",
  created: 1,
  model: "gpt-test-1",
  choices: [{ index: 0, delta: contents, finish_reason }],
  ...rest,
});
export const chatUsage = (usage: object) => ({ id: "chat_1", object: "chat.completion.chunk", created: 1, model: "gpt-test-1", choices: [], usage });
export const done = "data: [DONE]\n\n";

// The events of a Responses stream.
export const created = { type: "response.created", response: { id: "resp_1", model: "gpt-test-1", status: "in_progress", output: [] } };
export const added = (output_index: number, item: object) => ({ type: "response.output_item.added", output_index, item });
export const finished = (output_index: number, item: object) => ({ type: "response.output_item.done", output_index, item });
export const spoken = (index: number, text: string) => {
  const at = { item_id: `msg_${index}`, output_index: index, content_index: 0 };
  const content = [{ type: "output_text", text, annotations: [] }];
  return [
    added(index, { type: "message", id: at.item_id, role: "assistant", content: [], status: "in_progress" }),
    { type: "response.content_part.added", ...at, part: { type: "output_text", text: "", annotations: [] } },
    ...(text.match(/.{1,7}/gs) ?? []).map((delta) => ({ type: "response.output_text.delta", ...at, delta })),
    { type: "response.output_text.done", ...at, text },
    { type: "response.content_part.done", ...at, part: content[0] },
    finished(index, { type: "message", id: at.item_id, role: "assistant", content, status: "completed" }),
  ];
};
export const called = (index: number, call_id: string, raw: string, name = "read", status = "completed") => {
  const at = { item_id: `fc_${index}`, output_index: index };
  return [
    added(index, { type: "function_call", id: at.item_id, call_id, name, arguments: "", status: "in_progress" }),
    ...(raw.match(/.{1,7}/gs) ?? []).map((delta) => ({ type: "response.function_call_arguments.delta", ...at, delta })),
    { type: "response.function_call_arguments.done", ...at, arguments: raw },
    finished(index, { type: "function_call", id: at.item_id, call_id, name, arguments: raw, status }),
  ];
};
export const thought = (index: number, encrypted: string | undefined, ...summary: string[]) => {
  const id = `rs_${index}`;
  const at = { item_id: id, output_index: index };
  const parts = summary.map((text) => ({ type: "summary_text", text }));
  return [
    added(index, { type: "reasoning", id, summary: [] }),
    ...parts.flatMap((part, summary_index) => [
      { type: "response.reasoning_summary_part.added", ...at, summary_index, part: { ...part, text: "" } },
      ...(part.text.match(/.{1,7}/gs) ?? []).map((delta) => ({ type: "response.reasoning_summary_text.delta", ...at, summary_index, delta })),
      { type: "response.reasoning_summary_text.done", ...at, summary_index, text: part.text },
      { type: "response.reasoning_summary_part.done", ...at, summary_index, part },
    ]),
    finished(index, { type: "reasoning", id, summary: parts, ...(encrypted === undefined ? {} : { encrypted_content: encrypted }) }),
  ];
};
export const completed = (usage: object | null = { input_tokens: 10, output_tokens: 20 }, over: object = {}) => ({
  type: "response.completed",
  response: { id: "resp_1", model: "gpt-test-1", status: "completed", output: [], usage, ...over },
});
export const incomplete = (reason: string, usage: object = { input_tokens: 10, output_tokens: 20 }) => ({
  type: "response.incomplete",
  response: { id: "resp_1", model: "gpt-test-1", status: "incomplete", incomplete_details: { reason }, output: [], usage },
});

// The chunks of a Gemini stream.
export const generated = (parts: readonly object[], over: object = {}, rest: object = {}) => ({
  candidates: [{ content: { role: "model", parts }, index: 0, ...over }],
  modelVersion: "gemini-test-1",
  responseId: "gen_1",
  ...rest,
});
export const geminiCall = (id: string | undefined, args: unknown, signature?: string, name = "read") => ({
  functionCall: { ...(id === undefined ? {} : { id }), name, args },
  ...(signature === undefined ? {} : { thoughtSignature: signature }),
});
export const geminiEnd = (finishReason: string, usageMetadata: object = { promptTokenCount: 10, candidatesTokenCount: 20 }) =>
  generated([{ text: "" }], { finishReason }, { usageMetadata });
