// Each fault as it looks on the wire, and how a script goes on after it.
import { request as httpRequest } from "node:http";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import type { LanguageModelV4, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/base/index.ts";
import { createManualClock, type Fault, type ModelServer, type Script } from "../../src/testing/index.ts";
import { anthropic, errorOf, eventsOf, hello, openai, type RawAnswer, responses, start } from "./support.ts";

const command = "rm -rf build && make all --silent";
const withFault = (fault: Fault): Script => ({
  name: fault.kind,
  turns: [
    {
      reply: [
        { text: "I shall build it, and then look at what came out of it." },
        { call: "read", input: { path: "a.ts" } },
        { call: "bash", input: { command } },
      ],
      fault,
    },
    { reply: [{ text: "the next turn" }] },
  ],
});
const streaming: JsonObject = { ...hello, stream: true };
const wires = [
  ["anthropic", anthropic, "message_stop"],
  ["openai", openai, "[DONE]"],
  ["responses", responses, "response.completed"],
] as const;

/** All argument text of the call with this position among the calls. */
function argumentsIn(answer: RawAnswer, call: number): string {
  const complete = answer.text.slice(0, answer.text.lastIndexOf("\n\n") + 2);
  return eventsOf(complete)
    .map((event) => {
      const delta = (event.delta ?? {}) as JsonObject;
      if (event.index === call + 1 && typeof delta.partial_json === "string") return delta.partial_json;
      if (event.output_index === call + 1 && typeof event.delta === "string") return event.delta;
      const choices = (event.choices ?? []) as { delta?: { tool_calls?: { index: number; function: { arguments?: string } }[] } }[];
      return choices[0]?.delta?.tool_calls?.map((one) => (one.index === call ? (one.function.arguments ?? "") : "")).join("") ?? "";
    })
    .join("");
}
const isSound = (answer: RawAnswer, last: string): boolean =>
  answer.status === 200 && !answer.broken && answer.text.includes(last) && argumentsIn(answer, 1) === JSON.stringify({ command });

describe.each(wires)("on the wire %s", (_name, ask, last) => {
  it.each<[Fault, (answer: RawAnswer) => void]>([
    [
      { kind: "cut", at: "arguments" },
      (answer) => {
        expect(answer.broken).toBe(true);
        expect(JSON.parse(argumentsIn(answer, 0))).toEqual({ path: "a.ts" });
        const cut = argumentsIn(answer, 1);
        expect(cut.length).toBeGreaterThan(5);
        expect(JSON.stringify({ command }).startsWith(cut)).toBe(true);
        expect(() => JSON.parse(cut)).toThrow();
      },
    ],
    [
      { kind: "cut", at: "text" },
      (answer) => {
        expect(answer.broken).toBe(true);
        expect(answer.text).toContain("I shall build it");
        expect(answer.text).not.toContain("bash");
      },
    ],
    [{ kind: "cut", at: "start" }, (answer) => expect([answer.broken, answer.text.split("data: ").length]).toEqual([true, 2])],
    [{ kind: "status", status: 429, retryAfter: { seconds: 3 } }, (answer) => expect([answer.status, answer.headers["retry-after"]]).toEqual([429, "3"])],
    [
      { kind: "status", status: 529, retryAfter: { milliseconds: 250 } },
      (answer) => expect([answer.status, answer.headers["retry-after-ms"]]).toEqual([529, "250"]),
    ],
    [{ kind: "status", status: 500, message: "a dragon" }, (answer) => expect([answer.status, errorOf(answer).message]).toEqual([500, "a dragon"])],
    [{ kind: "status", status: 502 }, (answer) => expect(answer.status).toBe(502)],
    [{ kind: "status", status: 503 }, (answer) => expect(answer.status).toBe(503)],
    [
      { kind: "context-too-long" },
      (answer) =>
        expect([answer.status, errorOf(answer).message]).toEqual([
          400,
          expect.stringMatching(/prompt is too long|maximum context length|exceeds the context window/),
        ]),
    ],
    [
      { kind: "html" },
      (answer) => expect([answer.status, answer.headers["content-type"], answer.text.slice(0, 9)]).toEqual([200, "text/html; charset=utf-8", "<!doctype"]),
    ],
    [{ kind: "empty" }, (answer) => expect([answer.status, answer.text, answer.broken]).toEqual([200, "", false])],
    [
      { kind: "no-finish" },
      (answer) => {
        expect(answer.broken).toBe(false);
        expect(answer.text).not.toContain(last);
        expect(answer.text).not.toMatch(/"(stop|finish)_reason":"|"total_tokens"/);
        expect(JSON.parse(argumentsIn(answer, 1))).toEqual({ command });
      },
    ],
    [
      { kind: "error-event" },
      (answer) => {
        expect([answer.status, answer.broken]).toEqual([200, false]);
        const event = eventsOf(answer.text).at(-1);
        expect(event?.error ?? { ...event, type: event?.code }).toMatchObject({ type: "overloaded_error", message: "Overloaded" });
      },
    ],
    [
      { kind: "malformed-stream" },
      (answer) => {
        expect([answer.status, answer.broken]).toEqual([200, false]);
        expect(() => eventsOf(answer.text)).toThrow();
      },
    ],
  ])("%j strikes once, and then the turn is served", async (fault, check) => {
    const server = await start(withFault(fault));
    check(await ask(server, streaming));
    expect(server.requests[0]).toMatchObject({ outcome: "fault", fault: fault.kind, turn: 0 });
    expect(isSound(await ask(server, streaming), last)).toBe(true);
    expect(server.requests[1]).toMatchObject({ outcome: "answered", turn: 0 });
    expect((await ask(server, streaming)).text).toContain("the next turn");
  });

  it("destroys the connection before any byte", async () => {
    const server = await start(withFault({ kind: "cut", at: "connection" }));
    await expect(ask(server, streaming)).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(server.requests[0]).toMatchObject({ outcome: "fault", status: 0 });
    expect(isSound(await ask(server, streaming), last)).toBe(true);
  });

  it("strikes as often as it is told", async () => {
    const twice = await start(withFault({ kind: "status", status: 529, times: 2 }));
    expect([(await ask(twice, streaming)).status, (await ask(twice, streaming)).status, (await ask(twice, streaming)).status]).toEqual([529, 529, 200]);
    const always = await start(withFault({ kind: "status", status: 503, times: "always" }));
    for (let round = 0; round < 5; round++) expect((await ask(always, streaming)).status).toBe(503);
  });

  it("cuts arguments short and ends as if all were well", async () => {
    const server = await start(withFault({ kind: "truncated-arguments" }));
    const answer = await ask(server, streaming);
    expect(answer.text).toContain(last);
    expect(() => JSON.parse(argumentsIn(answer, 1))).toThrow();
    expect(JSON.stringify({ command }).startsWith(argumentsIn(answer, 1))).toBe(true);
    expect(server.requests[0]?.outcome).toBe("answered");
    expect((await ask(server, streaming)).text).toContain("the next turn");
  });

  it("delivers an answer twice, byte for byte", async () => {
    const server = await start(withFault({ kind: "duplicate" }));
    const answers = [await ask(server, streaming), await ask(server, streaming), await ask(server, streaming)];
    expect(answers[1]?.text).toBe(answers[0]?.text);
    expect(answers[2]?.text).toContain("the next turn");
    expect(server.requests.map((request) => request.turn)).toEqual([0, 0, 1]);
  });

  it("mixes in what no client knows, without harm to the rest", async () => {
    const server = await start(withFault({ kind: "unknown-events" }));
    const answer = await ask(server, streaming);
    expect(answer.text).toMatch(/novel/);
    expect(isSound(answer, last)).toBe(true);
  });

  it("sends a few bytes at a time, and all of them", async () => {
    const slow = await start(withFault({ kind: "slow-bytes", bytes: 7, milliseconds: 0 }));
    const fast = await start({
      ...withFault({ kind: "unknown-events" }),
      name: "slow-bytes",
      turns: [{ reply: withFault({ kind: "html" }).turns[0]?.reply ?? [] }],
    });
    const withoutTime = (text: string) => text.replace(/"created(_at)?":\d+/g, "");
    expect(withoutTime((await ask(slow, streaming)).text)).toBe(withoutTime((await ask(fast, streaming)).text));
  });

  it("stalls for a time on the clock it is given, and goes on", async () => {
    const clock = createManualClock();
    const server = await start(withFault({ kind: "stall", at: "middle", milliseconds: 90_000 }), { clock });
    let done = false;
    const asking = ask(server, streaming).then((answer) => {
      done = true;
      return answer;
    });
    while (clock.sleepers === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await clock.advance(89_999);
    expect(done).toBe(false);
    await clock.advance(1);
    expect(isSound(await asking, last)).toBe(true);
    expect((await ask(server, streaming)).text).toContain("the next turn");
  });
});

it.each(["start", "middle"] as const)("stalls at the %s until the client gives up, and then serves the turn", async (at) => {
  const server = await start(withFault({ kind: "stall", at }));
  const received = await new Promise<string>((resolve, reject) => {
    let text = "";
    const request = httpRequest(`${server.url}/v1/messages`, { method: "POST", headers: { "anthropic-version": "1" } }, (response) => {
      response.on("data", (part: Buffer) => {
        text += part.toString();
      });
      response.on("error", () => undefined);
    });
    request.on("error", () => resolve(text));
    request.on("close", () => resolve(text));
    request.end(JSON.stringify({ model: "m", max_tokens: 10, ...streaming }));
    setTimeout(() => request.destroy(), 150);
    setTimeout(() => reject(new Error("no end")), 5_000).unref();
  });
  expect(received === "").toBe(at === "start");
  expect(received).not.toContain("message_stop");
  while (server.requests[0]?.outcome === "pending") await new Promise((resolve) => setTimeout(resolve, 1));
  expect(server.requests[0]?.outcome).toBe("client-gone");
  expect(isSound(await anthropic(server, streaming), "message_stop")).toBe(true);
});

it("gives a turn back when the client does not wait for the end of a stall", async () => {
  const clock = createManualClock();
  const server = await start(withFault({ kind: "stall", at: "start", milliseconds: 1_000 }), { clock });
  const request = httpRequest(`${server.url}/v1/messages`, { method: "POST", headers: { "anthropic-version": "1" } });
  request.on("error", () => undefined);
  request.end(JSON.stringify({ model: "m", max_tokens: 10, ...streaming }));
  while (clock.sleepers === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  request.destroy();
  while (server.requests[0]?.outcome !== "client-gone") await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(isSound(await anthropic(server, streaming), "message_stop")).toBe(true);
});

it("ends stalled connections when it is closed", async () => {
  const server = await start(withFault({ kind: "stall", at: "middle" }));
  const asking = anthropic(server, streaming);
  while (server.requests[0]?.status !== 200) await new Promise((resolve) => setTimeout(resolve, 1));
  await server.close();
  expect((await asking).broken).toBe(true);
});

it("writes the date of a retry on the clock it is given", async () => {
  const clock = createManualClock(Date.UTC(2026, 10, 22, 12, 0, 0));
  const server = await start(withFault({ kind: "status", status: 429, retryAfter: { dateInSeconds: 90 } }), { clock });
  expect((await anthropic(server, streaming)).headers["retry-after"]).toBe("Sun, 22 Nov 2026 12:01:30 GMT");
});

it.each<[Fault["kind"], Fault]>([
  ["cut", { kind: "cut", at: "arguments" }],
  ["no-finish", { kind: "no-finish" }],
  ["malformed-stream", { kind: "malformed-stream" }],
])("leaves an answer without a stream incomplete: %s", async (_name, fault) => {
  const server = await start(withFault(fault));
  const answer = await anthropic(server, hello);
  expect(answer.broken).toBe(fault.kind === "cut");
  expect(answer.text.length).toBeGreaterThan(100);
  expect(() => JSON.parse(answer.text)).toThrow();
  expect(JSON.parse((await anthropic(server, hello)).text)).toMatchObject({ stop_reason: "tool_use" });
});

it("answers an error event as a status when no stream was asked for", async () => {
  const server = await start(withFault({ kind: "error-event" }));
  expect([(await anthropic(server, hello)).status, (await anthropic(server, hello)).status]).toEqual([529, 200]);
});

// ---------------------------------------------------------------- what real clients make of it

type Seen = { readonly parts: LanguageModelV4StreamPart[]; readonly thrown: unknown };
async function seenBy(model: LanguageModelV4): Promise<Seen> {
  const parts: LanguageModelV4StreamPart[] = [];
  try {
    const { stream } = await model.doStream({ prompt: [{ role: "user", content: [{ type: "text", text: "hello" }] }], maxOutputTokens: 100 });
    const reader = stream.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) parts.push(next.value);
    return { parts, thrown: undefined };
  } catch (thrown) {
    return { parts, thrown };
  }
}
const clients = [
  ["anthropic", (server: ModelServer) => createAnthropic({ baseURL: `${server.url}/v1`, apiKey: "k" })("claude-sonnet-5")],
  ["openai-compatible", (server: ModelServer) => createOpenAICompatible({ name: "s", baseURL: server.openaiUrl, apiKey: "k" }).chatModel("gpt-5")],
] as const;

describe.each(clients)("the client %s", (_name, modelOf) => {
  it("sees a cut as an error, and no call that was not whole", async () => {
    const server = await start(withFault({ kind: "cut", at: "arguments" }));
    const { parts, thrown } = await seenBy(modelOf(server));
    expect(thrown !== undefined || parts.some((part) => part.type === "error")).toBe(true);
    expect(parts.filter((part) => part.type === "tool-call" && part.toolName === "bash")).toEqual([]);
  });

  it("sees truncated arguments as a call that is no JSON", async () => {
    const server = await start(withFault({ kind: "truncated-arguments" }));
    const { parts } = await seenBy(modelOf(server));
    const broken = parts.flatMap((part) => (part.type === "tool-call" && part.toolName === "bash" ? [part.input] : []));
    for (const input of broken) expect(() => JSON.parse(input)).toThrow();
    expect(parts.at(-1)).toMatchObject({ type: "finish" });
    expect(parts.some((part) => part.type === "tool-input-start" && part.toolName === "bash")).toBe(true);
  });

  it("reads 429 with its header as something to try again", async () => {
    const server = await start(withFault({ kind: "status", status: 429, retryAfter: { seconds: 7 } }));
    const { thrown } = await seenBy(modelOf(server));
    expect(thrown).toMatchObject({ statusCode: 429, isRetryable: true, responseHeaders: { "retry-after": "7" } });
  });

  it("keeps all calls through unknown events", async () => {
    const server = await start(withFault({ kind: "unknown-events" }));
    const { parts } = await seenBy(modelOf(server));
    expect(parts.flatMap((part) => (part.type === "tool-call" ? [part.toolName] : []))).toEqual(["read", "bash"]);
  });
});
