// `bosun cost ID`: the books of a session's money.
import { expect, test } from "vitest";
import { costReport, type RequestRow } from "../../src/session/index.ts";
import { makePlace, serve, text } from "../agent/support.ts";
import { bosun, linesOf, sessionOf } from "./support.ts";

const amount = (usd: number, tokens: number, seconds: number) => ({ usd, tokens, turns: 1, seconds });
function row(seq: number, expected: number, actual: number | null, more: Partial<RequestRow> = {}): RequestRow {
  const projection = { expected: amount(expected, expected * 1_000, 1), worst: amount(expected * 2, expected * 2_000, 4), maxOutput: 8_000, priced: true };
  return {
    seq,
    ts: Date.UTC(2026, 10, 22, 23, 59, 30 + seq * 10),
    request: `r_${seq}`,
    purpose: "turn",
    turn: seq,
    provider: "p",
    model: "m",
    attempt: 1,
    outcome: actual === null ? "open" : "end",
    usd: actual ?? expected * 2,
    worstUsd: expected * 2,
    expectedUsd: expected,
    confirmed: actual !== null,
    usage: { input: actual === null ? 0 : 10, output: 0, cacheRead: 0, cacheWrite: 0 },
    projection,
    cost: actual === null ? null : amount(actual, actual * 1_000, 2),
    milliseconds: 2_000,
    ...more,
  };
}

test("bias and errors over what was counted; sums by model and day; what is open counts at its worst case, and above it is said", () => {
  const rows = [row(0, 1, 1), row(1, 1, 2), row(2, 3, 2), row(3, 1, 4, { purpose: "classifier", model: "small" }), row(4, 5, null)];
  const report = costReport(rows);
  const [all, turns, classifier] = report.errors;
  expect(all).toMatchObject({ purpose: "", usd: { calls: 4, p50: 0.5, p95: 0.75, above: 1 }, seconds: { calls: 4, bias: -0.5, above: 0 } });
  expect(all?.usd.bias).toBeCloseTo(6 / 9 - 1, 12);
  expect(turns).toMatchObject({ purpose: "turn", usd: { calls: 3, bias: 0, above: 0 } });
  expect(classifier).toMatchObject({ purpose: "classifier", tokens: { calls: 1, bias: -0.75, p50: 0.75, p95: 0.75, above: 1 } });
  expect(report.models).toEqual([
    { name: "p/m", calls: 4, usd: 15, tokens: 15_000 },
    { name: "p/small", calls: 1, usd: 4, tokens: 4_000 },
  ]);
  expect(report.days.map(({ name, calls, usd }) => [name, calls, usd])).toEqual([
    ["2026-11-22", 3, 5],
    ["2026-11-23", 2, 14],
  ]);
  expect(report.unconfirmed).toEqual({ name: "unconfirmed", calls: 1, usd: 10, tokens: 10_000 });
  expect(report.total).toEqual({ name: "total", calls: 5, usd: 19, tokens: 19_000 });
});

test("nothing to compare is said, not divided by", () => {
  const none = { calls: 0, bias: null, p50: null, p95: null, above: 0 };
  expect(costReport([row(0, 1, null)]).errors[0]).toEqual({ purpose: "", usd: none, tokens: none, seconds: none });
});

test("the command shows each call of a session, in words and as JSON, and says the next move where it can't", async () => {
  const [place, server] = [makePlace(), await serve({ name: "talk", turns: ["one", "two"].map((says) => ({ reply: [text(says)] })) })];
  await bosun({ place, server }, "-p", "first");
  await bosun({ place, server }, "-p", "second", "--continue");
  const session = sessionOf(place);
  const shown = await bosun({ place }, "cost", session.slice(0, 10));
  expect(shown).toMatchObject({ code: 0, stderr: "" });
  expect(shown.stdout).toMatch(/2 model calls, \$0\.\d{4}, \d+ tokens/);
  expect(shown.stdout).toMatch(/all\s+money\s+[+-]?\d+\.\d %/);
  const [json] = linesOf((await bosun({ place }, "cost", session, "--json")).stdout);
  expect(json).toMatchObject({ session, total: { calls: 2 }, unconfirmed: { calls: 0 }, requests: [{ outcome: "end", confirmed: true }, { turn: 2 }] });
  expect(await bosun({ place }, "cost")).toMatchObject({ code: 2, stderr: expect.stringContaining("bosun sessions") });
  expect(await bosun({ place }, "cost", "nowhere")).toMatchObject({ stderr: expect.stringContaining("nowhere") });
});
