// How a step ends whose outcome was not seen: the verdict journaled, and said to the model and the person.
import type { Recovery, Step, Verdict } from "../workflow/index.ts";
import { changedLine } from "./changed-call.ts";
import { calledTool } from "./deferred.ts";
import type { Emit } from "./event.ts";
import type { Execution } from "./execution.ts";

/** Journals "unknown" where it is, then the verdict with what the model is told. */
export async function settleStep(execution: Execution, step: Step, recovery: Extract<Recovery, { readonly action: "close" }>): Promise<void> {
  const { session, emit } = execution;
  const { verdict, says, evidence } = recovery;
  if (step.state !== "unknown" && (verdict === "unknown" || step.state !== "executing")) {
    await session.append({ type: "step", change: { step: step.id, to: "unknown", why: says } });
  }
  const input = step.intent?.input;
  const changed = input === undefined ? [] : [changedLine(step.call.tool, input)];
  const text = [says, ...evidence.map((line) => `- ${line}`), ...changed].join("\n");
  const result = { parts: [{ type: "text" as const, text }], failed: recovery.failed ?? verdict !== "applied" };
  await session.append({ type: "step", change: { step: step.id, to: "reconciled", verdict, evidence, result } });
  const { id: call, tool } = calledTool(execution, step.call);
  emit({ type: "step", step: step.id, call, tool, to: "reconciled", subject: "", verdict, says });
  sayVerdict(emit, tool, verdict, text);
}

export function sayVerdict(emit: Emit, tool: string, verdict: Verdict, text: string): void {
  if (verdict !== "applied") emit({ type: "notice", level: "warning", code: noticeCodes[verdict], says: `${tool}: ${text}` });
}

const noticeCodes: Readonly<Record<Exclude<Verdict, "applied">, string>> = {
  "not-applied": "effect-not-applied",
  "partly": "effect-partly",
  "conflict": "effect-conflict",
  "unknown": "effect-unknown",
};
