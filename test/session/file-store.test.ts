import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { nodeDisk } from "../../src/exec/index.ts";
import { createFileStore, createSession, lineLimit, openSession, readSession, type Session, type SessionStore } from "../../src/session/index.ts";
import { createManualClock } from "../../src/testing/index.ts";
import { createFaultyDisk, type FaultyDisk } from "./faulty-disk.ts";
import { describeStore } from "./store-conformance.ts";
import { answered, appendAll, calls, executing, planned, reply, request, says, sessionId, temporaryFolder, turn, user } from "./support.ts";

const clock = createManualClock();
const beginning = { cwd: "/p", root: "/p", version: "0.1.0" };
const storeIn = (folder: string, disk = nodeDisk): SessionStore => createFileStore({ disk, clock, folder, version: "0.1.0" });

describeStore("file store", () => {
  const folder = join(temporaryFolder(), "projects", "p");
  return {
    store: storeIn(folder),
    tear: (session, bytes) => appendFileSync(join(folder, session, "journal.jsonl"), bytes),
    dropBlobs: () => rmSync(join(folder, "blobs"), { recursive: true }),
  };
});

async function begin(store: SessionStore, name = "s_1"): Promise<Session> {
  const created = await createSession(store, clock, sessionId(name), beginning);
  if (!created.ok) throw created.error;
  return created.value;
}

const program = join(import.meta.dirname, "hold.ts");
/** What another process hears when it asks for the session. */
const asked = (folder: string, session = "s_1", how = "open"): string =>
  spawnSync(process.execPath, [program, folder, session, how], { input: "", encoding: "utf8" }).stdout.trim();

async function holder(folder: string, session = "s_1", how = "open"): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program, folder, session, how], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const said = await new Promise<string>((resolve) => child.stdout.once("data", (data) => resolve(String(data))));
  expect(said).toBe("held\n");
  return child;
}
const ended = (child: ChildProcess): Promise<void> => new Promise((resolve) => child.once("exit", () => resolve()));

describe("the lock between processes", () => {
  test("a second process is refused with the first one's number, and admitted once it is gone", async () => {
    const folder = temporaryFolder();
    const child = await holder(folder, "s_1", "create");
    const refused = await storeIn(folder).open(sessionId("s_1"), () => undefined);
    expect(refused.ok ? "" : refused.error.code).toBe("session-busy");
    expect(refused.ok ? "" : refused.error.message).toContain(`pid ${child.pid}`);
    expect(asked(folder)).toMatch(/^session-busy /);
    child.stdin?.end();
    await ended(child);
    expect(asked(folder)).toBe("held");
  });

  test("killed, it leaves no lock behind", async () => {
    const folder = temporaryFolder();
    const child = await holder(folder, "s_1", "create");
    child.kill("SIGKILL");
    await ended(child);
    const opened = await storeIn(folder).open(sessionId("s_1"), () => undefined);
    if (!opened.ok) throw opened.error;
    await opened.value.writer.release();
  });

  test("nothing the holder does with the session lets another process in", async () => {
    const folder = temporaryFolder();
    const store = storeIn(folder);
    const session = await begin(store);
    await appendAll(session, [user("x".repeat(2 * lineLimit)), ...turn("1"), answered]);
    expect(asked(folder)).toMatch(/^session-busy /);
    const acts: readonly (() => unknown)[] = [
      () => store.list(),
      () => store.read(sessionId("s_1"), () => undefined),
      () => readSession(storeIn(folder), sessionId("s_1")),
      () => store.open(sessionId("s_1"), () => undefined),
      () => store.create(sessionId("s_1")),
      () => storeIn(`${folder}/.`).open(sessionId("s_1"), () => undefined),
      () => storeIn(folder).create(sessionId("s_1")),
      () => store.putBlob(Buffer.from("x")),
    ];
    for (const act of acts) await act();
    expect(asked(folder)).toMatch(/^session-busy /);
    await session.release();
    expect(asked(folder)).toBe("held");
  });

  test("the trap is real: one plain read of the lock file by the holder lets another process in", async () => {
    const folder = temporaryFolder();
    const session = await begin(storeIn(folder));
    await session.append(user("x"));
    expect(asked(folder)).toMatch(/^session-busy /);
    readFileSync(join(folder, "s_1", "lock"));
    expect(asked(folder)).toBe("held");
    await session.release();
  });

  test("the reading calls never open the lock file", async () => {
    const folder = temporaryFolder();
    await (await begin(storeIn(folder))).release();
    const { disk, touched } = createFaultyDisk();
    const store = storeIn(folder, disk);
    await store.list();
    await readSession(store, sessionId("s_1"));
    expect(touched.size).toBeGreaterThan(0);
    expect([...touched].filter((path) => path.endsWith("/lock"))).toEqual([]);
  });

  test("a lock file that is no database is said with the next move", async () => {
    const folder = temporaryFolder();
    await (await begin(storeIn(folder))).release();
    writeFileSync(join(folder, "s_1", "lock"), "x".repeat(5000));
    const opened = await storeIn(folder).open(sessionId("s_1"), () => undefined);
    expect(opened.ok ? "" : opened.error.code).toBe("lock-unavailable");
  });
});

describe("on the disk", () => {
  test("folders are 0700, files 0600, whatever the mask says", async () => {
    const folder = join(temporaryFolder(), "home", "projects", "p");
    const session = await begin(storeIn(folder));
    await appendAll(session, [user("x".repeat(2 * lineLimit))]);
    await session.release();
    const modes: string[] = [];
    const walk = (path: string): void => {
      const stats = statSync(path);
      modes.push(`${stats.isDirectory() ? "folder" : "file"} ${(stats.mode & 0o777).toString(8)}`);
      if (stats.isDirectory()) for (const name of readdirSync(path)) walk(join(path, name));
    };
    walk(join(folder, "..", ".."));
    expect([...new Set(modes)].sort()).toEqual(["file 600", "folder 700"]);
    expect(modes.filter((mode) => mode.startsWith("file"))).toHaveLength(4);
  });

  test("a bad tail is copied aside before it is cut, byte for byte", async () => {
    const folder = temporaryFolder();
    await (await begin(storeIn(folder))).release();
    const tail = Buffer.concat([Buffer.alloc(70_000, 0), Buffer.from('\n{"torn":')]);
    appendFileSync(join(folder, "s_1", "journal.jsonl"), tail);
    const whole = readFileSync(join(folder, "s_1", "journal.jsonl"));
    const opened = await openSession(storeIn(folder), clock, sessionId("s_1"));
    if (!opened.ok) throw opened.error;
    const [finding] = opened.value.findings;
    if (finding?.kind !== "repair") throw new Error("no repair");
    expect(finding).toMatchObject({ cut: tail.length, lines: 1 });
    expect(readFileSync(join(folder, "s_1", finding.aside)).equals(tail)).toBe(true);
    expect(statSync(join(folder, "s_1", finding.aside)).mode & 0o777).toBe(0o600);
    const now = readFileSync(join(folder, "s_1", "journal.jsonl"));
    expect(now.subarray(0, whole.length - tail.length).equals(whole.subarray(0, whole.length - tail.length))).toBe(true);
    await opened.value.release();
  });

  test("a damaged payload is not given out, and putting it again mends it", async () => {
    const folder = temporaryFolder();
    const store = storeIn(folder);
    const put = await store.putBlob(Buffer.from("payload"));
    if (!put.ok) throw put.error;
    writeFileSync(join(folder, "blobs", put.value), "PAYLOAD");
    const damaged = await store.getBlob(put.value);
    expect(damaged.ok ? "" : damaged.error.code).toBe("blob-missing");
    await store.putBlob(Buffer.from("payload"));
    expect((await store.getBlob(put.value)).ok).toBe(true);
  });

  test("leftovers of a crash and foreign files in the folder disturb nothing", async () => {
    const folder = temporaryFolder();
    const store = storeIn(folder);
    await (await begin(store)).release();
    mkdirSync(join(folder, "blobs"));
    mkdirSync(join(folder, "empty"));
    mkdirSync(join(folder, "odd", "journal.jsonl"), { recursive: true });
    writeFileSync(join(folder, "README"), "x");
    writeFileSync(join(folder, "s_1", `writer.json.${process.pid}.tmp`), "old");
    expect((await store.list()).map((one) => one.session)).toEqual(["s_1"]);
    const opened = await openSession(store, clock, sessionId("s_1"));
    expect(opened.ok).toBe(true);
    if (opened.ok) await opened.value.release();
  });

  test("a folder that cannot be written is an outcome, not an exception", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file"), "");
    const created = await storeIn(join(folder, "file", "p")).create(sessionId("s_1"));
    expect(created.ok ? "" : created.error.code).toBe("journal-failed");
    expect(await storeIn(join(folder, "nowhere")).list()).toEqual([]);
  });
});

describe("what is durable when", () => {
  async function watched(): Promise<{ readonly faulty: FaultyDisk; readonly session: Session; readonly folder: string; done(): readonly string[] }> {
    const folder = temporaryFolder();
    const faulty = createFaultyDisk();
    const session = await begin(storeIn(folder, faulty.disk));
    await session.append(user("first"));
    faulty.operations.length = 0;
    const done = () =>
      faulty.operations.splice(0).map(({ name, path }) => `${name} ${path.includes("/blobs") ? "blob" : path.endsWith("journal.jsonl") ? "journal" : "other"}`);
    return { faulty, session, folder, done };
  }

  test("appends of one tick share one write and one sync", async () => {
    const { session, done } = await watched();
    await Promise.all([session.append(request("r_1")), session.append(reply("r_1", [says("a")])), session.append(user("b")), session.append(user("c"))]);
    expect(done()).toEqual(["write journal", "sync journal"]);
  });

  test("an intent that changes something is synced before its append resolves, a read's is not", async () => {
    const { session, done } = await watched();
    await appendAll(session, [request("r_1"), reply("r_1", [calls("c_1"), calls("c_2", "bash")]), planned("1", "r_1", 0), planned("2", "r_1", 1, "bash")]);
    done();
    await session.append(executing("1"));
    expect(done()).toEqual(["write journal"]);
    await session.append(executing("2", { class: "shell", redo: "never" }));
    // before the first effect space is set aside
    expect(done()).toEqual(["open other", "write other", "write journal", "sync journal"]);
  });

  test("a payload is durable, name and all, before the line that names it is written", async () => {
    const { session, done } = await watched();
    await session.append(user("x".repeat(2 * lineLimit)));
    expect(done()).toEqual(["open blob", "write blob", "sync blob", "rename blob", "syncFolder blob", "syncFolder other", "write journal", "sync journal"]);
    // the folder's own name is durable from then on
    await session.append(user("y".repeat(2 * lineLimit)));
    expect(done().filter((one) => one.startsWith("syncFolder"))).toEqual(["syncFolder blob"]);
  });

  test("a first line that was cut off while it was written is ours: it is put aside and the session goes on", async () => {
    const folder = temporaryFolder();
    const whole = await begin(storeIn(folder), "whole");
    await whole.append(user("hi"));
    const line = readFileSync(join(folder, "whole", "journal.jsonl"));
    for (const length of [1, 7, 30, 100]) {
      mkdirSync(join(folder, `cut-${length}`));
      writeFileSync(join(folder, `cut-${length}`, "journal.jsonl"), line.subarray(0, length));
      const opened = await openSession(storeIn(folder), clock, sessionId(`cut-${length}`), beginning);
      expect(opened, String(length)).toMatchObject({ ok: true, value: { findings: [{ kind: "repair", cut: length }] } });
      if (opened.ok) await opened.value.release();
    }
    mkdirSync(join(folder, "other"));
    writeFileSync(join(folder, "other", "journal.jsonl"), '{"v":1,"sequence":0}');
    expect(await openSession(storeIn(folder), clock, sessionId("other"), beginning)).toMatchObject({ ok: false, error: { code: "journal-damaged" } });
    await whole.release();
  });

  test("when a session is made, each name on the way to its journal is durable before its first line", async () => {
    const top = temporaryFolder();
    const home = join(top, "deep", "home");
    const faulty = createFaultyDisk();
    const store = createFileStore({ disk: faulty.disk, clock: createManualClock(), folder: join(home, "projects", "p"), version: "1" });
    const created = await store.create(sessionId("s_1"));
    if (!created.ok) throw created.error;
    const synced = faulty.operations.filter((one) => one.name === "syncFolder").map((one) => one.path.slice(top.length));
    expect(new Set(synced)).toEqual(new Set(["/deep/home/projects/p/s_1", "/deep/home/projects/p", "/deep/home/projects", "/deep/home", "/deep", ""]));
    await created.value.release();
  });

  test("a payload that is there already is not written again, but its name is made durable", async () => {
    const { session, done } = await watched();
    await session.append(user("x".repeat(2 * lineLimit)));
    done();
    await session.append(user("x".repeat(2 * lineLimit)));
    expect(done().filter((one) => one.startsWith("write") || one.startsWith("sync"))).toEqual(["syncFolder blob", "write journal", "sync journal"]);
  });

  test("short writes are continued", async () => {
    const { faulty, session, folder } = await watched();
    faulty.fault = ({ name, bytes }) => (name === "write" ? Math.max(1, Math.floor(bytes / 3)) : undefined);
    await Promise.all([session.append(user("one ".repeat(100))), session.append(user("two"))]);
    await session.release();
    const read = await readSession(storeIn(folder), sessionId("s_1"));
    expect(read.ok && read.value.state.length).toBe(4);
    expect(read.ok && read.value.findings).toEqual([]);
  });

  test.each([
    ["write", "ENOSPC", "The disk is full"],
    ["write", "EIO", "told to fail"],
    ["sync", "EIO", "told to fail"],
    ["write", 0, "no progress"],
  ] as const)("%s failing with %s poisons the handle: nothing is written any more", async (name, how, message) => {
    const { faulty, session, folder } = await watched();
    const path = join(folder, "s_1", "journal.jsonl");
    let failures = 0;
    faulty.fault = (operation) => (operation.name === name && operation.path === path && failures++ === 0 ? how : undefined);
    const first = session.append(user("lost"));
    const same = session.append(user("same tick"));
    await expect(first).rejects.toMatchObject({ code: "journal-failed", message: expect.stringContaining(message) });
    await expect(same).rejects.toMatchObject({ code: "journal-failed" });
    const size = statSync(path).size;
    const written = faulty.operations.length;
    await expect(session.append(user("after"))).rejects.toMatchObject({ code: "journal-failed" });
    expect(statSync(path).size).toBe(size);
    expect(faulty.operations.length).toBe(written);
    await session.release();
    const again = await openSession(storeIn(folder), clock, sessionId("s_1"));
    if (!again.ok) throw again.error;
    expect(again.value.state.firstPrompt).toBe("first");
    await again.value.append(user("goes on"));
    await again.value.release();
  });

  test("what was appended while the failing sync was under way is not written either", async () => {
    const { faulty, session, folder } = await watched();
    let late: Promise<unknown> | null = null;
    faulty.fault = ({ name, path }) => {
      if (name !== "sync" || !path.endsWith("journal.jsonl") || late !== null) return undefined;
      late = expect(session.append(user("late"))).rejects.toMatchObject({ code: "journal-failed" });
      return "EIO";
    };
    await expect(session.append(user("lost"))).rejects.toMatchObject({ code: "journal-failed" });
    await late;
    expect(late).not.toBeNull();
    await session.release();
    expect(readFileSync(join(folder, "s_1", "journal.jsonl"), "utf8")).not.toContain("late");
  });

  test("a write that fails half way is repaired by the next opening", async () => {
    const { faulty, session, folder } = await watched();
    let writes = 0;
    faulty.fault = ({ name }) => (name !== "write" ? undefined : writes++ === 0 ? 50 : "ENOSPC");
    await expect(session.append(user("torn"))).rejects.toMatchObject({ code: "journal-failed" });
    await session.release();
    const again = await openSession(storeIn(folder), clock, sessionId("s_1"));
    if (!again.ok) throw again.error;
    expect(again.value.findings).toMatchObject([{ kind: "repair", cut: 50, lines: 0 }]);
    await again.value.release();
  });

  test("a payload that cannot be stored keeps its line from being written", async () => {
    const { faulty, session, folder } = await watched();
    faulty.fault = ({ name, path }) => (name === "write" && path.includes("/blobs/") ? "ENOSPC" : undefined);
    await expect(session.append(user("x".repeat(2 * lineLimit)))).rejects.toMatchObject({ code: "journal-failed" });
    expect(readFileSync(join(folder, "s_1", "journal.jsonl"), "utf8").split("\n")).toHaveLength(3);
    expect(existsSync(join(folder, "blobs")) ? readdirSync(join(folder, "blobs")) : []).toEqual([]);
  });

  test("a repair that cannot put the bytes aside cuts nothing", async () => {
    const folder = temporaryFolder();
    await (await begin(storeIn(folder))).release();
    appendFileSync(join(folder, "s_1", "journal.jsonl"), "torn");
    const before = readFileSync(join(folder, "s_1", "journal.jsonl"));
    const faulty = createFaultyDisk();
    faulty.fault = ({ name, path }) => (name === "write" && path.includes("torn") ? "ENOSPC" : undefined);
    const opened = await openSession(storeIn(folder, faulty.disk), clock, sessionId("s_1"));
    expect(opened.ok ? "" : opened.error.code).toBe("journal-failed");
    expect(readFileSync(join(folder, "s_1", "journal.jsonl")).equals(before)).toBe(true);
    expect(asked(folder)).toBe("held");
  });
});
