// The views that audits ask, and who may ask them what.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Validator } from "@cfworker/json-schema";
import { describe, expect, test } from "vitest";
import { writeDecisions } from "../../bench/decisions.ts";
import schema from "../../docs/audit.schema.json" with { type: "json" };
import type { Outcome } from "../../src/base/index.ts";
import { readCacheStory } from "../../src/context/index.ts";
import { nodeDisk } from "../../src/exec/index.ts";
import {
  answerStatement,
  auditViews,
  createFileStore,
  createSession,
  type EntryBody,
  onlyAnswer,
  openIndex,
  openReadOnly,
  projectSlug,
  type SessionIndex,
} from "../../src/session/index.ts";
import { createManualClock } from "../../src/testing/index.ts";
import {
  answered,
  appendAll,
  callId,
  calls as callPart,
  decision,
  facts,
  planned,
  reply,
  request,
  says,
  sessionId,
  stepId,
  temporaryFolder,
  user,
} from "./support.ts";

const clock = createManualClock();
async function value<Value>(outcome: Promise<Outcome<Value>> | Outcome<Value>): Promise<Value> {
  const settled = await outcome;
  if (!settled.ok) throw settled.error;
  return settled.value;
}
async function filled(bodies: readonly EntryBody[], name = "s_one"): Promise<{ readonly home: string; readonly index: SessionIndex }> {
  const home = join(temporaryFolder(), "home");
  const store = createFileStore({ disk: nodeDisk, clock, folder: join(home, "projects", projectSlug("/p")), version: "0.1.0" });
  const session = await value(createSession(store, clock, sessionId(name), { cwd: "/p", root: "/p", version: "0.1.0" }));
  await appendAll(session, bodies);
  await session.release();
  const index = await value(openIndex({ home, clock }));
  await value(index.refresh());
  return { home, index };
}
/** All rows of all views. */
const allRows = async (index: SessionIndex) => {
  const rows: Record<string, unknown> = {};
  for (const { name, columns } of auditViews)
    rows[name] = await value(
      index.query(`SELECT * FROM ${name} ORDER BY ${columns.some((one) => one.name === "seq") ? "project, session, seq, 7, 8, 9, 10" : "project, session"}`),
    );
  return rows;
};

const whole: EntryBody = {
  type: "decision",
  step: stepId("1b"),
  asking: "q_1",
  decision: {
    call: "c_1b",
    tool: "bash",
    subject: "rm -rf build\u001b[31m",
    effect: "execute",
    source: { tier: "plugin", id: "tidy" },
    agents: ["main", "explore"],
    verdict: "deny",
    reason: { by: "rule", rule: "bash(rm *)", source: "/p/.bosun/settings.json:3", span: { start: 0, end: 6 } },
    asked: { by: "shell-check", check: 73, says: "it removes files", span: { start: 0, end: 12 } },
    mode: "auto",
    holds: "session",
    rule: "bash(ls *)",
    facts: { ...facts, effects: [{ kind: "writes", path: "/p/build", deep: true, outside: true, span: { start: 7, end: 12 } }] },
    profile: "workspace",
    sandbox: "no bubblewrap",
    took: 1234.5,
    more: { answeredBy: "ann" },
    judged: 0.25,
    classifier: { model: "m-small", prompt: "1", outcome: "deny", says: "not asked for", risk: "destructive", usd: 0.001, milliseconds: 300 },
  },
};
const oneDecision = [
  user("tidy up"),
  request("r_1"),
  reply("r_1", [callPart("c_1b", "bash", { command: "rm -rf build" })]),
  planned("1b", "r_1", 0, "bash", { command: "rm -rf build" }),
  whole,
  answered,
];

describe("the views", () => {
  test("have the columns that are documented, and no others", async () => {
    const { home, index } = await filled(oneDecision);
    index.close();
    const database = await value(openReadOnly(join(home, "index.db")));
    const views = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY 1").all();
    expect(views.map(({ name }) => name)).toEqual(auditViews.map(({ name }) => name).sort());
    for (const { name, columns } of auditViews) {
      const statement = database.prepare(`SELECT * FROM ${name}`);
      expect(
        statement.columns().map((one) => one.name),
        name,
      ).toEqual(columns.map((one) => one.name));
      for (const row of statement.all()) {
        for (const { name: column, type, open } of columns) {
          const found = row[column];
          if (found === null) expect(open, `${name}.${column} is null`).toBe(true);
          else expect(typeof found, `${name}.${column}`).toBe(type === "text" ? "string" : "number");
        }
      }
    }
    database.close();
  });
  test("tell everything of a decision", async () => {
    const { index } = await filled(oneDecision);
    const [row] = await value(index.query("SELECT * FROM decisions"));
    expect(row).toMatchObject({
      ...{
        session: "s_one",
        step: "1b",
        call: "c_1b",
        tool: "bash",
        request: '{"command":"rm -rf build"}',
        model_request: "r_1",
        effect: "execute",
        effects: "writes /p/build",
      },
      ...{ verdict: "deny", decider: "rule", rule: "bash(rm *) (/p/.bosun/settings.json:3)", check_number: null, span_start: 0, span_end: 6 },
      ...{
        asked_by: "shell-check",
        asked: "check 73: it removes files",
        milliseconds: 1235,
        judged_milliseconds: 0.25,
        answered_by: "ann",
        holds: "session",
        granted: "bash(ls *)",
      },
      ...{ mode: "auto", agents: "main > explore", tier: "plugin", origin: "tidy", profile: "workspace", sandbox: "no bubblewrap" },
      ...{
        classifier_model: "m-small",
        classifier_outcome: "deny",
        classifier_says: "not asked for",
        classifier_risk: "destructive",
        classifier_usd: 0.001,
        classifier_milliseconds: 300,
      },
    });
    expect(row?.["at"]).toBe(new Date(Number(row?.["ts"])).toISOString());
    expect(await value(index.query("SELECT stage, kind, path, deep, outside, span_start FROM effects"))).toEqual([
      { stage: "foreseen", kind: "writes", path: "/p/build", deep: 1, outside: 1, span_start: 7 },
    ]);
    const checked = new Validator(schema as object, "2020-12").validate(JSON.parse(JSON.stringify(row)));
    expect(checked.errors).toEqual([]);
    index.close();
  });
  test("tell of the cache what the story of the session tells, also after the index was deleted", async () => {
    const turn = (id: string, more: object): EntryBody => ({ ...request(id), ...more }) as EntryBody;
    const closed = (id: string, more: object): EntryBody => ({ ...reply(id, [says("ok")]), ...more }) as EntryBody;
    const broken = { segment: "tools", vector: 5, cause: "tool list of server x", tokens: 900, usd: 0.003, also: ["environment", "memory"] };
    const { home, index } = await filled([
      user("go"),
      turn("r_1", { cache: { state: "first", known: 0, warm: 0 } }),
      closed("r_1", { usage: { input: 7, output: 5, cacheRead: 0, cacheWrite: 1000 }, cache: { verdict: "first", missed: 0, usd: 0 } }),
      turn("r_2", { cache: { state: "broken", known: 1000, warm: 100, broken } }),
      closed("r_2", { usage: { input: 8, output: 5, cacheRead: 100, cacheWrite: 950 }, cache: { verdict: "changed", missed: 900, usd: null } }),
      request("r_side", "classifier"),
      request("r_old"),
    ]);
    const rows = await value(index.query("SELECT * FROM cache ORDER BY seq"));
    const store = createFileStore({ disk: nodeDisk, clock, folder: join(home, "projects", projectSlug("/p")), version: "0.1.0" });
    const story = await value(readCacheStory(store, sessionId("s_one")));
    const told = story.requests.filter(({ purpose }) => purpose === "turn");
    expect(rows.map(({ model_request: id }) => id)).toEqual(["r_1", "r_2", "r_old"]);
    for (const [at, { request: id, seq, read, written, missed, forecast, outcome, provider, model }] of told.entries()) {
      const by = forecast?.broken;
      expect(rows[at]).toMatchObject({
        ...{ model_request: id, seq, provider, model, read_tokens: read, written_tokens: written, missed_tokens: missed },
        ...{ state: forecast?.state ?? null, known_tokens: forecast?.known ?? null, warm_tokens: forecast?.warm ?? null },
        ...{ segment: by?.segment ?? null, vector: by?.vector ?? null, cause: by?.cause ?? null, also: by?.also?.join(", ") ?? null },
        ...{ lost_tokens: by?.tokens ?? null, lost_usd: by?.usd ?? null },
        ...{ verdict: outcome?.verdict ?? null, verdict_tokens: outcome?.missed ?? null, verdict_usd: outcome?.usd ?? null },
      });
    }
    expect(rows[1]).toMatchObject({ turn: 2, attempt: 1, outcome: "end", segment: "tools", vector: 5, also: "environment, memory", verdict: "changed" });
    expect(rows[2]).toMatchObject({ turn: 3, outcome: "open", state: null, verdict: null });
    index.close();
    for (const end of ["", "-wal", "-shm"]) rmSync(join(home, `index.db${end}`), { force: true });
    const again = await value(openIndex({ home, clock }));
    await value(again.refresh());
    expect(await value(again.query("SELECT * FROM cache ORDER BY seq"))).toEqual(rows);
    again.close();
  });
  test("a megabyte in a subject and in arguments is shown by its beginning, also where it hides a secret", async () => {
    const key = "ghp_aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xYzAbC";
    const long = `echo ${key} ${"x".repeat(40_000 - 60)}${key}${"y".repeat(1_000_000)}`;
    const body = { ...whole, decision: { ...whole.decision, subject: long, reason: { by: "person", says: long } } } as EntryBody;
    const { index } = await filled([user("go"), request("r_1"), planned("1b", "r_1", 0, "bash", { command: long }), body]);
    const [row] = await value(index.query("SELECT subject, reason, request FROM decisions"));
    for (const [name, text] of Object.entries(row ?? {})) {
      expect(String(text).length, name).toBeLessThan(2100);
      expect(String(text), name).toContain("[redacted: github-token");
      expect(String(text), name).not.toContain(key.slice(0, 12));
    }
    index.close();
  });
  test("deleted and asked again, the index gives the same rows; only what changed is read again", { timeout: 30_000 }, async () => {
    const home = join(temporaryFolder(), "home");
    await writeDecisions({ home, root: "/p", clock }, 600, 100);
    const index = await value(openIndex({ home, clock }));
    expect(await value(index.refresh())).toEqual({ read: 6, removed: 0 });
    expect(await value(index.refresh())).toEqual({ read: 0, removed: 0 });
    const before = await allRows(index);
    expect(await value(index.query("SELECT decider, count(*) AS n FROM decisions GROUP BY 1 ORDER BY 1"))).toEqual(
      ["analysis", "mode", "person", "rule", "shell-check"].map((decider) => ({ decider, n: 120 })),
    );
    index.close();
    for (const end of ["", "-wal", "-shm"]) rmSync(join(home, `index.db${end}`), { force: true });
    const again = await value(openIndex({ home, clock }));
    expect(await value(again.refresh())).toEqual({ read: 6, removed: 0 });
    expect(await allRows(again)).toEqual(before);
    again.close();
  });
  test("a step that lost its plan, and a session without decisions, are rows all the same", async () => {
    const { index } = await filled([user("go"), decision("lost")]);
    expect(await value(index.query("SELECT step, request, model_request, tier, effect, classifier_model FROM decisions"))).toEqual([
      { step: "lost", request: null, model_request: null, tier: "builtin", effect: null, classifier_model: null },
    ]);
    index.close();
  });
});

describe("a statement of anybody", () => {
  const asked = async () => {
    const { home, index } = await filled(oneDecision);
    index.close();
    const database = await value(openReadOnly(join(home, "index.db")));
    onlyAnswer(database);
    return (sql: string, most = 100) => answerStatement(database, sql, most);
  };
  test("reads the views", async () => {
    const ask = await asked();
    for (const sql of [
      "select decider, count(*) from decisions group by 1",
      "SELECT 1;",
      "  -- why\n select ';' as a /* ; */ ; -- over ;",
      "with n(x) as (select 1 union all select x + 1 from n where x < 5) select count(*) from n",
      "values (1), (2)",
      "explain query plan select * from calls join decisions using (session, step)",
      "select value from json_each('[1, 2]')",
      "select * from sessions s left join turns t using (project, session) left join effects e using (session) left join costs c using (session)",
    ])
      expect(ask(sql), sql).toMatchObject({ ok: true });
    expect(await value(ask("select 9223372036854775807 a, x'00ff' b, 9e999 c, 1 d, 2 d"))).toEqual({
      columns: ["a", "b", "c", "d", "d_2"],
      rows: [["9223372036854775807", "00ff", "Infinity", 1, 2]],
      more: false,
    });
    expect(await value(ask("with recursive n(x) as (select 1 union all select x + 1 from n) select x from n", 3))).toMatchObject({
      rows: [[1], [2], [3]],
      more: true,
    });
  });
  test("may be any of the examples in the documents", async () => {
    const ask = await asked();
    const page = readFileSync(new URL("../../docs/audit.md", import.meta.url), "utf8");
    const examples = [...page.matchAll(/bosun sql "([^"]+)"/g)].map(([, sql = ""]) => sql);
    expect(examples.length).toBeGreaterThan(6);
    for (const sql of examples) expect(ask(sql), sql).toMatchObject({ ok: true });
  });
  test("changes nothing, reaches nothing else, and is told what it may ask", async () => {
    const ask = await asked();
    for (const sql of [
      "delete from sessions",
      "with a as (select 1) delete from decision_rows",
      "with a as (select 1) insert into heads select 'p', 'i', 1, 'h', 1, null",
      "explain delete from decision_rows",
      "select 1; drop table decision_rows",
      "select ';'; select 2",
      "attach database '/etc/passwd' as other",
      "pragma query_only = off",
      "select * from pragma_table_info('decision_rows')",
      "select load_extension('x')",
      "select * from decision_rows",
      "select text from messages",
      "select hash from heads",
      "select sql from sqlite_schema",
      "select * from words where words match 'a'",
      "vacuum into '/tmp/x'",
      "begin",
      "select * from decisions where nothing = 1",
      "select zeroblob(100000000)",
      "with recursive c(n) as (select 1 union all select n + 1 from c limit 100) select hex(zeroblob(2000000)) from c",
      "select 1\u0000; drop table x",
      "",
      "   -- nothing",
      `select '${"x".repeat(100_001)}'`,
    ]) {
      const answer = ask(sql);
      expect(answer.ok, sql.slice(0, 80)).toBe(false);
      if (!answer.ok) expect(answer.error.message).toMatch(/sessions, turns, calls, decisions, effects, costs, cache/);
    }
    expect(await value(ask("select count(*) from decisions"))).toMatchObject({ rows: [[1]] });
  });
  test("a secret that it puts in itself comes out redacted", async () => {
    const ask = await asked();
    expect(JSON.stringify(await value(ask(`select 'ghp_' || 'aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xYzAbC' as k, '${callId("x")}'`)))).toContain(
      "[redacted: github-token",
    );
  });
});
