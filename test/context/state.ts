// A session's state for tests of the context: the real fold over entries that are made here.
import type { CallId, EntryId, RequestId, StepId } from "../../src/base/index.ts";
import type { AssistantPart, Message, Usage } from "../../src/model/index.ts";
import type { Entry, EntryBody, Prefix, Segment, SessionState } from "../../src/session/index.ts";
import { createFold } from "../../src/session/index.ts";

export const projection = {
  expected: { usd: 0, tokens: 0, turns: 1, seconds: 0 },
  worst: { usd: 0, tokens: 0, turns: 1, seconds: 0 },
  maxOutput: 8_000,
  priced: true,
};

export const samplePrefix: Prefix = {
  tools: [
    { name: "edit", description: "Changes a file.", input: { type: "object", properties: { path: { type: "string" } }, required: ["path"] } },
    { name: "read", description: "Reads a file.", input: { type: "object", properties: { path: { type: "string" } } } },
  ],
  system: [
    { name: "core", text: "You are a test." },
    { name: "project", text: "# Project instructions\n\nUse tabs." },
  ],
  environment: "<environment>\nWorking folder: /somewhere\n</environment>",
};

export interface Conversation {
  readonly state: SessionState;
  add(body: EntryBody): void;
  user(text: string): void;
  /** The request line of what was assembled, then its reply. */
  answered(segments: readonly Segment[], parts: readonly AssistantPart[], usage?: Partial<Usage>): void;
  /** Plans and closes each call of the last reply. */
  results(text: (tool: string, index: number) => string): void;
}

export function newConversation(prefix: Prefix = samplePrefix): Conversation {
  const fold = createFold();
  let seq = 0;
  let requests = 0;
  const add = (body: EntryBody): void => {
    fold.apply({ v: 1, seq, id: `e_${seq}` as EntryId, ts: seq * 1_000, prev: "0".repeat(64), ...body } as Entry);
    seq += 1;
  };
  add({ type: "prefix", prefix, loaded: [] });
  return {
    state: fold.state,
    add,
    user: (text) => add({ type: "user", parts: [{ type: "text", text }] }),
    answered(segments, parts, usage) {
      const request = `r_${requests++}` as RequestId;
      add({ type: "request", request, purpose: "turn", provider: "test", model: "m", segments, projection, attempt: 1 });
      const calls = parts.some((part) => part.type === "call");
      const message = { role: "assistant" as const, parts, provider: "test", model: "m", finish: calls ? ("tool-calls" as const) : ("end" as const) };
      add({
        type: "reply",
        request,
        purpose: "turn",
        message,
        usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, ...usage },
        usageFinal: true,
        cost: projection.worst,
        confirmed: true,
      });
    },
    results(text) {
      const { pending, lastRequest } = fold.state;
      for (const { call, index } of pending) {
        const step = `s_${call.id}` as StepId;
        add({ type: "step", change: { step, to: "planned", request: lastRequest as RequestId, index, call, key: call.id } });
        add({ type: "step", change: { step, to: "executing", intent: { class: "read", redo: "safe", argumentsHash: "", before: [], after: [] } } });
        add({ type: "step", change: { step, to: "done", result: { parts: [{ type: "text", text: text(call.tool, index) }], failed: false } } });
      }
    },
  };
}

export const callPart = (id: string, tool = "read", input: AssistantCallInput = { path: `src/${id}.ts` }): AssistantPart => ({
  type: "call",
  call: { id: id as CallId, tool, input },
});
type AssistantCallInput = Extract<AssistantPart, { type: "call" }>["call"]["input"];

export const textPart = (text: string): AssistantPart => ({ type: "text", text });

export const userMessage = (text: string): Message => ({ role: "user", parts: [{ type: "text", text }] });
export const replyOf = (...parts: AssistantPart[]): Message => ({ role: "assistant", parts, provider: "test", model: "m", finish: "end" });
export const resultOf = (id: string, text = "ok"): Message => ({
  role: "tool",
  call: id as CallId,
  tool: "read",
  parts: [{ type: "text", text }],
  failed: false,
});
