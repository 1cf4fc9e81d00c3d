import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countedReply } from "../../src/context/calibration.ts";
import { estimateTokens } from "../../src/context/index.ts";
import { estimateInput, estimateMessage } from "../../src/context/tokens.ts";
import type { AssistantMessage } from "../../src/model/index.ts";
import { callPart, replyOf, resultOf, textPart, userMessage } from "./state.ts";
import { samples } from "./token-samples.ts";

describe("what a reply adds to the next request", () => {
  const spoken = replyOf(textPart("The agent reads a file before it changes anything.")) as AssistantMessage;
  const own = estimateMessage(spoken);
  const usage = { input: 1, output: 11, cacheRead: 0, cacheWrite: 0 };
  test("is what the provider counted of it", () => {
    expect(countedReply(spoken, usage, own)).toBe(15);
    expect(countedReply(spoken, { ...usage, output: 411, reasoning: 400 }, own)).toBe(15); // reasoning that is not sent back
  });
  test("is our own estimate where that count is none, is not to be believed, or holds reasoning that can't be told apart", () => {
    expect(countedReply(spoken, { ...usage, output: 0 }, own)).toBe(null);
    expect(countedReply(spoken, { ...usage, output: 900 }, own)).toBe(null);
    const thought = replyOf({ type: "thinking", text: "Hm.", signature: "x" }, textPart("Yes.")) as AssistantMessage;
    expect(countedReply(thought, { ...usage, output: 30 }, estimateMessage(thought))).toBe(null);
    expect(countedReply(thought, { ...usage, output: 30, reasoning: 20 }, estimateMessage(thought))).toBe(34); // sent back, and counted
  });
});

describe("token estimate", () => {
  // How far it may be off, as a share of the true count. Scripts are few words repeated, which the table holds by heart.
  const rough = new Set(["chinese", "german", "rules"]);
  test.each(Object.entries(samples))("%s", (name, { text, tokens }) => {
    const error = estimateTokens(text) / tokens - 1;
    expect(error).toBeGreaterThan(-0.1);
    expect(error).toBeLessThan(rough.has(name) ? 0.3 : 0.15);
  });

  test("tells dense text from prose, which a rule of four characters a token does not", () => {
    const perToken = (name: string): number => (samples[name]?.text.length ?? 0) / estimateTokens(samples[name]?.text ?? "");
    expect(perToken("prose")).toBeGreaterThan(4);
    expect(perToken("base64")).toBeGreaterThan(1.35);
    expect(perToken("base64")).toBeLessThan(1.6);
    expect(perToken("hexadecimal")).toBeLessThan(2);
  });

  test("20 kB of one letter, of blanks, of marks, of line ends, of alternating characters: each under 1 ms", () => {
    const texts = ["a", " ", "-", "\n", "a1", "Aa", "。", "\u0301", "\ud83d"].map((one) => one.repeat(Math.ceil(20_000 / one.length)));
    for (const text of texts) estimateTokens(text);
    for (const text of texts) {
      const fastest = Math.min(
        ...Array.from({ length: 10 }, () => {
          const from = performance.now();
          estimateTokens(text);
          return performance.now() - from;
        }),
      );
      expect(fastest).toBeLessThan(1);
    }
  });

  test("property: whole, not negative, at least 1 for some text and at most its bytes; longer text is not cheaper", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (text, more) => {
        const tokens = estimateTokens(text);
        expect(Number.isInteger(tokens)).toBe(true);
        expect(tokens).toBeGreaterThanOrEqual(text === "" ? 0 : 1);
        // no tokenizer over bytes can have more; small words and single marks round up
        expect(tokens).toBeLessThanOrEqual(Math.ceil(Buffer.byteLength(text) * 1.25) + 1);
        expect(estimateTokens(`${text} ${more}`)).toBeGreaterThanOrEqual(tokens - 2);
      }),
    );
  });

  test("messages count their framing, calls, results and pictures", () => {
    expect(estimateMessage(userMessage("Hello there."))).toBeGreaterThan(estimateTokens("Hello there."));
    const call = replyOf(textPart("Look."), callPart("a", "read", { path: "src/index.ts" }));
    expect(estimateMessage(call)).toBeGreaterThan(estimateMessage(replyOf(textPart("Look."))) + 10);
    expect(estimateMessage(resultOf("a", "x ".repeat(1_000)))).toBeGreaterThan(900);
    const picture = (size: number) => estimateMessage({ role: "user", parts: [{ type: "image", mediaType: "image/png", data: "A".repeat(size) }] });
    expect(picture(10)).toBeGreaterThan(100);
    expect(picture(50_000)).toBeLessThan(picture(150_000));
    expect(picture(5_000_000)).toBeLessThan(2_000);
  });

  test("what was counted by the provider is taken as it is, and only the rest is in doubt", () => {
    expect(estimateInput(5_000, null)).toEqual({ expected: 5_000, worst: 8_250, anchored: false, scale: 1 });
    const anchor = { counted: 10_000, scale: 1.25, reply: 100, replyCounted: true, since: 900, sinceScale: 1.2, settled: true };
    expect(estimateInput(12_000, anchor)).toEqual({ expected: 11_180, worst: 11_510, anchored: true, scale: 1.25 });
    expect(estimateInput(12_000, { ...anchor, settled: false })).toEqual({ expected: 11_180, worst: 11_672, anchored: true, scale: 1.25 });
    expect(estimateInput(12_000, { ...anchor, replyCounted: false })).toEqual({ expected: 11_205, worst: 11_557, anchored: true, scale: 1.25 });
  });
});
