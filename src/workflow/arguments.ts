// One name for "the same call again".
import { canonicalJson } from "../base/index.ts";
import { sha256 } from "../exec/index.ts";
import type { ToolCall } from "../model/index.ts";

/** SHA-256 of tool name and input; the order of keys does not count. */
export const argumentsHash = (call: Pick<ToolCall, "tool" | "input">): string => sha256(canonicalJson([call.tool, call.input]));
