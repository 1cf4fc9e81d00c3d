// A question about one call: asked, and answered by whoever is first: the handler, or another process through the mailbox.
//
// Invariants
//  A1  Only an answer allows. A handler that fails, vanishes or says what is none leaves the question open.
//  A2  Nothing hangs: an abort ends the wait at once, whatever the handler does.
//  A3  An answer counts for the very question it was given to: its name, the arguments, the files as they were.
import { canonicalJson, type FileState, isJson, isJsonObject, type Json, messageOf, newId } from "../base/index.ts";
import type { ToolResult } from "../model/index.ts";
import type { Answer, AskedRequest, ClassifierRecord, Decision, Reason, Request } from "../permissions/index.ts";
import { decidedBy, type RecordedAnswer } from "../session/index.ts";
import { isPrepared, type Prepared, type Preview } from "../tools/index.ts";
import { argumentsHash } from "../workflow/index.ts";
import type { Course } from "./course.ts";

export type Reply =
  | {
      readonly is: "answer";
      readonly asking: string;
      readonly decided: Pick<Decision, "verdict" | "reason" | "holds" | "took" | "rule" | "profile" | "more">;
      /** To run in place of what was asked for. */
      readonly input?: Json;
    }
  /** Stands in the journal already. */
  | { readonly is: "decision"; readonly decision: Decision }
  | { readonly is: "edit"; readonly input: Json }
  | { readonly is: "waiting"; readonly asking: string }
  | { readonly is: "interrupted" };

/** Milliseconds between two looks into the mailbox. */
const pace = 150;

const beforeOf = (prepared: Prepared | ToolResult | null): readonly FileState[] => (prepared && isPrepared(prepared) ? prepared.before : []);

/** What was answered to the question that an earlier run asked, if it is still the same question. */
export async function earlierReply({ known, call, session, step }: Course, prepared: Prepared | ToolResult | null): Promise<Reply | null> {
  const asked = known?.asked;
  if (!asked || asked.argumentsHash !== argumentsHash(call)) return null;
  const same = canonicalJson(asked.before as unknown as Json) === canonicalJson(beforeOf(prepared) as unknown as Json);
  const recorded = session.state.answers.get(step);
  if (recorded?.asking === asked.asking) return same || prepared === null ? { is: "decision", decision: recorded.decision } : null;
  const letter = same ? await session.answer(asked.asking) : null;
  return letter === null ? null : replyOf(letter, 0);
}

const replyOf = (letter: RecordedAnswer, took: number): Reply => ({
  is: "answer",
  asking: letter.asking,
  decided: { ...decidedBy(letter), took },
  ...(letter.input === undefined ? {} : { input: letter.input }),
});

export interface Subject {
  readonly request: Request;
  readonly prepared: Prepared | ToolResult | null;
  /** Of a call that a person changed. */
  readonly input?: Json;
  /** What was said of it before a person is asked. */
  readonly classifier?: ClassifierRecord;
}

/** Asks, durably, and waits. */
export async function askPerson(course: Course, { request, prepared, input, classifier }: Subject, because: Reason): Promise<Reply> {
  const { agent, world, session, emit, step, call, signal } = course;
  const asking = newId<"asking">("q", world.clock.now());
  const { subject, effect, source, facts } = request;
  const about: AskedRequest = { subject, effect, source, facts, mode: agent.policy.mode, ...(classifier === undefined ? {} : { classifier }) };
  const preview = previewOf(prepared);
  const question = { asking, preview: preview as unknown as Json, because: because as unknown as Json, argumentsHash: argumentsHash(call) };
  const more = { before: beforeOf(prepared), request: about as unknown as Json, ...(input === undefined ? {} : { input }) };
  await course.move({ to: "awaiting-approval", ...question, ...more }, { subject });
  emit({ type: "approval-asked", asking, step, call: call.id, tool: call.tool, subject, because, preview });
  const from = world.clock.monotonic();
  const took = (): number => Math.round(world.clock.monotonic() - from);
  const over = new AbortController();
  const waiting = AbortSignal.any([signal, over.signal]);
  const aborted = new Promise<null>((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener("abort", () => resolve(null), { once: true, signal: over.signal });
  });
  const mailbox = lookOut(course, asking, waiting);
  const answer = await Promise.race([askHandler(course, request, because, preview, waiting), mailbox, aborted]);
  over.abort();
  if (signal.aborted || answer === null) return { is: "interrupted" };
  // somebody may have answered in the moment in which the handler gave up
  const letter = "letter" in answer ? answer.letter : await session.answer(asking);
  if (letter) {
    emit({
      type: "notice",
      level: "info",
      code: "answered-elsewhere",
      says: `${call.tool} ${subject}: ${letter.who} answered in another process: ${letter.verdict}.`,
    });
    return replyOf(letter, took());
  }
  if ("letter" in answer || "awaiting" in answer) return { is: "waiting", asking };
  if ("edit" in answer) return { is: "edit", input: answer.edit };
  const { verdict, reason, holds, rule, profile } = answer;
  const decided = { verdict, reason, holds, took: took(), ...(rule === undefined ? {} : { rule }), ...(profile === undefined ? {} : { profile }) };
  return { is: "answer", asking, decided };
}

/** Never rejects; A1. */
async function askHandler({ agent, emit, call }: Course, request: Request, because: Reason, preview: Preview, signal: AbortSignal): Promise<Answer> {
  const lost = (why: string): Answer => {
    const says = `${call.tool} ${request.subject}: whoever should have answered failed (${why}). Nothing was allowed; the call waits for an answer.`;
    emit({ type: "notice", level: "warning", code: "handler-failed", says });
    return { awaiting: true };
  };
  try {
    const answer: unknown = await agent.handler.settle(request, because, preview, signal);
    return isAnswer(answer) ? answer : lost("what it said is no answer");
  } catch (error) {
    return lost(messageOf(error));
  }
}

function isAnswer(answer: unknown): answer is Answer {
  if (typeof answer !== "object" || answer === null) return false;
  const { awaiting, edit, verdict, reason, holds, rule, profile } = answer as { readonly [Key in string]?: unknown };
  if (awaiting === true) return true;
  if (edit !== undefined) return isJson(edit);
  const isText = (value: unknown): boolean => value === undefined || typeof value === "string";
  const isWhole = isText(rule) && (profile === undefined || profile === "open") && isJson(reason) && isReason(reason);
  return (verdict === "allow" || verdict === "deny") && isWhole && (holds === "call" || holds === "session" || holds === "project");
}

function isReason(reason: Json): boolean {
  const { by, says, rule, source } = isJsonObject(reason) ? reason : {};
  if (by === "person" || by === "coordinator" || by === "worker") return says === undefined || typeof says === "string";
  return by === "rule" ? typeof rule === "string" && typeof source === "string" : typeof by === "string" && typeof says === "string";
}

/** Looks into the mailbox until something is in it, or nobody waits any more. */
async function lookOut({ session, world }: Course, asking: string, signal: AbortSignal): Promise<{ readonly letter: RecordedAnswer | null }> {
  while (!signal.aborted) {
    await world.clock.sleep(pace, signal);
    const letter = signal.aborted ? null : await session.answer(asking);
    if (letter) return { letter };
  }
  return new Promise(() => undefined);
}

function previewOf(prepared: Prepared | ToolResult | null): Preview {
  if (prepared === null) return { kind: "none" };
  if (isPrepared(prepared)) return prepared.preview;
  return { kind: "text", text: "As things stand this call would fail; the model would be told why." };
}
