// Which calls of one reply may run together, from metadata alone.
import type { Effect } from "../tools/index.ts";

/** Neighbouring calls that change nothing form a batch; every other call stands alone. Order is the model's. */
export function partition<Call>(calls: readonly Call[], effectOf: (call: Call) => Effect): readonly (readonly Call[])[] {
  const batches: Call[][] = [];
  let open: Call[] | null = null;
  for (const call of calls) {
    const effect = effectOf(call);
    if (effect === "read" && open) open.push(call);
    else if (effect === "read") {
      open = [call];
      batches.push(open);
    } else {
      open = null;
      batches.push([call]);
    }
  }
  return batches;
}
