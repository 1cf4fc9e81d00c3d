// A session that changes its model in the middle of a job, from every wire to every other: the job ends as it would have.
import { describe, expect, onTestFinished, test } from "vitest";
import { chatBody } from "../../src/model/adapters/chat-body.ts";
import { callsOf, foreignReasoning, historyLoss, type Message, type ModelRequest, resolveModel, textOf } from "../../src/model/index.ts";
import { type Script, startModelServer, type WireName } from "../../src/testing/index.ts";
import { callId, collect, request, user } from "./support.ts";

const wires = ["anthropic", "openai-chat", "openai-responses", "gemini"] as const satisfies readonly WireName[];
type Wire = (typeof wires)[number];
// Each a model of its own: the server's proofs of reasoning are bound to the model.
const models: Readonly<Record<Wire, string>> = {
  "anthropic": "anthropic/claude-sonnet-5-5",
  "openai-chat": "openai/gpt-6-luna",
  "openai-responses": "openai/gpt-6-sol",
  "gemini": "gemini/gemini-4-argon",
};

const turns = 6;
/** Two calls at once in each turn, under ids that some vendor refuses: too long, or of other characters. The next turn waits for both results. */
const job: Script = {
  name: "a job",
  turns: [
    ...Array.from({ length: turns }, (_, turn) => ({
      ...(turn === 0 ? {} : { match: { toolResult: { tool: "read", text: `content of b${turn - 1}` } } }),
      reply: [
        { thinking: `secret thought ${turn}` },
        { text: `Step ${turn}.` },
        { call: "read", input: { path: `a${turn}` }, id: `functions.read:${turn}` },
        { call: "read", input: { path: `b${turn}` }, id: `fc_${String(turn).padStart(50, "0")}` },
      ],
    })),
    { match: { toolResult: { tool: "read", text: `content of b${turns - 1}` } }, reply: [{ text: "The job is done." }] },
  ],
};

/** Runs the job with the wire of each turn; returns the conversation. */
async function work(wireOf: (turn: number) => Wire, over: Partial<ModelRequest> = {}) {
  const server = await startModelServer({ script: job });
  onTestFinished(() => server.close());
  const environment = { ANTHROPIC_BASE_URL: server.url, OPENAI_BASE_URL: server.openaiUrl, GOOGLE_GEMINI_BASE_URL: server.url };
  const messages: Message[] = [user("Do the job.")];
  const dropped: number[] = [];
  for (let turn = 0; turn <= turns; turn++) {
    const wire = wireOf(turn);
    const providers = { openai: { wire: wire === "openai-chat" ? ("chat" as const) : ("responses" as const) } };
    const found = await resolveModel({ model: models[wire], environment, providers });
    if (!found.ok) throw found.error;
    const { provider, model } = found.value;
    const { finish } = await collect(provider.stream(request({ ...over, model, messages }), new AbortController().signal));
    expect(finish.failure).toBeUndefined();
    expect(foreignReasoning(messages, { provider: provider.id, model })).toBe(Number(finish.wire?.droppedReasoning ?? 0));
    dropped.push(Number(finish.wire?.droppedReasoning ?? 0));
    messages.push(finish.message);
    for (const made of callsOf(finish.message)) {
      const { path } = made.input as { path: string };
      messages.push({ role: "tool", call: made.id, tool: made.tool, parts: [{ type: "text", text: `content of ${path}` }], failed: false });
    }
  }
  return { server, messages, dropped };
}

/** What the job came to, apart from whose models did it. */
const outcomeOf = (messages: readonly Message[]) =>
  messages.map((message) =>
    message.role === "assistant" ? [textOf(message), callsOf(message).map((made) => [made.id, made.tool, made.input])] : textOf(message),
  );

const pairs = wires.flatMap((from) => wires.filter((to) => to !== from).map((to) => [from, to] as const));

describe("a switch of the model in the middle of a job", () => {
  test.each(pairs)("from %s to %s and back: same outcome, and no thought of the other's is sent", async (from, to) => {
    const [alone, mixed] = [await work(() => from), await work((turn) => (turn === 2 || turn === 3 ? to : from))];
    expect(outcomeOf(mixed.messages)).toEqual(outcomeOf(alone.messages));
    expect(alone.dropped).toEqual(Array.from({ length: turns + 1 }, () => 0));
    // Each reply has one thought or proof at least, but for Chat completions, whose model sends its thought in the open.
    expect(mixed.dropped.slice(0, 2)).toEqual([0, 0]);
    expect(mixed.dropped[2]).toBeGreaterThanOrEqual(2);
    expect(mixed.dropped[4]).toBeGreaterThanOrEqual(2);
    for (const [index, sent] of mixed.server.requests.entries()) {
      const own = index === 2 || index === 3 ? to : from;
      const body = Buffer.from(sent.body).toString();
      expect(sent.wire).toBe(own);
      const strangers = mixed.messages.slice(0, index * 3 + 1).filter((message) => message.role === "assistant");
      for (const message of strangers) {
        if (`${message.provider}/${message.model}` === models[own]) continue;
        for (const part of message.parts) {
          if (part.type !== "thinking") continue;
          if (part.text !== "") expect(body).not.toContain(part.text);
          if (part.signature) expect(body).not.toContain(part.signature.split(" ").at(-1));
        }
      }
    }
  });

  test.each(wires)("all four in turn, ending with %s", async (last) => {
    const order = [...wires.filter((wire) => wire !== last), last];
    const { messages, dropped } = await work((turn) => (turn === turns ? last : (order[turn % 4] ?? last)), { effort: "low", maxOutput: 8_000 });
    expect(textOf(messages.at(-1) ?? user(""))).toBe("The job is done.");
    expect(dropped.at(-1)).toBeGreaterThanOrEqual(3);
  });

  test("an interrupted reply, a rejected call and images are taken over too", async () => {
    const image = { type: "image", mediaType: "image/png", data: "aGk=" } as const;
    for (const to of wires) {
      const server = await startModelServer({ script: { name: "on", turns: [{ reply: [{ text: "on" }] }] } });
      onTestFinished(() => server.close());
      const environment = { ANTHROPIC_BASE_URL: server.url, OPENAI_BASE_URL: server.openaiUrl, GOOGLE_GEMINI_BASE_URL: server.url };
      const found = await resolveModel({ model: models[to], environment, providers: { openai: { wire: to === "openai-chat" ? "chat" : "responses" } } });
      if (!found.ok) throw found.error;
      const by = { role: "assistant", provider: "elsewhere", model: "m" } as const;
      const messages: Message[] = [
        user("look"),
        {
          ...by,
          parts: [
            { type: "text", text: "I was" },
            { type: "thinking", text: "t", signature: "s" },
          ],
          finish: "aborted",
        },
        { role: "user", parts: [image, { type: "text", text: "go on" }] },
        { ...by, parts: [{ type: "rejected-call", id: callId("é".repeat(70)), tool: "read it", raw: "{", why: "not JSON" }], finish: "tool-calls" },
        { role: "tool", call: callId("é".repeat(70)), tool: "read it", parts: [{ type: "text", text: "not JSON" }, image], failed: true },
      ];
      const { finish } = await collect(found.value.provider.stream(request({ model: found.value.model, messages }), new AbortController().signal));
      expect(finish.failure).toBeUndefined();
    }
  });
});

describe("what another model is not sent", () => {
  const thought = { type: "thinking", text: "t", signature: "s" } as const;
  const by = (provider: string, model: string, parts: number): Message => ({
    role: "assistant",
    parts: [...Array.from({ length: parts }, () => thought), { type: "redacted-thinking", data: "d" }, { type: "text", text: "x" }],
    provider,
    model,
    finish: "end",
  });
  const image: Message = { role: "user", parts: [{ type: "image", mediaType: "image/png", data: "aGk=" }] };
  const messages = [image, by("anthropic", "a", 2), user("x"), by("openai", "b", 0), by("anthropic", "a", 1)];

  test("is told with whose it is", () => {
    expect(historyLoss(messages, { provider: "gemini", model: "g" })).toEqual({
      reasoning: 6,
      from: ["anthropic/a", "openai/b"],
      images: 0,
      says: "gemini/g is not sent 6 thoughts of anthropic/a and openai/b.",
    });
    expect(historyLoss(messages, { provider: "anthropic", model: "a" })).toMatchObject({ reasoning: 1, from: ["openai/b"] });
    expect(historyLoss(messages, { provider: "anthropic", model: "b" }).reasoning).toBe(6);
    expect(historyLoss([image], { provider: "local", model: "l" }, { images: false })).toEqual({
      reasoning: 0,
      from: [],
      images: 1,
      says: "local/l is not sent 1 image, which it cannot see.",
    });
    expect(historyLoss([user("x")], { provider: "local", model: "l" }).says).toBe("");
  });

  test("a model that takes no images is told of them in words", () => {
    const shown: Message = { role: "tool", call: callId("c"), tool: "read", parts: image.parts, failed: false };
    const body = chatBody(request({ messages: [image, shown] }), "local", { outputLimit: "max_tokens", promptCacheKey: false, images: false });
    expect(body).not.toContain("image_url");
    expect(
      JSON.parse(body)
        .messages.slice(1)
        .map((message: { content: string }) => message.content),
    ).toEqual(["(image/png: this model takes no images)", "(image/png: this model takes no images)"]);
  });
});
