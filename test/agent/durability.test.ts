// What is on the disk before what: the intent before the effect, the request before its first byte.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Disk, type DiskFile, nodeDisk } from "../../src/exec/index.ts";
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
  type Scene,
  says,
  serve,
  statelessScript,
  text,
  toldOf,
  toolOf,
  until,
} from "./support.ts";

interface Operation {
  readonly kind: "write" | "sync" | "open" | "rename" | "effect";
  readonly path: string;
  /** What was written, where it is a journal line. */
  readonly text: string;
}

/** The real disk, with a list of what was done, in order of completion; `fail` may make an operation fail instead. */
function recordingDisk(fail: (operation: Operation) => Error | null = () => null): Disk & { readonly operations: Operation[] } {
  const operations: Operation[] = [];
  const note = async <Value>(operation: Operation, work: () => Promise<Value>): Promise<Value> => {
    const error = fail(operation);
    if (error) throw error;
    const value = await work();
    operations.push(operation);
    return value;
  };
  const wrap = (file: DiskFile, path: string): DiskFile => ({
    ...file,
    write: (bytes) => note({ kind: "write", path, text: Buffer.from(bytes).toString("utf8") }, () => file.write(bytes)),
    sync: () => note({ kind: "sync", path, text: "" }, () => file.sync()),
  });
  return {
    ...nodeDisk,
    operations,
    open: (path, how, mode) =>
      how === "read" ? nodeDisk.open(path, how, mode) : note({ kind: "open", path, text: "" }, async () => wrap(await nodeDisk.open(path, how, mode), path)),
    rename: (from, to) => note({ kind: "rename", path: to, text: "" }, () => nodeDisk.rename(from, to)),
  };
}
const isJournal = (operation: Operation): boolean => operation.path.endsWith("journal.jsonl");
/** Index of the journal's sync after the write of the line that has `marks` in it. */
function durableAt(operations: readonly Operation[], ...marks: readonly string[]): number {
  const written = operations.findIndex(
    (one) => one.kind === "write" && isJournal(one) && one.text.split("\n").some((line) => marks.every((mark) => line.includes(mark))),
  );
  expect(written, `no line with ${marks}`).toBeGreaterThanOrEqual(0);
  const synced = operations.findIndex((one, index) => index > written && one.kind === "sync" && isJournal(one));
  expect(synced).toBeGreaterThan(written);
  return synced;
}

test("an edit's intent is durable before its first operation on the project, and its record comes after", async () => {
  const disk = recordingDisk();
  const scene = await play([{ reply: [edit("a.txt", "old", "new")] }, done], { disk }, (place) => place.write("a.txt", "old\n"));
  await scene.run("go");
  const first = disk.operations.findIndex((one) => one.path.startsWith(scene.place.project));
  const last = disk.operations.findLastIndex((one) => one.path.startsWith(scene.place.project));
  expect(disk.operations[first]?.kind).toBe("open");
  expect(durableAt(disk.operations, '"type":"step"', '"to":"executing"')).toBeLessThan(first);
  expect(durableAt(disk.operations, '"type":"step"', '"to":"done"')).toBeGreaterThan(last);
  expect(disk.operations[last]?.kind).toBe("rename");
  // what stood there before is kept, durable before the intent that names it
  const blob = disk.operations.findIndex((one) => one.kind === "rename" && one.path.includes("/blobs/"));
  expect(blob).toBeGreaterThanOrEqual(0);
  expect(blob).toBeLessThan(durableAt(disk.operations, '"type":"step"', '"to":"executing"'));
});

test("a command's intent is durable before it starts", async () => {
  const disk = recordingDisk();
  const effects: number[] = [];
  const own = toolOf("own", "execute", () => {
    effects.push(disk.operations.length);
    return says("did it");
  });
  const scene = await play([{ reply: [call("own", {})] }, done], { disk, tools: [own] });
  await scene.run("go");
  expect(effects).toHaveLength(1);
  expect(durableAt(disk.operations, '"type":"step"', '"to":"executing"')).toBeLessThan(effects[0] ?? 0);
});

test("each request line, with the results before it, is durable before the model sees a byte; each reply before anything acts on it", async () => {
  const disk = recordingDisk();
  const seen: number[] = [];
  const replies = await serve([{ reply: [text("hm"), bash("echo 1")] }, done]);
  // in front of the model: notes how far the disk was when the first byte of each request came
  const proxy = createServer((request, response) => {
    seen.push(disk.operations.length);
    const { request: send } = process.getBuiltinModule("node:http");
    const onward = send(`${replies.url}${request.url}`, { method: "POST", headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const environment = { PATH: process.env.PATH, ANTHROPIC_API_KEY: "k", ANTHROPIC_BASE_URL: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
  const scene = await makeScene(makePlace(), replies, { disk, environment });
  expect((await scene.run("go")).end.reason).toBe("answered");
  const requests = entriesOf(scene.journal(), "request");
  expect(seen).toHaveLength(2);
  for (const [index, request] of requests.entries()) expect(durableAt(disk.operations, request.request, '"type":"request"')).toBeLessThan(seen[index] ?? 0);
  expect(durableAt(disk.operations, '"type":"user"')).toBeLessThan(seen[0] ?? 0);
  expect(durableAt(disk.operations, '"type":"step"', '"to":"done"')).toBeLessThan(seen[1] ?? 0);
  const intent = disk.operations.findIndex((one) => one.text.includes('"intent":'));
  expect(durableAt(disk.operations, '"type":"reply"')).toBeLessThan(intent);
});

test("reads cost no sync of their own", async () => {
  const disk = recordingDisk();
  const scene = await play([{ reply: [read("a.txt"), read("a.txt"), read("a.txt")] }, done], { disk }, (place) => place.write("a.txt", "x\n"));
  await scene.run("go");
  // user, request, reply, (reads with the) request, reply, end
  expect(disk.operations.filter((one) => one.kind === "sync" && isJournal(one)).length).toBeLessThanOrEqual(6);
});

describe("a journal that cannot be written", () => {
  const full = (): Error => Object.assign(new Error("no space left on device"), { code: "ENOSPC" });

  /** The whole run with the disk full from the journal's write number `from` on. */
  async function fillAt(from: number): Promise<{ readonly scene: Scene; readonly writes: number; readonly reason: string; readonly says: string }> {
    let writes = 0;
    const disk = recordingDisk((operation) => (operation.kind === "write" && isJournal(operation) && ++writes >= from ? full() : null));
    const place = makePlace();
    place.write("a.txt", "old\n");
    const server = await serve(statelessScript("anthropic", [[read("a.txt"), edit("a.txt", "old", "new"), bash("echo ran >> trace")], [text("done")]]));
    const scene = await makeScene(place, server, { disk });
    const { end, events } = await scene.run("go");
    expect(eventsOf(events, "run-end")).toHaveLength(1);
    return { scene, writes, reason: end.reason, says: "says" in end ? end.says : "" };
  }

  test("at any line: nothing is done after it, the end says so, and after space is there the session goes on", async () => {
    const whole = await fillAt(Number.POSITIVE_INFINITY);
    expect(whole.reason).toBe("answered");
    expect(whole.writes).toBeGreaterThan(10);
    for (let from = 1; from <= whole.writes; from++) {
      const { scene, reason, says: words } = await fillAt(from);
      expect(reason, `write ${from}`).toBe("journal");
      expect(words).toMatch(/disk is full.*Free space/);
      // Whatever was done stands in the journal as begun: no effect without its intent.
      const kept = scene.journal();
      const begun = entriesOf(kept, "step").filter(({ change }) => change.to === "executing").length;
      const isEdited = scene.place.read("a.txt") === "new\n";
      const hasRun = process.getBuiltinModule("node:fs").existsSync(scene.place.file("trace"));
      if (isEdited) expect(begun).toBeGreaterThanOrEqual(2);
      if (hasRun) expect(begun).toBe(3);
      if (scene.server.requests.length > 0) expect(entriesOf(kept, "request").length).toBeGreaterThanOrEqual(scene.server.requests.length);
      await expect(scene.conversation.queue("later")).rejects.toThrow("disk is full");
      if (kept.length === 0) continue;
      const again = await scene.resume({ disk: nodeDisk });
      const { end } = await again.run(entriesOf(kept, "user").length === 0 ? "go" : null);
      expect(end, `write ${from}`).toEqual({ reason: "answered", text: "done" });
      const told = toldOf(again);
      expect(told).toHaveLength(3);
      expect(told[1]?.failed).toBe(again.place.read("a.txt") !== "new\n");
    }
  }, 40_000);

  test("a sync that fails poisons it: nothing is done on what may not be there", async () => {
    let syncs = 0;
    const disk = recordingDisk((operation) =>
      operation.kind === "sync" && isJournal(operation) && ++syncs === 4 ? Object.assign(new Error("i/o error"), { code: "EIO" }) : null,
    );
    const scene = await play([{ reply: [bash("echo ran >> trace")] }, done], { disk });
    const { end } = await scene.run("go");
    expect(end).toMatchObject({ reason: "journal" });
    expect(process.getBuiltinModule("node:fs").existsSync(scene.place.file("trace"))).toBe(false);
    expect((await scene.run(null)).end).toMatchObject({ reason: "journal" });
  });
});

test("the run of somebody who stops reading its events goes on to its end", async () => {
  const scene = await play([{ reply: [bash("echo 1 >> trace")] }, { reply: [bash("echo 2 >> trace")] }, done]);
  const run = scene.conversation.send("go");
  for await (const event of run) if (event.type === "turn-start") break;
  expect(await run.end).toEqual({ reason: "answered", text: "done" });
  expect(scene.place.read("trace")).toBe("1\n2\n");
  const unread = await play([{ reply: [bash("echo 1 >> trace")] }, done]);
  expect(await unread.conversation.send("go").end).toEqual({ reason: "answered", text: "done" });
  // and whoever begins to read late, while it runs, misses nothing
  const late = await play([{ reply: [bash("sleep 0.2")] }, done]);
  const running = late.conversation.send("go");
  await until(() => late.server.requests.length >= 1);
  const { events } = await collect(running);
  expect(events[0]?.type).toBe("run-start");
  expect(events.at(-1)?.type).toBe("run-end");
});
