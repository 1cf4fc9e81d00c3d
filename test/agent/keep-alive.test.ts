// The cache is kept warm between runs only where that is allowed and pays; each request for it is in the books.
import { expect, test } from "vitest";
import { pingsThatPay } from "../../src/agent/keep-alive.ts";
import { createManualClock } from "../../src/testing/index.ts";
import { done, entriesOf, eventsOf, makePlace, makeScene, read, serve, until } from "./support.ts";

const minutes = (count: number): number => count * 60_000;
const long = [{ reply: [read("a.txt")] }, ...Array.from({ length: 40 }, () => done)];

async function waiting(setting: object) {
  const clock = createManualClock();
  const place = makePlace();
  place.write("a.txt", "text\n");
  const server = await serve(long, { clock });
  const scene = await makeScene(place, server, { clock, ...setting });
  await scene.run("Look.");
  return { clock, server, scene };
}

test("so often that all of it is cheaper than one write, and never without both prices", () => {
  const agent = (cacheRead: number, cacheWrite: number) =>
    ({ price: () => ({ input: 2, output: 10, cacheRead, cacheWrite }), cache: { least: 0, life: 300 } }) as never;
  expect(pingsThatPay(agent(0.1, 2.5), 10_000)).toBe(23);
  expect(pingsThatPay(agent(0.5, 6.25), 10_000)).toBe(11);
  expect(pingsThatPay(agent(2, 2.5), 10_000)).toBe(0);
  expect(pingsThatPay(agent(0, 0), 10_000)).toBe(0);
  expect(pingsThatPay({ price: () => undefined, cache: { least: 0, life: 300 } } as never, 10_000)).toBe(0);
});

test("allowed: the last request again for one token, and the next turn reads all of it after twelve minutes", async () => {
  const { clock, server, scene } = await waiting({ keepAlive: true });
  expect(server.requests).toHaveLength(2);
  for (const count of [3, 4, 5]) {
    await until(() => clock.sleepers > 0);
    await clock.advance(minutes(4.6));
    await until(() => server.requests.length === count && entriesOf(scene.journal(), "reply").length === count);
  }
  const [, last, ping] = server.requests;
  expect(ping?.json["max_tokens"]).toBe(1);
  expect(ping?.json["tools"]).toEqual(last?.json["tools"]);
  expect(ping?.ledger).toMatchObject({ cacheRead: ping?.ledger?.total, cacheWrite: 0 });
  const { events } = await scene.run("Go on.");
  expect(eventsOf(events, "context-assembled")[0]?.cache).toMatchObject({ state: "warm" });
  expect(eventsOf(events, "turn-end")[0]?.cache?.verdict).toBe("kept");
  const asked = entriesOf(scene.journal(), "request").filter(({ purpose }) => purpose === "keep-alive");
  expect(asked).toHaveLength(3);
  for (const { projection } of asked) expect(projection.worst.usd).toBeGreaterThan(0);
  expect(scene.conversation.session.state.turns).toBe(3);
  expect(scene.conversation.session.state.spent.turns).toBe(3);
});

test("not allowed: nothing is sent, and nothing waits", async () => {
  const { clock, server } = await waiting({});
  expect(clock.sleepers).toBe(0);
  await clock.advance(minutes(30));
  expect(server.requests).toHaveLength(2);
});
