// In which order the calls of one reply are carried out, and what runs beside what.
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../src/index.ts";
import { bash, call, coursesOf, done, edit, entriesOf, eventsOf, makePlace, makeScene, play, read, says, serve, toldOf, toolOf, wires } from "./support.ts";

/** How many steps were executing at the same time, at most. */
function mostAtOnce(events: readonly RunEvent[]): number {
  let now = 0;
  let most = 0;
  for (const { to } of eventsOf(events, "step")) {
    if (to === "executing") most = Math.max(most, ++now);
    else if (to === "done" || to === "failed") now -= 1;
  }
  return most;
}

describe.each(wires)("over the %s wire", (wire) => {
  test("two edits of one file in one reply are both kept, in order", async () => {
    const scene = await play([{ reply: [edit("a.txt", "one", "two"), edit("a.txt", "two three", "four")] }, done], { wire, mode: "accept-edits" }, (place) =>
      place.write("a.txt", "one three\n"),
    );
    const { end, events } = await scene.run("go");
    expect(end).toEqual({ reason: "answered", text: "done" });
    expect(scene.place.read("a.txt")).toBe("four\n");
    expect(mostAtOnce(events)).toBe(1);
    expect([...coursesOf(events).values()]).toEqual([
      ["planned", "executing", "done"],
      ["planned", "executing", "done"],
    ]);
  });

  test("results go back in the model's order, whichever ended first", async () => {
    const slow = toolOf("slow", "read", async (input) => {
      const { wait } = input as { wait: number };
      await new Promise((resolve) => setTimeout(resolve, wait));
      return says(`waited ${wait}`);
    });
    const scene = await play([{ reply: [60, 30, 1].map((wait) => call("slow", { wait })) }, done], { wire, tools: [slow] });
    const { events } = await scene.run("go");
    expect(toldOf(scene).map((one) => one.text)).toEqual(["waited 60", "waited 30", "waited 1"]);
    const ended = eventsOf(events, "step").filter((event) => event.to === "done");
    const replied = [...coursesOf(events).keys()];
    expect(ended.map((event) => event.call)).toEqual(replied.toReversed());
  });
});

test("four reads in one reply run together: each waits until all four have begun", async () => {
  let begun = 0;
  const { promise: allBegun, resolve } = Promise.withResolvers<void>();
  const meet = toolOf("meet", "read", async () => {
    if (++begun === 4) resolve();
    const met = await Promise.race([allBegun.then(() => true), new Promise((late) => setTimeout(() => late(false), 3000))]);
    return says(met ? "met" : "alone", !met);
  });
  const scene = await play([{ reply: Array.from({ length: 4 }, (_, number) => call("meet", { number })) }, done], { tools: [meet] });
  const { events } = await scene.run("go");
  expect(toldOf(scene).map((one) => one.text)).toEqual(["met", "met", "met", "met"]);
  expect(mostAtOnce(events)).toBe(4);
});

test("no more reads run at once than are allowed", async () => {
  let now = 0;
  let most = 0;
  const slow = toolOf("slow", "read", async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 5));
    now -= 1;
    return says("read");
  });
  const scene = await play([{ reply: Array.from({ length: 9 }, (_, number) => call("slow", { number })) }, done], { tools: [slow], parallelReads: 3 });
  await scene.run("go");
  expect(toldOf(scene)).toHaveLength(9);
  expect(most).toBe(3);
});

test("two commands of one reply do not overlap", async () => {
  const command = (name: string) => bash(`date +%s%N > ${name}.begin; sleep 0.5; date +%s%N > ${name}.end`);
  const scene = await play([{ reply: [command("a"), command("b")] }, done]);
  const { events } = await scene.run("go");
  const time = (name: string) => BigInt(scene.place.read(name).trim());
  expect(time("b.begin")).toBeGreaterThan(time("a.end"));
  expect(time("a.end") - time("a.begin")).toBeGreaterThanOrEqual(500_000_000n);
  expect(mostAtOnce(events)).toBe(1);
});

test("a read after a change sees the change, a read before it does not", async () => {
  const scene = await play([{ reply: [read("a.txt"), edit("a.txt", "old", "new"), read("a.txt")] }, done], {}, (place) => place.write("a.txt", "old\n"));
  await scene.run("go");
  expect(toldOf(scene).map((one) => one.text)).toEqual(["1\told", expect.stringContaining("Edited a.txt"), "1\tnew"]);
});

test("the working folder of a command is kept for the next one and over a resume", async () => {
  const place = makePlace();
  const scene = await makeScene(
    place,
    await serve([{ reply: [bash("mkdir -p sub && cd sub && export LOST=1"), bash('pwd; echo "[$LOST]"')] }, done, { reply: [bash("pwd")] }, done]),
  );
  await scene.run("go");
  expect(toldOf(scene)[1]?.text).toBe(`${place.file("sub")}\n[]`);
  const again = await scene.resume();
  await again.run("and again");
  expect(toldOf(again)[2]?.text).toBe(place.file("sub"));
});

test("an announced tool is said before its arguments are whole, and nothing acts on it", async () => {
  const scene = await play([{ reply: [bash("touch ran")] }, done]);
  const { events } = await scene.run("go");
  const kinds = events.flatMap((event) => (event.type === "model" ? [event.part.type] : event.type === "step" ? [event.to] : []));
  expect(kinds.slice(0, 6)).toEqual(["message-start", "tool-matched", "tool-call", "planned", "executing", "done"]);
  expect(entriesOf(scene.journal(), "decision").map(({ decision }) => decision.reason.by)).toEqual(["mode"]);
});
