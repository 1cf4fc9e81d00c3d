// One name for "the same call again".
import { canonicalJson } from "../base/index.ts";
import { sha256 } from "../exec/index.ts";
import { meantCall, type ToolCall } from "../model/index.ts";

/** SHA-256 of tool name and input of the call that is meant, found through `find_tool` or not; the order of keys does not count. */
export function argumentsHash(call: Pick<ToolCall, "tool" | "input">): string {
  const { tool, input } = meantCall(call);
  return sha256(canonicalJson([tool, input]));
}
