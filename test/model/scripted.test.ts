// All adapters against the scripted model server, which holds the vendors' rules: pairing, order, breakpoints, cache bills.
import { describe, expect, test } from "vitest";
import { callsOf, type Message, type ModelRequest, type Provider, resolveModel } from "../../src/model/index.ts";
import { type Fault, prefixExtends, type Script, startModelServer } from "../../src/testing/index.ts";
import { collect, request, user } from "./support.ts";

type WireName = "anthropic" | "openai" | "responses" | "gemini";
const wires: readonly WireName[] = ["anthropic", "openai", "responses", "gemini"];
/** `idle`: milliseconds of silence that count as a stall; long where none is scripted, so that a busy machine is no stall. */
const open = async (wire: WireName, script: Script, idle = 20_000) => {
  const server = await startModelServer({ script });
  const addresses = { anthropic: { ANTHROPIC_BASE_URL: server.url }, gemini: { GOOGLE_GEMINI_BASE_URL: server.url } };
  const environment = wire === "anthropic" || wire === "gemini" ? addresses[wire] : { OPENAI_BASE_URL: server.openaiUrl };
  const providers = wire === "responses" ? { openai: { wire } } : {};
  const resolved = await resolveModel({ environment, providers, limits: { idleMilliseconds: idle, firstByteMilliseconds: idle } });
  if (!resolved.ok) throw resolved.error;
  const { provider, model } = resolved.value;
  const call = (over: Partial<ModelRequest>) => collect(provider.stream(request({ model, ...over }), new AbortController().signal));
  return { server, provider, model, call };
};
const result = (call: string): Message => ({
  role: "tool",
  call: call as never,
  tool: "read",
  parts: [{ type: "text", text: "x".repeat(200) }],
  failed: false,
});

describe.each(wires)("the %s adapter and the scripted server", (wire) => {
  test("agree over twelve turns: each request extends the last, and the counted usage is the billed one", async () => {
    const turns = Array.from({ length: 12 }, (_, turn) => ({
      reply: [
        ...(wire === "openai" ? [] : [{ thinking: `thought ${turn}` }]),
        { text: `Turn ${turn}. ` },
        { call: "read", input: { path: `f${turn}` } },
        { call: "read", input: {} },
      ],
    }));
    const { server, call } = await open(wire, { name: "walk", turns });
    const messages: Message[] = [user("begin ".repeat(4_000))];
    for (let turn = 0; turn < turns.length; turn++) {
      const { finish } = await call({ messages, cacheTools: true, cacheAfter: [messages.length - 1] });
      expect(finish.failure).toBeUndefined();
      expect(callsOf(finish.message)).toHaveLength(2);
      messages.push(finish.message, ...callsOf(finish.message).map((made) => result(made.id)));
      const bill = server.requests.at(-1)?.ledger;
      expect(finish.usage).toMatchObject({ input: bill?.input ?? -1, cacheRead: bill?.cacheRead ?? -1, cacheWrite: bill?.cacheWrite ?? -1 });
      if (turn > 0) expect(finish.usage.cacheRead).toBeGreaterThan(0);
    }
    const bodies = server.requests.map((one) => one.json);
    for (let index = 1; index < bodies.length; index++) {
      expect(prefixExtends(bodies[index - 1] ?? {}, bodies[index] ?? {})).toMatchObject({ extends: true });
    }
    await server.close();
  });

  const faults: readonly [Fault, string][] = [
    [{ kind: "cut", at: "connection" }, "network"],
    [{ kind: "cut", at: "start" }, "network"],
    [{ kind: "cut", at: "text" }, "network"],
    [{ kind: "cut", at: "arguments" }, "network"],
    [{ kind: "status", status: 529, retryAfter: { seconds: 3 } }, "overloaded"],
    [{ kind: "status", status: 429, retryAfter: { dateInSeconds: 60 } }, "rate-limited"],
    [{ kind: "status", status: 500 }, "overloaded"],
    [{ kind: "context-too-long" }, "context-too-long"],
    [{ kind: "html" }, "malformed"],
    [{ kind: "empty" }, "network"],
    [{ kind: "no-finish" }, "network"],
    [{ kind: "error-event" }, "overloaded"],
    [{ kind: "malformed-stream" }, "malformed"],
    [{ kind: "stall", at: "start" }, "network"],
    [{ kind: "stall", at: "middle" }, "network"],
  ];
  test.each(faults)("%j is %s, and the next try gets the turn", async (fault, failureClass) => {
    const turns = [{ reply: [{ text: "Some words." }, { call: "read", input: { path: "abcdef" } }], fault }];
    const { server, call } = await open(wire, { name: "fault", turns }, fault.kind === "stall" ? 1_500 : undefined);
    const first = await call({});
    expect(first.finish.failure?.class).toBe(failureClass);
    expect(first.finish.message.finish).toBe("error");
    expect(callsOf(first.finish.message)).toEqual([]);
    if (fault.kind === "status" && fault.retryAfter) expect(first.finish.failure?.retryAfter).toBeGreaterThan(2_000);
    const second = await call({});
    expect(callsOf(second.finish.message)).toMatchObject([{ tool: "read", input: { path: "abcdef" } }]);
    await server.close();
  });

  test("truncated arguments with an orderly end are rejected, and the rejection can be answered", async () => {
    const { server, call } = await open(wire, {
      name: "cut",
      turns: [{ reply: [{ call: "read", input: { path: "abcdef" } }], fault: { kind: "truncated-arguments" } }, { reply: [{ text: "I see." }] }],
    });
    const first = await call({});
    if (wire === "gemini") {
      // Its protocol has no place for arguments that are no object: the vendor breaks such a reply off itself.
      expect(first.finish.failure).toMatchObject({ class: "malformed", message: expect.stringContaining("MALFORMED_FUNCTION_CALL") });
      expect(first.finish.message.parts).toEqual([]);
      return server.close();
    }
    const rejected = first.finish.message.parts[0];
    if (rejected?.type !== "rejected-call") throw new Error(`not rejected: ${JSON.stringify(first.finish.message.parts)}`);
    const second = await call({ messages: [user("hello"), first.finish.message, result(rejected.id)] });
    expect(second.finish.failure).toBeUndefined();
    await server.close();
  });

  test("unknown events and bytes in pieces change nothing", async () => {
    for (const fault of [{ kind: "unknown-events" }, { kind: "slow-bytes", bytes: 7, milliseconds: 0 }] satisfies Fault[]) {
      const { server, call } = await open(wire, {
        name: "odd",
        turns: [{ reply: [{ text: "One." }, { text: "Two." }, { call: "read", input: { path: "a" } }], fault }],
      });
      const { finish } = await call({});
      expect(finish.failure).toBeUndefined();
      expect(callsOf(finish.message)).toHaveLength(1);
      await server.close();
    }
  });

  test("a delivery twice over gives calls of their own", async () => {
    const { server, call } = await open(wire, { name: "twice", turns: [{ reply: [{ call: "read", input: { path: "a" } }], fault: { kind: "duplicate" } }] });
    const first = await call({});
    const made = callsOf(first.finish.message)[0];
    const second = await call({ messages: [user("hello"), first.finish.message, result(made?.id ?? "")] });
    const again = callsOf(second.finish.message)[0];
    expect(again?.input).toEqual(made?.input);
    expect(again?.id).not.toBe(made?.id);
    await server.close();
  });
});

test("a provider is one object with one method, and a second one where its vendor counts without being asked to answer", async () => {
  const expected = { anthropic: ["count", "stream"], gemini: ["count", "stream"], openai: ["stream"], responses: ["stream"] };
  for (const [wire, names] of Object.entries(expected)) {
    const { provider, server } = await open(wire as WireName, { name: "none", turns: [] });
    const methods = Object.entries(provider satisfies Provider).flatMap(([name, value]) => (typeof value === "function" ? [name] : []));
    expect(methods.sort()).toEqual(names);
    await server.close();
  }
});

const thirtyTurns = (wire: WireName): Script => ({
  name: "thirty turns",
  turns: Array.from({ length: 30 }, (_, turn) => ({
    reply: [
      ...(wire === "openai" || turn % 3 === 2 ? [] : [{ thinking: `thought ${turn} é` }]),
      ...(wire !== "openai" && turn % 7 === 3 ? [{ redactedThinking: `sealed-${wire}-${turn}-` }] : []),
      ...(turn % 4 === 1 ? [] : [{ text: `Turn ${turn}.` }]),
      { call: "read", input: { path: `f${turn}`, at: 1.5 } },
      ...(turn % 5 === 0 ? [{ call: "read", input: { path: "second" } }] : []),
    ],
  })),
});

describe.each(wires)("thirty turns on the %s wire", (wire) => {
  test("send the bytes of the request before and add to them", async () => {
    const { server, call } = await open(wire, thirtyTurns(wire));
    const messages: Message[] = [user("begin ".repeat(4_000))];
    for (let turn = 0; turn < 30; turn++) {
      const { finish } = await call({ messages, cacheTools: true, cacheAfter: [messages.length - 1] });
      expect(finish.failure).toBeUndefined();
      messages.push(finish.message, ...callsOf(finish.message).map((made) => result(made.id)));
    }
    const bodies = server.requests.map((one) => Buffer.from(one.body).toString());
    const marks = /,"cache_control":\{"type":"ephemeral"\}|,"prompt_cache_breakpoint":\{"mode":"explicit"\}/g;
    const plain = bodies.map((body) => body.replace(marks, "").replace(/\],"(stream|store|generationConfig)":[^[\]]*(\[[^[\]]*\][^[\]]*)*}$/, ""));
    for (let turn = 1; turn < 30; turn++) {
      expect(plain[turn]?.startsWith(plain[turn - 1] ?? "-")).toBe(true);
      expect(plain[turn]?.length).toBeGreaterThan(plain[turn - 1]?.length ?? Number.POSITIVE_INFINITY);
    }
    const rows = server.requests.slice(1).map((one) => one.ledger);
    const [read, all] = [rows.reduce((sum, row) => sum + (row?.cacheRead ?? 0), 0), rows.reduce((sum, row) => sum + (row?.total ?? 0), 0)];
    expect(read / all).toBeGreaterThan(0.9);
    await server.close();
  });
});

describe("a model switch in the middle", () => {
  const pairs = wires.flatMap((from) => wires.filter((to) => to !== from).map((to) => [from, to] as const));
  test.each(pairs)("from %s to %s leaves the other's reasoning out and keeps every call", async (from, to) => {
    const first = await open(from, thirtyTurns(from));
    const second = await open(to, thirtyTurns(to));
    const messages: Message[] = [user("begin")];
    for (let turn = 0; turn < 20; turn++) {
      const { call, model } = turn % 10 < 5 ? first : second;
      // A name of its own for each: from one protocol of OpenAI's to the other the model is another one too.
      const { finish } = await call({ messages, ...(turn % 10 < 5 || to !== "responses" ? {} : { model: `${model}-2026-09-22` }) });
      expect(finish.failure).toBeUndefined();
      messages.push(finish.message, ...callsOf(finish.message).map((made) => result(made.id)));
    }
    const sent = (server: typeof first.server) => Buffer.from(server.requests.at(-1)?.body ?? []).toString();
    const written = (by: typeof first) => messages.filter((message) => message.role === "assistant" && message.provider === by.provider.id);
    for (const [one, other] of [
      [first, second],
      [second, first],
    ] as const) {
      const body = sent(one.server);
      const known = messages.slice(0, one === second ? -3 : 20).flatMap((message) => (message.role === "assistant" ? callsOf(message) : []));
      expect(known.length).toBeGreaterThan(5);
      expect(known.filter((made) => !body.includes(made.id))).toEqual([]);
      if (one.provider.id === other.provider.id) continue; // they are told apart by the model's name, which the server checks
      const proofs = written(other).flatMap((message) => message.parts.flatMap((part) => ("signature" in part && part.signature ? [part.signature] : [])));
      expect(proofs.length > 0).toBe((other === first ? from : to) !== "openai"); // Chat completions prove nothing
      expect(proofs.filter((proof) => body.includes(proof.split(" ").at(-1) ?? proof))).toEqual([]);
    }
    await Promise.all([first.server.close(), second.server.close()]);
  });
});

describe("encrypted reasoning", () => {
  const script: Script = {
    name: "encrypted",
    turns: Array.from({ length: 4 }, (_, turn) => ({
      reply: [{ thinking: `t${turn}` }, { redactedThinking: `sealed${turn}` }, { call: "read", input: { path: `${turn}` } }],
    })),
  };
  test("comes back to the letter, from the first request on; what was changed is refused", async () => {
    const { server, call } = await open("responses", script);
    const messages: Message[] = [user("begin")];
    for (let turn = 0; turn < 3; turn++) {
      const { finish } = await call({ messages });
      messages.push(finish.message, ...callsOf(finish.message).map((made) => result(made.id)));
    }
    const input = server.requests.at(-1)?.json.input as { type: string; id?: string; encrypted_content?: string }[];
    const sealed = input.filter((item) => item.type === "reasoning");
    expect(sealed).toHaveLength(4);
    expect(sealed.map((item) => item.encrypted_content?.slice(0, 6))).toEqual(["gAAAAA", "sealed", "gAAAAA", "sealed"]);
    expect(new Set(sealed.map((item) => item.id)).size).toBe(4);
    const tampered = messages.map((message) =>
      message.role === "assistant"
        ? { ...message, parts: message.parts.map((part) => (part.type === "thinking" && part.text ? { ...part, text: "else" } : part)) }
        : message,
    );
    expect((await call({ messages: tampered })).finish.failure).toMatchObject({ class: "refused", message: expect.stringContaining("could not be verified") });
    expect((await call({ messages })).finish.failure).toBeUndefined();
    await server.close();
  });
});
