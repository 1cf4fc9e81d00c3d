// Which calls of one reply may run together, and which are held up by one that failed. Pure.
//
// Invariants
//  B1  Calls that change nothing run together where they stand side by side; every other one runs alone. Order is the model's.
//  B2  A change that did not succeed holds up every later change of its reply: the model asked for them believing in it.
//  B3  Reads are never held up; nor is what is independent, which holds up nothing either; nor does waiting hold up anything.
import type { Step } from "../workflow/index.ts";

export interface Batch<Call> {
  readonly calls: readonly Call[];
  /** None of them changes anything. */
  readonly reads: boolean;
}

/** The first call, with those after it that change nothing where it changes nothing itself. */
export async function nextBatch<Call>(calls: readonly Call[], onlyReads: (call: Call) => Promise<boolean>): Promise<Batch<Call>> {
  let length = 0;
  while (length < calls.length && (await onlyReads(calls[length] as Call))) length += 1;
  return { calls: calls.slice(0, Math.max(1, length)), reads: length > 0 };
}

/** A call of a reply as the rule sees it. */
export interface Ordered {
  /** Its place among the calls of the reply. */
  readonly index: number;
  /** It can change something: its tool is none that only reads, and it is no command that was proved to. */
  readonly changes: boolean;
  readonly independent: boolean;
}
export interface Ended extends Ordered {
  readonly step: Pick<Step, "state" | "verdict" | "result">;
}

/** The first call that holds this one up; null: none does. */
export function heldUpBy<Before extends Ended>(call: Ordered, before: readonly Before[]): Before | null {
  if (!call.changes || call.independent) return null;
  const holding = before.filter((one) => one.index < call.index && one.changes && !one.independent && !succeeded(one.step));
  return holding.reduce<Before | null>((first, one) => (first === null || one.index < first.index ? one : first), null);
}

/** What is not closed has not failed: it waits, or is under way. */
function succeeded({ state, verdict, result }: Ended["step"]): boolean {
  switch (state) {
    case "failed":
    case "denied":
    case "cancelled":
    case "unknown":
      return false;
    case "reconciled":
      return verdict === "applied" && result?.failed !== true;
    case "planned":
    case "awaiting-approval":
    case "executing":
    case "done":
      return true;
  }
}
