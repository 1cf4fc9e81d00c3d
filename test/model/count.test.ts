// A provider's own count of a request: what is asked, and that no answer whatever becomes a number that is none.
import { describe, expect, test } from "vitest";
import { createManualClock } from "../../src/testing/index.ts";
import { anthropic, gemini, request, startServer } from "./support.ts";

const signal = new AbortController().signal;
const makers = { anthropic, gemini };
const answers = { anthropic: "input_tokens", gemini: "totalTokens" };

describe.each(["anthropic", "gemini"] as const)("%s", (name) => {
  test("asks with the request and nothing about the answer, and takes the number", async () => {
    const server = await startServer((response) => response.writeHead(200).end(JSON.stringify({ [answers[name]]: 1_234 })));
    expect(await makers[name]({ url: server.url }).count?.(request({ maxOutput: 77 }), signal)).toBe(1_234);
    const [seen] = server.seen;
    expect(seen?.path).toMatch(/\/v1\/messages\/count_tokens$|\/models\/[^/]+:countTokens$/);
    const body = JSON.parse(seen?.body ?? "{}");
    if (name === "anthropic") expect(Object.keys(body).filter((key) => !["model", "messages", "system", "tools", "thinking"].includes(key))).toEqual([]);
    else expect(body.generateContentRequest).toMatchObject({ model: expect.stringMatching(/^models\//), contents: expect.any(Array) });
  });

  test.each([
    ["a page", 200, "<html>"],
    ["no object", 200, "null"],
    ["no number", 200, JSON.stringify({ [answers[name]]: "12" })],
    ["less than nothing", 200, JSON.stringify({ [answers[name]]: -1 })],
    ["nothing", 200, JSON.stringify({ [answers[name]]: 0 })],
    ["a fraction", 200, JSON.stringify({ [answers[name]]: 1.5 })],
    ["a refusal", 400, JSON.stringify({ [answers[name]]: 12 })],
    ["too much", 200, `${" ".repeat(100_000)}{"${answers[name]}":12}`],
  ])("%s is no count", async (_, status, text) => {
    const server = await startServer((response) => response.writeHead(status).end(text));
    expect(await makers[name]({ url: server.url }).count?.(request(), signal)).toBe(null);
  });

  test("a server that does not answer is left after ten seconds, one that cuts at once, and an interrupt ends it", async () => {
    const clock = createManualClock();
    let arrived: () => void = () => undefined;
    const hears = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const silent = await startServer(() => arrived());
    const counted = makers[name]({ url: silent.url, clock }).count?.(request(), signal);
    await hears;
    await clock.advance(10_000);
    expect(await counted).toBe(null);
    const cutting = await startServer((_, incoming) => incoming.socket.destroy());
    expect(await makers[name]({ url: cutting.url }).count?.(request(), signal)).toBe(null);
    expect(await makers[name]({ url: silent.url }).count?.(request(), AbortSignal.abort())).toBe(null);
  });
});
