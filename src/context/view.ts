// What is sent is always paired: every call has exactly one result, right after the reply that made it, in its order.
// A damaged journal, or a caller that asks too early, may give another sequence; it is mended in memory and said.
//
// Invariants
//  V1  A sequence that is paired is returned as it is, not copied.
//  V2  Mending drops no word of a person and no reply; it adds a result only where none is known, and never says more than
//      that the outcome is not recorded.
//  V3  The same reply gets the same added result object every time, so that what was derived from it stays valid.
import type { CallId } from "../base/index.ts";
import type { AssistantMessage, Message, ToolMessage } from "../model/index.ts";

export interface PairedView {
  readonly messages: readonly Message[];
  /** What was mended, one sentence each. Empty: nothing. */
  readonly repairs: readonly string[];
}

interface OwedResult {
  readonly call: CallId;
  readonly tool: string;
  /** Set for a call that was never going to run. */
  readonly rejected?: string;
}

function owedBy(message: AssistantMessage): readonly OwedResult[] {
  const owed: OwedResult[] = [];
  for (const part of message.parts) {
    if (part.type === "call") owed.push({ call: part.call.id, tool: part.call.tool });
    if (part.type === "rejected-call") owed.push({ call: part.id, tool: part.tool, rejected: part.why });
  }
  return owed;
}

/**
 * Checks from `from`, which must be the start of a group (0, or what this returned). Returns the length when all is
 * paired, else the start of the first group that is not.
 */
export function pairedUpTo(messages: readonly Message[], from: number): number {
  let index = from;
  while (index < messages.length) {
    const message = messages[index] as Message;
    if (message.role === "tool") return index;
    const next = message.role === "assistant" ? endOfGroup(messages, index, message) : index + 1;
    if (next < 0) return index;
    index = next;
  }
  return index;
}

/** Where the group of this reply ends; -1 when it is not paired. */
function endOfGroup(messages: readonly Message[], at: number, reply: AssistantMessage): number {
  if (reply.parts.length === 0) return -1;
  let index = at + 1;
  for (const owed of owedBy(reply)) {
    const result = messages[index];
    if (result?.role !== "tool" || result.call !== owed.call) return -1;
    index += 1;
  }
  return index;
}

/** The whole sequence, paired. Linear; the usual case does not come here. */
export function pairedView(messages: readonly Message[]): PairedView {
  if (pairedUpTo(messages, 0) === messages.length) return { messages, repairs: [] };
  const mended: Message[] = [];
  const repairs: string[] = [];
  let index = 0;
  while (index < messages.length) {
    const message = messages[index] as Message;
    index += 1;
    if (message.role === "tool") {
      repairs.push(`A result of ${message.tool} belongs to no call (${message.call}); it is not shown to the model.`);
    } else if (message.role === "user") {
      mended.push(message);
    } else if (message.parts.length === 0) {
      repairs.push("A reply without content is not shown to the model.");
    } else {
      const end = nextReply(messages, index);
      mended.push(message, ...pairGroup(message, messages.slice(index, end), repairs));
      index = end;
    }
  }
  return { messages: mended, repairs };
}

function nextReply(messages: readonly Message[], from: number): number {
  let index = from;
  while (index < messages.length && messages[index]?.role !== "assistant") index++;
  return index;
}

/** Results in the order of the calls, then what people said in between. */
function pairGroup(reply: AssistantMessage, between: readonly Message[], repairs: string[]): readonly Message[] {
  const left = [...between];
  const results: ToolMessage[] = [];
  for (const owed of owedBy(reply)) {
    const at = left.findIndex((one) => one.role === "tool" && one.call === owed.call);
    if (at >= 0) {
      if (at > 0) repairs.push(`The result of ${owed.tool} (${owed.call}) was moved to its call.`);
      results.push(...(left.splice(at, 1) as ToolMessage[]));
    } else {
      repairs.push(`The outcome of ${owed.tool} (${owed.call}) is not recorded; the model is told so.`);
      results.push(unrecorded(reply, owed));
    }
  }
  for (const one of left) if (one.role === "tool") repairs.push(`A result of ${one.tool} belongs to no call (${one.call}); it is not shown to the model.`);
  return [...results, ...left.filter((one) => one.role !== "tool")];
}

const added = new WeakMap<AssistantMessage, Map<CallId, ToolMessage>>();

function unrecorded(reply: AssistantMessage, owed: OwedResult): ToolMessage {
  const known = added.get(reply) ?? new Map<CallId, ToolMessage>();
  added.set(reply, known);
  const text =
    owed.rejected === undefined
      ? "The outcome of this call is not recorded: it may or may not have happened. Look at the present state before repeating it."
      : `This call was not executed: ${owed.rejected}`;
  const message: ToolMessage = known.get(owed.call) ?? { role: "tool", call: owed.call, tool: owed.tool, parts: [{ type: "text", text }], failed: true };
  known.set(owed.call, message);
  return message;
}
