import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Clock, Json, JsonObject } from "../../src/base/index.ts";
import { createManualClock, type LedgerRow, type ModelServer, type Script, startModelServer } from "../../src/testing/index.ts";
import { anthropic, openai, start, user } from "./support.ts";

const minute = 60_000;
const mark = (ttl?: string): JsonObject => ({ cache_control: { type: "ephemeral", ...(ttl ? { ttl } : {}) } });
const text = (words: string, extra: JsonObject = {}): JsonObject => ({ type: "text", text: words, ...extra });
const say = (role: string, ...blocks: JsonObject[]): JsonObject => ({ role, content: blocks });

const scriptWith = (minimumCached: number): Script => ({
  name: "cache",
  models: ["claude-sonnet-5", "claude-opus-5", "gpt-5"].map((id) => ({ id, minimumCached, contextWindow: 1_000_000 })),
  turns: [{ repeat: "always", reply: [{ text: "ok" }] }],
});
const ledgerOf = (server: ModelServer): LedgerRow => {
  const row = server.requests.at(-1)?.ledger;
  if (!row) throw new Error(`no ledger row: ${server.requests.at(-1)?.says}`);
  return row;
};

describe("Anthropic's cache", () => {
  const startWith = async (minimum = 10) => {
    const clock = createManualClock();
    const server = await start(scriptWith(minimum), { clock });
    const ask = async (body: JsonObject): Promise<LedgerRow> => {
      await anthropic(server, body);
      return ledgerOf(server);
    };
    return { clock, server, ask };
  };
  const long = "s".repeat(400);
  const system = [text(long, mark())];

  it("writes at a breakpoint, reads it afterwards, and bills what follows", async () => {
    const { ask } = await startWith();
    const first = await ask({ system, messages: [user("one")] });
    expect(first).toMatchObject({ cacheRead: 0, cacheWrite: 107 });
    expect(first.input).toBe(first.total - 107);
    expect(await ask({ system, messages: [user("two, and longer")] })).toMatchObject({ cacheRead: 107, cacheWrite: 0 });
  });

  it("takes a marker for no part of the content", async () => {
    const { ask } = await startWith();
    await ask({ system, messages: [say("user", text("one", mark()))] });
    const moved = await ask({ system, messages: [say("user", text("one")), say("assistant", text("a")), say("user", text("two", mark()))] });
    expect(moved.cacheRead).toBeGreaterThan(107);
    expect(moved.cacheRead + moved.cacheWrite).toBe(moved.total);
  });

  it("misses when tools, system, model, tool_choice or thinking change, from there on", async () => {
    const { ask } = await startWith();
    const tools = [{ name: "read", input_schema: { type: "object" }, description: long, ...mark() }];
    const body = { tools, system, messages: [say("user", text(long, mark()))] };
    const full = await ask(body);
    const [toolTokens, systemTokens] = [Math.ceil((JSON.stringify(tools[0]).length - JSON.stringify(mark()).length + 1) / 4), 107];
    expect((await ask(body)).cacheRead).toBe(full.total);
    expect((await ask({ ...body, system: [text(`${long}!`, mark())] })).cacheRead).toBe(toolTokens);
    expect((await ask({ ...body, tool_choice: { type: "any" } })).cacheRead).toBe(toolTokens + systemTokens);
    expect((await ask({ ...body, max_tokens: 5000, thinking: { type: "adaptive" } })).cacheRead).toBe(toolTokens + systemTokens);
    expect((await ask({ ...body, model: "claude-opus-5" })).cacheRead).toBe(0);
    expect((await ask({ ...body, tools: [{ ...tools[0], name: "other" } as JsonObject] })).cacheRead).toBe(0);
    expect((await ask(body)).cacheRead).toBe(full.total);
  });

  it("looks back over twenty blocks and no further", async () => {
    const blocks = (count: number): JsonObject => ({
      messages: [say("user", ...Array.from({ length: count }, (_, index) => text(`block ${index} ${"x".repeat(60)}`, index === count - 1 ? mark() : {})))],
    });
    for (const [count, isRead] of [
      [22, true], // the block of the entry is the twentieth, the marked one counted as the first
      [23, false],
    ] as const) {
      const { ask } = await startWith();
      const first = await ask(blocks(3));
      expect((await ask(blocks(count))).cacheRead).toBe(isRead ? first.total : 0);
    }
  });

  it("keeps silent below the minimum", async () => {
    const { ask } = await startWith(108);
    const rows = [await ask({ system, messages: [user("one")] }), await ask({ system, messages: [user("one")] })];
    expect(rows.map((row) => [row.cacheRead, row.cacheWrite])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it("forgets after five minutes or an hour, counted from the last read", async () => {
    const { ask, clock } = await startWith();
    const body = (ttl: string): JsonObject => ({ system: [text(`${ttl}${long}`, mark(ttl))], messages: [user("one")] });
    for (const [ttl, life] of [
      ["5m", 5 * minute],
      ["1h", 60 * minute],
    ] as const) {
      const first = await ask(body(ttl));
      expect(first.cacheWriteLong).toBe(ttl === "1h" ? first.cacheWrite : 0);
      await clock.advance(life - 1);
      expect((await ask(body(ttl))).cacheRead).toBe(first.cacheWrite);
      await clock.advance(life - 1);
      expect((await ask(body(ttl))).cacheRead).toBe(first.cacheWrite);
      await clock.advance(life);
      expect((await ask(body(ttl))).cacheRead).toBe(0);
    }
  });

  it("splits a write into its long and its short part", async () => {
    const { ask } = await startWith();
    const row = await ask({ system: [text(long, mark("1h"))], messages: [say("user", text(long, mark()))] });
    expect(row).toMatchObject({ cacheWriteLong: 107, input: 0, cacheWrite: row.total });
  });

  it("shows what is written only after the first byte of the answer", async () => {
    const clock = createManualClock();
    const server = await start({ ...scriptWith(10), delay: { first: 1_000 } }, { clock });
    const ask = () => anthropic(server, { system, messages: [user("one")] });
    const arrived = async (count: number) => {
      while (clock.sleepers < count) await new Promise((resolve) => setTimeout(resolve, 1));
    };
    const both = [ask(), ask()];
    await arrived(2);
    await clock.advance(1_000);
    await Promise.all(both);
    const third = ask();
    await arrived(1);
    await clock.advance(1_000);
    await third;
    expect(server.requests.map((request) => request.ledger?.cacheRead)).toEqual([0, 0, 107]);
    expect(server.requests[1]?.ledger?.cacheWrite).toBe(107);
  });

  it("writes nothing for a request that fails before an answer", async () => {
    const server = await start({ ...scriptWith(10), turns: [{ reply: [{ text: "ok" }], repeat: 2, fault: { kind: "status", status: 529 } }] });
    for (let round = 0; round < 3; round++) await anthropic(server, { system, messages: [user("one")] });
    expect(server.requests.map((request) => request.ledger?.cacheRead)).toEqual([undefined, 0, 107]);
  });
});

// ---------------------------------------------------------------- the oracle: brute force over everything that was ever written

interface Ask {
  readonly wait: number;
  readonly model: string;
  readonly tools: number;
  readonly system: number;
  readonly conversation: number;
  readonly length: number;
  readonly marks: readonly number[];
  readonly long: number;
  readonly any: boolean;
}
/** Stands for the last block, where clients put a marker most often. */
const last = 1_000;
// Most requests of a course share most of what they have, else nothing would ever be read.
const mostly = <Value>(usual: Value, ...others: Value[]): fc.Arbitrary<Value> => fc.constantFrom(...Array.from({ length: 8 }, () => usual), ...others);
const asks = fc.array(
  fc.record<Ask>({
    wait: mostly(0, minute, 4 * minute, 5 * minute, 59 * minute, 60 * minute),
    model: mostly("claude-sonnet-5", "claude-opus-5"),
    tools: mostly(1, 0, 2),
    system: mostly(1, 0, 2),
    conversation: mostly(0, 1),
    length: fc.integer({ min: 1, max: 40 }),
    marks: fc.array(fc.oneof(fc.constantFrom(0, 1, 5, 8, 20, last), fc.nat(79)), { maxLength: 4 }),
    long: fc.nat(4),
    any: mostly(false, true),
  }),
  { minLength: 2, maxLength: 8 },
);

interface Piece {
  readonly where: string;
  readonly json: string;
  ttl?: "5m" | "1h";
}
interface Written {
  readonly key: string;
  readonly life: number;
  expires: number;
}

function bodyOf(ask: Ask): { body: JsonObject; pieces: Piece[] } {
  const tools: Record<string, Json>[] = Array.from({ length: ask.tools }, (_, index) => ({ name: `tool${index}`, input_schema: { type: "object" } }));
  const system: Record<string, Json>[] = Array.from({ length: ask.system }, (_, index) => ({ type: "text", text: `system ${index}` }));
  const messages = Array.from({ length: ask.length }, (_, index) => ({
    role: index % 2 === 0 ? "user" : "assistant",
    content: Array.from(
      { length: 1 + (index % 3) },
      (_unused, part): Record<string, Json> => ({ type: "text", text: `${index < 4 ? "same" : ask.conversation} ${index}.${part} é` }),
    ),
  }));
  if (messages.length % 2 === 0) messages.pop();
  const owners = [...tools, ...system, ...messages.flatMap((message) => message.content)];
  const pieces: Piece[] = [
    ...tools.map((tool) => ({ where: "tools", json: JSON.stringify(tool) })),
    ...system.map((block) => ({ where: "system", json: JSON.stringify(block) })),
    ...messages.flatMap((message, index) => message.content.map((block) => ({ where: `message ${index}`, json: JSON.stringify(block) }))),
  ];
  const marks = [...new Set(ask.marks.map((position) => (position === last ? owners.length - 1 : position % owners.length)))].sort((a, b) => a - b);
  marks.forEach((position, order) => {
    const ttl = order < ask.long ? "1h" : "5m";
    const owner = owners[position] as Record<string, Json>;
    owner.cache_control = ttl === "1h" ? { type: "ephemeral", ttl } : { type: "ephemeral" };
    (pieces[position] as Piece).ttl = ttl;
  });
  const body = {
    model: ask.model,
    messages,
    ...(tools.length > 0 ? { tools, ...(ask.any ? { tool_choice: { type: "any" } } : {}) } : {}),
    ...(system.length > 0 ? { system } : {}),
  };
  return { body, pieces };
}

/** What is expected by the documented rules, written down as directly as can be; `written` is its memory. */
function expected(written: Written[], ask: Ask, pieces: readonly Piece[], now: number, minimum: number): Omit<LedgerRow, "total"> {
  const tokens = (end: number) => pieces.slice(0, end + 1).reduce((sum, piece) => sum + Math.ceil(new TextEncoder().encode(piece.json).length / 4), 0);
  const key = (end: number) => {
    const reachesMessages = pieces[end]?.where.startsWith("message");
    return [ask.model, reachesMessages && ask.tools > 0 && ask.any, ...pieces.slice(0, end + 1).map((piece) => piece.where + piece.json)].join("\0");
  };
  const points = pieces.flatMap((piece, index) => (piece.ttl && tokens(index) >= minimum ? [index] : []));
  let hit = -1;
  for (let end = 0; end < pieces.length; end++) {
    const seen = points.some((point) => point >= end && point - end < 20);
    if (seen && written.some((one) => one.key === key(end) && one.expires > now)) hit = end;
  }
  for (const one of written) {
    const used = [hit, ...points.filter((point) => point <= hit)].some((end) => end >= 0 && one.key === key(end));
    if (used && one.expires > now) one.expires = now + one.life;
  }
  const read = hit < 0 ? 0 : tokens(hit);
  const fresh = points.filter((point) => point > hit);
  const longs = fresh.filter((point) => pieces[point]?.ttl === "1h");
  for (const point of fresh) {
    const life = (pieces[point]?.ttl === "1h" ? 60 : 5) * minute;
    const old = written.findIndex((one) => one.key === key(point));
    if (old >= 0) written.splice(old, 1);
    written.push({ key: key(point), life, expires: now + life });
  }
  const write = fresh.length === 0 ? 0 : tokens(fresh.at(-1) as number) - read;
  return {
    cacheRead: read,
    cacheWrite: write,
    cacheWriteLong: longs.length === 0 ? 0 : tokens(longs.at(-1) as number) - read,
    input: tokens(pieces.length - 1) - read - write,
  };
}

describe("the ledger against an oracle", () => {
  it("agrees on every figure for random courses of requests on Anthropic's wire", async () => {
    let hits = 0;
    let requests = 0;
    await fc.assert(
      fc.asyncProperty(asks, fc.constantFrom(0, 40, 100), async (course, minimum) => {
        const clock = createManualClock();
        const server = await startedFor(minimum, clock);
        const written: Written[] = [];
        try {
          for (const ask of course) {
            await clock.advance(ask.wait);
            const { body, pieces } = bodyOf(ask);
            await anthropic(server, body);
            const { total, ...bill } = ledgerOf(server);
            expect(bill).toEqual(expected(written, ask, pieces, clock.monotonic(), minimum));
            expect(bill.input + bill.cacheRead + bill.cacheWrite).toBe(total);
            requests += 1;
            if (bill.cacheRead > 0) hits += 1;
          }
        } finally {
          await server.close();
        }
      }),
      { numRuns: 150 },
    );
    // The property says little if nothing is ever read.
    expect(hits).toBeGreaterThan(requests / 10);
    expect(hits).toBeLessThan(requests);
  });

  it("agrees on the common prefix in steps of 128 on OpenAI's wire", async () => {
    let hits = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(0, minute, 5 * minute), fc.nat(2), fc.integer({ min: 1, max: 60 })), { minLength: 2, maxLength: 7 }),
        async (course) => {
          const clock = createManualClock();
          const server = await startedFor(1_024, clock);
          const known = new Map<string, number>();
          try {
            for (const [wait, fork, length] of course) {
              await clock.advance(wait);
              const messages = Array.from({ length }, (_, index) => user(`${index < 25 ? "s" : fork} ${index} ${"é".repeat(120)}`));
              await openai(server, { messages });
              const tokens = messages.map((message) => sliced(JSON.stringify(message)));
              const flat = tokens.flat();
              const steps: string[] = [];
              for (let end = 1_024; end <= flat.length; end += 128) steps.push(flat.slice(0, end).join(""));
              const now = clock.monotonic();
              const hit = steps.findLastIndex((step) => (known.get(step) ?? 0) > now) + 1;
              const row = ledgerOf(server);
              expect(row.cacheRead).toBe(hit === 0 ? 0 : 1_024 + (hit - 1) * 128);
              expect(row.input + row.cacheRead).toBe(flat.length);
              expect(row.cacheWrite).toBe(0);
              for (const step of steps) known.set(step, now + 5 * minute);
              if (hit > 0) hits += 1;
            }
          } finally {
            await server.close();
          }
        },
      ),
      { numRuns: 60 },
    );
    expect(hits).toBeGreaterThan(10);
  });
});

/** A message as tokens of four bytes, the last one shorter; the mark at its end belongs to the last. */
function sliced(message: string): string[] {
  const bytes = Buffer.from(message);
  const tokens = Array.from({ length: Math.ceil(bytes.length / 4) }, (_, index) => bytes.subarray(index * 4, index * 4 + 4).toString("hex"));
  tokens[tokens.length - 1] += "|";
  return tokens;
}

const startedFor = (minimum: number, clock: Clock): Promise<ModelServer> => startModelServer({ script: scriptWith(minimum), clock });

describe("OpenAI's cache", () => {
  it("keeps for a day when asked to, and apart by cache key", async () => {
    const clock = createManualClock();
    const server = await start(scriptWith(1_024), { clock });
    const messages = [user("x".repeat(8_000))];
    const ask = async (extra: JsonObject = {}) => {
      await openai(server, { messages, ...extra });
      return ledgerOf(server).cacheRead;
    };
    expect([await ask({ prompt_cache_retention: "24h" }), await ask({ prompt_cache_key: "other" })]).toEqual([0, 0]);
    await clock.advance(23 * 60 * minute);
    expect([await ask(), await ask({ prompt_cache_key: "other" })]).toEqual([1_920, 0]);
  });
});
