// An opening of a breaker, said once, with what it saved.
import type { Breaker, BreakerName } from "../base/index.ts";
import type { Emit } from "./event.ts";

export interface Opening {
  readonly name: BreakerName;
  readonly failures: number;
  readonly says: string;
  /** What was projected for the work that is not done now; absent: not known. */
  readonly usd?: number;
}

/** The work that this opening keeps from being done counts as saved. */
export function tellOpened(emit: Emit, breaker: Breaker, { usd, ...opening }: Opening): void {
  breaker.turnedAway(usd);
  emit({ type: "breaker-opened", ...opening, openings: breaker.openings, saved: breaker.saved });
}
