// What tokens cost. Rates are US dollars per million tokens; sums are whole billionths of a dollar, so that adding them up
// and comparing them with a limit is exact however many there are.
import type { Usage } from "../model/index.ts";

export interface PriceRates {
  readonly input: number;
  readonly output: number;
  /** Absent: not known; counted as plain input. */
  readonly cacheRead?: number;
  /** Absent: this provider has no such charge, or it is not known; counted as plain input. */
  readonly cacheWrite?: number;
  /** Writing with the one-hour life. Absent: counted as `cacheWrite`. */
  readonly cacheWriteLong?: number;
}
/** The rates of a call whose prompt, cached parts counted, has this many tokens; undefined: the price is unknown. */
export type PriceOf = (promptTokens: number) => PriceRates | undefined;

const perDollar = 1_000_000_000;
/** Floating-point noise of one product of tokens and rate, in billionths, is far below this. */
const noise = 1e-4;
/** Dollars to whole billionths, the only unit in which they are compared. */
export const billionths = (usd: number): number => Math.round(usd * perDollar);

/** Dollars for the sum of tokens × rate, to the nearest billionth. */
export const dollars = (millionthsOfDollars: number): number => Math.round(millionthsOfDollars * 1_000) / perDollar;
/** The same, never less than the sum: for what is reserved. */
export const dollarsAtMost = (millionthsOfDollars: number): number => Math.ceil(millionthsOfDollars * 1_000 - noise) / perDollar;

/** A price with a rate that is negative or no number is as good as none: nothing could be held or charged by it. */
export function ratesAt(price: PriceOf, promptTokens: number): PriceRates | undefined {
  const rates = price(promptTokens);
  if (rates === undefined) return undefined;
  const all = [rates.input, rates.output, readRate(rates), writeRate(rates), longWriteRate(rates)];
  return all.every((rate) => Number.isFinite(rate) && rate >= 0) ? rates : undefined;
}

export const readRate = (rates: PriceRates): number => rates.cacheRead ?? rates.input;
export const writeRate = (rates: PriceRates): number => rates.cacheWrite ?? rates.input;
export const longWriteRate = (rates: PriceRates): number => rates.cacheWriteLong ?? writeRate(rates);

/** False for counts that no provider can mean: negative, broken, or a long write beyond all writes. */
export function isPlausible(usage: Usage): boolean {
  const counts = [usage.input, usage.output, usage.cacheRead, usage.cacheWrite, usage.cacheWriteLong ?? 0];
  return counts.every((count) => Number.isSafeInteger(count) && count >= 0) && (usage.cacheWriteLong ?? 0) <= usage.cacheWrite;
}

/** Dollars of a call, exact to a billionth; null when the price is unknown. The usage must be plausible. */
export function costOf(usage: Usage, price: PriceOf): number | null {
  const rates = ratesAt(price, usage.input + usage.cacheRead + usage.cacheWrite);
  if (!rates) return null;
  const long = usage.cacheWriteLong ?? 0;
  return dollars(
    usage.input * rates.input +
      usage.cacheRead * readRate(rates) +
      (usage.cacheWrite - long) * writeRate(rates) +
      long * longWriteRate(rates) +
      usage.output * rates.output,
  );
}
