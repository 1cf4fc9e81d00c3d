// What goes wrong on the wire, on all wires alike: one finish part, of the right class, and never a call.
import { describe, expect, test } from "vitest";
import { createManualClock } from "../../src/testing/index.ts";
import {
  type Answer,
  anthropic,
  callBlock,
  called,
  chat,
  chatUsage,
  chunk,
  completed,
  created,
  delta,
  done,
  end,
  eventStream,
  events,
  type FinishPart,
  gemini,
  geminiCall,
  geminiEnd,
  generated,
  type ProviderChoice,
  responses,
  run,
  spoken,
  start,
  startServer,
  streams,
  textBlock,
} from "./support.ts";

interface WireCase {
  readonly name: string;
  readonly provider: (choice: ProviderChoice) => ReturnType<typeof anthropic>;
  /** A whole reply of one text and one call; the beginning ends within the arguments. */
  readonly beginning: string;
  readonly rest: string;
  readonly error: string;
  readonly strange: string;
  /** What is counted is said only at the end. */
  readonly countsLate?: true;
  /** A call comes in one piece: the beginning ends before it. */
  readonly wholeCalls?: true;
}
const chatCall = (text: string) =>
  chunk({
    tool_calls: [{ index: 0, ...(text.startsWith("{") ? { id: "call_1" } : {}), function: { name: text.startsWith("{") ? "read" : null, arguments: text } }],
  });
const wires: readonly WireCase[] = [
  {
    name: "Anthropic",
    provider: (choice) => anthropic(choice),
    beginning: events(
      start({ input_tokens: 40, cache_read_input_tokens: 7, output_tokens: 2 }),
      ...textBlock(0, "Hello"),
      ...callBlock(1, "toolu_1", '{"path":"abcdefgh"}').slice(0, 2),
    ),
    rest: events(...callBlock(1, "toolu_1", '{"path":"abcdefgh"}').slice(2), ...end("tool_use")),
    error: events({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }),
    strange: events({ type: "content_block_aside", index: 9 }, delta(7, { type: "aside_delta", aside: 1 })),
  },
  {
    name: "Chat",
    provider: (choice) => chat(choice),
    beginning: events(
      chunk({ role: "assistant", content: "Hello" }, null, { usage: { prompt_tokens: 47, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 7 } } }),
      chatCall('{"path":"'),
    ),
    rest: `${events(chatCall('abcdefgh"}'), chunk({}, "tool_calls"), chatUsage({ prompt_tokens: 47, completion_tokens: 20 }))}${done}`,
    error: events({ error: { message: "Overloaded", type: "overloaded_error" } }),
    strange: events({ type: "aside" }, { timings: { predicted: 1 } }),
  },
  {
    name: "Responses",
    provider: (choice) => responses(choice),
    beginning: events(created, ...spoken(0, "Hello"), ...called(1, "call_1", '{"path":"abcdefgh"}').slice(0, 2)),
    rest: events(...called(1, "call_1", '{"path":"abcdefgh"}').slice(2), completed()),
    error: events({ type: "error", code: "overloaded_error", message: "Overloaded", param: null, sequence_number: 9 }),
    strange: events(
      { type: "response.aside", share: 1 },
      { type: "response.output_item.added", output_index: 9, item: { type: "aside" } },
      {
        type: "response.output_item.done",
        output_index: 9,
        item: { type: "aside" },
      },
    ),
    countsLate: true,
  },
  {
    name: "Gemini",
    provider: (choice) => gemini(choice),
    beginning: events(generated([{ text: "Hello" }], {}, { usageMetadata: { promptTokenCount: 47, cachedContentTokenCount: 7, candidatesTokenCount: 2 } })),
    rest: events(generated([geminiCall("call_1", { path: "abcdefgh" }, "c2ln")]), geminiEnd("STOP")),
    error: events({ error: { code: 503, message: "Overloaded", status: "UNAVAILABLE" } }),
    strange: events({ aside: 1 }, generated([{ aside: { share: 1 } }])),
    wholeCalls: true,
  },
];

/** Without the signatures that a wire tells as thoughts. */
const spokenIn = (finish: FinishPart) => finish.message.parts.filter((part) => part.type !== "thinking");
const noCalls = (finish: FinishPart) => expect(finish.message.parts.filter((part) => part.type === "call" || part.type === "rejected-call")).toEqual([]);

describe.each(wires)("on the $name wire", ({ provider, beginning, rest, error, strange, countsLate, wholeCalls }) => {
  const counted = countsLate ? { input: 0, output: 0, cacheRead: 0 } : { input: 40, cacheRead: 7 };
  const against = async (answer: Answer, choice: Omit<ProviderChoice, "url"> = {}) => {
    const server = await startServer(answer);
    return { server, ...(await run(provider({ url: server.url, ...choice }))) };
  };

  test("the whole reply is a reply", async () => {
    const { finish } = await against(streams(beginning + rest));
    expect(finish.message.finish).toBe("tool-calls");
    expect(spokenIn(finish)).toMatchObject([
      { type: "text", text: "Hello" },
      { type: "call", call: { input: { path: "abcdefgh" } } },
    ]);
  });

  test("bytes may come one at a time", async () => {
    const { finish } = await against((response) => {
      response.writeHead(200, eventStream);
      const bytes = Buffer.from(beginning + rest);
      const next = (index: number): void => {
        if (index >= bytes.length) return void response.end();
        response.write(bytes.subarray(index, index + 1), () => next(index + 1));
      };
      next(0);
    });
    expect(spokenIn(finish)).toHaveLength(2);
    expect(finish.failure).toBeUndefined();
  });

  test("an end without a finish is a network failure; what was counted is kept as a lower bound", async () => {
    const { finish } = await against(streams(beginning));
    expect(finish.message.finish).toBe("error");
    expect(finish.failure).toMatchObject({ class: "network", message: expect.stringContaining("without saying that it was finished") });
    expect(finish.usage).toMatchObject(counted);
    expect(finish.usageFinal).toBe(false);
    expect(finish.message.parts).toEqual([{ type: "text", text: "Hello" }]);
  });

  test("a cut connection is a network failure", async () => {
    const { finish } = await against((response) => {
      response.writeHead(200, eventStream).write(beginning, () => setTimeout(() => response.destroy(), 20));
    });
    expect(finish.failure).toMatchObject({ class: "network" });
    noCalls(finish);
    const before = await against((response) => void response.destroy());
    expect(before.finish.failure).toMatchObject({ class: "network", message: expect.stringContaining("cut") });
  });

  test("200 with a web page is malformed", async () => {
    const page = "<!doctype html><html><head><title>Sign in</title></head><body>…</body></html>";
    const { finish, parts } = await against((response) => response.writeHead(200, { "content-type": "text/html" }).end(page));
    expect(finish.failure).toMatchObject({ class: "malformed", status: 200, message: expect.stringContaining('"Sign in"') });
    expect(parts).toHaveLength(1);
  });

  test("200 with an endless web page is malformed at once", async () => {
    const { finish, server } = await against((response) => {
      response.writeHead(200, { "content-type": "text/html" }).write("<html>");
    });
    expect(finish.failure?.class).toBe("malformed");
    await expect.poll(() => server.connections().open).toBe(0);
  });

  test("200 with an empty body is a network failure", async () => {
    const { finish } = await against((response) => response.writeHead(200, eventStream).end());
    expect(finish.failure?.class).toBe("network");
  });

  test("200 with one JSON error is that error", async () => {
    const body = JSON.stringify({ type: "error", error: { type: "rate_limit_error", message: "Slow down." } });
    const { finish } = await against((response) => response.writeHead(200, { "content-type": "application/json" }).end(body));
    expect(finish.failure).toMatchObject({ class: "rate-limited", message: expect.stringContaining("Slow down.") });
  });

  test("an error event without an end is that error; with an end it is only noted", async () => {
    const broken = await against(streams(beginning + error));
    expect(broken.finish.failure).toMatchObject({ class: "overloaded", message: expect.stringContaining("Overloaded") });
    noCalls(broken.finish);
    const whole = await against(streams(error.replace("Overloaded", "Hiccup") && beginning + error + rest));
    expect(whole.finish.failure).toBeUndefined();
    expect(whole.finish.wire?.error).toBe("Overloaded");
  });

  test("an error as the first event is that error", async () => {
    const { finish } = await against(streams(error));
    expect(finish.failure?.class).toBe("overloaded");
  });

  test("events that nobody knows are passed over", async () => {
    const half = beginning.indexOf("\n\n") + 2;
    const { finish } = await against(streams(beginning.slice(0, half) + strange + beginning.slice(half) + rest));
    expect(finish.failure).toBeUndefined();
    expect(spokenIn(finish)).toHaveLength(2);
    expect(Number(finish.wire?.ignoredEvents)).toBeGreaterThan(0);
  });

  test("a line that is not JSON is malformed: nobody knows what it said", async () => {
    const { finish } = await against(streams(`${beginning}data: {"type": oops\n\n${rest}`));
    expect(finish.failure?.class).toBe("malformed");
    noCalls(finish);
  });

  test("a stalled stream ends after the time set, on the clock given", async () => {
    const clock = createManualClock();
    const server = await startServer((response) => {
      response.writeHead(200, eventStream).write(beginning);
    });
    const running = run(provider({ url: server.url, clock, limits: { idleMilliseconds: 5_000 } }));
    await expect.poll(() => server.seen.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 150));
    await clock.advance(4_900);
    let over = false;
    void running.then(() => {
      over = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(over).toBe(false);
    await clock.advance(200);
    const { finish } = await running;
    expect(finish.failure).toMatchObject({ class: "network", message: expect.stringContaining("nothing for 5 s") });
    expect(finish.usage).toMatchObject(counted);
    await expect.poll(() => server.connections().open).toBe(0);
    expect(clock.sleepers).toBe(0);
  });

  test("a server that never answers stalls too", async () => {
    const { finish } = await against(() => {}, { limits: { firstByteMilliseconds: 100 } });
    expect(finish.failure?.class).toBe("network");
  });

  test("a connection that stays open after the end does not hold the reply", async () => {
    const began = performance.now();
    const { finish } = await against((response) => {
      response.writeHead(200, eventStream).write(beginning + rest);
    });
    expect(finish.failure).toBeUndefined();
    expect(spokenIn(finish)).toHaveLength(2);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  test.each(["before", "at once", "waiting", "streaming"])("an abort %s is an abort, and nothing else", async (when) => {
    const controller = new AbortController();
    const server = await startServer((response) => {
      if (when === "streaming") response.writeHead(200, eventStream).write(beginning);
      if (when === "waiting") setTimeout(() => controller.abort(), 20);
    });
    if (when === "before") controller.abort();
    if (when === "at once") setImmediate(() => controller.abort());
    const stream = provider(server).stream(
      { model: "m", tools: [], cacheTools: false, system: [], messages: [], cacheAfter: [], maxOutput: 9 },
      controller.signal,
    );
    let finish: FinishPart | undefined;
    for await (const part of stream) {
      if (part.type === (wholeCalls ? "text-delta" : "tool-matched")) controller.abort(new Error("stop it"));
      if (part.type === "finish") finish = part;
    }
    expect(finish?.message.finish).toBe("aborted");
    expect(finish?.failure?.class).toBe("aborted");
    expect(finish?.message.parts).toEqual(when === "streaming" ? [{ type: "text", text: "Hello" }] : []);
    await expect.poll(() => server.connections().open).toBe(0);
  });

  test.each([
    [529, { error: { type: "overloaded_error", message: "Overloaded" } }, "overloaded"],
    [503, "upstream connect error", "overloaded"],
    [429, { error: { type: "rate_limit_error", message: "Too many" } }, "rate-limited"],
    [401, { error: { type: "authentication_error", message: "invalid x-api-key" } }, "authentication"],
    [400, { error: { type: "invalid_request_error", message: "prompt is too long: 213462 tokens > 200000 maximum" } }, "context-too-long"],
    [400, { error: { type: "invalid_request_error", message: "temperature: no" } }, "refused"],
    [404, { error: { type: "not_found_error", message: "model: x" } }, "refused"],
    [302, "", "malformed"],
  ])("status %i is classed", async (status, body, failureClass) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const { finish, parts } = await against((response) => response.writeHead(status, { "retry-after": "7", "location": "https://elsewhere/" }).end(text));
    expect(finish.failure).toMatchObject({ class: failureClass, status, retryAfter: 7_000 });
    expect(finish.message.parts).toEqual([]);
    expect(parts).toHaveLength(1);
    expect(finish.failure?.message).not.toContain("secret-key");
  });

  test("nobody listening is said with the next move", async () => {
    const { finish } = await run(provider({ url: "http://127.0.0.1:9" })).then((ended) => ended);
    expect(finish.failure).toMatchObject({ class: "network", message: expect.stringMatching(/127\.0\.0\.1:9.*start the server/) });
  });

  test("a base URL that is none is refused, not thrown", async () => {
    const { finish } = await run(provider({ url: "not a url" }));
    expect(finish.failure?.class).toBe("refused");
  });
});
