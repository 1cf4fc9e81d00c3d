// Whether a call may be sent, decided before it is.
//
// Invariants
//  R1  What is admitted satisfies spent + reserved + worst ≤ allowed in every unit that has a limit.
//  R2  A call that would not fit is tried with less output, down to `leastOutput`, and only then refused.
//  R3  A refusal names the limit, what stands against it, and the next move.
//  R4  An unknown price stops a call only under a limit in money.
import type { Amount, Budget, BudgetRuling, Projection } from "./budget.ts";
import { billionths } from "./prices.ts";
import { type CallToProject, project } from "./project.ts";

/** Less output than this is not worth a call; a caller that asked for less gets what it asked or nothing. */
const leastOutput = 4_096;

/**
 * `spent`: settled; `reserved`: the worst case of every call that is open or whose end is not known. When the call fits with
 * less output, the ruling's projection has that `maxOutput`, and the request must be sent with it.
 */
export function rule(budget: Budget, spent: Amount, reserved: Amount, call: CallToProject): BudgetRuling {
  const asked = project(call);
  const refusal = refuse(budget, spent, reserved, asked);
  if (!refusal) return { fits: true, projection: asked };
  if (refusal.limit !== "usd" && refusal.limit !== "tokens") return refusal;
  const lowered = lowerOutput(asked.maxOutput, (maxOutput) => refuse(budget, spent, reserved, project({ ...call, maxOutput })) === null);
  return lowered === null ? refusal : { fits: true, projection: project({ ...call, maxOutput: lowered }) };
}

/** The largest output that fits, at least `leastOutput`; null when even that does not. Fitting is monotonic. */
function lowerOutput(asked: number, fits: (maxOutput: number) => boolean): number | null {
  if (asked <= leastOutput || !fits(leastOutput)) return null;
  let low = leastOutput;
  let high = asked; // known not to fit
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

type Refusal = Extract<BudgetRuling, { readonly fits: false }>;

function refuse(budget: Budget, spent: Amount, reserved: Amount, projection: Projection): Refusal | null {
  const against = (limit: keyof Budget, allowed: number, says: string): Refusal => ({
    fits: false,
    limit,
    allowed,
    spent: spent[limit],
    reserved: reserved[limit],
    projected: projection.worst[limit],
    says,
  });
  const { usd, tokens, turns, seconds } = budget;
  const held = (limit: "tokens" | "turns" | "seconds"): number => spent[limit] + reserved[limit];
  if (usd !== undefined && !projection.priced) {
    return against(
      "usd",
      usd,
      `The price of this model is not known, so a limit of ${money(usd)} cannot be held. Name its price in your settings, choose a model from \`bosun models\`, or drop the limit.`,
    );
  }
  if (usd !== undefined && billionths(spent.usd) + billionths(reserved.usd) + billionths(projection.worst.usd) > billionths(usd)) {
    return against(
      "usd",
      usd,
      `The next model call may cost ${money(projection.worst.usd)}; ${standing(money, spent.usd, reserved.usd, usd)}. Raise the limit, or use a cheaper model.`,
    );
  }
  if (tokens !== undefined && held("tokens") + projection.worst.tokens > tokens) {
    return against(
      "tokens",
      tokens,
      `The next model call may take ${projection.worst.tokens} tokens; ${standing(String, spent.tokens, reserved.tokens, tokens)}. Raise the limit.`,
    );
  }
  if (turns !== undefined && held("turns") + projection.worst.turns > turns) {
    return against("turns", turns, `${held("turns")} of ${turns} turns are used. Raise the limit to go on.`);
  }
  // A time limit that has passed stops the next call even when its own time is not projected.
  if (seconds !== undefined && (held("seconds") >= seconds || held("seconds") + projection.worst.seconds > seconds)) {
    return against("seconds", seconds, `${Math.round(held("seconds"))} of ${seconds} seconds are used. Raise the limit to go on.`);
  }
  return null;
}

const money = (usd: number): string => `$${usd.toFixed(usd !== 0 && Math.abs(usd) < 0.1 ? 4 : 2)}`;

const standing = (show: (value: number) => string, spent: number, reserved: number, allowed: number): string =>
  `${show(spent)} of ${show(allowed)} are spent${reserved > 0 ? ` and ${show(reserved)} held for calls whose end is not known` : ""}`;
