// Speaks raw HTTP to the model server, so that tests see bytes and not a client's opinion of them.
import { Agent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { expect, onTestFinished } from "vitest";
import type { Json, JsonObject } from "../../src/base/index.ts";
import { checkScript, type ModelServer, type ModelServerOptions, type Script, startModelServer } from "../../src/testing/index.ts";

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The connection was destroyed before the answer was whole. */
  readonly broken: boolean;
}

/** A checked script; a test's own mistake is shown as the parser's message. */
export function scriptOf(script: Script): Script {
  const checked = checkScript(JSON.parse(JSON.stringify(script)) as Json);
  if (!checked.ok) throw checked.error;
  return checked.value;
}

export async function start(script: Script, options: Omit<ModelServerOptions, "script"> = {}): Promise<ModelServer> {
  const server = await startModelServer({ script: scriptOf(script), ...options });
  onTestFinished(() => server.close());
  return server;
}

export function send(server: ModelServer, path: string, body: JsonObject | string | undefined, headers: Record<string, string> = {}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
    const request = httpRequest(
      `${server.url}${path}`,
      { method: text === undefined ? "GET" : "POST", headers, agent: new Agent({ keepAlive: false }) },
      (response) => {
        const parts: Buffer[] = [];
        const settle = () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(parts).toString(), broken: !response.complete });
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("error", () => undefined);
        response.on("close", settle);
      },
    );
    request.on("error", reject);
    request.end(text);
  });
}

export const anthropic = (server: ModelServer, body: JsonObject): Promise<RawAnswer> =>
  send(
    server,
    "/v1/messages",
    { model: "claude-sonnet-5", max_tokens: 1000, ...body },
    { "content-type": "application/json", "anthropic-version": "2023-06-01" },
  );

export const openai = (server: ModelServer, body: JsonObject): Promise<RawAnswer> =>
  send(server, "/v1/chat/completions", { model: "gpt-5", ...body }, { "content-type": "application/json" });

/** `messages`, for what all wires share, stands for `input`. */
export const responses = (server: ModelServer, { messages, ...body }: JsonObject): Promise<RawAnswer> =>
  send(
    server,
    "/v1/responses",
    { model: "gpt-5", store: false, ...(messages === undefined ? {} : { input: messages }), ...body },
    { "content-type": "application/json" },
  );

/** `messages`, for what all wires share, stands for `contents` (texts alone); `stream` is a part of the path. */
export const gemini = (server: ModelServer, { messages, stream, model = "gemini-4-argon", ...body }: JsonObject): Promise<RawAnswer> => {
  const contents = (messages as readonly JsonObject[] | undefined)?.map(({ role, content }) => ({ role, parts: [{ text: content }] }));
  const method = stream === true ? "streamGenerateContent?alt=sse" : "generateContent";
  const whole = { ...(contents === undefined ? {} : { contents }), ...body } as JsonObject;
  return send(server, `/v1beta/models/${String(model)}:${method}`, whole, { "content-type": "application/json" });
};

export const user = (text: string): JsonObject => ({ role: "user", content: text });
export const hello: JsonObject = { messages: [user("hello")] };

/** The data of each event of a stream; fails on a line that is no JSON. */
export function eventsOf(text: string): JsonObject[] {
  return text
    .split("\n\n")
    .flatMap((block) => block.split("\n").filter((line) => line.startsWith("data: ")))
    .map((line) => line.slice(6))
    .filter((data) => data !== "[DONE]")
    .map((data) => JSON.parse(data) as JsonObject);
}

export function errorOf(answer: RawAnswer): { type: string; message: string; param?: string; code?: string } {
  const parsed = JSON.parse(answer.text) as { error: { type: string; message: string; param?: string; code?: string } };
  expect(parsed.error.message).not.toBe("");
  return parsed.error;
}
