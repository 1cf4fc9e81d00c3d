// An agent in mode auto whose own model and whose classifier are two speakers of one script.
import type { Handler } from "../../src/index.ts";
import type { Turn } from "../../src/testing/index.ts";
import { done, edit, entriesOf, eventsOf, makePlace, makeScene, type Place, type Scene, type Setting, serve, text } from "./support.ts";

export type Reply = Turn["reply"];
export const judging = { system: { matches: "^You judge one call" } } as const;
export const verdict = (is: string, risk = "none", reason = "because the person asked for it"): Reply => [text(JSON.stringify({ verdict: is, risk, reason }))];
export const allows = verdict("allow");
export const denies = verdict("deny", "scope", "nobody asked for that");

/** The agent's replies in order, and the classifier's: each once, the last one for all that come after. */
export function script(agent: readonly Reply[], classifier: readonly (Reply | Partial<Turn>)[]) {
  const answers = classifier.map((one, index): Turn => {
    const turn: Turn = Array.isArray(one) ? { reply: one as Reply } : { reply: allows, ...one };
    return { ...turn, match: judging, ...(index === classifier.length - 1 ? { repeat: "always" as const } : {}) };
  });
  return {
    name: "test",
    order: "first-match" as const,
    turns: [...answers, ...agent.map((reply): Turn => ({ reply })), { ...done, repeat: "always" as const }],
  };
}

/** Nobody is there but a book of who was asked what. */
export function handlerThat(answer: "allow" | "deny" | "await" = "deny"): Handler & { readonly asked: { subject: string; because: string }[] } {
  const asked: { subject: string; because: string }[] = [];
  return {
    context: "interactive",
    asked,
    settle: (request, because) => {
      asked.push({ subject: request.subject, because: "says" in because ? (because.says ?? "") : "" });
      return Promise.resolve(answer === "await" ? { awaiting: true } : { verdict: answer, reason: { by: "person" }, holds: "call" });
    },
  };
}

export interface Auto {
  readonly scene: Scene;
  readonly handler: ReturnType<typeof handlerThat>;
  /** What was sent to the classifier, as bytes. */
  sent(): readonly string[];
}
export async function auto(
  agent: readonly Reply[],
  classifier: readonly (Reply | Partial<Turn>)[],
  setting: Setting = {},
  prepare: (place: Place) => void = () => undefined,
): Promise<Auto> {
  const place = makePlace();
  place.write("a.txt", "old\n");
  prepare(place);
  const server = await serve(script(agent, classifier));
  const handler = handlerThat();
  const scene = await makeScene(place, server, { mode: "auto", handler, commands: { withoutSandbox: "run" }, ...setting });
  return { scene, handler, sent: () => server.requests.map(({ json }) => JSON.stringify(json)).filter((body) => body.includes("You judge one call")) };
}
export const change = edit("a.txt", "old", "new");
export const decisionsOf = (scene: Scene) => entriesOf(scene.journal(), "decision").map(({ decision }) => decision);
export const noticesOf = (events: Parameters<typeof eventsOf>[0]) => eventsOf(events, "notice").map(({ code }) => code);
