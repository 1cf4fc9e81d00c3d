// Bodies, folders and broken disks for the tests of the journal.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { onTestFinished } from "vitest";
import type { CallId, Json, RequestId, SessionId, StepId } from "../../src/base/index.ts";
import type { AssistantPart } from "../../src/model/index.ts";
import { type Entry, type EntryBody, encodeLine, firstPrev, type ScanResult, type Session, scanJournal } from "../../src/session/index.ts";
import type { Intent, StepChange } from "../../src/workflow/index.ts";

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "bosun-session-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const sessionId = (text: string) => text as SessionId;
export const requestId = (text: string) => text as RequestId;
export const stepId = (text: string) => text as StepId;
export const callId = (text: string) => text as CallId;

export const usage = { input: 10, output: 5, cacheRead: 0, cacheWrite: 0 };
export const amount = (usd: number) => ({ usd, tokens: 15, turns: 1, seconds: 1 });
export const facts = { cwd: "/p", root: "/p", paths: [], commands: [], domains: [] };
export const start = (session = "s_1"): EntryBody => ({ type: "session", session: sessionId(session), cwd: "/p", root: "/p", version: "0.1.0" });
export const user = (text: string): EntryBody => ({ type: "user", parts: [{ type: "text", text }] });
export const request = (id: string, purpose = "turn"): EntryBody => ({
  type: "request",
  request: requestId(id),
  purpose,
  provider: "anthropic",
  model: "m-1",
  segments: [{ name: "system", sha256: "a".repeat(64), bytes: 3 }],
  projection: { expected: amount(0.01), worst: amount(0.05), maxOutput: 100, priced: true },
  attempt: 1,
});
export function reply(id: string, parts: readonly AssistantPart[], purpose = "turn"): EntryBody {
  const finish = parts.some((part) => part.type === "call") ? "tool-calls" : "end";
  const message = { role: "assistant", parts, provider: "anthropic", model: "m-1", finish } as const;
  return { type: "reply", request: requestId(id), purpose, message, usage, usageFinal: true, cost: amount(0.02), confirmed: true };
}
export const says = (text: string): AssistantPart => ({ type: "text", text });
export const calls = (id: string, tool = "read", input: Json = { path: "a" }): AssistantPart => ({ type: "call", call: { id: callId(id), tool, input } });
export const step = (change: StepChange): EntryBody => ({ type: "step", change });
export const planned = (id: string, requestOf: string, index: number, tool = "read", input: Json = { path: "a" }): EntryBody =>
  step({ step: stepId(id), to: "planned", request: requestId(requestOf), index, call: { id: callId(`c_${id}`), tool, input }, key: `k_${id}` });
export const intent = (more: Partial<Intent> = {}): Intent => ({ class: "read", argumentsHash: "h", redo: "safe", before: [], after: null, ...more });
export const executing = (id: string, more: Partial<Intent> = {}): EntryBody => step({ step: stepId(id), to: "executing", intent: intent(more) });
export const done = (id: string, text: string): EntryBody => step({ step: stepId(id), to: "done", result: { parts: [{ type: "text", text }], failed: false } });
export const answered: EntryBody = { type: "end", end: { reason: "answered", text: "done" } };
export const decision = (id: string, asking?: string, rule?: string): EntryBody => ({
  type: "decision",
  step: stepId(id),
  ...(asking === undefined ? {} : { asking }),
  decision: {
    call: `c_${id}`,
    tool: "bash",
    subject: "make",
    verdict: "allow",
    reason: { by: "person" },
    mode: "ask",
    holds: rule === undefined ? "call" : "session",
    facts,
    took: 12,
    ...(rule === undefined ? {} : { rule }),
  },
});

/** One whole turn with two calls, as a run would write it. */
export const turn = (name: string): readonly EntryBody[] => [
  request(`r_${name}`),
  reply(`r_${name}`, [says("let me look"), calls(`c_${name}a`), calls(`c_${name}b`, "bash", { command: "make" })]),
  planned(`${name}a`, `r_${name}`, 0),
  planned(`${name}b`, `r_${name}`, 1, "bash", { command: "make" }),
  executing(`${name}a`),
  done(`${name}a`, `text of ${name}`),
  decision(`${name}b`),
  executing(`${name}b`, { class: "shell", redo: "never" }),
  done(`${name}b`, "made"),
];

/** A journal's lines as they would stand in a file, and its entries. */
export function journalOf(bodies: readonly EntryBody[]): { readonly bytes: Buffer; readonly lines: readonly Buffer[]; readonly entries: readonly Entry[] } {
  const lines: Buffer[] = [];
  const entries: Entry[] = [];
  let prev = firstPrev;
  for (const body of bodies) {
    const { line, entry, hash } = encodeLine(body, lines.length, prev, 1_700_000_000_000 + lines.length);
    lines.push(Buffer.from(line));
    entries.push(entry);
    prev = hash;
  }
  return { bytes: Buffer.concat(lines), lines, entries };
}

export async function appendAll(session: Session, bodies: readonly EntryBody[]): Promise<void> {
  for (const body of bodies) await session.append(body);
}

/** Scans bytes, reading them in pieces of `piece` at most. */
export async function scan(bytes: Uint8Array, piece = bytes.length): Promise<{ readonly found: Entry[]; readonly result: ScanResult }> {
  const found: Entry[] = [];
  const read = async (into: Uint8Array, position: number): Promise<number> => {
    const part = bytes.subarray(position, position + Math.min(piece, into.length));
    into.set(part);
    return part.length;
  };
  const result = await scanJournal(read, (entry) => void found.push(entry));
  return { found, result };
}

/** Text with all that JSON finds hard: controls, quotes, emoji, lone surrogates, line separators. */
export const nastyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.array(fc.constantFrom("\ud800", "\udc00", "\n", "\r", "\u0000", "\u2028", '"', "\\", '","crc":"00000000"}', "é", "𝄞", "a")).map((all) => all.join("")),
);

export const anyBody: fc.Arbitrary<EntryBody> = fc.oneof(
  nastyText.map(user),
  nastyText.map((text) => ({ type: "note" as const, about: text, parts: [{ type: "text" as const, text }] })),
  nastyText.map((value) => ({ type: "setting" as const, name: "title" as const, value })),
  fc.tuple(nastyText, fc.jsonValue()).map(([text, input]) => reply("r_1", [says(text), calls("c_1", text, input as Json)])),
  nastyText.map((text) => done("st_1", text)),
  fc.jsonValue().map((receipt) => ({ type: "compaction" as const, strategy: "x", from: 0, to: 1, stand: [], receipt: receipt as Json })),
);
