// The questions of a session, from its journal and its mailbox, without its lock: what was asked, and what was answered.
import type { Json, Outcome, SessionId, StepId } from "../base/index.ts";
import { meantCall, type ToolCall } from "../model/index.ts";
import type { AskedRequest, Decision, Reason } from "../permissions/index.ts";
import type { Preview } from "../tools/index.ts";
import type { StepChange, StepState } from "../workflow/index.ts";
import type { RecordedAnswer } from "./answers.ts";
import type { Entry } from "./entry.ts";
import { readSession } from "./session.ts";
import type { SessionState } from "./state.ts";
import type { SessionStore } from "./store.ts";

export interface AskedQuestion {
  readonly session: SessionId;
  /** Its name, and the step that waits for it. */
  readonly asking: string;
  readonly step: StepId;
  /** As the model made it; where it was found through `find_tool`, the call that is meant. */
  readonly call: ToolCall;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly because: Reason;
  readonly preview: Preview;
  /** Null: it was asked by a version that did not record it. */
  readonly request: AskedRequest | null;
  /** What a person made of the input, where they changed it. */
  readonly input?: Json;
  /** "open": no answer yet. "answered": there is one, and the session has not gone on with it. "over": it went on, or asked anew. */
  readonly stands: "open" | "answered" | "over";
  /** What became of the call. */
  readonly state: StepState;
  /** The question that is asked in its place. */
  readonly replaced?: string;
  /** In the journal. */
  readonly decision?: { readonly decision: Decision; readonly at: number };
  /** In the mailbox, not in the journal yet. */
  readonly letter?: RecordedAnswer;
}
export interface SessionQuestions {
  readonly state: SessionState;
  /** Oldest first. */
  readonly questions: readonly AskedQuestion[];
  /** Which newer version wrote it: it can't be gone on with here. */
  readonly isNewer: boolean;
}

type Asked = Extract<StepChange, { readonly to: "awaiting-approval" }>;

export async function readQuestions(store: SessionStore, session: SessionId): Promise<Outcome<SessionQuestions>> {
  const asked: { readonly change: Asked; readonly at: number }[] = [];
  const decisions = new Map<string, { readonly decision: Decision; readonly at: number }>();
  const read = await readSession(store, session, (entry: Entry) => {
    if (entry.type === "step" && entry.change.to === "awaiting-approval") asked.push({ change: entry.change, at: entry.ts });
    if (entry.type === "decision" && entry.asking !== undefined && !decisions.has(entry.asking)) {
      decisions.set(entry.asking, { decision: entry.decision, at: entry.ts });
    }
  });
  if (!read.ok) return read;
  const { state, findings } = read.value;
  const questions: AskedQuestion[] = [];
  for (const { change, at } of asked) {
    const step = state.steps.get(change.step);
    if (!step) continue;
    const decision = decisions.get(change.asking);
    const letter = decision === undefined ? await store.answers?.get(session, change.asking) : null;
    const isCurrent = step.state === "awaiting-approval" && step.asked?.asking === change.asking && state.pending.some((one) => one.step?.id === step.id);
    const replaced = !isCurrent && step.asked && step.asked.asking !== change.asking ? { replaced: step.asked.asking } : {};
    questions.push({
      session,
      asking: change.asking,
      step: change.step,
      call: meantCall(step.call),
      at,
      because: change.because as unknown as Reason,
      preview: change.preview as unknown as Preview,
      request: (change.request as unknown as AskedRequest | undefined) ?? null,
      ...(change.input === undefined ? {} : { input: change.input }),
      stands: !isCurrent ? "over" : decision === undefined && !letter ? "open" : "answered",
      state: step.state,
      ...replaced,
      ...(decision === undefined ? {} : { decision }),
      ...(letter ? { letter } : {}),
    });
  }
  return { ok: true, value: { state, questions, isNewer: findings.some((one) => one.kind === "gap" && one.newer === true) } };
}
