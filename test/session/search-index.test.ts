import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { nodeDisk } from "../../src/exec/index.ts";
import {
  createFileStore,
  createSession,
  type EntryBody,
  findSession,
  latestSession,
  openIndex,
  type Session,
  type SessionIndex,
} from "../../src/session/index.ts";
import { createManualClock } from "../../src/testing/index.ts";
import { createFaultyDisk } from "./faulty-disk.ts";
import { answered, appendAll, decision, request, sessionId, temporaryFolder, turn, user } from "./support.ts";

const clock = createManualClock();
const key = "ghp_aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xYzAbC";

async function value<Value>(outcome: Promise<{ readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: Error }>): Promise<Value> {
  const settled = await outcome;
  if (!settled.ok) throw settled.error;
  return settled.value;
}
async function write(home: string, project: string, name: string, bodies: readonly EntryBody[]): Promise<Session> {
  const store = createFileStore({ disk: nodeDisk, clock, folder: join(home, "projects", project), version: "0.1.0" });
  const session = await value(createSession(store, clock, sessionId(name), { cwd: `/${project}`, root: `/${project}`, version: "0.1.0" }));
  await appendAll(session, bodies);
  return session;
}
async function threeSessions(): Promise<string> {
  const home = join(temporaryFolder(), "home");
  const bodies: readonly (readonly [string, string, readonly EntryBody[]])[] = [
    ["p", "s_one", [user("Find the zebra in the café"), ...turn("1"), answered]],
    ["p", "s_two", [user(`use ${key} to deploy`), ...turn("2"), ...turn("3"), answered]],
    ["q", "s_three", [user("a zebra crossing elsewhere"), request("r_open")]],
  ];
  for (const [at, [project, name, all]] of bodies.entries()) {
    await (await write(home, project, name, all)).release();
    utimesSync(join(home, "projects", project, name, "journal.jsonl"), 1000 + at, 1000 + at);
  }
  return home;
}
const open = (home: string): Promise<SessionIndex> => value(openIndex({ home, clock }));
/** All that the index can be asked, without what only its file knows. */
async function everything(index: SessionIndex): Promise<unknown> {
  await value(index.refresh());
  const tables = ["messages", "decision_rows", "call_rows", "effect_rows", "request_rows"];
  const rows = await Promise.all(
    tables.map((table) => value(index.query(`SELECT s.id, t.* FROM ${table} t JOIN session_rows s ON s.key = t.session ORDER BY s.id, t.seq`))),
  );
  return {
    list: await value(index.list()),
    hits: await value(index.search("zebra")),
    rows: JSON.parse(JSON.stringify(rows, (name, one) => (name === "key" || name === "session" ? undefined : one))),
  };
}

describe("the index", () => {
  test("tells of every session what it was, cost and came to", async () => {
    const home = await threeSessions();
    const index = await open(home);
    expect(await value(index.refresh())).toEqual({ read: 3, removed: 0 });
    const all = await value(index.list());
    expect(all.map((one) => one.session)).toEqual(["s_three", "s_two", "s_one"]);
    expect(all[2]).toMatchObject({
      project: "p",
      root: "/p",
      title: "Find the zebra in the café",
      model: "anthropic/m-1",
      turns: 1,
      usd: 0.02,
      end: "answered",
      problem: null,
    });
    expect(all[1]).toMatchObject({ turns: 2, usd: 0.04, tokens: 30 });
    expect(all[0]).toMatchObject({ turns: 0, usd: 0, unconfirmedUsd: 0.05, end: "open" });
    expect((await value(index.list({ project: "p", limit: 1 }))).map((one) => one.session)).toEqual(["s_two"]);
    expect((await value(index.list({ root: "/q" }))).map((one) => one.session)).toEqual(["s_three"]);
    expect((await value(index.list({ since: 1_001_500 }))).map((one) => one.session)).toEqual(["s_three"]);
    expect(statSync(join(home, "index.db")).mode & 0o777).toBe(0o600);
    index.close();
  });

  test("finds words in what was said, whatever else is typed", async () => {
    const index = await open(await threeSessions());
    await value(index.refresh());
    const found = async (text: string, project?: string) =>
      (await value(index.search(text, project === undefined ? {} : { project }))).map((one) => one.session).sort();
    expect(await found("zebra")).toEqual(["s_one", "s_three"]);
    expect(await found("ZEBRA cafe")).toEqual(["s_one"]);
    expect(await found("zeb*")).toEqual(["s_one", "s_three"]);
    expect(await found("zebra", "q")).toEqual(["s_three"]);
    expect(await found("text of 1")).toEqual(["s_one"]);
    for (const text of [
      "",
      "  ",
      "*",
      '"',
      'zebra" OR "deploy',
      "zebra OR deploy",
      "NEAR(zebra deploy)",
      "text:zebra -cafe",
      "'); DROP TABLE messages; --",
      "\u0000",
      "zebra\u0000",
    ])
      expect(Array.isArray(await found(text)), text).toBe(true);
    expect(await found("zebra OR deploy")).toEqual([]);
    const [hit] = await value(index.search("crossing"));
    expect(hit).toMatchObject({ role: "user", seq: 1, snippet: "a zebra «crossing» elsewhere" });
    index.close();
  });

  test("keeps no secret", async () => {
    const home = await threeSessions();
    const index = await open(home);
    await value(index.refresh());
    index.close();
    for (const name of readdirSync(home).filter((one) => one.startsWith("index.db"))) expect(readFileSync(join(home, name)).includes(key), name).toBe(false);
  });

  test("answers audits over decisions, calls and requests, and cannot be written through", async () => {
    const index = await open(await threeSessions());
    await value(index.refresh());
    expect(await value(index.query("SELECT tool, verdict, decider, count(*) AS n FROM decisions GROUP BY 1, 2, 3"))).toEqual([
      { tool: "bash", verdict: "allow", decider: "person", n: 3 },
    ]);
    expect(await value(index.query("SELECT tool, state, effect, count(*) AS n FROM calls GROUP BY 1 ORDER BY 1"))).toEqual([
      { tool: "bash", state: "done", effect: "shell", n: 3 },
      { tool: "read", state: "done", effect: "read", n: 3 },
    ]);
    expect(await value(index.query("SELECT outcome, sum(usd) AS usd FROM costs WHERE outcome = ? GROUP BY 1", ["open"]))).toEqual([
      { outcome: "open", usd: 0.05 },
    ]);
    for (const sql of ["DELETE FROM sessions", "DROP TABLE words", "nonsense"]) expect((await index.query(sql)).ok).toBe(false);
    expect(await value(index.list())).toHaveLength(3);
    index.close();
  });

  test("deleted and asked again gives the same rows", async () => {
    const home = await threeSessions();
    const index = await open(home);
    const before = await everything(index);
    index.close();
    for (const name of readdirSync(home).filter((one) => one.startsWith("index.db"))) rmSync(join(home, name));
    const again = await open(home);
    expect(await everything(again)).toEqual(before);
    again.close();
  });

  test("reads again only what changed, forgets what is gone, and says what cannot be read", async () => {
    const home = await threeSessions();
    const index = await open(home);
    await value(index.refresh());
    expect(await value(index.refresh())).toEqual({ read: 0, removed: 0 });
    const store = createFileStore({ disk: nodeDisk, clock, folder: join(home, "projects", "p"), version: "0.1.0" });
    const opened = await value((await import("../../src/session/index.ts")).openSession(store, clock, sessionId("s_one")));
    await appendAll(opened, [user("and a giraffe"), decision("1b")]);
    expect(await value(index.refresh())).toEqual({ read: 1, removed: 0 });
    expect(await value(index.search("giraffe"))).toHaveLength(1);
    expect(await value(index.search("zebra"))).toHaveLength(2);
    await opened.release();
    rmSync(join(home, "projects", "p", "s_two"), { recursive: true });
    mkdirSync(join(home, "projects", "q", "s_bad"));
    writeFileSync(join(home, "projects", "q", "s_bad", "journal.jsonl"), "not a journal\n");
    expect(await value(index.refresh())).toEqual({ read: 1, removed: 1 });
    expect(await value(index.search("deploy"))).toEqual([]);
    expect((await value(index.list())).find((one) => one.session === "s_bad")?.problem).toContain("no line that can be read");
    expect(await value(index.refresh())).toEqual({ read: 0, removed: 0 });
    expect(await value(index.query("SELECT count(*) AS n FROM messages WHERE session NOT IN (SELECT key FROM session_rows)"))).toEqual([{ n: 0 }]);
    index.close();
  });

  test.each([
    ["text", (path: string) => writeFileSync(path, "not a database at all ".repeat(500))],
    ["a database of another program", (path: string) => makeDatabase(path, "CREATE TABLE other(x)")],
    ["tables of another version", (path: string) => makeDatabase(path, "CREATE TABLE sessions(x); PRAGMA user_version = 99")],
    ["half a file", (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 5000))],
    ["an empty file", (path: string) => writeFileSync(path, "")],
  ])("a file that is %s is made again", async (_name, spoil) => {
    const home = await threeSessions();
    const index = await open(home);
    const before = await everything(index);
    index.close();
    spoil(join(home, "index.db"));
    const again = await open(home);
    expect(await everything(again)).toEqual(before);
    again.close();
  });

  test("damage found while it is in use is mended too", async () => {
    const home = await threeSessions();
    const index = await open(home);
    const before = await everything(index);
    const [root] = await value(index.query("SELECT rootpage AS page FROM sqlite_schema WHERE name = 'session_rows'"));
    const page = Number(root?.["page"]);
    index.close();
    const path = join(home, "index.db");
    const bytes = readFileSync(path);
    bytes.fill(0x5a, 4096 * (page - 1), 4096 * page); // the pages with the tables' names are whole
    writeFileSync(path, bytes);
    const again = await open(home);
    const listed = await again.list();
    expect(listed.ok && listed.value).toEqual((before as { list: unknown }).list);
    expect(await everything(again)).toEqual(before);
    again.close();
  });

  test("several processes may refresh at once", async () => {
    const home = await threeSessions();
    for (let count = 0; count < 10; count++) await (await write(home, "r", `s_${count}`, [user(`number ${count}`), ...turn(`${count}`)])).release();
    const program = join(import.meta.dirname, "refresh.ts");
    const runs = await Promise.all(
      Array.from({ length: 4 }, () => {
        const child = spawn(process.execPath, [program, home], { stdio: ["ignore", "pipe", "pipe"] });
        return new Promise<string>((resolve) => {
          let said = "";
          child.stdout.on("data", (data) => (said += data));
          child.stderr.on("data", (data) => (said += data));
          child.once("close", () => resolve(said));
        });
      }),
    );
    for (const said of runs) expect(said).toMatch(/"listed":13\}$/);
    const index = await open(home);
    expect(await value(index.refresh())).toEqual({ read: 0, removed: 0 });
    expect(await value(index.query("SELECT count(*) AS n, count(DISTINCT project || '/' || session) AS d FROM sessions"))).toEqual([{ n: 13, d: 13 }]);
    index.close();
  });

  test("the session that is being written keeps its lock through it all", async () => {
    const home = await threeSessions();
    const session = await write(home, "p", "s_held", [user("held"), ...turn("9")]);
    const hold = join(import.meta.dirname, "hold.ts");
    const asked = () => spawnSync(process.execPath, [hold, join(home, "projects", "p"), "s_held"], { input: "", encoding: "utf8" }).stdout;
    expect(asked()).toMatch(/^session-busy/);
    const { disk, touched } = createFaultyDisk();
    const index = await value(openIndex({ home, disk, clock }));
    await value(index.refresh());
    await value(index.search("held"));
    await findSession(home, "s_held", undefined, disk);
    await latestSession(join(home, "projects", "p"), disk);
    index.close();
    expect([...touched].filter((path) => path.endsWith("/lock"))).toEqual([]);
    expect(asked()).toMatch(/^session-busy/);
    await session.release();
  });

  test("a home that cannot be written is an outcome with the next move", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file"), "");
    const opened = await openIndex({ home: join(folder, "file", "home"), clock });
    expect(opened.ok ? "" : opened.error.code).toBe("index-failed");
    const closed = await open(join(folder, "home"));
    closed.close();
    expect((await closed.list()).ok).toBe(false);
  });

  function makeDatabase(path: string, sql: string): void {
    rmSync(path);
    const database = new (process.getBuiltinModule("node:sqlite").DatabaseSync)(path);
    database.exec(sql);
    database.close();
  }
});

describe("finding a session", () => {
  test("by its name, a beginning or an end, its own project first", async () => {
    const home = await threeSessions();
    const folder = (project: string) => join(home, "projects", project);
    await (await write(home, "q", "s_one", [user("x")])).release();
    const found = async (text: string, project?: string) => {
      const outcome = await findSession(home, text, project === undefined ? undefined : folder(project));
      return outcome.ok ? `${outcome.value.project}/${outcome.value.session}` : outcome.error.code;
    };
    expect(await found("s_two")).toBe("p/s_two");
    expect(await found("s_th")).toBe("q/s_three");
    expect(await found("hree", "p")).toBe("q/s_three");
    expect(await found("ree")).toBe("session-missing");
    expect(await found("s_one")).toBe("session-ambiguous");
    expect(await found("s_one", "p")).toBe("p/s_one");
    expect(await found("s_", "q")).toBe("session-ambiguous");
    expect(await found("nothing")).toBe("session-missing");
    expect(await found("")).toBe("session-missing");
    const ambiguous = await findSession(home, "s_t");
    expect(ambiguous.ok ? "" : ambiguous.error.message).toMatch(/"s_t" fits 2 sessions: s_three \(q, .*s_two \(p, .*Give more/);
  });
  test("the latest one is the one whose journal changed last", async () => {
    const home = await threeSessions();
    expect((await latestSession(join(home, "projects", "p")))?.session).toBe("s_two");
    appendFileSync(join(home, "projects", "p", "s_one", "journal.jsonl"), "");
    utimesSync(join(home, "projects", "p", "s_one", "journal.jsonl"), 9000, 9000);
    expect((await latestSession(join(home, "projects", "p")))?.session).toBe("s_one");
    expect(await latestSession(join(home, "projects", "none"))).toBeNull();
  });
});
