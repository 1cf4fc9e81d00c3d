// A session's journal as rows: what was said, decided, called and spent. The index stores them, `sessions show` prints them.
// Text is redacted here: nothing that leaves through these rows is verbatim.
import { isJsonObject, type Json, type Outcome, redactJson, rememberSecretsOf, type SessionId } from "../base/index.ts";
import type { Amount, Projection } from "../budget/index.ts";
import { type Message, noUsage, textOf, type Usage } from "../model/index.ts";
import type { CacheRow } from "./cache-row.ts";
import { type DecisionRow, decisionRow, type EffectRow, foreseenRows, intentRows, shorten, shownOf } from "./decision-row.ts";
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
export interface CallRow {
  readonly seq: number;
  readonly ts: number;
  readonly step: string;
  readonly call: string;
  readonly tool: string;
  /** The model call that asked for it. */
  readonly request: string;
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
  /** Number of the turn of the conversation, from 1; 0: it is none. */
  readonly turn: number;
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
  readonly projection: Projection;
  /** What is counted for it once it is closed; null: it is open. */
  readonly cost: Amount | null;
  /** From the request's line to the one that closes it. */
  readonly milliseconds: number | null;
  /** Absent: neither foreseen nor judged. */
  readonly cache?: CacheRow;
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
  /** The last line that could be read; seq -1: there is none. */
  readonly head: { readonly seq: number; readonly hash: string };
  /** Hash of the line that was asked for; null: there is no such line, or it cannot be read. */
  readonly watched: string | null;
  /** Whole lines read. */
  readonly lines: number;
  readonly messages: readonly MessageRow[];
  readonly decisions: readonly DecisionRow[];
  readonly effects: readonly EffectRow[];
  readonly calls: readonly CallRow[];
  readonly requests: readonly RequestRow[];
  readonly ends: readonly { readonly seq: number; readonly ts: number; readonly end: RunEnd }[];
}

type Of<Type extends EntryBody["type"]> = Extract<Entry, { readonly type: Type }>;
type Writable<Row> = { -readonly [Key in keyof Row]: Row[Key] };

const longestText = 64 * 1024;
const longestInput = 2000;
const longestTitle = 100;

/** Reads a session without its lock and keeps its books. `watch`: a line whose hash is wanted. */
export async function readBooks(store: SessionStore, session: SessionId, watch = -1): Promise<Outcome<SessionBooks>> {
  const keeper = createKeeper();
  const read = await store.read(session, (entry, hash) => {
    keeper.head = { seq: entry.seq, hash };
    if (entry.seq === watch) keeper.watched = hash;
    keeper.lines += 1;
    keep(keeper, entry);
  });
  if (!read.ok) return read;
  const { fold, calls, requests, began: _began, closedTurns: _closedTurns, model, ...rest } = keeper;
  const { state } = fold;
  const derived = { title: titleOf(state), model: model || (state.settings.get("model") ?? "") };
  return { ok: true, value: { ...rest, ...derived, session, state, findings: read.value, calls: [...calls.values()], requests: [...requests.values()] } };
}

interface Keeper {
  readonly fold: Fold;
  readonly messages: MessageRow[];
  readonly decisions: DecisionRow[];
  readonly effects: EffectRow[];
  readonly calls: Map<string, Writable<CallRow>>;
  /** When each step began to execute. */
  readonly began: Map<string, number>;
  readonly requests: Map<string, Writable<RequestRow>>;
  readonly ends: { readonly seq: number; readonly ts: number; readonly end: RunEnd }[];
  head: { readonly seq: number; readonly hash: string };
  watched: string | null;
  lines: number;
  /** Replies of the conversation so far. */
  closedTurns: number;
  version: string;
  created: number;
  ended: number;
  model: string;
}

const createKeeper = (): Keeper => ({
  fold: createFold(),
  messages: [],
  decisions: [],
  effects: [],
  calls: new Map(),
  began: new Map(),
  requests: new Map(),
  ends: [],
  head: { seq: -1, hash: "" },
  watched: null,
  lines: 0,
  closedTurns: 0,
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
      rememberSecretsOf(entry.root);
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
      keeper.decisions.push(decisionRow(entry));
      for (const row of foreseenRows(entry)) keeper.effects.push(row);
      return;
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
  if (text !== "") keeper.messages.push({ seq: entry.seq, ts: entry.ts, role, text: shownOf(text, longestText) });
}

function keepRequest(keeper: Keeper, entry: Of<"request">): void {
  const { seq, ts, request, purpose, provider, model, attempt, projection, cache } = entry;
  if (purpose === "turn") keeper.model = `${provider}/${model}`;
  const money = { usd: projection.worst.usd, worstUsd: projection.worst.usd, expectedUsd: projection.expected.usd };
  const open = { outcome: "open", confirmed: false, usage: noUsage, projection, cost: null, milliseconds: null };
  const turn = purpose === "turn" ? keeper.closedTurns + 1 : 0;
  keeper.requests.set(request, {
    seq,
    ts,
    request,
    purpose,
    turn,
    provider,
    model,
    attempt,
    ...money,
    ...open,
    ...(cache ? { cache: { forecast: cache, outcome: null } } : {}),
  });
}

function keepClosing(keeper: Keeper, entry: Of<"reply"> | Of<"request-failed">): void {
  if (entry.type === "reply" && entry.purpose === "turn") say(keeper, entry, "assistant", entry.message.parts);
  const row = keeper.requests.get(entry.request);
  if (entry.type === "reply" && entry.purpose === "turn") keeper.closedTurns += 1;
  if (row?.outcome !== "open") return;
  row.outcome = entry.type === "reply" ? entry.message.finish : entry.failure.class;
  row.usd = entry.cost.usd;
  row.cost = entry.cost;
  row.confirmed = entry.confirmed;
  row.usage = entry.usage;
  row.milliseconds = entry.ts - row.ts;
  if (entry.type === "reply" && entry.cache) row.cache = { forecast: row.cache?.forecast ?? null, outcome: entry.cache };
}

function keepStep(keeper: Keeper, entry: Of<"step">): void {
  const { change } = entry;
  if (change.to === "planned") {
    if (keeper.calls.has(change.step)) return;
    const { call, step } = change;
    const input = inputText(call.input);
    const open = { effect: null, verdict: null, failed: null, milliseconds: null, resultCharacters: null };
    keeper.calls.set(step, { seq: entry.seq, ts: entry.ts, step, call: call.id, tool: call.tool, request: change.request, input, state: "planned", ...open });
    return;
  }
  const row = keeper.calls.get(change.step);
  const step = keeper.fold.state.steps.get(change.step);
  if (!row || step?.state !== change.to) return;
  row.state = change.to;
  if (change.to === "executing") {
    row.effect = change.intent.class;
    for (const one of intentRows({ seq: entry.seq, ts: entry.ts, step: row.step, call: row.call, tool: row.tool }, change.intent)) keeper.effects.push(one);
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

/** Arguments as JSON, redacted, shortened: of long texts in them the beginning. */
const inputText = (input: Json): string => shorten(JSON.stringify(redactJson(cappedJson(input))), longestInput);
function cappedJson(value: Json): Json {
  if (typeof value === "string") return value.length > 16 * longestInput ? shownOf(value, longestInput) : value;
  if (Array.isArray(value)) return value.slice(0, longestInput).map(cappedJson);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, longestInput)
      .map(([key, one]) => [key, cappedJson(one)]),
  );
}

/** The first prompt, or the title that was set, in one short line. */
export function titleOf(state: SessionState): string {
  const text = state.settings.get("title") ?? state.firstPrompt ?? "";
  return shorten(
    shownOf(text, 20 * longestTitle)
      .replace(/\s+/g, " ")
      .trim(),
    longestTitle,
  );
}

/** How a session stands: the reason of its last end, "running" or "cut off" are told apart only by its lock, so both are "open". */
export const endOf = (state: SessionState): string => state.end?.reason ?? (state.running ? "open" : "");
