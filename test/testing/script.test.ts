import { describe, expect, it } from "vitest";
import { parseScript } from "../../src/testing/index.ts";

const problemOf = (source: unknown): string => {
  const parsed = parseScript(typeof source === "string" ? source : JSON.stringify(source), "a.json");
  if (parsed.ok) throw new Error("the script was accepted");
  expect(parsed.error.code).toBe("script-malformed");
  return parsed.error.message;
};
const withTurn = (turn: unknown) => ({ name: "x", turns: [turn] });

describe("a script", () => {
  it("is accepted with everything that it can say", () => {
    const parsed = parseScript(
      JSON.stringify({
        name: "all",
        description: "d",
        order: "first-match",
        models: [{ id: "m", contextWindow: 1, maxOutput: 1, minimumCached: 0 }],
        variables: { cwd: { matches: "in (\\S+)" }, brace: "{{" },
        delay: { first: 1, between: 2 },
        afterwards: "loop",
        turns: [
          {
            title: "t",
            match: {
              userText: "hello",
              system: { contains: "a", excludes: "b", matches: "c" },
              model: { equals: "m" },
              toolResult: { tool: "read", text: "x", failed: false },
              messages: { atLeast: 1, atMost: 3 },
              tools: ["read"],
              withoutTools: ["bash"],
              wire: "anthropic",
            },
            repeat: "always",
            delay: { first: 5 },
            finish: "length",
            usage: { input: 1, output: 2, cacheRead: 3, cacheWrite: 4 },
            reply: [
              { thinking: "hm", signature: "s" },
              { redactedThinking: "xyz" },
              { text: "in {{cwd}}, {{brace}}" },
              { call: "read", input: { path: "{{cwd}}/a" }, id: "call_1" },
              { call: "read", rawInput: "{" },
            ],
            fault: { kind: "status", status: 429, retryAfter: { seconds: 2 }, times: "always", message: "no" },
          },
          { reply: [{ text: "a" }], fault: { kind: "slow-bytes", bytes: 3, milliseconds: 0 } },
          { reply: [{ text: "a" }], fault: { kind: "stall", at: "middle", milliseconds: 5 } },
        ],
      }),
    );
    expect(parsed).toMatchObject({ ok: true });
  });

  it.each([
    [withTurn({ replay: [] }), '$.turns[0]: unknown key "replay"; did you mean "reply"?'],
    [withTurn({ reply: [{ txt: "a" }] }), 'for "txt" did you mean "text"?'],
    [withTurn({ reply: [{ call: "read", inputs: {} }] }), '$.turns[0].reply[0]: unknown key "inputs"; did you mean "input"?'],
    [withTurn({ reply: [{ call: "read", input: [] }] }), "$.turns[0].reply[0].input: an object is needed, not a list"],
    [withTurn({ reply: [{ text: 5 }] }), "$.turns[0].reply[0].text: a string that is not empty is needed, not 5"],
    [withTurn({ reply: [], fault: { kind: "stal", at: "start" } }), 'not "stal"; did you mean "stall"?'],
    [withTurn({ reply: [], fault: {} }), '$.turns[0].fault: the key "kind" is missing'],
    [withTurn({ reply: [], fault: { kind: "stall", at: "begin" } }), '$.turns[0].fault.at: one of "start", "middle" is needed'],
    [withTurn({ reply: [], repeat: 0 }), "$.turns[0].repeat: a whole number of at least 1 is needed, not 0"],
    [withTurn({ reply: [], repeat: "alway" }), 'did you mean "always"?'],
    [withTurn({ reply: [], match: {} }), "$.turns[0].match: at least one of"],
    [withTurn({ reply: [], match: { userText: { matches: "(" } } }), "$.turns[0].match.userText.matches: Invalid regular expression"],
    [withTurn({ reply: [], match: { user_text: "x" } }), 'did you mean "userText"?'],
    [withTurn({ reply: [{ text: "{{cwd}}" }] }), "{{cwd}} is no variable"],
    [withTurn({ reply: [{ text: "a" }], finish: "tool-calls" }), '"tool-calls" without a call'],
    [withTurn({ reply: [{ text: "a" }], fault: { kind: "truncated-arguments" } }), "no call whose arguments could be cut"],
    [withTurn({ reply: [{ text: "a" }], fault: { kind: "cut", at: "arguments" } }), '"arguments" without a call'],
    [{ name: "x", turns: [], variables: { a: { matches: "b" } } }, "a group (…) around the wanted text is needed"],
    [{ name: "x", turns: [], afterwards: "loop" }, "needs at least one turn"],
    [{ turns: [] }, '$: the key "name" is missing'],
    [[], "$: an object is needed, not a list"],
    ['{"name":"x",\n  "turns":[}', "a.json is not JSON at line 2, column 12"],
  ])("is refused with the place and the next move: %j", (source, problem) => {
    expect(problemOf(source)).toContain(problem);
  });

  it("is told all its problems at once", () => {
    const message = problemOf({ name: "", turns: [{ reply: [{ text: 1 }] }, { rely: [] }] });
    expect(message.split("\n").filter((line) => line.startsWith("  $"))).toHaveLength(4);
  });
});
