// Cells of the fault matrix (docs/durability.md) that no other test holds, by the name of the cell.
import * as fs from "node:fs";
import { expect, test } from "vitest";
import { systemClock } from "../../src/base/index.ts";
import { nodeDisk } from "../../src/exec/index.ts";
import { bash, call, done, edit, eventsOf, makePlace, makeScene, play, read, says, serve, statelessScript, text, toldOf, toolOf } from "../agent/support.ts";
import { diskWith } from "./fault-disk.ts";

const dayMilliseconds = 86_400_000;

test("a verdict whose process died before it could say it is said by the next one", async () => {
  const own = toolOf("own", "network", () => Promise.reject(new Error("the connection was lost")));
  const place = makePlace();
  const server = await serve(statelessScript("anthropic", [[call("own", {})], [text("done")]]));
  let isDead = false;
  const disk = diskWith((file) => ({
    ...file,
    async write(bytes) {
      if (isDead) throw Object.assign(new Error("dead"), { code: "EIO" });
      const count = await file.write(bytes);
      isDead ||= Buffer.from(bytes).includes('"to":"reconciled"');
      return count;
    },
    sync: () => (isDead ? Promise.reject(Object.assign(new Error("dead"), { code: "EIO" })) : file.sync()),
  }));
  const scene = await makeScene(place, server, { disk, tools: [own] });
  const first = await scene.run("go");
  expect(first.end.reason).toBe("journal");
  expect(eventsOf(first.events, "notice").filter((notice) => notice.code === "effect-unknown")).toEqual([]);
  const again = await scene.resume({ disk: nodeDisk });
  const { end, events } = await again.run(null);
  expect(end.reason).toBe("answered");
  expect(eventsOf(events, "notice").filter((notice) => notice.code === "effect-unknown")).toHaveLength(1);
  expect(toldOf(again)[0]?.text).toContain("not known");
});

test.each([-dayMilliseconds, dayMilliseconds])(
  "clock ±1 day (%d ms) between a crash and the resume: order by number, nothing twice, nothing lost",
  async (shift) => {
    const place = makePlace();
    place.write("a.txt", "old\n");
    const server = await serve(statelessScript("anthropic", [[read("a.txt"), edit("a.txt", "old", "new"), bash("echo ran >> trace")], [text("done")]]));
    let syncs = 0;
    const disk = diskWith((file, path) => ({
      ...file,
      sync: async () => (path.endsWith("journal.jsonl") && ++syncs === 5 ? Promise.reject(Object.assign(new Error("x"), { code: "EIO" })) : file.sync()),
    }));
    const scene = await makeScene(place, server, { disk });
    expect((await scene.run("go")).end.reason).toBe("journal");
    const clock = { ...systemClock, now: () => Date.now() + shift };
    const again = await scene.resume({ disk: nodeDisk, clock });
    expect((await again.run(null)).end).toEqual({ reason: "answered", text: "done" });
    expect(again.journal().map((entry) => entry.seq)).toEqual(again.journal().map((_, index) => index));
    expect(again.place.read("a.txt")).toBe("new\n");
    const ran = fs.existsSync(place.file("trace")) ? place.read("trace") : "";
    expect(["", "ran\n"]).toContain(ran);
  },
);

test("a payload that cannot be stored: the disk is full for blobs, the line that would name it is not written, the end says so", async () => {
  const place = makePlace();
  place.write("a.txt", "old\n");
  const disk = {
    ...nodeDisk,
    open: (...given: Parameters<typeof nodeDisk.open>) =>
      given[0].includes("/blobs/") ? Promise.reject(Object.assign(new Error("no space left on device"), { code: "ENOSPC" })) : nodeDisk.open(...given),
  };
  const scene = await makeScene(place, await serve(statelessScript("anthropic", [[edit("a.txt", "old", "new")], [text("done")]])), { disk });
  const { end } = await scene.run("go");
  expect(end).toMatchObject({ reason: "journal", says: expect.stringMatching(/payload.*Free space/s) });
  expect(place.read("a.txt")).toBe("old\n");
  const again = await scene.resume({ disk: nodeDisk });
  expect((await again.run(null)).end.reason).toBe("answered");
  expect(place.read("a.txt")).toBe("new\n");
});

test("a payload that vanished: what its line held is said to be missing, the session goes on", async () => {
  const scene = await play([{ reply: [text("hm")] }, done]);
  await scene.run("x".repeat(400_000));
  const folder = scene.journalPath.split("/").slice(0, -2).concat("blobs").join("/");
  for (const name of fs.readdirSync(folder)) fs.rmSync(`${folder}/${name}`);
  const again = await scene.resume();
  const { end, events } = await again.run("go on");
  expect(end.reason).toBe("answered");
  expect(eventsOf(events, "notice").map((notice) => notice.code)).toContain("blob-missing");
  expect(JSON.stringify(again.server.requests.at(-1)?.json)).toContain("is missing");
});

test("compaction, kill -9 and power loss: the old view or the new one, never mixed", async () => {
  const scene = await play([{ reply: [text("one")] }, { reply: [text("two")] }, done]);
  await scene.run("first");
  await scene.run("second");
  const { session } = scene.conversation;
  const before = structuredClone(session.state.messages);
  const whole = fs.readFileSync(scene.journalPath);
  await session.append({
    type: "compaction",
    strategy: "test",
    from: 0,
    to: session.state.length,
    stand: [{ role: "user", parts: [{ type: "text", text: "in short" }] }],
    receipt: {},
  });
  const after = structuredClone(session.state.messages);
  const full = fs.readFileSync(scene.journalPath);
  await scene.conversation.release();
  for (let cut = whole.length; cut <= full.length; cut += 7) {
    fs.writeFileSync(scene.journalPath, full.subarray(0, Math.min(cut, full.length)));
    const again = await scene.resume();
    expect([before, after]).toContainEqual(again.conversation.session.state.messages);
    await again.conversation.release();
  }
});

test("an MCP server that dies in the middle of a call: unknown, said once to each, asked for before it is repeated", async () => {
  let calls = 0;
  const server = toolOf("remote", "network", () => {
    calls += 1;
    return { ...says("server_unavailable: the connection was closed", true), effect: "unknown" as const };
  });
  const scene = await play([{ reply: [call("remote", { name: "x" })] }, { reply: [call("remote", { name: "x" })] }, done], { tools: [server] });
  const { end, events } = await scene.run("go");
  expect(end.reason).toBe("awaiting");
  expect(calls).toBe(1);
  expect(eventsOf(events, "notice").filter((notice) => notice.code === "effect-unknown")).toHaveLength(1);
});
