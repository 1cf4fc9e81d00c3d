// Which calls of one reply may run together.

/** The first call, with those after it that change nothing where it changes nothing itself. Order is the model's. */
export async function nextBatch<Call>(calls: readonly Call[], onlyReads: (call: Call) => Promise<boolean>): Promise<readonly Call[]> {
  let length = 0;
  while (length < calls.length && (await onlyReads(calls[length] as Call))) length += 1;
  return calls.slice(0, Math.max(1, length));
}
