// A step: one tool call on its way from "planned" to a closed state. Pure data and a table.
//
// Invariants
//  W1  The table below is the whole of what may happen; an entry that breaks it is a damaged journal.
//  W2  A result is written once, on the change that closes the step.
//  W3  What may have begun is never silently begun again: nothing goes from "executing" back to "planned", and only
//      a step that was recorded as safe to redo goes from "executing" to "executing", or back to the gate.
import type { FileState, Json, RequestId, SessionId, StepId } from "../base/index.ts";
import type { ToolCall, ToolResult } from "../model/index.ts";

export type StepState = "planned" | "awaiting-approval" | "executing" | "done" | "failed" | "denied" | "cancelled" | "unknown" | "reconciled";

export const stepTransitions: Readonly<Record<StepState, readonly StepState[]>> = {
  // to "unknown" from before "executing": lines are missing from the journal, so it may have begun
  "planned": ["awaiting-approval", "executing", "failed", "denied", "cancelled", "unknown"],
  // back to itself: a pending approval is asked again after a resume
  "awaiting-approval": ["awaiting-approval", "executing", "failed", "denied", "cancelled", "unknown"],
  // to itself: a step that only reads is begun again after a crash, if the gate lets it through as things stand then
  "executing": ["executing", "awaiting-approval", "done", "failed", "denied", "cancelled", "unknown", "reconciled"],
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
  /** As the tool declared it at the time; the tool itself may be gone when recovery asks. */
  readonly redo: "safe" | "check" | "never";
  readonly before: readonly FileState[];
  /** Every file of `before` as the effect will leave it; null where that is not known beforehand. */
  readonly after: readonly FileState[] | null;
  /** Of a command: the files that it was seen to write, absolute, at most 32; null among them: and others that are not known. */
  readonly writes?: readonly (string | null)[];
  /** Payloads with what stood in the files of `before`. */
  readonly images?: readonly string[];
  /** Class "agent": the session that carries the work out. */
  readonly child?: SessionId;
  /** The input that is carried out, when a person changed it. `argumentsHash` covers it. */
  readonly input?: Json;
}

/** It changes nothing, or the server it speaks to takes its key: the same call again has no second effect. */
export const isSafeToRedo = (intent: Pick<Intent, "class" | "redo"> | undefined): boolean =>
  intent?.redo === "safe" && (intent.class === "read" || intent.class === "none" || intent.class === "external");

export type Verdict = "applied" | "not-applied" | "partly" | "conflict" | "unknown";

export type StepChange =
  /**
   * `request` and `index`: which call of which reply this is. `key`: idempotency key, stable over retries and resumes;
   * names derived from it (a subagent's session) are known before the effect.
   */
  | { readonly step: StepId; readonly to: "planned"; readonly request: RequestId; readonly index: number; readonly call: ToolCall; readonly key: string }
  /** `asking` names this question: an answer to another one does not count. */
  | {
      readonly step: StepId;
      readonly to: "awaiting-approval";
      readonly asking: string;
      readonly preview: Json;
      readonly because: Json;
      readonly argumentsHash: string;
      readonly before: readonly FileState[];
      /** What the question is about (permissions: AskedRequest), so that it can be shown and answered without model or tool. */
      readonly request?: Json;
      /** The input that it asks for, when a person changed the model's. `argumentsHash` covers it. */
      readonly input?: Json;
    }
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
  /** The system's boot that `started` counts from. */
  readonly boot?: string;
}

export interface Step {
  readonly id: StepId;
  readonly call: ToolCall;
  readonly key: string;
  readonly state: StepState;
  /** The question that is open, or was answered. */
  readonly asked?: {
    readonly asking: string;
    readonly argumentsHash: string;
    readonly before: readonly FileState[];
    readonly input?: Json;
    /** What a classifier said before (permissions: ClassifierRecord). */
    readonly classifier?: Json;
  };
  /** Lines are missing from the journal since it was planned: what happened is not known. */
  readonly tainted?: boolean;
  readonly intent?: Intent;
  readonly process?: StepProcess;
  /** Set once the step is closed. */
  readonly result?: ToolResult;
  readonly verdict?: Verdict;
  /** Time of the last change, milliseconds since 1970. */
  readonly at: number;
}
