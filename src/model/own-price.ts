// A row of the person's own prices.
import type { CacheFacts, ModelPrice } from "./catalogue-row.ts";

/** One row: US dollars per million tokens. */
export interface OwnPrice {
  /** `provider/name` */
  readonly reference: string;
  readonly price: ModelPrice;
  /** Rates of the whole request when its prompt is longer than `over` tokens; the longest first. */
  readonly longPrompts: readonly { readonly over: number; readonly price: ModelPrice }[];
  readonly cache: Partial<CacheFacts>;
  readonly source: string;
  /** YYYY-MM-DD */
  readonly asOf: string;
  readonly line: number;
}
