// What a tool call leaves behind. It is written once, on the journal line that closes its step.
import type { FileState, Json } from "../base/index.ts";
import type { ContentPart } from "./message.ts";

export interface ToolResult {
  /** What the model is shown. When the call failed: what happened and what it can do about it. */
  readonly parts: readonly ContentPart[];
  readonly failed: boolean;
  /** For people and programs, never sent to the model: exit code, counts, the diff … */
  readonly detail?: Json;
  /** Set when it cannot be known whether the effect happened (a lost connection, a time-out): recovery then says so. */
  readonly effect?: "unknown";
  /** Files as this call left them. */
  readonly after?: readonly FileState[];
  /** Files whose content the model has now seen, as it saw them: an edit of one that changed since is refused. */
  readonly seen?: readonly FileState[];
  /** The working folder of later shell calls. */
  readonly cwd?: string;
  /** Payloads kept outside the line, by SHA-256; the parts name them. */
  readonly blobs?: readonly string[];
}
