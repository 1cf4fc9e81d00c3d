// What becomes of the rest of a reply when one of its calls does not succeed, is interrupted, or works beside a job.
import * as fs from "node:fs";
import { describe, expect, test } from "vitest";
import {
  bash,
  call,
  collect,
  coursesOf,
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
  toldOf,
  toolOf,
  until,
} from "./support.ts";

const textsOf = (scene: Parameters<typeof toldOf>[0]) => toldOf(scene).map((one) => one.text);
const notBegun = (what: RegExp) => expect.stringMatching(new RegExp(`^Not begun, nothing was done: .*namely ${what.source}\\. Look at its result`));

describe("a change that did not succeed", () => {
  test("holds up the later changes of its reply, which are told so; reads and the session's own books go on", async () => {
    const scene = await play(
      [{ reply: [edit("a.txt", "gone", "x"), read("a.txt"), bash("touch ran"), call("todo", { items: [] }), bash("ls"), edit("a.txt", "old", "new")] }, done],
      {},
      (place) => place.write("a.txt", "old\n"),
    );
    const { events } = await scene.run("go");
    expect(textsOf(scene)).toEqual([
      expect.stringContaining("a.txt"),
      "1\told",
      notBegun(/edit \(a\.txt\): failed/),
      "The list is empty.",
      "a.txt",
      notBegun(/edit \(a\.txt\): failed/),
    ]);
    expect([...coursesOf(events).values()].map((course) => course.at(-1))).toEqual(["failed", "done", "cancelled", "done", "done", "cancelled"]);
    expect(fs.readdirSync(scene.place.project)).toEqual(["a.txt"]);
    expect(scene.place.read("a.txt")).toBe("old\n");
  });

  test("holds up none of the next reply", async () => {
    const scene = await play([{ reply: [bash("touch a; exit 3")] }, { reply: [bash("touch b")] }, done]);
    await scene.run("go");
    expect(fs.readdirSync(scene.place.project)).toEqual(["a", "b"]);
  });

  test("is a command that may change something and exits with an error; one that was proved to read is none", async () => {
    const scene = await play([{ reply: [bash("grep nothing a.txt"), bash("touch one; false"), bash("touch two")] }, done], {}, (place) =>
      place.write("a.txt", ""),
    );
    await scene.run("go");
    expect(toldOf(scene).map((one) => one.failed)).toEqual([true, true, true]);
    expect(fs.existsSync(scene.place.file("one"))).toBe(true);
    expect(fs.existsSync(scene.place.file("two"))).toBe(false);
    expect(textsOf(scene)[2]).toEqual(notBegun(/bash \(touch one; false\): failed/));
  });

  test("is a command that was to change the working folder and could not", async () => {
    const scene = await play([{ reply: [bash("cd nowhere"), bash("touch here")] }, done]);
    await scene.run("go");
    expect(fs.existsSync(scene.place.file("here"))).toBe(false);
  });

  test("is one that was denied, one whose effect is not known, one whose arguments were no JSON or do not fit", async () => {
    const later = bash("touch ran");
    const lose = toolOf("lose", "network", () => ({ ...says("lost", true), effect: "unknown" as const }));
    const rules = [{ text: "bash(rm *)", verdict: "deny", source: "test" }] as const;
    const replies = [
      [bash("rm a.txt"), later],
      [call("lose", {}), later],
      [call("edit", { path: "a.txt" }), later],
    ];
    const scene = await play([...replies.map((reply) => ({ reply })), { reply: [{ call: "write", rawInput: '{"path": "a.txt", "content"' }, later] }, done], {
      tools: [lose],
      rules,
    });
    await scene.run("go");
    const told = textsOf(scene);
    expect(told[1]).toEqual(notBegun(/bash \(rm a\.txt\): denied/));
    expect(told[3]).toEqual(notBegun(/lose: whether it took effect is not known/));
    expect(told[5]).toEqual(notBegun(/edit: failed/));
    expect(told[7]).toEqual(notBegun(/write: its arguments could not be read/));
    expect(fs.readdirSync(scene.place.project)).toEqual([]);
  });

  test("neither holds up nor is held up where its tool is independent", async () => {
    const ran: string[] = [];
    const own = (name: string, failed: boolean) => toolOf(name, "execute", () => says(`${ran.push(name)}`, failed), { independent: true });
    const scene = await play([{ reply: [call("first", {}), bash("touch a; false"), call("second", {}), bash("touch b")] }, done], {
      tools: [own("first", true), own("second", false)],
    });
    await scene.run("go");
    expect(ran).toEqual(["first", "second"]);
    expect(fs.readdirSync(scene.place.project)).toEqual(["a"]);
  });

  test("is none that waits; once it was denied, what was left open after it is held up, over a resume too", async () => {
    const place = makePlace();
    const server = await serve([{ reply: [bash("touch asked"), bash("touch ran"), bash("touch asked-too"), read("a.txt")] }, done]);
    const rules = [
      { text: "bash(touch asked*)", verdict: "ask", source: "test" },
      { text: "bash(touch ran)", verdict: "allow", source: "test" },
    ] as const;
    place.write("a.txt", "x\n");
    const scene = await makeScene(place, server, { rules, mode: "ask" });
    expect((await scene.run("go")).end).toMatchObject({ reason: "awaiting", steps: [{}, {}] });
    expect(fs.existsSync(place.file("ran"))).toBe(true);
    const next = await scene.resume({
      handler: { context: "interactive", settle: async () => ({ verdict: "deny", reason: { by: "person", says: "no" }, holds: "call" }) },
    });
    await next.run(null);
    expect(textsOf(next)).toEqual([expect.stringContaining("no"), "(no output)", notBegun(/bash \(touch asked\): denied/), "1\tx"]);
    expect(entriesOf(next.journal(), "decision").filter(({ decision }) => decision.verdict === "deny")).toHaveLength(1);
    expect(fs.readdirSync(place.project).sort()).toEqual(["a.txt", "ran"]);
  });
});

test("an interrupt in the middle of thirty reads ends them soon, never more at once than are allowed, and each has its result", async () => {
  let now = 0;
  let most = 0;
  const slow = toolOf("slow", "read", async (_input, _key, signal) => {
    most = Math.max(most, ++now);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, 20_000);
      const end = () => {
        clearTimeout(timer);
        resolve();
      };
      signal.addEventListener("abort", end, { once: true });
    });
    now -= 1;
    return says("stopped", true);
  });
  const reads = Array.from({ length: 30 }, (_, number) => call("slow", { number }));
  const scene = await play([{ reply: reads }, done], { tools: [slow], parallelReads: 4 });
  const stop = new AbortController();
  const running = collect(scene.conversation.send("go", stop.signal));
  await until(() => now === 4);
  const from = performance.now();
  stop.abort();
  const { end, events } = await running;
  expect(performance.now() - from).toBeLessThan(2000);
  expect(end.reason).toBe("aborted");
  expect(most).toBe(4);
  const ends = [...coursesOf(events).values()].map((course) => course.at(-1));
  expect(ends).toEqual([...Array(4).fill("failed"), ...Array(26).fill("cancelled")]);
  expect(toldOf(scene)).toHaveLength(30);
});

describe("a command in the background", () => {
  test("that writes a file which is edited beside it: the person is told once, and the model with the next request", async () => {
    const background = call("bash", { command: "sleep 30; echo late >> a.txt", background: true });
    const turns = [{ reply: [background] }, { reply: [read("a.txt")] }, { reply: [edit("a.txt", "one", "two"), edit("a.txt", "two", "three")] }, done, done];
    const scene = await play(turns, {}, (place) => place.write("a.txt", "one\n"));
    const { events } = await scene.run("go");
    const told = eventsOf(events, "notice").filter(({ code }) => code === "job-running");
    expect(told.map((one) => one.says)).toEqual([
      expect.stringMatching(/^Job j1 \(sleep 30; echo late >> a\.txt\) is running in this tree and writes .*a\.txt, too\.$/),
    ]);
    const notes = entriesOf(scene.journal(), "note").filter(({ about }) => about === "job");
    expect(notes).toHaveLength(1);
    expect(notes[0]?.parts).toMatchObject([{ text: expect.stringContaining("which was changed beside it") }]);
    expect(scene.place.read("a.txt")).toBe("three\n");
  });
  test("of which nobody knows what it writes: the person is told; of one that writes elsewhere nobody is", async () => {
    const background = (command: string) => call("bash", { command, background: true });
    const turns = [{ reply: [background("sleep 30; echo x >> other.txt")] }, { reply: [edit("a.txt", "one", "two")] }, done];
    const elsewhere = await play(turns, {}, (place) => place.write("a.txt", "one\n"));
    expect(eventsOf((await elsewhere.run("go")).events, "notice")).toEqual([]);
    const unknown = await play([{ reply: [background("sh ./serve.sh")] }, { reply: [edit("a.txt", "one", "two")] }, done], {}, (place) => {
      place.write("a.txt", "one\n");
      place.write("serve.sh", "sleep 30\n");
    });
    const { events } = await unknown.run("go");
    expect(eventsOf(events, "notice").map(({ says: words }) => words)).toEqual([
      "Job j1 (sh ./serve.sh) is running in this tree; which files it writes is not known.",
    ]);
    expect(entriesOf(unknown.journal(), "note")).toEqual([]);
  });
});
