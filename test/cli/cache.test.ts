// `bosun cache`: a session drawn request by request; and what becomes of a break when the person says no.
import { expect, test } from "vitest";
import { done, entriesOf, eventsOf, makePlace, makeScene, read, serve } from "../agent/support.ts";
import { bosun } from "./support.ts";

const turns = [{ reply: [read("a.txt")] }, done, done, done, done];
const opus = "anthropic/claude-opus-5-5";

test("a bar for each request, the break between them with cause and price; as JSON the same", async () => {
  const place = makePlace();
  place.write("a.txt", "text\n".repeat(200));
  const server = await serve(turns);
  const scene = await makeScene(place, server);
  await scene.run("Look.");
  const other = await scene.resume({ model: opus });
  await other.run("Go on.");
  await other.conversation.release();
  const { id } = scene.conversation.session;
  const shown = await bosun({ place }, "cache", id.slice(0, 12));
  expect(shown.stderr).toBe("");
  expect(shown.code).toBe(0);
  expect(shown.stdout).toMatch(/3 requests, .* read from the cache; 1 break, \$0\.\d+/);
  expect(shown.stdout).toMatch(/ {3}1 {2}.* {2}0 % +▒+\n/);
  expect(shown.stdout).toMatch(/ {3}2 {2}.*█+▒+\n/);
  expect(shown.stdout).toContain(
    "✗ broken in model (11, another model): the model was anthropic/claude-sonnet-5-5 and is now anthropic/claude-opus-5-5; about ",
  );
  const json = JSON.parse((await bosun({ place }, "cache", id, "--json")).stdout);
  expect(json).toMatchObject({
    session: id,
    breaks: 1,
    requests: [{ forecast: { state: "first" } }, { outcome: { verdict: "kept" } }, { outcome: { verdict: "changed" } }],
  });
  const { ledger } = server.requests[1] ?? {};
  expect(json.requests[1]).toMatchObject({ read: ledger?.cacheRead, written: ledger?.cacheWrite, missed: ledger?.input });
});

test("without a name, or with one that nothing fits, the next move is said", async () => {
  const place = makePlace();
  expect((await bosun({ place }, "cache")).stderr).toContain("bosun sessions");
  expect((await bosun({ place }, "cache", "s_none")).code).not.toBe(0);
});

test("a break that the person does not want is not sent, is asked again, and counts nothing", async () => {
  const place = makePlace();
  const server = await serve(turns);
  const scene = await makeScene(place, server);
  await scene.run("Look.");
  const asked: number[] = [];
  const answers = [false, true];
  const confirmBreak = async ({ usd }: { readonly usd: number | null }) => {
    asked.push(usd ?? -1);
    return answers.shift() ?? false;
  };
  const other = await scene.resume({ model: opus, confirmBreak });
  const sent = server.requests.length;
  const { end } = await other.run("Go on.");
  expect(end).toMatchObject({ reason: "aborted", says: expect.stringContaining("Not sent. The provider's cache is broken (the model was") });
  expect(server.requests).toHaveLength(sent);
  expect((await other.run(null)).end.reason).toBe("answered");
  expect(asked).toHaveLength(2);
  expect(asked[0]).toBeGreaterThan(0);
  expect(entriesOf(other.journal(), "request").filter(({ cache }) => cache?.broken)).toHaveLength(1);
});

test("where nobody is asked, it is said and sent", async () => {
  const scene = await makeScene(makePlace(), await serve([done, done]));
  await scene.run("Look.");
  const other = await scene.resume({ model: opus });
  const { end, events } = await other.run("Go on.");
  expect(end.reason).toBe("answered");
  expect(eventsOf(events, "notice").filter(({ code }) => code === "cache-break")).toMatchObject([{ level: "info" }]);
});

test("an hour of life is asked for at every breakpoint, billed as such and projected as such", async () => {
  const server = await serve(turns);
  const scene = await makeScene(makePlace(), server, { cacheLife: "1h" });
  const { events } = await scene.run("Look.");
  const bodies = server.requests.map((request) => Buffer.from(request.body).toString("utf8"));
  for (const body of bodies) expect(body.split('"cache_control":{"type":"ephemeral","ttl":"1h"}').length).toBe(body.split('"cache_control"').length);
  expect(server.requests[0]?.ledger?.cacheWriteLong).toBe(server.requests[0]?.ledger?.cacheWrite);
  const [first] = eventsOf(events, "turn-start");
  const [reply] = eventsOf(events, "reply");
  expect(first?.projection.worst.usd).toBeGreaterThan(reply?.cost.usd ?? 1);
  expect(reply?.usage.cacheWriteLong).toBe(reply?.usage.cacheWrite);
});
