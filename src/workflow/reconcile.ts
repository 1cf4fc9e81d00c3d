// What is known of a step that may have been under way when the process died. Pure: evidence in, verdict out.
//
// Invariants
//  R1  Nothing is claimed without evidence; what has none is "unknown" and says so.
//  R2  An unknown effect is never begun again by itself: only what was recorded as safe to redo is.
//  R3  A subagent is judged by its own journal; there is never a second one for the same call.
import type { FileState, SessionId } from "../base/index.ts";
import { type EffectClass, type Intent, isSafeToRedo, type Step, type Verdict } from "./step.ts";

export interface Evidence {
  /** The files of the intent as they are now; null: this one can't be read. */
  readonly now: ReadonlyMap<string, FileState | null>;
  /** The process of the step, if one was recorded. */
  readonly process: "alive" | "gone" | "none";
  /** Of a step of class "agent": how its own session stands. */
  readonly child?: ChildState;
  /** Further lines for people and the model: last output, exit file, files changed. */
  readonly more: readonly string[];
}

/** How the session stands that a call handed its work to. */
export type ChildState =
  | { readonly is: "absent" }
  /** Another process has it open. `says`: which. */
  | { readonly is: "busy"; readonly says: string }
  | { readonly is: "unreadable"; readonly says: string }
  /** `text`: its last words. `how`: the reason of its last run's end. */
  | { readonly is: "ended"; readonly how: string; readonly answered: boolean; readonly text: string }
  /** `resumable`: the tool that began it can go on with it. */
  | { readonly is: "open"; readonly how: string; readonly resumable: boolean };

export type Recovery =
  /** It has no effect, or no second one: begin it again. */
  | { readonly action: "again" }
  /** Its own session goes on, under its own name. */
  | { readonly action: "resume"; readonly child: SessionId }
  /** It is in other hands, and is looked at again later. */
  | { readonly action: "wait"; readonly says: string }
  | {
      readonly action: "close";
      readonly verdict: Verdict;
      readonly says: string;
      readonly evidence: readonly string[];
      /** What the model is told was no success, though it was carried out. */
      readonly failed?: boolean;
    };

/** `step.intent` absent: the lines that would tell are missing. */
export function reconcile(step: Pick<Step, "intent" | "at">, evidence: Evidence): Recovery {
  const { intent } = step;
  if (!intent) {
    return close(
      "unknown",
      "Lines of the journal are missing where this call stood. Whether it was carried out is not known. Look at the present state before you repeat it.",
      [],
    );
  }
  if (isSafeToRedo(intent)) return { action: "again" };
  if (intent.class === "file" && intent.after) return reconcileFiles(intent, intent.after, evidence);
  if (intent.class === "agent" && intent.child !== undefined && evidence.child) return reconcileChild(intent.child, evidence.child);
  const began = new Date(step.at).toISOString();
  const says = `bosun stopped while this ${words[intent.class]} was under way (begun ${began}). Whether it took effect, wholly or in part, is not known. Look at the present state before you repeat it.`;
  return close("unknown", says, [processWords[evidence.process], ...evidence.more]);
}

const words: Readonly<Record<EffectClass, string>> = {
  none: "call",
  read: "read",
  file: "change of files",
  shell: "command",
  external: "call to a server",
  agent: "subagent",
};
const processWords = { alive: "its process is still running", gone: "its process is gone", none: "no process of it was recorded" } as const;
const close = (verdict: Verdict, says: string, evidence: readonly string[]): Recovery => ({ action: "close", verdict, says, evidence });

function reconcileChild(child: SessionId, state: ChildState): Recovery {
  const where = `Its own session is ${child}.`;
  switch (state.is) {
    case "absent":
      return close(
        "not-applied",
        "bosun stopped before this subagent began: its session was never made, so nothing was done. Call it again if it is still wanted.",
        [`there is no session ${child}`],
      );
    case "busy":
      return { action: "wait", says: `This subagent goes on in another process: ${state.says} ${where}` };
    case "ended": {
      const says = state.answered ? state.text : `The subagent ended without an answer (${state.how}). Its last words: ${state.text || "none"}`;
      const evidence = [`bosun stopped while this subagent worked; its own journal (session ${child}) says that it ended: ${state.how}`];
      return { action: "close", verdict: "applied", says, evidence, failed: !state.answered };
    }
    case "open":
      if (state.resumable) return { action: "resume", child };
      return close(
        "unknown",
        `bosun stopped while this subagent worked, and nothing here can go on with it. What it did so far is in its own session; what it left undone is not known. To go on with it: bosun --resume ${child}.`,
        [`its own journal says that it has not ended (${state.how})`],
      );
    case "unreadable":
      return close(
        "unknown",
        `bosun stopped while this subagent worked, and its session cannot be read: ${state.says} What it did is not known. Look at the present state before you repeat it.`,
        [where],
      );
  }
}

type FileVerdict = "after" | "before" | "other" | "unreadable";
const rowWords: Readonly<Record<FileVerdict, string>> = {
  after: "as the call would leave it",
  before: "as it was before",
  other: "neither as it was before nor as the call would leave it",
  unreadable: "cannot be read",
};

function reconcileFiles(intent: Intent, after: readonly FileState[], evidence: Evidence): Recovery {
  const rows = after.map((goal) => ({ path: goal.path, is: compare(goal, intent.before, evidence) }));
  const lines = rows.map((row) => `${row.path}: ${rowWords[row.is]}`);
  const all = (is: FileVerdict) => rows.every((row) => row.is === is);
  const others = rows.filter((row) => row.is === "other" || row.is === "unreadable").map((row) => row.path);
  if (all("after")) return close("applied", "bosun was restarted after this change: it was applied, the files have the content it would give them.", lines);
  if (all("before"))
    return close(
      "not-applied",
      "bosun was restarted before this change took effect: it was not applied, the files are as they were. Make it again if it is still wanted.",
      lines,
    );
  if (others.length > 0)
    return close(
      "conflict",
      `bosun was restarted during this change, and ${others.join(", ")} is neither as it was nor as this call would leave it. Nothing was overwritten. Read it again before changing it.`,
      lines,
    );
  return close(
    "partly",
    "bosun was restarted in the middle of this change: some of its files have the new content, some the old. Finish it or take it back.",
    lines,
  );
}

/** A change that leaves a file as it was counts as applied: there is nothing left to do. */
function compare(goal: FileState, before: readonly FileState[], evidence: Evidence): FileVerdict {
  const now = evidence.now.get(goal.path);
  if (!now) return "unreadable";
  if (now.sha256 === goal.sha256) return "after";
  return now.sha256 === before.find((one) => one.path === goal.path)?.sha256 ? "before" : "other";
}
