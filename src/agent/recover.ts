// Steps that a crash left between intent and record: evidence is gathered, the verdict journaled and said.
import { type FileState, newId } from "../base/index.ts";
import { isSameProcess } from "../exec/index.ts";
import { textOf } from "../model/index.ts";
import type { PendingCall } from "../session/index.ts";
import { type Evidence, type Recovery, reconcile, type Step, type Verdict } from "../workflow/index.ts";
import type { Emit } from "./event.ts";
import type { Execution } from "./execution.ts";

/** Closes every call that may have begun and must not be begun again. Call before `perform` of pending calls. */
export async function recover(execution: Execution): Promise<void> {
  sayAgain(execution);
  for (const pending of execution.session.state.pending) {
    const { step } = pending;
    const begun = step?.state === "executing" || step?.state === "unknown";
    if (begun) await recoverStep(execution, step);
    else if (pending.tainted && !onlyReads(execution, pending)) await recoverStep(execution, step ?? (await plan(execution, pending)));
  }
}

/** Verdicts on calls of the last reply: the process that recorded them may have died before it could say them to anybody. */
function sayAgain({ session, emit }: Execution): void {
  if (!session.resumed) return;
  const { messages, steps } = session.state;
  const reply = messages.findLast((message) => message.role === "assistant");
  const calls = new Set(reply?.parts.flatMap((part) => (part.type === "call" ? [part.call.id] : [])));
  if (calls.size === 0) return;
  for (const { state, verdict, call, result } of steps.values()) {
    if (state !== "reconciled" || !verdict || !result || !calls.has(call.id)) continue;
    sayVerdict(emit, call.tool, verdict, textOf(result));
  }
}

function onlyReads(execution: Execution, pending: PendingCall): boolean {
  const tool = execution.agent.tools.get(pending.call.tool);
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

async function recoverStep(execution: Execution, step: Step): Promise<void> {
  const evidence = await gather(execution, step);
  const recovery = reconcile(step, evidence);
  if (recovery.action === "again") return;
  const shown = recovery.verdict === "conflict" ? await (await import("./conflict.ts")).conflictsOf(execution, step, evidence) : [];
  await settleStep(execution, step, { ...recovery, evidence: [...recovery.evidence, ...shown] });
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
  const process = step.process ? (isSameProcess(step.process) ? "alive" : "gone") : "none";
  return { now, process, more: [] };
}

/** Journals "unknown" where it is, then the verdict with what the model is told. */
export async function settleStep(execution: Execution, step: Step, recovery: Extract<Recovery, { readonly action: "close" }>): Promise<void> {
  const { session, emit } = execution;
  const { verdict, says, evidence } = recovery;
  if (step.state !== "unknown" && (verdict === "unknown" || step.state !== "executing")) {
    await session.append({ type: "step", change: { step: step.id, to: "unknown", why: says } });
  }
  const text = [says, ...evidence.map((line) => `- ${line}`)].join("\n");
  const result = { parts: [{ type: "text" as const, text }], failed: verdict !== "applied" };
  await session.append({ type: "step", change: { step: step.id, to: "reconciled", verdict, evidence, result } });
  emit({ type: "step", step: step.id, call: step.call.id, tool: step.call.tool, to: "reconciled", subject: "", verdict, says });
  sayVerdict(emit, step.call.tool, verdict, text);
}

function sayVerdict(emit: Emit, tool: string, verdict: Verdict, text: string): void {
  if (verdict !== "applied") emit({ type: "notice", level: "warning", code: noticeCodes[verdict], says: `${tool}: ${text}` });
}

const noticeCodes: Readonly<Record<Exclude<Verdict, "applied">, string>> = {
  "not-applied": "effect-not-applied",
  "partly": "effect-partly",
  "conflict": "effect-conflict",
  "unknown": "effect-unknown",
};
