// What has to be asked: the question, who answers it and when, and what the model is told.
import { describe, expect, test } from "vitest";
import type { Decision, Handler } from "../../src/index.ts";
import {
  bash,
  call,
  done,
  edit,
  entriesOf,
  eventsOf,
  makePlace,
  makeScene,
  type Place,
  play,
  read,
  type Scene,
  says,
  serve,
  text,
  toldOf,
  toolOf,
} from "./support.ts";

const change = [{ reply: [text("I change it."), edit("a.txt", "old", "new")] }, done];
const withFile = (place: Place) => place.write("a.txt", "old\n");
/** A handler that answers, and counts how often it was asked. */
function answering(
  verdict: "allow" | "deny",
  more: Partial<Pick<Decision, "holds" | "rule">> & { readonly says?: string } = {},
): Handler & { readonly asked: string[] } {
  const asked: string[] = [];
  const { says: words, ...rest } = more;
  return {
    context: "interactive",
    asked,
    settle: (request) => {
      asked.push(request.subject);
      return Promise.resolve({ verdict, reason: { by: "person", ...(words === undefined ? {} : { says: words }) }, holds: "call", ...rest });
    },
  };
}
const questionsOf = (scene: Scene) => entriesOf(scene.journal(), "step").flatMap(({ change: one }) => (one.to === "awaiting-approval" ? [one] : []));

/** What somebody else's program would record. */
async function record(scene: Scene, asking: string, verdict: "allow" | "deny", words = "by letter"): Promise<void> {
  const [pending] = scene.conversation.session.state.pending;
  const step = pending?.step?.id;
  if (!step || !pending) throw new Error("nothing is pending");
  const decision: Decision = {
    call: pending.call.id,
    tool: pending.call.tool,
    subject: "a.txt",
    verdict,
    reason: { by: "person", says: words },
    mode: "ask",
    holds: "call",
    facts: { cwd: "", root: "", paths: [], commands: [], domains: [] },
    took: 0,
  };
  await scene.conversation.session.append({ type: "decision", step, asking, decision });
}

describe("a question that nobody can answer now", () => {
  test("ends the run awaiting, with the step, its question, tool and subject; nothing is done", async () => {
    const scene = await play(change, { mode: "ask" }, withFile);
    const { end, events } = await scene.run("go");
    const [question] = questionsOf(scene);
    expect(end).toEqual({ reason: "awaiting", steps: [{ step: question?.step, asking: question?.asking, tool: "edit", subject: "a.txt" }] });
    expect(scene.place.read("a.txt")).toBe("old\n");
    expect(eventsOf(events, "approval-asked")[0]).toMatchObject({ tool: "edit", subject: "a.txt", preview: { kind: "diff", added: 1, removed: 1 } });
    expect([...scene.conversation.session.state.tasks.values()]).toMatchObject([{ kind: "prompt", state: "awaiting-approval" }]);
    expect(scene.server.requests).toHaveLength(1);
  });

  test("is asked again by the next process, with the same preview, the same arguments, the same files", async () => {
    const scene = await play(change, { mode: "ask" }, withFile);
    await scene.run("go");
    const handler = answering("allow");
    const again = await scene.resume({ handler });
    expect((await again.run(null)).end).toEqual({ reason: "answered", text: "done" });
    const [first, second, ...more] = questionsOf(again);
    expect(more).toEqual([]);
    expect(second).toEqual({ ...first, asking: second?.asking });
    expect(second?.asking).not.toBe(first?.asking);
    expect(handler.asked).toEqual(["a.txt"]);
    expect(again.place.read("a.txt")).toBe("new\n");
    expect([...again.conversation.session.state.tasks.values()]).toMatchObject([{ state: "done" }]);
  });

  test("may be answered by an entry that somebody else records: the next run goes on at the gate and asks nobody", async () => {
    const scene = await play(change, { mode: "ask" }, withFile);
    await scene.run("go");
    await record(scene, questionsOf(scene)[0]?.asking ?? "", "allow");
    const handler = answering("deny");
    const again = await scene.resume({ handler });
    const { end } = await again.run(null);
    expect(end).toEqual({ reason: "answered", text: "done" });
    expect(handler.asked).toEqual([]);
    expect(again.place.read("a.txt")).toBe("new\n");
    expect(entriesOf(again.journal(), "decision")).toHaveLength(1);
  });

  test("a recorded refusal is told to the model in its words", async () => {
    const scene = await play(change, { mode: "ask" }, withFile);
    await scene.run("go");
    await record(scene, questionsOf(scene)[0]?.asking ?? "", "deny", "not this file");
    const again = await scene.resume();
    expect((await again.run(null)).end).toEqual({ reason: "answered", text: "done" });
    expect(toldOf(again)).toEqual([{ tool: "edit", failed: true, text: expect.stringContaining("not this file") }]);
    expect(again.place.read("a.txt")).toBe("old\n");
  });

  test("an answer to an older question does not count", async () => {
    const scene = await play(change, { mode: "ask" }, withFile);
    await scene.run("go");
    const again = await scene.resume();
    await again.run(null);
    const [first, second] = questionsOf(again);
    await record(again, first?.asking ?? "", "allow");
    const third = await again.resume();
    expect((await third.run(null)).end).toMatchObject({ reason: "awaiting" });
    expect(third.place.read("a.txt")).toBe("old\n");
    expect(questionsOf(third)).toHaveLength(3);
    expect(second?.asking).not.toBe(questionsOf(third)[2]?.asking);
  });

  test("the first answer to a question counts, also when one to an older question comes in between", async () => {
    const scene = await play(change, { mode: "ask" }, withFile);
    await scene.run("go");
    const again = await scene.resume();
    await again.run(null);
    const [first, second] = questionsOf(again);
    await record(again, second?.asking ?? "", "deny", "no");
    await record(again, first?.asking ?? "", "allow");
    await record(again, second?.asking ?? "", "allow");
    const third = await again.resume();
    expect((await third.run(null)).end).toEqual({ reason: "answered", text: "done" });
    expect(third.place.read("a.txt")).toBe("old\n");
    expect(toldOf(third)[0]?.failed).toBe(true);
  });

  test("an answer does not hold for a file that has changed since: it is asked anew, with the new diff", async () => {
    const scene = await play(change, { mode: "ask" }, (place) => place.write("a.txt", "old\n"));
    await scene.run("go");
    await record(scene, questionsOf(scene)[0]?.asking ?? "", "allow");
    scene.place.write("a.txt", "old and more\n");
    const handler = answering("deny");
    const again = await scene.resume({ handler });
    await again.run(null);
    expect(again.place.read("a.txt")).toBe("old and more\n");
    const previews = questionsOf(again).map((one) => JSON.stringify(one.preview));
    expect(handler.asked).toEqual(["a.txt"]);
    expect(new Set(previews).size).toBe(2);
  });

  test("what the person says meanwhile waits behind the question, and is said after it", async () => {
    const scene = await play(
      [...change, { match: { userText: "and then" }, reply: [text("both")] }].filter((turn) => turn !== done),
      { mode: "ask" },
      withFile,
    );
    await scene.run("go");
    const again = await scene.resume();
    expect((await again.run("and then this")).end).toMatchObject({ reason: "awaiting" });
    expect(again.server.requests).toHaveLength(1);
    const third = await again.resume({ handler: answering("allow") });
    expect((await third.run(null)).end).toEqual({ reason: "answered", text: "both" });
    expect(third.conversation.session.state.queue).toEqual([]);
  });
});

describe("siblings", () => {
  test("of a call that waits still run; results go back in order once all are there", async () => {
    const place = makePlace();
    withFile(place);
    place.write("b.txt", "bee\n");
    const server = await serve([{ reply: [read("b.txt"), edit("a.txt", "old", "new"), read("a.txt"), bash("cat b.txt")] }, done]);
    const scene = await makeScene(place, server, { mode: "ask", rules: [{ text: "bash(cat *)", verdict: "allow", source: "the test" }] });
    const { end, events } = await scene.run("go");
    expect(end).toMatchObject({ reason: "awaiting", steps: [{ tool: "edit" }] });
    expect(
      eventsOf(events, "step")
        .filter((event) => event.to === "done")
        .map((event) => event.tool),
    ).toEqual(["read", "read", "bash"]);
    const again = await scene.resume({ handler: answering("allow") });
    await again.run(null);
    expect(toldOf(again).map((one) => one.text)).toEqual(["1\tbee", expect.stringContaining("Edited a.txt"), "1\told", "bee"]);
    // the siblings did not run a second time
    expect(entriesOf(again.journal(), "step").filter(({ change: one }) => one.to === "executing")).toHaveLength(4);
  });

  test("two questions of one reply are both named in the end", async () => {
    const scene = await play([{ reply: [bash("make a"), bash("make b")] }], { mode: "ask" });
    const { end } = await scene.run("go");
    expect(end).toMatchObject({ reason: "awaiting", steps: [{ subject: "make a" }, { subject: "make b" }] });
  });
});

describe("an answer at once", () => {
  test("allowed: done, with the decision, its reason and its time in the journal before the effect", async () => {
    const scene = await play(change, { mode: "ask", handler: answering("allow", { says: "fine" }) }, withFile);
    await scene.run("go");
    const kinds = scene.journal().flatMap((entry) => (entry.type === "step" ? [entry.change.to] : entry.type === "decision" ? ["decision"] : []));
    expect(kinds).toEqual(["planned", "awaiting-approval", "decision", "executing", "done"]);
    expect(entriesOf(scene.journal(), "decision")[0]?.decision).toMatchObject({
      verdict: "allow",
      reason: { by: "person", says: "fine" },
      asked: { by: "mode" },
    });
  });

  test("denied: nothing happens, and the model is told why", async () => {
    const scene = await play(change, { mode: "ask", handler: answering("deny", { says: "leave that file alone" }) }, withFile);
    expect((await scene.run("go")).end).toEqual({ reason: "answered", text: "done" });
    expect(toldOf(scene)).toEqual([{ tool: "edit", failed: true, text: expect.stringContaining("leave that file alone") }]);
    expect(scene.place.read("a.txt")).toBe("old\n");
  });

  test("for the session: the same kind is not asked again, nor after a resume", async () => {
    const handler = answering("allow", { holds: "session", rule: "bash(mkdir *)" });
    const turns = [{ reply: [bash("mkdir 1")] }, { reply: [bash("mkdir 2")] }, done, { reply: [bash("mkdir 3"), bash("touch x")] }, done];
    const scene = await play(turns, { mode: "ask", handler });
    await scene.run("go");
    expect(handler.asked).toEqual(["mkdir 1"]);
    const again = await scene.resume();
    await again.run("go on");
    expect(handler.asked).toEqual(["mkdir 1", "touch x"]);
  });
});

describe("modes", () => {
  test("plan: reads run, changes and commands are denied with the reason, and nobody is asked", async () => {
    const handler = answering("allow");
    const scene = await play([{ reply: [read("a.txt"), edit("a.txt", "old", "new"), bash("echo x > b.txt")] }, done], { mode: "plan", handler }, withFile);
    expect((await scene.run("go")).end).toEqual({ reason: "answered", text: "done" });
    expect(toldOf(scene).map((one) => [one.tool, one.failed])).toEqual([
      ["read", false],
      ["edit", true],
      ["bash", true],
    ]);
    expect(toldOf(scene)[1]?.text).toContain("plan");
    expect(handler.asked).toEqual([]);
    expect(scene.place.read("a.txt")).toBe("old\n");
    expect(() => scene.place.read("b.txt")).toThrow("ENOENT");
  });

  test("unattended: what would be asked is denied, and the model goes on with that knowledge", async () => {
    const scene = await play([{ reply: [bash("make")] }, done], { mode: "unattended" });
    expect((await scene.run("go")).end).toEqual({ reason: "answered", text: "done" });
    expect(toldOf(scene)).toEqual([{ tool: "bash", failed: true, text: expect.stringContaining("nobody is there to be asked") }]);
  });

  test("unattended, by setting: what would be asked ends the run awaiting", async () => {
    const scene = await play([{ reply: [bash("make")] }, done], { mode: "unattended", onUnattendedAsk: "await" });
    expect((await scene.run("go")).end).toMatchObject({ reason: "awaiting", steps: [{ tool: "bash", subject: "make" }] });
  });

  test("a deny rule holds in bypass, by the rule's own words", async () => {
    const rules = [{ text: "bash(rm *)", verdict: "deny" as const, source: "settings.json:3" }];
    const scene = await play([{ reply: [bash("echo a; rm -f a.txt")] }, done], { mode: "bypass", rules }, withFile);
    await scene.run("go");
    expect(toldOf(scene)[0]?.text).toContain("bash(rm *)");
    expect(scene.place.read("a.txt")).toBe("old\n");
  });
});

describe("what cannot be done", () => {
  test("a tool that does not exist, an input that does not fit: the model is told what there is, nothing runs", async () => {
    const ran: string[] = [];
    const own = toolOf("own", "execute", () => says(`${ran.push("x")}`), {
      input: { type: "object", properties: { count: { type: "integer" } }, required: ["count"], additionalProperties: false },
      independent: true,
    });
    const scene = await play([{ reply: [call("raed", { path: "a" }), call("own", { count: "three" }), call("own", { cuont: 3 })] }, done], { tools: [own] });
    expect((await scene.run("go")).end).toEqual({ reason: "answered", text: "done" });
    const told = toldOf(scene);
    expect(told.map((one) => one.failed)).toEqual([true, true, true]);
    expect(told[0]?.text).toMatch(/no tool named "raed".*read/s);
    expect(told[1]?.text).toContain("count");
    expect(told[2]?.text).toContain("cuont");
    expect(ran).toEqual([]);
  });
});
