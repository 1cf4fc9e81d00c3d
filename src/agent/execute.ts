// One call from "planned" to a closed step. The only place where `commit` is called (a check proves it).
//
// Owns: the order plan → judge → prepare → settle → intent → commit → record.
// Calls: permissions, the tool, the tree's lock, the journal.
// Invariants
//  X1  Nothing is committed before its intent is durable, its decision recorded and, unless it only reads, the
//      tree's lock held.
//  X2  A call that is asked for holds nobody else: no lock is held while a person thinks.
//  X3  Every call that is not left waiting ends in exactly one closing line.
//  X4  Once the journal refuses, nothing more is started.
import { BosunError, canonicalJson, messageOf, newId, type StepId } from "../base/index.ts";
import { sha256 } from "../exec/index.ts";
import type { ToolCall, ToolResult } from "../model/index.ts";
import { type Decision, explain, findFacts, judge, type Reason, type Request, type Ruling } from "../permissions/index.ts";
import type { Session } from "../session/index.ts";
import { isPrepared, type Prepared, type Preview, type Tool, type ToolContext, validateInput } from "../tools/index.ts";
import type { EffectClass, Step, StepChange } from "../workflow/index.ts";
import type { AgentDefinition, World } from "./definition.ts";
import type { Emit } from "./event.ts";

/** What one run works with. */
export interface Execution {
  readonly agent: AgentDefinition;
  readonly world: World;
  readonly session: Session;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

export interface Waiting {
  readonly step: StepId;
  readonly request: Request;
}

/** The call under way, and the one function that moves its step. */
interface Course extends Execution {
  readonly call: ToolCall;
  readonly step: StepId;
  readonly key: string;
  move(change: Change, more?: { readonly subject?: string; readonly says?: string }): Promise<void>;
}
type Change = StepChange extends infer Each ? (Each extends StepChange ? Omit<Each, "step"> : never) : never;

/** Runs one call, or goes on with it; resolves with what it waits for, or null once its step is closed. */
export async function perform(execution: Execution, call: ToolCall, known: Step | null): Promise<Waiting | null> {
  const course = begin(execution, call, known);
  if (!known) await course.move({ to: "planned", call, key: course.key });
  if (execution.signal.aborted) return close(course.move({ to: "cancelled", why: interrupted }));
  const tool = execution.agent.tools.get(call.tool);
  if (!tool) return close(course.move({ to: "failed", result: failure(missing(execution, call.tool)) }));
  const invalid = await validateInput(tool, call.input);
  if (invalid !== null) return close(course.move({ to: "failed", result: failure(invalid) }));

  const request = await requestOf(course, tool);
  const { subject } = request;
  const ruling = judge(request, execution.agent.policy);
  const prepared = ruling.verdict === "deny" ? null : await prepare(course, tool);
  const decision = await settle(course, request, ruling, prepared);
  if (decision === "awaiting") return { step: course.step, request };
  if (decision === "interrupted") return close(course.move({ to: "cancelled", why: interrupted }, { subject }));
  if (decision.verdict === "deny" || !prepared) return close(course.move({ to: "denied", why: explain(decision) }, { subject }));
  if (!isPrepared(prepared)) return close(course.move({ to: "failed", result: prepared }, { subject }));
  return close(act(course, tool, prepared, subject));
}

const interrupted = "Interrupted by the person before it began: nothing was done.";
const failure = (text: string): ToolResult => ({ parts: [{ type: "text", text }], failed: true });
const close = (work: Promise<void>): Promise<null> => work.then(() => null);

function begin(execution: Execution, call: ToolCall, known: Step | null): Course {
  const { session, world, emit } = execution;
  const step = known?.id ?? newId<"step">("s", world.clock.now());
  const key = known?.key ?? sha256(`${session.id} ${step}`).slice(0, 32);
  return {
    ...execution,
    call,
    step,
    key,
    async move(change, more) {
      const whole = { ...change, step } as StepChange;
      const says = whole.to === "denied" || whole.to === "cancelled" || whole.to === "unknown" ? whole.why : more?.says;
      const detail = whole.to === "done" || whole.to === "failed" ? whole.result.detail : undefined;
      const appended = session.append({ type: "step", change: whole });
      // Announced before the effect, but never before the line that announces it to a later reader.
      await appended;
      emit({ type: "step", step, call: call.id, tool: call.tool, to: whole.to, subject: more?.subject ?? "", ...(says === undefined ? {} : { says }), ...(detail === undefined ? {} : { detail }) });
    },
  };
}

function missing(execution: Execution, name: string): string {
  const names = execution.agent.tools.list().map((tool) => tool.name);
  return `There is no tool named "${name}". The tools are: ${names.join(", ")}.`;
}

async function requestOf(course: Course, tool: Tool): Promise<Request> {
  const { world, call } = course;
  const cwd = tool.subject.kind === "command" ? world.ports.shell.cwd() : world.cwd;
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
    started: (process) => void course.session.append({ type: "process", process: { step: course.step, ...process } }).catch(() => undefined),
  };
  try {
    const work = await tool.load();
    return await work(call.input, context);
  } catch (error) {
    return failure(`The tool "${tool.name}" failed before it did anything: ${messageOf(error)}`);
  }
}

/** The decision, recorded; or that it is somebody else's turn. */
async function settle(course: Course, request: Request, ruling: Ruling, prepared: Prepared | ToolResult | null): Promise<Decision | "awaiting" | "interrupted"> {
  const { agent, session, world, emit, step, call, signal } = course;
  const base = { call: call.id, tool: call.tool, subject: request.subject, mode: agent.policy.mode, facts: request.facts };
  let decision: Decision;
  if (ruling.verdict === "ask") {
    const asked = await ask(course, request, ruling.because, previewOf(prepared));
    if (typeof asked === "string") return asked;
    decision = { ...base, ...asked, asked: ruling.because };
  } else decision = { ...base, verdict: ruling.verdict, reason: ruling.reason, holds: "call", took: 0 };
  await session.append({ type: "decision", step, decision });
  if (decision.rule !== undefined) agent.policy.grant(decision.rule, decision.holds);
  emit({ type: "decision", step, call: call.id, tool: call.tool, decision });
  return decision;
}

type Answered = Pick<Decision, "verdict" | "reason" | "holds" | "took"> & { readonly rule?: string };

async function ask(course: Course, request: Request, because: Reason, preview: Preview): Promise<Answered | "awaiting" | "interrupted"> {
  const { agent, world, emit, step, call, signal } = course;
  await course.move({ to: "awaiting-approval", preview, because }, { subject: request.subject });
  emit({ type: "approval-asked", step, call: call.id, tool: call.tool, subject: request.subject, because, preview });
  const from = world.clock.monotonic();
  const answer = await agent.handler.settle(request, because, preview, signal);
  if (signal.aborted) return "interrupted";
  if ("awaiting" in answer) return "awaiting";
  const took = Math.round(world.clock.monotonic() - from);
  return { verdict: answer.verdict, reason: answer.reason, holds: answer.holds, took, ...(answer.rule === undefined ? {} : { rule: answer.rule }) };
}

function previewOf(prepared: Prepared | ToolResult | null): Preview {
  if (prepared === null) return { kind: "none" };
  if (isPrepared(prepared)) return prepared.preview;
  return { kind: "text", text: "As things stand this call would fail; the model would be told why." };
}

/** Intent, effect, record. */
async function act(course: Course, tool: Tool, prepared: Prepared, subject: string): Promise<void> {
  const { world, signal, emit, call } = course;
  const changes = tool.effect !== "read" && tool.effect !== "none";
  const release = changes
    ? await world.tree.take(signal, () => emit({ type: "notice", level: "info", code: "tree-busy", says: "Waiting for another process that is changing this working tree." }))
    : () => undefined;
  if (!release) return course.move({ to: "cancelled", why: interrupted }, { subject });
  try {
    const argumentsHash = sha256(canonicalJson([call.tool, call.input]));
    await course.move({ to: "executing", intent: { class: effectClass(tool), argumentsHash, before: prepared.before, after: prepared.after } }, { subject });
    const result = await commit(tool, prepared);
    await course.move({ to: result.failed ? "failed" : "done", result }, { subject });
  } finally {
    release();
  }
}

async function commit(tool: Tool, prepared: Prepared): Promise<ToolResult> {
  try {
    return await prepared.commit();
  } catch (error) {
    if (BosunError.isInstance(error) && error.code === "journal-failed") throw error;
    return failure(`The tool "${tool.name}" broke while it worked: ${messageOf(error)}. Whether it had an effect is not known: look before you repeat it.`);
  }
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
  }
}
