// Recorded sessions of other agents, as conversations of ours: what the token estimate is measured on.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CallId, Json } from "../../src/base/index.ts";
import type { AssistantPart, Message, Usage } from "../../src/model/index.ts";

export interface Transcript {
  readonly name: string;
  readonly file: string;
  readonly messages: readonly Message[];
  /** By index into `messages`: what the provider really counted for the request that this reply answered. */
  readonly billed: ReadonlyMap<number, Usage>;
}

/** Those of a folder: `*.jsonl` of pi, `*.traj` of SWE-agent. A session that was compacted is one transcript for each part. */
export function readTranscripts(folder: string): readonly Transcript[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .flatMap((file) => {
      const read = () => readFileSync(join(folder, file), "utf8");
      if (file.endsWith(".jsonl")) return fromPi(file, read());
      return file.endsWith(".traj") ? [fromTrajectory(file, read())] : [];
    });
}

const user = (text: string): Message => ({ role: "user", parts: [{ type: "text", text }] });

function fromTrajectory(file: string, text: string): Transcript {
  const { history } = JSON.parse(text) as { readonly history: readonly { readonly role: string; readonly content: unknown }[] };
  const messages = history.map(({ role, content }): Message => {
    const words = typeof content === "string" ? content : JSON.stringify(content);
    return role === "assistant" ? reply([{ type: "text", text: words }]) : user(words);
  });
  const name = file.replace(/^sweagent_+|\.traj$/g, "").slice(-44);
  return { name, file, messages, billed: new Map() };
}

const reply = (parts: readonly AssistantPart[]): Message => ({ role: "assistant", parts, provider: "recorded", model: "recorded", finish: "end" });

interface PiPart {
  readonly type: string;
  readonly text?: string;
  readonly thinking?: string;
  readonly id?: string;
  readonly name?: string;
  readonly arguments?: Json;
}
interface PiMessage {
  readonly role: string;
  readonly content?: string | readonly PiPart[];
  readonly toolCallId?: string;
  readonly toolName?: string;
  readonly isError?: boolean;
  readonly usage?: Usage;
  readonly output?: string;
}
interface PiEntry {
  readonly type: string;
  readonly summary?: string;
  readonly message?: PiMessage;
}

function fromPi(file: string, text: string): readonly Transcript[] {
  const entries = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as PiEntry);
  const found: { messages: Message[]; billed: Map<number, Usage> }[] = [{ messages: [], billed: new Map() }];
  for (const [index, entry] of entries.entries()) {
    if (entry.type === "compaction") found.push({ messages: [user(entry.summary ?? "")], billed: new Map() });
    const { messages, billed } = found.at(-1) as (typeof found)[number];
    if (entry.type !== "message" || !entry.message) continue;
    if (entry.message.role === "assistant" && entry.message.usage) billed.set(messages.length, entry.message.usage);
    const message = piMessage(entry.message, resultsAfter(entries, index), callsBefore(messages));
    if (message.parts.length > 0) messages.push(message);
  }
  return found.map(({ messages, billed }, part) => ({ name: `pi, part ${part + 1}`, file, messages, billed }));
}

/** Ids of the results between this reply and the next. */
function resultsAfter(entries: readonly PiEntry[], from: number): ReadonlySet<string> {
  const ids = new Set<string>();
  for (let index = from + 1; index < entries.length && entries[index]?.message?.role !== "assistant"; index++) {
    const id = entries[index]?.message?.toolCallId;
    if (id !== undefined) ids.add(id);
  }
  return ids;
}

/** Ids of the calls that the last reply made and that are still open. */
function callsBefore(messages: readonly Message[]): ReadonlySet<string> {
  const open = new Set<string>();
  for (const message of messages.slice(messages.findLastIndex(({ role }) => role === "assistant"))) {
    if (message.role === "tool") open.delete(message.call);
    if (message.role === "assistant") for (const part of message.parts) if (part.type === "call") open.add(part.call.id);
  }
  return open;
}

function piMessage(message: PiMessage, answered: ReadonlySet<string>, open: ReadonlySet<string>): Message {
  const content = typeof message.content === "string" ? [{ type: "text", text: message.content }] : (message.content ?? []);
  if (message.role === "assistant") return reply(content.flatMap((part) => piPart(part, answered)));
  const words = message.output ?? content.map((part) => part.text ?? "").join("\n");
  if (message.role !== "toolResult" || !open.has(message.toolCallId ?? "")) return user(words);
  const { toolCallId = "", toolName = "", isError = false } = message;
  return { role: "tool", call: toolCallId as CallId, tool: toolName, parts: [{ type: "text", text: words }], failed: isError };
}

function piPart(part: PiPart, answered: ReadonlySet<string>): readonly AssistantPart[] {
  if (part.type === "text") return [{ type: "text", text: part.text ?? "" }];
  if (part.type === "thinking") return [{ type: "text", text: part.thinking ?? "" }];
  if (part.type !== "toolCall") return [];
  const { id = "", name = "", arguments: input = null } = part;
  // a call that was interrupted has no result: its words count, its form does not
  return answered.has(id) ? [{ type: "call", call: { id: id as CallId, tool: name, input } }] : [{ type: "text", text: JSON.stringify(input) }];
}
