// What one model call will take, before it is sent.
import type { Amount, Projection } from "./budget.ts";
import { dollars, dollarsAtMost, longWriteRate, type PriceOf, type PriceRates, ratesAt, readRate, writeRate } from "./prices.ts";

export interface CallToProject {
  /** Tokens of the whole input: likely, and at most. */
  readonly inputTokens: number;
  readonly worstInputTokens: number;
  /** Tokens at its beginning that an earlier request left in the provider's cache; 0 when none did. */
  readonly cachedTokens: number;
  /** Seconds since that cache was last written or read, and how many it lives. */
  readonly cacheAge: number;
  readonly cacheLife: number;
  /** Prompts shorter than this are neither read from the cache nor written to it. */
  readonly leastCached?: number;
  /** What is read beyond that comes in whole steps of so many tokens (OpenAI before GPT-5.6); absent: to the token. */
  readonly cacheStep?: number;
  /** Whether the request marks anything to be written to the cache, and with the one-hour life. */
  readonly writesCache: boolean;
  readonly writesLong?: boolean;
  /** Tokens. `likelyOutput`: what replies of this session took; absent: `usualOutput`. */
  readonly maxOutput: number;
  readonly likelyOutput?: number;
  readonly price: PriceOf;
  /** Seconds the call will take; absent: not projected (0), time is then checked as spent. */
  readonly seconds?: { readonly expected: number; readonly worst: number };
  /** Other models that could be asked, for the reason why this one cannot. */
  readonly others?: readonly { readonly model: string; readonly price: PriceOf }[];
}

/** A reply before anything is known of a session: the order of magnitude of a few calls with a sentence. */
const usualOutput = 500;

/** Invariant: in each unit 0 ≤ expected ≤ worst, and worst grows with `maxOutput`. */
export function project(call: CallToProject): Projection {
  const input = Math.max(0, Math.ceil(call.inputTokens));
  const worstInput = Math.max(input, Math.ceil(call.worstInputTokens));
  const maxOutput = Math.max(0, Math.floor(call.maxOutput));
  const output = Math.min(maxOutput, Math.ceil(call.likelyOutput ?? usualOutput));
  const worst = worstDollars(call, input, worstInput, maxOutput);
  const expected = expectedDollars(call, input, output);
  const seconds = call.seconds ?? { expected: 0, worst: 0 };
  const amount = (usd: number, tokens: number, time: number): Amount => ({ usd, tokens, turns: 1, seconds: time });
  return {
    expected: amount(Math.min(expected ?? 0, worst ?? 0), input + output, seconds.expected),
    worst: amount(worst ?? 0, worstInput + maxOutput, Math.max(seconds.expected, seconds.worst)),
    maxOutput,
    priced: worst !== null && expected !== null,
  };
}

function expectedDollars(call: CallToProject, input: number, output: number): number | null {
  const rates = ratesAt(call.price, input);
  if (!rates) return null;
  const least = call.leastCached ?? 0;
  const cacheable = input >= least;
  const warm = cacheable ? warmTokens(call, input, least) : 0;
  const fresh = cacheable && call.writesCache ? (call.writesLong ? longWriteRate(rates) : writeRate(rates)) : rates.input;
  return dollars(warm * readRate(rates) + (input - warm) * fresh + output * rates.output);
}

/** A prefix that was itself too short was never kept, whatever this prompt's length. */
function warmTokens({ cachedTokens, cacheAge, cacheLife, cacheStep = 1 }: CallToProject, input: number, least: number): number {
  const known = Math.min(Math.max(0, cachedTokens), input);
  // an age below 0: the clock was set back, and how old it is is not known
  if (cacheAge >= cacheLife || cacheAge < -1 || known < least) return 0;
  return least + Math.floor((known - least) / cacheStep) * cacheStep;
}

/** Nothing warm, all of it at the dearest rate it can fall under, at the dearest row that its length can reach. */
function worstDollars(call: CallToProject, input: number, worstInput: number, maxOutput: number): number | null {
  // the first: a prompt may turn out shorter than it seems, and somebody's short ones may be dearer
  const rows = [ratesAt(call.price, 0), ratesAt(call.price, input), ratesAt(call.price, worstInput)];
  let most = 0;
  for (const rates of rows) {
    if (!rates) return null;
    most = Math.max(most, worstInput * dearestInput(rates, call) + maxOutput * rates.output);
  }
  return dollarsAtMost(most);
}

function dearestInput(rates: PriceRates, call: CallToProject): number {
  const write = call.writesCache ? writeRate(rates) : 0;
  const long = call.writesCache && call.writesLong ? longWriteRate(rates) : 0;
  return Math.max(rates.input, readRate(rates), write, long);
}
