// Mode auto over many calls: refusals in a row, the same call again, what it all costs. The models are scripts.
import { describe, expect, test } from "vitest";
import { createAgent } from "../../src/index.ts";
import { formatBooks, readBooks } from "../../src/session/index.ts";
import { allows, auto, change, decisionsOf, denies, handlerThat, noticesOf, script, verdict } from "./classifier-support.ts";
import { call, entriesOf, environmentFor, makeScene, read, says, serve, text, toolOf } from "./support.ts";

/** Asked for by its effect, and over in a moment. */
const post = toolOf("post", "network", () => says("sent"));

describe("refusals", () => {
  const commands = (count: number, from = 0) => Array.from({ length: count }, (_, at) => [call("post", { at: from + at })]);

  test("three in a row: a person is asked, which is said once and in each decision; a resume keeps it; an allowance ends it", async () => {
    const { scene, handler, sent } = await auto(
      [...commands(5), [text("so far")], ...commands(1, 5), [text("next")], ...commands(1, 6)],
      [denies, denies, denies, allows],
      { tools: [post] },
    );
    const first = await scene.run("go");
    expect(noticesOf(first.events).filter((code) => code === "classifier-stopped")).toHaveLength(1);
    expect(handler.asked).toHaveLength(2);
    expect(decisionsOf(scene).map(({ asked, classifier }) => [classifier?.outcome, /refused 3 calls in a row/.test(JSON.stringify(asked))])).toEqual([
      ["deny", false],
      ["deny", false],
      ["deny", false],
      [undefined, true],
      [undefined, true],
    ]);
    const allowing = handlerThat("allow");
    const again = await scene.resume({ handler: allowing });
    await again.run("go on");
    expect(allowing.asked).toHaveLength(1);
    expect(sent()).toHaveLength(3);
    await again.run("and on");
    expect(allowing.asked).toHaveLength(1);
    expect(sent()).toHaveLength(4);
  });

  test("an allowance in between begins a new row; what the mode allows anyway does not", async () => {
    const asks = [[call("post", { what: "a" })], [call("post", { what: "b" })], [read("a.txt")], [call("post", { what: "c" })], [call("post", { what: "d" })]];
    const { scene, handler, sent } = await auto(asks, [denies], { tools: [post] });
    await scene.run("go");
    expect(sent()).toHaveLength(3);
    expect(handler.asked).toHaveLength(1);
  });

  test("twenty in a session: for the rest of it, over a resume", async () => {
    const answers = Array.from({ length: 30 }, (_, at) => (at % 3 === 2 ? allows : denies));
    const { scene, sent } = await auto(commands(29), answers, { tools: [post] });
    await scene.run("go");
    expect(sent()).toHaveLength(29);
    const again = await scene.resume();
    expect(decisionsOf(again).filter(({ classifier }) => classifier?.outcome === "deny")).toHaveLength(20);
    await again.conversation.release();
    const server = await serve(script([[call("post", { what: "more" })], [text("x")], [call("post", { what: "last" })]], [allows]));
    const allowing = handlerThat("allow");
    const rest = await makeScene(
      again.place,
      server,
      { mode: "auto", tools: [post], handler: allowing, commands: { withoutSandbox: "run" } },
      scene.conversation.session.id,
    );
    await rest.run("go");
    await rest.run("on");
    expect(allowing.asked.map(({ because }) => /refused 20 calls in this session/.test(because))).toEqual([true, true]);
    expect(server.requests.filter(({ json }) => JSON.stringify(json).includes("You judge one call"))).toEqual([]);
  });
});

describe("the same call again", () => {
  test("within one intent is not asked twice, over a resume too; another word of the person's asks anew", async () => {
    const { scene, sent } = await auto(
      [[call("post", { what: "test" })], [call("post", { what: "test" })], [call("post", { what: "test" })], [text("x")], [call("post", { what: "test" })]],
      [denies, allows],
      { tools: [post] },
    );
    const limited = await scene.run("go");
    expect(limited.end.reason).toBe("answered");
    expect(sent()).toHaveLength(1);
    const records = decisionsOf(scene).map(({ classifier }) => classifier);
    expect(records.map((record) => [record?.outcome, record?.cached, record?.usd === 0])).toEqual([
      ["deny", undefined, false],
      ["deny", true, true],
      ["deny", true, true],
    ]);
  });

  test("is another one when only what was too long to be shown differs", async () => {
    const long = (middle: string): string => `${"a".repeat(10_000)}${middle}${"z".repeat(10_000)}`;
    const { scene, sent } = await auto(
      ["harmless", "harmful!", "harmless"].map((middle) => [call("write", { path: "long.txt", content: long(middle) })]),
      [denies, allows],
    );
    await scene.run("go");
    expect(sent()).toHaveLength(2);
    const [first = "", second] = sent().map((body) => JSON.stringify(body).replace(/harm\w+!?/g, ""));
    expect(second).toBe(first);
    expect(decisionsOf(scene).map(({ classifier }) => [classifier?.outcome, classifier?.cached])).toEqual([
      ["deny", undefined],
      ["allow", undefined],
      ["deny", true],
    ]);
  });

  test("is remembered from the journal", async () => {
    const { scene, sent } = await auto([[call("post", { what: "test" })], [call("post", { what: "wait" })]], [allows, verdict("unsure")], {
      handler: handlerThat("await"),
      tools: [post],
    });
    await scene.run("go");
    expect(sent()).toHaveLength(2);
    const server = await serve(script([[call("post", { what: "test" })]], [denies]));
    await scene.conversation.release();
    const handler = handlerThat("deny");
    const again = await makeScene(
      scene.place,
      server,
      { mode: "auto", tools: [post], handler, commands: { withoutSandbox: "run" } },
      scene.conversation.session.id,
    );
    await again.run(null);
    expect(server.requests.filter(({ json }) => JSON.stringify(json).includes("You judge one call"))).toEqual([]);
    expect(decisionsOf(again).at(-1)).toMatchObject({ verdict: "allow", classifier: { outcome: "allow", cached: true, usd: 0 } });
  });
});

test("what it costs is in the session's money and books, and no turn of the conversation", async () => {
  const { scene } = await auto([[change]], [allows], { budget: { usd: 5, turns: 2 } });
  expect((await scene.run("go")).end.reason).toBe("answered");
  const { state } = scene.conversation.session;
  const replies = entriesOf(scene.journal(), "reply");
  expect(replies.map(({ purpose }) => purpose)).toEqual(["turn", "classifier", "turn"]);
  expect(state.spent.usd).toBeCloseTo(
    replies.reduce((sum, { cost }) => sum + cost.usd, 0),
    9,
  );
  expect(state.spent.turns).toBe(2);
  const [request] = entriesOf(scene.journal(), "request").filter(({ purpose }) => purpose === "classifier");
  expect(request?.segments.map(({ name }) => name)).toEqual(["prompt:classifier-1", "intent and call"]);
  const agent = await createAgent({ cwd: scene.place.project, home: scene.place.home, environment: environmentFor("anthropic", scene.server) });
  if (!agent.ok) throw agent.error;
  const books = await readBooks(agent.value.store, scene.conversation.session.id);
  if (!books.ok) throw books.error;
  expect(formatBooks(books.value)).toMatch(/classifier +claude-haiku-5-5 +1 +\$0\.\d+/);
});
