// A session's journal as rows: what was said, decided, called and spent. The index stores them, `sessions show` prints them.
// Text is redacted here: nothing that leaves through these rows is verbatim.
import { type Outcome, redact, redactJson, type SessionId } from "../base/index.ts";
import { type Message, noUsage, textOf, type Usage } from "../model/index.ts";
import { reasonWords } from "../permissions/index.ts";
import type { Entry, EntryBody, RunEnd } from "./entry.ts";
import { createFold, type Fold } from "./fold.ts";
import type { SessionState } from "./state.ts";
import type { Finding, SessionStore } from "./store.ts";

export interface MessageRow {
  readonly seq: number;
  readonly ts: number;
  readonly role: "user" | "note" | "assistant" | "tool";
  readonly text: string;
}
export interface DecisionRow {
  readonly seq: number;
  readonly ts: number;
  readonly step: string;
  readonly call: string;
  readonly tool: string;
  readonly subject: string;
  readonly verdict: string;
  readonly by: string;
  readonly why: string;
  /** Why it had to be asked; null: it did not. */
  readonly asked: string | null;
  readonly mode: string;
  readonly holds: string;
  readonly rule: string | null;
  readonly milliseconds: number;
}
export interface CallRow {
  readonly seq: number;
  readonly ts: number;
  readonly step: string;
  readonly call: string;
  readonly tool: string;
  /** JSON, shortened. */
  readonly input: string;
  readonly state: string;
  /** Class of effect, once it began. */
  readonly effect: string | null;
  readonly verdict: string | null;
  readonly failed: boolean | null;
  /** From the beginning of its effect to its end. */
  readonly milliseconds: number | null;
  readonly resultCharacters: number | null;
}
export interface RequestRow {
  readonly seq: number;
  readonly ts: number;
  readonly request: string;
  readonly purpose: string;
  readonly provider: string;
  readonly model: string;
  readonly attempt: number;
  /** How it was closed: the reply's finish, the failure's class, or "open". */
  readonly outcome: string;
  /** What is counted for it; an open one counts at its worst case. */
  readonly usd: number;
  readonly worstUsd: number;
  readonly expectedUsd: number;
  readonly confirmed: boolean;
  readonly usage: Usage;
  /** From the request's line to the one that closes it. */
  readonly milliseconds: number | null;
}

export interface SessionBooks {
  readonly session: SessionId;
  readonly version: string;
  readonly created: number;
  /** Time of the last line. */
  readonly ended: number;
  readonly title: string;
  readonly model: string;
  readonly state: SessionState;
  readonly findings: readonly Finding[];
  readonly messages: readonly MessageRow[];
  readonly decisions: readonly DecisionRow[];
  readonly calls: readonly CallRow[];
  readonly requests: readonly RequestRow[];
  readonly ends: readonly { readonly seq: number; readonly ts: number; readonly end: RunEnd }[];
}

type Of<Type extends EntryBody["type"]> = Extract<Entry, { readonly type: Type }>;
type Writable<Row> = { -readonly [Key in keyof Row]: Row[Key] };

const longestText = 64 * 1024;
const longestInput = 2000;
const longestTitle = 100;

/** Reads a session without its lock and keeps its books. */
export async function readBooks(store: SessionStore, session: SessionId): Promise<Outcome<SessionBooks>> {
  const keeper = createKeeper();
  const read = await store.read(session, (entry) => keep(keeper, entry));
  if (!read.ok) return read;
  const { fold, calls, requests, began: _began, model, ...rest } = keeper;
  const { state } = fold;
  const derived = { title: titleOf(state), model: model || (state.settings.get("model") ?? "") };
  return { ok: true, value: { ...rest, ...derived, session, state, findings: read.value, calls: [...calls.values()], requests: [...requests.values()] } };
}

interface Keeper {
  readonly fold: Fold;
  readonly messages: MessageRow[];
  readonly decisions: DecisionRow[];
  readonly calls: Map<string, Writable<CallRow>>;
  /** When each step began to execute. */
  readonly began: Map<string, number>;
  readonly requests: Map<string, Writable<RequestRow>>;
  readonly ends: { readonly seq: number; readonly ts: number; readonly end: RunEnd }[];
  version: string;
  created: number;
  ended: number;
  model: string;
}

const createKeeper = (): Keeper => ({
  fold: createFold(),
  messages: [],
  decisions: [],
  calls: new Map(),
  began: new Map(),
  requests: new Map(),
  ends: [],
  version: "",
  created: 0,
  ended: 0,
  model: "",
});

function keep(keeper: Keeper, entry: Entry): void {
  keeper.fold.apply(entry);
  keeper.created ||= entry.ts;
  keeper.ended = entry.ts;
  switch (entry.type) {
    case "session":
      keeper.version = entry.version;
      return;
    case "user":
    case "note":
      return say(keeper, entry, entry.type, entry.parts);
    case "request":
      return keepRequest(keeper, entry);
    case "reply":
    case "request-failed":
      return keepClosing(keeper, entry);
    case "step":
      return keepStep(keeper, entry);
    case "decision":
      return void keeper.decisions.push(decisionRow(entry));
    case "end":
      return void keeper.ends.push({ seq: entry.seq, ts: entry.ts, end: entry.end });
    case "inherited":
      keeper.model = entry.lastModel ? `${entry.lastModel.provider}/${entry.lastModel.model}` : "";
      return;
    case "setting":
    case "prefix":
    case "input":
    case "task":
    case "process":
    case "compaction":
    case "repair":
    case "gap":
      return;
  }
}

function say(keeper: Keeper, entry: Entry, role: MessageRow["role"], parts: Message["parts"]): void {
  const text = textOf({ parts });
  if (text !== "") keeper.messages.push({ seq: entry.seq, ts: entry.ts, role, text: shorten(redact(text), longestText) });
}

function keepRequest(keeper: Keeper, entry: Of<"request">): void {
  const { seq, ts, request, purpose, provider, model, attempt, projection } = entry;
  if (purpose === "turn") keeper.model = `${provider}/${model}`;
  const money = { usd: projection.worst.usd, worstUsd: projection.worst.usd, expectedUsd: projection.expected.usd };
  const open = { outcome: "open", confirmed: false, usage: noUsage, milliseconds: null };
  keeper.requests.set(request, { seq, ts, request, purpose, provider, model, attempt, ...money, ...open });
}

function keepClosing(keeper: Keeper, entry: Of<"reply"> | Of<"request-failed">): void {
  if (entry.type === "reply" && entry.purpose === "turn") say(keeper, entry, "assistant", entry.message.parts);
  const row = keeper.requests.get(entry.request);
  if (row?.outcome !== "open") return;
  row.outcome = entry.type === "reply" ? entry.message.finish : entry.failure.class;
  row.usd = entry.cost.usd;
  row.confirmed = entry.confirmed;
  row.usage = entry.usage;
  row.milliseconds = entry.ts - row.ts;
}

function keepStep(keeper: Keeper, entry: Of<"step">): void {
  const { change } = entry;
  if (change.to === "planned") {
    if (keeper.calls.has(change.step)) return;
    const { call, step } = change;
    const input = shorten(JSON.stringify(redactJson(call.input)), longestInput);
    const open = { effect: null, verdict: null, failed: null, milliseconds: null, resultCharacters: null };
    keeper.calls.set(step, { seq: entry.seq, ts: entry.ts, step, call: call.id, tool: call.tool, input, state: "planned", ...open });
    return;
  }
  const row = keeper.calls.get(change.step);
  const step = keeper.fold.state.steps.get(change.step);
  if (!row || step?.state !== change.to) return;
  row.state = change.to;
  if (change.to === "executing") {
    row.effect = change.intent.class;
    keeper.began.set(change.step, entry.ts);
  }
  if (change.to === "reconciled") row.verdict = change.verdict;
  if (!step.result) return;
  const from = keeper.began.get(change.step);
  row.milliseconds = from === undefined ? null : entry.ts - from;
  row.failed = step.result.failed;
  row.resultCharacters = textOf(step.result).length;
  say(keeper, entry, "tool", step.result.parts);
}

function decisionRow(entry: Of<"decision">): DecisionRow {
  const { call, tool, verdict, reason, asked, mode, holds, rule, took } = entry.decision;
  return {
    seq: entry.seq,
    ts: entry.ts,
    step: entry.step,
    call,
    tool,
    subject: shorten(redact(entry.decision.subject), longestInput),
    verdict,
    by: reason.by,
    why: redact(reasonWords(reason)),
    asked: asked ? redact(reasonWords(asked)) : null,
    mode,
    holds,
    rule: rule === undefined ? null : redact(rule),
    milliseconds: Math.round(took),
  };
}

/** The first prompt, or the title that was set, in one short line. */
export function titleOf(state: SessionState): string {
  const text = state.settings.get("title") ?? state.firstPrompt ?? "";
  return shorten(
    redact(text.slice(0, 20 * longestTitle))
      .replace(/\s+/g, " ")
      .trim(),
    longestTitle,
  );
}

/** How a session stands: the reason of its last end, "running" or "cut off" are told apart only by its lock, so both are "open". */
export const endOf = (state: SessionState): string => state.end?.reason ?? (state.running ? "open" : "");

/** Cut between characters, with how long it was. */
export function shorten(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(0, most);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}… (${text.length} characters)`;
}
