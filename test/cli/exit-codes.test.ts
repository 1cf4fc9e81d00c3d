// Every way the command can end has its number, its sentence on stderr with the next move, and its object on stdout.
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ExitCode, exitOfEnd, exitTable } from "../../src/cli/exit.ts";
import type { Turn } from "../../src/testing/index.ts";
import { bash, done, makePlace, read, serve, text } from "../agent/support.ts";
import { bosun, linesOf, sessionOf } from "./support.ts";

const always = (reply: Turn["reply"], more: Partial<Turn> = {}): { name: string; turns: Turn[] } => ({
  name: "always",
  turns: [{ reply, repeat: "always", ...more }],
});

/** Runs in the two formats that say the end, and checks that both agree. */
async function ends(turns: Parameters<typeof serve>[0], code: ExitCode, reason: string, says: RegExp, ...words: string[]) {
  const place = makePlace();
  place.write("a.txt", "alpha");
  const server = await serve(turns);
  const plain = await bosun({ place, server }, "-p", "go", ...words);
  expect(plain).toMatchObject({ code, stdout: "" });
  expect(plain.stderr).toMatch(says);
  expect(plain.stderr).toMatch(/^bosun: /m);
  const again = await serve(turns);
  const json = await bosun({ place, server: again }, "-p", "go", "--output-format", "json", ...words);
  expect(json.code).toBe(code);
  expect(linesOf(json.stdout)).toMatchObject([{ type: "result", result: null, end: { reason }, exitCode: code }]);
}

describe("ends of a run", () => {
  test("3: the next call does not fit the budget, and was not sent", async () => {
    await ends([done], 3, "budget", /Raise the limit, then go on with `bosun --resume s_/, "--max-budget-usd", "0.000001");
  });
  test("4: the limit of replies", async () => {
    await ends(always([read("a.txt"), text("on")]), 4, "turns", /limit of 2 replies.*--resume/, "--max-turns", "2");
  });
  test("5: a decision is needed and nobody is there", async () => {
    await ends(
      [{ reply: [bash("touch x")] }, done],
      5,
      "awaiting",
      /needs a decision: bash touch x\. Decide with `bosun approvals`, or on a terminal with `bosun --resume s_.*--allowed-tools/,
    );
  });
  test("6: the model refuses", async () => {
    await ends([{ reply: [text("I can't do that.")], finish: "refusal" }], 6, "refused", /The model refused: I can't do that\. .*--model/);
  });
  test("7: the model can't be used", async () => {
    await ends([{ reply: [], fault: { kind: "status", status: 401 } } as unknown as Turn], 7, "model-error", /Check the key/);
  });
  test("9: the same call again and again", async () => {
    await ends(always([read("a.txt")]), 9, "breaker", /4 times in a row/);
  });
});

describe("2: the command line and the configuration", () => {
  test("no key and no server: three ways on", async () => {
    // Nothing may answer on the usual ports of a machine that runs a model server: then there is a model, and nothing to test.
    const ended = await bosun({ place: makePlace() }, "-p", "hi", "--output-format", "json");
    if (ended.code !== 2) return expect(ended.stderr).toBe("");
    for (const way of ["ANTHROPIC_API_KEY", "local server", "bosun demo"]) expect(ended.stderr).toContain(way);
    expect(linesOf(ended.stdout)).toMatchObject([{ type: "error", code: "model-missing" }]);
  });
  test("an unknown model, a model without its key", async () => {
    const place = makePlace();
    expect(await bosun({ place, environment: { ANTHROPIC_API_KEY: "k" } }, "-p", "hi", "--model", "anthropic/claud-sonet-5-5")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Did you mean anthropic/claude-sonnet-5-5"),
    });
    expect(await bosun({ place }, "-p", "hi", "--model", "openai/gpt-6-sol")).toMatchObject({ code: 2, stderr: expect.stringContaining("OPENAI_API_KEY") });
  });
  test("malformed settings: file, line, column and the key that was meant", async () => {
    const place = makePlace();
    fs.mkdirSync(place.home, { recursive: true });
    fs.writeFileSync(join(place.home, "settings.json"), '{\n  "modle": "anthropic/claude-sonnet-5-5"\n}\n');
    const ended = await bosun({ place }, "-p", "hi", "--output-format", "stream-json");
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringMatching(/settings\.json:2:3: .*model/) });
    expect(linesOf(ended.stdout)).toMatchObject([{ type: "error", code: "settings-malformed" }]);
  });
  test("an unknown option, also for those who read JSON", async () => {
    const ended = await bosun({ place: makePlace() }, "-p", "hi", "--output-format=json", "--maxturns", "3");
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining("Did you mean --max-turns?") });
    expect(linesOf(ended.stdout)).toMatchObject([{ type: "error", code: "usage" }]);
  });
});

describe("8: the session and its journal", () => {
  test("a name twice, a session that is not there", async () => {
    const [place, server] = [makePlace(), await serve(always([text("ok")]))];
    expect(await bosun({ place, server }, "-p", "hi", "--session-id", "mine")).toMatchObject({ code: 0 });
    expect(await bosun({ place, server }, "-p", "hi", "--session-id", "mine")).toMatchObject({ code: 8, stderr: expect.stringContaining("--resume") });
    expect(await bosun({ place, server }, "-p", "hi", "--resume", "other")).toMatchObject({ code: 8, stderr: expect.stringContaining("bosun sessions") });
    expect(sessionOf(place)).toBe("mine");
  });
  test("a home that can't be written", async () => {
    const [place, server] = [makePlace(), await serve([done])];
    fs.writeFileSync(place.home, "a file");
    expect(await bosun({ place, server }, "-p", "hi")).toMatchObject({ code: 8, stdout: "" });
  });
});

test("every end has a number of the table", () => {
  const codes = Object.values(exitTable).map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
  expect(exitOfEnd({ reason: "answered", text: "" })).toBe(0);
  expect(exitOfEnd({ reason: "aborted", says: "" })).toBe(130);
  expect(exitOfEnd({ reason: "journal", says: "" })).toBe(8);
  expect(exitOfEnd({ reason: "context-exhausted", says: "" })).toBe(9);
});
