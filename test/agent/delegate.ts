// A tool that hands its work to a real second session, named from the call's key; and a process that dies in the middle of it.
// Run as a program: argument a JSON object (DelegateLife); it is killed at `dieAt`, or prints how the run ended.
import type { SessionId } from "../../src/base/index.ts";
import { type Conversation, createAgent, type RunEvent, type Tool } from "../../src/index.ts";
import type { ToolResult } from "../../src/model/index.ts";
import { says, toolOf } from "./support.ts";

/** Where the child's own model is, and where its session is kept: with its parent's. */
export interface ChildPlace {
  readonly cwd: string;
  readonly home: string;
  readonly model: string;
  readonly environment: Readonly<Record<string, string>>;
}
export type Moment = "before-child" | "child-made" | "child-calls" | "child-works" | "child-ended";

export const childOf = (key: string): SessionId => `s_child_${key}` as SessionId;

export function delegateTool(place: ChildPlace, reach: (moment: Moment) => void = () => undefined, more: Partial<Tool> = {}): Tool {
  const watch = (event: RunEvent): void => {
    if (event.type === "step" && event.to === "executing") reach("child-calls");
    if (event.type === "turn-start" && event.turn === 2) reach("child-works");
  };
  const carryOut = async (conversation: Conversation, signal: AbortSignal): Promise<ToolResult> => {
    const { state } = conversation.session;
    const run = conversation.send(state.messages.length === 0 ? "Do your part." : null, signal);
    for await (const event of run) watch(event);
    const end = await run.end;
    reach("child-ended");
    await conversation.release();
    return end.reason === "answered" ? says(end.text) : says(`The child ended: ${end.reason}`, true);
  };
  const open = async (child: SessionId, how: "start" | "resume"): Promise<Conversation | "busy"> => {
    const agent = await createAgent({ ...place, mode: "bypass" });
    if (!agent.ok) throw agent.error;
    const opened = await agent.value[how](child);
    if (opened.ok) return opened.value;
    if (opened.error.code === "session-busy") return "busy";
    throw opened.error;
  };
  return toolOf("delegate", "agent", () => says("unused"), {
    redo: "check",
    load:
      async () =>
      async (_input, { key, signal }) => ({
        preview: { kind: "text", text: "hands it on" },
        before: [],
        after: null,
        child: childOf(key),
        async commit() {
          reach("before-child");
          const conversation = await open(childOf(key), "start");
          if (conversation === "busy") throw new Error("a child that is not there yet is busy");
          reach("child-made");
          return carryOut(conversation, signal);
        },
      }),
    loadResume:
      async () =>
      async (child, _input, { signal }) => {
        const conversation = await open(child, "resume");
        return conversation === "busy" ? "busy" : carryOut(conversation, signal);
      },
    ...more,
  });
}

export interface DelegateLife {
  readonly parent: ChildPlace;
  readonly child: ChildPlace;
  readonly session: SessionId;
  readonly dieAt: Moment;
}

if (process.argv[1] === import.meta.filename) {
  const { parent, child, session, dieAt } = JSON.parse(process.argv[2] ?? "{}") as DelegateLife;
  const reach = (moment: Moment): void => {
    if (moment === dieAt) process.kill(process.pid, "SIGKILL");
  };
  const agent = await createAgent({ ...parent, mode: "bypass", tools: [delegateTool(child, reach)] });
  if (!agent.ok) throw agent.error;
  const opened = await agent.value.start(session);
  if (!opened.ok) throw opened.error;
  process.stdout.write(JSON.stringify(await opened.value.send("go").end));
}
