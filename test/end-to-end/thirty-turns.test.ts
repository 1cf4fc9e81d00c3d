// Thirty turns of reads, edits and commands end as scripted, and each request begins with the bytes of the one before it.
import { describe, expect, test } from "vitest";
import { prefixExtends, type Turn } from "../../src/testing/index.ts";
import { prefixBreaks } from "../agent/prefix.ts";
import { bash, done, edit, entriesOf, eventsOf, makePlace, makeScene, read, serve, text, toldOf, wires } from "../agent/support.ts";

const rounds = Array.from({ length: 10 }, (_, index) => index + 1);
/** Ten rounds of three turns: look, change, run. */
const turns: readonly Turn[] = [
  ...rounds.flatMap((round): Turn[] => [
    { reply: [text(`Round ${round}.`), read("list.txt"), read(`no-such-${round}.txt`)] },
    { reply: [edit("list.txt", `- item ${round}\n`, `- done ${round}\n`)] },
    { reply: [bash(`echo ${round} >> ran.txt; grep -c done list.txt`)] },
  ]),
  { reply: [text("All ten are done.")] },
];
const list = rounds.map((round) => `- item ${round}\n`).join("");

describe.each(wires)("over the %s wire", (wire) => {
  test("thirty turns end as scripted, with a prefix that only grows", async () => {
    const place = makePlace();
    place.write("list.txt", list);
    const server = await serve(turns);
    const scene = await makeScene(place, server, { wire });
    const { end, events } = await scene.run("Do the list.");
    expect(end).toEqual({ reason: "answered", text: "All ten are done." });
    expect(place.read("list.txt")).toBe(list.replaceAll("item", "done"));
    expect(place.read("ran.txt")).toBe(rounds.map((round) => `${round}\n`).join(""));
    expect(server.unserved()).toEqual([]);
    expect(server.requests.map((request) => request.outcome)).toEqual(Array.from({ length: 31 }, () => "answered"));
    expect(prefixBreaks(server.requests)).toEqual([]);
    for (const [index, request] of server.requests.entries()) {
      if (index === 0) continue;
      expect(prefixExtends(server.requests[index - 1]?.json ?? {}, request.json)).toMatchObject({ extends: true });
      expect(request.common?.breaksIn).toBeUndefined();
    }
    expect(eventsOf(events, "context-assembled").flatMap((event) => event.breaks)).toEqual([]);
    expect(
      toldOf(scene)
        .filter((one) => one.tool === "bash")
        .map((one) => one.text),
    ).toEqual(rounds.map(String));
    expect(toldOf(scene).filter((one) => one.failed)).toHaveLength(10);
    const entries = scene.journal();
    expect(entriesOf(entries, "request")).toHaveLength(31);
    expect(entriesOf(entries, "reply")).toHaveLength(31);
    expect(entriesOf(entries, "end")).toHaveLength(1);
  });

  test("a session that is resumed after each turn sends the same bytes as one that was not", async () => {
    const place = makePlace();
    place.write("list.txt", list);
    const server = await serve([...turns.slice(0, 6), done]);
    let scene = await makeScene(place, server, { wire, maxTurns: 1 });
    let { end } = await scene.run("Do the list.");
    for (let slice = 0; end.reason === "turns" && slice < 10; slice++) {
      scene = await scene.resume();
      ({ end } = await scene.run(null));
    }
    expect(end).toEqual({ reason: "answered", text: "done" });
    expect(server.requests).toHaveLength(7);
    expect(prefixBreaks(server.requests)).toEqual([]);
  });
});

test("the comparison of raw bodies sees a single changed byte", async () => {
  const body = (system: string, ...messages: string[]) =>
    ({ body: Buffer.from(JSON.stringify({ model: "m", tools: [], system, messages: messages.map((content) => ({ role: "user", content })) })) }) as never;
  expect(prefixBreaks([body("s", "a"), body("s", "a", "b")])).toEqual([]);
  expect(prefixBreaks([body("s", "a"), body("t", "a", "b")])).toEqual(["request 1: system differs"]);
  expect(prefixBreaks([body("s", "a", "b"), body("s", "A", "b", "c")])).toHaveLength(1);
});
