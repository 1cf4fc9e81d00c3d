import { expect, it } from "vitest";
import type { JsonObject } from "../../src/base/index.ts";
import { anthropic, errorOf, hello, type RawAnswer, start, user } from "./support.ts";

const said = (answer: RawAnswer): string => (JSON.parse(answer.text) as { content: { text: string }[] }).content[0]?.text ?? "";
const asking = (words: string, extra: JsonObject = {}): JsonObject => ({ messages: [user(words)], ...extra });

it("serves turns in order, and refuses a request that does not fit, saying what was expected and what came", async () => {
  const server = await start({
    name: "order",
    turns: [{ reply: [{ text: "one" }] }, { title: "the second", match: { userText: "please" }, reply: [{ text: "two" }] }],
  });
  expect(said(await anthropic(server, hello))).toBe("one");
  const refused = await anthropic(server, asking("now!"));
  expect(refused.status).toBe(400);
  expect(errorOf(refused).message).toBe(
    'the request does not fit the script "order": turn 1 (the second): expected the user\'s last text to contain "please", came "now!"',
  );
  expect(server.unserved()).toEqual([1]);
  expect(said(await anthropic(server, asking("yes please")))).toBe("two");
  expect(errorOf(await anthropic(server, hello)).message).toContain("is over: all of its 2 turns were served");
  expect(server.requests.map((request) => request.turn)).toEqual([0, undefined, 1, undefined]);
});

it.each([
  ["end", ["a", "b", "The script is over.", "The script is over."]],
  ["repeat-last", ["a", "b", "b", "b"]],
  ["loop", ["a", "b", "a", "b"]],
] as const)("goes on as told when it is over: %s", async (afterwards, expected) => {
  const server = await start({ name: "x", afterwards, turns: [{ reply: [{ text: "a" }] }, { reply: [{ text: "b" }] }] });
  const words: string[] = [];
  for (let round = 0; round < 4; round++) words.push(said(await anthropic(server, hello)));
  expect(words).toEqual(expected);
});

it("serves several speakers with first-match, each turn as often as it says", async () => {
  const server = await start({
    name: "crew",
    order: "first-match",
    turns: [
      { match: { system: "classifier" }, repeat: "always", reply: [{ text: "allow" }] },
      { match: { model: "haiku" }, repeat: 2, reply: [{ text: "small" }] },
      { reply: [{ text: "main" }] },
    ],
  });
  const words = [
    said(await anthropic(server, hello)),
    said(await anthropic(server, asking("x", { system: "you are a classifier" }))),
    said(await anthropic(server, asking("x", { model: "claude-haiku-4-5" }))),
    said(await anthropic(server, asking("x", { model: "claude-haiku-4-5" }))),
    said(await anthropic(server, asking("x", { system: "classifier" }))),
  ];
  expect(words).toEqual(["main", "allow", "small", "small", "allow"]);
  expect(errorOf(await anthropic(server, hello)).message).toContain('turn 0: expected the system text to contain "classifier", came ""');
});

const results = (failed: boolean): JsonObject => ({
  tools: [{ name: "read", input_schema: { type: "object" } }],
  messages: [
    user("a"),
    { role: "assistant", content: [{ type: "tool_use", id: "t", name: "read", input: {} }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "no such file", is_error: failed }] },
  ],
});

it.each<[string, object, JsonObject, string | undefined]>([
  ["a result of a tool", { toolResult: { tool: "read", text: "no such", failed: true } }, results(true), undefined],
  ["a result that failed", { toolResult: { tool: "read", failed: true } }, results(false), "to be an error"],
  ["a result that did not fail", { toolResult: { tool: "read", failed: false } }, results(true), "not to be an error"],
  ["a result's text", { toolResult: { tool: "read", text: { excludes: "file" } } }, results(true), "not to contain"],
  ["no result", { toolResult: { tool: "bash" } }, hello, "came no results"],
  ["another tool's result", { toolResult: { tool: "bash" } }, results(true), "came results of read"],
  ["the user's text, past results", { userText: { equals: "a" } }, results(true), undefined],
  ["a number of messages", { messages: 3 }, results(true), undefined],
  ["too few messages", { messages: { atLeast: 2 } }, hello, "expected 2 to any number of messages, came 1"],
  ["offered tools", { tools: ["read"], withoutTools: ["bash"] }, results(true), undefined],
  ["a tool that is missing", { tools: ["bash"] }, results(true), 'expected the tool "bash" to be offered, came read'],
  ["a tool too many", { withoutTools: ["read"] }, results(true), "not to be offered"],
  ["the wire", { wire: "openai-chat" }, hello, 'expected the wire "openai-chat", came "anthropic"'],
  ["the model by pattern", { model: { matches: "^claude-\\w+-5$" } }, hello, undefined],
])("matches on %s", async (_name, match, body, mismatch) => {
  const server = await start({ name: "m", turns: [{ match, reply: [{ text: "fits" }] }] });
  const answer = await anthropic(server, body);
  if (mismatch === undefined) expect(said(answer)).toBe("fits");
  else expect(errorOf(answer).message).toContain(mismatch);
});

it("fills placeholders from the request, or from outside, and says which finds nothing", async () => {
  const script = {
    name: "v",
    variables: { cwd: { matches: "folder: (\\S+)" }, who: "nobody" },
    turns: [{ repeat: "always" as const, reply: [{ text: "{{who}} in {{cwd}}" }, { call: "bash", input: { command: "ls {{cwd}}", list: ["{{who}}"] } }] }],
  };
  const server = await start(script, { variables: { who: "Ada" } });
  const content = (JSON.parse((await anthropic(server, asking("folder: /tmp/x y"))).text) as { content: JsonObject[] }).content;
  expect(content[0]).toMatchObject({ text: "Ada in /tmp/x" });
  expect(content[1]).toMatchObject({ input: { command: "ls /tmp/x", list: ["Ada"] } });
  expect(errorOf(await anthropic(server, hello)).message).toContain('the variable "cwd" of the script "v" finds nothing in this request');
});

it("overrides single figures of the usage", async () => {
  const server = await start({ name: "u", turns: [{ usage: { cacheRead: 7, output: 9 }, reply: [{ text: "a" }] }] });
  const { usage } = JSON.parse((await anthropic(server, hello)).text) as { usage: JsonObject };
  expect(usage).toMatchObject({ cache_read_input_tokens: 7, output_tokens: 9, input_tokens: server.requests[0]?.ledger?.input });
});
