// Breakers: what each opening says and saved, and money within a minute.
import { describe, expect, test } from "vitest";
import type { Provider } from "../../src/model/index.ts";
import { createManualClock } from "../../src/testing/index.ts";
import { bash, done, entriesOf, eventsOf, makePlace, makeScene, play, read, serve, text } from "./support.ts";

const quick = { tries: 3, totalMilliseconds: 60_000, baseMilliseconds: 0, capMilliseconds: 0 };

describe("each opening is one event, with what it saved", () => {
  test("retries that are used up: the next attempt, at what was projected for it", async () => {
    const scene = await play([{ reply: [text("x")], fault: { kind: "status", status: 529, times: "always" } }], { retries: quick });
    const first = await scene.run("go");
    const [opened, ...rest] = eventsOf(first.events, "breaker-opened");
    expect(rest).toEqual([]);
    const projected = entriesOf(scene.journal(), "request").at(-1)?.projection.expected.usd ?? 0;
    expect(projected).toBeGreaterThan(0);
    expect(opened).toMatchObject({ name: "retries", failures: 3, openings: 1, saved: { calls: 1, usd: projected } });
    const second = await scene.run(null);
    expect(eventsOf(second.events, "breaker-opened")).toMatchObject([{ name: "retries", openings: 2, saved: { calls: 2 } }]);
  });

  test("a model that fails on and on: every turn that would have asked it counts", async () => {
    const clock = createManualClock();
    const setting = { clock, retries: { ...quick, tries: 100 } };
    const scene = await play([{ reply: [text("at last")], fault: { kind: "status", status: 500, times: 11 } }], setting);
    expect(eventsOf((await scene.run("go")).events, "breaker-opened")).toMatchObject([{ name: "model", failures: 10, openings: 1, saved: { calls: 1 } }]);
    for (let run = 0; run < 3; run++) expect((await scene.run(null)).end).toMatchObject({ reason: "breaker", name: "model" });
    await clock.advance(60_000);
    // the trial fails: it opens again at once
    const again = await scene.run(null);
    expect(again.end).toMatchObject({ reason: "model-error", attempts: 1 });
    expect(eventsOf(again.events, "breaker-opened")).toMatchObject([{ name: "model", openings: 2, saved: { calls: 5 } }]);
    await clock.advance(60_000);
    expect((await scene.run(null)).end).toEqual({ reason: "answered", text: "at last" });
  });

  test("the same call again and again: the turn that would have followed, at what the last one cost", async () => {
    const scene = await play([{ reply: [read("a.txt")], repeat: "always" }], { identicalCalls: 3 }, (place) => place.write("a.txt", "a"));
    const { end, events } = await scene.run("go");
    expect(end).toMatchObject({ reason: "breaker", name: "identical-calls", failures: 3 });
    const usd = eventsOf(events, "turn-end").at(-1)?.actual.usd ?? 0;
    expect(usd).toBeGreaterThan(0);
    expect(eventsOf(events, "breaker-opened")).toMatchObject([{ name: "identical-calls", failures: 3, openings: 1, saved: { calls: 1, usd } }]);
  });
});

describe("money within a minute", () => {
  const turns = [...Array.from({ length: 6 }, (_, index) => ({ reply: [bash(`echo ${index} >> trace`)], usage: { input: 1000, output: 40_000 } })), done, done];
  // Each turn costs all the output it may have: 40,000 tokens at $10 a million.
  const limited = { maxOutput: 40_000, usdPerMinute: 1 };

  test("ends the run before the call that could exceed it, with the figures; as the minute passes it goes on", async () => {
    const clock = createManualClock();
    const server = await serve(turns);
    const scene = await makeScene(makePlace(), server, { ...limited, clock });
    const { end, events } = await scene.run("go");
    expect(end).toMatchObject({ reason: "breaker", name: "spend-per-minute", spending: { limit: 1, reserved: 0 } });
    if (end.reason !== "breaker" || end.spending === undefined) throw new Error("no figures");
    const { spent, projected } = end.spending;
    expect(spent).toBeLessThanOrEqual(1);
    expect(spent + projected).toBeGreaterThan(1);
    expect(spent).toBeCloseTo(scene.conversation.session.state.spent.usd, 9);
    const sent = server.requests.length;
    expect(entriesOf(scene.journal(), "request")).toHaveLength(sent);
    expect(eventsOf(events, "breaker-opened")).toMatchObject([{ name: "spend-per-minute", openings: 1, saved: { calls: 1, usd: projected } }]);
    // another process knows what was spent a moment ago
    const again = await scene.resume();
    expect((await again.run(null)).end).toMatchObject({ reason: "breaker", name: "spend-per-minute" });
    expect(server.requests).toHaveLength(sent);
    await clock.advance(60_001);
    await again.run(null);
    expect(server.requests.length).toBeGreaterThan(sent);
  });

  test("a clock that is put back frees nothing", async () => {
    const early = createManualClock(2_000_000_000_000);
    const server = await serve(turns);
    const scene = await makeScene(makePlace(), server, { ...limited, clock: early });
    expect((await scene.run("go")).end).toMatchObject({ reason: "breaker", name: "spend-per-minute" });
    const sent = server.requests.length;
    const back = await scene.resume({ clock: createManualClock(1_000_000_000_000) });
    expect((await back.run(null)).end).toMatchObject({ reason: "breaker", name: "spend-per-minute" });
    expect(server.requests).toHaveLength(sent);
  });

  test("a price that is not known cannot be held to it: nothing is sent", async () => {
    let asked = 0;
    const provider: Provider = {
      id: "own",
      // biome-ignore lint/correctness/useYield: it is never asked
      async *stream() {
        asked += 1;
      },
    };
    const scene = await makeScene(makePlace(), await serve([done]), { provider: { provider, model: "m" }, usdPerMinute: 1 });
    const { end } = await scene.run("go");
    expect(end).toMatchObject({ reason: "breaker", name: "spend-per-minute", says: expect.stringContaining("limits.usdPerMinute") });
    expect(asked).toBe(0);
  });
});
