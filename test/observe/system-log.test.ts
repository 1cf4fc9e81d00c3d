import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RunEvent, RunEventBody } from "../../src/agent/index.ts";
import type { CallId, SessionId, StepId } from "../../src/base/index.ts";
import { type Disk, nodeDisk } from "../../src/exec/index.ts";
import { createSystemLog, formatLogLine, readSystemLog } from "../../src/observe/index.ts";
import { createManualClock } from "../../src/testing/index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bosun-log-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const amount = { usd: 0.01, tokens: 120, turns: 1, seconds: 2 };
const usage = { input: 100, output: 20, cacheRead: 300, cacheWrite: 0 };
const step = "st_1" as StepId;
const call = "toolu_1" as CallId;
const key = "ghp_aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xYzAbC";
const facts = { cwd: "/p", root: "/p", paths: [], commands: [], domains: [] };

const bodies: readonly RunEventBody[] = [
  { type: "run-start", agent: "main", provider: "anthropic", model: "m-1", mode: "ask", cwd: "/p", resumed: false },
  { type: "notice", level: "warning", code: "journal-repaired", says: `cut off; ${key}` },
  { type: "input-accepted", text: "the words of the person" },
  { type: "context-assembled", tokens: 4000, loaded: ["/p/AGENTS.md"], segments: [{ name: "system", sha256: "a".repeat(64), bytes: 10 }], breaks: ["tools"] },
  { type: "turn-start", turn: 1, attempt: 1, projection: { expected: amount, worst: amount, maxOutput: 100, priced: true } },
  { type: "model", part: { type: "message-start", model: "m-1-2026" } },
  { type: "model", part: { type: "text-delta", text: "the words of the model" } },
  { type: "model-retry", attempt: 1, failure: { class: "overloaded", message: "busy", status: 529 }, waitMilliseconds: 1500 },
  { type: "reply", text: "the words of the model", calls: 1, finish: "tool-calls", usage, cost: amount },
  { type: "approval-asked", step, call, tool: "bash", subject: "make", because: { by: "mode", mode: "ask", says: "asks" }, preview: { kind: "none" } },
  {
    type: "decision",
    step,
    call,
    tool: "bash",
    decision: { call, tool: "bash", subject: `curl -H token=${key}`, verdict: "allow", reason: { by: "person" }, mode: "ask", holds: "call", facts, took: 900 },
  },
  { type: "step", step, call, tool: "bash", to: "executing", subject: "make" },
  { type: "tool-progress", call, detail: { text: "output" } },
  { type: "step", step, call, tool: "bash", to: "done", subject: "make", detail: { out: "the output of the tool" } },
  { type: "breaker-opened", name: "model", failures: 3, openings: 1, saved: { calls: 1, usd: 0.01 }, says: "open" },
  { type: "turn-end", turn: 1, usage, projected: amount, actual: amount },
  { type: "run-end", end: { reason: "answered", text: "the words of the model" }, turns: 1, usage, cost: amount, priced: true, milliseconds: 4200 },
];
const eventOf = (body: RunEventBody, at = 1000): RunEvent => ({ ...body, session: "s_1" as SessionId, agents: ["main"], at });
const notice = (says: string): RunEvent => eventOf({ type: "notice", level: "info", code: "x", says });

describe("the system log", () => {
  test("says what was done, by whom and how long it took, and not what was said", async () => {
    const clock = createManualClock();
    const log = createSystemLog({ folder, clock, onFailure: expect.unreachable });
    for (const body of bodies) {
      log.event(eventOf(body, clock.now()));
      await clock.advance(250);
    }
    await log.flush();
    const text = readFileSync(join(folder, "events.jsonl"), "utf8");
    expect(text).not.toContain("the words of");
    expect(text).not.toContain("the output of");
    expect(text).not.toContain(key);
    const read = await readSystemLog(folder);
    if (!read.ok) throw read.error;
    const lines = read.value.lines;
    expect(lines.map((line) => line.type)).toEqual(
      "run-start notice input context request answering retry reply asked decision tool breaker turn-end run-end".split(" "),
    );
    expect(lines[5]).toMatchObject({ type: "answering", model: "m-1-2026", milliseconds: 250 });
    expect(lines[6]).toMatchObject({ class: "overloaded", status: 529, waitMilliseconds: 1500 });
    expect(lines[9]).toMatchObject({ verdict: "allow", by: "person", milliseconds: 900 });
    expect(lines[10]).toMatchObject({ tool: "bash", to: "done", milliseconds: 500 });
    expect(lines.every((line) => line.v === 1 && line.session === "s_1" && line.agents[0] === "main" && line.at > 0)).toBe(true);
    for (const line of lines) expect(formatLogLine(line)).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}main {2}[a-z-]+( |$)/);
  });

  test("touches no file before it is flushed or has gathered", async () => {
    const opened: string[] = [];
    const disk: Disk = { ...nodeDisk, open: (path, how, mode) => nodeDisk.open(opened.push(path) > 0 ? path : "", how, mode) };
    const log = createSystemLog({ folder, disk, clock: createManualClock(), onFailure: expect.unreachable });
    log.event(notice("one"));
    expect(opened).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(opened).toHaveLength(1);
    expect(readFileSync(join(folder, "events.jsonl"), "utf8")).toContain("one");
  });

  test("is private, makes its folder, and goes on after a torn line", async () => {
    const below = join(folder, "new", "session");
    const options = { folder: below, clock: createManualClock(), onFailure: expect.unreachable };
    const first = createSystemLog(options);
    first.event(notice("one"));
    await first.flush();
    expect(statSync(join(below, "events.jsonl")).mode & 0o777).toBe(0o600);
    expect(statSync(below).mode & 0o777).toBe(0o700);
    appendFileSync(join(below, "events.jsonl"), '{"v":1,"at":5,"ses');
    const second = createSystemLog(options);
    second.event(notice("two"));
    await second.flush();
    const read = await readSystemLog(below);
    expect(read.ok && read.value.lines.map((line) => line.type === "notice" && line.says)).toEqual(["one", "two"]);
    expect(read.ok && read.value.unreadable).toBe(1);
  });

  test("rotates, keeps three older parts, loses no line of what it keeps and none of the order", async () => {
    const log = createSystemLog({ folder, clock: createManualClock(), onFailure: expect.unreachable, rotateAt: 2000 });
    for (let index = 0; index < 200; index++) {
      log.event(notice(`number ${index} ${"x".repeat(index % 90)}`));
      if (index % 7 === 0) await log.flush();
    }
    await log.flush();
    expect(readdirSync(folder).sort()).toEqual(["events.1.jsonl", "events.2.jsonl", "events.3.jsonl", "events.jsonl"]);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(2000);
    const read = await readSystemLog(folder);
    if (!read.ok) throw read.error;
    const numbers = read.value.lines.map((line) => Number(line.type === "notice" ? line.says.split(" ")[1] : Number.NaN));
    expect(numbers.at(-1)).toBe(199);
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    expect(numbers.length).toBeGreaterThan(20);
  });

  test("a line larger than a part is still written", async () => {
    const log = createSystemLog({ folder, clock: createManualClock(), onFailure: expect.unreachable, rotateAt: 100 });
    log.event(notice("y".repeat(300)));
    log.event(notice("z".repeat(300)));
    await log.flush();
    const read = await readSystemLog(folder);
    expect(read.ok && read.value.lines).toHaveLength(2);
  });

  test.each(["open", "write", "size"] as const)("a failing disk (%s) stops it once, says so, and fails nothing", async (where) => {
    const failure = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
    let tries = 0;
    const disk: Disk = {
      ...nodeDisk,
      async open(path, how, mode) {
        tries += 1;
        if (where === "open") throw failure;
        return { ...(await nodeDisk.open(path, how, mode)), [where]: () => Promise.reject(failure) };
      },
    };
    const said: string[] = [];
    const log = createSystemLog({
      folder,
      disk,
      clock: createManualClock(),
      onFailure(says) {
        said.push(says);
        throw new Error("a listener that fails");
      },
    });
    for (let index = 0; index < 3; index++) {
      log.event(notice(`${index}`));
      await log.flush();
    }
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/no space left.*goes on without it/);
    expect(tries).toBe(1);
  });

  test("memory is bounded: what the disk cannot take is counted", async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const disk: Disk = { ...nodeDisk, open: (path, how, mode) => gate.then(() => nodeDisk.open(path, how, mode)) };
    const log = createSystemLog({ folder, disk, clock: createManualClock(), onFailure: expect.unreachable });
    log.event(notice("first"));
    const done = log.flush();
    for (let index = 0; index < 6000; index++) log.event(notice("more"));
    open();
    await done;
    const read = await readSystemLog(folder);
    if (!read.ok) throw read.error;
    expect(read.value.lines).toHaveLength(5002);
    expect(read.value.lines.at(-1)).toMatchObject({ type: "dropped", lines: 1000 });
  });

  test("what came while it wrote is written without another event", async () => {
    const log = createSystemLog({ folder, clock: createManualClock(), onFailure: expect.unreachable });
    log.event(notice("one"));
    const flushed = log.flush();
    await Promise.resolve();
    log.event(notice("two"));
    await flushed;
    expect(readFileSync(join(folder, "events.jsonl"), "utf8").trim().split("\n")).toHaveLength(2);
  });
});

describe("reading it", () => {
  test("no log is no line; what is no line is counted", async () => {
    expect(await readSystemLog(folder)).toEqual({ ok: true, value: { lines: [], unreadable: 0 } });
    writeFileSync(join(folder, "events.jsonl"), 'null\n[]\n{"v":2}\n\u0000\u0000\n');
    expect(await readSystemLog(folder)).toEqual({ ok: true, value: { lines: [], unreadable: 4 } });
  });
  test("a line of text never acts on a terminal", () => {
    const line = formatLogLine({ v: 1, at: 0, session: "s", agents: ["main"], type: "notice", level: "info", code: "c", says: "a\u001b[2Jb\nc\u009bd" });
    expect(line).toBe("00:00:00.000  main  notice    info c: a [2Jb c d");
  });
});
