// One question to the classifier: budgeted, journaled, timed, and read strictly.
//
// Owns: what becomes of each outcome. Calls: permissions (what is sent and how it is read), budget, the journal, the provider.
// Invariants
//  Q1  Only a verdict "allow" allows and only a verdict "deny" denies; whatever else happens goes to the handler, with what happened said.
//  Q2  Nothing is sent that was not reserved in the session's budget and journaled before.
//  Q3  What a verdict was given for is kept by all that was shown, and by the whole call where it was shown shortened: another word of the person's, or another fact, is another question.
import { breakerTable, canonicalJson, createBreaker } from "../base/index.ts";
import { type CallToProject, settle } from "../budget/index.ts";
import { estimateInput, estimateTokens } from "../context/index.ts";
import { sha256 } from "../exec/index.ts";
import { type ModelRequest, textOf } from "../model/index.ts";
import { type ClassifierRecord, loadClassifier, type Reason, type Request, type Ruling, reasonInWords } from "../permissions/index.ts";
import { type Segment, wordsOf } from "../session/index.ts";
import { admitCall } from "./admit.ts";
import { closeFailed, closeReplied, failureOf, replyInTime } from "./attempt.ts";
import { type ClassifierMemory, memoryOf, whyStopped } from "./classifier-memory.ts";
import type { Course } from "./course.ts";
import type { Classifier, ClassifierModel } from "./definition.ts";
import { tellOpened } from "./tell-opened.ts";

export interface Classified {
  readonly ruling: Ruling;
  /** Where one was asked, or should have been. */
  readonly classifier?: ClassifierRecord;
  /** Why it had to be asked, where the classifier settled it. */
  readonly asked?: Reason;
}

const purpose = "classifier";
/** Failures in a row after which its model is left alone, and for how long. */
const breakerLimits = breakerTable.classifier;

export async function askClassifier(course: Course, request: Request, because: Reason): Promise<Classified> {
  const memory = memoryOf(course.session.state);
  const stopped = whyStopped(memory);
  if (stopped !== null) {
    tellOnce(course, memory, "classifier-stopped", `${capital(stopped)}.`);
    return { ruling: { verdict: "ask", because: withWords(because, stopped) } };
  }
  const record = await recordFor(course, request, memory);
  if (record === "interrupted") return { ruling: { verdict: "ask", because } };
  const { model, outcome, says } = record;
  switch (outcome) {
    case "allow":
    case "deny":
      return { ruling: { verdict: outcome, reason: { by: "classifier", model, says } }, classifier: record, asked: because };
    case "unavailable":
      tellOnce(course, memory, "classifier-unavailable", `The classifier is not available: ${says}. What it would judge is asked instead.`);
      return { ruling: { verdict: "ask", because: withWords(because, `the classifier is not available: ${says}`) }, classifier: record };
    case "no-verdict":
      return { ruling: { verdict: "ask", because: withWords(because, `the classifier gave no verdict: ${says}`) }, classifier: record };
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The reason as it was, with what the classifier came to behind it. */
function withWords(because: Reason, words: string): Reason {
  switch (because.by) {
    case "fact":
    case "analysis":
    case "shell-check":
    case "mode":
    case "tier":
    case "pool":
      return { ...because, says: `${because.says}; ${words}` };
    case "rule":
    case "classifier":
    case "person":
    case "coordinator":
    case "worker":
      return { by: "fact", says: `${reasonInWords(because)}; ${words}` };
  }
}

function tellOnce({ emit }: Course, { told }: ClassifierMemory, code: string, says: string): void {
  if (told.has(code)) return;
  told.add(code);
  emit({ type: "notice", level: "warning", code, says });
}

type Outcomes = Pick<ClassifierRecord, "outcome" | "says"> & Partial<Pick<ClassifierRecord, "risk" | "usd" | "milliseconds" | "key">>;

async function recordFor(course: Course, request: Request, memory: ClassifierMemory): Promise<ClassifierRecord | "interrupted"> {
  const { agent, session } = course;
  const { classifierRequest, classifierPromptVersion } = await loadClassifier();
  const record = (model: string, outcomes: Outcomes): ClassifierRecord => ({
    model,
    prompt: classifierPromptVersion,
    usd: 0,
    milliseconds: 0,
    ...outcomes,
  });
  if (agent.classifier === undefined) return record("", { outcome: "unavailable", says: "this agent has none" });
  const found = await agent.classifier.find();
  if (!found.ok) return record("", { outcome: "unavailable", says: found.error.says.replace(/\.$/, "") });
  const model = found.value;
  const name = `${model.provider.id}/${model.model}`;
  const intent = [...session.state.said, ...session.state.queue.map(({ parts }) => wordsOf(parts))];
  const asking = classifierRequest(intent, request, model.model);
  if (asking === null) return record(name, { outcome: "no-verdict", says: "the call is too long to be shown to it whole" });
  // of the call all of it, also what was too long to be shown
  const key = sha256([classifierPromptVersion, name, shownIn(asking), canonicalJson(request.call.input)].join("\n"));
  const known = memory.verdicts.get(key);
  if (known !== undefined) return { ...known, usd: 0, milliseconds: 0, cached: true };
  const outcomes = await ask(course, { classifier: agent.classifier, model, name, asking, memory, version: classifierPromptVersion });
  return outcomes === "interrupted" ? outcomes : record(name, { ...outcomes, key });
}

const shownIn = ({ messages }: ModelRequest): string => messages.map(textOf).join("\n");

interface Question {
  readonly classifier: Classifier;
  readonly model: ClassifierModel;
  readonly name: string;
  readonly asking: ModelRequest;
  readonly memory: ClassifierMemory;
  /** Of the prompt. */
  readonly version: string;
}

async function ask(course: Course, question: Question): Promise<Outcomes | "interrupted"> {
  const { world, signal } = course;
  const { model, name, asking, classifier } = question;
  const breaker = breakerOf(course, question);
  if (!breaker.admits()) {
    breaker.turnedAway();
    return { outcome: "unavailable", says: `${name} failed ${breaker.failures} times in a row and is left alone for a while` };
  }
  const { provider } = model;
  const attempt = { purpose, provider, model: model.model, segments: segmentsOf(question), attempt: 1 };
  const admitted = await admitCall(course, { attempt, call: callOf(question), spent: course.session.state.spent, isTurn: false });
  if (!admitted.ok)
    return {
      outcome: "unavailable",
      says: `the budget has no room for it (${("tooFast" in admitted ? admitted.tooFast : admitted.ruling).says.replace(/\.$/, "")})`,
    };
  const { request, projection } = admitted;
  const { finish, isLate } = await replyInTime(world.clock, provider, { ...asking, maxOutput: projection.maxOutput }, classifier.timeout, signal);
  const settled = settle({ ...finish, projection, price: model.price });
  const settlement = { ...settled, cost: { ...settled.cost, turns: 0 } };
  const spent = { usd: settlement.cost.usd, milliseconds: Math.round(finish.seconds * 1000) };
  const late = `it did not answer within ${classifier.timeout / 1000} s`;
  const failure = isLate ? ({ class: "aborted", message: `The classifier was ended: ${late}.` } as const) : failureOf(finish);
  if (failure !== null) {
    await closeFailed(course, { request, purpose, finish, failure, settlement, retryIn: null });
    if (signal.aborted) return "interrupted";
    if (breaker.failed()) {
      const says = `The classifier's model, ${name}, failed ${breaker.failures} times in a row; it is left alone for ${breakerLimits.coolDownMilliseconds / 1000} s.`;
      tellOpened(course.emit, breaker, { name: "classifier", failures: breaker.failures, says, usd: projection.expected.usd });
    }
    if (isLate) return { outcome: "no-verdict", says: late, ...spent };
    return { outcome: failure.class === "malformed" ? "no-verdict" : "unavailable", says: failure.message.replace(/\.$/, ""), ...spent };
  }
  await closeReplied(course, request, purpose, finish, settlement);
  breaker.succeeded();
  const { outcomeOf } = await loadClassifier();
  return { ...outcomeOf(finish.message), ...spent };
}

function breakerOf({ world }: Course, { name, memory: { breakers } }: Question) {
  const breaker = breakers.get(name) ?? createBreaker({ ...breakerLimits, name: `classifier ${name}` }, world.clock);
  breakers.set(name, breaker);
  return breaker;
}

function callOf({ model, asking }: Question): CallToProject {
  const input = estimateInput(estimateTokens(`${asking.system.map(({ text }) => text).join("\n")}\n${shownIn(asking)}`), null);
  return {
    inputTokens: input.expected,
    worstInputTokens: input.worst,
    cachedTokens: 0,
    cacheAge: Number.POSITIVE_INFINITY,
    cacheLife: 0,
    writesCache: false,
    maxOutput: asking.maxOutput,
    likelyOutput: 80,
    price: model.price,
  };
}

function segmentsOf({ asking, version }: Question): readonly Segment[] {
  const segment = (name: string, text: string): Segment => ({ name, sha256: sha256(text), bytes: Buffer.byteLength(text) });
  return [segment(`prompt:${version}`, asking.system.map(({ text }) => text).join("\n")), segment("intent and call", shownIn(asking))];
}
