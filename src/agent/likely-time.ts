// How long a model call will take, from what the last calls of this session took: their tokens of output a second.
import type { LastReply } from "../session/index.ts";

/** The spread of single calls around what their length says. */
const spread = 2;

/**
 * Seconds. `worst` is no bound, which nothing gives: twice the expected time, and no less than the longest call seen. Null: no
 * call was timed yet, and time is only checked as spent.
 */
export function likelyTime(
  counts: readonly Pick<LastReply, "usage" | "seconds">[],
  likelyOutput: number,
): { readonly expected: number; readonly worst: number } | null {
  const timed = counts.filter(({ usage, seconds = 0 }) => seconds > 0 && usage.output > 0);
  const longest = Math.max(0, ...timed.map(({ seconds = 0 }) => seconds));
  const output = timed.reduce((sum, { usage }) => sum + usage.output, 0);
  const spent = timed.reduce((sum, { seconds = 0 }) => sum + seconds, 0);
  if (timed.length === 0) return null;
  const expected = (likelyOutput * spent) / output;
  return { expected, worst: Math.max(expected * spread, longest) };
}
