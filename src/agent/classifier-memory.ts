// What a session's decisions say of its classifier: verdicts that hold, refusals in a row and in all. A fold, so that a resume keeps it.
import type { Breaker } from "../base/index.ts";
import type { ClassifierRecord, Decision } from "../permissions/index.ts";
import type { SessionState } from "../session/index.ts";

/** Refusals after which a person is asked again: in a row, and in a session. */
export const mostInRow = 3;
export const mostInAll = 20;

export interface ClassifierMemory {
  readonly verdicts: Map<string, ClassifierRecord>;
  readonly breakers: Map<string, Breaker>;
  /** Codes of notices that were given in this process. */
  readonly told: Set<string>;
  row: number;
  all: number;
  /** Decisions counted so far. */
  at: number;
}

const memories = new WeakMap<SessionState, ClassifierMemory>();

export function memoryOf(state: SessionState): ClassifierMemory {
  const memory = memories.get(state) ?? { verdicts: new Map(), breakers: new Map(), told: new Set(), row: 0, all: 0, at: 0 };
  memories.set(state, memory);
  for (; memory.at < state.decisions.length; memory.at++) count(memory, state.decisions[memory.at]?.decision);
  return memory;
}

function count(memory: ClassifierMemory, decision: Decision | undefined): void {
  const record = decision?.classifier;
  if (record?.outcome === "deny") {
    memory.row += 1;
    memory.all += 1;
  }
  // only an allowance of what was in question: what the mode or a rule allows anyway tells nothing
  const isPerson = decision?.reason.by === "person" || decision?.reason.by === "coordinator";
  if (decision?.verdict === "allow" && (record?.outcome === "allow" || isPerson)) memory.row = 0;
  if (record?.key !== undefined && (record.outcome === "allow" || record.outcome === "deny")) memory.verdicts.set(record.key, record);
}

/** Why it is not asked any more, in words, or null. */
export function whyStopped({ row, all }: ClassifierMemory): string | null {
  if (all >= mostInAll) return `the classifier refused ${all} calls in this session, so a person is asked for the rest of it`;
  return row >= mostInRow ? `the classifier refused ${row} calls in a row, so a person is asked until they allow one` : null;
}
