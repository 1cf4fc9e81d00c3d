// Where a script stands: which turn the next request gets, and whether a fault strikes it first.
// 1. A turn is used up when it is served; a failing fault does not use it up.
// 2. A fault strikes `times` times, then its turn is served soundly.
import { mismatchOf } from "./match.ts";
import type { Fault, Script, Turn } from "./script.ts";
import type { RequestView, WireName } from "./wire/wire.ts";

export type Pick =
  | { readonly kind: "turn"; readonly turn: Turn; readonly index: number; readonly fault: Fault | undefined }
  /** All turns are used up and the script wants a plain end. */
  | { readonly kind: "ended" }
  | { readonly kind: "refused"; readonly says: string };

export interface Playback {
  next(view: RequestView, wire: WireName): Pick;
  /** The client went away before a stalled turn was over: the turn is served again. */
  giveBack(index: number): void;
  /** Turns that were never served. */
  unserved(): readonly number[];
}

export function createPlayback(script: Script): Playback {
  const { turns, afterwards = "error", order = "sequence" } = script;
  const served = turns.map(() => 0);
  const everServed = turns.map(() => false);
  const struck = turns.map(() => 0);
  const isOpen = (index: number): boolean => (served[index] ?? 0) < timesOf(turns[index]?.repeat);
  const take = (index: number): Pick => {
    const turn = turns[index] as Turn;
    const strikes = turn.fault !== undefined && (struck[index] ?? 0) < strikesOf(turn.fault);
    if (strikes) struck[index] = (struck[index] ?? 0) + 1;
    if (!strikes || delivers(turn.fault as Fault)) {
      served[index] = (served[index] ?? 0) + 1;
      everServed[index] = true;
    }
    return { kind: "turn", turn, index, fault: strikes ? turn.fault : undefined };
  };
  /** Undefined: turns were made available again. */
  const whenOver = (): Pick | undefined => {
    if (afterwards === "end") return { kind: "ended" };
    if (afterwards === "error")
      return { kind: "refused", says: `the script "${script.name}" is over: all of its ${turns.length} turns were served (see "afterwards")` };
    for (let index = afterwards === "loop" ? 0 : turns.length - 1; index < turns.length; index++) served[index] = 0;
    return undefined;
  };
  const choose = (view: RequestView, wire: WireName): Pick | undefined => {
    const open = turns.flatMap((_turn, index) => (isOpen(index) ? [index] : []));
    if (open.length === 0) return undefined;
    const candidates = order === "sequence" ? open.slice(0, 1) : open;
    const why: string[] = [];
    for (const index of candidates) {
      const mismatch = mismatchOf(turns[index]?.match, view, wire);
      if (mismatch === undefined) return take(index);
      why.push(`turn ${index}${turns[index]?.title === undefined ? "" : ` (${turns[index]?.title})`}: ${mismatch}`);
    }
    return { kind: "refused", says: `the request does not fit the script "${script.name}": ${why.join("; ")}` };
  };
  return {
    next(view, wire) {
      return choose(view, wire) ?? whenOver() ?? choose(view, wire) ?? { kind: "ended" };
    },
    giveBack(index) {
      served[index] = Math.max(0, (served[index] ?? 0) - 1);
    },
    unserved: () => everServed.flatMap((was, index) => (was ? [] : [index])),
  };
}

const timesOf = (times: number | "always" | undefined): number => (times === "always" ? Number.POSITIVE_INFINITY : (times ?? 1));

const strikesOf = (fault: Fault): number => (isDelivering(fault) ? Number.POSITIVE_INFINITY : timesOf("times" in fault ? fault.times : undefined));

type DeliveringFault = Extract<Fault, { kind: "truncated-arguments" | "duplicate" | "unknown-events" | "slow-bytes" }>;

function isDelivering(fault: Fault): fault is DeliveringFault {
  return fault.kind === "truncated-arguments" || fault.kind === "duplicate" || fault.kind === "unknown-events" || fault.kind === "slow-bytes";
}

/** Whether the client gets the turn in spite of the fault: it is used up then. */
function delivers(fault: Fault): boolean {
  return isDelivering(fault) || (fault.kind === "stall" && fault.milliseconds !== undefined);
}
