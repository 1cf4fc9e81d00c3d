// The gate: facts, ruling, and who settles what is asked. Nothing of a call happens before it came through here.
//
// Owns: the order judge → what happened before → skills in force → sandbox → classifier → person; in which sandbox a command runs.
// Calls: permissions, the question (question.ts), the journal.
// Invariants
//  G1  Each step after the judge only narrows a ruling; a classifier alone may turn an "ask" into an "allow", where the judge left that open.
//  G2  A decision is recorded before anything is done that it allows.
//  G3  What a person changed is judged anew, as if the model had said it, and shown as it will run; a deny rule, a ceiling and a
//      protected target stand against it as against any call.
//  G4  A refusal that was recorded for a question holds, whatever allows the call by now.
import { canonicalJson, type Json } from "../base/index.ts";
import type { ToolCall, ToolResult } from "../model/index.ts";
import {
  type ClassifierRecord,
  type Decision,
  explain,
  findFacts,
  grantsRule,
  judge,
  onlyReads,
  type Reason,
  type Request,
  type Ruling,
} from "../permissions/index.ts";
import { isPrepared, type Prepared, type Profile, type Tool, validateInput } from "../tools/index.ts";
import { argumentsHash } from "../workflow/index.ts";
import { changedLine } from "./changed-call.ts";
import { classify } from "./classify.ts";
import type { Course } from "./course.ts";
import type { Execution } from "./execution.ts";
import { askPerson, earlierReply, type Reply } from "./question.ts";
import { narrowed } from "./skills-in-force.ts";

/** How a call came out of the gate. */
export type Passed =
  /** `course`: with the call that runs. `input`: of a call that a person changed. */
  | {
      readonly to: "act";
      readonly course: Course;
      readonly request: Request;
      readonly prepared: Prepared;
      readonly profile: Profile | undefined;
      readonly input?: Json;
    }
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

/** The call as it would run. */
interface Draft {
  readonly course: Course;
  readonly tool: Tool;
  readonly request: Request;
  readonly judged: Judged;
  /** Null: refused, so nothing was prepared. */
  readonly prepared: Prepared | ToolResult | null;
  /** The person's input in place of the model's. */
  readonly input?: Json;
}
type Prepare = (course: Course) => Promise<Prepared | ToolResult>;

/** Changes of one call, after which it is refused: whoever answers is no person. */
const mostChanges = 32;

/** `prepare` is called only for what is not refused. */
export async function passGate(course: Course, tool: Tool, prepare: Prepare): Promise<Passed> {
  const draft = (input?: Json): Promise<Draft> => draftOf(course, tool, prepare, input);
  let now = await draft(course.known?.asked?.input);
  let reply: Reply | null = await earlierReply(now.course, now.prepared);
  let problem: string | null = null;
  for (let changes = 0; changes <= mostChanges; changes += 1) {
    const { ruling } = now.judged;
    if (ruling.verdict === "deny") return pass(now, await record(now, { ...byRuling, verdict: "deny", reason: ruling.reason }, asOf(reply)));
    if (reply === null) {
      if (ruling.verdict === "allow" && now.input === undefined) return pass(now, await record(now, { ...byRuling, verdict: "allow", reason: ruling.reason }));
      const { classifier } = now.judged;
      reply = await askPerson(now.course, { ...now, ...(classifier === undefined ? {} : { classifier }) }, becauseOf(ruling, problem));
    }
    if (reply.is === "interrupted") return { to: "interrupted", subject: now.request.subject };
    if (reply.is === "waiting") return { to: "waiting", subject: now.request.subject, asking: reply.asking };
    const changed = reply.is === "edit" ? reply.input : inputOf(reply);
    const isSame = changed === undefined || canonicalJson(changed) === canonicalJson(now.course.call.input);
    if (reply.is !== "edit" && (changed === undefined || isSame)) return pass(now, await conclude(now, reply));
    problem = changed === undefined || isSame ? "nothing in it is different" : await validateInput(tool, changed);
    if (problem === null) {
      now = await draft(changed);
      // a change that came with its answer needs no second one
      if (reply.is !== "edit" && mayRunUnseen(now)) return pass(now, await conclude(now, reply));
    }
    if (now.judged.ruling.verdict !== "deny") reply = null;
  }
  const says = `it was changed ${mostChanges} times without an answer`;
  return pass(now, await record(now, { ...byRuling, verdict: "deny", reason: { by: "fact", says } }));
}

const byRuling = { holds: "call", took: 0 } as const;

/** What is to run in place of what was asked for. */
function inputOf(reply: Extract<Reply, { readonly is: "decision" | "answer" }>): Json | undefined {
  const { verdict, input } = reply.is === "decision" ? reply.decision : { ...reply.decided, input: reply.input };
  return verdict === "allow" ? input : undefined;
}

function becauseOf(ruling: Ruling, problem: string | null): Reason {
  if (problem !== null) return { by: "fact", says: `the change can't be taken, and what stands is the call as before it: ${problem}` };
  return ruling.verdict === "ask" ? ruling.because : { by: "fact", says: "the person changed this call, and this is what would run now" };
}

/** A person's answer with another input in it is enough, but for what only a person who saw it may change. */
const mayRunUnseen = ({ judged, request: { effect, facts } }: Draft): boolean =>
  judged.ruling.verdict !== "deny" &&
  !(effect !== "read" && effect !== "none" && facts.paths.some((path) => path.protected !== null)) &&
  facts.findings?.some((finding) => finding.class === "protected") !== true;

async function draftOf(original: Course, tool: Tool, prepare: Prepare, given: Json | undefined): Promise<Draft> {
  const course = given === undefined ? original : { ...original, call: { ...original.call, input: given } };
  const { clock } = course.world;
  const from = clock.monotonic();
  const request = await requestOf(course, tool);
  const ruling = ruleOn(course, request);
  const milliseconds = Math.round((clock.monotonic() - from) * 1000) / 1000;
  // what a person changed is shown to a person
  const judged = { milliseconds, ...(given === undefined ? await classify(course, request, ruling) : { ruling }) };
  const prepared = judged.ruling.verdict === "deny" ? null : await prepare(course);
  const isChanged = given !== undefined && canonicalJson(given) !== canonicalJson(original.call.input);
  return { course, tool, request, judged, prepared, ...(isChanged ? { input: given } : {}) };
}

function pass({ course, request, prepared, input }: Draft, decision: Decision): Passed {
  const { subject } = request;
  const line = input === undefined ? "" : `\n${changedLine(course.call.tool, input)}`;
  if (decision.verdict === "deny" || !prepared) return { to: "denied", subject, why: `${explain(decision)}${line}` };
  if (!isPrepared(prepared))
    return { to: "failed", subject, result: line === "" ? prepared : { ...prepared, parts: [...prepared.parts, { type: "text", text: line }] } };
  return { to: "act", course, request, prepared, profile: decision.profile, ...(input === undefined ? {} : { input }) };
}

/** The judge's word, and what only this session knows. */
function ruleOn(course: Course, request: Request): Ruling {
  const ruling = narrowed(course, request, afterUnknown(course, course.call, judge(request, course.agent.policy)));
  return withoutSandbox(course, request, ruling);
}

/** Where nobody is asked, a command runs in a sandbox or not at all, unless the settings say so by name; nor a plugin that is to read while a session plans. */
function withoutSandbox({ agent, world }: Execution, request: Request, ruling: Ruling): Ruling {
  const { mode, withoutSandbox: wish = "refuse", open } = agent.policy;
  if (ruling.verdict === "deny" || (ruling.verdict === "ask" && ruling.classifier === undefined)) return ruling;
  const isPlanned = mode === "plan" && request.source.tier === "plugin";
  if (!runsProgram(request) || (mode !== "auto" && mode !== "unattended" && !isPlanned) || ((wish === "run" || open === true) && !isPlanned)) return ruling;
  const state = world.ports.sandboxState?.();
  if (state === undefined || state.works) return ruling;
  if (isPlanned) return { verdict: "deny", reason: { by: "fact", says: `this session plans, and nothing holds a plugin to reading here: ${state.why}` } };
  const because: Reason = { by: "fact", says: `no sandbox can be made here (${state.why}), and the setting shell.withoutSandbox is "${wish}"` };
  // what would be asked anyway is asked of a person
  return wish === "refuse" && ruling.verdict === "allow" ? { verdict: "deny", reason: because } : { verdict: "ask", because };
}

/** A command, or whatever a plugin does: its tools are programs, whatever they say of themselves. */
const runsProgram = ({ effect, source }: Request): boolean => effect === "execute" || source.tier === "plugin";

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
  return findFacts(call, tool, { cwd, root: world.root, home: world.home, own: world.own });
}

type Decided = Pick<Decision, "verdict" | "reason" | "holds" | "took" | "rule" | "profile" | "more">;

/** What was answered, as a decision that stands in the journal. */
async function conclude(draft: Draft, reply: Extract<Reply, { readonly is: "decision" | "answer" }>): Promise<Decision> {
  const { course, request } = draft;
  if (reply.is === "answer") return record(draft, reply.decided, reply.asking);
  const { decision } = reply;
  // another process can't know what is put around a command here
  if (decision.verdict === "deny" || decision.profile !== undefined || request.effect !== "execute") return decision;
  return { ...decision, profile: profileOf(course, request, undefined) };
}

/** The question that an answer was to which did not prevail: it is answered with this. */
const asOf = (reply: Reply | null): string | undefined => (reply?.is === "answer" ? reply.asking : undefined);

async function record({ course, request, judged, input }: Draft, decided: Decided, asking?: string): Promise<Decision> {
  const { agent, session, emit, step, call } = course;
  const { profile: wish, ...rest } = decided;
  const { ruling, classifier } = judged;
  const asked = ruling.verdict === "ask" ? ruling.because : judged.asked;
  const decision: Decision = {
    call: call.id,
    tool: call.tool,
    subject: request.subject,
    effect: request.effect,
    source: request.source,
    mode: agent.policy.mode,
    facts: request.facts,
    judged: judged.milliseconds,
    ...(classifier === undefined ? {} : { classifier }),
    ...rest,
    ...(input === undefined ? {} : { input }),
    ...(rest.verdict === "allow" && request.effect === "execute" ? sandboxOf(course, profileOf(course, request, wish)) : {}),
    ...(rest.verdict === "allow" && request.effect !== "execute" && runsProgram(request) ? lackOf(course) : {}),
    ...(asked === undefined ? {} : { asked }),
  };
  await session.append({ type: "decision", step, ...(asking === undefined ? {} : { asking }), decision });
  if (grantsRule(decision)) {
    const [problem] = agent.policy.grant(decision.rule, decision.holds);
    const says = `The rule ${decision.rule} that came with an answer holds for nothing: ${problem?.says}.`;
    if (problem !== undefined) emit({ type: "notice", level: "warning", code: "rule-unreadable", says });
  }
  emit({ type: "decision", step, call: call.id, tool: call.tool, decision });
  return decision;
}

/** Why a plugin has no sandbox here. */
function lackOf({ world }: Execution): Pick<Decision, "sandbox"> {
  const state = world.ports.sandboxState?.();
  return state === undefined || state.works ? {} : { sandbox: state.why };
}

/** The sandbox as the decision records it. */
function sandboxOf({ world }: Execution, profile: Profile): Pick<Decision, "profile" | "sandbox"> {
  const state = profile === "open" ? undefined : world.ports.sandboxState?.();
  return { profile, ...(state === undefined || state.works ? {} : { sandbox: state.why }) };
}
