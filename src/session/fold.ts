// State is a fold over entries.
//
// Owns: how each line changes the state. Calls nothing but the transition tables.
// Invariants
//  F1  Applying the same entries in the same order gives the same state, live or on resume.
//  F2  One entry costs the same at the end of a long session as at its beginning.
//  F3  A call has exactly one tool message, in the model's order, and only once every call of its reply is closed.
//  F4  Entries of types unknown here are passed over.
import type { CallId, EntryId, FileState, StepId } from "../base/index.ts";
import { type Amount, add, nothing } from "../budget/index.ts";
import { type AssistantMessage, type ContentPart, type Message, noUsage, type ToolCall, type ToolMessage, type Usage } from "../model/index.ts";
import type { Decision } from "../permissions/index.ts";
import { isClosed, type Step, type StepChange, type StepProcess, stepTransitions, type Task, type TaskChange } from "../workflow/index.ts";
import type { Entry, EntryBody } from "./entry.ts";
import type { OpenRequest, PendingCall, SessionState } from "./state.ts";

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
type Of<Type extends EntryBody["type"]> = Extract<Entry, { readonly type: Type }>;

export interface Fold {
  readonly state: SessionState;
  apply(entry: Entry): void;
}

export function createFold(): Fold {
  const messages: Message[] = [];
  /** Entry number each message came from: what a compaction's range refers to. */
  const origins: number[] = [];
  const steps = new Map<StepId, Step>();
  const tasks = new Map<string, Task>();
  const decisions: { readonly step: StepId; readonly decision: Decision }[] = [];
  const settings = new Map<string, string>();
  const rules: string[] = [];
  const queue: { readonly id: EntryId; readonly parts: readonly ContentPart[] }[] = [];
  const openRequests: OpenRequest[] = [];
  const seen = new Map<string, FileState>();
  /** Calls of the last reply while one of them is open, and the step of each. */
  let calls: readonly ReplyCall[] = [];
  const stepOf = new Map<CallId, StepId>();

  const state: Mutable<SessionState> = {
    session: null,
    cwd: "",
    root: "",
    length: 0,
    messages,
    pending: [],
    steps,
    tasks,
    decisions,
    settings,
    rules,
    prefix: null,
    queue,
    spent: nothing,
    openRequests,
    usage: noUsage,
    lastReply: null,
    lastSegments: [],
    seen,
    shellCwd: null,
    end: null,
    running: false,
    gaps: 0,
    turns: 0,
    firstPrompt: null,
  };

  const say = (message: Message, seq: number): void => {
    messages.push(message);
    origins.push(seq);
  };
  const refreshPending = (seq: number): void => {
    const open: PendingCall[] = [];
    for (const one of calls) {
      if (one.kind === "rejected") continue;
      const id = stepOf.get(one.call.id);
      const step = id === undefined ? undefined : steps.get(id);
      if (!step || !isClosed(step.state)) open.push({ call: one.call, step: step ?? null });
    }
    state.pending = open;
    if (open.length === 0) closeReply(seq);
  };
  const closeReply = (seq: number): void => {
    for (const one of calls) say(toolMessage(one, stepOf, steps), seq);
    calls = [];
    state.pending = [];
  };
  const charge = (request: string, cost: Amount): void => {
    const at = openRequests.findIndex((one) => one.request === request);
    if (at >= 0) openRequests.splice(at, 1);
    state.spent = add(state.spent, cost);
  };
  const reply = (entry: Of<"reply">): void => {
    closeReply(entry.seq); // never open here, unless a damaged journal lost lines
    charge(entry.request, entry.cost);
    state.usage = addUsage(state.usage, entry.usage);
    state.turns += 1;
    say(entry.message, entry.seq);
    state.lastReply = { usage: entry.usage, usageFinal: entry.usageFinal, messages: messages.length, at: entry.ts };
    stepOf.clear();
    calls = replyCalls(entry.message);
    refreshPending(entry.seq);
  };
  const step = (change: StepChange, entry: Entry): void => {
    const known = steps.get(change.step);
    const next = nextStep(known, change, entry.ts);
    if (!next) return;
    steps.set(change.step, next);
    if (change.to === "planned") stepOf.set(change.call.id, change.step);
    if (next.result) learn(next.result.seen, next.result.cwd);
    if (calls.length > 0) refreshPending(entry.seq);
  };
  const learn = (files: readonly FileState[] | undefined, cwd: string | undefined): void => {
    for (const file of files ?? []) seen.set(file.path, file);
    if (cwd !== undefined) state.shellCwd = cwd;
  };
  const user = (parts: readonly ContentPart[], entry: Of<"user"> | Of<"note">): void => {
    if (calls.length > 0) closeReply(entry.seq);
    say({ role: "user", parts }, entry.seq);
    if (entry.type !== "user") return;
    state.end = null;
    state.running = true;
    state.firstPrompt ??= parts.map((part) => (part.type === "text" ? part.text : "")).join(" ");
    const at = queue.findIndex((one) => one.id === entry.queued);
    if (at >= 0) queue.splice(at, 1);
  };

  const apply = (entry: Entry): void => {
    state.length = entry.seq + 1;
    switch (entry.type) {
      case "session":
        state.session = entry.session;
        state.cwd = entry.cwd;
        state.root = entry.root;
        return;
      case "setting":
        if (entry.name === "rule") rules.push(entry.value);
        else settings.set(entry.name, entry.value);
        return;
      case "prefix":
        state.prefix = entry.prefix;
        return;
      case "user":
      case "note":
        return user(entry.parts, entry);
      case "input":
        queue.push({ id: entry.id, parts: entry.parts });
        return;
      case "request":
        openRequests.push({ request: entry.request, projection: entry.projection, attempt: entry.attempt });
        state.lastSegments = entry.segments;
        state.running = true;
        state.end = null;
        return;
      case "reply":
        return reply(entry);
      case "request-failed":
        charge(entry.request, entry.cost);
        state.usage = addUsage(state.usage, entry.usage);
        return;
      case "task":
        tasks.set(entry.change.task, taskOf(entry.change));
        return;
      case "step":
        return step(entry.change, entry);
      case "process":
        return attach(steps, entry.process);
      case "decision":
        decisions.push({ step: entry.step, decision: entry.decision });
        if (entry.decision.rule !== undefined) rules.push(entry.decision.rule);
        return;
      case "compaction":
        return compact(messages, origins, entry);
      case "repair":
        return;
      case "gap":
        state.gaps += 1;
        return;
      case "end":
        state.end = entry.end;
        state.running = false;
        return;
    }
  };
  return { state, apply };
}

type ReplyCall = { readonly kind: "call"; readonly call: ToolCall } | { readonly kind: "rejected"; readonly id: CallId; readonly tool: string; readonly why: string };

function replyCalls(message: AssistantMessage): readonly ReplyCall[] {
  return message.parts.flatMap((part): ReplyCall[] => {
    if (part.type === "call") return [{ kind: "call", call: part.call }];
    if (part.type === "rejected-call") return [{ kind: "rejected", id: part.id, tool: part.tool, why: part.why }];
    return [];
  });
}

/** The new state of a step, or null when the table does not allow the change (a duplicate, a damaged journal). */
export function nextStep(known: Step | undefined, change: StepChange, at: number): Step | null {
  if (change.to === "planned") return known ? null : { id: change.step, call: change.call, key: change.key, state: "planned", at };
  if (!known || !stepTransitions[known.state].includes(change.to)) return null;
  const moved = { ...known, state: change.to, at };
  switch (change.to) {
    case "awaiting-approval":
    case "unknown":
      return moved;
    case "executing":
      if (known.state === "executing" && known.intent?.class !== "read" && known.intent?.class !== "none") return null;
      return { ...moved, intent: change.intent };
    case "denied":
    case "cancelled":
      return { ...moved, result: { parts: [{ type: "text", text: change.why }], failed: true } };
    case "done":
    case "failed":
      return { ...moved, result: change.result };
    case "reconciled":
      return { ...moved, result: change.result, verdict: change.verdict };
  }
}

function toolMessage(one: ReplyCall, stepOf: ReadonlyMap<CallId, StepId>, steps: ReadonlyMap<StepId, Step>): ToolMessage {
  if (one.kind === "rejected") return { role: "tool", call: one.id, tool: one.tool, parts: [{ type: "text", text: one.why }], failed: true };
  const id = stepOf.get(one.call.id);
  const result = id === undefined ? undefined : steps.get(id)?.result;
  const parts = result?.parts ?? [{ type: "text" as const, text: unrecorded }];
  return { role: "tool", call: one.call.id, tool: one.call.tool, parts, failed: result?.failed ?? true };
}
const unrecorded = "The outcome of this call is not recorded: it may or may not have happened. Look at the present state before repeating it.";

function attach(steps: Map<StepId, Step>, process: StepProcess): void {
  const step = steps.get(process.step);
  if (step) steps.set(step.id, { ...step, process });
}

function taskOf(change: TaskChange): Task {
  return { id: change.task, kind: change.kind, state: change.to, says: change.says, order: change.order };
}

function compact(messages: Message[], origins: number[], entry: Of<"compaction">): void {
  const first = origins.findIndex((seq) => seq >= entry.from);
  if (first < 0) return;
  let last = first;
  while (last < origins.length && (origins[last] ?? 0) <= entry.to) last += 1;
  messages.splice(first, last - first, ...entry.stand);
  origins.splice(first, last - first, ...entry.stand.map(() => entry.from));
}

export function addUsage(left: Usage, right: Usage): Usage {
  return {
    input: left.input + right.input,
    output: left.output + right.output,
    cacheRead: left.cacheRead + right.cacheRead,
    cacheWrite: left.cacheWrite + right.cacheWrite,
    cacheWriteLong: (left.cacheWriteLong ?? 0) + (right.cacheWriteLong ?? 0),
    reasoning: (left.reasoning ?? 0) + (right.reasoning ?? 0),
  };
}

