// What a run says while it runs. Events come before the effect they announce; none of them is needed for recovery.
import type { CallId, Json, Saved, SessionId, StepId } from "../base/index.ts";
import type { Amount, Projection } from "../budget/index.ts";
import type { ModelFailure, StreamPart, Usage } from "../model/index.ts";
import type { Decision, Mode, Reason } from "../permissions/index.ts";
import type { CacheForecast, CacheOutcome, RunEnd, Segment } from "../session/index.ts";
import type { Preview } from "../tools/index.ts";
import type { StepState, Verdict } from "../workflow/index.ts";

export type RunEventBody =
  | {
      readonly type: "run-start";
      readonly agent: string;
      readonly provider: string;
      readonly model: string;
      readonly mode: Mode;
      readonly cwd: string;
      readonly resumed: boolean;
    }
  /** Something the person should know: a repaired journal, a missing sandbox, a file that could not be loaded. */
  | { readonly type: "notice"; readonly level: "info" | "warning"; readonly code: string; readonly says: string }
  | { readonly type: "input-accepted"; readonly text: string }
  | {
      readonly type: "context-assembled";
      readonly tokens: number;
      readonly loaded: readonly string[];
      readonly segments: readonly Segment[];
      readonly breaks: readonly string[];
      /** What of it should be read from the provider's cache, and what broke it. */
      readonly cache?: CacheForecast;
    }
  | { readonly type: "turn-start"; readonly turn: number; readonly attempt: number; readonly projection: Projection }
  | { readonly type: "model"; readonly part: Exclude<StreamPart, { readonly type: "finish" }> }
  | { readonly type: "reply"; readonly text: string; readonly calls: number; readonly finish: string; readonly usage: Usage; readonly cost: Amount }
  /** What was streamed of this attempt is void. */
  | { readonly type: "model-retry"; readonly attempt: number; readonly failure: ModelFailure; readonly waitMilliseconds: number }
  | { readonly type: "decision"; readonly step: StepId; readonly call: CallId; readonly tool: string; readonly decision: Decision }
  | {
      readonly type: "approval-asked";
      /** Name of the question: what `bosun approvals` answers it by. */
      readonly asking?: string;
      readonly step: StepId;
      readonly call: CallId;
      readonly tool: string;
      readonly subject: string;
      readonly because: Reason;
      readonly preview: Preview;
    }
  | {
      readonly type: "step";
      readonly step: StepId;
      readonly call: CallId;
      readonly tool: string;
      readonly to: StepState;
      readonly subject: string;
      readonly verdict?: Verdict;
      readonly says?: string;
      readonly detail?: Json;
    }
  | { readonly type: "tool-progress"; readonly call: CallId; readonly detail: Json }
  /** `openings`: how often it has opened in this process. `saved`: what it kept from being done there, this time counted. */
  | {
      readonly type: "breaker-opened";
      readonly name: string;
      readonly failures: number;
      readonly openings: number;
      readonly saved: Saved;
      readonly says: string;
    }
  | {
      readonly type: "turn-end";
      readonly turn: number;
      readonly usage: Usage;
      readonly projected: Amount;
      readonly actual: Amount;
      readonly cache?: CacheOutcome;
    }
  | {
      readonly type: "run-end";
      readonly end: RunEnd;
      readonly turns: number;
      readonly usage: Usage;
      readonly cost: Amount;
      readonly priced: boolean;
      readonly milliseconds: number;
    };

/** `agents`: names from the top agent down to the one that speaks. `at`: milliseconds since 1970. */
export type Emit = (event: RunEventBody) => void;
export type RunEvent = RunEventBody & { readonly session: SessionId; readonly agents: readonly string[]; readonly at: number };
