// The breaker on a model that turns in a circle: the same call with the same result, again and again.
import { canonicalJson, createBreaker } from "../base/index.ts";
import { sha256 } from "../exec/index.ts";
import type { ToolCall } from "../model/index.ts";
import type { RunEnd } from "../session/index.ts";
import type { Execution } from "./execution.ts";
import { tellOpened } from "./tell-opened.ts";

/** Looks at the results that came since it was last called; an end when so many in a row were identical. `usd`: what the last turn cost. */
export function createRepeatWatch({ agent, session: { state }, world, emit }: Execution): (usd?: number) => RunEnd | null {
  // The last message may be a reply whose calls are still open; from then on a reply is looked at together with its results.
  let at = Math.max(0, state.messages.length - 1);
  let last = "";
  const breaker = createBreaker({ name: "identical-calls", failures: agent.limits.identicalCalls }, world.clock);
  const calls = new Map<string, ToolCall>();
  return (usd) => {
    for (const message of state.messages.slice(at)) {
      if (message.role === "assistant") for (const part of message.parts) if (part.type === "call") calls.set(part.call.id, part.call);
      if (message.role === "user") breaker.reset();
      if (message.role !== "tool") continue;
      const call = calls.get(message.call);
      const mark = sha256(canonicalJson([message.tool, call?.input ?? null, message.parts as never]));
      if (mark !== last) breaker.succeeded();
      last = mark;
      if (!breaker.failed()) continue;
      const { name, failures } = breaker;
      const says = `The call ${message.tool} was made ${failures} times in a row with the same input and the same result.`;
      tellOpened(emit, breaker, { name: "identical-calls", failures, says, ...(usd === undefined ? {} : { usd }) });
      return { reason: "breaker", name, failures, says };
    }
    at = state.messages.length;
    calls.clear();
    return null;
  };
}
