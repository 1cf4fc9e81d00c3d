// edit: exact replacements in one file that is text in UTF-8.
import type { Prepare } from "../../tool.ts";
import { counted, failed } from "../answer.ts";
import { difference } from "../difference.ts";
import { absentNames, changedSince, findTarget, replacement } from "../target.ts";
import { applyEdits, type Edit } from "./apply.ts";
import { explainRefusal } from "./explain.ts";

interface Input {
  readonly path: string;
  readonly edits: readonly Edit[];
}

export const prepare: Prepare = async (input, context) => {
  const { path, edits } = input as unknown as Input;
  const target = await findTarget(path, context);
  if ("parts" in target) return target;
  const changed = await changedSince(path, target, context);
  if (changed !== null) return changed;
  const { content } = target;
  if (content === null) return failed(`${await absentNames(path, target, context)} To make it, use write.`);
  if (content.kind !== "text") return failed(`${path} is not text (${content.kind === "binary" ? content.type : content.mediaType}); it was left alone.`);
  if (content.encoding !== "utf-8") {
    const kind = content.encoding === "windows-1252" ? "not UTF-8" : `encoded in ${content.encoding.toUpperCase()}`;
    return failed(`${path} is ${kind}, and edit writes UTF-8 only; it was left alone. Change it with a program in bash, or convert it with iconv first.`);
  }
  const applied = applyEdits(content.text, edits);
  if (!applied.ok) return failed(explainRefusal(path, applied, edits, content.text));
  if (applied.text === content.text) return failed(`The edits cancel each other out; ${path} stays as it is.`);
  const changes = await difference(path, content.text, applied.text);
  return replacement({
    asked: path,
    target,
    bytes: new TextEncoder().encode(content.bom ? `\ufeff${applied.text}` : applied.text),
    mode: target.state.mode ?? 0o644,
    text: applied.text,
    changes,
    says: `Edited ${path}: ${counted(applied.replaced, "replacement")}.\n${changes.numbered}`,
  });
};
