// What a provider counted before, for the estimate of what it will count next. A function of the journal: the last replies
// with their counts (`state.counts`), and our own estimates of the messages between them. Pure.
import type { AssistantMessage, Usage } from "../model/index.ts";
import type { LastReply, SessionState } from "../session/index.ts";
import type { History } from "./history.ts";
import { type Anchor, believable, perMessage } from "./tokens.ts";

/** Estimated tokens of new text at which its own ratio weighs as much as that of the whole input. */
const priorTokens = 200;
const settledAfter = 3;

export const inputOf = ({ input, cacheRead, cacheWrite }: Usage): number => input + cacheRead + cacheWrite;

/** `answered`: messages of the last answered request; `headTokens`: our estimate of what stands before them. Null: nothing to go by. */
export function anchorAt(answered: number, state: SessionState, headTokens: number, history: History): Anchor | null {
  const { lastReply } = state;
  const message = history.messages[answered];
  if (!lastReply?.usageFinal || message?.role !== "assistant") return null;
  const estimate = headTokens + history.tokensAt(answered);
  const own = history.tokensAt(answered + 1) - history.tokensAt(answered);
  const whole = inputOf(lastReply.usage) / estimate;
  if (!believable(whole)) return null;
  const counted = countedReply(message, lastReply.usage, own);
  return {
    counted: inputOf(lastReply.usage),
    scale: whole,
    ...(counted === null ? { reply: own, replyCounted: false } : { reply: counted, replyCounted: true }),
    since: history.tokensAt(history.messages.length) - history.tokensAt(answered + 1),
    ...scaleOfNew(state.counts, history, whole),
  };
}

/**
 * What a reply adds to the next request, by the provider's own count of it: reasoning that is not sent back is left out.
 * Null when the count can't be told from reasoning that nobody shows, or does not fit the text.
 */
export function countedReply({ parts }: Pick<AssistantMessage, "parts">, usage: Usage, estimate: number): number | null {
  const thinks = parts.some(({ type }) => type === "thinking" || type === "redacted-thinking");
  if (thinks && usage.reasoning === undefined) return null;
  const output = thinks ? usage.output : usage.output - (usage.reasoning ?? 0);
  const tokens = output + perMessage;
  const fits = output > 0 && (believable(tokens / estimate) || Math.abs(tokens - estimate) <= slack);
  return fits ? tokens : null;
}
/** Framing weighs more than the words of a short reply. */
const slack = 24;

/** What the provider counted for one of our tokens of text that was new, over the last requests. */
function scaleOfNew(counts: readonly LastReply[], history: History, whole: number): Pick<Anchor, "sinceScale" | "settled"> {
  let seen = 0;
  let estimated = priorTokens;
  let counted = priorTokens * whole;
  for (let index = 1; index < counts.length && history.repairs.length === 0; index++) {
    const growth = growthBetween(counts[index - 1] as LastReply, counts[index] as LastReply, history);
    if (growth === null) continue;
    seen += 1;
    estimated += growth.estimated;
    counted += growth.counted;
  }
  const scale = counted / estimated;
  return believable(scale) ? { sinceScale: scale, settled: seen >= settledAfter } : { sinceScale: whole, settled: false };
}

/** From one counted input to the next: what lies between is the reply, whose count is known, and what was new. */
function growthBetween(before: LastReply, after: LastReply, history: History): { readonly estimated: number; readonly counted: number } | null {
  const reply = history.messages[before.messages - 1];
  if (!before.usageFinal || !after.usageFinal || reply?.role !== "assistant") return null;
  const own = history.tokensAt(before.messages) - history.tokensAt(before.messages - 1);
  const estimated = history.tokensAt(after.messages - 1) - history.tokensAt(before.messages);
  const counted = inputOf(after.usage) - inputOf(before.usage) - (countedReply(reply, before.usage, own) ?? own);
  return estimated > 0 && counted > 0 ? { estimated, counted } : null;
}
