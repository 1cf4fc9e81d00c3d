// The gate: facts, ruling, and who settles what is asked. Nothing of a call happens before it came through here.
//
// Owns: the order judge → what happened before → skills in force → sandbox → classifier → handler; in which sandbox a command runs.
// Calls: permissions, the handler, the journal.
// Invariants
//  G1  Each step after the judge only narrows a ruling; a classifier alone may turn an "ask" into an "allow", where the judge left that open.
//  G2  A decision is recorded before anything is done that it allows.
import { canonicalJson, type FileState, type Json, newId } from "../base/index.ts";
import type { ToolCall, ToolResult } from "../model/index.ts";
import { type ClassifierRecord, type Decision, explain, findFacts, judge, onlyReads, type Reason, type Request, type Ruling } from "../permissions/index.ts";
import { isPrepared, type Prepared, type Preview, type Profile, type Tool } from "../tools/index.ts";
import { argumentsHash } from "../workflow/index.ts";
import { classify } from "./classify.ts";
import type { Course } from "./course.ts";
import type { Execution } from "./execution.ts";
import { narrowed } from "./skills-in-force.ts";

/** How a call came out of the gate. */
export type Passed =
  | { readonly to: "act"; readonly request: Request; readonly prepared: Prepared; readonly profile: Profile | undefined }
  | { readonly to: "denied"; readonly subject: string; readonly why: string }
  /** It was not refused, and can't be done as things stand. */
  | { readonly to: "failed"; readonly subject: string; readonly result: ToolResult }
  | { readonly to: "waiting"; readonly subject: string; readonly asking: string }
  | { readonly to: "interrupted"; readonly subject: string };

interface Judged {
  readonly ruling: Ruling;
  /** For facts and ruling, without a classifier. */
  readonly milliseconds: number;
  readonly classifier?: ClassifierRecord;
  /** Why a classifier was asked that settled it. */
  readonly asked?: Reason;
}

/** `prepare` is called only for what is not refused. */
export async function passGate(course: Course, tool: Tool, prepare: () => Promise<Prepared | ToolResult>): Promise<Passed> {
  const from = course.world.clock.monotonic();
  const request = await requestOf(course, tool);
  const { subject } = request;
  const ruling = ruleOn(course, request);
  const milliseconds = Math.round((course.world.clock.monotonic() - from) * 1000) / 1000;
  const judged = { milliseconds, ...(await classify(course, request, ruling)) };
  const prepared = judged.ruling.verdict === "deny" ? null : await prepare();
  const decision = await settle(course, request, judged, prepared);
  if (decision === "interrupted") return { to: "interrupted", subject };
  if ("asking" in decision) return { to: "waiting", subject, asking: decision.asking };
  if (decision.verdict === "deny" || !prepared) return { to: "denied", subject, why: explain(decision) };
  return isPrepared(prepared) ? { to: "act", request, prepared, profile: decision.profile } : { to: "failed", subject, result: prepared };
}

/** The judge's word, and what only this session knows. */
function ruleOn(course: Course, request: Request): Ruling {
  const ruling = narrowed(course, request, afterUnknown(course, course.call, judge(request, course.agent.policy)));
  return withoutSandbox(course, request, ruling);
}

/** Where nobody is asked, a command runs in a sandbox or not at all, unless the settings say so by name. */
function withoutSandbox({ agent, world }: Execution, request: Request, ruling: Ruling): Ruling {
  const { mode, withoutSandbox: wish = "refuse", open } = agent.policy;
  if (ruling.verdict === "deny" || (ruling.verdict === "ask" && ruling.classifier === undefined)) return ruling;
  if (request.effect !== "execute" || (mode !== "auto" && mode !== "unattended") || wish === "run" || open === true) return ruling;
  const state = world.ports.sandboxState?.();
  if (state === undefined || state.works) return ruling;
  const because: Reason = { by: "fact", says: `no sandbox can be made here (${state.why}), and the setting shell.withoutSandbox is "${wish}"` };
  // what would be asked anyway is asked of a person
  return wish === "refuse" && ruling.verdict === "allow" ? { verdict: "deny", reason: because } : { verdict: "ask", because };
}

/** What is put around a command: no more than reading where that was proved, nothing where the person said so. */
function profileOf({ agent }: Execution, request: Request, wish: Profile | undefined): Profile {
  if (wish !== undefined) return wish;
  if (agent.policy.open === true) return "open";
  return onlyReads(request) ? "read-only" : "workspace";
}

/** What may have happened once already is repeated only by a person's word, whatever rule or mode. */
function afterUnknown({ session }: Execution, call: ToolCall, ruling: Ruling): Ruling {
  const isOpen = ruling.verdict === "allow" || (ruling.verdict === "ask" && ruling.classifier === true);
  if (!isOpen || !session.state.unknownEffects.has(argumentsHash(call))) return ruling;
  return { verdict: "ask", because: { by: "fact", says: "the same call was under way when bosun stopped, and whether it took effect is not known" } };
}

export const isCommand = (tool: Tool): boolean => tool.subjects.some(({ kind }) => kind === "command");

export async function requestOf({ world, call }: Execution & Pick<Course, "call">, tool: Tool): Promise<Request> {
  const cwd = isCommand(tool) ? world.ports.shellCwd() : world.cwd;
  return findFacts(call, tool, { cwd, root: world.root, home: world.home });
}

interface AskedElsewhere {
  readonly asking: string;
}

/** The decision, recorded; or the question that somebody else has to answer. */
async function settle(
  course: Course,
  request: Request,
  judged: Judged,
  prepared: Prepared | ToolResult | null,
): Promise<Decision | AskedElsewhere | "interrupted"> {
  const { agent, session, emit, step, call } = course;
  const { ruling } = judged;
  const base = {
    call: call.id,
    tool: call.tool,
    subject: request.subject,
    effect: request.effect,
    source: request.source,
    mode: agent.policy.mode,
    facts: request.facts,
    judged: judged.milliseconds,
    ...(judged.classifier === undefined ? {} : { classifier: judged.classifier }),
  };
  const surround = (wish?: Profile) => (request.effect === "execute" ? sandboxOf(course, profileOf(course, request, wish)) : {});
  let decision: Decision;
  let asking: string | undefined;
  if (ruling.verdict === "ask") {
    const before = prepared && isPrepared(prepared) ? prepared.before : [];
    const answered = answerOf(course, argumentsHash(call), before);
    if (answered) return answered;
    const answer = await ask(course, { request, because: ruling.because, preview: previewOf(prepared), before });
    if (answer === "interrupted" || !("verdict" in answer)) return answer;
    asking = answer.asking;
    const { profile, ...decided } = answer.decided;
    decision = { ...base, ...decided, ...(decided.verdict === "allow" ? surround(profile) : {}), asked: ruling.because };
  } else {
    const around = ruling.verdict === "allow" ? surround() : {};
    decision = {
      ...base,
      verdict: ruling.verdict,
      reason: ruling.reason,
      holds: "call",
      ...around,
      took: 0,
      ...(judged.asked === undefined ? {} : { asked: judged.asked }),
    };
  }
  await session.append({ type: "decision", step, ...(asking === undefined ? {} : { asking }), decision });
  if (decision.rule !== undefined) agent.policy.grant(decision.rule, decision.holds);
  emit({ type: "decision", step, call: call.id, tool: call.tool, decision });
  return decision;
}

/** An answer that was recorded before, by another process or before a crash, if it was to this very question. */
function answerOf(course: Course, hash: string, before: readonly FileState[]): Decision | null {
  const asked = course.known?.asked;
  const answer = course.session.state.answers.get(course.step);
  if (!asked || !answer || answer.asking !== asked.asking || asked.argumentsHash !== hash) return null;
  return canonicalJson(asked.before as unknown as Json) === canonicalJson(before as unknown as Json) ? answer.decision : null;
}

interface Question {
  readonly request: Request;
  readonly because: Reason;
  readonly preview: Preview;
  readonly before: readonly FileState[];
}
type Decided = Pick<Decision, "verdict" | "reason" | "holds" | "took" | "rule" | "profile">;

/** The sandbox as the decision records it. */
function sandboxOf({ world }: Execution, profile: Profile): Pick<Decision, "profile" | "sandbox"> {
  const state = profile === "open" ? undefined : world.ports.sandboxState?.();
  return { profile, ...(state === undefined || state.works ? {} : { sandbox: state.why }) };
}

async function ask(
  course: Course,
  question: Question,
): Promise<{ readonly verdict: string; readonly asking: string; readonly decided: Decided } | AskedElsewhere | "interrupted"> {
  const { agent, world, emit, step, call, signal } = course;
  const { request, because, preview, before } = question;
  const asking = newId<"asking">("q", world.clock.now());
  await course.move(
    { to: "awaiting-approval", asking, preview: preview as unknown as Json, because: because as unknown as Json, argumentsHash: argumentsHash(call), before },
    { subject: request.subject },
  );
  emit({ type: "approval-asked", step, call: call.id, tool: call.tool, subject: request.subject, because, preview });
  const from = world.clock.monotonic();
  const answer = await agent.handler.settle(request, because, preview, signal);
  if (signal.aborted) return "interrupted";
  if ("awaiting" in answer) return { asking };
  const took = Math.round(world.clock.monotonic() - from);
  const { verdict, reason, holds, rule, profile } = answer;
  return { verdict, asking, decided: { verdict, reason, holds, took, ...(rule === undefined ? {} : { rule }), ...(profile === undefined ? {} : { profile }) } };
}

function previewOf(prepared: Prepared | ToolResult | null): Preview {
  if (prepared === null) return { kind: "none" };
  if (isPrepared(prepared)) return prepared.preview;
  return { kind: "text", text: "As things stand this call would fail; the model would be told why." };
}
