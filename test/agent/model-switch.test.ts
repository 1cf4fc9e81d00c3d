// A session that goes over to another model, another effort or another protocol, and models that stand in for one that is overloaded.
import { describe, expect, test } from "vitest";
import type { Script, Turn } from "../../src/testing/index.ts";
import { createManualClock } from "../../src/testing/index.ts";
import { allPlaces, bash, done, entriesOf, eventsOf, makePlace, makeScene, modelFor, read, type Scene, serve, text, wires } from "./support.ts";

const quick = { tries: 2, totalMilliseconds: 60_000, baseMilliseconds: 0, capMilliseconds: 0 };
/** What the process before said is not said again. */
const unsaid = (name: string): object => ({ [name]: undefined });
const noticesOf = (events: Parameters<typeof eventsOf>[0], code: string) => eventsOf(events, "notice").filter((one) => one.code === code);

describe("going over to another model", () => {
  const pairs = wires.flatMap((from) => wires.filter((to) => to !== from).map((to) => [from, to] as const));
  const job = (from: string): readonly Turn[] => [
    { reply: [{ thinking: `a thought of ${from}` }, read("list.txt"), bash("echo one >> trace")] },
    { reply: [text("Half done.")] },
    { match: { userText: "go on" }, reply: [read("list.txt"), bash("echo two >> trace")] },
    { reply: [text("All done.")] },
  ];

  test.each(pairs)("from %s to %s in the middle of a job: the same outcome, said once, and it stays", async (from, to) => {
    const place = makePlace();
    place.write("list.txt", "- item\n");
    const server = await serve([...job(from), { reply: [text("Still here.")] }]);
    const environment = allPlaces(server);
    const scene = await makeScene(place, server, { wire: from, environment });
    expect((await scene.run("do it")).end).toEqual({ reason: "answered", text: "Half done." });
    const changed = await scene.conversation.change({ model: modelFor(to) });
    if (!changed.ok) throw changed.error;
    // Gemini caches nothing so short
    expect(changed.value.tokens > 0).toBe(to !== "gemini");
    // Chat completions have no place for a thought that a model wrote
    if (from !== "openai") expect(changed.value.lost).toContain(`1 thought of ${modelFor(from)}`);
    await changed.value.take();
    expect(scene.conversation.model).toBe(modelFor(to));
    const { end, events } = await scene.run("go on");
    expect(end).toEqual({ reason: "answered", text: "All done." });
    expect(place.read("trace")).toBe("one\ntwo\n");
    expect(server.unserved()).toHaveLength(1);
    expect(noticesOf(events, "model-switch")).toHaveLength(1);
    expect(JSON.stringify(server.requests[2]?.json)).not.toContain(`a thought of ${from}`);
    const again = await scene.resume(unsaid("model"));
    expect(again.conversation.model).toBe(modelFor(to));
    const last = await again.run("and?");
    expect(last.end).toEqual({ reason: "answered", text: "Still here." });
    expect(noticesOf(last.events, "model-switch")).toEqual([]);
    const asked = entriesOf(again.journal(), "request").map(({ provider, model }) => `${provider}/${model}`);
    expect(asked).toEqual([modelFor(from), modelFor(from), modelFor(to), modelFor(to), modelFor(to)]);
  });

  test("a name that is none changes nothing", async () => {
    const scene = await makeScene(makePlace(), await serve([done, done]));
    await scene.run("go");
    const changed = await scene.conversation.change({ model: "antropic/claude-sonnet-5-5" });
    expect(changed.ok ? "changed" : changed.error.code).toBe("model-unknown");
    expect(scene.conversation.model).toBe(modelFor("anthropic"));
    expect((await scene.run("go")).end.reason).toBe("answered");
  });

  test("what is asked and not taken changes nothing", async () => {
    const scene = await makeScene(makePlace(), await serve([done, done]));
    await scene.run("go");
    expect((await scene.conversation.change({ model: "anthropic/claude-opus-5-5" })).ok).toBe(true);
    await scene.run("go");
    expect(scene.server.requests.map(({ json }) => json.model)).toEqual(["claude-sonnet-5-5", "claude-sonnet-5-5"]);
  });
});

describe("effort", () => {
  const sent = (scene: Scene) => scene.server.requests.map(({ json }) => (json.reasoning as { effort?: string } | undefined)?.effort);

  test("what a session began with stays, whatever the settings come to say; what is named for it counts, and stays", async () => {
    const server = await serve([done, done, done, done]);
    const first = await makeScene(makePlace(), server, { wire: "responses", usualEffort: "high" });
    await first.run("one");
    const second = await first.resume({ usualEffort: "low" });
    await second.run("two");
    const third = await second.resume({ usualEffort: "low", effort: "medium" });
    await third.run("three");
    const fourth = await third.resume({ usualEffort: "high", ...unsaid("effort") });
    expect(fourth.conversation.effort).toBe("medium");
    await fourth.run("four");
    expect(sent(fourth)).toEqual(["high", "high", "medium", "medium"]);
  });

  test("a session that began without one stays without", async () => {
    const server = await serve([done, done]);
    const first = await makeScene(makePlace(), server, { wire: "responses" });
    await first.run("one");
    const second = await first.resume({ usualEffort: "low" });
    await second.run("two");
    expect(sent(second)).toEqual([undefined, undefined]);
  });

  test("a change breaks OpenAI's cache and says so beforehand; Anthropic's level does not", async () => {
    for (const [wire, breaks] of [
      ["responses", true],
      ["anthropic", false],
    ] as const) {
      const scene = await makeScene(makePlace(), await serve([done, done]), { wire, effort: "low" });
      await scene.run("go");
      const changed = await scene.conversation.change({ effort: "high" });
      if (!changed.ok) throw changed.error;
      expect(changed.value.tokens > 0, wire).toBe(breaks);
      await changed.value.take();
      const { events } = await scene.run("go");
      expect(eventsOf(events, "context-assembled")[0]?.breaks.includes("effort"), wire).toBe(breaks);
    }
  });
});

test("a session keeps the protocol it began with, unless another one is named", async () => {
  const server = await serve([done, done, done]);
  const place = makePlace();
  const model = "openai/gpt-6-sol";
  const first = await makeScene(place, server, { wire: "responses", model, providers: { openai: { wire: "responses" } } });
  await first.run("one");
  const second = await first.resume({ providers: {} });
  await second.run("two");
  const third = await second.resume({ providers: { openai: { wire: "chat" } } });
  const { events } = await third.run("three");
  expect(server.requests.map(({ wire }) => wire)).toEqual(["openai-responses", "openai-responses", "openai-chat"]);
  expect(noticesOf(events, "model-switch")[0]?.says).toContain("Chat completions");
});

describe("another model stands in", () => {
  const overloaded = (status: number, times: number | "always"): Turn => ({
    match: { model: "claude-sonnet-5-5" },
    reply: [text("first again")],
    fault: { kind: "status", status, times },
  });
  const script = (...turns: readonly Turn[]): Script => ({ name: "stand-in", order: "first-match", turns });
  const others: Turn = { match: { model: "gpt-6.2-sol" }, reply: [text("I stand in.")], repeat: "always" };

  test.each([529, 429])("for a turn whose own model answers %i after all tries; journaled, said, and the first is asked again later", async (status) => {
    const clock = createManualClock();
    const server = await serve(script(overloaded(status, 2), others));
    const setting = { clock, environment: allPlaces(server), fallback: [modelFor("responses")], retries: quick } as const;
    const scene = await makeScene(makePlace(), server, setting);
    const { end, events } = await scene.run("go");
    expect(end).toEqual({ reason: "answered", text: "I stand in." });
    expect(noticesOf(events, "fallback")[0]?.says).toContain("claude-sonnet-5-5 is overloaded: openai/gpt-6.2-sol is asked");
    const asked = () => entriesOf(scene.journal(), "request").map(({ provider, attempt }) => `${provider} ${attempt}`);
    expect(asked()).toEqual(["anthropic 1", "anthropic 2", "openai 1"]);
    // its breaker is open: the next turn does not ride out its retries again
    expect((await scene.run("and?")).end).toEqual({ reason: "answered", text: "I stand in." });
    expect(asked().slice(3)).toEqual(["openai 1"]);
    await clock.advance(60_000);
    expect((await scene.run("and now?")).end).toEqual({ reason: "answered", text: "first again" });
    expect(asked().slice(4)).toEqual(["anthropic 1"]);
    expect(scene.conversation.model).toBe(modelFor("anthropic"));
    const again = await scene.resume(unsaid("model"));
    expect(again.conversation.model).toBe(modelFor("anthropic"));
  });

  test("a resumed session goes back to its own model, not to the one that stood in last", async () => {
    const server = await serve(script(overloaded(529, "always"), others));
    const setting = { environment: allPlaces(server), fallback: [modelFor("responses")], retries: quick } as const;
    const scene = await makeScene(makePlace(), server, setting);
    await scene.run("go");
    const again = await scene.resume(unsaid("model"));
    expect(again.conversation.model).toBe(modelFor("anthropic"));
  });

  test("one after the other, and the end is the last one's when all are overloaded", async () => {
    const server = await serve(script({ reply: [text("never")], fault: { kind: "status", status: 529, times: "always" }, repeat: "always" }));
    const fallback = [modelFor("responses"), modelFor("gemini")];
    const scene = await makeScene(makePlace(), server, { environment: allPlaces(server), fallback, retries: quick });
    const { end } = await scene.run("go");
    expect(end).toMatchObject({ reason: "model-error", failure: { class: "overloaded" } });
    expect(entriesOf(scene.journal(), "request").map(({ provider }) => provider)).toEqual(["anthropic", "anthropic", "openai", "openai", "gemini", "gemini"]);
  });

  test.each([
    ["a request that is refused", { kind: "status", status: 400 }],
    ["a wrong key", { kind: "status", status: 401 }],
    ["a cut connection", { kind: "cut", at: "connection", times: "always" }],
    ["a conversation that is too long", { kind: "context-too-long" }],
  ] as const)("not after %s", async (_name, fault) => {
    const server = await serve(script({ match: { model: "claude-sonnet-5-5" }, reply: [text("x")], fault }, others));
    const scene = await makeScene(makePlace(), server, { environment: allPlaces(server), fallback: [modelFor("responses")], retries: quick });
    expect((await scene.run("go")).end.reason).not.toBe("answered");
    expect(entriesOf(scene.journal(), "request").every(({ provider }) => provider === "anthropic")).toBe(true);
  });

  test("not for want of budget, nor after a refusal in words", async () => {
    const server = await serve(script({ match: { model: "claude-sonnet-5-5" }, reply: [text("I will not.")], finish: "refusal" }, others));
    const setting = { environment: allPlaces(server), fallback: [modelFor("responses")], retries: quick };
    const poor = await makeScene(makePlace(), server, { ...setting, budget: { usd: 0.000_001 } });
    expect((await poor.run("go")).end.reason).toBe("budget");
    expect(server.requests).toHaveLength(0);
    const refused = await makeScene(makePlace(), server, setting);
    expect((await refused.run("go")).end.reason).toBe("refused");
    expect(server.requests).toHaveLength(1);
  });

  test("one that cannot be had is said, and the next is asked", async () => {
    const server = await serve(script(overloaded(529, "always"), others));
    const fallback = ["antropic/nonsense", modelFor("responses")];
    const scene = await makeScene(makePlace(), server, { environment: allPlaces(server), fallback, retries: quick });
    const { end, events } = await scene.run("go");
    expect(end).toEqual({ reason: "answered", text: "I stand in." });
    expect(noticesOf(events, "fallback-missing")).toHaveLength(1);
  });
});
