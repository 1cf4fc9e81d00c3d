// A part of the walk that is delegated: a second session of bosun with its own journal, folder and model, named by the step's key.
import type { SessionId } from "../../src/base/index.ts";
import { type AgentOptions, createAgent } from "../../src/index.ts";
import type { Turn } from "../../src/testing/index.ts";
import { bash, call, text } from "../agent/support.ts";

export const childModel = "anthropic/claude-haiku-4-5";
export const childWords = "My part is done.";
export const childTurns: readonly Turn["reply"][] = [
  [call("write", { path: "child.txt", content: "child\n" }), bash("echo delegated >> ran-delegated.txt")],
  [text(childWords)],
];
export const childSession = (key: string): SessionId => `child-${key.slice(0, 16)}` as SessionId;

/** Begins it or goes on with it; resolves with its answer. Rejects when it did not come to one. */
export async function delegate(key: string, options: AgentOptions): Promise<string> {
  const agent = await createAgent({ ...options, mode: "bypass", model: childModel });
  if (!agent.ok) throw agent.error;
  const session = childSession(key);
  const known = await agent.value.resume(session);
  const opened = !known.ok && known.error.code === "session-missing" ? await agent.value.start(session) : known;
  if (!opened.ok) throw opened.error;
  try {
    const { messages } = opened.value.session.state;
    const end = await opened.value.send(messages.length === 0 ? "Do your part." : null).end;
    if (end.reason === "answered") return end.text;
    throw new Error(`the delegate ended with ${end.reason}`);
  } finally {
    await opened.value.release();
  }
}
