// A step: one tool call on its way from "planned" to a closed state. Pure data and a table.
//
// Invariants
//  W1  The table below is the whole of what may happen; an entry that breaks it is a damaged journal.
//  W2  A result is written once, on the change that closes the step.
//  W3  Nothing leaves "executing" for "planned": what may have begun is never silently begun again.
import type { FileState, Json, StepId } from "../base/index.ts";
import type { ToolCall, ToolResult } from "../model/index.ts";

export type StepState = "planned" | "awaiting-approval" | "executing" | "done" | "failed" | "denied" | "cancelled" | "unknown" | "reconciled";

export const stepTransitions: Readonly<Record<StepState, readonly StepState[]>> = {
  "planned": ["awaiting-approval", "executing", "failed", "denied", "cancelled"],
  // back to itself: a pending approval is asked again after a resume
  "awaiting-approval": ["awaiting-approval", "executing", "failed", "denied", "cancelled"],
  "executing": ["done", "failed", "unknown", "reconciled"],
  "unknown": ["reconciled"],
  "done": [],
  "failed": [],
  "denied": [],
  "cancelled": [],
  "reconciled": [],
};
export const isClosed = (state: StepState): boolean => stepTransitions[state].length === 0;

/** How recovery classes an effect: by which row of the reconcile table. */
export type EffectClass = "none" | "read" | "file" | "shell" | "external" | "agent";

/** The intent: durable before the effect begins (reads excepted, whose line is written but not synced). */
export interface Intent {
  readonly class: EffectClass;
  /** SHA-256 of the canonical JSON of tool name and input. */
  readonly argumentsHash: string;
  readonly before: readonly FileState[];
  /** Empty where it can't be known beforehand. */
  readonly after: readonly FileState[];
}

export type Verdict = "applied" | "not-applied" | "conflict" | "unknown";

export type StepChange =
  /** `key`: idempotency key, stable over retries and resumes. `request`: the model call that asked for it. */
  | { readonly step: StepId; readonly to: "planned"; readonly call: ToolCall; readonly key: string }
  | { readonly step: StepId; readonly to: "awaiting-approval"; readonly preview: Json; readonly because: Json }
  | { readonly step: StepId; readonly to: "executing"; readonly intent: Intent }
  | { readonly step: StepId; readonly to: "done" | "failed"; readonly result: ToolResult }
  /** `why` is what the model is told. */
  | { readonly step: StepId; readonly to: "denied" | "cancelled"; readonly why: string }
  | { readonly step: StepId; readonly to: "unknown"; readonly why: string }
  | { readonly step: StepId; readonly to: "reconciled"; readonly verdict: Verdict; readonly evidence: readonly string[]; readonly result: ToolResult };

/** J5: which process carries a shell step. */
export interface StepProcess {
  readonly step: StepId;
  readonly pid: number;
  readonly group: number;
  readonly started: string | null;
}

export interface Step {
  readonly id: StepId;
  readonly call: ToolCall;
  readonly key: string;
  readonly state: StepState;
  readonly intent?: Intent;
  readonly process?: StepProcess;
  /** Set once the step is closed. */
  readonly result?: ToolResult;
  readonly verdict?: Verdict;
  /** Time of the last change, milliseconds since 1970. */
  readonly at: number;
}

