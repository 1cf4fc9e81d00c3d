import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Amount,
  add,
  type Budget,
  type CallToProject,
  costOf,
  nothing,
  type PriceOf,
  type PriceRates,
  project,
  rule,
  ruleWithin,
  settle,
} from "../../src/budget/index.ts";
import { findModel, priceOf } from "../../src/model/index.ts";

const sonnet: PriceRates = { input: 2, output: 10, cacheRead: 0.1, cacheWrite: 2.5, cacheWriteLong: 4 };
const fixed =
  (rates: PriceRates | undefined): PriceOf =>
  () =>
    rates;
const call = (changes: Partial<CallToProject> = {}): CallToProject => ({
  inputTokens: 10_000,
  worstInputTokens: 12_000,
  cachedTokens: 8_000,
  cacheAge: 10,
  cacheLife: 300,
  writesCache: true,
  maxOutput: 8_000,
  price: fixed(sonnet),
  ...changes,
});
const amount = (usd: number): Amount => ({ ...nothing, usd });

describe("what is no number", () => {
  const ample: Budget = { usd: 1_000, tokens: 1e9, turns: 100, seconds: 1_000 };
  test.each(["usd", "tokens", "turns", "seconds"] as const)("as limit, as spent or as reserved in %s refuses", (unit) => {
    expect(rule(ample, nothing, nothing, call()).fits).toBe(true);
    const broken = { ...nothing, [unit]: Number.NaN };
    expect(rule({ ...ample, [unit]: Number.NaN }, nothing, nothing, call())).toMatchObject({ fits: false, limit: unit });
    expect(rule(ample, broken, nothing, call())).toMatchObject({ fits: false, limit: unit });
    expect(rule(ample, nothing, broken, call())).toMatchObject({ fits: false, limit: unit });
  });

  test.each([
    ["NaN", { input: Number.NaN, output: 1 }],
    ["Infinity", { input: 1, output: Number.POSITIVE_INFINITY }],
    ["a negative rate", { input: 1, output: -10 }],
    ["a negative rate of cached input", { input: 1, output: 1, cacheRead: -1 }],
  ])("%s in a price makes it unknown: no limit is held by it and nothing is earned", (_name, rates) => {
    expect(rule({ usd: 1_000 }, nothing, nothing, call({ price: fixed(rates) }))).toMatchObject({ fits: false, limit: "usd" });
    expect(project(call({ price: fixed(rates) }))).toMatchObject({ priced: false, worst: { usd: 0 } });
    expect(costOf({ input: 1, output: 1, cacheRead: 1, cacheWrite: 0 }, fixed(rates))).toBeNull();
  });
});

test("a prompt that turns out shorter than expected, where shorter ones are dearer, costs no more than the worst case", () => {
  const price: PriceOf = (tokens) => (tokens > 9_000 ? { input: 1, output: 1 } : { input: 50, output: 50 });
  const { worst } = project(call({ price }));
  expect(worst.usd).toBeGreaterThanOrEqual(costOf({ input: 8_900, output: 8_000, cacheRead: 0, cacheWrite: 0 }, price) ?? Number.POSITIVE_INFINITY);
});

describe("prices", () => {
  test("each kind of token at its own rate, exact to a billionth of a dollar", () => {
    const usage = { input: 3, output: 7, cacheRead: 11, cacheWrite: 13, cacheWriteLong: 5 };
    // 3·2 + 7·10 + 11·0.1 + 8·2.5 + 5·4 = 117.1 millionths
    expect(costOf(usage, fixed(sonnet))).toBe(0.0001171);
    expect(costOf(usage, fixed(undefined))).toBeNull();
    expect(costOf(usage, fixed({ input: 1, output: 0 }))).toBe(0.000027);
  });

  test("property: agrees with whole-number arithmetic", () => {
    const count = fc.integer({ min: 0, max: 2_000_000 });
    const rate = fc.integer({ min: 0, max: 200_000 }); // thousandths of a dollar per million: billionths per token
    fc.assert(
      fc.property(count, count, count, count, count, rate, rate, rate, rate, rate, (input, output, cacheRead, short, long, ...rates) => {
        const [a, b, c, d, e] = rates.map((one) => one / 1_000) as [number, number, number, number, number];
        const usage = { input, output, cacheRead, cacheWrite: short + long, cacheWriteLong: long };
        const exact = [input, output, cacheRead, short, long].reduce((sum, tokens, at) => sum + BigInt(tokens) * BigInt(rates[at] as number), 0n);
        const cost = costOf(usage, fixed({ input: a, output: b, cacheRead: c, cacheWrite: d, cacheWriteLong: e }));
        expect(BigInt(Math.round((cost ?? Number.NaN) * 1e9))).toBe(exact);
      }),
    );
  });

  test("rows of the catalogue serve as they are; a long prompt falls under its own row", () => {
    const row = findModel("anthropic", "claude-sonnet-5-5");
    expect(row).toBeDefined();
    expect(costOf({ input: 1_000_000, output: 0, cacheRead: 0, cacheWrite: 0 }, (tokens) => priceOf(row, tokens))).toBe(priceOf(row, 1_000_000)?.input);
    const stepped: PriceOf = (tokens) => (tokens > 200_000 ? { input: 4, output: 20 } : { input: 2, output: 10 });
    expect(costOf({ input: 200_000, output: 0, cacheRead: 0, cacheWrite: 0 }, stepped)).toBe(0.4);
    expect(costOf({ input: 1, output: 0, cacheRead: 200_000, cacheWrite: 0 }, stepped)).toBe(0.800004);
  });
});

describe("projection", () => {
  test("expects the warm part at the read rate, the rest at the write rate; at worst nothing is warm and all output comes", () => {
    const { expected, worst, priced } = project(call({ likelyOutput: 1_000 }));
    expect(expected).toEqual({ usd: (8_000 * 0.1 + 2_000 * 2.5 + 1_000 * 10) / 1e6, tokens: 11_000, turns: 1, seconds: 0 });
    expect(worst).toEqual({ usd: (12_000 * 2.5 + 8_000 * 10) / 1e6, tokens: 20_000, turns: 1, seconds: 0 });
    expect(priced).toBe(true);
  });

  test("expects nothing warm after the cache's life, or below the least size; plain input where nothing is written", () => {
    const usd = (changes: Partial<CallToProject>) => project(call({ likelyOutput: 0, ...changes })).expected.usd;
    expect(usd({ cacheAge: 300 })).toBe(0.025);
    expect(usd({ leastCached: 10_001 })).toBe(0.02);
    expect(usd({ writesCache: false, cachedTokens: 0 })).toBe(0.02);
    expect(usd({ writesLong: true, cachedTokens: 0 })).toBe(0.04);
  });

  test("an input near a price step is reserved at the dearer row", () => {
    const price: PriceOf = (tokens) => (tokens > 11_000 ? { input: 4, output: 20 } : { input: 2, output: 10 });
    const { expected, worst } = project(call({ price, likelyOutput: 0, cachedTokens: 0 }));
    expect(expected.usd).toBe(0.02);
    expect(worst.usd).toBe((12_000 * 4 + 8_000 * 20) / 1e6);
  });

  test("without a price it says so", () => {
    expect(project(call({ price: fixed(undefined) }))).toMatchObject({ priced: false, worst: { usd: 0 }, expected: { usd: 0 } });
  });

  const rate = fc.double({ min: 0, max: 200, noNaN: true });
  const rates: fc.Arbitrary<PriceRates> = fc.record(
    { input: rate, output: rate, cacheRead: rate, cacheWrite: rate, cacheWriteLong: rate },
    { requiredKeys: ["input", "output"] },
  );
  const tokens = fc.integer({ min: 0, max: 1_000_000 });
  test("property: worst ≥ expected ≥ 0 in every unit, and no usage within the projection costs more than its worst case", () => {
    fc.assert(
      fc.property(
        rates,
        tokens,
        tokens,
        tokens,
        tokens,
        fc.boolean(),
        fc.boolean(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (table, input, more, cached, maxOutput, writesCache, writesLong, share) => {
          const projected = call({
            price: fixed(table),
            inputTokens: input,
            worstInputTokens: input + more,
            cachedTokens: cached,
            maxOutput,
            writesCache,
            writesLong,
          });
          const { expected, worst } = project(projected);
          for (const unit of ["usd", "tokens", "turns", "seconds"] as const) {
            expect(expected[unit]).toBeGreaterThanOrEqual(0);
            expect(worst[unit]).toBeGreaterThanOrEqual(expected[unit]);
          }
          const read = Math.floor((input + more) * share);
          const write = writesCache ? input + more - read : 0;
          const usage = { input: input + more - read - write, output: maxOutput, cacheRead: read, cacheWrite: write, cacheWriteLong: writesLong ? write : 0 };
          expect(costOf(usage, fixed(table)) as number).toBeLessThanOrEqual(worst.usd + 1e-12);
        },
      ),
    );
  });
});

describe("ruling", () => {
  const worstOf = (one: CallToProject): number => project(one).worst.usd;

  test("asks for less output when that fits, and never for less than 4,096", () => {
    const asked = call({ maxOutput: 32_000 });
    const allowed = worstOf({ ...asked, maxOutput: 10_000 });
    const ruling = rule({ usd: 5 + allowed }, amount(5), nothing, asked);
    expect(ruling).toMatchObject({ fits: true, projection: { maxOutput: 10_000 } });
    expect(rule({ usd: worstOf({ ...asked, maxOutput: 4_096 }) }, nothing, nothing, asked)).toMatchObject({ fits: true, projection: { maxOutput: 4_096 } });
    expect(rule({ usd: worstOf({ ...asked, maxOutput: 4_095 }) }, nothing, nothing, asked)).toMatchObject({ fits: false, limit: "usd" });
    const small = call({ maxOutput: 1_000 });
    expect(rule({ usd: worstOf(small) }, nothing, nothing, small)).toMatchObject({ fits: true, projection: { maxOutput: 1_000 } });
    expect(rule({ usd: worstOf(small) - 1e-9 }, nothing, nothing, small)).toMatchObject({ fits: false });
  });

  test("a refusal says the limit, what stands against it and the next move", () => {
    const ruling = rule({ usd: 0.2 }, amount(0.1), amount(0.05), call());
    expect(ruling).toMatchObject({ fits: false, limit: "usd", allowed: 0.2, spent: 0.1, reserved: 0.05, projected: 0.11 });
    expect(ruling.fits ? "" : ruling.says).toBe(
      "The next model call may cost $0.11; $0.10 of $0.20 are spent and $0.0500 held for calls whose end is not known. Raise the limit, or use a cheaper model. What would fit: a reply of at most 2000 tokens ($0.0500), a conversation of at most 3616 tokens ($0.0500).",
    );
    expect(ruling).toMatchObject({ dearest: { part: "output", projected: 0.08 } });
  });

  test("a refusal names cheaper models that would fit, the dearest of them first; limits of others by whose they are", () => {
    const at = (usd: number) => fixed({ input: usd, output: usd });
    const others = [
      { model: "dear", price: at(100) },
      { model: "middle", price: at(1) },
      { model: "cheap", price: at(0.1) },
      { model: "unknown", price: fixed(undefined) },
    ];
    const scopes = [
      { scope: "session", budget: {}, spent: nothing, reserved: nothing },
      { scope: "day", budget: { usd: 0.02 }, spent: nothing, reserved: nothing },
    ];
    const ruling = ruleWithin(scopes, call({ others }));
    expect(ruling).toMatchObject({
      fits: false,
      scope: "day",
      says: expect.stringContaining("$0.00 of $0.0200 are spent today."),
      wouldFit: [
        { change: "cheaper-model", model: "middle" },
        { change: "cheaper-model", model: "cheap" },
      ],
    });
  });

  test("an unknown price stops only under a limit in money; a provider on this machine costs nothing", () => {
    const unknown = call({ price: fixed(undefined) });
    expect(rule({}, nothing, nothing, unknown)).toMatchObject({ fits: true, projection: { priced: false } });
    expect(rule({ tokens: 1e9, turns: 3 }, nothing, nothing, unknown).fits).toBe(true);
    expect(rule({ usd: 1_000 }, nothing, nothing, unknown)).toMatchObject({
      fits: false,
      limit: "usd",
      says: expect.stringContaining("price of this model is not known"),
    });
    expect(rule({ usd: 0 }, nothing, nothing, call({ price: fixed({ input: 0, output: 0 }) })).fits).toBe(true);
  });

  test("tokens, turns and seconds", () => {
    const ask = (budget: Budget, spent: Partial<Amount>) => rule(budget, { ...nothing, ...spent }, nothing, call());
    expect(ask({ tokens: 21_000 }, { tokens: 1_000 })).toMatchObject({ fits: true, projection: { maxOutput: 8_000 } });
    expect(ask({ tokens: 21_000 }, { tokens: 2_000 })).toMatchObject({ fits: true, projection: { maxOutput: 7_000 } });
    expect(ask({ tokens: 21_000 }, { tokens: 10_000 })).toMatchObject({ fits: false, limit: "tokens", projected: 20_000 });
    expect(ask({ turns: 3 }, { turns: 2 }).fits).toBe(true);
    expect(ask({ turns: 3 }, { turns: 3 })).toMatchObject({ fits: false, limit: "turns" });
    expect(ask({ seconds: 60 }, { seconds: 59.9 }).fits).toBe(true);
    expect(ask({ seconds: 60 }, { seconds: 60 })).toMatchObject({ fits: false, limit: "seconds" });
    expect(rule({ seconds: 60 }, { ...nothing, seconds: 50 }, nothing, call({ seconds: { expected: 5, worst: 20 } }))).toMatchObject({
      fits: false,
      limit: "seconds",
    });
  });

  const rate = fc.integer({ min: 0, max: 200_000 }).map((one) => one / 1_000);
  test("property: a limit that is exactly k worst cases admits exactly k calls, whatever the rates", () => {
    fc.assert(
      fc.property(
        rate,
        rate,
        fc.integer({ min: 1, max: 300_000 }),
        fc.integer({ min: 1, max: 4_096 }),
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        (input, output, size, maxOutput, k, settled) => {
          const one = call({ price: fixed({ input, output: output + 0.001 }), inputTokens: size, worstInputTokens: size, cachedTokens: 0, maxOutput });
          const limit = { usd: worstOf(one) * k };
          let spent = nothing;
          let reserved = nothing;
          let admitted = 0;
          for (let at = 0; at < k + 3; at++) {
            const ruling = rule(limit, spent, reserved, one);
            if (!ruling.fits) break;
            admitted += 1;
            if (settled) spent = add(spent, ruling.projection.worst);
            else reserved = add(reserved, ruling.projection.worst);
          }
          expect(admitted).toBe(k);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("property: over random calls, settled or left open, spent and reserved never exceed the limit", () => {
    const step = fc.record({
      size: fc.integer({ min: 0, max: 400_000 }),
      maxOutput: fc.integer({ min: 0, max: 64_000 }),
      used: fc.double({ min: 0, max: 1, noNaN: true }),
      fate: fc.constantFrom("settled", "open", "failed"),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        rate,
        rate,
        fc.double({ min: 0, max: 20, noNaN: true }),
        fc.integer({ min: 0, max: 3_000_000 }),
        (steps, input, output, usd, tokens) => {
          const price = fixed({ input, output });
          let spent = nothing;
          let reserved = nothing;
          for (const { size, maxOutput, used, fate } of steps) {
            const ruling = rule(
              { usd, tokens },
              spent,
              reserved,
              call({ price, inputTokens: size, worstInputTokens: Math.ceil(size * 1.3), cachedTokens: 0, writesCache: false, maxOutput }),
            );
            if (!ruling.fits) continue;
            const { projection } = ruling;
            expect(projection.maxOutput).toBeGreaterThanOrEqual(Math.min(4_096, maxOutput));
            if (fate === "open") reserved = add(reserved, projection.worst);
            else {
              const usage = { input: Math.floor(size * 1.3 * used), output: Math.floor(projection.maxOutput * used), cacheRead: 0, cacheWrite: 0 };
              spent = add(spent, settle({ usage, usageFinal: fate === "settled", began: true, projection, price, seconds: 1 }).cost);
            }
            expect(spent.usd + reserved.usd).toBeLessThanOrEqual(usd + 1e-9);
            expect(spent.tokens + reserved.tokens).toBeLessThanOrEqual(tokens);
          }
        },
      ),
    );
  });
});

describe("settlement", () => {
  const projection = project(call());
  const ended = { projection, price: fixed(sonnet), seconds: 2, usageFinal: true, began: true };
  const usage = { input: 100, output: 50, cacheRead: 0, cacheWrite: 0 };

  test("a counted reply costs what was counted", () => {
    expect(settle({ ...ended, usage })).toEqual({ cost: { usd: 0.0007, tokens: 150, turns: 1, seconds: 2 }, confirmed: true });
  });
  test("a call that was ended by us before it began costs its input, unconfirmed", () => {
    const usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
    const { cost, confirmed } = settle({ ...ended, usage, usageFinal: false, began: false, message: { finish: "aborted" } });
    expect(confirmed).toBe(false);
    expect(cost.tokens).toBe(projection.worst.tokens - projection.maxOutput);
    expect(cost.usd).toBeGreaterThan(0);
    expect(cost.usd).toBeLessThan(projection.worst.usd);
  });

  test("a call that was refused before it began costs nothing", () => {
    expect(settle({ ...ended, usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }, usageFinal: false, began: false })).toEqual({
      cost: { usd: 0, tokens: 0, turns: 0, seconds: 2 },
      confirmed: true,
    });
  });
  test.each([
    ["a cut stream", { usage, usageFinal: false }],
    ["no usage at all", { usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 } }],
    ["negative counts", { usage: { ...usage, cacheRead: -5 } }],
    ["broken counts", { usage: { ...usage, input: Number.NaN } }],
    ["more long writes than writes", { usage: { ...usage, cacheWriteLong: 1 } }],
  ])("%s: never free, charged at what was reserved and not confirmed", (_name, changes) => {
    const { cost, confirmed } = settle({ ...ended, ...changes });
    expect(confirmed).toBe(false);
    expect(cost).toMatchObject({ usd: projection.worst.usd, tokens: projection.worst.tokens });
  });
  test.each([
    ["more than a hundred times the worst case", { usage: { ...usage, input: 1e12 } }],
    ["the same of a cut stream", { usage: { ...usage, input: 1e12 }, usageFinal: false, streamed: 10 }],
  ])("%s is no count: charged at what was reserved and not confirmed", (_name, changes) => {
    expect(settle({ ...ended, ...changes })).toMatchObject({ confirmed: false, cost: { usd: projection.worst.usd, tokens: projection.worst.tokens } });
  });
  test("a cut stream whose input was counted and whose output was seen costs these, unconfirmed, and never more than its worst case", () => {
    const cut = { ...ended, usage: { ...usage, output: 1 }, usageFinal: false };
    expect(settle({ ...cut, streamed: 400 })).toEqual({ cost: { usd: (100 * 2 + 400 * 10) / 1e6, tokens: 500, turns: 0, seconds: 2 }, confirmed: false });
    expect(settle({ ...cut, streamed: 1e6 }).cost).toMatchObject({ usd: projection.worst.usd, tokens: projection.worst.tokens });
    // output alone says nothing of the input
    const nothingIn = { input: 0, output: 1, cacheRead: 0, cacheWrite: 0 };
    expect(settle({ ...cut, usage: nothingIn, streamed: 400 }).cost.usd).toBe(projection.worst.usd);
  });
  test("without a price nothing is charged in money, and a limit in money had refused it before", () => {
    const price = fixed(undefined);
    const unpriced = project(call({ price }));
    expect(settle({ ...ended, price, projection: unpriced, usage })).toMatchObject({ cost: { usd: 0, tokens: 150 }, confirmed: true });
  });
  test("a count beyond what was reserved is charged as it is", () => {
    expect(settle({ ...ended, usage: { ...usage, input: 1_000_000 } }).cost.usd).toBe(2.0005);
    expect(settle({ ...ended, usage: { ...usage, input: 1_000_000 }, usageFinal: false }).cost.usd).toBe(2.0005);
  });
});
