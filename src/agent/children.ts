// Subagents that a crash left in the middle: their own session goes on under its own name, or is left to who has it.
//
// Invariants
//  D1  No second session is ever made for a call: what goes on is the one that its intent names.
//  D2  A step whose session is in other hands stays open; nothing is said to the model of it until it is closed.
import { BosunError, messageOf, type SessionId } from "../base/index.ts";
import type { ToolResult } from "../model/index.ts";
import type { Step } from "../workflow/index.ts";
import { contextFor } from "./course.ts";
import { calledTool } from "./deferred.ts";
import type { Execution, Waiting } from "./execution.ts";
import { keepResult } from "./keep-result.ts";
import { settleStep } from "./settle.ts";

export function waitForChild(execution: Execution, { id, call: asked, intent }: Step, says: string): Waiting {
  const { emit } = execution;
  const call = calledTool(execution, asked);
  const whole = `${says} It is not begun a second time: wait until it has ended there, or end that process.`;
  emit({ type: "notice", level: "warning", code: "subagent-elsewhere", says: `${call.tool}: ${whole}` });
  return { step: id, asking: "", tool: call.tool, subject: `session ${intent?.child}`, says: whole };
}

/** Closes the step with what the session came to; null then, else why it stays open. */
export async function resumeChild(execution: Execution, step: Step, child: SessionId): Promise<Waiting | null> {
  const { session, signal, emit } = execution;
  const call = calledTool(execution, step.call);
  const inHand = { step: step.id, asking: "", tool: call.tool, subject: `session ${child}` };
  if (signal.aborted) return inHand;
  emit({ type: "notice", level: "info", code: "subagent-resumed", says: `${call.tool}: its session ${child} goes on where it stopped.` });
  const came = await goOn(execution, step, child);
  if (came === "busy") return waitForChild(execution, step, `This subagent goes on in another process. Its own session is ${child}.`);
  if (came.effect === "unknown") {
    const says = `The session ${child} of this subagent could not be brought to an end; what it did not do is not known. Look at the present state before you repeat it.`;
    await settleStep(execution, step, { action: "close", verdict: "unknown", says, evidence: [textOfResult(came)] });
    return null;
  }
  const note = { type: "text" as const, text: `[bosun stopped while this subagent worked; it went on from its own journal, session ${child}]` };
  const result = await keepResult(execution, step.id, call, { ...came, parts: [...came.parts, note] });
  const to = result.failed ? "failed" : "done";
  await session.append({ type: "step", change: { step: step.id, to, result } });
  emit({ type: "step", step: step.id, call: call.id, tool: call.tool, to, subject: `session ${child}` });
  return null;
}

async function goOn(execution: Execution, { call: asked, key }: Step, child: SessionId): Promise<ToolResult | "busy"> {
  const { agent } = execution;
  const call = calledTool(execution, asked);
  try {
    const resume = await agent.tools.get(call.tool)?.loadResume?.();
    if (!resume) throw new Error(`the tool "${call.tool}" cannot go on with a session`);
    const came: Promise<ToolResult | "busy"> = resume(child, call.input, contextFor(execution, call, key));
    return await came;
  } catch (error) {
    if (BosunError.isInstance(error) && error.code === "journal-failed") throw error;
    return { parts: [{ type: "text", text: messageOf(error) }], failed: true, effect: "unknown" };
  }
}

const textOfResult = ({ parts }: ToolResult): string => parts.map((part) => (part.type === "text" ? part.text : `[${part.type}]`)).join("");
