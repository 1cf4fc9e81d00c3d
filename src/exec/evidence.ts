// What can still be known of a command whose end bosun did not see: for the model and the person, in words.
//
// Invariants
//  E1  Nothing of the command runs any more when the evidence is given: what was found running was ended, and that is said.
//  E2  Only what was seen is said; where a look was not possible, that is said instead.
import { statSync } from "node:fs";
import { join } from "node:path";
import { type ChangedFiles, findChangedFiles } from "./changed-files.ts";
import { groupAlive, type Identity, isSameProcess } from "./identity.ts";
import type { Machine } from "./machine.ts";
import { type RunFolder, readExitCode, readLastOutput, runFolderAt } from "./runs.ts";
import { end, groupTarget, signal } from "./stopper.ts";
import { findStrays } from "./strays.ts";
import { readable } from "./text.ts";

/** A step as the journal has it. */
export interface BegunStep {
  readonly id: string;
  readonly key: string;
  /** When its intent was recorded, milliseconds since 1970. */
  readonly at: number;
  readonly process?: Identity;
}

export interface ShellEvidence {
  readonly process: "gone" | "none";
  /** One line each. */
  readonly lines: readonly string[];
}

export interface EvidencePlace {
  /** Where each command has its folder. */
  readonly runs: string;
  /** The working tree. */
  readonly root: string;
  readonly ripgrep: () => Promise<string>;
  readonly machine?: Machine;
}

export async function gatherShellEvidence(step: BegunStep, place: EvidencePlace): Promise<ShellEvidence> {
  const ended = await endWhatRuns(step);
  const run = runFolderAt(join(place.runs, step.id));
  const began = beginOf(run);
  const since = began ?? step.at;
  const changed = await findChangedFiles({ root: place.root, since, ripgrep: place.ripgrep, ...(place.machine ? { machine: place.machine } : {}) });
  const lines = [startLine(step, began), ...ended, exitLine(run, began !== null), ...outputLines(run), ...changeLines(changed)];
  return { process: step.process === undefined ? "none" : "gone", lines };
}

/** When the command's folder was made, just before it was started; null when it was not. */
function beginOf(run: RunFolder): number | null {
  try {
    const { birthtimeMs, ctimeMs } = statSync(run.path);
    return birthtimeMs > 0 ? birthtimeMs : ctimeMs;
  } catch {
    return null;
  }
}

/** The process of the step, its group, and whatever carries its mark. */
async function endWhatRuns(step: BegunStep): Promise<readonly string[]> {
  const lines: string[] = [];
  const { process: known } = step;
  if (known !== undefined && isSameProcess(known) && groupAlive(known.group)) {
    await end(groupTarget(known.group, () => null));
    lines.push(`process ${known.pid} was still running and was ended now, so that nothing goes on unseen`);
  }
  const strays = findStrays([step.key]);
  for (const stray of strays) signal(stray.pid, "SIGKILL");
  if (strays.length > 0)
    lines.push(`processes that it left were still running and were killed now: ${strays.map(({ pid, says }) => `${pid} (${says})`).join(", ")}`);
  return lines;
}

function startLine({ at, process }: BegunStep, began: number | null): string {
  const when = new Date(began ?? at).toISOString();
  if (process !== undefined) return `started ${when} as process ${process.pid}`;
  return began === null ? `recorded ${when}; nothing shows that it was started` : `about to start ${when}; no process of it was recorded`;
}

function exitLine(run: RunFolder, hasFolder: boolean): string {
  const exit = readExitCode(run);
  if (exit?.sure) return `it ended with exit code ${exit.code}, before bosun stopped`;
  if (exit !== null) return `its shell ended, with exit code ${exit.code} by its own word (one that is ended by SIGTERM says the code of its last command)`;
  return hasFolder ? "it left no exit code: it had not ended when bosun stopped" : "it left no exit code";
}

const mostOutput = 2000;

function outputLines(run: RunFolder): readonly string[] {
  const bytes = readLastOutput(run, mostOutput);
  const text = readable(bytes).trimEnd();
  if (text === "") return ["no output of it was recorded"];
  return [`${bytes.length < mostOutput ? "its output" : "the last of its output"}, as far as it was recorded:\n${text.replace(/^/gm, "    ")}`];
}

function changeLines(changed: ChangedFiles): readonly string[] {
  const { files, count, folders, git, lookedAt, whole } = changed;
  const partly = whole ? "" : ` (only ${lookedAt} files could be looked at in the time there was)`;
  const rest = count > files.length ? ` and ${count - files.length} more` : "";
  const lines = [
    count === 0
      ? `no file of the working tree that git does not ignore changed since${partly}`
      : `files changed since, by whomever: ${files.join(", ")}${rest}${partly}`,
  ];
  if (folders.length > 0) lines.push(`something was added, removed or renamed since in: ${folders.join(", ")}`);
  if (git.length > 0) lines.push(`git's own state changed since: ${git.join(", ")}`);
  return lines;
}
