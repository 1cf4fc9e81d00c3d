// State is a fold over entries.
//
// Owns: how each line changes the state. Calls nothing but the transition tables.
// Invariants
//  F1  Applying the same entries in the same order gives the same state, live or on resume.
//  F2  One entry costs the same at the end of a long session as at its beginning.
//  F3  A call has exactly one tool message, in the model's order, and only once every call of its reply is closed.
//  F4  Entries of types unknown here are passed over (a line that must not be says so, and is refused before).
//  F5  A request is closed once: later lines that name it change nothing. A reply whose request line is lost still counts.
//  F6  After a gap no open call counts as not begun.
//  F7  What is lost stays in `losses` until a note names it: each loss is told to the model once, however often it is read.
import type { EntryId, FileState, RequestId, StepId } from "../base/index.ts";
import { add, nothing } from "../budget/index.ts";
import { type ContentPart, type Message, noUsage, type Usage } from "../model/index.ts";
import { type Decision, grantsRule } from "../permissions/index.ts";
import { argumentsHash, type Step, type StepChange, type Task, type TaskChange } from "../workflow/index.ts";
import type { DeferredTool, Entry, EntryBody, LastReply, LatchedPool, OpenedSkill } from "./entry.ts";
import { createLossBook, type LossBook } from "./fold-losses.ts";
import { openedSkill } from "./fold-skills.ts";
import { nextStep, openCalls, type ReplyCall, replyCalls, toolMessage } from "./fold-steps.ts";
import type { OpenRequest, PendingCall, SessionState } from "./state.ts";

export interface Fold {
  readonly state: SessionState;
  apply(entry: Entry): void;
  /** The conversation as it would stand if every open call were closed with these words. */
  closedMessages(words: (open: PendingCall) => string): readonly Message[];
}

type Of<Type extends EntryBody["type"]> = Extract<Entry, { readonly type: Type }>;

/** The state, writable, and what following the open reply needs. */
interface Books {
  readonly state: { -readonly [Key in keyof SessionState]: SessionState[Key] };
  readonly messages: Message[];
  /** Number of the line each message came from: what a compaction's range refers to. */
  readonly origins: number[];
  readonly steps: Map<StepId, Step>;
  readonly unknownEffects: Set<string>;
  readonly tasks: Map<string, Task>;
  readonly decisions: { readonly step: StepId; readonly asking?: string; readonly decision: Decision }[];
  readonly answers: Map<StepId, { readonly asking: string | undefined; readonly decision: Decision }>;
  readonly settings: Map<string, string>;
  readonly rules: string[];
  readonly skills: OpenedSkill[];
  readonly said: string[];
  readonly queue: { readonly id: EntryId; readonly parts: readonly ContentPart[] }[];
  readonly openRequests: OpenRequest[];
  readonly spending: { readonly at: number; readonly usd: number }[];
  readonly counts: LastReply[];
  readonly closedRequests: Set<RequestId>;
  readonly seen: Map<string, FileState>;
  readonly seenPaths: string[];
  readonly loaded: string[];
  readonly losses: LossBook;
  /** Calls of the last reply while one of them is open, by index the step of each, and whether a gap came since. */
  calls: readonly ReplyCall[];
  readonly stepOf: Map<number, StepId>;
  tainted: boolean;
}

export function createFold(): Fold {
  const books = emptyBooks();
  return { state: books.state, apply: (entry) => applyEntry(books, entry), closedMessages: (words) => closedMessages(books, words) };
}

function emptyBooks(): Books {
  const lists = {
    messages: [],
    steps: new Map(),
    unknownEffects: new Set<string>(),
    tasks: new Map(),
    decisions: [],
    answers: new Map(),
    settings: new Map(),
    rules: [],
    skills: [],
    said: [],
    queue: [],
    openRequests: [],
    spending: [],
    counts: [],
    seen: new Map(),
    seenPaths: [],
    loaded: [],
  };
  const losses = createLossBook();
  const stepOf = new Map<number, StepId>();
  const state = {
    ...lists,
    replySteps: stepOf,
    losses: losses.untold,
    session: null,
    cwd: "",
    root: "",
    origin: null,
    length: 0,
    pending: [],
    lastRequest: null,
    prefix: null,
    formerPrefix: null,
    compacted: null,
    askedAt: null,
    pool: null,
    environment: null,
    spent: nothing,
    usage: noUsage,
    lastReply: null,
    lastModel: null,
    lastSegments: [],
    shellCwd: null,
    end: null,
    running: false,
    gaps: 0,
    turns: 0,
    firstPrompt: null,
  };
  return { ...lists, losses, state, origins: [], closedRequests: new Set(), calls: [], stepOf, tainted: false };
}

function applyEntry(books: Books, entry: Entry): void {
  const { state } = books;
  books.losses.line(entry);
  state.length = entry.seq + 1;
  switch (entry.type) {
    case "session":
      state.session = entry.session;
      state.cwd = entry.cwd;
      state.root = entry.root;
      state.origin = entry.origin ? { session: entry.origin.session, seq: entry.origin.seq } : null;
      return;
    case "inherited":
      return applyInherited(books, entry);
    case "setting":
      books.settings.set(entry.name, entry.value);
      return;
    case "prefix":
      state.formerPrefix ??= state.prefix;
      state.prefix = entry.prefix;
      state.pool = entry.pool ?? null;
      state.environment = entry.prefix.environment;
      books.loaded.push(...entry.loaded);
      return;
    case "user":
    case "note":
      return applySaid(books, entry);
    case "input":
      books.queue.push({ id: entry.id, parts: entry.parts });
      return;
    case "request":
      return applyRequest(books, entry);
    case "reply":
      return applyReply(books, entry);
    case "request-failed":
      return void charge(books, entry);
    case "task":
      books.tasks.set(entry.change.task, taskOf(entry.change));
      return;
    case "step":
      return applyStep(books, entry.change, entry);
    case "process":
      return applyProcess(books, entry);
    case "decision":
      return applyDecision(books, entry);
    case "compaction":
      return compact(books, entry);
    case "repair":
      if (entry.lines > 0) taint(books);
      return;
    case "gap":
      state.gaps += 1;
      return taint(books);
    case "end":
      state.end = entry.end;
      state.running = false;
      return;
  }
}

function applyInherited(books: Books, entry: Of<"inherited">): void {
  const { state } = books;
  for (const message of entry.messages) say(books, message, entry.seq);
  for (const [name, value] of Object.entries(entry.settings)) books.settings.set(name, value);
  for (const file of entry.seen) noteSeen(books, file);
  for (const change of entry.todo) books.tasks.set(change.task, taskOf(change));
  for (const hash of entry.unknownEffects) books.unknownEffects.add(hash);
  books.loaded.push(...entry.loaded);
  for (const loss of entry.losses ?? []) books.losses.add(loss);
  books.skills.push(...(entry.skills ?? []));
  books.said.push(...(entry.said ?? [entry.firstPrompt].flatMap((text) => text ?? [])));
  const { prefix, environment, shellCwd, firstPrompt, lastModel, lastReply, lastSegments } = entry;
  const askedAt = lastReply?.asked ?? lastReply?.at ?? null;
  Object.assign(state, { prefix, pool: entry.pool ?? null, environment, shellCwd, firstPrompt, lastModel, lastReply, lastSegments, askedAt });
  if (lastReply) books.counts.push(lastReply);
}

function noteSeen({ seen, seenPaths }: Books, file: FileState): void {
  if (!seen.has(file.path)) seenPaths.push(file.path);
  seen.set(file.path, file);
}

function closedMessages(books: Books, words: (open: PendingCall) => string): readonly Message[] {
  const { messages, calls, stepOf, steps, state } = books;
  const open = new Map(state.pending.map((pending) => [pending.index, pending]));
  const results = calls.map((one): Message => {
    const pending = one.kind === "call" ? open.get(one.index) : undefined;
    if (!pending) return toolMessage(one, stepOf, steps);
    return { role: "tool", call: pending.call.id, tool: pending.call.tool, parts: [{ type: "text", text: words(pending) }], failed: true };
  });
  return [...messages, ...results];
}

function say(books: Books, message: Message, seq: number): void {
  books.messages.push(message);
  books.origins.push(seq);
}

function applySaid(books: Books, entry: Of<"user"> | Of<"note">): void {
  closeReply(books, entry.seq); // never open here, unless a damaged journal lost lines
  say(books, { role: "user", parts: entry.parts }, entry.seq);
  if (entry.type === "note") return applyNote(books, entry);
  const { state, queue } = books;
  state.end = null;
  state.running = true;
  state.firstPrompt ??= entry.parts.map((part) => (part.type === "text" ? part.text : "")).join(" ");
  books.skills.length = 0;
  const at = queue.findIndex((one) => one.id === entry.queued);
  if (at >= 0) queue.splice(at, 1);
  books.said.push(wordsOf(entry.parts));
}

/** What a person put in, as text. */
export const wordsOf = (parts: readonly ContentPart[]): string => parts.map((part) => (part.type === "text" ? part.text : `[${part.type}]`)).join("\n");

function applyNote(books: Books, note: Of<"note">): void {
  books.loaded.push(...(note.loaded ?? []));
  if (note.tools !== undefined) books.state.pool = withTools(books.state.pool, note.tools);
  if (note.about === "environment") books.state.environment = note.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}

function withTools(pool: LatchedPool | null, tools: readonly DeferredTool[]): LatchedPool {
  const names = new Set(tools.map(({ name }) => name));
  const others = ({ name }: { readonly name: string }) => !names.has(name);
  const { deferred, absent } = pool ?? { deferred: [], absent: [] };
  return { deferred: [...deferred.filter(others), ...tools], absent: absent.filter(others) };
}

function applyRequest(books: Books, entry: Of<"request">): void {
  const { request, purpose, projection, attempt, segments } = entry;
  books.openRequests.push({ request, purpose, projection, attempt, segments, at: entry.ts });
  if (purpose !== "turn") return;
  books.state.running = true;
  books.state.end = null;
  const { lastModel } = books.state;
  if (lastModel?.provider !== entry.provider || lastModel.model !== entry.model) books.counts.length = 0;
  books.state.lastModel = { provider: entry.provider, model: entry.model };
}

function applyReply(books: Books, entry: Of<"reply">): void {
  const { state } = books;
  const asked = books.openRequests.find((one) => one.request === entry.request);
  if (!charge(books, entry)) return;
  if (entry.purpose === "keep-alive" && asked && entry.usage.cacheRead > 0) keepWarm(books, asked.at);
  if (entry.purpose !== "turn") return;
  closeReply(books, entry.seq);
  state.turns += 1;
  say(books, entry.message, entry.seq);
  const { usage, usageFinal, ts: at } = entry;
  noteCount(books, { usage, usageFinal, messages: books.messages.length, at, seconds: entry.cost.seconds, ...(asked ? { asked: asked.at } : {}) });
  state.lastSegments = asked?.segments ?? [];
  state.formerPrefix = null;
  state.compacted = null;
  state.askedAt = asked?.at ?? entry.ts;
  state.lastRequest = entry.request;
  books.stepOf.clear();
  books.tainted = false;
  books.calls = replyCalls(entry.message);
  refreshPending(books, entry.seq);
}

/** Sixteen times from one count to the next. */
const keptCounts = 17;
function noteCount({ state, counts }: Books, reply: LastReply): void {
  state.lastReply = reply;
  counts.push(reply);
  if (counts.length > keptCounts) counts.shift();
}

/** What the last answered request left in the cache was read again. */
function keepWarm({ state }: Books, at: number): void {
  state.askedAt = at;
  if (state.lastReply) state.lastReply = { ...state.lastReply, asked: at };
}

/** False when the request was closed before. */
function charge(books: Books, { request, usage, cost, ts }: Of<"reply"> | Of<"request-failed">): boolean {
  if (books.closedRequests.has(request)) return false;
  books.closedRequests.add(request);
  const at = books.openRequests.findIndex((one) => one.request === request);
  if (at >= 0) books.openRequests.splice(at, 1);
  books.state.spent = add(books.state.spent, cost);
  books.state.usage = addUsage(books.state.usage, usage);
  noteSpending(books.spending, cost.usd, ts);
  return true;
}

const minute = 60_000;

/** What a clock that was put back says to be later than now stays until a minute after it. */
function noteSpending(spending: Books["spending"], usd: number, at: number): void {
  if (usd <= 0) return;
  while ((spending[0]?.at ?? at) < at - minute) spending.shift();
  spending.push({ at, usd });
}

function applyStep(books: Books, change: StepChange, entry: Entry): void {
  const next = nextStep(books.steps.get(change.step), change, entry.ts);
  if (!next) return;
  books.steps.set(change.step, next);
  noteEffect(books, next);
  const opened = openedSkill(next);
  if (opened !== null) books.skills.push(opened);
  if (change.to === "planned" && change.request === books.state.lastRequest) books.stepOf.set(change.index, change.step);
  for (const file of next.result?.seen ?? []) noteSeen(books, file);
  if (next.result?.cwd !== undefined) books.state.shellCwd = next.result.cwd;
  if (books.calls.length > 0) refreshPending(books, entry.seq);
}

function noteEffect(books: Books, step: Step): void {
  if (step.state !== "reconciled" && step.state !== "done" && step.state !== "failed") return;
  const hash = step.intent?.argumentsHash ?? argumentsHash(step.call);
  if (step.verdict === "unknown") books.unknownEffects.add(hash);
  else books.unknownEffects.delete(hash);
}

function refreshPending(books: Books, seq: number): void {
  books.state.pending = openCalls(books.calls, books.stepOf, books.steps, books.tainted);
  if (books.state.pending.length === 0) closeReply(books, seq);
}

function closeReply(books: Books, seq: number): void {
  for (const one of books.calls) say(books, toolMessage(one, books.stepOf, books.steps), seq);
  books.calls = [];
  books.state.pending = [];
}

function applyProcess(books: Books, entry: Of<"process">): void {
  const step = books.steps.get(entry.process.step);
  if (!step) return;
  books.steps.set(step.id, { ...step, process: entry.process });
  if (books.calls.length > 0) refreshPending(books, entry.seq);
}

function applyDecision(books: Books, entry: Of<"decision">): void {
  const { step, asking, decision } = entry;
  if (asking !== undefined) {
    if (books.steps.get(step)?.asked?.asking !== asking) return; // an answer to another question than the open one
    if (books.answers.get(step)?.asking === asking) return; // the first answer counts
  }
  books.answers.set(step, { asking, decision });
  books.decisions.push({ step, ...(asking === undefined ? {} : { asking }), decision });
  if (grantsRule(decision)) books.rules.push(decision.rule);
}

function taint(books: Books): void {
  if (books.calls.length === 0) return;
  books.tainted = true;
  books.state.pending = openCalls(books.calls, books.stepOf, books.steps, true);
}

function compact(books: Books, entry: Of<"compaction">): void {
  const { messages, origins, state } = books;
  state.lastReply = null;
  state.compacted = entry.strategy;
  books.counts.length = 0;
  const first = origins.findIndex((seq) => seq >= entry.from);
  if (first < 0) return;
  let last = first;
  while (last < origins.length && (origins[last] ?? 0) <= entry.to) last += 1;
  messages.splice(first, last - first, ...entry.stand);
  origins.splice(first, last - first, ...entry.stand.map(() => entry.from));
}

const taskOf = (change: TaskChange): Task => ({ id: change.task, kind: change.kind, state: change.to, says: change.says, order: change.order });

export const addUsage = (left: Usage, right: Usage): Usage => ({
  input: left.input + right.input,
  output: left.output + right.output,
  cacheRead: left.cacheRead + right.cacheRead,
  cacheWrite: left.cacheWrite + right.cacheWrite,
  cacheWriteLong: (left.cacheWriteLong ?? 0) + (right.cacheWriteLong ?? 0),
  reasoning: (left.reasoning ?? 0) + (right.reasoning ?? 0),
});
