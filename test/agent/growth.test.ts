// What a long session costs on the disk: no line that grows with the session, little beside what was said, caps on what comes in.
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { lineLimit } from "../../src/session/index.ts";
import { call, done, entriesOf, makePlace, makeScene, read, serve, text } from "./support.ts";

const turns = 200;

test("two hundred turns: at most three times what was said, and the last turns write no more than the first", { timeout: 60_000 }, async () => {
  const place = makePlace();
  const size = 2000;
  for (let at = 0; at < turns; at++) place.write(`${at}.txt`, `${at} ${"some words of a file\n".repeat(size / 21)}`);
  const server = await serve([...Array.from({ length: turns }, (_, at) => ({ reply: [text(`I read number ${at}.`), read(`${at}.txt`)] })), done]);
  const scene = await makeScene(place, server);
  expect((await scene.run("read them all")).end.reason).toBe("answered");
  const entries = scene.journal();
  const { messages } = scene.conversation.session.state;
  const payload = messages.reduce((sum, message) => sum + Buffer.byteLength(JSON.stringify(message.parts)), 0);
  const { size: bytes } = fs.statSync(scene.journalPath);
  expect(payload).toBeGreaterThan(turns * size);
  expect(bytes / payload).toBeLessThan(3);
  // bytes from one request line to the next
  const lengths = fs
    .readFileSync(scene.journalPath, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => Buffer.byteLength(line));
  const starts = entriesOf(entries, "request").map(({ seq }) => seq);
  const ofTurn = (turn: number): number => lengths.slice(starts[turn - 1], starts[turn]).reduce((sum, one) => sum + one, 0);
  const mean = (from: number, to: number): number =>
    Array.from({ length: to - from + 1 }, (_, at) => ofTurn(from + at)).reduce((sum, one) => sum + one, 0) / (to - from + 1);
  expect(mean(181, 200) / mean(3, 22)).toBeLessThan(1.05);
  // and no kind of line grows by itself
  for (const type of new Set(entries.map((entry) => entry.type))) {
    const of = entries.flatMap((entry, at) => (entry.type === type ? [lengths[at] ?? 0] : []));
    if (of.length >= turns) expect(Math.max(...of.slice(-20)) / Math.max(...of.slice(2, 22)), type).toBeLessThan(1.1);
  }
});

test("what comes in is capped or stored apart: no line is longer than the limit, and no result longer than its cap", async () => {
  const place = makePlace();
  place.write("long.txt", "a line of a long file\n".repeat(200_000));
  const png = Buffer.concat([Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"), Buffer.alloc(6_000_000)]);
  fs.writeFileSync(place.file("large.png"), png);
  const script = [
    { reply: [read("long.txt"), call("bash", { command: "cat long.txt" }), call("grep", { pattern: "line", limit: 2000 }), read("large.png")] },
    done,
  ];
  const scene = await makeScene(place, await serve(script));
  const prompt = `${"a prompt of some length ".repeat(15_000)}end`;
  expect((await scene.run(prompt)).end.reason).toBe("answered");
  const lines = fs.readFileSync(scene.journalPath, "utf8").trimEnd().split("\n");
  expect(Math.max(...lines.map((line) => Buffer.byteLength(line) + 1))).toBeLessThanOrEqual(lineLimit);
  expect(fs.statSync(scene.journalPath).size).toBeLessThan(2 * lineLimit);
  const blobs = join(dirname(dirname(scene.journalPath)), "blobs");
  expect(fs.readdirSync(blobs).length).toBeGreaterThan(0);
  const results = scene.conversation.session.state.messages.flatMap((message) => (message.role === "tool" ? [message] : []));
  expect(results.map(({ tool }) => tool)).toEqual(["read", "bash", "grep", "read"]);
  for (const { parts } of results) expect(Buffer.byteLength(JSON.stringify(parts))).toBeLessThan(128 * 1024);
  expect(results[3]).toMatchObject({ failed: true, parts: [{ text: expect.stringMatching(/5 MB|5,000,000|5000000/) }] });
  const again = await scene.resume();
  expect(again.conversation.session.findings).toEqual([]);
  expect(again.conversation.session.state.messages[0]).toMatchObject({ role: "user", parts: [{ text: prompt }] });
});
