// Whether a call may be sent, decided before it is.
//
// Invariants
//  R1  What is admitted satisfies spent + reserved + worst ≤ allowed in every unit that has a limit.
//  R2  A call that would not fit is tried with less output, down to `leastOutput`, and only then refused.
//  R3  A refusal names the limit, what stands against it, and the next move.
//  R4  An unknown price stops a call only under a limit in money.
//  R5  Of several scopes every one holds; what is left of a slice is not reserved a second time above it.
import {
  type Amount,
  type Budget,
  type BudgetRefusal,
  type BudgetRuling,
  type CallPart,
  nothing,
  type Projection,
  type Scope,
  type WouldFit,
} from "./budget.ts";
import { billionths } from "./prices.ts";
import { type CallToProject, project } from "./project.ts";

/** Less output than this is not worth a call; a caller that asked for less gets what it asked or nothing. */
export const leastOutput = 4_096;

/**
 * `spent`: settled; `reserved`: the worst case of every call that is open or whose end is not known. When the call fits with
 * less output, the ruling's projection has that `maxOutput`, and the request must be sent with it.
 */
export const rule = (budget: Budget, spent: Amount, reserved: Amount, call: CallToProject): BudgetRuling =>
  ruleWithin([{ scope: "session", budget, spent, reserved }], call);

/** The same within several limits at once: all of them hold. The refusal is of the first that does not. */
export function ruleWithin(scopes: readonly Scope[], call: CallToProject): BudgetRuling {
  const asked = project(call);
  const refusal = refuseWithin(scopes, asked);
  if (!refusal) return { fits: true, projection: asked };
  const fits = (maxOutput: number) => refuseWithin(scopes, project({ ...call, maxOutput })) === null;
  const lowered = largest(leastOutput, asked.maxOutput, fits);
  if (lowered !== null) return { fits: true, projection: project({ ...call, maxOutput: lowered }) };
  if ((refusal.limit !== "usd" && refusal.limit !== "tokens") || !asked.priced) return refusal;
  return explained(refusal, call, (changed) => refuseWithin(scopes, project(changed)) === null);
}

/** The largest number from `least` up to less than `asked` that fits; null when not even `least` does. Fitting is monotonic. */
function largest(least: number, asked: number, fits: (value: number) => boolean): number | null {
  if (asked <= least || !fits(least)) return null;
  let low = least;
  let high = asked; // known not to fit
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function refuseWithin(scopes: readonly Scope[], projection: Projection): BudgetRefusal | null {
  for (const scope of scopes) {
    const refusal = refuse(scope, projection);
    if (refusal) return refusal;
  }
  return null;
}

/** What is dearest in a call that does not fit, and what would fit. */
function explained(refusal: BudgetRefusal, call: CallToProject, fits: (changed: CallToProject) => boolean): BudgetRefusal {
  const { limit } = refusal;
  const taken = (changed: Partial<CallToProject>) => project({ ...call, ...changed }).worst[limit];
  const wouldFit: WouldFit[] = [];
  const output = largest(shortestOutput, Math.min(leastOutput, call.maxOutput), (maxOutput) => fits({ ...call, maxOutput }));
  if (output !== null) wouldFit.push({ change: "smaller-output", maxOutput: output, projected: taken({ maxOutput: output }) });
  const maxOutput = Math.min(leastOutput, call.maxOutput);
  const shrunk = (inputTokens: number) => ({ inputTokens, worstInputTokens: inputTokens, cachedTokens: 0, maxOutput });
  const input = largest(shortestInput, call.worstInputTokens, (tokens) => fits({ ...call, ...shrunk(tokens) }));
  if (input !== null) wouldFit.push({ change: "compaction", inputTokens: input, projected: taken(shrunk(input)) });
  const others = (call.others ?? [])
    .map(({ model, price }) => ({ model, price, projected: taken({ price }) }))
    .filter(({ price, projected }) => projected < refusal.projected && fits({ ...call, price }))
    .sort((left, right) => right.projected - left.projected);
  for (const { model, projected } of others.slice(0, mostModels)) wouldFit.push({ change: "cheaper-model", model, projected });
  const part = dearestPart(call, taken);
  const dearest = { ...part, projected: limit === "usd" ? billionths(part.projected) / 1e9 : Math.round(part.projected) };
  return { ...refusal, dearest, wouldFit, says: [refusal.says, ...fitInWords(wouldFit, limit)].join(" ") };
}

/** A sentence and a small call; a prompt with not much more than its head. */
const shortestOutput = 256;
const shortestInput = 2_048;
const mostModels = 3;

function dearestPart(call: CallToProject, taken: (changed: Partial<CallToProject>) => number): CallPart {
  const sent = Math.min(call.cachedTokens, call.worstInputTokens);
  const input = taken({ maxOutput: 0 });
  const share = call.worstInputTokens > 0 ? sent / call.worstInputTokens : 0;
  const parts: CallPart[] = [
    { part: "conversation", projected: input * share },
    { part: "new-input", projected: input * (1 - share) },
    { part: "output", projected: taken({}) - input },
  ];
  return parts.reduce((most, part) => (part.projected > most.projected ? part : most));
}

function fitInWords(wouldFit: readonly WouldFit[], limit: keyof Budget): readonly string[] {
  const show = (value: number) => (limit === "usd" ? money(value) : `${value} tokens`);
  const words = wouldFit.map((one) => `${changeInWords(one)} (${show(one.projected)})`);
  return words.length === 0 ? [] : [`What would fit: ${words.join(", ")}.`];
}

function changeInWords(one: WouldFit): string {
  switch (one.change) {
    case "smaller-output":
      return `a reply of at most ${one.maxOutput} tokens`;
    case "compaction":
      return `a conversation of at most ${one.inputTokens} tokens`;
    case "cheaper-model":
      return one.model;
  }
}

/** What is no number is over: it holds no limit, and none is held by it. */
const isOver = (sum: number, limit: number): boolean => !(sum <= limit);

/** Null: it fits. */
export function refuse(
  { scope, budget, spent, reserved, sliced = nothing }: Scope,
  { worst, priced }: Pick<Projection, "worst" | "priced">,
): BudgetRefusal | null {
  // what a slice has left is reserved already: only what goes beyond it is new here
  const added = (limit: keyof Budget): number => Math.max(0, worst[limit] - sliced[limit]);
  const against = (limit: keyof Budget, allowed: number, says: string): BudgetRefusal => ({
    fits: false,
    limit,
    allowed,
    spent: spent[limit],
    reserved: reserved[limit],
    projected: worst[limit],
    says,
    ...(scope === "session" ? {} : { scope }),
  });
  const { usd, tokens, turns, seconds } = budget;
  const of = scopeInWords(scope);
  const held = (limit: "tokens" | "turns" | "seconds"): number => spent[limit] + reserved[limit];
  if (usd !== undefined && !priced) {
    const says = `The price of this model is not known, so a limit of ${money(usd)}${of} cannot be held. Name its price in prices.json, choose a model from \`bosun models\`, or drop the limit.`;
    return against("usd", usd, says);
  }
  if (usd !== undefined && isOver(billionths(spent.usd) + billionths(reserved.usd) + billionths(added("usd")), billionths(usd))) {
    const says = `The next model call may cost ${money(worst.usd)}; ${standing(money, spent.usd, reserved.usd, usd)}${of}. Raise the limit, or use a cheaper model.`;
    return against("usd", usd, says);
  }
  if (tokens !== undefined && isOver(held("tokens") + added("tokens"), tokens)) {
    const says = `The next model call may take ${worst.tokens} tokens; ${standing(String, spent.tokens, reserved.tokens, tokens)}${of}. Raise the limit.`;
    return against("tokens", tokens, says);
  }
  if (turns !== undefined && isOver(held("turns") + added("turns"), turns)) {
    return against("turns", turns, `${held("turns")} of ${turns} turns are used${of}. Raise the limit to go on.`);
  }
  // A time limit that has passed stops the next call even when its own time is not projected.
  if (seconds !== undefined && ((sliced.seconds <= 0 && held("seconds") >= seconds) || isOver(held("seconds") + added("seconds"), seconds))) {
    return against("seconds", seconds, `${Math.round(held("seconds"))} of ${seconds} seconds are used${of}. Raise the limit to go on.`);
  }
  return null;
}

const scopeInWords = (scope: string): string => ({ session: "", project: " in this project", day: " today" })[scope] ?? ` by ${scope}`;

const money = (usd: number): string => `$${usd.toFixed(usd !== 0 && Math.abs(usd) < 0.1 ? 4 : 2)}`;

const standing = (show: (value: number) => string, spent: number, reserved: number, allowed: number): string =>
  `${show(spent)} of ${show(allowed)} are spent${reserved > 0 ? ` and ${show(reserved)} held for calls whose end is not known` : ""}`;
