// From a turn of a script to an answer: placeholders filled, identifiers and signatures made, usage counted.
import { createHash } from "node:crypto";
import type { CacheBill } from "./cache.ts";
import { type FilledReply, fillPlaceholders, type Reply, type Script, type Turn, type Variable } from "./script.ts";
import { tokensOf } from "./tokens.ts";
import type { Answer, RequestView, Wire } from "./wire/wire.ts";

export interface ComposeInput {
  readonly script: Script;
  readonly turn: Turn;
  readonly view: RequestView;
  readonly wire: Wire;
  readonly bill: CacheBill;
  /** How many answers were made before: identifiers are made from it. */
  readonly serial: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly now: number;
}

/** Undefined with a reason when a variable finds nothing in the request. */
export function composeAnswer(input: ComposeInput): { readonly answer: Answer } | { readonly says: string } {
  const missing: string[] = [];
  const lookUp = (name: string): string => {
    const value = input.variables[name] ?? valueIn(input.script.variables?.[name], input.view);
    if (value === undefined) missing.push(name);
    return value ?? "";
  };
  const parts = input.turn.reply.map((reply, index) => filled(reply, index, input, lookUp));
  const name = missing[0];
  if (name !== undefined)
    return {
      says: `the variable "${name}" of the script "${input.script.name}" finds nothing in this request: ${JSON.stringify(input.script.variables?.[name])}`,
    };
  const computed = {
    input: input.bill.input,
    cacheRead: input.bill.cacheRead,
    cacheWrite: input.bill.cacheWrite,
    output: parts.reduce((sum, part) => sum + tokensOf(textOf(part)), 0),
    reasoning: parts.reduce((sum, part) => sum + (part.kind === "thinking" ? tokensOf(part.text) : 0), 0),
  };
  const usage = { ...computed, ...input.turn.usage };
  const answer: Answer = {
    id: `${input.wire.answerIdPrefix}${digest(input, "answer")}`,
    model: input.view.model,
    parts,
    finish: input.turn.finish ?? (parts.some((part) => part.kind === "call") ? "tool-calls" : "end"),
    usage: { ...usage, cacheWriteLong: Math.min(input.bill.cacheWriteLong, usage.cacheWrite) },
    createdAt: input.now,
  };
  return { answer };
}

function filled(reply: Reply, index: number, input: ComposeInput, lookUp: (name: string) => string): FilledReply {
  if ("text" in reply) return { kind: "text", text: fillPlaceholders(reply.text, lookUp) };
  if ("thinking" in reply) {
    const text = fillPlaceholders(reply.thinking, lookUp);
    return { kind: "thinking", text, signature: reply.signature ?? input.wire.sign?.(text, input.view.model) ?? signatureOf(text) };
  }
  if ("redactedThinking" in reply) return { kind: "redacted-thinking", data: reply.redactedThinking };
  const id = reply.id ?? `${input.wire.callIdPrefix}${digest(input, String(index))}`;
  const text = "rawInput" in reply ? fillPlaceholders(reply.rawInput, lookUp) : JSON.stringify(fillPlaceholders(reply.input, lookUp));
  return { kind: "call", id, tool: reply.call, arguments: text };
}

/** The same for the same script, course and request length: two runs give equal identifiers, two answers of one conversation never do. */
function digest(input: ComposeInput, what: string): string {
  return createHash("sha256")
    .update(JSON.stringify([input.script.name, input.serial, input.view.messages, what]))
    .digest("hex")
    .slice(0, 22);
}

const signaturePrefix = "c2NyaXB0";
/** What stands for the vendor's proof that it wrote this reasoning. */
export function signatureOf(text: string): string {
  return `${signaturePrefix}${createHash("sha256").update(text).digest("base64")}`;
}
/** Whether a signature has the form of those made here, so that its text can be checked. */
export const isOwnSignature = (signature: string): boolean => signature.startsWith(signaturePrefix);

function valueIn(variable: Variable | undefined, view: RequestView): string | undefined {
  if (variable === undefined || typeof variable === "string") return variable;
  const pattern = new RegExp(variable.matches, "su");
  for (const text of view.texts) {
    const found = pattern.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

function textOf(part: FilledReply): string {
  switch (part.kind) {
    case "text":
    case "thinking":
      return part.text;
    case "redacted-thinking":
      return part.data;
    case "call":
      return part.tool + part.arguments;
  }
}
