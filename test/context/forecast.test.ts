// What a request should find in the cache, what broke it at what price, and what its reply says became of it.
import { describe, expect, test } from "vitest";
import { assemble, type ForecastFacts, forecast, outcomeOf } from "../../src/context/index.ts";
import { type Effort, noUsage } from "../../src/model/index.ts";
import { type Conversation, newConversation, samplePrefix, textPart } from "./state.ts";

const price = () => ({ input: 2, output: 10, cacheRead: 0.2, cacheWrite: 2.5 });
const facts: ForecastFacts = {
  age: 10,
  life: 300,
  least: 512,
  price,
  model: "test/m",
  sourceOf: (name) => (name === "fetch" ? "plugin web, server main" : null),
};
const options = { provider: "test", model: "m", maxOutput: 8_000 };

/** One answered request of 10,000 tokens. */
function spoken(): Conversation {
  const conversation = newConversation();
  conversation.user("Find the bug.");
  conversation.answered(assemble(conversation.state, options).segments, [textPart("Found.")], { cacheWrite: 10_000, output: 10 });
  conversation.user("Mend it.");
  return conversation;
}
const foretell = ({ state }: Conversation, more: Partial<ForecastFacts> = {}, asked: object = {}) =>
  forecast(state, assemble(state, { ...options, ...asked }), { ...facts, ...more });

describe("before a request is sent", () => {
  test("nothing was sent: nothing can be lost", () => {
    const conversation = newConversation();
    conversation.user("Hello.");
    expect(foretell(conversation)).toEqual({ state: "first", known: 0, warm: 0 });
  });

  test("it begins with the one before: all of that is warm; below the least, or after its life, nothing is", () => {
    expect(foretell(spoken())).toEqual({ state: "warm", known: 10_000, warm: 10_000 });
    expect(foretell(spoken(), { least: 20_000 })).toEqual({ state: "small", known: 10_000, warm: 0 });
    expect(foretell(spoken(), { age: 300 })).toEqual({ state: "expired", known: 10_000, warm: 0 });
  });

  test("another model: named with the one before, the price of writing instead of reading", () => {
    const { state, broken } = foretell(spoken(), { model: "test/other" }, { model: "other" });
    expect(state).toBe("broken");
    expect(broken).toMatchObject({ segment: "model", vector: 11, cause: "the model was test/m and is now test/other", tokens: 10_000, usd: 0.023 });
  });

  test("where time had taken it anyway, a break costs nothing; without a price it says that it is not known", () => {
    expect(foretell(spoken(), { age: 900 }, { model: "other" })).toMatchObject({ state: "expired", broken: { segment: "model", tokens: 0, usd: 0 } });
    expect(foretell(spoken(), { price: () => undefined }, { model: "other" }).broken?.usd).toBeNull();
  });

  test("tools that were loaded anew are named with the server they are of; in another order they are named as that", () => {
    const conversation = spoken();
    const fetch = { name: "fetch", description: "Gets a page.", input: { type: "object" } };
    const [edit] = samplePrefix.tools;
    conversation.add({ type: "prefix", prefix: { ...samplePrefix, tools: [{ ...edit, description: "Other." } as never, fetch] }, loaded: [] });
    const { broken } = foretell(conversation);
    expect(broken).toMatchObject({ segment: "tools", vector: 24 });
    expect(broken?.cause).toBe("the tools were loaded anew: fetch (plugin web, server main) came; read went; edit changed");
    const turned = spoken();
    turned.add({ type: "prefix", prefix: { ...samplePrefix, tools: samplePrefix.tools.toReversed() }, loaded: [] });
    expect(foretell(turned).broken).toMatchObject({ segment: "tools", vector: 1 });
  });

  test("instructions that were rendered again are named by their files", () => {
    const conversation = spoken();
    const system = samplePrefix.system.map((block) => (block.name === "project" ? { ...block, text: "Rules\n\n## sub/AGENTS.md\n\nUse blanks." } : block));
    conversation.add({ type: "prefix", prefix: { ...samplePrefix, system }, loaded: [] });
    expect(foretell(conversation).broken).toMatchObject({ segment: "project", vector: 7, cause: expect.stringContaining("sub/AGENTS.md") });
  });

  test.each([
    ["openai", "effort", 13],
    ["anthropic", "thinking", 12],
  ] as const)("effort at %s breaks %s; a level at Anthropic breaks nothing, and elsewhere nothing is known", (provider, segment, vector) => {
    const asked = (effort?: Effort) => ({ provider, thinking: "adaptive" as const, ...(effort ? { effort } : {}) });
    const conversation = newConversation();
    conversation.user("Find the bug.");
    conversation.answered(assemble(conversation.state, { ...options, ...asked("low") }).segments, [textPart("Found.")], { cacheWrite: 10_000 });
    conversation.user("Mend it.");
    expect(foretell(conversation, {}, asked()).broken).toMatchObject({ segment, vector });
    expect(foretell(conversation, {}, asked("low")).broken).toBeUndefined();
    expect(foretell(conversation, {}, asked("high")).broken?.segment).toBe(provider === "openai" ? "effort" : undefined);
    expect(foretell(spoken(), {}, { effort: "high", thinking: "adaptive" }).broken).toBeUndefined();
  });
});

describe("after the reply", () => {
  const warm = { state: "warm", known: 10_000, warm: 10_000 } as const;
  const before = { ...noUsage, cacheWrite: 10_000 };
  const outcome = (read: number, cache: Parameters<typeof outcomeOf>[0] = warm) =>
    outcomeOf(cache, { ...noUsage, cacheRead: read, cacheWrite: 500 }, true, before, price);

  test("read whole, but for a provider's steps: kept", () => {
    expect(outcome(10_000)).toEqual({ verdict: "kept", missed: 0, usd: 0 });
    expect(outcome(9_856)).toEqual({ verdict: "kept", missed: 0, usd: 0 });
  });
  test("the same bytes in time and not read: the provider dropped it, for so much", () => {
    expect(outcome(0)).toEqual({ verdict: "evicted", missed: 10_000, usd: 0.023 });
    expect(outcome(4_000)).toMatchObject({ verdict: "evicted", missed: 6_000 });
  });
  test("too late is told from that, by our clock", () => expect(outcome(0, { ...warm, state: "expired", warm: 0 }).verdict).toBe("expired"));
  test("what we changed is told from what was dropped besides", () => {
    const broken = { segment: "thinking", vector: 12, cause: "", tokens: 6_000, usd: 0 };
    expect(outcome(4_000, { state: "broken", known: 10_000, warm: 4_000, broken }).verdict).toBe("changed");
    expect(outcome(0, { state: "broken", known: 10_000, warm: 4_000, broken }).verdict).toBe("evicted");
  });
  test("who never reports a cache, or whose count is missing, is blamed for nothing", () => {
    expect(outcomeOf(warm, { ...noUsage, input: 12_000 }, true, noUsage, price).verdict).toBe("unreported");
    expect(outcomeOf(warm, noUsage, false, before, price).verdict).toBe("unreported");
  });
});
