// What a call is projected to cost against what an independent oracle bills for its bytes: two hundred turns over each table, with
// reads, writes, entries that expire, prompts below the minimum, replies with many calls at once, compactions and lost replies.
import { describe, expect, test } from "vitest";
import type { CallId, EntryId, RequestId, StepId } from "../../src/base/index.ts";
import { type CallToProject, type PriceOf, project } from "../../src/budget/index.ts";
import { type Assembled, assemble } from "../../src/context/index.ts";
import { anthropicBody } from "../../src/model/adapters/anthropic-body.ts";
import { geminiBody } from "../../src/model/adapters/gemini-body.ts";
import { responsesBody } from "../../src/model/adapters/responses-body.ts";
import type { AssistantPart, ModelRequest, Usage } from "../../src/model/index.ts";
import { createFold, type Entry, type EntryBody, type Prefix } from "../../src/session/index.ts";
import type { Turn } from "../../src/testing/index.ts";
import { done, play as playScene, read, text } from "../agent/support.ts";
import { createOracle, type Oracle, tables } from "./oracle.ts";

interface Wire {
  readonly table: (typeof tables)[keyof typeof tables];
  readonly body: (request: ModelRequest) => string;
  /** What the product knows of it. */
  readonly terms: Pick<CallToProject, "cacheLife" | "leastCached" | "writesCache" | "writesLong" | "cacheStep">;
  readonly price: ReturnType<PriceOf>;
  readonly cacheLife?: "1h";
}

const dialect = { reasoning: false, promptCacheKey: true };
const terms = { cacheLife: 300, writesCache: true };
const wires: Readonly<Record<string, Wire>> = {
  "Anthropic": {
    table: tables.anthropic,
    body: (request) => anthropicBody(request, "p"),
    terms: { ...terms, leastCached: 512 },
    price: { input: 2, output: 10, cacheRead: 0.1, cacheWrite: 2.5, cacheWriteLong: 4 },
  },
  "Anthropic, one hour": {
    table: tables.anthropic,
    body: (request) => anthropicBody(request, "p"),
    terms: { ...terms, cacheLife: 3_600, leastCached: 512, writesLong: true },
    price: { input: 2, output: 10, cacheRead: 0.1, cacheWrite: 2.5, cacheWriteLong: 4 },
    cacheLife: "1h",
  },
  "OpenAI before GPT-5.6": {
    table: tables.before,
    body: (request) => responsesBody(request, "p", { ...dialect, breakpoints: false }),
    terms: { ...terms, leastCached: 1_024, cacheStep: 128 },
    price: { input: 1.25, output: 10, cacheRead: 0.125 },
  },
  "OpenAI from GPT-5.6 on": {
    table: tables.since,
    body: (request) => responsesBody(request, "p", { ...dialect, breakpoints: true }),
    terms: { ...terms, cacheLife: 1_800, leastCached: 1_024 },
    price: { input: 2, output: 10, cacheRead: 0.2, cacheWrite: 2.5 },
  },
  "Gemini": {
    table: tables.gemini,
    body: (request) => geminiBody(request, "p", { signatures: true }),
    terms: { ...terms, leastCached: 4_096 },
    price: { input: 0.75, output: 3.75, cacheRead: 0.075 },
  },
};

const prefix: Prefix = {
  tools: ["edit", "read"].map((name) => ({ name, description: `The tool ${name}.`, input: { type: "object", properties: { path: { type: "string" } } } })),
  system: [{ name: "core", text: "You are a test. ".repeat(20) }],
  environment: "<environment>\nWorking folder: /somewhere\n</environment>",
};

/** The same numbers every time; below `below`. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Called {
  readonly expected: number;
  readonly worst: number;
  readonly billed: number;
  readonly usage: Usage;
  readonly tokens: number;
  readonly worstTokens: number;
  readonly total: number;
}

/** `exact`: the product's estimate is replaced by the oracle's count. */
function play(wire: Wire, turns: number, seed: number, exact: boolean): readonly Called[] {
  const random = dice(seed);
  const oracle = createOracle(wire.table);
  const session = newSession();
  const called: Called[] = [];
  session.add({ type: "user", parts: [{ type: "text", text: "Begin." }] });
  while (called.length < turns) {
    session.now += gaps[random(gaps.length)] ?? 0;
    if (!exact && called.length % 70 === 69) session.compact();
    const context = assemble(session.state, { provider: "p", model: "m", maxOutput: 8_000, ...(wire.cacheLife ? { cacheLife: wire.cacheLife } : {}) });
    const body = wire.body(context.request);
    const reply = replyOf(random, called.length);
    const output = outputOf(reply);
    const call = callOf(wire, session, context, exact ? { oracle, body, output } : null);
    const { expected, worst, maxOutput } = project(call);
    const { usage, answered } = oracle.bill(body, session.now);
    const full = { ...usage, output };
    const total = oracle.tokens(body);
    called.push({
      expected: expected.usd,
      worst: worst.usd,
      billed: oracle.dollars(full),
      usage: full,
      tokens: context.tokens,
      worstTokens: call.worstInputTokens,
      total,
    });
    expect(maxOutput).toBe(8_000);
    session.ask(context);
    answered();
    session.now += 1 + random(90); // the reply takes its time; the cache's life is counted from its beginning
    session.answer(full, reply, random, called.length);
  }
  return called;
}

function replyOf(random: (below: number) => number, turn: number): readonly AssistantPart[] {
  const calls = random(12) === 0 ? 25 : random(4); // 25 at once: more blocks than a provider looks back over
  const call = (index: number): AssistantPart => ({
    type: "call",
    call: { id: `c_${turn}_${index}` as CallId, tool: "read", input: { path: `src/file-${index}.ts` } },
  });
  return [
    { type: "text", text: `Step ${turn}. ${"What was found is noted. ".repeat(random(9))}` },
    ...Array.from({ length: calls }, (_, index) => call(index)),
  ];
}

/** As the oracle counts: four bytes a token. */
const outputOf = (parts: readonly AssistantPart[]): number => parts.reduce((sum, part) => sum + Math.ceil(JSON.stringify(part).length / 4), 0);

/** Seconds from one turn to the next: mostly none, sometimes near the end of a life, sometimes beyond it. */
const gaps = [0, 0, 0, 0, 1, 2, 5, 30, 120, 200, 280, 330, 1_600, 1_900, 4_000];

function callOf(
  wire: Wire,
  { state, now }: Session,
  context: Assembled,
  exact: { readonly oracle: Oracle; readonly body: string; readonly output: number } | null,
): CallToProject {
  const asked = state.lastReply?.asked ?? state.lastReply?.at;
  return {
    inputTokens: exact ? exact.oracle.tokens(exact.body) : context.tokens,
    worstInputTokens: exact ? exact.oracle.tokens(exact.body) : context.worstTokens,
    cachedTokens: context.cachedTokens,
    cacheAge: asked === undefined ? Number.POSITIVE_INFINITY : now - asked / 1000,
    maxOutput: context.request.maxOutput,
    ...(exact ? { likelyOutput: exact.output } : {}),
    ...wire.terms,
    price: () => wire.price,
  };
}

type Session = ReturnType<typeof newSession>;
function newSession() {
  const fold = createFold();
  let seq = 0;
  let requests = 0;
  const session = {
    /** Seconds. */
    now: 1_000_000,
    state: fold.state,
    add(body: EntryBody): void {
      fold.apply({ v: 1, seq, id: `e_${seq}` as EntryId, ts: session.now * 1_000, prev: "0".repeat(64), ...body } as Entry);
      seq += 1;
    },
    compact(): void {
      const stand = [{ role: "user" as const, parts: [{ type: "text" as const, text: "What was before is summed up here. Go on." }] }];
      session.add({ type: "compaction", strategy: "test", from: 0, to: seq - 1, stand, receipt: null });
    },
    ask({ segments }: Assembled): void {
      requests += 1;
      const none = { usd: 0, tokens: 0, turns: 1, seconds: 0 };
      const projection = { expected: none, worst: none, maxOutput: 8_000, priced: true };
      session.add({ type: "request", request: `r_${requests}` as RequestId, purpose: "turn", provider: "p", model: "m", segments, projection, attempt: 1 });
    },
    answer(usage: Usage, parts: readonly AssistantPart[], random: (below: number) => number, turn: number): void {
      const request = `r_${requests}` as RequestId;
      const calls = parts.length - 1;
      const message = { role: "assistant" as const, parts, provider: "p", model: "m", finish: calls > 0 ? ("tool-calls" as const) : ("end" as const) };
      const cost = { usd: 0, tokens: 0, turns: 1, seconds: 0 };
      session.add({ type: "reply", request, purpose: "turn", message, usage, usageFinal: true, cost, confirmed: true });
      for (let index = 0; index < calls; index++) session.result(request, `s_${turn}_${index}` as StepId, index, parts[index + 1] as AssistantPart, random);
      if (calls === 0) session.add({ type: "user", parts: [{ type: "text", text: `Go on with ${turn}.` }] });
    },
    result(request: RequestId, step: StepId, index: number, part: AssistantPart, random: (below: number) => number): void {
      if (part.type !== "call") return;
      session.add({ type: "step", change: { step, to: "planned", request, index, call: part.call, key: part.call.id } });
      session.add({ type: "step", change: { step, to: "executing", intent: { class: "read", redo: "safe", argumentsHash: "", before: [], after: [] } } });
      const text = `export const value${index} = ${random(1_000)};\n`.repeat(1 + random(9));
      session.add({ type: "step", change: { to: "done", step, result: { parts: [{ type: "text", text }], failed: false } } });
    },
  };
  session.add({ type: "prefix", prefix, loaded: [] });
  return session;
}

describe.each(Object.entries(wires))("projection and bill: %s", (_, wire) => {
  const exact = play(wire, 200, 7, true);

  test("with exact counts what is expected of each of 200 calls is its bill, to a billionth of a dollar", () => {
    for (const [turn, { expected, billed, usage }] of exact.entries()) expect({ turn, usage, usd: expected }).toEqual({ turn, usage, usd: billed });
  });

  test("the session had what it is to prove: reads, fresh parts, cold calls after a break in time, a prompt below the minimum", () => {
    expect(exact.filter(({ usage }) => usage.cacheRead > 0).length).toBeGreaterThan(100);
    expect(exact.slice(20).filter(({ usage }) => usage.cacheRead === 0).length).toBeGreaterThan(5);
    expect(exact[0]?.total).toBeLessThan(wire.terms.leastCached ?? 0);
    expect(exact.filter(({ usage }) => usage.cacheWrite > 0).length > 100).toBe(wire.price?.cacheWrite !== undefined);
  });

  test("with estimates the worst case is never below the bill, nor its tokens below what was counted", () => {
    const estimated = play(wire, 200, 11, false);
    for (const { worst, billed, worstTokens, total } of estimated) {
      expect(worst).toBeGreaterThanOrEqual(billed);
      expect(worstTokens).toBeGreaterThanOrEqual(total);
    }
    expect(estimated.length).toBe(200);
    const errors = estimated
      .slice(3)
      .map(({ tokens, total }) => Math.abs(tokens / total - 1))
      .sort((left, right) => left - right);
    expect(errors[Math.floor(errors.length * 0.95)]).toBeLessThan(0.05);
  });
});

test("calls at the same time cannot read what the others write: each is billed cold, as it was expected; a later one costs no more", () => {
  const wire = wires["Anthropic"] as Wire;
  const oracle = createOracle(wire.table);
  const began = ["one", "two", "three"].map((text) => {
    const session = newSession();
    session.add({ type: "user", parts: [{ type: "text", text: `${text}: ${"begin with this. ".repeat(300)}` }] });
    const context = assemble(session.state, { provider: "p", model: "m", maxOutput: 8_000 });
    const body = wire.body(context.request);
    return { body, projection: project(callOf(wire, session, context, { oracle, body, output: 50 })) };
  });
  const billOf = ({ body, projection }: (typeof began)[number]) => {
    const { usage, answered } = oracle.bill(body, 1_000_000);
    return { usage, answered, billed: oracle.dollars({ ...usage, output: 50 }), expected: projection.expected.usd, worst: projection.worst.usd };
  };
  const together = began.slice(0, 2).map(billOf);
  for (const { answered } of together) answered();
  expect(together.map(({ usage, billed, expected }) => ({ read: usage.cacheRead, off: billed - expected }))).toEqual([
    { read: 0, off: 0 },
    { read: 0, off: 0 },
  ]);
  const later = began.slice(2).map(billOf)[0];
  expect(later?.billed).toBeLessThanOrEqual(later?.expected ?? 0);
  expect(later?.worst).toBeGreaterThanOrEqual(later?.billed ?? 1);
});

/** Turns that read files of many sizes, some of them at once. */
const thirtyTurns: readonly Turn[] = [
  ...Array.from(
    { length: 29 },
    (_, turn): Turn => ({ reply: [text(`Step ${turn}.`), ...Array.from({ length: 1 + (turn % 3) }, (__, index) => read(`${(turn + index) % 5}.txt`))] }),
  ),
  done,
];

test.each([
  ["anthropic", tables.anthropic],
  ["responses", tables.since],
] as const)(
  "a whole agent over the %s wire: the bill of the bytes that were recorded is what the journal says, and within each reservation",
  async (wire, table) => {
    const scene = await playScene(thirtyTurns, { wire }, (place) => {
      for (let size = 0; size < 5; size++) place.write(`${size}.txt`, `line of file ${size}\n`.repeat(1 + size * 60));
    });
    expect((await scene.run("go")).end).toMatchObject({ reason: "answered" });
    const rates = wire === "anthropic" ? table.rates : { input: 2, output: 10, read: 0.1, write: 2.5, writeLong: 2.5 };
    const oracle = createOracle({ ...table, rates });
    const journal = scene.journal();
    const projections = journal.flatMap((entry) => (entry.type === "request" ? [entry.projection] : []));
    const replies = journal.flatMap((entry) => (entry.type === "reply" ? [entry] : []));
    expect([projections.length, replies.length, scene.server.requests.length]).toEqual([30, 30, 30]);
    for (const [index, { body }] of scene.server.requests.entries()) {
      const { usage, answered } = oracle.bill(Buffer.from(body).toString(), 0);
      answered();
      const reply = replies[index];
      const billed = oracle.dollars({ ...usage, output: reply?.usage.output ?? 0 });
      const { input, cacheRead, cacheWrite } = reply?.usage ?? usage;
      expect({ index, input, cacheRead, cacheWrite, usd: reply?.cost.usd }).toEqual({
        index,
        input: usage.input,
        cacheRead: usage.cacheRead,
        cacheWrite: usage.cacheWrite,
        usd: billed,
      });
      expect(projections[index]?.worst.usd).toBeGreaterThanOrEqual(billed);
    }
  },
);
