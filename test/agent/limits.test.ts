// Where a run stops before the model does: interrupts, queued input, turns, money, circles.
import { describe, expect, test } from "vitest";
import type { Provider } from "../../src/model/index.ts";
import { createManualClock } from "../../src/testing/index.ts";
import { prefixBreaks } from "./prefix.ts";
import {
  bash,
  call,
  collect,
  done,
  edit,
  entriesOf,
  eventsOf,
  makePlace,
  makeScene,
  play,
  read,
  says,
  serve,
  text,
  toldOf,
  toolOf,
  until,
  wires,
} from "./support.ts";

describe("an interrupt", () => {
  test("during a batch ends what runs, cancels the rest, and says so in each result", async () => {
    const scene = await play(
      [{ reply: [bash("touch began; sleep 20; touch ended"), bash("touch second"), read("a.txt"), edit("a.txt", "old", "new")] }, done],
      {},
      (place) => place.write("a.txt", "old\n"),
    );
    const stop = new AbortController();
    const run = collect(scene.conversation.send("go", stop.signal));
    await until(() => scene.place.project !== "" && exists(scene.place.file("began")));
    stop.abort();
    const { end, events } = await run;
    expect(end).toEqual({ reason: "aborted", says: "Interrupted by the person." });
    expect(toldOf(scene).map((one) => one.text)).toEqual([
      expect.stringContaining("interrupted by the person"),
      expect.stringContaining("Interrupted by the person before it began: nothing was done."),
      expect.stringContaining("Interrupted by the person before it began: nothing was done."),
      expect.stringContaining("Interrupted by the person before it began: nothing was done."),
    ]);
    expect(
      eventsOf(events, "step")
        .map((event) => event.to)
        .filter((to) => to !== "planned"),
    ).toEqual(["executing", "failed", "cancelled", "cancelled", "cancelled"]);
    expect(exists(scene.place.file("ended")) || exists(scene.place.file("second"))).toBe(false);
    expect(scene.place.read("a.txt")).toBe("old\n");
    // the conversation goes on from there, paired
    expect((await scene.run("go on")).end).toEqual({ reason: "answered", text: "done" });
    expect(prefixBreaks(scene.server.requests)).toEqual([]);
  });

  test("of reads that run together lets each say what it knows", async () => {
    const wait = toolOf("wait", "read", async (_input, _key, signal) => {
      if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      return says("told to stop", true);
    });
    const scene = await play([{ reply: [call("wait", { n: 1 }), call("wait", { n: 2 }), bash("touch late")] }], { tools: [wait] });
    const stop = new AbortController();
    const run = collect(scene.conversation.send("go", stop.signal));
    await until(() => entriesOf(scene.journal(), "step").filter(({ change }) => change.to === "executing").length === 2);
    stop.abort();
    expect((await run).end.reason).toBe("aborted");
    expect(toldOf(scene).map((one) => one.text)).toEqual(["told to stop", "told to stop", expect.stringContaining("nothing was done")]);
  });

  test("while the model speaks ends the run at once; nothing of the half reply is kept, and it can go on", async () => {
    const scene = await play(
      [{ reply: [text("half of a sentence"), bash("touch ran")], fault: { kind: "stall", at: "middle", milliseconds: 30_000 } }, done],
      {},
    );
    const stop = new AbortController();
    const run = collect(scene.conversation.send("go", stop.signal));
    await until(() => scene.server.requests.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    stop.abort();
    expect((await run).end).toMatchObject({ reason: "aborted" });
    expect(scene.conversation.session.state.messages.map((message) => message.role)).toEqual(["user"]);
    expect(entriesOf(scene.journal(), "request-failed").map((one) => [one.failure.class, one.retryIn])).toEqual([["aborted", null]]);
    expect((await scene.run("go on")).end).toEqual({ reason: "answered", text: "done" });
    expect(exists(scene.place.file("ran"))).toBe(true);
  });

  test("before the run begins does nothing but say so", async () => {
    const scene = await play([done]);
    const stop = new AbortController();
    stop.abort();
    expect((await scene.run("go", stop.signal)).end).toMatchObject({ reason: "aborted" });
    expect(scene.server.requests).toHaveLength(0);
  });

  test("while somebody is asked cancels that call", async () => {
    const stop = new AbortController();
    const scene = await play([{ reply: [bash("make")] }], {
      mode: "ask",
      handler: {
        context: "interactive",
        settle: async () => {
          stop.abort();
          return { verdict: "allow", reason: { by: "person" }, holds: "call" };
        },
      },
    });
    expect((await scene.run("go", stop.signal)).end.reason).toBe("aborted");
    expect(toldOf(scene)[0]?.text).toContain("nothing was done");
    expect(entriesOf(scene.journal(), "decision")).toEqual([]);
  });
});

describe.each(wires)("queued input over the %s wire", (wire) => {
  test("is durable at once, taken at the next turn's boundary, and stands after the results", async () => {
    let queue: (() => Promise<void>) | null = null;
    const during = toolOf("during", "execute", async () => {
      await queue?.();
      return says("worked");
    });
    const scene = await play([{ reply: [call("during", {}), bash("echo second")] }, { match: { userText: "and also this" }, reply: [text("both")] }], {
      wire,
      tools: [during],
    });
    queue = async () => {
      await scene.conversation.queue("and also this");
      expect(entriesOf(scene.journal(), "input")).toHaveLength(1);
    };
    expect((await scene.run("go")).end).toEqual({ reason: "answered", text: "both" });
    expect(scene.conversation.session.state.messages.map((message) => message.role)).toEqual(["user", "assistant", "tool", "tool", "user", "assistant"]);
    const said = entriesOf(scene.journal(), "user");
    expect(said[1]?.queued).toBe(entriesOf(scene.journal(), "input")[0]?.id);
    expect(scene.conversation.session.state.queue).toEqual([]);
    expect(prefixBreaks(scene.server.requests)).toEqual([]);
  });
});

test("what was queued while the last reply came is answered in the same run", async () => {
  const scene = await play([
    { reply: [text("first")], delay: { first: 80 } },
    { match: { userText: "late" }, reply: [text("second")] },
  ]);
  const run = collect(scene.conversation.send("go"));
  await until(() => scene.server.requests.length === 1);
  await scene.conversation.queue("late");
  expect((await run).end).toEqual({ reason: "answered", text: "second" });
});

test("what was queued between two runs is taken by the next, also in another process", async () => {
  const scene = await play([done, { match: { userText: "left over" }, reply: [text("taken")] }]);
  await scene.run("go");
  await scene.conversation.queue("left over");
  const again = await scene.resume();
  expect((await again.run(null)).end).toEqual({ reason: "answered", text: "taken" });
});

describe("limits", () => {
  test("the same call with the same result again and again is stopped, by name and number", async () => {
    const scene = await play([{ reply: [bash("cat a.txt")], repeat: "always" }], { identicalCalls: 4 }, (place) => place.write("a.txt", "same\n"));
    const { end } = await scene.run("go");
    expect(end).toMatchObject({ reason: "breaker", name: "identical-calls", failures: 4, says: expect.stringContaining("bash") });
    expect(scene.server.requests).toHaveLength(4);
  });

  test("the same call with another result each time is work, not a circle", async () => {
    const scene = await play([{ reply: [bash("echo x >> a.txt; wc -l < a.txt")], repeat: 6 }, done], { identicalCalls: 3 });
    expect((await scene.run("go")).end).toEqual({ reason: "answered", text: "done" });
  });

  test("replies in one run: the end names the limit, and the next run goes on", async () => {
    const scene = await play([{ reply: [bash("echo 1")] }, { reply: [bash("echo 2")] }, { reply: [bash("echo 3")] }, done], { maxTurns: 2 });
    expect((await scene.run("go")).end).toEqual({ reason: "turns", limit: 2 });
    expect(scene.server.requests).toHaveLength(2);
    expect(toldOf(scene).map((one) => one.text)).toEqual(["1", "2"]);
    expect((await scene.run(null)).end).toEqual({ reason: "answered", text: "done" });
    expect(prefixBreaks(scene.server.requests)).toEqual([]);
  });

  test("money: a call that may cost too much is not sent, and the end says limit, spent, reserved and projected", async () => {
    const scene = await play([done], { budget: { usd: 0.000_001 } });
    const { end } = await scene.run("go");
    expect(end).toMatchObject({ reason: "budget", ruling: { fits: false, limit: "usd", allowed: 0.000_001, spent: 0, reserved: 0 } });
    if (end.reason === "budget") {
      expect(end.ruling.projected).toBeGreaterThan(0.000_001);
      expect(end.ruling.says).toMatch(/may cost \$.*Raise the limit/);
    }
    expect(scene.server.requests).toHaveLength(0);
    expect(entriesOf(scene.journal(), "request")).toHaveLength(0);
  });

  test("money: what is spent never exceeds the limit, whatever the model does, and a resume does not start anew", async () => {
    const limit = 0.3;
    const scene = await play([{ reply: [bash("echo again; date +%N"), text("word ".repeat(2000))], repeat: "always" }], {
      budget: { usd: limit },
      maxTurns: 40,
    });
    const { end } = await scene.run("go");
    expect(end).toMatchObject({ reason: "budget", ruling: { limit: "usd" } });
    const spent = scene.conversation.session.state.spent.usd;
    expect(spent).toBeGreaterThan(0.1);
    expect(spent).toBeLessThanOrEqual(limit);
    const served = scene.server.requests.length;
    const again = await scene.resume();
    expect((await again.run("more")).end).toMatchObject({ reason: "budget" });
    expect(again.server.requests).toHaveLength(served);
    expect(again.conversation.session.state.spent.usd).toBe(spent);
  });

  test("money: a model whose price is not known is not called under a limit in money, and is without one", async () => {
    const asked: string[] = [];
    const provider: Provider = {
      id: "own",
      async *stream(request) {
        asked.push(request.model);
        const message = {
          role: "assistant" as const,
          parts: [{ type: "text" as const, text: "done" }],
          provider: "own",
          model: request.model,
          finish: "end" as const,
        };
        yield { type: "finish", message, usage: { input: 10, output: 1, cacheRead: 0, cacheWrite: 0 }, usageFinal: true };
      },
    };
    const scene = await makeScene(makePlace(), await serve([done]), { provider: { provider, model: "mine" }, budget: { usd: 100 } });
    expect((await scene.run("go")).end).toMatchObject({
      reason: "budget",
      ruling: { limit: "usd", says: expect.stringContaining("price of this model is not known") },
    });
    expect(asked).toEqual([]);
    const priced = await scene.resume({ provider: { provider, model: "mine", price: () => ({ input: 1, output: 5 }) } });
    expect((await priced.run(null)).end).toEqual({ reason: "answered", text: "done" });
    expect(priced.conversation.session.state.spent.usd).toBeCloseTo(0.000_015, 12);
    const free = await priced.resume({ provider: { provider, model: "mine" }, budget: {} });
    expect((await free.run("again")).end).toEqual({ reason: "answered", text: "done" });
    expect(asked).toEqual(["mine", "mine"]);
  });

  test("a call whose end is not known stays reserved: it counts against the limit after a crash", async () => {
    const scene = await play([done]);
    const { session } = scene.conversation;
    await scene.run("go");
    const [request] = entriesOf(scene.journal(), "request");
    if (!request) throw new Error("no request");
    const { v: _v, seq: _seq, id: _id, ts: _ts, prev: _prev, ...body } = request;
    const worst = request.projection.worst.usd;
    await session.append({ ...body, request: "r_lost" as never });
    const again = await scene.resume({ budget: { usd: session.state.spent.usd + worst * 1.05 } });
    const { end } = await again.run("more");
    expect(end).toMatchObject({ reason: "budget", ruling: { reserved: worst } });
  });

  test("seconds: time that has passed stops the next call", async () => {
    const clock = createManualClock();
    const pass = toolOf("pass", "execute", async () => {
      await clock.advance(61_000);
      return says("a minute passed");
    });
    const scene = await play([{ reply: [call("pass", {})] }, done], { tools: [pass], clock, budget: { seconds: 60 } });
    expect((await scene.run("go")).end).toMatchObject({ reason: "budget", ruling: { limit: "seconds", allowed: 60 } });
    expect(scene.server.requests).toHaveLength(1);
  });

  test("a reply that is cut at its output limit is asked to go on twice, then the run ends with what there is", async () => {
    const scene = await play([{ reply: [text("and on")], finish: "length", repeat: 3 }, done]);
    const { end, events } = await scene.run("go");
    expect(end).toEqual({ reason: "answered", text: "and on" });
    expect(scene.server.requests).toHaveLength(3);
    expect(eventsOf(events, "notice").filter((event) => event.code === "output-limit")).toHaveLength(3);
    expect(entriesOf(scene.journal(), "note")).toHaveLength(2);
  });

  test("reads of a batch are in the books even when the turn limit ends the run after them", async () => {
    const scene = await play([{ reply: [read("a.txt")] }], { maxTurns: 1 }, (place) => place.write("a.txt", "x\n"));
    await scene.run("go");
    expect(toldOf(scene).map((one) => one.text)).toEqual(["1\tx"]);
  });
});

function exists(path: string): boolean {
  return process.getBuiltinModule("node:fs").existsSync(path);
}
