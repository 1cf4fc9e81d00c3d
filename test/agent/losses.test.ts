// What of a journal cannot be read any more is told to the model, each loss once, without a byte of the head changed.
import * as fs from "node:fs";
import { describe, expect, test } from "vitest";
import type { SessionId } from "../../src/base/index.ts";
import { createAgent } from "../../src/index.ts";
import {
  collect,
  done,
  entriesOf,
  environmentFor,
  eventsOf,
  makePlace,
  makeScene,
  modelFor,
  read,
  type Scene,
  serve,
  statelessScript,
  text,
} from "./support.ts";

const linesOf = (scene: Scene): string[] => fs.readFileSync(scene.journalPath, "utf8").split("\n").slice(0, -1);
const damage = (scene: Scene, change: (lines: string[]) => readonly string[]): void =>
  fs.writeFileSync(
    scene.journalPath,
    change(linesOf(scene))
      .map((line) => `${line}\n`)
      .join(""),
  );
/** Texts of notes about what is lost, as they stand in the request the model was last sent. */
const toldIn = (scene: Scene): readonly string[] => {
  const body = JSON.stringify(scene.server.requests.at(-1)?.json ?? null);
  return body.split("A part of this session's record cannot be read").slice(1);
};
const lossNotes = (scene: Scene) =>
  entriesOf(
    scene.journal().filter((entry) => typeof entry === "object"),
    "note",
  ).filter((note) => note.about === "journal-loss");

async function twoAnswers(): Promise<Scene> {
  const place = makePlace();
  place.write("a.txt", "x\n");
  const server = await serve({ name: "any", order: "first-match", turns: [{ reply: [text("answer")], repeat: "always" }] });
  const scene = await makeScene(place, server);
  await scene.run("first");
  await scene.run("second");
  await scene.conversation.release();
  return scene;
}
const lineOf = (lines: readonly string[], type: string, nth = 0): number =>
  lines.flatMap((line, index) => (line.includes(`"type":"${type}"`) ? [index] : []))[nth] ?? -1;

/** The journal has lines that are no JSON: read past them. */
const readable = (scene: Scene): Scene => ({
  ...scene,
  journal: () => linesOf(scene).flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : [])),
});

describe("lines in the middle that cannot be read", () => {
  test("are told once: how many, between which times, where the bytes are; also after further resumes", async () => {
    const scene = await twoAnswers();
    const whole = linesOf(scene);
    const lost = lineOf(whole, "reply", 1);
    damage(scene, (lines) => lines.with(lost, "x".repeat(50)));
    const again = readable(await scene.resume());
    const { events } = await again.run("third");
    expect(eventsOf(events, "notice").map(({ code }) => code)).toContain("journal-gap");
    expect(toldIn(again)).toHaveLength(1);
    const times = [lost - 1, lost + 1].map((at) => new Date((JSON.parse(whole[at] ?? "") as { ts: number }).ts).toISOString());
    const [note] = lossNotes(again);
    const says = note?.parts[0]?.type === "text" ? note.parts[0].text : "";
    expect(says).toContain(`1 line is lost, written ${times[0] === times[1] ? times[0] : `between ${times[0]} and ${times[1]}`}`);
    expect(says).toMatch(/the bytes are left in journal\.jsonl, bytes \d+ to \d+, in the session's folder/);
    expect(says).toContain("Look at the present state");
    // what was sent stays, byte for byte: the note comes after it
    const before = again.server.requests.at(-1)?.json as { system: unknown; tools: unknown; messages: unknown[] };
    const once = readable(await again.resume());
    await once.run("fourth");
    await once.run("fifth");
    expect(toldIn(once)).toHaveLength(1);
    expect(lossNotes(once)).toHaveLength(1);
    const after = once.server.requests.at(-1)?.json as typeof before;
    expect(after.system).toEqual(before.system);
    expect(after.tools).toEqual(before.tools);
    const plain = (messages: unknown[]) => messages.map((one) => JSON.stringify(one).replaceAll(/,"cache_control":\{[^}]*\}/g, ""));
    expect(plain(after.messages).slice(0, before.messages.length)).toEqual(plain(before.messages));
  });

  test("twice at different times: each is told once, in a note of its own", async () => {
    const scene = await twoAnswers();
    damage(scene, (lines) => lines.with(lineOf(lines, "reply", 0), "y".repeat(20)));
    const again = readable(await scene.resume());
    await again.run("third");
    await again.conversation.release();
    damage(again, (lines) => lines.with(lineOf(lines, "reply", 1), "z".repeat(20)));
    const third = readable(await again.resume());
    await third.run("fourth");
    expect(lossNotes(third)).toHaveLength(2);
    expect(toldIn(third)).toHaveLength(2);
    expect(lossNotes(third).map(({ tells }) => tells?.length)).toEqual([1, 1]);
  });

  test("whose note is lost in its turn are told again: the model does not know of them any more", async () => {
    const scene = await twoAnswers();
    damage(scene, (lines) => lines.with(lineOf(lines, "reply", 0), "y".repeat(20)));
    const again = readable(await scene.resume());
    await again.run("third");
    await again.conversation.release();
    damage(again, (lines) => lines.with(lineOf(lines, "note"), "z".repeat(20)));
    const third = readable(await again.resume());
    await third.run("fourth");
    expect(lossNotes(third)).toHaveLength(1);
    expect(lossNotes(third)[0]?.tells).toHaveLength(2);
  });

  test("that hold other bytes and no line of ours are told as that", async () => {
    const scene = await twoAnswers();
    damage(scene, (lines) => lines.toSpliced(4, 0, "somebody else's"));
    const again = readable(await scene.resume());
    await again.run("third");
    expect(JSON.stringify(lossNotes(again)[0]?.parts)).toContain("Bytes that are no line of it stand in the middle");
  });

  test("are told in a fork too, though nothing opened the origin since", async () => {
    const scene = await twoAnswers();
    damage(scene, (lines) => lines.with(lineOf(lines, "reply", 0), "y".repeat(20)));
    const agent = await createAgent({
      cwd: scene.place.project,
      home: scene.place.home,
      model: modelFor("anthropic"),
      environment: environmentFor("anthropic", scene.server),
    });
    if (!agent.ok) throw agent.error;
    const fork = await agent.value.fork(scene.conversation.session.id as SessionId);
    if (!fork.ok) throw fork.error;
    await collect(fork.value.send("third"));
    expect(toldIn(scene)).toHaveLength(1);
    await collect(fork.value.send("fourth"));
    expect(toldIn(scene)).toHaveLength(1);
    await fork.value.release();
  });
});

describe("an end that cannot be read", () => {
  test("with whole lines in it is told once, with the file that has the bytes", async () => {
    const scene = await twoAnswers();
    damage(scene, (lines) => [...lines.slice(0, -2), ...lines.slice(-2).map((line) => `${line.slice(0, -19)}X${line.slice(-18)}`)]);
    const again = await scene.resume();
    await again.run("third");
    const aside = fs.readdirSync(scene.journalPath.replace("/journal.jsonl", "")).find((name) => name.startsWith("journal.torn-"));
    expect(aside).toBeDefined();
    const notes = JSON.stringify(lossNotes(again));
    expect(notes).toContain("2 lines are lost");
    expect(notes).toContain(`copied aside to ${aside}`);
    const once = await again.resume();
    await once.run("fourth");
    expect(toldIn(once)).toHaveLength(1);
  });

  test("that is one torn line was never durable: the person is told, the model has missed nothing", async () => {
    const scene = await twoAnswers();
    fs.appendFileSync(scene.journalPath, '{"v":1,"seq":99');
    const again = await scene.resume();
    const { events } = await again.run("third");
    expect(eventsOf(events, "notice").map(({ code }) => code)).toContain("journal-repaired");
    expect(toldIn(again)).toHaveLength(0);
  });
});

test("in a session that lost nothing nothing is told", async () => {
  const place = makePlace();
  place.write("a.txt", "x\n");
  const scene = await makeScene(place, await serve(statelessScript("anthropic", [[read("a.txt")], done.reply])));
  await scene.run("go");
  const again = await scene.resume();
  expect(again.conversation.session.state.losses).toEqual([]);
  expect(lossNotes(again)).toEqual([]);
});
