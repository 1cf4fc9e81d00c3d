// Steps that a crash left between intent and record: evidence is gathered, the verdict journaled and said.
import { type FileState, newId, type SessionId } from "../base/index.ts";
import { isSameProcess } from "../exec/index.ts";
import { textOf } from "../model/index.ts";
import type { PendingCall } from "../session/index.ts";
import { type ChildState, type Evidence, reconcile, type Step } from "../workflow/index.ts";
import { resumeChild, waitForChild } from "./children.ts";
import { calledTool } from "./deferred.ts";
import type { Execution, Waiting } from "./execution.ts";
import { sayVerdict, settleStep } from "./settle.ts";

/**
 * Closes every call that may have begun and must not be begun again; a subagent's goes on first. Call before `perform` of
 * pending calls. Gives those that stay as they are, in other hands: they must not be performed.
 */
export async function recover(execution: Execution): Promise<readonly Waiting[]> {
  sayAgain(execution);
  const waiting: Waiting[] = [];
  for (const pending of execution.session.state.pending) {
    const { step } = pending;
    const begun = step?.state === "executing" || step?.state === "unknown";
    const isLost = !begun && pending.tainted && !onlyReads(execution, pending);
    if (!begun && !isLost) continue;
    const waits = await recoverStep(execution, step ?? (await plan(execution, pending)));
    if (waits) waiting.push(waits);
  }
  return waiting;
}

/** Verdicts on calls of the last reply: the process that recorded them may have died before it could say them to anybody. */
function sayAgain(execution: Execution): void {
  const { session, emit } = execution;
  if (!session.resumed) return;
  const { messages, steps } = session.state;
  const reply = messages.findLast((message) => message.role === "assistant");
  const calls = new Set(reply?.parts.flatMap((part) => (part.type === "call" ? [part.call.id] : [])));
  if (calls.size === 0) return;
  for (const { state, verdict, call, result } of steps.values()) {
    if (state !== "reconciled" || !verdict || !result || !calls.has(call.id)) continue;
    sayVerdict(emit, calledTool(execution, call).tool, verdict, textOf(result));
  }
}

function onlyReads(execution: Execution, pending: PendingCall): boolean {
  const tool = execution.agent.tools.get(calledTool(execution, pending.call).tool);
  return !tool || ((tool.effect === "read" || tool.effect === "none") && tool.redo === "safe");
}

/** A step for a call whose own lines are lost. */
async function plan(execution: Execution, pending: PendingCall): Promise<Step> {
  const { session, world } = execution;
  const step = newId<"step">("s", world.clock.now());
  const request = session.state.lastRequest;
  if (!request) throw new Error("a call is pending that no request made");
  await session.append({ type: "step", change: { step, to: "planned", request, index: pending.index, call: pending.call, key: step } });
  return { id: step, call: pending.call, key: step, state: "planned", at: world.clock.now() };
}

async function recoverStep(execution: Execution, step: Step): Promise<Waiting | null> {
  const evidence = await gather(execution, step);
  const recovery = reconcile(step, evidence);
  switch (recovery.action) {
    case "again":
      return null;
    case "wait":
      return waitForChild(execution, step, recovery.says);
    case "resume":
      return resumeChild(execution, step, recovery.child);
    case "close": {
      const shown = recovery.verdict === "conflict" ? await (await import("./conflict.ts")).conflictsOf(execution, step, evidence) : [];
      await settleStep(execution, step, { ...recovery, evidence: [...recovery.evidence, ...shown] });
      return null;
    }
  }
}

async function gather(execution: Execution, step: Step): Promise<Evidence> {
  const now = new Map<string, FileState | null>();
  for (const file of step.intent?.after ?? []) {
    const state = await execution.world.ports.files.state(file.path);
    now.set(file.path, state.ok ? state.value : null);
  }
  if (step.intent?.class === "shell") {
    const { process, lines } = await execution.world.shellEvidence(step);
    return { now, process, more: lines };
  }
  const child = step.intent?.child === undefined ? null : await childOf(execution, step, step.intent.child);
  const process = step.process ? (isSameProcess(step.process) ? "alive" : "gone") : "none";
  return { now, process, more: [], ...(child ? { child } : {}) };
}

async function childOf(execution: Execution, step: Step, child: SessionId): Promise<ChildState> {
  const { agent, world } = execution;
  const state = await world.childState(child);
  // what was journaled as unknown before a crash stays so
  const resumable = step.state === "executing" && agent.tools.get(calledTool(execution, step.call).tool)?.loadResume !== undefined;
  return state.is === "open" ? { ...state, resumable } : state;
}
