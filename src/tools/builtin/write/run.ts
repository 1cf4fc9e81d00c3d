// write: a whole file. What exists is replaced only as the model last saw it.
import { sha256 } from "../../../exec/index.ts";
import type { Prepare } from "../../tool.ts";
import { bytesAsText, counted, failed, succeeded } from "../answer.ts";
import { difference } from "../difference.ts";
import { splitLines } from "../lines.ts";
import { changedSince, findTarget, replacement } from "../target.ts";

interface Input {
  readonly path: string;
  readonly content: string;
}

export const prepare: Prepare = async (input, context) => {
  const { path, content } = input as unknown as Input;
  const target = await findTarget(path, context);
  if ("parts" in target) return target;
  const bytes = new TextEncoder().encode(content);
  const exists = target.content !== null;
  if (exists && target.state.sha256 === sha256(bytes)) return succeeded(`${path} has exactly this content already; it is unchanged.`, { seen: [target.state] });
  const changed = exists ? await changedSince(path, target, context) : null;
  if (changed !== null) return changed;
  const seen = context.ports.seen.get(target.state.path) !== undefined;
  if (exists && !seen && target.bytes.length > 0)
    return failed(`${path} exists (${bytesAsText(target.bytes.length)}) and you have not read it; nothing was written. Read it first, or choose another name.`);
  const before = target.content?.kind === "text" ? target.content.text : "";
  const size = `${counted(splitLines(content).length, "line")}, ${bytesAsText(bytes.length)}`;
  return replacement({
    asked: path,
    target,
    bytes,
    mode: target.state.mode ?? 0o666 & ~process.umask(),
    text: content.replace(/^\ufeff/, ""),
    changes: await difference(path, before, content),
    says: exists ? `Replaced ${path} (${size}).` : `Created ${path} (${size}).`,
  });
};
