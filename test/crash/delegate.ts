// A part of the walk that is delegated: a second session of bosun with its own journal and model, named by the call's key.
import type { SessionId } from "../../src/base/index.ts";
import { type AgentOptions, type Conversation, createAgent, type RunEvent, type Tool } from "../../src/index.ts";
import type { ToolResult } from "../../src/model/index.ts";
import type { Turn } from "../../src/testing/index.ts";
import { call, says, text, toolOf } from "../agent/support.ts";

export const delegateModel = "anthropic/claude-haiku-4-5";
export const delegateTurns = (command: (name: string) => Turn["reply"][number]): readonly Turn["reply"][] => [
  [call("write", { path: "child.txt", content: "child\n" }), command("delegated")],
  [text("My part is done.")],
];
export const isDelegate = (session: string): boolean => session.startsWith("child-");
/** How its session is named: from the call's key, or always the same where a seed has to be replayed to the byte. */
export type NameOf = (key: string) => SessionId;
export const byKey: NameOf = (key) => `child-${key.slice(0, 16)}` as SessionId;
export const alwaysSame: NameOf = () => "child-walk" as SessionId;

/** `options`: as its parent's, in whose project it is. `onEvent`: what it says on its way. */
export function delegateTool(options: AgentOptions, onEvent: (event: RunEvent) => void, nameOf: NameOf, meta: Partial<Tool>): Tool {
  const open = async (session: SessionId, how: "start" | "resume"): Promise<Conversation | "busy"> => {
    const agent = await createAgent({ ...options, mode: "bypass", model: delegateModel });
    if (!agent.ok) throw agent.error;
    const opened = await agent.value[how](session);
    if (opened.ok) return opened.value;
    if (opened.error.code === "session-busy") return "busy";
    throw opened.error;
  };
  const carryOut = async (conversation: Conversation): Promise<ToolResult> => {
    try {
      const run = conversation.send(conversation.session.state.messages.length === 0 ? "Do your part." : null);
      for await (const event of run) onEvent(event);
      const end = await run.end;
      if (end.reason === "answered") return says(end.text);
      throw new Error(`the delegate ended: ${end.reason}`);
    } finally {
      await conversation.release();
    }
  };
  return {
    ...toolOf("delegate", "agent", () => says("unused")),
    ...meta,
    redo: "check",
    load:
      async () =>
      async (_input, { key }) => ({
        preview: { kind: "text", text: "hands it on" },
        before: [],
        after: null,
        child: nameOf(key),
        async commit() {
          const conversation = await open(nameOf(key), "start");
          if (conversation === "busy") throw new Error("a session that is not there yet is busy");
          return carryOut(conversation);
        },
      }),
    loadResume: async () => async (session) => {
      const conversation = await open(session, "resume");
      return conversation === "busy" ? "busy" : carryOut(conversation);
    },
  };
}
