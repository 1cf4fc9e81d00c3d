import { createHash } from "node:crypto";
import { performance } from "node:perf_hooks";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Assembled, assemble } from "../../src/context/index.ts";
import { renderMessage } from "../../src/context/segments.ts";
import type { AssistantPart, ModelRequest } from "../../src/model/index.ts";
import { type Conversation, callPart, newConversation, projection, samplePrefix, textPart } from "./state.ts";

const options = { provider: "test", model: "m", maxOutput: 8_000 };

/** One turn: a request, a reply with `calls` calls, their results. */
function turn(conversation: Conversation, number: number, calls: number): Assembled {
  const assembled = assemble(conversation.state, options);
  const parts: AssistantPart[] = [textPart(`Turn ${number}.`)];
  for (let index = 0; index < calls; index++) parts.push(callPart(`c${number}_${index}`));
  conversation.answered(assembled.segments, parts, {
    input: 0,
    cacheRead: assembled.cachedTokens,
    cacheWrite: assembled.tokens - assembled.cachedTokens,
    output: 40,
  });
  conversation.results((_tool, index) => `result ${number}.${index}: ${"export const value = 1;\n".repeat(20)}`);
  return assembled;
}

/** What is sent, in order, as texts: tools, system, messages. The model of a cache: it sees nothing else. */
const sentOf = (request: ModelRequest): string[] => [
  ...request.tools.map((tool) => JSON.stringify(tool)),
  ...request.system.map((block) => block.text),
  ...request.messages.map(renderMessage),
];

/** A cache that reads only what a breakpoint wrote and a later breakpoint sees within 20 blocks. Counts blocks itself. */
function createCache() {
  const written = new Set<string>();
  return (request: ModelRequest): { readonly blocks: number; readonly hit: number; readonly breakpoints: number } => {
    const blocks: { text: string; point: boolean }[] = [];
    for (const tool of request.tools) blocks.push({ text: JSON.stringify(tool), point: request.cacheTools && tool === request.tools.at(-1) });
    for (const block of request.system) blocks.push({ text: block.text, point: block.cache });
    request.messages.forEach((message, index) => {
      const texts = message.role === "tool" ? [renderMessage(message)] : message.parts.map((part) => JSON.stringify(part));
      blocks.push(...texts.map((text, at) => ({ text, point: request.cacheAfter.includes(index) && at === texts.length - 1 })));
    });
    const prefix = createHash("sha256");
    const keys = blocks.map((block) => prefix.update(`${block.text}\n`).copy().digest("hex"));
    const points = blocks.flatMap((block, index) => (block.point ? [index] : []));
    let hit = 0;
    for (const point of points)
      for (let index = point; index > point - 20 && index >= 0; index--) if (written.has(keys[index] as string)) hit = Math.max(hit, index + 1);
    for (const point of points) written.add(keys[point] as string);
    return { blocks: blocks.length, hit, breakpoints: points.length };
  };
}

describe("assemble", () => {
  test("the same state gives the same request, segments and estimate", () => {
    const build = (): Conversation => {
      const conversation = newConversation();
      conversation.user("Find the bug.");
      for (let number = 1; number <= 5; number++) turn(conversation, number, 2);
      return conversation;
    };
    expect(JSON.stringify(assemble(build().state, options))).toBe(JSON.stringify(assemble(build().state, options)));
    const one = build();
    expect(JSON.stringify(assemble(one.state, options))).toBe(JSON.stringify(assemble(one.state, options)));
  });

  test("in 30 turns each request extends the one before, with no break and all of it found in the cache", () => {
    const conversation = newConversation();
    conversation.user("Find the bug.");
    const look = createCache();
    let before: string[] = [];
    let blocksBefore = 0;
    for (let number = 1; number <= 30; number++) {
      // 25 parallel calls put 51 blocks between two requests: more than a look-back of 20 can bridge
      const { request, breaks, repairs } = turn(conversation, number, number % 7 === 3 ? 25 : number % 4);
      if (number % 4 === 0) conversation.user("Go on.");
      const sent = sentOf(request);
      expect(sent.slice(0, before.length)).toEqual(before);
      expect(breaks).toEqual([]);
      expect(repairs).toEqual([]);
      const seen = look(request);
      expect(seen.breakpoints).toBeLessThanOrEqual(4);
      expect(seen.hit).toBe(blocksBefore);
      before = sent;
      blocksBefore = seen.blocks;
    }
  });

  test("after a failed attempt the breakpoint still stands where the last answered request ended", () => {
    const conversation = newConversation();
    conversation.user("Find the bug.");
    const look = createCache();
    const first = turn(conversation, 1, 25);
    look(first.request);
    const failed = assemble(conversation.state, options);
    const request = "r_failed" as never;
    conversation.add({ type: "request", request, purpose: "turn", provider: "test", model: "m", segments: failed.segments, projection, attempt: 1 });
    conversation.add({
      type: "request-failed",
      request,
      purpose: "turn",
      failure: { class: "overloaded", message: "busy" },
      usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
      cost: { usd: 0, tokens: 0, turns: 0, seconds: 0 },
      confirmed: true,
      retryIn: 1,
    });
    const again = assemble(conversation.state, options);
    expect(again.breaks).toEqual([]);
    expect(again.request).toEqual(failed.request);
    expect(look(again.request).hit).toBe(look(first.request).blocks);
  });

  test("on a resume with the state rebuilt from nothing the bytes are the same", () => {
    const live = newConversation();
    live.user("Find the bug.");
    const entries: string[] = [];
    for (let number = 1; number <= 4; number++) entries.push(JSON.stringify(turn(live, number, 3).request));
    const rebuilt = structuredClone({ ...live.state, messages: live.state.messages });
    expect(JSON.stringify(assemble(rebuilt as never, options))).toBe(JSON.stringify(assemble(live.state, options)));
    expect(assemble(rebuilt as never, options).breaks).toEqual([]);
  });

  test("names what broke: model, tools, system block, environment, history", () => {
    const conversation = newConversation();
    conversation.user("Find the bug.");
    for (let number = 1; number <= 3; number++) turn(conversation, number, 1);
    const { state } = conversation;
    const changed = (prefix: typeof samplePrefix) => assemble({ ...state, prefix }, options);
    expect(assemble(state, options).breaks).toEqual([]);
    expect(assemble(state, { ...options, model: "other" }).breaks).toEqual(["model"]);
    expect(changed({ ...samplePrefix, tools: [...samplePrefix.tools].reverse() }).breaks).toEqual(["tools"]);
    expect(changed({ ...samplePrefix, system: samplePrefix.system.slice(0, 1) }).breaks).toEqual(["project"]);
    expect(changed({ ...samplePrefix, system: [...samplePrefix.system, { name: "appended", text: "x" }] }).breaks).toEqual(["appended"]);
    expect(changed({ ...samplePrefix, environment: "elsewhere" }).breaks).toEqual(["environment"]);
    const messages = [...state.messages];
    messages[2] = { ...(messages[2] as never as object), parts: [{ type: "text", text: "shortened" }] } as never;
    expect(assemble({ ...state, messages }, options).breaks).toEqual(["history"]);
    expect(assemble({ ...state, messages: state.messages.slice(0, 1) }, options).breaks).toEqual(["history"]);
    expect(changed({ ...samplePrefix, system: [{ name: "core", text: "other" }], environment: "elsewhere" }).breaks).toEqual([
      "core",
      "project",
      "environment",
    ]);
  });

  test("a schema whose keys come in another order is another tool list", () => {
    const conversation = newConversation();
    conversation.user("Find the bug.");
    turn(conversation, 1, 1);
    const tools = samplePrefix.tools.map((tool) => ({ ...tool, input: Object.fromEntries(Object.entries(tool.input).reverse()) }));
    expect(assemble({ ...conversation.state, prefix: { ...samplePrefix, tools } }, options).breaks).toEqual(["tools"]);
  });

  test("a change to messages in place, as a compaction makes it, is seen", () => {
    const conversation = newConversation();
    conversation.user("Find the bug.");
    for (let number = 1; number <= 6; number++) turn(conversation, number, 2);
    const before = assemble(conversation.state, options);
    conversation.add({
      type: "compaction",
      strategy: "test",
      from: 2,
      to: 12,
      stand: [{ role: "user", parts: [{ type: "text", text: "What happened so far." }] }],
      receipt: null,
    });
    const after = assemble(conversation.state, options);
    expect(after.request.messages.length).toBeLessThan(before.request.messages.length);
    expect(after.breaks).toEqual(["history"]);
    expect(after.anchored).toBe(false);
    expect(after.cachedTokens).toBeGreaterThan(0);
    expect(after.cachedTokens).toBeLessThan(after.prefixTokens);
    const fresh = structuredClone({ ...conversation.state });
    expect(JSON.stringify(assemble(fresh as never, options))).toBe(JSON.stringify(after));
  });

  test("property: any conversation keeps to four breakpoints, all of them on messages that can carry one", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 12 }), (turns) => {
        const conversation = newConversation();
        conversation.user("Go.");
        turns.forEach((calls, number) => {
          turn(conversation, number, calls);
          if (calls === 0) conversation.user("And then?");
        });
        const { request } = assemble(conversation.state, options);
        const points = request.cacheAfter;
        expect((request.cacheTools ? 1 : 0) + request.system.filter((block) => block.cache).length + points.length).toBeLessThanOrEqual(4);
        expect([...points]).toEqual([...new Set(points)].sort((left, right) => left - right));
        expect(points.at(-1)).toBe(request.messages.length - 1);
        for (const point of points) expect(["user", "tool"]).toContain(request.messages[point]?.role);
      }),
    );
  });

  test("is anchored on the provider's count, and scales what came since by it", () => {
    const conversation = newConversation();
    conversation.user("Find the bug.");
    const first = assemble(conversation.state, options);
    expect(first.anchored).toBe(false);
    expect(first.cachedTokens).toBe(0);
    // this provider counts half as much again
    conversation.answered(first.segments, [textPart("Look."), callPart("a")], { input: 4, cacheWrite: Math.round(first.tokens * 1.5) - 4 });
    conversation.results(() => "const value = 1;\n".repeat(500));
    const second = assemble(conversation.state, options);
    expect(second.anchored).toBe(true);
    expect(second.scale).toBeCloseTo(1.5, 1);
    expect(second.cachedTokens).toBe(Math.round(first.tokens * 1.5));
    expect(second.tokens).toBeGreaterThan(second.cachedTokens + 2_000);
    expect(second.worstTokens).toBeGreaterThan(second.tokens);
  });

  test("does not believe a count that cannot be", () => {
    for (const input of [0, 1_000_000, Number.NaN]) {
      const conversation = newConversation();
      conversation.user("Find the bug.");
      conversation.answered(assemble(conversation.state, options).segments, [textPart("Done.")], { input });
      conversation.user("More.");
      const { anchored, tokens, worstTokens } = assemble(conversation.state, options);
      expect(anchored).toBe(false);
      expect(tokens).toBeGreaterThan(50);
      expect(worstTokens).toBeLessThan(1_000);
    }
  });

  test("asks for less output when the window is nearly full, and says when it is full", () => {
    const conversation = newConversation();
    conversation.user("word ".repeat(20_000));
    expect(assemble(conversation.state, { ...options, contextWindow: 200_000 }).request.maxOutput).toBe(8_000);
    const tight = assemble(conversation.state, { ...options, contextWindow: 30_000 });
    expect(tight.request.maxOutput).toBeLessThan(8_000);
    expect(tight.request.maxOutput).toBeGreaterThanOrEqual(4_096);
    expect(tight.overflow).toBeNull();
    expect(assemble(conversation.state, { ...options, contextWindow: 20_000 }).overflow).toMatchObject({ window: 20_000 });
  });

  test("its own work stays flat: turn 5,000 costs no more than a few times turn 50", () => {
    const conversation = newConversation();
    conversation.user("Find the bug.");
    const took: number[] = [];
    for (let number = 1; number <= 5_000; number++) {
      const from = performance.now();
      const { segments } = assemble(conversation.state, options);
      took.push(performance.now() - from);
      conversation.answered(segments, [callPart(`c${number}`)], { input: 10 });
      conversation.results(() => "x");
    }
    const median = (list: number[]): number => [...list].sort((left, right) => left - right)[list.length >> 1] as number;
    // The list of messages itself is copied: 10,000 pointers. Rendering and hashing them anew would be a hundred times more.
    expect(median(took.slice(-200))).toBeLessThan(median(took.slice(50, 250)) + 0.5);
  });

  test("without a prefix it is a mistake of the caller", () => {
    expect(() => assemble({ ...newConversation().state, prefix: null }, options)).toThrow(/prefix/);
  });
});
