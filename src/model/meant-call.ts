// A call through the tool that finds tools: which call is meant. Read from the call alone, so that every reader means the same.
import { isJsonObject } from "../base/index.ts";
import type { ToolCall } from "./message.ts";

export const findToolName = "find_tool";

/** `{call: NAME, input}` of `find_tool` is the call NAME; every other call is itself. It may not call itself. */
export function meantCall<Call extends Pick<ToolCall, "tool" | "input">>(call: Call): Call {
  if (call.tool !== findToolName || !isJsonObject(call.input)) return call;
  const { call: name, input = {} } = call.input;
  if (typeof name !== "string" || name === findToolName) return call;
  return { ...call, tool: name, input };
}
