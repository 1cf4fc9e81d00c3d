// Sessions with many decisions, as real journals: each call with its plan, its decision, its effect and its result.
import type { CallId, Clock, SessionId } from "../src/base/index.ts";
import { nodeDisk } from "../src/exec/index.ts";
import type { Decision, Reason } from "../src/permissions/index.ts";
import { createFileStore, createSession, type EntryBody, projectSlug } from "../src/session/index.ts";

export interface DecisionsPlace {
  readonly home: string;
  /** Root of the project that they are of; it need not exist. */
  readonly root: string;
  readonly clock: Clock;
}

/** Calls of one reply. */
const callsInReply = 5;

/** Writes `count` decisions into sessions of `perSession` each; the same ones every time. Their names. */
export async function writeDecisions({ home, root, clock }: DecisionsPlace, count: number, perSession: number): Promise<readonly string[]> {
  const store = createFileStore({ disk: nodeDisk, clock, folder: `${home}/projects/${projectSlug(root)}`, version: "0.0.0" });
  const names: string[] = [];
  for (let first = 0; first < count; first += perSession) {
    const name = `many-${String(names.length).padStart(5, "0")}`;
    const made = await createSession(store, clock, name as SessionId, { cwd: root, root, version: "0.0.0" });
    if (!made.ok) throw made.error;
    const appends = [made.value.append({ type: "user", parts: [{ type: "text", text: `Work through part ${names.length}` }] })];
    for (let at = first; at < Math.min(count, first + perSession); at += callsInReply) {
      for (const body of turnOf(at, Math.min(callsInReply, count - at, first + perSession - at), root)) appends.push(made.value.append(body));
    }
    appends.push(made.value.append({ type: "end", end: { reason: "answered", text: "All done." } }));
    await Promise.all(appends);
    await made.value.release();
    names.push(name);
  }
  return names;
}

const amount = (usd: number) => ({ usd, tokens: 900, turns: 1, seconds: 1 });

/** One model call, its reply, and what became of each of its calls. */
function turnOf(first: number, count: number, root: string): readonly EntryBody[] {
  const request = `r_${first}` as Extract<EntryBody, { readonly type: "request" }>["request"];
  const each = Array.from({ length: count }, (_, index) => callOf(first + index, root));
  const message = { role: "assistant", provider: "anthropic", model: "m", finish: "tool-calls" } as const;
  const parts = each.map(({ call }) => ({ type: "call" as const, call }));
  const usage = { input: 100, output: 200, cacheRead: 600, cacheWrite: 0 };
  const projection = { expected: amount(0.01), worst: amount(0.05), maxOutput: 4000, priced: true };
  return [
    { type: "request", request, purpose: "turn", provider: "anthropic", model: "m", segments: [], projection, attempt: 1 },
    { type: "reply", request, purpose: "turn", message: { ...message, parts }, usage, usageFinal: true, cost: amount(0.01), confirmed: true },
    ...each.flatMap(({ call, decision, step, text }, index): EntryBody[] => {
      const planned: EntryBody = { type: "step", change: { step, to: "planned", request, index, call, key: `k_${step}` } };
      const decided: EntryBody = { type: "decision", step, decision };
      if (decision.verdict === "deny") return [planned, decided, { type: "step", change: { step, to: "denied", why: "Denied, nothing was done." } }];
      const intent = {
        class: decision.effect === "execute" ? "shell" : "read",
        argumentsHash: "0".repeat(64),
        redo: decision.effect === "execute" ? "never" : "safe",
        before: [],
        after: null,
      } as const;
      const result = { parts: [{ type: "text" as const, text }], failed: false };
      return [planned, decided, { type: "step", change: { step, to: "executing", intent } }, { type: "step", change: { step, to: "done", result } }];
    }),
  ];
}

function callOf(number: number, root: string) {
  const step = `s_${number}` as Extract<EntryBody, { readonly type: "decision" }>["step"];
  const isCommand = number % 2 === 0;
  const path = `${root}/src/room-${number % 40}/file-${number % 900}.ts`;
  const subject = isCommand ? `npm test -- room-${number % 40} && git status --short` : path;
  const call = { id: `c_${number}` as CallId, tool: isCommand ? "bash" : "read", input: isCommand ? { command: subject } : { path } };
  const end = subject.length;
  const reasons: readonly Reason[] = [
    { by: "rule", rule: "bash(npm test *)", source: `${root}/.bosun/settings.json:3`, span: { start: 0, end: Math.min(8, end) } },
    { by: "mode", mode: "ask", says: "it reads inside the project" },
    { by: "person" },
    { by: "shell-check", check: 73, says: "it removes files", span: { start: 0, end: Math.min(4, end) } },
    { by: "analysis", says: "it only reads, inside the project" },
  ];
  const reason = reasons[number % reasons.length] as Reason;
  const decision: Decision = {
    call: call.id,
    tool: call.tool,
    subject,
    effect: isCommand ? "execute" : "read",
    source: { tier: "builtin" },
    verdict: reason.by === "shell-check" || number % 97 === 0 ? "deny" : "allow",
    reason,
    ...(reason.by === "person" ? { asked: { by: "shell-check", check: 58, says: "it runs code of the project" } as const } : {}),
    mode: "ask",
    holds: "call",
    facts: {
      cwd: root,
      root,
      paths: isCommand ? [] : [{ asked: path, real: path, inside: true, protected: null }],
      commands: isCommand ? [{ words: ["npm", "test"], span: { start: 0, end: 8 } }] : [],
      domains: [],
      ...(isCommand ? { findings: [], effects: [{ kind: "runs", says: "npm test", span: { start: 0, end: 8 } } as const] } : {}),
    },
    took: reason.by === "person" ? 4000 + (number % 1000) : 0,
    judged: 0.2,
  };
  return { step, call, decision, text: `Result ${number}: everything is as it was expected.` };
}
