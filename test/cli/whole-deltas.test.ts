// What a model streams, on its way into stream-json: no secret in two halves, and everything else in its order.
import { expect, test } from "vitest";
import type { SessionId } from "../../src/base/index.ts";
import { createWholeDeltas } from "../../src/cli/whole-deltas.ts";
import type { RunEvent } from "../../src/index.ts";

const secret = "ghp_aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xYzAbC";
const event = (body: unknown, agent = "main"): RunEvent => ({ ...(body as RunEvent), session: "s" as SessionId, agents: [agent], at: 1 });
const says = (text: string, agent?: string, type = "text-delta") => event({ type: "model", part: { type, text } }, agent);
const wordsOf = (events: readonly RunEvent[]) =>
  events.map((one) => (one.type === "model" && "text" in one.part ? `${one.agents[0]} ${one.part.type.slice(0, 4)} ${one.part.text}` : one.type));

test("a secret in two pieces goes out in none, beside another agent's words, before that agent's next event", () => {
  const whole = createWholeDeltas();
  const out = [
    says(`I see ${secret.slice(0, 10)}`),
    says("other wor", "helper"),
    says(secret.slice(10)),
    says("ds ", "helper"),
    says("hm", undefined, "thinking-delta"),
    event({ type: "notice", level: "info", code: "x", says: "y" }),
    says("end"),
    event({ type: "run-end" }),
  ].map((one) => wordsOf(whole(one)));
  expect(out).toEqual([
    ["main text I see "],
    ["helper text other "],
    [],
    ["helper text words "],
    ["main text [redacted: github-token, 40 characters]"],
    ["main thin hm", "notice"],
    [],
    ["main text end", "run-end"],
  ]);
});
