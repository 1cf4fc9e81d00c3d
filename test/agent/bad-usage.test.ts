// Providers that do not count, count nonsense, or are cut before they do: a clear record over each wire, never a free call.
import { describe, expect, test } from "vitest";
import { createManualClock, type Turn } from "../../src/testing/index.ts";
import { collect, entriesOf, environmentFor, eventsOf, makePlace, makeScene, modelFor, type Scene, serve, text, type WireChoice, wires } from "./support.ts";

const answer = "It is a sentence of some length, which the model says in full.";
const own = { input: 1, output: 10, cacheRead: 0.1, cacheWrite: 2, cacheWriteLong: 2, source: "a test", asOf: "2026-11-01" };

async function sceneOver(wire: WireChoice, turns: readonly Turn[], options: object = {}): Promise<Scene> {
  const place = makePlace();
  const { mkdirSync, writeFileSync } = await import("node:fs");
  mkdirSync(place.home, { recursive: true });
  // one price on every wire
  writeFileSync(`${place.home}/prices.json`, JSON.stringify({ [modelFor(wire)]: own }));
  const server = await serve(turns);
  return makeScene(place, server, { wire, environment: environmentFor(wire, server), retries: { tries: 1 } as never, ...options });
}
const closings = (scene: Scene) => [...entriesOf(scene.journal(), "reply"), ...entriesOf(scene.journal(), "request-failed")];
const worstOf = (scene: Scene) => entriesOf(scene.journal(), "request")[0]?.projection.worst.usd ?? Number.NaN;

describe.each(wires)("over %s", (wire) => {
  test.each([
    ["no usage", { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }],
    ["absurd usage", { input: 1e13, output: 1 }],
  ])("%s costs the worst case, marked as not confirmed", async (_what, usage) => {
    const scene = await sceneOver(wire, [{ reply: [text(answer)], usage }]);
    const { events } = await scene.run("go");
    const [closed] = closings(scene);
    expect(closed).toMatchObject({ confirmed: false });
    expect(closed?.cost.usd).toBe(worstOf(scene));
    const told = eventsOf(events, "notice").filter(({ code }) => code === "cost-unconfirmed");
    expect(told.map(({ says }) => says)).toEqual([expect.stringContaining("is missing or cannot be true")]);
    expect(worstOf(scene)).toBeGreaterThan(0.01);
    expect(scene.conversation.session.state.spent.usd).toBe(worstOf(scene));
  });

  test("a stream that is cut before its count costs what is provable, or else its worst case", async () => {
    const scene = await sceneOver(wire, [{ reply: [text(answer)], fault: { kind: "no-finish" } }]);
    const { end } = await scene.run("go");
    expect(end.reason).toBe("model-error");
    const [closed] = closings(scene);
    expect(closed).toMatchObject({ type: "request-failed", confirmed: false });
    const cost = closed?.cost.usd ?? 0;
    expect(cost).toBeLessThanOrEqual(worstOf(scene));
    // only one wire counts the input at the beginning
    if (wire === "anthropic") {
      expect(cost).toBeLessThan(worstOf(scene) / 3);
      expect(closed?.cost.tokens).toBe((closed?.usage.input ?? 0) + (closed?.usage.cacheRead ?? 0) + (closed?.usage.cacheWrite ?? 0) + answer.length);
    }
    expect(cost).toBeGreaterThan(0.001);
  });

  test("retries of cut streams are each reserved: a limit that has room for one of them stops before the second", async () => {
    const fault = { kind: "cut" as const, at: "start" as const, times: "always" as const };
    const first = await sceneOver(wire, [{ reply: [text(answer)], fault }]);
    await first.run("go");
    const usd = worstOf(first) * 1.5;
    const options = { budget: { usd }, maxOutput: 4_096, retries: { tries: 6, baseMilliseconds: 1, capMilliseconds: 1 } };
    const scene = await sceneOver(wire, [{ reply: [text(answer)], fault }], options);
    const { end } = await scene.run("go");
    const spent = scene.conversation.session.state.spent.usd;
    expect(spent).toBeLessThanOrEqual(usd);
    expect(end.reason === "budget" || end.reason === "model-error").toBe(true);
    expect(entriesOf(scene.journal(), "request").length).toBe(closings(scene).length);
  });
});

test("a clock that jumps, forward or back, between and within calls makes none of them free and none longer", async () => {
  const clock = createManualClock(Date.UTC(2026, 10, 20));
  const scene = await sceneOver("anthropic", [{ reply: [text(answer)], repeat: "always" }], { clock });
  for (const days of [0, 400, -800, 3]) {
    clock.shift(days * 86_400_000);
    const { end } = await collect(scene.conversation.send("go"));
    expect(end.reason).toBe("answered");
  }
  for (const { cost, confirmed } of entriesOf(scene.journal(), "reply")) {
    expect(cost.usd).toBeGreaterThan(0);
    expect(cost.seconds).toBeGreaterThanOrEqual(0);
    expect(cost.seconds).toBeLessThan(60);
    expect(confirmed).toBe(true);
  }
  for (const { projection } of entriesOf(scene.journal(), "request")) {
    expect(projection.expected.usd).toBeGreaterThan(0);
    expect(projection.worst.usd).toBeGreaterThanOrEqual(projection.expected.usd);
  }
});
