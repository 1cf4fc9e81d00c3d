// The calls of a session as they were judged, for a judge with other rules.
import { type Outcome, rememberSecretsOf, type SessionId } from "../base/index.ts";
import { meantCall, type ToolCall } from "../model/index.ts";
import type { AskedRequest, Decision, Facts, Reason } from "../permissions/index.ts";
import type { Entry } from "./entry.ts";
import type { SessionStore } from "./store.ts";

export interface RecordedCall {
  readonly session: SessionId;
  readonly root: string;
  readonly seq: number;
  readonly ts: number;
  readonly step: string;
  /** The call that is meant, also where it was found through `find_tool`. */
  readonly call: Pick<ToolCall, "id" | "tool" | "input">;
  readonly subject: string;
  readonly facts: Facts;
  readonly mode: Decision["mode"];
  /** Absent in journals of earlier versions. */
  readonly effect?: Decision["effect"];
  readonly source?: Decision["source"];
  /** What the rules of then said: "ask" whatever the answer was. */
  readonly before: "allow" | "ask" | "deny";
  readonly because: Reason | null;
  /** What came of it; null: it is still open. */
  readonly decided: "allow" | "deny" | null;
}

/** Each decision, and each question that is still open. `since`: milliseconds since 1970. */
export async function readRecordedCalls(store: SessionStore, session: SessionId, since = 0): Promise<Outcome<readonly RecordedCall[]>> {
  let root = "";
  const planned = new Map<string, ToolCall>();
  const open = new Map<string, RecordedCall>();
  const found: RecordedCall[] = [];
  const visit = (entry: Entry): void => {
    if (entry.type === "session") {
      root = entry.root;
      rememberSecretsOf(root);
    }
    if (entry.type === "step" && entry.change.to === "planned") planned.set(entry.change.step, entry.change.call);
    const at = { session, root, seq: entry.seq, ts: entry.ts };
    if (entry.type === "step" && entry.change.to === "awaiting-approval") {
      const { step, because } = entry.change;
      const request = entry.change.request as unknown as AskedRequest | undefined;
      const call = planned.get(step);
      if (call === undefined || request === undefined || entry.ts < since) return;
      const { subject, facts, mode, effect, source } = request;
      const reason = because as unknown as Reason;
      open.set(step, { ...at, step, call: meantCall(call), subject, facts, mode, effect, source, before: "ask", because: reason, decided: null });
    }
    if (entry.type !== "decision") return;
    open.delete(entry.step);
    if (entry.ts >= since) found.push(decided(at, entry, planned.get(entry.step)));
  };
  const read = await store.read(session, visit);
  return read.ok ? { ok: true, value: [...found, ...open.values()] } : read;
}

function decided(
  at: Pick<RecordedCall, "session" | "root" | "seq" | "ts">,
  { step, decision }: Extract<Entry, { readonly type: "decision" }>,
  call: ToolCall | undefined,
): RecordedCall {
  const { subject, facts, mode, effect, source, asked, verdict, reason, tool } = decision;
  const input = call === undefined ? {} : meantCall(call).input;
  return {
    ...at,
    step,
    call: { id: decision.call as ToolCall["id"], tool, input },
    subject,
    facts,
    mode,
    ...(effect === undefined ? {} : { effect }),
    ...(source === undefined ? {} : { source }),
    before: asked === undefined ? verdict : "ask",
    because: asked ?? reason,
    decided: verdict,
  };
}
