// The breaker on a model that turns in a circle: the same call with the same result, again and again.
import { canonicalJson } from "../base/index.ts";
import { sha256 } from "../exec/index.ts";
import type { ToolCall } from "../model/index.ts";
import type { RunEnd, SessionState } from "../session/index.ts";

/** Looks at the results that came since it was last called; an end when `limit` in a row were identical. */
export function createRepeatWatch(state: SessionState, limit: number): () => RunEnd | null {
  // The last message may be a reply whose calls are still open; from then on a reply is looked at together with its results.
  let at = Math.max(0, state.messages.length - 1);
  let last = "";
  let count = 0;
  const calls = new Map<string, ToolCall>();
  return () => {
    for (const message of state.messages.slice(at)) {
      if (message.role === "assistant") for (const part of message.parts) if (part.type === "call") calls.set(part.call.id, part.call);
      if (message.role === "user") count = 0;
      if (message.role !== "tool") continue;
      const call = calls.get(message.call);
      const mark = sha256(canonicalJson([message.tool, call?.input ?? null, message.parts as never]));
      count = mark === last ? count + 1 : 1;
      last = mark;
      if (count >= limit) {
        const says = `The call ${message.tool} was made ${count} times in a row with the same input and the same result.`;
        return { reason: "breaker", name: "identical-calls", failures: count, says };
      }
    }
    at = state.messages.length;
    calls.clear();
    return null;
  };
}
