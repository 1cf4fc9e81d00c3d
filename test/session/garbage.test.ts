// Clearing away: what goes, what never goes, and that nothing is lost that somebody still needs.
import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { nodeDisk } from "../../src/exec/index.ts";
import {
  collectGarbage,
  createFileStore,
  createSession,
  type EntryBody,
  forkSession,
  type Garbage,
  type GarbageOptions,
  openSession,
  type Session,
} from "../../src/session/index.ts";
import { createManualClock } from "../../src/testing/index.ts";
import {
  answered,
  appendAll,
  calls,
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
const day = 24 * 3600 * 1000;
const large = "payload ".repeat(50_000);
const said: readonly EntryBody[] = [user("hello"), request("r_1"), reply("r_1", [says("hi")]), answered];
const spilled: readonly EntryBody[] = [user(large), request("r_1"), reply("r_1", [says("hi")]), answered];

const storeOf = (home: string, project = "p") => createFileStore({ disk: nodeDisk, clock, folder: join(home, "projects", project), version: "0.1.0" });
async function value<Value>(outcome: Promise<{ readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: Error }>): Promise<Value> {
  const settled = await outcome;
  if (!settled.ok) throw settled.error;
  return settled.value;
}
/** A session that was last touched `days` ago. */
async function write(home: string, name: string, bodies: readonly EntryBody[], days: number, project = "p"): Promise<Session> {
  const session = await value(createSession(storeOf(home, project), clock, sessionId(name), { cwd: "/p", root: "/p", version: "0.1.0" }));
  await appendAll(session, bodies);
  await session.release();
  age(home, name, days, project);
  return session;
}
function age(home: string, name: string, days: number, project = "p"): void {
  const at = (clock.now() - days * day) / 1000;
  utimesSync(join(home, "projects", project, name, "journal.jsonl"), at, at);
}
const collect = (home: string, more: Partial<GarbageOptions> = {}): Promise<Garbage> =>
  collectGarbage({ home, clock, version: "0.1.0", olderThan: 30 * day, apply: true, ...more });
const names = (garbage: Garbage): readonly string[] => garbage.sessions.map(({ session }) => session);
const there = (home: string, project = "p"): readonly string[] =>
  existsSync(join(home, "projects", project)) ? readdirSync(join(home, "projects", project)).filter((name) => name !== "blobs") : [];
const blobsOf = (home: string): readonly string[] => (existsSync(join(home, "projects/p/blobs")) ? readdirSync(join(home, "projects/p/blobs")) : []);
const newHome = (): string => join(temporaryFolder(), "home");

test("by age: the old ones go, the others stay; without apply nothing is touched", async () => {
  const home = newHome();
  await write(home, "s_old", said, 40);
  await write(home, "s_older", said, 50);
  await write(home, "s_new", said, 5);
  const before = readFileSync(join(home, "projects/p/s_old/journal.jsonl"));
  const dry = await collect(home, { apply: false });
  expect(names(dry)).toEqual(["s_older", "s_old"]);
  expect(dry.freed).toBe(dry.sessions.reduce((sum, one) => sum + one.size, 0));
  expect(there(home)).toEqual(["s_new", "s_old", "s_older"]);
  expect(readFileSync(join(home, "projects/p/s_old/journal.jsonl"))).toEqual(before);
  expect(names(await collect(home))).toEqual(["s_older", "s_old"]);
  expect(there(home)).toEqual(["s_new"]);
  expect(existsSync(join(home, "gone"))).toBe(false);
  await (await value(openSession(storeOf(home), clock, sessionId("s_new")))).release();
});

test("by size: the oldest ones until the rest fits, whatever their age", async () => {
  const home = newHome();
  const text = "word ".repeat(20_000);
  for (const [at, name] of ["s_a", "s_b", "s_c"].entries()) await write(home, name, [user(text), ...said.slice(1)], 3 - at);
  const { total } = await collect(home, { apply: false, olderThan: undefined as never });
  expect(total).toBeGreaterThan(300_000);
  const only = { home, clock, version: "0.1.0", apply: true };
  expect(names(await collectGarbage({ ...only, largerThan: total }))).toEqual([]);
  expect(names(await collectGarbage({ ...only, largerThan: 220_000 }))).toEqual(["s_a"]);
  expect(names(await collectGarbage({ ...only, largerThan: 0 }))).toEqual(["s_b", "s_c"]);
});

test("what waits, what has open calls, what was cut off, what holds input, what cannot be read and what is newer stays", async () => {
  const home = newHome();
  const call = [user("go"), request("r_1"), reply("r_1", [calls("c_1", "bash", { command: "make" })]), planned("1", "r_1", 0, "bash")];
  const asked = step({
    step: stepId("1"),
    to: "awaiting-approval",
    asking: "q",
    preview: { kind: "text", text: "make" },
    argumentsHash: "h",
    before: [],
  } as never);
  const awaiting: EntryBody = { type: "end", end: { reason: "awaiting", steps: [] } };
  await write(home, "s_awaiting", [...call, asked, awaiting], 90);
  await write(home, "s_executing", [...call, executing("1", { class: "shell", redo: "never" })], 90);
  await write(home, "s_cut", [user("go"), ...turn("1")], 90);
  await write(home, "s_queue", [...said, { type: "input", parts: [{ type: "text", text: "and then" }] }], 90);
  await write(home, "s_foreign", said, 90);
  writeFileSync(join(home, "projects/p/s_foreign/journal.jsonl"), "no journal\n");
  await write(home, "s_newer", said, 90);
  writeFileSync(
    join(home, "projects/p/s_newer/journal.jsonl"),
    journalOf([...said, { type: "note", about: "x", parts: [], needs: ["telepathy"] } as never]).bytes,
  );
  for (const name of ["s_foreign", "s_newer"]) age(home, name, 90);
  const garbage = await collect(home, { largerThan: 0 });
  expect(names(garbage)).toEqual([]);
  const whys = Object.fromEntries(garbage.kept.map(({ session, why }) => [session, why]));
  expect(whys).toMatchObject({
    s_awaiting: expect.stringMatching(/waits for a decision/),
    s_executing: expect.stringMatching(/no result/),
    s_cut: expect.stringMatching(/no end/),
    s_queue: expect.stringMatching(/not taken up/),
    s_foreign: expect.stringMatching(/no line that can be read/),
    s_newer: expect.stringMatching(/newer/),
  });
  expect(there(home).length).toBe(6);
});

async function holder(home: string, name: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "hold.ts"), join(home, "projects/p"), name], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  expect(await new Promise<string>((resolve) => child.stdout.once("data", (data) => resolve(String(data))))).toBe("held\n");
  return child;
}

test("one that is open, in another process or in this one, stays with its payloads, and is still held afterwards; once closed it goes", async () => {
  const home = newHome();
  for (const name of ["s_theirs", "s_ours", "s_free"]) await write(home, name, spilled, 90);
  const loose = await value(storeOf(home).putBlob(Buffer.from("nobody names this")));
  const child = await holder(home, "s_theirs");
  const ours = await value(openSession(storeOf(home), clock, sessionId("s_ours")));
  const garbage = await collect(home);
  expect(names(garbage)).toEqual(["s_free"]);
  expect(garbage.kept.map(({ session, why }) => `${session}: ${why}`).sort()).toEqual([
    "s_ours: it is open in another process",
    "s_theirs: it is open in another process",
  ]);
  expect(garbage.problems).toMatchObject([expect.stringMatching(/one of its sessions is open/)]);
  expect(blobsOf(home)).toContain(loose);
  expect((await openSession(storeOf(home), clock, sessionId("s_theirs"))).ok).toBe(false);
  await ours.append(user("still here"));
  await ours.append(answered);
  await ours.release();
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.stdin?.end();
  await ended;
  for (const name of ["s_theirs", "s_ours"]) age(home, name, 90);
  expect([...names(await collect(home))].sort()).toEqual(["s_ours", "s_theirs"]);
  expect(existsSync(join(home, "projects/p"))).toBe(false);
});

test("payloads go with the last journal that names them; a fork keeps those of its origin", async () => {
  const home = newHome();
  const store = storeOf(home);
  const output = await value(store.putBlob(Buffer.from("the whole output")));
  const result = { parts: [{ type: "text" as const, text: "shortened" }], failed: false, blobs: [output] };
  const called = [
    user(large),
    request("r_1"),
    reply("r_1", [calls("c_1")]),
    planned("1", "r_1", 0),
    executing("1"),
    step({ step: stepId("1"), to: "done", result }),
  ];
  await write(home, "s_one", [...called, request("r_2"), reply("r_2", [says("ok")]), answered], 90);
  await write(home, "s_same", spilled, 1);
  const fork = await value(forkSession(store, clock, sessionId("s_fork"), { session: sessionId("s_one") }, { cwd: "/p", root: "/p", version: "0.1.0" }));
  await fork.release();
  const before = blobsOf(home).length;
  expect(names(await collect(home))).toEqual(["s_one"]);
  expect(blobsOf(home)).toContain(output);
  expect(blobsOf(home).length).toBe(before); // the prompt is named by s_same, the output by the fork
  const again = await value(openSession(store, clock, sessionId("s_fork")));
  expect(again.findings).toEqual([]);
  expect((await again.getBlob(output)).ok).toBe(true);
  await again.release();
  rmSync(join(home, "projects/p/s_fork"), { recursive: true });
  const { blobs, freed } = await collect(home);
  expect(blobs.count).toBe(2); // the output, and what the fork had inherited
  expect(freed).toBe(blobs.size);
  const same = await value(openSession(store, clock, sessionId("s_same")));
  expect(same.findings).toEqual([]);
  await same.release();
});

test("a payload that only a line beyond understanding names is kept", async () => {
  const home = newHome();
  await write(home, "s_new", said, 1);
  const [named, loose] = [await value(storeOf(home).putBlob(Buffer.from("a"))), await value(storeOf(home).putBlob(Buffer.from("b")))];
  appendFileSync(join(home, "projects/p/s_new/journal.jsonl"), `half a line that names ${named}`);
  expect((await collect(home)).blobs.count).toBe(1);
  expect(blobsOf(home)).toEqual([named]);
  expect(named).not.toBe(loose);
});

test("copies of what repairs cut off go by age, empty projects go, folders of others stay", async () => {
  const home = newHome();
  await write(home, "s_new", said, 1);
  const torn = (name: string, days: number) => {
    const path = join(home, "projects/p/s_new", name);
    writeFileSync(path, "torn");
    utimesSync(path, (clock.now() - days * day) / 1000, (clock.now() - days * day) / 1000);
  };
  torn("journal.torn-1-1", 60);
  torn("journal.torn-2-2", 2);
  mkdirSync(join(home, "projects/empty/blobs"), { recursive: true });
  mkdirSync(join(home, "projects/other"), { recursive: true });
  writeFileSync(join(home, "projects/other/notes.txt"), "mine");
  const dry = await collect(home, { apply: false });
  expect([dry.torn.count, dry.projects]).toEqual([1, ["empty"]]);
  expect(existsSync(join(home, "projects/empty"))).toBe(true);
  const garbage = await collect(home);
  expect([garbage.torn.count, garbage.projects]).toEqual([1, ["empty"]]);
  expect(readdirSync(join(home, "projects")).sort()).toEqual(["other", "p"]);
  expect(readdirSync(join(home, "projects/p/s_new")).filter((name) => name.includes("torn"))).toEqual(["journal.torn-2-2"]);
  expect((await collectGarbage({ home: join(home, "nowhere"), clock, version: "", apply: true })).sessions).toEqual([]);
});

test("a session that another one handed a call to stays while that call is open: else it would count as never begun", async () => {
  const home = newHome();
  const handed: readonly EntryBody[] = [user("go"), request("r_1"), reply("r_1", [calls("c_1", "delegate")]), planned("1", "r_1", 0, "delegate")];
  const intent = { class: "agent", redo: "check", child: sessionId("s_child") } as const;
  await write(home, "s_child", said, 90);
  await write(home, "s_loose", said, 90);
  const parent = await write(home, "s_parent", [...handed, executing("1", intent)], 1);
  const first = await collect(home);
  expect(names(first)).toEqual(["s_loose"]);
  expect(first.kept).toMatchObject([{ session: "s_child", why: expect.stringContaining("s_parent handed a call to it") }]);
  const again = await value(openSession(storeOf(home), clock, parent.id));
  await again.append(step({ step: stepId("1"), to: "done", result: { parts: [], failed: false } }));
  await again.release();
  expect(names(await collect(home))).toEqual(["s_child"]);
});

test("space that is set aside beside a journal is nobody's size, and goes with its session", async () => {
  const home = newHome();
  await write(home, "s_old", said, 90);
  const { total } = await collect(home, { apply: false });
  writeFileSync(join(home, "projects/p/s_old/reserve"), Buffer.alloc(65_536, 1));
  const garbage = await collect(home, { apply: false });
  expect(garbage.total).toBe(total);
  expect(garbage.freed).toBeLessThan(65_536);
  await collect(home);
  expect(there(home)).toEqual([]);
});
