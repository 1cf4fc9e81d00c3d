// The analysis as the product makes it, without waiting for what it loads.
import { type AnalyseOptions, type Analysis, readFirst } from "../../src/shell/analyse.ts";
import type { Where } from "../../src/shell/context.ts";
import { disagreement } from "../../src/shell/second-parser.ts";

export type { Analysis } from "../../src/shell/analyse.ts";

export function analyse(text: string, where: Where, options: AnalyseOptions = {}): Analysis {
  const { doubted, conclude } = readFirst(text, where, options);
  return conclude(disagreement(doubted));
}
