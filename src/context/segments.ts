// Hashes of what a request consists of, so that a broken cache can be named. A segment is hashed over the bytes as they
// are rendered: key order is kept where it reaches the model (schemas, arguments), and nothing else is in it.
import { sha256 } from "../exec/index.ts";
import type { Message, ToolSpec } from "../model/index.ts";
import type { Prefix, Segment } from "../session/index.ts";

const historyName = "history:";

/** The segments that stand still for a session, in the order in which they are sent. */
export function segmentsOf(prefix: Prefix): readonly Segment[] {
  const tools = prefix.tools.map(renderTool).join("\n");
  return [segment("tools", tools), ...prefix.system.map(({ name, text }) => segment(name, text)), segment("environment", prefix.environment)];
}

export function renderTool(tool: ToolSpec): string {
  return JSON.stringify([tool.name, tool.description, tool.input]);
}

const segment = (name: string, text: string): Segment => ({ name, sha256: sha256(text), bytes: Buffer.byteLength(text) });

/** Which model reads the cache: another one has its own. It stands before everything and has no bytes in the prompt. */
export function modelSegment(provider: string, model: string): Segment {
  return { name: "model", sha256: sha256(JSON.stringify([provider, model])), bytes: 0 };
}

/**
 * The conversation's first `length` messages. The hash is a chain, h(n) = sha256(h(n-1) + sha256(message n)), so a later
 * request, which has the hash of every length, can tell whether it still begins with what was sent.
 */
export function historySegment(length: number, hash: string, bytes: number): Segment {
  return { name: `${historyName}${length}`, sha256: hash, bytes };
}

/** How many messages a history segment covers; null for any other segment. */
export function historyLength(segment: Segment): number | null {
  if (!segment.name.startsWith(historyName)) return null;
  const length = Number(segment.name.slice(historyName.length));
  return Number.isInteger(length) && length >= 0 ? length : null;
}

/** The bytes a message is known by. Fixed order of fields, whoever built the object; arguments in the order they came. */
export function renderMessage(message: Message): string {
  switch (message.role) {
    case "user":
      return JSON.stringify(["user", ...message.parts.map(renderPart)]);
    case "assistant":
      return JSON.stringify(["assistant", message.provider, message.model, message.finish, ...message.parts.map(renderPart)]);
    case "tool":
      return JSON.stringify(["tool", message.call, message.tool, message.failed, ...message.parts.map(renderPart)]);
  }
}

function renderPart(part: Message["parts"][number]): readonly unknown[] {
  switch (part.type) {
    case "text":
      return ["text", part.text];
    case "image":
      return ["image", part.mediaType, part.data];
    case "thinking":
      return ["thinking", part.text, part.signature ?? null];
    case "redacted-thinking":
      return ["redacted-thinking", part.data];
    case "call":
      return ["call", part.call.id, part.call.tool, part.call.input];
    case "rejected-call":
      return ["rejected-call", part.id, part.tool, part.raw, part.why];
  }
}

/**
 * Names of the segments of `before` (the previous request) that this request does not begin with, in order: the first is
 * the cause. `hashAt` gives the chain's hash after that many messages, or undefined when there are fewer. Empty when
 * `before` is.
 */
export function breaksBetween(before: readonly Segment[], now: readonly Segment[], hashAt: (length: number) => string | undefined): readonly string[] {
  if (before.length === 0) return [];
  const known = new Map(before.map((one) => [one.name, one]));
  const present = new Set(now.map((one) => one.name));
  const broken: { readonly name: string; readonly at: number }[] = [];
  now.forEach((one, at) => {
    if (historyLength(one) === null && known.get(one.name)?.sha256 !== one.sha256) broken.push({ name: one.name, at });
  });
  before.forEach((one, at) => {
    const length = historyLength(one);
    if (length !== null && hashAt(length) !== one.sha256) broken.push({ name: "history", at: now.length });
    // it stood where something else stands now
    else if (length === null && !present.has(one.name)) broken.push({ name: one.name, at: at - 0.5 });
  });
  return broken.sort((left, right) => left.at - right.at).map((one) => one.name);
}
