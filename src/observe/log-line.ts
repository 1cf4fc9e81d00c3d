// One line of the system log: which events are worth one, and what of them.

import type { RunEvent } from "../agent/index.ts";
import { type Json, redact, type Saved } from "../base/index.ts";
import { reasonWords } from "../permissions/index.ts";

/** `v`: version of the log's format. `at`: milliseconds since 1970. `agents`: from the top agent down to the one that speaks. */
export interface LogHead {
  readonly v: 1;
  readonly at: number;
  readonly session: string;
  readonly agents: readonly string[];
}
type Usage = Readonly<Record<"input" | "output" | "cacheRead" | "cacheWrite", number>>;
interface Cost {
  readonly usd: number;
  readonly tokens: number;
}

export type LogBody =
  | {
      readonly type: "run-start";
      readonly agent: string;
      readonly provider: string;
      readonly model: string;
      readonly mode: string;
      readonly cwd: string;
      readonly resumed: boolean;
    }
  | { readonly type: "notice"; readonly level: string; readonly code: string; readonly says: string }
  | { readonly type: "input"; readonly characters: number }
  | {
      readonly type: "context";
      readonly tokens: number;
      readonly loaded: readonly string[];
      readonly segments: readonly { readonly name: string; readonly sha256: string; readonly bytes: number }[];
      readonly breaks: readonly string[];
    }
  | { readonly type: "request"; readonly turn: number; readonly attempt: number; readonly expected: Cost; readonly worst: Cost; readonly priced: boolean }
  /** The model began to answer, `milliseconds` after the request. */
  | { readonly type: "answering"; readonly model: string; readonly milliseconds: number }
  | { readonly type: "call-rejected"; readonly tool: string; readonly why: string }
  | {
      readonly type: "reply";
      readonly finish: string;
      readonly calls: number;
      readonly characters: number;
      readonly milliseconds: number;
      readonly usage: Usage;
      readonly cost: Cost;
    }
  | {
      readonly type: "retry";
      readonly attempt: number;
      readonly class: string;
      readonly status: number | null;
      readonly says: string;
      readonly waitMilliseconds: number;
    }
  | { readonly type: "asked"; readonly tool: string; readonly subject: string; readonly because: string }
  | {
      readonly type: "decision";
      readonly tool: string;
      readonly subject: string;
      readonly verdict: string;
      readonly by: string;
      readonly why: string;
      readonly mode: string;
      readonly holds: string;
      /** From the question to the answer; 0 where nobody was asked. */
      readonly milliseconds: number;
    }
  /** A call was closed. `milliseconds`: since it began to execute; null: it never did. */
  | {
      readonly type: "tool";
      readonly tool: string;
      readonly subject: string;
      readonly to: string;
      readonly milliseconds: number | null;
      readonly verdict?: string;
      readonly says?: string;
    }
  | { readonly type: "breaker"; readonly name: string; readonly failures: number; readonly openings?: number; readonly saved?: Saved; readonly says: string }
  | { readonly type: "turn-end"; readonly turn: number; readonly usage: Usage; readonly projected: Cost; readonly actual: Cost }
  | {
      readonly type: "run-end";
      readonly reason: string;
      readonly says: string;
      readonly turns: number;
      readonly usage: Usage;
      readonly cost: Cost;
      readonly priced: boolean;
      readonly milliseconds: number;
    }
  /** So many lines were not written because the disk did not keep up. */
  | { readonly type: "dropped"; readonly lines: number };
export type LogLine = LogHead & LogBody;

/** Turns events into lines; keeps only what it needs to measure times. */
export interface LogReducer {
  /** `now`: monotonic milliseconds. Null: not worth a line. */
  reduce(event: RunEvent, now: number): LogLine | null;
}

const mostOpen = 1000;

export function createLogReducer(): LogReducer {
  const since = new Map<string, number>();
  const begin = (key: string, now: number): void => {
    if (since.size >= mostOpen) since.delete(since.keys().next().value ?? "");
    since.set(key, now);
  };
  const elapsed = (key: string, now: number): number | null => {
    const from = since.get(key);
    return from === undefined ? null : Math.round((now - from) * 10) / 10;
  };
  return {
    reduce(event, now) {
      const timing = {
        begin: (key: string) => begin(keyOf(event, key), now),
        end: (key: string) => elapsed(keyOf(event, key), now),
        forget: (key: string) => since.delete(keyOf(event, key)),
      };
      const body = bodyOf(event, timing);
      return body && { v: 1, at: event.at, session: event.session, agents: event.agents, ...body };
    },
  };
}
const keyOf = (event: RunEvent, key: string): string => `${event.session}/${event.agents.join("/")}/${key}`;

interface Timing {
  begin(key: string): void;
  end(key: string): number | null;
  forget(key: string): unknown;
}

function bodyOf(event: RunEvent, timing: Timing): LogBody | null {
  switch (event.type) {
    case "run-start": {
      const { type, agent, provider, model, mode, cwd, resumed } = event;
      return { type, agent, provider, model, mode, cwd: short(cwd), resumed };
    }
    case "notice":
      return { type: "notice", level: event.level, code: event.code, says: short(event.says) };
    case "input-accepted":
      return { type: "input", characters: event.text.length };
    case "context-assembled":
      return { type: "context", tokens: event.tokens, loaded: event.loaded.map(short), segments: event.segments, breaks: event.breaks };
    case "turn-start": {
      timing.begin("request");
      const { turn, attempt, projection } = event;
      return { type: "request", turn, attempt, expected: costOf(projection.expected), worst: costOf(projection.worst), priced: projection.priced };
    }
    case "model":
      return streamed(event.part, timing);
    case "reply": {
      const { finish, calls, usage, cost, text } = event;
      return { type: "reply", finish, calls, characters: text.length, milliseconds: timing.end("request") ?? 0, usage: usageOf(usage), cost: costOf(cost) };
    }
    case "model-retry": {
      const { attempt, failure, waitMilliseconds } = event;
      return { type: "retry", attempt, class: failure.class, status: failure.status ?? null, says: short(failure.message), waitMilliseconds };
    }
    case "approval-asked":
      return { type: "asked", tool: event.tool, subject: short(event.subject), because: short(reasonWords(event.because)) };
    case "decision":
      return decided(event.tool, event.decision);
    case "step":
      return stepped(event, timing);
    case "tool-progress":
      return null;
    case "breaker-opened":
      return {
        type: "breaker",
        name: event.name,
        failures: event.failures,
        openings: event.openings,
        saved: { calls: event.saved.calls, usd: event.saved.usd },
        says: short(event.says),
      };
    case "turn-end":
      return { type: "turn-end", turn: event.turn, usage: usageOf(event.usage), projected: costOf(event.projected), actual: costOf(event.actual) };
    case "run-end": {
      const { turns, usage, cost, priced, milliseconds } = event;
      return {
        type: "run-end",
        reason: event.end.reason,
        says: short(endText(event.end)),
        turns,
        usage: usageOf(usage),
        cost: costOf(cost),
        priced,
        milliseconds,
      };
    }
  }
}

type Of<Type extends RunEvent["type"]> = Extract<RunEvent, { readonly type: Type }>;

function streamed(part: Of<"model">["part"], timing: Timing): LogBody | null {
  if (part.type === "message-start") return { type: "answering", model: part.model, milliseconds: timing.end("request") ?? 0 };
  return part.type === "call-rejected" ? { type: "call-rejected", tool: part.tool, why: short(part.why) } : null;
}

function decided(tool: string, decision: Of<"decision">["decision"]): LogBody {
  const { subject, verdict, reason, mode, holds, took } = decision;
  return { type: "decision", tool, subject: short(subject), verdict, by: reason.by, why: short(reasonWords(reason)), mode, holds, milliseconds: took };
}

function stepped(event: Of<"step">, timing: Timing): LogBody | null {
  switch (event.to) {
    case "planned":
    case "awaiting-approval":
      return null;
    case "executing":
      timing.begin(event.step);
      return null;
    case "done":
    case "failed":
    case "denied":
    case "cancelled":
    case "unknown":
    case "reconciled": {
      const milliseconds = timing.end(event.step);
      timing.forget(event.step);
      const { tool, to, verdict, says } = event;
      const more = { ...(verdict === undefined ? {} : { verdict }), ...(says === undefined ? {} : { says: short(says) }) };
      return { type: "tool", tool, subject: short(event.subject), to, milliseconds, ...more };
    }
  }
}

const usageOf = (usage: Usage): Usage => ({ input: usage.input, output: usage.output, cacheRead: usage.cacheRead, cacheWrite: usage.cacheWrite });
const costOf = (cost: Cost): Cost => ({ usd: cost.usd, tokens: cost.tokens });

/** The end in words; an answer itself belongs to the transcript, not here. */
function endText(end: Of<"run-end">["end"]): string {
  switch (end.reason) {
    case "answered":
      return "";
    case "budget":
      return end.ruling.says;
    case "awaiting":
      return end.steps.map((one) => `${one.tool} ${one.subject}`).join("; ");
    case "turns":
      return `limit of ${end.limit} turns`;
    case "breaker":
      return `${end.name}: ${end.says}`;
    case "model-error":
      return `${end.failure.class} after ${end.attempts} attempts: ${end.failure.message}`;
    case "context-exhausted":
    case "refused":
    case "aborted":
    case "journal":
    case "lost-lease":
      return end.says;
  }
}

const longest = 1000;
/** Redacted before it is cut: half a key is still half a key. */
function short(text: string): string {
  const clean = redact(text.length > 50 * longest ? text.slice(0, 50 * longest) : text);
  return clean.length <= longest ? clean : `${clean.slice(0, longest)}… (${text.length} characters)`;
}

/** A parsed line, or null where it is none of this version's. */
export function logLineOf(value: Json): LogLine | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const { v, at, session, agents, type } = value as Record<string, Json>;
  const whole = v === 1 && typeof at === "number" && typeof session === "string" && Array.isArray(agents) && typeof type === "string";
  return whole ? (value as unknown as LogLine) : null;
}
