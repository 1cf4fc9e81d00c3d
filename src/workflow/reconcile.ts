// What is known of a step that was executing when the process died. Pure: evidence in, verdict out.
//
// Invariants
//  R1  Nothing is claimed without evidence; what has none is "unknown" and says so.
//  R2  An unknown effect is never begun again by itself: only a read is.
import type { FileState } from "../base/index.ts";
import type { EffectClass, Intent, Step, Verdict } from "./step.ts";

export interface Evidence {
  /** The files of the intent as they are now. */
  readonly now: readonly FileState[];
  /** The process of the step, if one was recorded. */
  readonly process: "alive" | "gone" | "none";
  /** Further lines for people and the model: last output, exit file, files changed. */
  readonly more: readonly string[];
}

export type Recovery =
  /** It changed nothing: begin it again. */
  | { readonly action: "again" }
  | { readonly action: "close"; readonly verdict: Verdict; readonly says: string; readonly evidence: readonly string[] };

export function reconcile(step: Step, evidence: Evidence): Recovery {
  const intent = step.intent;
  if (!intent || intent.class === "read" || intent.class === "none") return { action: "again" };
  if (intent.class === "file") return reconcileFiles(intent, evidence);
  return {
    action: "close",
    verdict: "unknown",
    says: `bosun stopped while this ${words[intent.class]} was under way (begun ${new Date(step.at).toISOString()}). Whether it took effect, wholly or in part, is not known. Look at the present state before you repeat it.`,
    evidence: [evidence.process === "alive" ? "its process is still running" : evidence.process === "gone" ? "its process is gone" : "no process was recorded", ...evidence.more],
  };
}

const words: Readonly<Record<Exclude<EffectClass, "read" | "none" | "file">, string>> = { shell: "command", external: "call to a server", agent: "subagent" };

function reconcileFiles(intent: Intent, evidence: Evidence): Recovery {
  const rows = intent.after.map((after) => {
    const now = evidence.now.find((one) => one.path === after.path);
    const before = intent.before.find((one) => one.path === after.path);
    const state = now?.sha256 === after.sha256 ? "after" : now?.sha256 === before?.sha256 ? "before" : "other";
    return { path: after.path, state, now };
  });
  const evidenceLines = rows.map((row) => `${row.path}: ${row.state === "after" ? "as the call would leave it" : row.state === "before" ? "as it was before" : "neither as before nor as after"}`);
  const close = (verdict: Verdict, says: string): Recovery => ({ action: "close", verdict, says, evidence: evidenceLines });
  if (rows.length === 0) return close("unknown", "bosun stopped while this change was under way, and it is not recorded which files it would leave. Look before you repeat it.");
  if (rows.every((row) => row.state === "after")) return close("applied", "bosun was restarted after this change: it was applied (the files have the content it would give them).");
  if (rows.every((row) => row.state === "before")) return close("not-applied", "bosun was restarted before this change took effect: it was not applied (the files are as they were). Make it again if it is still wanted.");
  return close("conflict", `bosun was restarted during this change, and somebody changed ${rows.filter((row) => row.state === "other").map((row) => row.path).join(", ")} since: it is neither as it was nor as this call would leave it. Nothing was overwritten. Read it again before changing it.`);
}
