// A read that was under way when bosun stopped is begun again, and passes the gate again: what has changed since counts.
import * as fs from "node:fs";
import { describe, expect, test } from "vitest";
import { call, done, entriesOf, makePlace, makeScene, read, type Scene, type Setting, says, serve, toldOf, toolOf } from "./support.ts";

/** The session's journal up to the line on which its call began. */
function cutAfterBegin(scene: Scene): void {
  const lines = fs.readFileSync(scene.journalPath, "utf8").split("\n");
  const at = lines.findIndex((line) => line.includes('"type":"step"') && line.includes('"to":"executing"'));
  fs.writeFileSync(scene.journalPath, `${lines.slice(0, at + 1).join("\n")}\n`);
}

async function begun(reply: Parameters<typeof call>[1] | null, before: Setting, after: Setting): Promise<Scene> {
  const place = makePlace();
  place.write("a.txt", "x\n");
  const server = await serve([{ reply: [reply === null ? read("a.txt") : call("own", reply)] }, done, done, done]);
  const scene = await makeScene(place, server, before);
  await scene.run("go");
  await scene.conversation.release();
  cutAfterBegin(scene);
  return scene.resume(after);
}

describe("a call that was under way and changes nothing twice", () => {
  test("that is denied now", async () => {
    const scene = await begun(null, {}, { rules: [{ text: "read", verdict: "deny", source: "test" }] });
    expect((await scene.run(null)).end).toMatchObject({ reason: "answered" });
    expect(toldOf(scene)[0]).toMatchObject({ failed: true });
    expect(entriesOf(scene.journal(), "decision").at(-1)?.decision.verdict).toBe("deny");
  });
  test("that is not part of the session any more", async () => {
    const scene = await begun(null, {}, { withoutTools: ["read"] });
    expect((await scene.run(null)).end).toMatchObject({ reason: "answered" });
    expect(entriesOf(scene.journal(), "decision").at(-1)?.decision).toMatchObject({ verdict: "deny", reason: { by: "pool" } });
  });
  test("that has to be asked for now", async () => {
    const scene = await begun(null, {}, { rules: [{ text: "read", verdict: "ask", source: "test" }], mode: "ask" });
    expect((await scene.run(null)).end).toMatchObject({ reason: "awaiting", steps: [{ tool: "read" }] });
    const next = await scene.resume({
      handler: { context: "interactive", settle: async () => ({ verdict: "allow", reason: { by: "person" }, holds: "call" }) },
    });
    expect((await next.run(null)).end).toMatchObject({ reason: "answered" });
    expect(toldOf(next)).toMatchObject([{ failed: false, text: "1\tx" }]);
  });
  test("that is interrupted before it is begun again", async () => {
    const scene = await begun(null, {}, {});
    const stop = new AbortController();
    stop.abort();
    expect((await scene.run(null, stop.signal)).end).toMatchObject({ reason: "aborted" });
  });
  test("and sends something: that it is denied now does not say that it was not sent", async () => {
    const own = toolOf("own", "network", () => says("sent"), { redo: "safe" });
    const scene = await begun({ to: "x" }, { tools: [own] }, { tools: [own], rules: [{ text: "own", verdict: "deny", source: "test" }] });
    await scene.run(null);
    expect(toldOf(scene)[0]).toMatchObject({ failed: true, text: expect.stringContaining("not known") });
  });
});
