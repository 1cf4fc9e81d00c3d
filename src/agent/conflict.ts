// What stands in the files of a conflict now, against what stood there before the call: for the model and the person, bounded.
import type { FileState } from "../base/index.ts";
import { difference } from "../tools/index.ts";
import type { Evidence, Step } from "../workflow/index.ts";
import type { Execution } from "./execution.ts";

/** Of one file, bytes: larger ones are not compared. */
const largest = 1_000_000;
/** Of all files together, UTF-16 units. */
const mostInAll = 12_000;

/** One text for each file of the step that is neither as it was nor as the call would leave it. */
export async function conflictsOf(execution: Execution, step: Step, evidence: Evidence): Promise<readonly string[]> {
  const { before = [], after } = step.intent ?? {};
  const texts: string[] = [];
  let room = mostInAll;
  for (const goal of after ?? []) {
    const was = before.find(({ path }) => path === goal.path);
    const now = evidence.now.get(goal.path);
    if (!was || !now || now.sha256 === goal.sha256 || now.sha256 === was.sha256) continue;
    const text = await compared(execution, was, now);
    if (text.length > room) texts.push(`${goal.path}: what changed in it is left out here for its length`);
    else texts.push(text);
    room -= Math.min(room, text.length);
  }
  return texts;
}

async function compared({ session, world }: Execution, was: FileState, now: FileState): Promise<string> {
  const { path } = was;
  if (now.sha256 === null) return `${path}: it does not exist any more`;
  const old = was.sha256 === null ? new Uint8Array() : await session.getBlob(was.sha256).then((blob) => (blob.ok ? blob.value : null));
  const read = await world.ports.files.read(path, 0, largest + 1);
  const [before, after] = [old && textOf(old), read.ok ? textOf(read.bytes) : null];
  if (before === null || after === null) return `${path}: what changed in it cannot be shown (it is too large, is no text, or what stood there is not kept)`;
  const { numbered, added, removed } = await difference(path, before, after);
  const since = was.sha256 === null ? "it did not exist before this call; it now has" : "what is there now, against what stood there before this call";
  return `${path}: ${since} (lines added: ${added}, removed: ${removed}):\n${numbered.replace(/^/gm, "    ")}`;
}

function textOf(bytes: Uint8Array): string | null {
  if (bytes.length > largest || bytes.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
