import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Contender } from "../../bench/contender.ts";
import { inputCost, partBytes, sharedHead } from "../../bench/cost.ts";
import { treeMemory } from "../../bench/memory.ts";
import { renderReply } from "../../bench/reply.ts";
import { type Responder, startResponder } from "../../bench/responder.ts";
import { holds, ratio, row } from "../../bench/row.ts";
import { withOtherIds } from "../../bench/rows/journal.ts";
import { breaks } from "../../bench/rows/requests.ts";
import { measure } from "../../bench/run.ts";
import { commands, edits, hi, reads } from "../../bench/script.ts";
import { growth, median, quantile } from "../../bench/statistics.ts";
import { renderTable } from "../../bench/table.ts";

/** A contender whose times are known: it waits before each request, then sends as many as it is told. */
const fake = `
const [requests, wait, exit, path] = process.argv.slice(2);
const http = process.getBuiltinModule("node:http");
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
for (let turn = 0; turn < Number(requests); turn++) {
  await pause(Number(wait));
  await new Promise((done) => {
    const body = JSON.stringify({ turn, messages: [] });
    const request = http.request(process.env.ANTHROPIC_BASE_URL + path, { method: "POST" }, (response) => response.resume().on("end", done));
    request.end(body);
  });
}
await pause(Number(wait));
process.stderr.write("said at the end");
process.exit(Number(exit));
`;

let folder: string;
let responder: Responder;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "bosun-test-bench-"));
  writeFileSync(join(folder, "fake.mjs"), fake);
  responder = await startResponder();
});
afterAll(() => {
  responder.close();
  rmSync(folder, { recursive: true });
});

const contender = (requests: number, exit = 0, path = "/v1/messages"): Contender => ({
  name: "bosun",
  prompt: () => [join(folder, "fake.mjs"), String(requests), "40", String(exit), path],
  version: [],
  environment: (_home, url) => ({ ANTHROPIC_BASE_URL: url }),
});
const play = (requests: number, more: { exit?: number; path?: string; keep?: boolean } = {}) =>
  measure({ responder, contender: contender(requests, more.exit, more.path), script: reads(2), cwd: folder, home: folder, keep: more.keep ?? false });

describe("one measured run", () => {
  it("has a gap for each scripted reply, a first request and an end, in order and without the responder's own time", async () => {
    const run = await play(3, { keep: true });
    expect(run.gaps).toHaveLength(2);
    // Timers may fire a millisecond early; the contender's waits are all that can be in the gaps for sure.
    for (const gap of [...run.gaps, run.first, run.exit]) expect(gap).toBeGreaterThan(38);
    expect(run.wall).toBeGreaterThanOrEqual(run.first + run.exit);
    expect(run.bodies.map((body) => JSON.parse(body).turn)).toEqual([0, 1, 2]);
    expect(run.unasked).toBe(0);
  });

  it("counts model calls that the script did not ask for", async () => {
    expect((await play(5)).unasked).toBe(2);
  });

  it("does not pass for a measurement when the contender stops early, fails, or calls something else", async () => {
    await expect(play(2)).rejects.toThrow("2 model requests came where 3 were due");
    await expect(play(3, { exit: 7 })).rejects.toThrow(/ended with 7.*said at the end/s);
    await expect(play(3, { path: "/v1/complete" })).rejects.toThrow("0 model requests");
  });

  it("refuses a run in which a tool failed", async () => {
    const failing = { ...contender(1), prompt: () => ["-e", failingRequest] };
    await expect(measure({ responder, contender: failing, script: hi, cwd: folder, home: folder })).rejects.toThrow("a tool failed");
  });
});

const failingRequest = `
const http = process.getBuiltinModule("node:http");
http.request(process.env.ANTHROPIC_BASE_URL + "/v1/messages", { method: "POST" }, (response) => response.resume()).end('{"is_error":true}');
`;

describe("input cost", () => {
  const mark = { cache_control: { type: "ephemeral" } };
  const block = (text: string, marked = false) => ({ type: "text", text, ...(marked ? mark : {}) });
  const bytes = (text: string) => JSON.stringify(block(text)).length;
  const body = (...content: object[]) => JSON.stringify({ system: [block("system", true)], messages: [{ role: "user", content }] });

  it("charges what is after the last breakpoint in full, what is new before it as a write, and the rest as a hit", () => {
    const cost = inputCost([body(block("one", true), block("tail")), body(block("one"), block("two", true))]);
    const head = bytes("system") + bytes("one");
    expect(cost).toMatchObject({ miss: bytes("tail"), write: head + bytes("two"), hit: head });
    expect(cost.units).toBeCloseTo(bytes("tail") + 1.25 * (head + bytes("two")) + 0.1 * head);
  });

  it("finds nothing beyond twenty blocks, nor after a changed one", () => {
    const many = Array.from({ length: 25 }, (_, index) => block(`n${index}`));
    const far = inputCost([body(block("one", true)), body(block("one"), ...many, block("end", true))]);
    expect(far.hit).toBe(bytes("system"));
    expect(inputCost([body(block("one", true)), body(block("other", true))]).hit).toBe(bytes("system"));
  });

  it("says where the bytes are, what two requests share, and whether a request extends the one before", () => {
    const [first, second] = [body(block("one")), body(block("one"), block("two"))];
    expect(partBytes(first)).toMatchObject({ all: first.length, tools: 0, toolCount: 0 });
    expect(sharedHead(first, first)).toEqual({ head: 1, all: 1 });
    expect(sharedHead(first, body(block("other"))).head).toBe(1);
    expect(sharedHead(first, body(block("other"))).all).toBeLessThan(1);
    expect(sharedHead(first, first.replace('system":[{"type":"text","text":"s', 'system":[{"type":"text","text":"S')).head).toBeLessThan(1);
    expect(breaks([first, first])).toBe(0);
    expect(breaks([second, first])).toBe(1);
  });
});

describe("figures", () => {
  it("are medians and tails of what was measured", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(quantile([0, 10], 0.95)).toBeCloseTo(9.5);
    expect(median([])).toBeNaN();
    expect(growth(Array.from({ length: 200 }, (_, turn) => (turn < 100 ? 2 : 3)))).toBe(1.5);
    expect(growth([1, 2, 3])).toBeNaN();
  });

  it("hold a limit from above, shares from below, and miss it visibly", () => {
    expect(holds(row("growth", "", "×", { bosun: 1.15 }))).toBe("holds");
    expect(holds(row("growth", "", "×", { bosun: 1.16 }))).toBe("missed");
    expect(holds(row("head-sessions", "", "%", { bosun: 99.9 }))).toBe("missed");
    expect(holds(row("hi-wall", "", "ms", { bosun: 1e9 }))).toBeNull();
    // Nothing measured is no success.
    expect(holds(row("read-median", "", "ms", { bosun: Number.NaN, bare: Number.NaN }))).toBe("missed");
    const table = renderTable([{ ...row("growth", "slower and slower", "×", { bosun: 2, bare: 1 }), others: 0.5 }]);
    expect(table).toMatch(/slower and slower +×2\.00 +×1\.00 +2\.0× +≤ ×1\.15 +MISSED \(others 50 %\)/);
  });

  it("hold as a ratio where the whole machine is slow, against the synced floor where there is one", () => {
    const slow = (bosun: number) => row("read-median", "", "ms", { bosun, bare: 1, bareSynced: 2.2 });
    expect(ratio(slow(5))).toBeCloseTo(5 / 2.2);
    expect(holds(slow(5))).toBe("holds as a ratio");
    expect(holds(slow(5.1))).toBe("missed");
    expect(ratio(row("first-request", "", "ms", { bosun: 3, bare: 2 }))).toBe(1.5);
  });
});

describe("material", () => {
  it("scripts name a new file, command or line each turn, and replies carry them as calls", () => {
    const inputs = [reads(30), commands(30), edits(30).slice(1)].map((script) => new Set(script.map((calls) => JSON.stringify(calls))).size);
    expect(inputs).toEqual([30, 30, 30]);
    const text = renderReply(4, [{ tool: "read", input: { path: "a" } }], 12);
    expect(text).toContain('"name":"read"');
    expect(text).toContain(JSON.stringify('{"path":"a"}'));
    expect(text).toContain('"stop_reason":"tool_use"');
    expect(renderReply(0, [], 1)).toContain('"stop_reason":"end_turn"');
  });

  it("copies of journal lines have ids of their own and are otherwise the same", () => {
    const step = "s_01m81g95sd0000mbzae7x7";
    const body = { type: "process", process: { step, says: "toolu_1_0 in a text" } } as unknown as Parameters<typeof withOtherIds>[0];
    expect(withOtherIds(body, 3)).toEqual({ type: "process", process: { step: `${step}-3`, says: "toolu_1_0 in a text" } });
  });

  it.runIf(process.platform === "linux")("memory of a tree counts its children", async () => {
    const before = treeMemory(process.pid);
    const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "ignore"] });
    try {
      await expect.poll(() => treeMemory(process.pid)?.resident ?? 0).toBeGreaterThan((before?.resident ?? Number.POSITIVE_INFINITY) + 10e6);
    } finally {
      child.kill();
    }
  });
});
