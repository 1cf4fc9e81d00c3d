// Events as they may go out: a model's words come in pieces, and a secret may be cut anywhere between two of them.
import { type RedactedStream, redactStream } from "../base/index.ts";
import type { RunEvent } from "../index.ts";

type Delta = Extract<RunEvent, { type: "model" }> & { readonly part: { readonly type: "text-delta" | "thinking-delta"; readonly text: string } };
const isDelta = (event: RunEvent): event is Delta => event.type === "model" && (event.part.type === "text-delta" || event.part.type === "thinking-delta");

/** For each event those that go out now, redacted where they are pieces of text. What is held back comes before that agent's next event of another kind. */
export function createWholeDeltas(): (event: RunEvent) => readonly RunEvent[] {
  const streams = new Map<string, { readonly stream: RedactedStream; last: Delta }>();
  const rest = (agent: string): readonly RunEvent[] => {
    const open = streams.get(agent);
    streams.delete(agent);
    return open === undefined ? [] : withText(open.last, open.stream.end());
  };
  return (event) => {
    const agent = JSON.stringify([event.session, event.agents]);
    const open = streams.get(agent);
    if (!isDelta(event)) return [...rest(agent), event];
    const ended = open !== undefined && open.last.part.type !== event.part.type ? rest(agent) : [];
    const { stream } = streams.get(agent) ?? { stream: redactStream() };
    streams.set(agent, { stream, last: event });
    return [...ended, ...withText(event, stream.push(event.part.text))];
  };
}

const withText = (event: Delta, text: string): readonly RunEvent[] => (text === "" ? [] : [{ ...event, part: { ...event.part, text } }]);
