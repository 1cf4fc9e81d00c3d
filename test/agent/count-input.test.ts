// The provider's own count near a limit: asked only where the estimate's doubt alone stands in the way.
import { describe, expect, test } from "vitest";
import type { Entry } from "../../src/session/index.ts";
import { done, makePlace, makeScene, play, serve, type WireChoice } from "./support.ts";

const counting = /count_tokens$|:countTokens$/;
const asked = (scene: Awaited<ReturnType<typeof play>>) => scene.server.requests.filter(({ path }) => counting.test(path)).length;
const projected = (journal: readonly Entry[]) => {
  const request = journal.find((entry) => entry.type === "request");
  if (request?.type !== "request") throw new Error("no request");
  return request.projection;
};
const prompt = `${"Read the words below. ".repeat(400)}go`;
/** What a call takes of tokens when it asks for the least output. */
async function leastWorst(wire: WireChoice): Promise<{ readonly expected: number; readonly worst: number }> {
  const scene = await play([done], { wire });
  await scene.run(prompt);
  const { expected, worst, maxOutput } = projected(scene.journal());
  return { expected: expected.tokens - 500 + 4_096, worst: worst.tokens - maxOutput + 4_096 };
}

describe.each(["anthropic", "gemini"] as const)("over the %s wire", (wire) => {
  test("a limit between what is likely and what is possible is settled by a count; the call is sent by it", async () => {
    const { expected, worst } = await leastWorst(wire);
    const scene = await play([done], { wire, budget: { tokens: Math.floor((expected + worst) / 2) } });
    expect((await scene.run(prompt)).end).toEqual({ reason: "answered", text: "done" });
    expect(asked(scene)).toBe(1);
    const sent = scene.server.requests.find(({ ledger }) => ledger !== undefined)?.ledger;
    const { worst: reserved, maxOutput } = projected(scene.journal());
    expect(reserved.tokens - maxOutput).toBeGreaterThanOrEqual(sent?.total ?? Number.POSITIVE_INFINITY);
    expect(reserved.tokens - maxOutput).toBeLessThan((sent?.total ?? 0) * 1.01 + 18);
  });

  test("nobody is asked where all fits, or where what is likely does not fit either", async () => {
    const { expected, worst } = await leastWorst(wire);
    // each session's folder has a name of its own, which may count a few tokens more
    const roomy = await play([done], { wire, budget: { tokens: worst + 100 } });
    expect((await roomy.run(prompt)).end).toMatchObject({ reason: "answered" });
    const tight = await play([done], { wire, budget: { tokens: expected - 100 } });
    expect((await tight.run(prompt)).end).toMatchObject({ reason: "budget", ruling: { limit: "tokens" } });
    expect([asked(roomy), asked(tight)]).toEqual([0, 0]);
  });
});

test("a provider without such a call, and one that fails it, are held to the estimate's worst case", async () => {
  const { expected, worst } = await leastWorst("openai");
  const between = { tokens: Math.floor((expected + worst) / 2) };
  const without = await play([done], { wire: "openai", budget: between });
  expect((await without.run(prompt)).end).toMatchObject({ reason: "budget" });
  expect(without.server.requests).toEqual([]);
  const server = await serve([done], { authentication: { key: "another" } });
  const failing = await makeScene(makePlace(), server, { budget: between });
  expect((await failing.run(prompt)).end).toMatchObject({ reason: "budget" });
  expect(server.requests.map(({ path }) => counting.test(path))).toEqual([true]);
});
