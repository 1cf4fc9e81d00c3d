// A question answered from outside of its session: into the mailbox first, which decides who was first, then into the journal
// where nobody has it open, so that audits see it at once.
//
// Invariants
//  V1  Once it resolves as "counted" or "kept" the answer is durable: whoever goes on with the session finds it.
//  V2  What the journal does not take is not lost: the mailbox has it, and the gate looks there.
import { BosunError, type Clock, type Outcome } from "../base/index.ts";
import type { Request } from "../permissions/index.ts";
import { decidedBy, type RecordedAnswer } from "./answers.ts";
import type { AskedQuestion } from "./questions.ts";
import { openSession, type Session } from "./session.ts";
import type { SessionStore } from "./store.ts";

export type Answered =
  /** It stands in the journal. */
  | { readonly is: "counted" }
  /** It waits in the mailbox. `why`: the journal can't be written; absent: it is for the session to look at it first. */
  | { readonly is: "kept"; readonly why?: BosunError }
  /** Another process has the session, or had it in this moment: what it makes of the answer stands in the journal soon. */
  | { readonly is: "elsewhere" }
  /** Somebody was first. */
  | { readonly is: "late"; readonly first: RecordedAnswer };

/** Fails where nothing could be recorded. */
export async function answerQuestion(store: SessionStore, clock: Clock, question: AskedQuestion, answer: RecordedAnswer): Promise<Outcome<Answered>> {
  const { answers } = store;
  if (!answers)
    return { ok: false, error: new BosunError("usage", "This store takes no answers from elsewhere.", { next: "Answer where the question is asked." }) };
  const put = await answers.put(question.session, answer);
  if (!put.ok) return put;
  if (!put.value.isFirst) return { ok: true, value: { is: "late", first: put.value.first } };
  // what a changed call is about is found by the session that runs it
  if (answer.input !== undefined) return { ok: true, value: { is: "kept" } };
  const opened = await openSession(store, clock, question.session);
  if (!opened.ok) return { ok: true, value: opened.error.code === "session-busy" ? { is: "elsewhere" } : { is: "kept", why: opened.error } };
  const session = opened.value;
  try {
    if (!isOpen(session, question)) return { ok: true, value: { is: "elsewhere" } };
    await record(session, question, answer);
    return { ok: true, value: { is: "counted" } };
  } catch (error) {
    if (BosunError.isInstance(error)) return { ok: true, value: { is: "kept", why: error } };
    throw error;
  } finally {
    await session.release();
  }
}

function isOpen({ state }: Session, { step, asking }: AskedQuestion): boolean {
  const known = state.steps.get(step);
  return known?.state === "awaiting-approval" && known.asked?.asking === asking && state.answers.get(step)?.asking !== asking;
}

async function record(session: Session, question: AskedQuestion, answer: RecordedAnswer): Promise<void> {
  const { step, asking, because, at, input } = question;
  const { call, effect, source, subject, facts } = requestOf(question);
  const decision = {
    call: call.id,
    tool: call.tool,
    subject,
    ...(question.request === null ? {} : { effect, source }),
    ...decidedBy(answer),
    asked: because,
    ...(question.request?.classifier === undefined ? {} : { classifier: question.request.classifier }),
    mode: question.request?.mode ?? "ask",
    facts,
    ...(input === undefined ? {} : { input }),
    took: Math.max(0, answer.at - at),
  } as const;
  await session.append({ type: "decision", step, asking, decision });
}

/** The question as the handler was given it. */
export function requestOf({ request, call, input }: AskedQuestion): Request {
  const facts = request?.facts ?? { cwd: "", root: "", paths: [], commands: null, domains: [], unclear: "what it is about was not recorded" };
  return {
    call: input === undefined ? call : { ...call, input },
    effect: request?.effect ?? "execute",
    source: request?.source ?? { tier: "builtin" },
    subject: request?.subject ?? JSON.stringify(call.input),
    facts,
  };
}
