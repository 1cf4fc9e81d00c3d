// Thirty turns of reads, edits and commands end as scripted, and each request begins with the bytes of the one before it.
import { describe, expect, test } from "vitest";
import type { Entry } from "../../src/session/index.ts";
import { prefixExtends, type Turn } from "../../src/testing/index.ts";
import { prefixBreaks } from "../agent/prefix.ts";
import {
  allPlaces,
  bash,
  done,
  edit,
  entriesOf,
  eventsOf,
  makePlace,
  makeScene,
  modelFor,
  read,
  serve,
  text,
  toldOf,
  type WireChoice,
  wires,
} from "../agent/support.ts";

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

/** What belongs to a provider, to one moment or to one place. */
const ownFields = new Set(
  "v seq judged id ts prev crc session step request task call key asking process pid provider model usage usageFinal cost confirmed projection segments wire cache signature took took_ms at milliseconds started ended".split(
    " ",
  ),
);

/** The journal without these: the same over every wire. Thoughts are a model's own, settings and ends those of a run. */
function skeletonOf(entries: readonly Entry[], project: string): readonly string[] {
  const strip = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.filter((part) => part?.type !== "thinking" && part?.type !== "redacted-thinking").map(strip);
    if (typeof value !== "object" || value === null) return typeof value === "string" ? value.replaceAll(project, "<project>") : value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, field]) => {
        // a call's own words stay, the vendor's name for it goes
        if (name === "call" && typeof field === "object") return [[name, strip(field)]];
        return ownFields.has(name) ? [] : [[name, strip(field)]];
      }),
    );
  };
  const kept = entries.filter(({ type }) => !["session", "setting", "end", "task", "process", "prefix"].includes(type));
  const lines = kept.map((entry) => JSON.stringify(strip(entry)));
  // of two reads that run at once either may be done first
  const isClosing = (line: string | undefined): boolean => line !== undefined && /"to":"(?:done|failed)"/.test(line);
  for (let at = 1; at < lines.length; at++) {
    const pair = lines.slice(at - 1, at + 1);
    if (pair.every(isClosing)) lines.splice(at - 1, 2, ...pair.sort());
  }
  return lines;
}

async function work(wire: WireChoice, over?: WireChoice): Promise<readonly string[]> {
  const place = makePlace();
  place.write("list.txt", list);
  const server = await serve(turns);
  const scene = await makeScene(place, server, { wire, environment: allPlaces(server), ...(over === undefined ? {} : { maxTurns: 16 }) });
  let { end } = await scene.run("Do the list.");
  if (over !== undefined) {
    expect(end).toEqual({ reason: "turns", limit: 16 });
    const changed = await scene.conversation.change({ model: modelFor(over) });
    if (!changed.ok) throw changed.error;
    await changed.value.take();
    ({ end } = await scene.run(null));
  }
  expect(end).toEqual({ reason: "answered", text: "All ten are done." });
  expect(place.read("list.txt")).toBe(list.replaceAll("item", "done"));
  expect(place.read("ran.txt")).toBe(rounds.map((round) => `${round}\n`).join(""));
  expect(server.requests.map((request) => request.says ?? request.outcome)).toEqual(Array.from({ length: 31 }, () => "answered"));
  return skeletonOf(scene.journal(), place.project);
}

describe("one job", () => {
  let usual: Promise<readonly string[]> | undefined;
  const ofAnthropic = () => {
    usual ??= work("anthropic");
    return usual;
  };

  test.each(wires.slice(1))("has the same journal over the %s wire as over Anthropic's, but for what is the provider's", async (wire) => {
    const expected = await ofAnthropic();
    expect(expected.length).toBeGreaterThan(150);
    expect(await work(wire)).toEqual(expected);
  });

  const pairs = wires.flatMap((from) => wires.filter((to) => to !== from).map((to) => [from, to] as const));
  test.each(pairs)("that goes over from %s to %s in the middle ends the same, with the same journal", async (from, to) => {
    expect(await work(from, to)).toEqual(await ofAnthropic());
  });
});

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
