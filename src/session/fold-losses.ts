// The part of the fold that keeps what of the journal is lost until the model was told of it.
//
// Invariants
//  O1  A loss has the same name whenever the journal is read; a hole in the numbers is seen even where no line says so.
//  O2  Only a note that names a loss takes it away; a loss that such a note named before it was found stays away.
import type { Entry, Loss } from "./entry.ts";

export interface LossBook {
  /** In the order in which they were found. */
  readonly untold: readonly Loss[];
  /** Every line, before anything else is done with it. */
  line(entry: Entry): void;
  /** One that another journal had. */
  add(loss: Loss): void;
}

export function createLossBook(): LossBook {
  const untold: Loss[] = [];
  const known = new Map<string, Loss>();
  const told = new Set<string>();
  let last: { readonly seq: number; readonly ts: number | null } = { seq: -1, ts: null };
  const add = (loss: Loss): void => {
    if (told.has(loss.name)) return;
    const before = known.get(loss.name);
    known.set(loss.name, loss);
    if (before) untold[untold.indexOf(before)] = loss;
    else untold.push(loss);
  };
  const tell = (names: readonly string[]): void => {
    for (const name of names) {
      told.add(name);
      const loss = known.get(name);
      if (loss && known.delete(name)) untold.splice(untold.indexOf(loss), 1);
    }
  };
  return {
    untold,
    add,
    line(entry) {
      const { seq, ts } = entry;
      const missing = seq - last.seq - 1;
      if (missing > 0) add({ name: gapName(last.seq), lines: missing, from: last.ts, to: ts, kept: null });
      if (entry.type === "gap") add(gapLoss(entry, known.get(gapName(entry.afterSeq))));
      if (entry.type === "repair" && entry.lines > 0) {
        add({ name: `repair ${seq}`, lines: entry.lines, from: last.ts, to: ts, kept: `copied aside to ${entry.aside}` });
      }
      if (entry.type === "note") tell(entry.tells ?? []);
      last = { seq, ts };
    },
  };
}

const gapName = (afterSeq: number): string => `gap ${afterSeq}`;

/** What a gap line adds to the hole in the numbers, if there is one: where the bytes stand. */
function gapLoss(gap: Extract<Entry, { readonly type: "gap" }>, hole: Loss | undefined): Loss {
  // a line whose payload is gone: it is one line, and nothing of it is left
  if (gap.fromByte < 0) return { name: gapName(gap.afterSeq), lines: 1, from: gap.ts, to: gap.ts, kept: null };
  const kept = gap.toByte > gap.fromByte ? `left in journal.jsonl, bytes ${gap.fromByte} to ${gap.toByte}` : null;
  return { lines: 0, from: null, to: null, ...hole, name: gapName(gap.afterSeq), kept };
}
