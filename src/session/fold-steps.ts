// The part of the fold that follows the calls of one reply until each has its result.
import { type CallId, isJsonObject, type StepId } from "../base/index.ts";
import type { AssistantMessage, ToolCall, ToolMessage } from "../model/index.ts";
import { isClosed, isSafeToRedo, type Step, type StepChange, type StepState, stepTransitions } from "../workflow/index.ts";
import type { PendingCall } from "./state.ts";

export type ReplyCall =
  | { readonly kind: "call"; readonly index: number; readonly call: ToolCall }
  | { readonly kind: "rejected"; readonly id: CallId; readonly tool: string; readonly why: string };

export function replyCalls(message: AssistantMessage): readonly ReplyCall[] {
  let index = 0;
  return message.parts.flatMap((part): ReplyCall[] => {
    if (part.type === "call") return [{ kind: "call", index: index++, call: part.call }];
    if (part.type === "rejected-call") return [{ kind: "rejected", id: part.id, tool: part.tool, why: part.why }];
    return [];
  });
}

/** The new state of a step; null when the table does not allow the change (a duplicate, a damaged journal). */
export function nextStep(known: Step | undefined, change: StepChange, at: number): Step | null {
  if (change.to === "planned") return known ? null : { id: change.step, call: change.call, key: change.key, state: "planned", at };
  if (!known || !stepTransitions[known.state].includes(change.to)) return null;
  if (known.state === "executing" && onlyIfSafe.has(change.to) && !isSafeToRedo(known.intent)) return null;
  const moved = { ...known, state: change.to as StepState, at };
  // biome-ignore lint/nursery/useExhaustiveSwitchCases: "planned" was answered above
  switch (change.to) {
    case "awaiting-approval":
      return { ...moved, asked: askedOf(change) };
    case "unknown":
      return moved;
    case "executing":
      return { ...moved, intent: change.intent };
    case "denied":
    case "cancelled":
      return { ...moved, result: { parts: [{ type: "text", text: change.why }], failed: true } };
    case "done":
    case "failed":
      return { ...moved, result: change.result };
    case "reconciled":
      return { ...moved, result: change.result, verdict: change.verdict };
  }
}

function askedOf(change: Extract<StepChange, { readonly to: "awaiting-approval" }>): NonNullable<Step["asked"]> {
  const { asking, argumentsHash, before, input, request } = change;
  const classifier = isJsonObject(request) ? request["classifier"] : undefined;
  return { asking, argumentsHash, before, ...(input === undefined ? {} : { input }), ...(classifier === undefined ? {} : { classifier }) };
}

/** What a step that was under way may only become if nothing of it can have happened twice, or at all. */
const onlyIfSafe: ReadonlySet<StepState> = new Set(["executing", "awaiting-approval", "denied", "cancelled"]);

/** Calls without a closed step, in the model's order. */
export function openCalls(
  calls: readonly ReplyCall[],
  stepOf: ReadonlyMap<number, StepId>,
  steps: ReadonlyMap<StepId, Step>,
  tainted: boolean,
): readonly PendingCall[] {
  const open: PendingCall[] = [];
  for (const one of calls) {
    if (one.kind === "rejected") continue;
    const step = stepFor(one, stepOf, steps);
    if (!step || !isClosed(step.state)) open.push({ call: one.call, index: one.index, step: step ?? null, tainted: tainted || step?.tainted === true });
  }
  return open;
}

const stepFor = (one: ReplyCall, stepOf: ReadonlyMap<number, StepId>, steps: ReadonlyMap<StepId, Step>): Step | undefined => {
  if (one.kind === "rejected") return undefined;
  const id = stepOf.get(one.index);
  return id === undefined ? undefined : steps.get(id);
};

export function toolMessage(one: ReplyCall, stepOf: ReadonlyMap<number, StepId>, steps: ReadonlyMap<StepId, Step>): ToolMessage {
  if (one.kind === "rejected") return { role: "tool", call: one.id, tool: one.tool, parts: [{ type: "text", text: one.why }], failed: true };
  const result = stepFor(one, stepOf, steps)?.result;
  const parts = result?.parts ?? [{ type: "text" as const, text: unrecorded }];
  return { role: "tool", call: one.call.id, tool: one.call.tool, parts, failed: result?.failed ?? true };
}
const unrecorded = "The outcome of this call is not recorded: it may or may not have happened. Look at the present state before repeating it.";
