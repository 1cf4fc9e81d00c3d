// Events in words: one line each, for --verbose and for the tool lines of a conversation.
import { redact } from "../base/index.ts";
import type { RunEvent } from "../index.ts";
import { explainRuling, reasonInWords } from "../permissions/index.ts";
import { duration, money, oneLine, tokens } from "./text.ts";

/** Null: nothing worth a line (pieces of a stream). */
export function eventInWords(event: RunEvent): string | null {
  const words = describe(event);
  return words === null ? null : `${event.agents.length > 1 ? `${event.agents.slice(1).join(" > ")}: ` : ""}${redact(oneLine(words))}`;
}

function describe(event: RunEvent): string | null {
  switch (event.type) {
    case "run-start":
      return `${event.resumed ? "continues" : "starts"} ${event.session} with ${event.provider}/${event.model}, mode ${event.mode}, in ${event.cwd}`;
    case "notice":
      return `${event.level}: ${event.says} (${event.code})`;
    case "input-accepted":
      return `input: ${event.text}`;
    case "context-assembled": {
      const loaded = event.loaded.length === 0 ? "" : `, with ${event.loaded.join(", ")}`;
      return `context: about ${tokens(event.tokens)}${loaded}${event.breaks.length === 0 ? "" : `, cache broken by ${event.breaks.join(", ")}`}`;
    }
    case "turn-start": {
      const { expected, worst, priced } = event.projection;
      return `turn ${event.turn}${event.attempt > 1 ? `, attempt ${event.attempt}` : ""}: expected ${money(expected.usd, priced)}, at most ${money(worst.usd, priced)}`;
    }
    case "model":
      return partInWords(event.part);
    case "reply":
      return `reply: ${event.text.length} characters, ${event.calls} ${event.calls === 1 ? "call" : "calls"}, ${event.finish}`;
    case "model-retry":
      return `attempt ${event.attempt} failed (${event.failure.class}: ${event.failure.message}), again in ${duration(event.waitMilliseconds)}`;
    case "decision": {
      const { verdict, tool, subject, reason } = event.decision;
      return `${verdict === "allow" ? "allowed" : "denied"} ${tool} ${subject}: ${reasonInWords(reason)}`;
    }
    case "approval-asked":
      return `asked for ${event.tool} ${event.subject}: ${explainRuling({ verdict: "ask", because: event.because })}`;
    case "step":
      return `${event.to} ${event.tool}${event.subject === "" ? "" : ` ${event.subject}`}${event.says === undefined ? "" : `: ${event.says}`}`;
    case "tool-progress":
      return null;
    case "breaker-opened":
      return `breaker ${event.name} opened after ${event.failures} failures: ${event.says} Saved so far: ${event.saved.calls} ${event.saved.calls === 1 ? "call" : "calls"}, ${money(event.saved.usd, true)}.`;
    case "turn-end":
      return `turn ${event.turn} took ${tokens(total(event.usage))}, ${money(event.actual.usd, true)}`;
    case "run-end":
      return `ends: ${event.end.reason} after ${event.turns} ${event.turns === 1 ? "turn" : "turns"}, ${tokens(total(event.usage))}, ${money(event.cost.usd, event.priced)}, ${duration(event.milliseconds)}`;
  }
}

function partInWords(part: Extract<RunEvent, { type: "model" }>["part"]): string | null {
  switch (part.type) {
    case "message-start":
      return `${part.model} answers`;
    case "tool-matched":
      return `calls ${part.tool} …`;
    case "call-rejected":
      return `the call of ${part.tool} can't be used: ${part.why}`;
    case "text-delta":
    case "thinking-delta":
    case "tool-call":
      return null;
  }
}

export const total = (usage: { readonly input: number; readonly output: number; readonly cacheRead: number; readonly cacheWrite: number }): number =>
  usage.input + usage.output + usage.cacheRead + usage.cacheWrite;

/** The line of a call in a conversation, once it is closed; null for states on the way. */
export function stepInWords(event: Extract<RunEvent, { type: "step" }>): string | null {
  const { to, tool, subject, says } = event;
  const what = oneLine(`${tool} ${subject}`);
  switch (to) {
    case "done":
      return `✓ ${what}`;
    case "failed":
      return `✗ ${what}${says === undefined ? "" : `: ${oneLine(says)}`}`;
    case "denied":
      return `⊘ ${what}: denied`;
    case "cancelled":
      return `⊘ ${what}: interrupted`;
    case "reconciled":
      return `? ${what}: ${event.verdict ?? "unknown"}`;
    case "planned":
    case "awaiting-approval":
    case "executing":
    case "unknown":
      return null;
  }
}
