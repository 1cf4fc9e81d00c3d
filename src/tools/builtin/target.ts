// The file that write and edit are about: as it is now, beside what the model last saw of it; and its replacement.
import { basename, dirname } from "node:path";
import type { FileState } from "../../base/index.ts";
import { sha256 } from "../../exec/index.ts";
import type { ToolResult } from "../../model/index.ts";
import { nearest } from "../near.ts";
import { resolvePath, shortPath } from "../path.ts";
import type { EffectPorts } from "../ports.ts";
import type { Prepared, ToolContext } from "../tool.ts";
import { bytesAsText, counted, failed, succeeded } from "./answer.ts";
import { type Difference, difference } from "./difference.ts";
import { type Content, examine } from "./encoding.ts";

export interface Target {
  /** Null content: there is no such file yet. */
  readonly state: FileState;
  readonly bytes: Uint8Array;
  readonly content: Content | null;
}
/** Larger files are not held in memory. */
const largest = 10_000_000;

/** What stands at the path now; a result when it is nothing that can be written. */
export async function findTarget(asked: string, context: ToolContext): Promise<Target | ToolResult> {
  const { files } = context.ports;
  const look = await files.look(resolvePath(context.cwd, asked));
  switch (look.kind) {
    case "absent":
      return { state: { path: look.real, sha256: null, mode: null }, bytes: new Uint8Array(), content: null };
    case "folder":
      return failed(`${asked} is a folder. Give the path of a file.`);
    case "other":
      return failed(`${asked} is not a regular file: a device, a pipe, a socket, or a link to nothing. It was left alone.`);
    case "unreadable":
      return failed(`${asked} cannot be looked at: permission is missing, or the path is not valid.`);
    case "file":
      break;
  }
  if (look.size > largest) return failed(`${asked} has ${bytesAsText(look.size)}; this works up to ${bytesAsText(largest)}. Change it with a program in bash.`);
  for (let attempt = 0; attempt < 3; attempt++) {
    const read = await files.read(look.real, 0, largest + 1);
    if (!read.ok) return failed(`${asked} cannot be read: ${read.says}.`);
    const state = await files.state(look.real);
    if (!state.ok) return failed(state.error.message);
    if (state.value.sha256 === sha256(read.bytes)) return { state: state.value, bytes: read.bytes, content: examine(read.bytes) };
  }
  return failed(`${asked} is being written by another program. Try again when it has finished.`);
}

export async function absentNames(asked: string, target: Target, context: ToolContext): Promise<string> {
  const folder = dirname(target.state.path);
  const entries = await context.ports.files.list(folder, 5000);
  const names = nearest(
    basename(target.state.path),
    entries.map((entry) => entry.name),
  ).map((name) => shortPath(context.cwd, `${folder}/${name}`));
  return `There is no file ${asked}.${names.length === 0 ? "" : ` Alike in that folder: ${names.join(", ")}.`}`;
}

/** A refusal with the difference when the file is not what the model last saw; null when it is, or was never seen. */
export async function changedSince(asked: string, target: Target, context: ToolContext): Promise<ToolResult | null> {
  const seen = context.ports.seen.get(target.state.path);
  if (seen === undefined || seen.state.sha256 === target.state.sha256) return null;
  const says = `${asked} changed after you last saw it; nothing was done.`;
  if (target.content === null) return failed(`${says} It does not exist any more. Write it anew if it is still wanted.`, { seen: [target.state] });
  if (seen.text === null || target.content.kind !== "text")
    return failed(`${says} What it said then is no longer at hand, so the difference cannot be shown. Read it again first.`);
  const changes = await difference(asked, seen.text, target.content.text);
  if (changes.added + changes.removed === 0) return failed(`${says} Its text is the same, its encoding or byte order mark is not. Read it again first.`);
  const intro = `${says} The difference since (${counted(changes.added, "line")} added, ${changes.removed} removed):\n${changes.numbered}\n`;
  // Whoever has seen the old text and the whole difference has seen the new one.
  if (changes.complete) return failed(`${intro}If your change still fits, make the call again on this.`, { seen: [target.state] });
  return failed(`${intro}Read the file again first.`);
}

export interface Replacement {
  readonly asked: string;
  readonly target: Target;
  readonly bytes: Uint8Array;
  readonly mode: number;
  readonly text: string;
  readonly changes: Difference;
  /** What the model is told when it is done. */
  readonly says: string;
}

/** The prepared call: one file, from a known state to a known state. */
export function replacement(plan: Replacement): Prepared {
  const { target, changes } = plan;
  const after: FileState = { path: target.state.path, sha256: sha256(plan.bytes), mode: plan.mode };
  return {
    preview: { kind: "diff", path: target.state.path, diff: changes.unified, added: changes.added, removed: changes.removed },
    before: [target.state],
    after: [after],
    ...(target.state.sha256 === null ? {} : { images: [target.bytes] }),
    commit: (effects) => commit(plan, after, effects),
  };
}

async function commit(plan: Replacement, after: FileState, effects: EffectPorts): Promise<ToolResult> {
  const { target, changes } = plan;
  const outcome = await effects.files.replace(target.state, plan.bytes, plan.mode);
  if (outcome.ok) {
    effects.keepSeen(outcome.value, plan.text);
    const detail = { path: after.path, added: changes.added, removed: changes.removed, diff: changes.unified };
    return succeeded(plan.says, { detail, after: [outcome.value], seen: [outcome.value] });
  }
  const now = await effects.files.state(after.path);
  // the rename may have happened although a later step failed
  const applied = now.ok && now.value.sha256 === after.sha256;
  return failed(outcome.error.message, applied ? { effect: "unknown" } : {});
}
