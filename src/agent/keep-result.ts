// A result that is too large for a line of the journal, and what is left of it where its payload cannot be stored.
import type { Json, StepId } from "../base/index.ts";
import type { ContentPart, ToolCall, ToolResult } from "../model/index.ts";
import { payloadOf } from "../session/index.ts";
import type { Execution } from "./execution.ts";

/** Up to here it fits on a line, whatever its characters are; UTF-16 units. */
const surelySmall = 40_000;
/** Kept of each text, and of all of them, UTF-16 units. */
const keptOfText = 16_000;
const keptInAll = 32_000;
const keptDetail = 4000;

/** The result as it can be recorded: where what is too large for a line can't be stored, its beginning and its end. */
export async function keepResult({ session, emit }: Execution, step: StepId, call: ToolCall, result: ToolResult): Promise<ToolResult> {
  if (!isLarge(result)) return result;
  const payload = payloadOf({ type: "step", change: { step, to: result.failed ? "failed" : "done", result } });
  const stored = payload === null ? null : await session.putBlob(payload);
  if (!stored || stored.ok) return result;
  emit({ type: "notice", level: "warning", code: "blob-missing", says: `${call.tool}: only a part of its result is kept. ${stored.error.message}` });
  return shortened(result, stored.error.says);
}

const isLarge = ({ parts, detail = null, ...rest }: ToolResult): boolean =>
  lengthOf(parts as unknown as Json) + lengthOf(detail) + lengthOf(rest as unknown as Json) > surelySmall;

/** Characters of all texts and names in it, without writing it out. */
function lengthOf(value: Json): number {
  if (typeof value === "string") return value.length + 4;
  if (typeof value !== "object" || value === null) return 24;
  return Object.entries(value).reduce((sum, [name, one]) => sum + name.length + 4 + lengthOf(one as Json), 0);
}

/** What the model is told says that there was more, and why it is gone. `why`: one sentence. */
function shortened(result: ToolResult, why: string): ToolResult {
  const { parts, detail, seen: _notAllOfIt, ...rest } = result;
  let room = keptInAll;
  let lost = 0;
  const kept = parts.map((part): ContentPart => {
    if (part.type !== "text") {
      lost += lengthOf(part as unknown as Json);
      return { type: "text", text: `[blob-missing: a part of type "${part.type}" was not kept]` };
    }
    const text = cut(part.text, Math.min(keptOfText, room));
    room -= text.length;
    lost += part.text.length - text.length;
    return { type: "text", text };
  });
  const says = `[blob-missing: about ${lost} characters of this result were not kept and cannot be had again. ${why} What the call did is done; to see the rest, look at the present state, or make a smaller call.]`;
  const small = detail !== undefined && lengthOf(detail) <= keptDetail && typeof detail === "object" && detail !== null && !Array.isArray(detail) ? detail : {};
  return { ...rest, parts: [...kept, { type: "text", text: says }], detail: { ...small, blobMissing: { characters: lost, says: why } } };
}

/** Beginning and end, not inside a character. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const half = Math.floor(most / 2);
  const head = text.slice(0, half).replace(/[\ud800-\udbff]$/, "");
  const tail = half === 0 ? "" : text.slice(-half).replace(/^[\udc00-\udfff]/, "");
  return `${head}\n[… ${text.length - head.length - tail.length} characters not kept …]\n${tail}`;
}
