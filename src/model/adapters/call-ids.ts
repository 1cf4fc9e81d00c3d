// The ids of the calls of a conversation. It is asked for with each reply, so each message is looked at once.
import type { Message } from "../message.ts";

interface Known {
  readonly messages: Message[];
  readonly ids: Set<string>;
}
/** By the first message, which a conversation keeps for its life. */
const known = new WeakMap<Message, Known>();

export function callIds(messages: readonly Message[]): ReadonlySet<string> {
  const first = messages[0];
  if (!first) return new Set();
  let found = known.get(first);
  if (!found?.messages.every((message, index) => message === messages[index])) {
    found = { messages: [], ids: new Set() };
    known.set(first, found);
  }
  for (const message of messages.slice(found.messages.length)) {
    found.messages.push(message);
    if (message.role !== "assistant") continue;
    for (const part of message.parts) {
      if (part.type === "call") found.ids.add(part.call.id);
      if (part.type === "rejected-call") found.ids.add(part.id);
    }
  }
  return found.ids;
}
