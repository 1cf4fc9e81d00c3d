// Everything the journal has about one call, in the order of its happening.
import { BosunError, type Outcome, rememberSecretsOf, type SessionId } from "../base/index.ts";
import type { ToolCall } from "../model/index.ts";
import { textOf } from "../model/index.ts";
import type { Decision, Reason } from "../permissions/index.ts";
import type { Intent, StepChange, StepProcess, Verdict } from "../workflow/index.ts";
import { shownOf } from "./decision-row.ts";
import type { Entry } from "./entry.ts";
import type { SessionStore } from "./store.ts";

type Of<Type extends Entry["type"]> = Extract<Entry, { readonly type: Type }>;

export interface CallStory {
  readonly session: SessionId;
  readonly root: string;
  readonly step: string;
  readonly call: ToolCall;
  readonly planned: { readonly seq: number; readonly ts: number };
  /** What the person had said last. */
  readonly said: { readonly seq: number; readonly ts: number; readonly text: string } | null;
  /** What the model said beside the call. */
  readonly reply: string;
  readonly request: {
    readonly request: string;
    readonly seq: number;
    readonly ts: number;
    readonly turn: number;
    readonly provider: string;
    readonly model: string;
    readonly attempt: number;
    readonly usd: number | null;
    readonly expectedUsd: number;
    readonly tokens: number | null;
    /** Calls of the same reply. */
    readonly calls: number;
  } | null;
  readonly questions: readonly { readonly seq: number; readonly ts: number; readonly asking: string; readonly because: Reason | null }[];
  readonly decisions: readonly { readonly seq: number; readonly ts: number; readonly asking?: string; readonly decision: Decision }[];
  readonly intents: readonly { readonly seq: number; readonly ts: number; readonly intent: Intent }[];
  readonly processes: readonly { readonly ts: number; readonly process: StepProcess }[];
  /** How it ended; null: it has not. */
  readonly end: {
    readonly seq: number;
    readonly ts: number;
    readonly state: "done" | "failed" | "denied" | "cancelled" | "unknown" | "reconciled";
    readonly text: string;
    readonly failed: boolean;
    readonly verdict: Verdict | null;
    readonly evidence: readonly string[];
  } | null;
}

type Growing = { -readonly [Key in keyof CallStory]: CallStory[Key] extends readonly (infer One)[] ? One[] : CallStory[Key] };

const longestSaid = 4000;

/** To the letter but for length: whoever shows it redacts it. */
export async function readCallStory(store: SessionStore, session: SessionId, step: string): Promise<Outcome<CallStory>> {
  let root = "";
  let said: CallStory["said"] = null;
  let turn = 0;
  const requests = new Map<string, Of<"request">>();
  const replies = new Map<string, Of<"reply">>();
  let story: Growing | null = null;
  const read = await store.read(session, (entry) => {
    if (entry.type === "session") {
      root = entry.root;
      rememberSecretsOf(root);
    } else if (entry.type === "user") said = { seq: entry.seq, ts: entry.ts, text: shownOf(textOf(entry), longestSaid) };
    else if (entry.type === "request" && story === null) requests.set(entry.request, entry);
    else if (entry.type === "reply" && story === null) {
      if (entry.purpose === "turn") turn += 1;
      replies.set(entry.request, entry);
    } else if (entry.type === "step" && entry.change.step === step && entry.change.to === "planned" && story === null) {
      const { call, request } = entry.change;
      const at = { seq: entry.seq, ts: entry.ts };
      const reply = replies.get(request);
      story = {
        ...{ session, root, step, call, planned: at, said, reply: reply === undefined ? "" : shownOf(textOf(reply.message), longestSaid) },
        ...{ request: requestOf(requests.get(request), reply, turn), questions: [], decisions: [], intents: [], processes: [], end: null },
      };
    } else if (story !== null) tell(story, entry);
  });
  if (!read.ok) return read;
  return story === null ? { ok: false, error: new BosunError("usage", `The session ${session} has no call "${step}".`) } : { ok: true, value: story };
}

function requestOf(request: Of<"request"> | undefined, reply: Of<"reply"> | undefined, turn: number): CallStory["request"] {
  if (request === undefined) return null;
  const { seq, ts, provider, model, attempt, projection } = request;
  const calls = reply?.message.parts.filter(({ type }) => type === "call").length ?? 0;
  const usage = reply?.usage;
  const tokens = usage === undefined ? null : usage.input + usage.output + usage.cacheRead + usage.cacheWrite;
  return {
    request: request.request,
    seq,
    ts,
    turn,
    provider,
    model,
    attempt,
    usd: reply?.cost.usd ?? null,
    expectedUsd: projection.expected.usd,
    tokens,
    calls,
  };
}

function tell(story: Growing, entry: Entry): void {
  const at = { seq: entry.seq, ts: entry.ts };
  if (entry.type === "decision" && entry.step === story.step) {
    story.decisions.push({ ...at, ...(entry.asking === undefined ? {} : { asking: entry.asking }), decision: entry.decision });
  } else if (entry.type === "process" && entry.process.step === story.step) story.processes.push({ ts: entry.ts, process: entry.process });
  else if (entry.type === "step" && entry.change.step === story.step) tellChange(story, at, entry.change);
}

function tellChange(story: Growing, at: { readonly seq: number; readonly ts: number }, change: StepChange): void {
  switch (change.to) {
    case "planned":
      return;
    case "awaiting-approval":
      story.questions.push({ ...at, asking: change.asking, because: (change.because as unknown as Reason | null) ?? null });
      return;
    case "executing":
      story.intents.push({ ...at, intent: change.intent });
      return;
    case "denied":
    case "cancelled":
    case "unknown":
      story.end = { ...at, state: change.to, text: shownOf(change.why, longestSaid), failed: true, verdict: null, evidence: [] };
      return;
    case "done":
    case "failed":
    case "reconciled": {
      const closed = change.to === "reconciled" ? { verdict: change.verdict, evidence: change.evidence } : { verdict: null, evidence: [] };
      story.end = { ...at, state: change.to, text: shownOf(textOf(change.result), longestSaid), failed: change.result.failed, ...closed };
      return;
    }
  }
}
