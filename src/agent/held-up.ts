// Changes that are not begun because an earlier one of the same reply did not succeed. From the journal's state alone, so that
// a session that is resumed holds to it too.
import type { AssistantPart, ToolCall } from "../model/index.ts";
import type { PendingCall } from "../session/index.ts";
import type { Step, StepState } from "../workflow/index.ts";
import { beginCourse } from "./course.ts";
import { calledTool } from "./deferred.ts";
import { changesNothing } from "./execute.ts";
import type { Execution } from "./execution.ts";
import { type Ended, heldUpBy, type Ordered } from "./partition.ts";

interface EndedCall extends Ended {
  readonly says: string;
}

/** Whether a change must not be begun; then it is closed, with what it was held up by. For one reply at a time. */
export function createHold(execution: Execution): (pending: PendingCall) => Promise<boolean> {
  let before: EndedCall[] | null = null;
  const seen = new Set<number>();
  return async (pending) => {
    if (execution.signal.aborted) return false; // told so by itself
    // what was begun before a crash is brought to its end
    if (pending.step?.state === "executing") return false;
    before ??= rejectedCalls(execution);
    before.push(...(await failedCalls(execution, seen)));
    const by = heldUpBy(await ordered(execution, pending.call, pending.index), before);
    if (by === null) return false;
    await close(execution, pending, by.says);
    return true;
  };
}

async function close(execution: Execution, pending: PendingCall, says: string): Promise<void> {
  const course = beginCourse(execution, pending);
  if (!pending.step) await course.move({ to: "planned", request: course.request, index: pending.index, call: pending.call, key: course.key });
  const why = `Not begun, nothing was done: an earlier change of the same reply did not succeed, namely ${says}. Look at its result; then make this call again if it is still wanted.`;
  await course.move({ to: "cancelled", why });
}

async function ordered(execution: Execution, asked: ToolCall, index: number): Promise<Ordered> {
  const tool = execution.agent.tools.get(calledTool(execution, asked).tool);
  // a tool that does not exist changes nothing; "none" touches no more than the session's own books
  const changes = tool !== undefined && tool.effect !== "none" && !(await changesNothing(execution, asked));
  return { index, changes, independent: tool?.independent === true };
}

/** Calls of the last reply that closed without success since it was last asked. */
async function failedCalls(execution: Execution, seen: Set<number>): Promise<readonly EndedCall[]> {
  const { state } = execution.session;
  const found: EndedCall[] = [];
  for (const [index, id] of state.replySteps) {
    const step = state.steps.get(id);
    if (step === undefined || seen.has(index) || !isOver(step.state)) continue;
    seen.add(index);
    if (step.state === "done") continue;
    const subject = state.answers.get(id)?.decision.subject ?? "";
    found.push({ ...(await ordered(execution, step.call, index)), step, says: inWords(calledTool(execution, step.call).tool, subject, step) });
  }
  return found;
}

const isOver = (state: StepState): boolean => state !== "planned" && state !== "awaiting-approval" && state !== "executing";

function inWords(tool: string, subject: string, { state, verdict }: Step): string {
  const about = subject === "" || subject === tool ? "" : ` (${subject.length > 200 ? `${subject.slice(0, 200)}…` : subject})`;
  return `${tool}${about}: ${verdict === undefined ? state : verdict === "unknown" ? "whether it took effect is not known" : verdict}`;
}

/** Calls whose arguments could not be read: they have no step, and stand in the reply all the same. */
function rejectedCalls({ agent, session }: Execution): EndedCall[] {
  const reply = session.state.messages.findLast((message) => message.role === "assistant");
  const parts: readonly AssistantPart[] = reply?.role === "assistant" ? reply.parts : [];
  let index = 0;
  return parts.flatMap((part): readonly EndedCall[] => {
    if (part.type === "call") index += 1;
    if (part.type !== "rejected-call") return [];
    const tool = agent.tools.get(part.tool);
    const changes = tool !== undefined && tool.effect !== "read" && tool.effect !== "none";
    // it stands before the next call
    const at = index - 0.5;
    return [{ index: at, changes, independent: tool?.independent === true, step: { state: "failed" }, says: `${part.tool}: its arguments could not be read` }];
  });
}
