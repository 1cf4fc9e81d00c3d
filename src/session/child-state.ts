// How a session stands that a call of another one handed its work to: by its own journal, under its own lock.
import type { Clock, SessionId } from "../base/index.ts";
import { textOf } from "../model/index.ts";
import type { ChildState } from "../workflow/index.ts";
import { openSession } from "./session.ts";
import type { SessionState } from "./state.ts";
import type { SessionStore } from "./store.ts";

/** Takes its lock for the look, repairs what a crash left, and lets go of it. `resumable` is the caller's to say. */
export async function childState(store: SessionStore, clock: Clock, child: SessionId): Promise<ChildState> {
  const opened = await openSession(store, clock, child);
  if (opened.ok) {
    await opened.value.release();
    return stateOf(opened.value.state);
  }
  const { code, says } = opened.error;
  if (code === "session-missing") return { is: "absent" };
  return code === "session-busy" ? { is: "busy", says } : { is: "unreadable", says };
}

function stateOf({ end, pending, queue, messages }: SessionState): ChildState {
  const how = end?.reason ?? (messages.length === 0 ? "it has not been given its task" : "it was under way");
  const stands = pending.length > 0 || queue.length > 0 || end === null || end.reason === "awaiting";
  if (stands) return { is: "open", how, resumable: false };
  const last = messages.findLast((message) => message.role === "assistant");
  return { is: "ended", how, answered: end.reason === "answered", text: end.reason === "answered" ? end.text : last ? textOf(last) : "" };
}
