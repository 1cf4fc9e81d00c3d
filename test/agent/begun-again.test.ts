// A read that was under way when bosun stopped is begun again, and passes the gate again: what has changed since counts.
import * as fs from "node:fs";
import { describe, expect, test } from "vitest";
import { call, done, entriesOf, eventsOf, makePlace, makeScene, read, type Scene, type Setting, says, serve, toldOf, toolOf } from "./support.ts";

/** The session's journal up to the line on which its call began. */
function cutAfterBegin(scene: Scene): void {
  const lines = fs.readFileSync(scene.journalPath, "utf8").split("\n");
  const at = lines.findIndex((line) => line.includes('"type":"step"') && line.includes('"to":"executing"'));
  fs.writeFileSync(scene.journalPath, `${lines.slice(0, at + 1).join("\n")}\n`);
}

async function begun(reply: ReturnType<typeof call>, before: Setting, after: Setting): Promise<Scene> {
  const place = makePlace();
  place.write("a.txt", "x\n");
  const server = await serve([{ reply: [reply] }, done, done, { reply: [call("bash", { command: "echo ran >> trace" })] }, done]);
  const scene = await makeScene(place, server, before);
  await scene.run("go");
  await scene.conversation.release();
  cutAfterBegin(scene);
  return scene.resume(after);
}

describe("a call that was under way and changes nothing twice", () => {
  test("that is denied now", async () => {
    const scene = await begun(read("a.txt"), {}, { rules: [{ text: "read", verdict: "deny", source: "test" }] });
    expect((await scene.run(null)).end).toMatchObject({ reason: "answered" });
    expect(toldOf(scene)[0]).toMatchObject({ failed: true });
    expect(entriesOf(scene.journal(), "decision").at(-1)?.decision.verdict).toBe("deny");
  });
  test("that is not part of the session any more", async () => {
    const scene = await begun(read("a.txt"), {}, { withoutTools: ["read"] });
    expect((await scene.run(null)).end).toMatchObject({ reason: "answered" });
    expect(entriesOf(scene.journal(), "decision").at(-1)?.decision).toMatchObject({ verdict: "deny", reason: { by: "pool" } });
  });
  test("that has to be asked for now", async () => {
    const scene = await begun(read("a.txt"), {}, { rules: [{ text: "read", verdict: "ask", source: "test" }], mode: "ask" });
    expect((await scene.run(null)).end).toMatchObject({ reason: "awaiting", steps: [{ tool: "read" }] });
    const next = await scene.resume({
      handler: { context: "interactive", settle: async () => ({ verdict: "allow", reason: { by: "person" }, holds: "call" }) },
    });
    expect((await next.run(null)).end).toMatchObject({ reason: "answered" });
    expect(toldOf(next)).toMatchObject([{ failed: false, text: "1\tx" }]);
  });
  test("that is interrupted before it is begun again", async () => {
    const scene = await begun(read("a.txt"), {}, {});
    const stop = new AbortController();
    stop.abort();
    expect((await scene.run(null, stop.signal)).end).toMatchObject({ reason: "aborted" });
  });
  test("and sends something: that it is denied now does not say that it was not sent", async () => {
    const own = toolOf("own", "network", () => says("sent"), { redo: "safe" });
    const scene = await begun(call("own", { to: "x" }), { tools: [own] }, { tools: [own], rules: [{ text: "own", verdict: "deny", source: "test" }] });
    await scene.run(null);
    expect(toldOf(scene)[0]).toMatchObject({ failed: true, text: expect.stringContaining("not known") });
  });
});

describe("a call through find_tool that was under way", () => {
  const through = (tool: string, input: Parameters<typeof call>[1]) => call("find_tool", { call: tool, input });
  test("is read again where it reads", async () => {
    const scene = await begun(through("read", { path: "a.txt" }), {}, {});
    fs.writeFileSync(scene.place.file("a.txt"), "now\n");
    await scene.run(null);
    expect(toldOf(scene)).toMatchObject([{ tool: "find_tool", failed: false, text: "1\tnow" }]);
  });
  test("is not known where it is a command, and the same command is asked for, called by its own name too", async () => {
    const scene = await begun(through("bash", { command: "echo ran >> trace" }), {}, {});
    const { events } = await scene.run(null);
    expect(toldOf(scene)[0]).toMatchObject({ failed: true, text: expect.stringContaining("this command was under way") });
    expect(eventsOf(events, "notice").map(({ says: words }) => words)).toEqual([expect.stringMatching(/^bash: bosun stopped/)]);
    expect((await scene.run("again")).end).toMatchObject({ reason: "awaiting", steps: [{ tool: "bash" }] });
    expect(scene.place.read("trace")).toBe("ran\n");
  });
  test("is not known where its own lines are lost, and the same command is asked for", async () => {
    const scene = await begun(through("bash", { command: "echo ran >> trace" }), {}, {});
    await scene.conversation.release();
    const lines = fs.readFileSync(scene.journalPath, "utf8").split("\n");
    const at = lines.findIndex((line) => line.includes('"to":"planned"'));
    fs.writeFileSync(scene.journalPath, `${[...lines.slice(0, at), "{broken", ...lines.slice(at + 2)].join("\n")}`);
    const next = await scene.resume();
    await next.run(null);
    expect((await next.run("again")).end).toMatchObject({ reason: "awaiting", steps: [{ tool: "bash" }] });
  });
});
