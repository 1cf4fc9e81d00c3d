// Tools that are not in the prompt's head: found, called, judged and recovered as themselves.
import * as fs from "node:fs";
import { describe, expect, test } from "vitest";
import { type Json, systemClock } from "../../src/base/index.ts";
import { callInWords } from "../../src/cli/call-in-words.ts";
import { nodeDisk } from "../../src/exec/index.ts";
import { meantCall } from "../../src/model/index.ts";
import { answerQuestion, createFileStore, readCallStory, readQuestions } from "../../src/session/index.ts";
import { argumentsHash } from "../../src/workflow/index.ts";
import { prefixBreaks } from "./prefix.ts";
import { bash, call, coursesOf, done, entriesOf, eventsOf, makePlace, makeScene, play, read, says, serve, text, toldOf, toolOf, wires } from "./support.ts";

const through = (tool: string, input?: Json) => call("find_tool", { call: tool, ...(input === undefined ? {} : { input }) });
const decisionsOf = (scene: { journal(): readonly import("../../src/session/index.ts").Entry[] }) =>
  entriesOf(scene.journal(), "decision").map(({ decision }) => decision);
const hidden = { toolTokens: 0 } as const;

describe.each(wires)("over the %s wire", (wire) => {
  test("a deferred tool is found with its schema, called, and the head never moves", async () => {
    const input = { type: "object", properties: { name: { type: "string" } }, required: ["name"], additionalProperties: false } as const;
    const greet = toolOf("greet", "read", (given) => says(`hello ${(given as { name: string }).name}`), { input });
    const turns = [
      { match: { tools: ["find_tool"], withoutTools: ["greet", "read"] }, reply: [call("find_tool", { query: "greet somebody" })] },
      { reply: [through("greet", { name: "you" }), through("greet", { nmae: 1 })] },
      done,
    ];
    const scene = await play(turns, { wire, tools: [greet], ...hidden });
    const { end, events } = await scene.run("go");
    expect(end.reason).toBe("answered");
    const told = toldOf(scene);
    expect(told[0]?.text).toContain(`greet: The test's tool greet.\n  input: ${JSON.stringify(input)}`);
    expect(told.slice(1).map((one) => [one.tool, one.failed])).toEqual([
      ["find_tool", false],
      ["find_tool", true],
    ]);
    expect(told[1]?.text).toBe("hello you");
    expect(told[2]?.text).toContain('"nmae" is not known. Did you mean "name"?');
    expect(prefixBreaks(scene.server.requests)).toEqual([]);
    // decided as itself, planned as the model wrote it
    expect(decisionsOf(scene).map(({ tool }) => tool)).toEqual(["find_tool", "greet"]);
    const planned = entriesOf(scene.journal(), "step").flatMap(({ change }) => (change.to === "planned" ? [change.call.tool] : []));
    expect(planned).toEqual(["find_tool", "find_tool", "find_tool"]);
    expect(new Set(eventsOf(events, "step").map((event) => event.tool))).toEqual(new Set(["find_tool", "greet"]));
    const [latched] = entriesOf(scene.journal(), "prefix");
    expect(latched?.prefix.tools.map(({ name }) => name)).toEqual(["find_tool"]);
    expect(latched?.pool?.deferred).toContainEqual({ name: "greet", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });
});

describe("what is called through find_tool", () => {
  test("is denied by the rules on the tool behind it, mode and ceiling too", async () => {
    const plugin = toolOf("p__agent", "agent", () => says("never"), { source: { tier: "plugin", id: "p" } });
    const rules = [{ text: "bash(touch *)", verdict: "deny", source: "test" }] as const;
    const scene = await play([{ reply: [through("bash", { command: "touch ran" })] }, { reply: [through("p__agent", {})] }, done], {
      tools: [plugin],
      rules,
      ...hidden,
    });
    await scene.run("go");
    expect(decisionsOf(scene).map(({ tool, verdict, reason }) => [tool, verdict, reason.by])).toEqual([
      ["bash", "deny", "rule"],
      ["p__agent", "deny", "tier"],
    ]);
    expect(fs.existsSync(scene.place.file("ran"))).toBe(false);
    const plan = await play([{ reply: [through("write", { path: "a", content: "x" })] }, { reply: [through("bash", { command: "touch ran" })] }, done], {
      mode: "plan",
    });
    await plan.run("go");
    expect(decisionsOf(plan).map(({ tool, verdict, reason }) => [tool, verdict, reason.by])).toEqual([
      ["write", "deny", "mode"],
      ["bash", "deny", "mode"],
    ]);
    expect(fs.readdirSync(plan.place.project)).toEqual([]);
  });

  test("is refused where the tool is not part of the session, whichever way it is called", async () => {
    const held = toolOf("held", "read", () => says("never"));
    const setting = {
      tools: [held],
      withoutTools: ["bash"],
      withheldTools: [{ name: "held", why: "the folder is not trusted" }],
      toolTokens: 0,
    } as const;
    const scene = await play([{ reply: [through("bash", { command: "touch ran" }), bash("touch ran"), through("held"), call("held", {})] }, done], setting);
    await scene.run("go");
    expect(decisionsOf(scene).map(({ tool, verdict, reason }) => [tool, verdict, reason.by])).toEqual([
      ["bash", "deny", "pool"],
      ["held", "deny", "pool"],
      ["held", "deny", "pool"],
    ]);
    expect(toldOf(scene)[1]?.text).toContain("Not begun");
    expect(fs.existsSync(scene.place.file("ran"))).toBe(false);
  });

  test("is not find_tool itself, nor a name that does not exist, and a call of nothing says what to do", async () => {
    const nested = through("find_tool", { call: "bash", input: { command: "touch ran" } });
    const scene = await play([{ reply: [nested, through("raed", {}), call("find_tool", {}), call("find_tool", { query: "zzzz" })] }, done], hidden);
    await scene.run("go");
    expect(toldOf(scene).map((one) => one.text)).toEqual([
      "find_tool does not call itself. Nothing was done: name the tool that you want to call.",
      'There is no tool named "raed". Nothing was done. Did you mean "read"?',
      'Say what to find: {"query": "words"}, or which tool to call: {"call": "name", "input": {…}}. Nothing was done.',
      expect.stringMatching(/^Nothing matches. There are \d+ further tools: bash, edit,/),
    ]);
    expect(fs.existsSync(scene.place.file("ran"))).toBe(false);
  });

  test("is nothing where find_tool itself is denied; what a rule denies as a whole is not even shown, by whatever pattern", async () => {
    const reply = [through("read", { path: "a.txt" }), call("find_tool", { query: "read" })];
    const rules = (["find_tool", "p__*", "w*"] as const).map((rule) => ({ text: rule, verdict: "deny", source: "test" }) as const);
    const plugin = toolOf("p__x", "read", () => says("never"), { source: { tier: "plugin", id: "p" } });
    const turns = [{ match: { tools: ["read"], withoutTools: ["find_tool", "p__x", "write"] }, reply }, { reply: [call("p__x", {})] }, done];
    const scene = await play(turns, { rules, tools: [plugin], mode: "plan" }, (place) => place.write("a.txt", "x\n"));
    await scene.run("go");
    expect(decisionsOf(scene).map(({ tool, verdict, reason }) => [tool, verdict, reason.by])).toEqual([
      ["find_tool", "deny", "pool"],
      ["find_tool", "deny", "pool"],
      ["p__x", "deny", "rule"],
    ]);
  });

  test("is ordered as itself: reads together, changes alone", async () => {
    let begun = 0;
    const { promise: both, resolve } = Promise.withResolvers<void>();
    const meet = toolOf("meet", "read", async () => {
      if (++begun === 2) resolve();
      const met = await Promise.race([both.then(() => true), new Promise((late) => setTimeout(() => late(false), 2000))]);
      return says(met ? "met" : "alone");
    });
    const scene = await play([{ reply: [through("meet", { a: 1 }), call("meet", { a: 2 }), through("bash", { command: "echo x > f" })] }, done], {
      tools: [meet],
      ...hidden,
    });
    const { events } = await scene.run("go");
    expect(toldOf(scene).map((one) => one.text)).toEqual(["met", "met", "(no output)"]);
    expect([...coursesOf(events).values()]).toEqual(Array.from({ length: 3 }, () => ["planned", "executing", "done"]));
  });

  test("is asked for again when its effect is not known, called by its own name or through find_tool", async () => {
    const lose = toolOf("lose", "network", () => ({ ...says("lost the line", true), effect: "unknown" as const }));
    const turns = [{ reply: [through("lose", { to: "x" })] }, done, { reply: [call("lose", { to: "x" })] }];
    const scene = await play(turns, { tools: [lose], ...hidden });
    await scene.run("go");
    expect((await scene.run("again")).end).toMatchObject({ reason: "awaiting", steps: [{ tool: "lose" }] });
    const other = await play([{ reply: [call("lose", { to: "x" })] }, done, { reply: [through("lose", { to: "x" })] }], { tools: [lose], ...hidden });
    await other.run("go");
    expect((await other.run("again")).end).toMatchObject({ reason: "awaiting", steps: [{ tool: "lose" }] });
  });
});

test("one name for the same call, however it is written", () => {
  const plain = { tool: "bash", input: { command: "ls" } };
  expect(argumentsHash({ tool: "find_tool", input: { call: "bash", input: { command: "ls" } } })).toBe(argumentsHash(plain));
  for (const input of [null, "bash", [], { call: 3 }, { call: ["bash"] }, { query: "bash" }, { call: "find_tool", input: plain }] as readonly Json[])
    expect(meantCall({ tool: "find_tool", input })).toEqual({ tool: "find_tool", input });
});

describe("a session that is resumed", () => {
  test("in a milder mode than it began with: its head stays, what it lacks is told once and called through find_tool", async () => {
    const place = makePlace();
    const server = await serve([
      { match: { withoutTools: ["write"] }, reply: [text("planned")] },
      { match: { withoutTools: ["write"], tools: ["find_tool"] }, reply: [through("write", { path: "a.txt", content: "made\n" })] },
      done,
      done,
    ]);
    const scene = await makeScene(place, server, { mode: "plan" });
    await scene.run("plan");
    const next = await scene.resume({ mode: "accept-edits" });
    await next.run("do it");
    expect(place.read("a.txt")).toBe("made\n");
    const last = await next.resume({ mode: "accept-edits" });
    await last.run("more");
    const notes = entriesOf(last.journal(), "note").filter(({ about }) => about === "tools");
    expect(notes).toHaveLength(1);
    expect(notes[0]?.parts).toMatchObject([{ text: expect.stringMatching(/^\[bosun\] These tools can be used now.*\n- edit: .*\n- write: /) }]);
    expect(prefixBreaks(server.requests)).toEqual([]);
    expect(entriesOf(last.journal(), "prefix")).toHaveLength(1);
  });

  test("with a tool more: told and reached; changed since: told again; with a tool less: refused at the gate", async () => {
    const place = makePlace();
    const server = await serve([
      { reply: [text("one")] },
      { reply: [through("later", {})] },
      { reply: [text("two")] },
      { reply: [text("three")] },
      { reply: [through("later", {}), read("a.txt")] },
      done,
    ]);
    const later = (description: string) => toolOf("later", "read", () => says("reached"), { description });
    const scene = await makeScene(place, server, hidden);
    await scene.run("go");
    const next = await scene.resume({ tools: [later("a")] });
    await next.run("go");
    expect(toldOf(next)[0]?.text).toBe("reached");
    const changed = await next.resume({ tools: [later("b")] });
    await changed.run("go");
    const lines = entriesOf(changed.journal(), "note").flatMap(({ about, parts }) => (about === "tools" ? parts : []));
    expect(lines).toMatchObject([{ text: expect.stringContaining("- later: belongs to a test") }, { text: expect.stringContaining("(changed)") }]);
    const less = await changed.resume({ tools: [later("b")], withoutTools: ["later", "read"] });
    await less.run("go");
    expect(
      decisionsOf(less)
        .slice(-2)
        .map(({ tool, reason }) => [tool, reason.by]),
    ).toEqual([
      ["later", "pool"],
      ["read", "pool"],
    ]);
    expect(prefixBreaks(server.requests)).toEqual([]);
  });

  test("without find_tool in its head: the person is told what its model is not shown; nothing is said to the model", async () => {
    const place = makePlace();
    const scene = await makeScene(place, await serve([{ reply: [text("one")] }, done]));
    await scene.run("go");
    const next = await scene.resume({ tools: [toolOf("later", "read", () => says("x"))] });
    const { events } = await next.run("go");
    expect(eventsOf(events, "notice").map(({ code, says: words }) => [code, words])).toEqual([["tools-new", expect.stringContaining("later")]]);
    expect(entriesOf(next.journal(), "note")).toEqual([]);
  });

  test("keeps its kind of agent, and a fork of it does; what that kind has not is refused", async () => {
    const place = makePlace();
    const server = await serve([{ match: { withoutTools: ["bash"] }, reply: [text("one")] }, { reply: [bash("touch ran")] }, done]);
    const scene = await makeScene(place, server, { agentType: "explore" });
    const { events } = await scene.run("go");
    expect(events[0]?.agents).toEqual(["explore"]);
    const next = await scene.resume();
    await makeScene(place, server, {}, next.conversation.session.id).catch(() => undefined);
    await next.run("go");
    expect(decisionsOf(next).map(({ tool, verdict, reason }) => [tool, verdict, reason.by])).toEqual([["bash", "deny", "pool"]]);
    expect(fs.existsSync(place.file("ran"))).toBe(false);
  });
});

test("a question about a call that was found is one about the call that is meant: shown, answered from another process, recorded and told so", async () => {
  const scene = await play([{ reply: [through("bash", { command: "touch made" })] }, done], { mode: "ask", ...hidden });
  expect((await scene.run("go")).end).toMatchObject({ reason: "awaiting", steps: [{ tool: "bash", subject: "touch made" }] });
  await scene.conversation.release();
  const { id } = scene.conversation.session;
  const store = createFileStore({ disk: nodeDisk, clock: systemClock, folder: scene.journalPath.split("/").slice(0, -2).join("/"), version: "0" });
  const read = await readQuestions(store, id);
  const question = read.ok ? read.value.questions[0] : undefined;
  expect(question).toMatchObject({ call: { tool: "bash", input: { command: "touch made" } }, stands: "open" });
  if (question === undefined) return;
  const answer = { asking: question.asking, verdict: "allow", holds: "call", at: 1, who: "someone" } as const;
  expect(await answerQuestion(store, systemClock, question, answer)).toMatchObject({ ok: true, value: { is: "counted" } });
  const again = await scene.resume({ handler: { context: "interactive", settle: () => Promise.reject(new Error("asked again")) } });
  expect((await again.run(null)).end).toEqual({ reason: "answered", text: "done" });
  expect(fs.existsSync(again.place.file("made"))).toBe(true);
  expect(decisionsOf(again)).toMatchObject([{ tool: "bash", verdict: "allow", reason: { by: "person" } }]);
  const story = await readCallStory(store, id, question.step);
  expect(story.ok && callInWords(story.value)).toMatch(
    /^bash \S+, found through find_tool, step[\s\S]*"command": "touch made"[\s\S]*Allowed[\s\S]*Ended: done/,
  );
});
