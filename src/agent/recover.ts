// Steps that a crash left between intent and record: evidence is gathered, the verdict journaled and said.
import type { FileState } from "../base/index.ts";
import { isAlive } from "../exec/index.ts";
import { reconcile, type Step, type Verdict } from "../workflow/index.ts";
import type { Execution } from "./execute.ts";

/** Closes what was executing when the process died, unless it only read. Call before `perform` of pending calls. */
export async function recover(execution: Execution): Promise<void> {
  const { session } = execution;
  for (const { step } of session.state.pending) {
    if (step?.state === "executing" || step?.state === "unknown") await recoverStep(execution, step);
  }
}

async function recoverStep(execution: Execution, step: Step): Promise<void> {
  const { session, world, emit } = execution;
  const now: FileState[] = [];
  for (const file of step.intent?.after ?? []) now.push(await world.ports.files.state(file.path));
  const process = step.process ? ((await isAlive(step.process)) ? "alive" : "gone") : "none";
  const recovery = reconcile(step, { now, process, more: [] });
  if (recovery.action === "again") return;
  if (step.state === "executing" && recovery.verdict === "unknown") await session.append({ type: "step", change: { step: step.id, to: "unknown", why: recovery.says } });
  const text = [recovery.says, ...recovery.evidence.map((line) => `- ${line}`)].join("\n");
  await session.append({
    type: "step",
    change: { step: step.id, to: "reconciled", verdict: recovery.verdict, evidence: recovery.evidence, result: { parts: [{ type: "text", text }], failed: recovery.verdict !== "applied" } },
  });
  emit({ type: "step", step: step.id, call: step.call.id, tool: step.call.tool, to: "reconciled", subject: "", verdict: recovery.verdict, says: recovery.says });
  if (recovery.verdict !== "applied") emit({ type: "notice", level: "warning", code: noticeCodes[recovery.verdict], says: `${step.call.tool}: ${recovery.says}` });
}

const noticeCodes: Readonly<Record<Exclude<Verdict, "applied">, string>> = { "not-applied": "effect-not-applied", "conflict": "effect-conflict", "unknown": "effect-unknown" };
