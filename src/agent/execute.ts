// One call from "planned" to a closed step. The only place where `commit` is called (a check proves it).
//
// Owns: the order plan → gate → intent → commit → record.
// Calls: the gate, the tool, the tree's lock, the journal.
// Invariants
//  X1  Nothing is committed before its intent is durable, its decision recorded and, unless it only reads (or is a command
//      that was proved to), the tree's lock held; a subagent's calls take it themselves.
//  X2  A call that is asked for holds nobody else: no lock is held while a person thinks.
//  X3  Every call that is not left waiting ends in exactly one closing line.
//  X4  Once the journal refuses, nothing more is started.
import { BosunError, isJsonObject, messageOf } from "../base/index.ts";
import { type ToolCall, type ToolResult, textOf } from "../model/index.ts";
import { onlyReads, type Request } from "../permissions/index.ts";
import type { PendingCall } from "../session/index.ts";
import { type Effect, type Prepared, type Profile, type Tool, validateInput } from "../tools/index.ts";
import { argumentsHash, type EffectClass, type Intent, type Step } from "../workflow/index.ts";
import { changedLine, withLine } from "./changed-call.ts";
import { beginCourse, type Course, contextFor } from "./course.ts";
import { calledTool } from "./deferred.ts";
import type { Execution, Waiting } from "./execution.ts";
import { isCommand, type Passed, passGate, requestOf } from "./gate.ts";
import { keepResult } from "./keep-result.ts";
import { settleStep } from "./settle.ts";

/** Runs one call, or goes on with it; resolves with what it waits for, or null once its step is closed. */
export async function perform(execution: Execution, pending: PendingCall): Promise<Waiting | null> {
  const course = beginCourse(execution, pending);
  const { call } = course;
  if (!pending.step) await course.move({ to: "planned", request: course.request, index: pending.index, call: pending.call, key: course.key });
  if (execution.signal.aborted) return close(course.move({ to: "cancelled", why: interrupted }));
  const tool = execution.agent.tools.get(call.tool);
  if (!tool) return close(course.move({ to: "failed", result: failure(missing(execution, call.tool)) }));
  const invalid = await validateInput(tool, call.input);
  if (invalid !== null) return close(course.move({ to: "failed", result: failure(invalid) }));

  const passed = await passGate(course, tool, (asked) => prepare(asked, tool));
  switch (passed.to) {
    case "act":
      return close(act(tool, passed));
    case "denied":
      return close(course.move({ to: "denied", why: passed.why }, passed));
    case "failed":
      return close(course.move({ to: "failed", result: passed.result }, passed));
    case "waiting":
      return { step: course.step, asking: passed.asking, tool: call.tool, subject: passed.subject };
    case "interrupted":
      return close(course.move({ to: "cancelled", why: interrupted }, passed));
  }
}

/** Whether a call may run beside others that read: by its tool's effect, or as a command that was proved to and stays in its folder. */
export async function changesNothing(execution: Execution, asked: ToolCall): Promise<boolean> {
  const call = calledTool(execution, asked);
  const tool = execution.agent.tools.get(call.tool);
  if (tool === undefined) return false;
  if (tool.effect !== "execute") return heldEffect(execution, tool) === "read";
  // a job goes on beside what comes later
  if (!isCommand(tool) || (isJsonObject(call.input) && call.input["background"] === true)) return false;
  const request = await requestOf({ ...execution, call }, tool);
  return onlyReads(request) && request.facts.moves !== true;
}

const interrupted = "Interrupted by the person before it began: nothing was done.";
const failure = (text: string): ToolResult => ({ parts: [{ type: "text", text }], failed: true });
const close = (work: Promise<void>): Promise<null> => work.then(() => null);

function missing({ agent }: Execution, name: string): string {
  const absent = agent.pool.absent.find((each) => each.name === name);
  if (absent?.by === "withheld") return `The tool "${name}" is not to be had here: ${absent.why}.`;
  const names = agent.pool.head.map((tool) => tool.name);
  return `There is no tool named "${name}". The tools are: ${names.join(", ")}.`;
}

async function prepare(course: Course, tool: Tool): Promise<Prepared | ToolResult> {
  try {
    const work = await tool.load();
    return await work(course.call.input, contextFor(course, course.call, course.key));
  } catch (error) {
    return failure(`The tool "${tool.name}" failed before it did anything: ${messageOf(error)}`);
  }
}

/** Intent, effect, record. */
async function act(tool: Tool, { course, request, prepared, profile, input }: Extract<Passed, { readonly to: "act" }>): Promise<void> {
  const { world, signal, emit } = course;
  const { subject } = request;
  // a subagent's own calls take the lock, each for itself
  const effect = heldEffect(course, tool);
  const changes = effect !== "read" && effect !== "none" && effect !== "agent" && !onlyReads(request);
  const onWait = () => emit({ type: "notice", level: "info", code: "tree-busy", says: "Waiting for another process that is changing this working tree." });
  const release = changes ? await world.tree.take(signal, onWait) : () => undefined;
  if (!release) return course.move({ to: "cancelled", why: interrupted }, { subject });
  try {
    const images = await keepImages(course, prepared);
    const intent: Intent = {
      class: effectClass({ effect }),
      redo: tool.redo,
      argumentsHash: argumentsHash(course.call),
      before: prepared.before,
      after: prepared.after,
      ...images,
      ...(prepared.child === undefined ? {} : { child: prepared.child }),
      ...(input === undefined ? {} : { input }),
      ...writesOf(request),
    };
    await course.move({ to: "executing", intent }, { subject });
    const came = await commit(course, tool, prepared, profile);
    const said = input === undefined || came.effect === "unknown" ? came : withLine(came, changedLine(tool.name, input));
    const result = await keepResult(course, course.step, course.call, said);
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

/** What a plugin says that it does no more than is held to by its sandbox; without one it may do anything. */
function heldEffect({ world }: Execution, { effect, source }: Pick<Tool, "effect" | "source">): Effect {
  const isClaim = source.tier === "plugin" && (effect === "read" || effect === "none");
  return isClaim && world.ports.sandboxState?.().works !== true ? "network" : effect;
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
