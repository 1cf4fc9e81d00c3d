// One call under way: what it is, and the one function that moves its step.
import { newId, type RequestId, type StepId } from "../base/index.ts";
import { sha256 } from "../exec/index.ts";
import { type ToolCall, textOf } from "../model/index.ts";
import type { PendingCall } from "../session/index.ts";
import type { ToolContext } from "../tools/index.ts";
import type { Step, StepChange } from "../workflow/index.ts";
import { calledTool } from "./deferred.ts";
import type { Execution } from "./execution.ts";
import { settleStep } from "./settle.ts";

/** The call under way, and the one function that moves its step. */
export interface Course extends Execution {
  /** What is called: of a call through `find_tool`, the tool behind it. */
  readonly call: ToolCall;
  readonly step: StepId;
  readonly request: RequestId;
  readonly key: string;
  /** What an earlier run left of it. */
  readonly known: Step | null;
  move(change: Change, more?: { readonly subject?: string; readonly says?: string }): Promise<void>;
}
export type Change = StepChange extends infer Each ? (Each extends StepChange ? Omit<Each, "step"> : never) : never;

export function beginCourse(execution: Execution, pending: PendingCall): Course {
  const { session, world, emit } = execution;
  const { step: known } = pending;
  const call = calledTool(execution, pending.call);
  const request = session.state.lastRequest;
  if (!request) throw new Error("a call is pending that no request made");
  const step = known?.id ?? newId<"step">("s", world.clock.now());
  let begun = false;
  const key = known?.key ?? sha256(`${session.id} ${step}`).slice(0, 32);
  return {
    ...execution,
    call,
    known,
    request,
    step,
    key,
    async move(change, more) {
      const whole = { ...change, step } as StepChange;
      if (whole.to === "executing") begun = true;
      const left = begun ? null : notMadeAgain(session.state.steps.get(step), whole);
      if (left !== null) return settleStep(execution, left.step, { action: "close", verdict: "unknown", says: left.says, evidence: [] });
      const says = whole.to === "denied" || whole.to === "cancelled" || whole.to === "unknown" ? whole.why : more?.says;
      const detail = whole.to === "done" || whole.to === "failed" ? whole.result.detail : undefined;
      await session.append({ type: "step", change: whole });
      emit({
        type: "step",
        step,
        call: call.id,
        tool: call.tool,
        to: whole.to,
        subject: more?.subject ?? "",
        ...(says === undefined ? {} : { says }),
        ...(detail === undefined ? {} : { detail }),
      });
    },
  };
}

/** A call to a server that an earlier process began, and that is not made a second time after all: it may have arrived. */
function notMadeAgain(known: Step | undefined, change: StepChange): { readonly step: Step; readonly says: string } | null {
  if (known?.intent?.class !== "external") return null;
  if (change.to !== "denied" && change.to !== "cancelled" && change.to !== "failed") return null;
  const why = "why" in change ? change.why : textOf(change.result);
  return { step: known, says: `bosun stopped while this call was under way: whether it took effect is not known. It was not made again. ${why}` };
}

/** What a tool is given to prepare, or to go on with. */
export function contextFor({ world, signal, emit }: Execution, call: ToolCall, key: string): ToolContext {
  return {
    cwd: world.cwd,
    root: world.root,
    signal,
    key,
    ports: world.ports,
    progress: (detail) => emit({ type: "tool-progress", call: call.id, detail }),
  };
}
