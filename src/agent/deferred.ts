// Tools that are not in the prompt's head: found and called through one tool that is.
import type { ToolCall } from "../model/index.ts";
import type { Execution } from "./execution.ts";

/** The call that is meant: of a call through `find_tool`, the one of the tool behind it. */
export function calledTool(_execution: Execution, call: ToolCall): ToolCall {
  return call;
}
