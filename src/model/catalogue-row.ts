// The shape of what is known of one model.
import type { Effort } from "./provider.ts";

/** US dollars per million tokens. A missing rate is unknown, not free. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  /** Writing with the longer life. */
  readonly cacheWriteLong?: number;
}
export interface CacheFacts {
  /** Shorter prefixes are not cached, and nothing says so. */
  readonly minimumTokens?: number;
  /** How many content blocks before a breakpoint are searched for an earlier entry. */
  readonly lookBackBlocks?: number;
  readonly lifeSeconds: number;
  readonly longLifeSeconds?: number;
  /** OpenAI from GPT-5.6 on: it takes `prompt_cache_breakpoint`, and writing is paid. */
  readonly breakpoints?: true;
}
export interface CatalogueRow {
  readonly provider: string;
  readonly id: string;
  readonly aliases?: readonly string[];
  /** Tokens of input and output together. */
  readonly window?: number;
  readonly maximumInput?: number;
  readonly maximumOutput?: number;
  /** Anthropic: how thinking is asked for. Absent: not at all. */
  readonly thinking?: "adaptive" | "budget";
  /** The levels of effort, of ours, that it takes, lowest first; absent: not known. */
  readonly efforts?: readonly Effort[];
  readonly price?: ModelPrice;
  /** Rates of the whole request when its prompt, cached parts counted, is longer than `over` tokens. */
  readonly longPrompt?: { readonly over: number; readonly price: ModelPrice };
  readonly cache?: CacheFacts;
  /** False: it takes no images, and is told in words that there was one. Absent: it does, or it is not known. */
  readonly images?: false;
  /** What OpenAI's Chat completions demand for function calls; absent: nothing. */
  readonly chatTools?: "without-reasoning" | "responses-only";
  /** The model of its provider for small side questions, such as a classifier's. One row of a provider. */
  readonly small?: true;
  readonly note?: string;
  readonly source: string;
  /** The day the figures were read, YYYY-MM-DD. */
  readonly asOf: string;
}
