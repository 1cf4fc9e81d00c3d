// Random mixtures of texts: whether any is counted above what would have been reserved for it without an anchor.
import { estimateInput, estimateTokens } from "../../src/context/tokens.ts";
import type { Count } from "./measure.ts";

const longestPiece = 600;

/** `nearest`: the largest share of a worst case that a count took. The same mixtures every time. */
export function aboveWorst(
  texts: readonly string[],
  count: Count,
  tries: number,
): { readonly tried: number; readonly above: number; readonly nearest: number } {
  let state = 20_261_122;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
  let above = 0;
  let nearest = 0;
  for (let index = 0; index < tries; index++) {
    const pieces = Array.from({ length: 1 + random(6) }, () => {
      const text = texts[random(texts.length)] ?? "";
      const from = random(text.length);
      return text.slice(from, from + 1 + random(longestPiece)).toWellFormed();
    });
    const text = pieces.join(["", " ", "\n", ", "][random(4)]);
    const share = count(text) / estimateInput(estimateTokens(text), null).worst;
    if (share > 1) above += 1;
    if (share > nearest) nearest = share;
  }
  return { tried: tries, above, nearest };
}
