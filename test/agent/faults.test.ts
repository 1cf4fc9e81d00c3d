// Every fault of the scripted model ends in its own way: what is journaled, what is said, and that nothing half-said is acted upon.
import { describe, expect, test } from "vitest";
import type { Script, Turn } from "../../src/testing/index.ts";
import { createManualClock } from "../../src/testing/index.ts";
import { prefixBreaks } from "./prefix.ts";
import { bash, collect, done, entriesOf, eventsOf, makePlace, makeScene, play, type Scene, serve, text, toldOf, until, wires } from "./support.ts";

type Fault = NonNullable<Turn["fault"]>;
const quick = { tries: 3, totalMilliseconds: 60_000, baseMilliseconds: 1, capMilliseconds: 2 };

/** Each request line with what closed it. */
function attemptsOf(scene: Scene): readonly string[] {
  const entries = scene.journal();
  const closings = [...entriesOf(entries, "reply"), ...entriesOf(entries, "request-failed")];
  return entriesOf(entries, "request").map(({ request, attempt }) => {
    const closing = closings.filter((one) => one.request === request);
    expect(closing).toHaveLength(1);
    const [one] = closing;
    return `${attempt} ${one?.type === "request-failed" ? one.failure.class : one?.type}`;
  });
}

/** A turn with a call that would leave a trace, and the fault on it. */
const struck = (fault: Fault): Turn => ({ reply: [text("I will touch it, and this sentence is long enough to be cut."), bash("echo ran >> trace")], fault });

const passing: readonly { readonly name: string; readonly fault: Fault; readonly failure: string; readonly says: RegExp }[] = [
  { name: "a cut connection", fault: { kind: "cut", at: "connection" }, failure: "network", says: /cut|connection/ },
  { name: "a cut after the first event", fault: { kind: "cut", at: "start" }, failure: "network", says: /cut|broke|ended/ },
  { name: "a cut in the text", fault: { kind: "cut", at: "text" }, failure: "network", says: /cut|broke|ended/ },
  { name: "a cut inside a call's arguments", fault: { kind: "cut", at: "arguments" }, failure: "network", says: /cut|broke|ended/ },
  { name: "429", fault: { kind: "status", status: 429, message: "Too many" }, failure: "rate-limited", says: /429: Too many/ },
  { name: "529", fault: { kind: "status", status: 529 }, failure: "overloaded", says: /529/ },
  { name: "500", fault: { kind: "status", status: 500 }, failure: "overloaded", says: /500/ },
  { name: "503", fault: { kind: "status", status: 503 }, failure: "overloaded", says: /503/ },
  { name: "a page of HTML", fault: { kind: "html" }, failure: "malformed", says: /HTML page.*Sign in.*base URL/ },
  { name: "an empty answer", fault: { kind: "empty" }, failure: "malformed|network", says: /./ },
  { name: "an end without a finish", fault: { kind: "no-finish" }, failure: "network", says: /ended|finish|broke/ },
  { name: "an error event", fault: { kind: "error-event" }, failure: "overloaded", says: /Overloaded/ },
  { name: "a broken event", fault: { kind: "malformed-stream" }, failure: "malformed|network", says: /./ },
];

describe.each(wires)("over the %s wire", (wire) => {
  test.each(passing)("$name is tried again, acts on nothing, and is in the books", async ({ fault, failure, says }) => {
    const scene = await play([struck({ ...fault, times: 1 } as Fault), done], { wire, retries: quick });
    const { end, events } = await scene.run("go");
    expect(end).toEqual({ reason: "answered", text: "done" });
    // the turn was served soundly afterwards: the call ran once, though a part of it came twice
    expect(scene.place.read("trace")).toBe("ran\n");
    const [first, ...rest] = attemptsOf(scene);
    expect(first).toMatch(new RegExp(`^1 (${failure})$`));
    expect(rest).toEqual(["2 reply", "1 reply"]);
    const retries = eventsOf(events, "model-retry");
    expect(retries).toHaveLength(1);
    expect(retries[0]?.failure.message).toMatch(says);
    expect(eventsOf(events, "turn-start").map((event) => [event.turn, event.attempt])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
    ]);
    expect(prefixBreaks(scene.server.requests)).toEqual([]);
    expect(scene.conversation.session.state.openRequests).toEqual([]);
  });

  test.each(passing)("$name for ever ends the run with the reason, the tries and nothing done", async ({ fault, failure, says }) => {
    const scene = await play([struck({ ...fault, times: "always" } as Fault)], { wire, retries: quick });
    const { end, events } = await scene.run("go");
    expect(end).toMatchObject({ reason: "model-error", attempts: 3 });
    if (end.reason !== "model-error") return;
    expect(end.failure.class).toMatch(new RegExp(`^(${failure})$`));
    expect(end.failure.message).toMatch(says);
    expect(end.failure.message).toContain("Given up after 3 tries");
    expect(attemptsOf(scene)).toHaveLength(3);
    expect(eventsOf(events, "step")).toEqual([]);
    expect(() => scene.place.read("trace")).toThrow("ENOENT");
    expect(entriesOf(scene.journal(), "end")).toHaveLength(1);
  });

  test("arguments that stop half-way with a normal end never execute; the model is told, and may call again", async () => {
    const scene = await play([{ ...struck({ kind: "truncated-arguments" }), title: "cut" }, { reply: [bash("echo again >> trace")] }, done], { wire });
    const { end, events } = await scene.run("go");
    expect(end).toEqual({ reason: "answered", text: "done" });
    expect(scene.place.read("trace")).toBe("again\n");
    if (wire === "gemini") {
      // there arguments come whole or the reply ends as malformed: it is asked for again
      expect(attemptsOf(scene)).toEqual(["1 malformed", "2 reply", "1 reply"]);
      return;
    }
    expect(toldOf(scene)[0]).toMatchObject({ tool: "bash", failed: true });
    expect(eventsOf(events, "model").map(({ part }) => part.type)).toContain("call-rejected");
    expect(entriesOf(scene.journal(), "step").filter(({ change }) => change.to === "planned")).toHaveLength(1);
    expect(scene.server.requests.map((request) => request.outcome)).toEqual(["answered", "answered", "answered"]);
    expect(prefixBreaks(scene.server.requests)).toEqual([]);
  });

  test("a conversation that is too long ends context-exhausted, at once, with the next move", async () => {
    const scene = await play([{ reply: [text("never")], fault: { kind: "context-too-long" } }], { wire, retries: quick });
    const { end } = await scene.run("go");
    expect(end).toMatchObject({ reason: "context-exhausted" });
    if (end.reason === "context-exhausted") expect(end.says).toMatch(/no longer fits.*(new session|larger window)/s);
    expect(attemptsOf(scene)).toEqual(["1 context-too-long"]);
  });

  test("the same reply delivered twice is two replies: each call runs once a reply, under ids of their own", async (context) => {
    if (wire === "gemini") return context.skip("the scripted Gemini binds a signature to the id of its call, and the second call gets an id of its own");
    const scene = await play([struck({ kind: "duplicate" }), done], { wire });
    const { end } = await scene.run("go");
    expect(end).toEqual({ reason: "answered", text: "done" });
    expect(scene.place.read("trace")).toBe("ran\nran\n");
    const planned = entriesOf(scene.journal(), "step").flatMap(({ change }) => (change.to === "planned" ? [change] : []));
    expect(new Set(planned.map((one) => one.call.id)).size).toBe(2);
    expect(new Set(planned.map((one) => one.key)).size).toBe(2);
    expect(scene.server.requests.map((request) => request.says ?? request.outcome)).toEqual(["answered", "answered", "answered"]);
  });

  test("two calls of one reply under one id run once", async () => {
    const scene = await play(
      [
        {
          reply: [
            { call: "bash", input: { command: "echo a >> trace" }, id: "toolu_same" },
            { call: "bash", input: { command: "echo a >> trace" }, id: "toolu_same" },
          ],
        },
        done,
      ],
      { wire },
    );
    const { end } = await scene.run("go");
    expect(end).toEqual({ reason: "answered", text: "done" });
    expect(scene.place.read("trace")).toBe("a\n");
    expect(scene.server.requests.map((request) => request.says ?? request.outcome)).toEqual(["answered", "answered"]);
  });

  test("events and fields nobody knows, and a byte at a time, change nothing", async () => {
    const scene = await play([struck({ kind: "unknown-events" }), { reply: [text("done")], fault: { kind: "slow-bytes", bytes: 50, milliseconds: 1 } }], {
      wire,
    });
    const { end } = await scene.run("go");
    expect(end).toEqual({ reason: "answered", text: "done" });
    expect(scene.place.read("trace")).toBe("ran\n");
    expect(attemptsOf(scene)).toEqual(["1 reply", "1 reply"]);
  });

  test("a stall is ended by the watchdog and tried again", async () => {
    const scene = await play([struck({ kind: "stall", at: "middle", milliseconds: 60_000, times: 1 }), done], { wire, retries: quick, idleTimeout: 150 });
    const { end, events } = await scene.run("go");
    expect(end).toEqual({ reason: "answered", text: "done" });
    expect(attemptsOf(scene)).toEqual(["1 network", "2 reply", "1 reply"]);
    expect(eventsOf(events, "model-retry")[0]?.failure.message).toMatch(/(stall|silent|no data|nothing|without a byte)/i);
    expect(scene.place.read("trace")).toBe("ran\n");
  });

  test("a refusal ends the run as such", async () => {
    const scene = await play([{ reply: [text("I will not.")], finish: "refusal" }], { wire });
    expect((await scene.run("go")).end).toEqual({ reason: "refused", says: "I will not." });
  });

  test("a wrong key ends the run at once with what to check", async () => {
    const place = makePlace();
    const server = await serve([done], { authentication: { key: "another" } });
    const scene = await makeScene(place, server, { wire, retries: quick });
    const { end } = await scene.run("go");
    expect(end).toMatchObject({ reason: "model-error", attempts: 1, failure: { class: "authentication" } });
    if (end.reason === "model-error") expect(end.failure.message).toContain("Check the key");
  });

  test("what was streamed of a call in a reply that broke off is shown and never run, however it ends", async () => {
    const script: Script = {
      name: "cut",
      turns: [{ reply: [bash("echo whole >> trace"), bash("echo cut >> trace")], fault: { kind: "cut", at: "arguments", times: "always" } }],
    };
    const scene = await makeScene(makePlace(), await serve(script), { wire, retries: quick });
    const { events } = await scene.run("go");
    // over Gemini a call comes whole or not at all
    expect(eventsOf(events, "model").filter(({ part }) => part.type === "tool-matched")).toHaveLength(wire === "gemini" ? 3 : 6);
    expect(() => scene.place.read("trace")).toThrow("ENOENT");
  });
});

describe("waits", () => {
  test.each([429, 529])("what a %i asks to wait is waited, to the millisecond, on the session's clock", async (status) => {
    const clock = createManualClock();
    const server = await serve([{ reply: [text("done")], fault: { kind: "status", status, retryAfter: { seconds: 7 }, times: 1 } }]);
    const scene = await makeScene(makePlace(), server, { clock, retries: { ...quick, baseMilliseconds: 0 } });
    const run = collect(scene.conversation.send("go"));
    await until(() => entriesOf(scene.journal(), "request-failed").length === 1 && clock.sleepers > 0);
    expect(entriesOf(scene.journal(), "request-failed")[0]).toMatchObject({ retryIn: 7000, failure: { status, retryAfter: 7000 } });
    await clock.advance(6999);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(server.requests).toHaveLength(1);
    await clock.advance(1);
    expect((await run).end).toEqual({ reason: "answered", text: "done" });
    expect(server.requests).toHaveLength(2);
    expect(server.requests[1]?.arrivedAt).toBeGreaterThan(0);
  });

  test("a wait longer than the time for retries is not waited: the end says so", async () => {
    const scene = await play([{ reply: [text("no")], fault: { kind: "status", status: 429, retryAfter: { seconds: 3600 } } }], { retries: quick });
    const { end } = await scene.run("go");
    expect(end).toMatchObject({ reason: "model-error", attempts: 1 });
    if (end.reason === "model-error") expect(end.failure.message).toContain("asks to wait 3600 s");
  });

  test("an interrupt during a wait ends the run at once", async () => {
    const scene = await play([{ reply: [text("no")], fault: { kind: "status", status: 429, retryAfter: { seconds: 50 } } }], { retries: quick });
    const stop = new AbortController();
    const run = collect(scene.conversation.send("go", stop.signal));
    await until(() => entriesOf(scene.journal(), "request-failed").length === 1);
    const from = performance.now();
    stop.abort();
    expect((await run).end).toMatchObject({ reason: "aborted" });
    expect(performance.now() - from).toBeLessThan(1000);
  });

  test("failures in a row open the breaker: the next run is refused before anything is sent, until it has cooled down", async () => {
    const clock = createManualClock();
    const server = await serve([{ reply: [text("at last")], fault: { kind: "status", status: 500, times: 10 } }]);
    const scene = await makeScene(makePlace(), server, { clock, retries: { ...quick, tries: 100, baseMilliseconds: 0, capMilliseconds: 0 } });
    const first = await scene.run("go");
    expect(first.end).toMatchObject({ reason: "model-error", attempts: 10 });
    expect(eventsOf(first.events, "breaker-opened")).toHaveLength(1);
    expect(await scene.run(null)).toMatchObject({
      end: { reason: "breaker", name: "model", failures: 10, says: expect.stringContaining("left alone for 60 s") },
    });
    expect(server.requests).toHaveLength(10);
    await clock.advance(60_000);
    expect((await scene.run(null)).end).toEqual({ reason: "answered", text: "at last" });
  });
});

describe("books", () => {
  test("attempts that were counted cost what they cost, those that were refused nothing; the sum is the end's", async () => {
    const scene = await play([struck({ kind: "status", status: 500 }), { reply: [text("x")], fault: { kind: "cut", at: "text", times: 1 } }, done], {
      retries: quick,
      model: "anthropic/claude-sonnet-5-5",
    });
    const { events } = await scene.run("go");
    const entries = scene.journal();
    const closings = [...entriesOf(entries, "reply"), ...entriesOf(entries, "request-failed")];
    const sum = closings.reduce((usd, one) => usd + one.cost.usd, 0);
    expect(entriesOf(entries, "request-failed").map((one) => [one.failure.class, one.cost.usd > 0, one.confirmed])).toEqual([
      ["overloaded", false, true],
      ["network", true, false],
    ]);
    expect(eventsOf(events, "run-end")[0]?.cost.usd).toBeCloseTo(sum, 10);
    const worst = entriesOf(entries, "request").find((one) => one.request === entriesOf(entries, "request-failed")[1]?.request)?.projection.worst.usd;
    expect(entriesOf(entries, "request-failed")[1]?.cost.usd).toBe(worst);
  });
});
