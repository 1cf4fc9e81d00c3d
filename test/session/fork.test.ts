// Forks: what comes along, what does not, and that nothing of the origin is needed afterwards.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nodeDisk } from "../../src/exec/index.ts";
import {
  createFileStore,
  createSession,
  type EntryBody,
  exportSession,
  forkSession,
  openSession,
  readSession,
  type Session,
  type SessionStore,
} from "../../src/session/index.ts";
import { knownNeeds } from "../../src/session/line.ts";
import { createManualClock, createMemoryStore } from "../../src/testing/index.ts";
import {
  answered,
  appendAll,
  calls,
  done,
  executing,
  journalOf,
  planned,
  reply,
  request,
  says,
  sessionId,
  step,
  stepId,
  temporaryFolder,
  turn,
  user,
} from "./support.ts";

const clock = createManualClock();
const place = { cwd: "/p", root: "/p", version: "0.1.0" };
const [origin, fork] = [sessionId("s_origin"), sessionId("s_fork")];

async function value<Value>(outcome: Promise<{ readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: Error }>): Promise<Value> {
  const settled = await outcome;
  if (!settled.ok) throw settled.error;
  return settled.value;
}
async function refused(outcome: Promise<{ readonly ok: boolean }>): Promise<{ readonly code: string; readonly message: string }> {
  const settled = (await outcome) as { ok: boolean; error?: { code: string; message: string } };
  if (settled.ok || !settled.error) throw new Error("it was taken");
  return settled.error;
}
async function written(store: SessionStore, bodies: readonly EntryBody[]): Promise<Session> {
  const session = await value(createSession(store, clock, origin, place));
  await appendAll(session, bodies);
  await session.release();
  return session;
}
const prefix: EntryBody = {
  type: "prefix",
  prefix: { tools: [], system: [{ name: "core", text: "You are." }], environment: "<environment/>" },
  loaded: ["/p/AGENTS.md"],
};
const seen = { path: "/p/a", sha256: "a".repeat(64), mode: 0o644, size: 3 };
const whole: readonly EntryBody[] = [
  { type: "setting", name: "mode", value: "plan" },
  { type: "setting", name: "budget", value: '{"usd":2}' },
  prefix,
  user("begin"),
  ...turn("1"),
  request("r_2"),
  reply("r_2", [calls("c_2")]),
  planned("2", "r_2", 0),
  executing("2"),
  step({
    step: stepId("2"),
    to: "done",
    result: { parts: [{ type: "text", text: "x" }], failed: false, seen: [seen as never], cwd: "/p/sub", blobs: ["b".repeat(64)] },
  }),
  { type: "input", parts: [{ type: "text", text: "queued" }] },
  request("r_3"),
  reply("r_3", [says("all done")]),
  request("r_open"),
];

test("the conversation, what was seen and what it holds to come along; steps, queue, spend and open requests do not", async () => {
  const store = createMemoryStore(clock);
  const { state } = await written(store, whole);
  const session = await value(forkSession(store, clock, fork, { session: origin }, place));
  const live = session.state;
  await session.release();
  const reread = (await value(readSession(store, fork))).state;
  for (const forked of [live, reread]) {
    expect(forked.messages).toEqual(state.messages);
    expect(forked.prefix).toEqual(state.prefix);
    expect([...forked.settings]).toEqual([...state.settings]);
    expect([...forked.seen]).toEqual([["/p/a", seen]]);
    expect(forked).toMatchObject({
      seenPaths: ["/p/a"],
      shellCwd: "/p/sub",
      loaded: ["/p/AGENTS.md"],
      firstPrompt: "begin",
      origin: { session: origin, seq: whole.length },
    });
    expect(forked).toMatchObject({ lastReply: state.lastReply, lastSegments: state.lastSegments, lastModel: { provider: "anthropic", model: "m-1" } });
    expect(forked).toMatchObject({ queue: [], openRequests: [], pending: [], decisions: [], turns: 0, end: null, running: false, length: 2 });
    expect([forked.spent.usd, forked.spent.tokens, forked.usage.input, forked.steps.size]).toEqual([0, 0, 0, 0]);
  }
  const lines = Buffer.from(store.journal(fork))
    .toString("utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines[0].origin).toMatchObject({ session: origin, seq: whole.length });
  const originLines = Buffer.from(store.journal(origin)).toString("utf8").trim().split("\n");
  const { sha256 } = await import("../../src/exec/index.ts");
  expect(lines[0].origin.prev).toBe(sha256(originLines.at(-1) ?? ""));
  expect(lines[1]).toMatchObject({ type: "inherited", needs: ["inherited"], blobs: ["b".repeat(64)] });
});

test("at a line in the middle: what came later is not in it, and calls that were open are closed in words, each once", async () => {
  const store = createMemoryStore(clock);
  const bodies = [
    prefix,
    user("go"),
    request("r_1"),
    reply("r_1", [says("look"), calls("c_a"), calls("c_b", "bash", { command: "make" }), calls("c_c", "bash", { command: "later" })]),
  ];
  const more = [
    planned("a", "r_1", 0),
    executing("a"),
    done("a", "text of a"),
    planned("b", "r_1", 1, "bash", { command: "make" }),
    executing("b", { class: "shell", redo: "never", argumentsHash: "hash of make" }),
    done("b", "made"),
    planned("c", "r_1", 2, "bash", { command: "later" }),
    executing("c", { class: "shell", redo: "never" }),
    done("c", "late"),
    answered,
  ];
  await written(store, [...bodies, ...more]);
  const at = 1 + bodies.length + 4; // the command is under way
  const { state, release } = await value(forkSession(store, clock, fork, { session: origin, seq: at }, place));
  expect(state.messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "tool", "tool"]);
  const texts = state.messages.flatMap((message) => (message.role === "tool" ? message.parts.map((part) => (part.type === "text" ? part.text : "")) : []));
  expect(texts[0]).toBe("text of a");
  expect(texts[1]).toMatch(/forked while the call was under way.*may or may not have happened/);
  expect(texts[2]).toMatch(/forked before the call began/);
  expect([...state.unknownEffects]).toEqual(["hash of make"]);
  await release();
});

test("a large one spills, and is whole when the origin is gone", async () => {
  const home = temporaryFolder();
  const store = createFileStore({ disk: nodeDisk, clock, folder: home, version: "0.1.0" });
  const long = "many words ".repeat(60_000);
  await written(store, [prefix, user(long), ...turn("1"), request("r_2"), reply("r_2", [says("read it")]), answered]);
  const made = await value(forkSession(store, clock, fork, { session: origin }, place));
  const { messages } = made.state;
  await made.release();
  rmSync(join(home, origin), { recursive: true });
  const again = await value(openSession(store, clock, fork));
  expect(again.findings).toEqual([]);
  expect(again.state.messages).toEqual(messages);
  expect(JSON.stringify(again.state.messages)).toContain(long);
  await again.release();
  const exported = await value(exportSession(store, fork, { format: "markdown" }));
  expect(exported).toMatch(/Forked from line 14 of s_origin[\s\S]*read it[\s\S]*Here the fork begins/);
});

test("a fork of a fork has both conversations; the prefix of the first is untouched", async () => {
  const store = createMemoryStore(clock);
  await written(store, [prefix, user("one"), request("r_1"), reply("r_1", [says("first")]), answered]);
  const first = await value(forkSession(store, clock, fork, { session: origin }, place));
  await appendAll(first, [user("two"), request("r_f"), reply("r_f", [says("second")]), answered]);
  const second = await value(forkSession(store, clock, sessionId("s_second"), { session: fork }, place));
  expect(second.state.messages).toEqual(first.state.messages);
  expect(second.state.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant"]);
  expect(first.state.spent.usd).toBeGreaterThan(0);
  expect(second.state.spent.usd).toBe(0);
});

test("an older reader, which does not know the need, reads what it can and refuses to write", async () => {
  const store = createMemoryStore(clock);
  await written(store, [prefix, user("one"), request("r_1"), reply("r_1", [says("first")]), answered]);
  await (await value(forkSession(store, clock, fork, { session: origin }, place))).release();
  const known = knownNeeds as Set<string>;
  known.delete("inherited");
  try {
    expect(await refused(openSession(store, clock, fork))).toMatchObject({ code: "session-newer", message: expect.stringContaining("it needs inherited") });
    const read = await store.read(fork, () => undefined);
    expect(read.ok && read.value).toMatchObject([{ kind: "gap", newer: true }]);
    expect(await refused(forkSession(store, clock, sessionId("s_3"), { session: fork }, place))).toMatchObject({ code: "session-newer" });
  } finally {
    known.add("inherited");
  }
});

test("a line that is not there, a session that is not there, and a fork that was cut off while it was made are refused", async () => {
  const store = createMemoryStore(clock);
  await written(store, [user("one"), answered]);
  expect((await refused(forkSession(store, clock, fork, { session: origin, seq: 3 }, place))).message).toMatch(/no line 3.*from 0 to 2/);
  expect(await refused(forkSession(store, clock, fork, { session: sessionId("s_none") }, place))).toMatchObject({ code: "session-missing" });
  expect((await store.list()).map(({ session }) => session)).toEqual([origin]);
  const start: EntryBody = { type: "session", session: fork, ...place, origin: { session: origin, seq: 2, prev: "0".repeat(64) } };
  store.overwrite(fork, journalOf([start]).bytes);
  expect((await refused(openSession(store, clock, fork))).message).toMatch(/cut off while it was made.*--resume s_origin --fork/);
});
