// One call from "planned" to a closed step. The only place where `commit` is called (a check proves it).
//
// Owns: the order plan → judge → prepare → settle → intent → commit → record; in which sandbox a command runs.
// Calls: permissions, the tool, the tree's lock, the journal.
// Invariants
//  X1  Nothing is committed before its intent is durable, its decision recorded and, unless it only reads (or is a command
//      that was proved to), the tree's lock held; a subagent's calls take it themselves.
//  X2  A call that is asked for holds nobody else: no lock is held while a person thinks.
//  X3  Every call that is not left waiting ends in exactly one closing line.
//  X4  Once the journal refuses, nothing more is started.
import { BosunError, canonicalJson, type FileState, isJsonObject, type Json, messageOf, newId, type RequestId, type StepId } from "../base/index.ts";
import { sha256 } from "../exec/index.ts";
import { type ToolCall, type ToolResult, textOf } from "../model/index.ts";
import { type Decision, explain, findFacts, judge, onlyReads, type Reason, type Request, type Ruling } from "../permissions/index.ts";
import type { PendingCall } from "../session/index.ts";
import { isPrepared, type Prepared, type Preview, type Profile, type Tool, type ToolContext, validateInput } from "../tools/index.ts";
import { argumentsHash, type EffectClass, type Intent, type Step, type StepChange } from "../workflow/index.ts";
import type { Execution, Waiting } from "./execution.ts";
import { keepResult } from "./keep-result.ts";
import { settleStep } from "./settle.ts";

/** The call under way, and the one function that moves its step. */
interface Course extends Execution {
  readonly call: ToolCall;
  readonly step: StepId;
  readonly request: RequestId;
  readonly key: string;
  /** What an earlier run left of it. */
  readonly known: Step | null;
  move(change: Change, more?: { readonly subject?: string; readonly says?: string }): Promise<void>;
}
type Change = StepChange extends infer Each ? (Each extends StepChange ? Omit<Each, "step"> : never) : never;

/** Runs one call, or goes on with it; resolves with what it waits for, or null once its step is closed. */
export async function perform(execution: Execution, pending: PendingCall): Promise<Waiting | null> {
  const course = begin(execution, pending);
  const { call } = pending;
  if (!pending.step) await course.move({ to: "planned", request: course.request, index: pending.index, call, key: course.key });
  if (execution.signal.aborted) return close(course.move({ to: "cancelled", why: interrupted }));
  const tool = execution.agent.tools.get(call.tool);
  if (!tool) return close(course.move({ to: "failed", result: failure(missing(execution, call.tool)) }));
  const invalid = await validateInput(tool, call.input);
  if (invalid !== null) return close(course.move({ to: "failed", result: failure(invalid) }));

  const request = await requestOf(course, tool);
  const { subject } = request;
  const ruling = withoutSandbox(execution, request, afterUnknown(execution, call, judge(request, execution.agent.policy)));
  const prepared = ruling.verdict === "deny" ? null : await prepare(course, tool);
  const decision = await settle(course, request, ruling, prepared);
  if (typeof decision === "object" && "asking" in decision) return { step: course.step, asking: decision.asking, tool: call.tool, subject };
  if (decision === "interrupted") return close(course.move({ to: "cancelled", why: interrupted }, { subject }));
  if (decision.verdict === "deny" || !prepared) return close(course.move({ to: "denied", why: explain(decision) }, { subject }));
  if (!isPrepared(prepared)) return close(course.move({ to: "failed", result: prepared }, { subject }));
  return close(act(course, tool, prepared, { request, profile: decision.profile }));
}

/** Whether a call may run beside others that read: by its tool's effect, or as a command that was proved to and stays in its folder. */
export async function changesNothing(execution: Execution, call: ToolCall): Promise<boolean> {
  const tool = execution.agent.tools.get(call.tool);
  if (tool?.effect !== "execute") return tool?.effect === "read";
  // a job goes on beside what comes later
  if (!isCommand(tool) || (isJsonObject(call.input) && call.input["background"] === true)) return false;
  const request = await requestOf({ ...execution, call }, tool);
  return onlyReads(request) && request.facts.moves !== true;
}

const isCommand = (tool: Tool): boolean => tool.subjects.some(({ kind }) => kind === "command");

/** Where nobody is asked, a command runs in a sandbox or not at all, unless the settings say so by name. */
function withoutSandbox({ agent, world }: Execution, request: Request, ruling: Ruling): Ruling {
  const { mode, withoutSandbox: wish = "refuse", open } = agent.policy;
  if (ruling.verdict !== "allow" || request.effect !== "execute" || (mode !== "auto" && mode !== "unattended") || wish === "run" || open === true)
    return ruling;
  const state = world.ports.sandboxState?.();
  if (state === undefined || state.works) return ruling;
  const because: Reason = { by: "fact", says: `no sandbox can be made here (${state.why}), and the setting shell.withoutSandbox is "${wish}"` };
  return wish === "refuse" ? { verdict: "deny", reason: because } : { verdict: "ask", because };
}

/** What is put around a command: no more than reading where that was proved, nothing where the person said so. */
function profileOf({ agent }: Execution, request: Request, wish: Profile | undefined): Profile {
  if (wish !== undefined) return wish;
  if (agent.policy.open === true) return "open";
  return onlyReads(request) ? "read-only" : "workspace";
}

/** What may have happened once already is repeated only by a person's word, whatever rule or mode. */
function afterUnknown({ session }: Execution, call: ToolCall, ruling: Ruling): Ruling {
  if (ruling.verdict !== "allow" || !session.state.unknownEffects.has(argumentsHash(call))) return ruling;
  return { verdict: "ask", because: { by: "fact", says: "the same call was under way when bosun stopped, and whether it took effect is not known" } };
}

const interrupted = "Interrupted by the person before it began: nothing was done.";
const failure = (text: string): ToolResult => ({ parts: [{ type: "text", text }], failed: true });
const close = (work: Promise<void>): Promise<null> => work.then(() => null);

function begin(execution: Execution, pending: PendingCall): Course {
  const { session, world, emit } = execution;
  const { call, step: known } = pending;
  const request = session.state.lastRequest;
  if (!request) throw new Error("a call is pending that no request made");
  const step = known?.id ?? newId<"step">("s", world.clock.now());
  const key = known?.key ?? sha256(`${session.id} ${step}`).slice(0, 32);
  return {
    ...execution,
    call,
    known,
    request,
    step,
    key,
    async move(change, more) {
      const whole = { ...change, step } as StepChange;
      const says = whole.to === "denied" || whole.to === "cancelled" || whole.to === "unknown" ? whole.why : more?.says;
      const detail = whole.to === "done" || whole.to === "failed" ? whole.result.detail : undefined;
      await session.append({ type: "step", change: whole });
      emit({
        type: "step",
        step,
        call: call.id,
        tool: call.tool,
        to: whole.to,
        subject: more?.subject ?? "",
        ...(says === undefined ? {} : { says }),
        ...(detail === undefined ? {} : { detail }),
      });
    },
  };
}

function missing(execution: Execution, name: string): string {
  const names = execution.agent.tools.list().map((tool) => tool.name);
  return `There is no tool named "${name}". The tools are: ${names.join(", ")}.`;
}

async function requestOf({ world, call }: Execution & Pick<Course, "call">, tool: Tool): Promise<Request> {
  const cwd = isCommand(tool) ? world.ports.shellCwd() : world.cwd;
  return findFacts(call, tool, { cwd, root: world.root, home: world.home });
}

async function prepare(course: Course, tool: Tool): Promise<Prepared | ToolResult> {
  const { world, signal, emit, call, key } = course;
  const context: ToolContext = {
    cwd: world.cwd,
    root: world.root,
    signal,
    key,
    ports: world.ports,
    progress: (detail) => emit({ type: "tool-progress", call: call.id, detail }),
  };
  try {
    const work = await tool.load();
    return await work(call.input, context);
  } catch (error) {
    return failure(`The tool "${tool.name}" failed before it did anything: ${messageOf(error)}`);
  }
}

interface AskedElsewhere {
  readonly asking: string;
}

/** The decision, recorded; or the question that somebody else has to answer. */
async function settle(
  course: Course,
  request: Request,
  ruling: Ruling,
  prepared: Prepared | ToolResult | null,
): Promise<Decision | AskedElsewhere | "interrupted"> {
  const { agent, session, emit, step, call } = course;
  const base = { call: call.id, tool: call.tool, subject: request.subject, mode: agent.policy.mode, facts: request.facts };
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
    decision = { ...base, verdict: ruling.verdict, reason: ruling.reason, holds: "call", ...around, took: 0 };
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

/** Intent, effect, record. */
async function act(
  course: Course,
  tool: Tool,
  prepared: Prepared,
  judged: { readonly request: Request; readonly profile: Profile | undefined },
): Promise<void> {
  const { world, signal, emit } = course;
  const { request, profile } = judged;
  const { subject } = request;
  // a subagent's own calls take the lock, each for itself
  const changes = tool.effect !== "read" && tool.effect !== "none" && tool.effect !== "agent" && !onlyReads(request);
  const onWait = () => emit({ type: "notice", level: "info", code: "tree-busy", says: "Waiting for another process that is changing this working tree." });
  const release = changes ? await world.tree.take(signal, onWait) : () => undefined;
  if (!release) return course.move({ to: "cancelled", why: interrupted }, { subject });
  try {
    const images = await keepImages(course, prepared);
    const intent: Intent = {
      class: effectClass(tool),
      redo: tool.redo,
      argumentsHash: argumentsHash(course.call),
      before: prepared.before,
      after: prepared.after,
      ...images,
      ...(prepared.child === undefined ? {} : { child: prepared.child }),
      ...writesOf(request),
    };
    await course.move({ to: "executing", intent }, { subject });
    const result = await keepResult(course, course.step, course.call, await commit(course, tool, prepared, profile));
    if (result.effect === "unknown") return await closeUnknown(course, intent, result);
    await course.move({ to: result.failed ? "failed" : "done", result }, { subject });
  } finally {
    release();
  }
}

/** What a command was seen to write. What was not understood may write anywhere. */
function writesOf({ effect, facts }: Request): Pick<Intent, "writes"> {
  if (effect !== "execute" || facts.effects === undefined) return {};
  const written = facts.effects.flatMap(({ kind, path }) => (kind === "writes" ? [path ?? null] : kind === "reads" || kind === "repository" ? [] : [null]));
  const unknown = facts.commands === null || facts.moreEffects !== undefined ? [null] : [];
  const writes = [...new Set([...written, ...unknown])];
  return writes.length === 0 ? {} : { writes };
}

/** What stood in the files before, for a later diff or undo: durable before the intent that names it, or nothing is begun. */
async function keepImages(course: Course, { images = [], before }: Prepared): Promise<{ readonly images?: readonly string[] }> {
  const kept: string[] = [];
  for (const bytes of images) {
    const stored = await course.session.putBlob(bytes);
    if (!stored.ok) {
      const files = before.map(({ path }) => path).join(", ");
      const says = `What stands in ${files} cannot be kept, so ${course.call.tool} was not begun and nothing was changed. ${stored.error.says}`;
      throw new BosunError("journal-failed", says, { cause: stored.error });
    }
    kept.push(stored.value);
  }
  return kept.length === 0 ? {} : { images: kept };
}

async function commit(course: Course, tool: Tool, prepared: Prepared, profile: Profile | undefined): Promise<ToolResult> {
  const { session, step } = course;
  const effects = course.world.effects({
    step,
    key: course.key,
    ...(profile === undefined ? {} : { profile }),
    onProcess: (process) => void session.append({ type: "process", process: { step, ...process } }).catch(() => undefined),
  });
  try {
    return await prepared.commit(effects.ports);
  } catch (error) {
    if (BosunError.isInstance(error) && error.code === "journal-failed") throw error;
    return { ...failure(`The tool "${tool.name}" broke while it worked: ${messageOf(error)}.`), effect: "unknown" };
  } finally {
    effects.revoke();
  }
}

/** The tool itself can't say whether it had an effect: recorded as unknown, never as failed. */
async function closeUnknown(course: Course, intent: Intent, result: ToolResult): Promise<void> {
  const says = `${textOf(result)}\nWhether it had an effect is not known. Look at the present state before you repeat it.`;
  const step: Step = { id: course.step, call: course.call, key: course.key, state: "executing", intent, at: course.world.clock.now() };
  await settleStep(course, step, { action: "close", verdict: "unknown", says, evidence: [] });
}

/** By which row of the reconcile table a crash in the middle of this call is judged. */
export function effectClass(tool: Pick<Tool, "effect">): EffectClass {
  switch (tool.effect) {
    case "none":
    case "read":
      return tool.effect;
    case "write":
      return "file";
    case "execute":
      return "shell";
    case "network":
      return "external";
    case "agent":
      return "agent";
  }
}
