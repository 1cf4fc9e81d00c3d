// Limits that sessions share: several processes on one project's budget, one of them killed, and what a day is.
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { RunEnd } from "../../src/index.ts";
import { createManualClock } from "../../src/testing/index.ts";
import { collect, done, entriesOf, environmentFor, makePlace, makeScene, type Place, readJournal, type Scene, serve, text, until } from "../agent/support.ts";
import { listenTo } from "../support/child-process.ts";

function start(script: string, args: readonly string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return { child, said: listenTo(child) };
}
const journalsOf = (home: string) => fs.globSync(join(home, "projects", "*", "*", "journal.jsonl")).map((path) => readJournal(path));
const count = (text: string, word: string): number => text.split("\n").filter((line) => line === word).length;

describe("two processes on one budget", () => {
  test("take each part of it once, also when a third one is killed while it takes", async () => {
    const { home } = makePlace();
    const whole = "40";
    const children = ["a", "b", "c"].map((name) => start("lock-child.ts", [home, name, whole]));
    const all = (word: string, least: number) => until(() => children.every(({ said }) => count(said.stdout(), word) >= least), 20_000);
    await all("ready", 1);
    fs.writeFileSync(join(home, "go"), "");
    await all("took", 2);
    const [killed, ...others] = children;
    killed?.child.kill("SIGKILL");
    await killed?.said.ended;
    const ends = await Promise.all(others.map(({ said }) => said.ended));
    expect(ends.map(({ stderr }) => stderr)).toEqual(["", ""]);
    const written = journalsOf(home).map((lines) => lines.length);
    expect(written.length).toBe(3);
    expect(written.reduce((sum, lines) => sum + lines, 0)).toBe(Number(whole));
    // the ledger is disposable: a fourth one reads the journals, and there is nothing left
    fs.rmSync(join(home, "budget.db"));
    const fourth = await start("lock-child.ts", [home, "d", whole]).said.ended;
    expect(fourth.stdout).toBe("ready\nrefused\n");
  });

  test("never spend more together than a project may, over 50 calls of a real agent", async () => {
    const place = makePlace();
    const server = await serve([{ reply: [text("done")], repeat: "always", usage: { output: 4_096 } }]);
    const limit = 1.2;
    const children = ["a", "b"].map(() => start("shared-child.ts", [place.project, place.home, server.url, String(limit), "25"]));
    const ends = await Promise.all(children.map(({ said }) => said.ended));
    expect(ends.map(({ stderr, code }) => ({ stderr, code }))).toEqual([
      { stderr: "", code: 0 },
      { stderr: "", code: 0 },
    ]);
    const costs = journalsOf(place.home).flatMap((entries) => entriesOf(entries, "reply").map(({ cost }) => cost.usd));
    const spent = costs.reduce((sum, usd) => sum + usd, 0);
    expect(spent).toBeLessThanOrEqual(limit);
    expect(spent).toBeGreaterThan(limit - 0.15);
    expect(ends.map(({ stdout }) => count(stdout, "budget"))).toEqual([1, 1]);
    expect(server.requests.length).toBe(costs.length);
  });

  test("one that was killed before the model answered counts at worst case until its journal closes the request", async () => {
    const place = makePlace();
    const server = await serve([{ reply: [text("never")], fault: { kind: "stall", at: "start", milliseconds: 20_000 } }, done, done, done]);
    const { child, said } = start("shared-child.ts", [place.project, place.home, server.url, "0.12", "1"]);
    await until(() => server.requests.length === 1);
    child.kill("SIGKILL");
    await said.ended;
    const [open] = journalsOf(place.home).flatMap((entries) => entriesOf(entries, "request"));
    const worst = open?.projection.worst.usd ?? 0;
    expect(worst).toBeGreaterThan(0.04);
    const scene = await sceneWith(place, server, { project: { usd: worst + 0.04 } });
    const { end } = await scene.run("go");
    expect(end).toMatchObject({ reason: "budget", ruling: { scope: "project", limit: "usd", reserved: worst, spent: 0 } });
    expect(server.requests.length).toBe(1);
    expect((end as Extract<RunEnd, { reason: "budget" }>).ruling.says).toContain("in this project");
  });
});

const sceneWith = (place: Place, server: Awaited<ReturnType<typeof serve>>, sharedBudget: object, options: object = {}): Promise<Scene> =>
  makeScene(place, server, { maxOutput: 4_096, sharedBudget, environment: environmentFor("anthropic", server), ...options });

describe("a budget of a day", () => {
  test("counts all sessions since midnight; setting the clock back gives nothing back", async () => {
    const place = makePlace();
    const server = await serve([{ reply: [text("done")], repeat: "always", usage: { output: 4_000 } }]);
    const at = (day: number, hour: number) => createManualClock(new Date(2026, 10, day, hour).getTime());
    const spend = async (clock: object): Promise<RunEnd> => {
      const scene = await sceneWith(place, server, { day: { usd: 0.08 } }, { clock });
      const { end } = await scene.run("go");
      await scene.conversation.release();
      return end;
    };
    expect((await spend(at(20, 23))).reason).toBe("answered");
    expect(await spend(at(20, 23))).toMatchObject({ reason: "budget", ruling: { scope: "day", limit: "usd" } });
    expect((await spend(at(21, 1))).reason).toBe("answered");
    expect((await spend(at(21, 23))).reason).toBe("budget");
    expect((await spend(at(19, 12))).reason).toBe("budget");
  });
});

describe("what a person raises", () => {
  test("once lets exactly the refused call go; for the session it holds on, and stands in the journal", async () => {
    const place = makePlace();
    const server = await serve([{ reply: [text("done")], repeat: "always", usage: { output: 4_000 } }]);
    const scene = await makeScene(place, server, { maxOutput: 4_096, budget: { usd: 0.001 } });
    const refused = async (input: string | null) => {
      const { end } = await collect(scene.conversation.send(input));
      return end.reason === "budget" ? end.ruling : null;
    };
    const first = await refused("go");
    if (!first) throw new Error("not refused");
    await scene.conversation.raise(first, "once");
    expect(await refused(null)).toBeNull();
    const second = await refused("again");
    if (!second) throw new Error("not refused");
    await scene.conversation.raise(second, { to: 10 });
    expect(await refused(null)).toBeNull();
    expect(await refused("and again")).toBeNull();
    const settings = entriesOf(scene.journal(), "setting").filter(({ name }) => name === "budget");
    expect(settings.map(({ value }) => JSON.parse(value))).toEqual([
      { usd: 0.001 },
      { usd: 0.001, once: { scope: "session", limit: "usd", to: first.projected } },
      { usd: 0.001 },
      { usd: 10 },
    ]);
    const resumed = await scene.resume({ budget: undefined } as never);
    expect((await resumed.run("more")).end.reason).toBe("answered");
  });

  test("a project's limit is raised in this process", async () => {
    const place = makePlace();
    const server = await serve([{ reply: [text("done")], repeat: "always" }]);
    const scene = await sceneWith(place, server, { project: { tokens: 100 } });
    const { end } = await scene.run("go");
    if (end.reason !== "budget") throw new Error("not refused");
    await scene.conversation.raise(end.ruling, { to: 1_000_000 });
    expect((await scene.run(null)).end.reason).toBe("answered");
    expect(entriesOf(scene.journal(), "setting").at(-1)?.value).toContain('"raised":{"project":{"tokens":1000000}}');
  });
});
