// What each model takes of what a wire can say: from its row of the catalogue, or from its name where there is none.
import type { ChatDialect } from "./adapters/chat-body.ts";
import type { GeminiDialect } from "./adapters/gemini-body.ts";
import type { ResponsesDialect } from "./adapters/responses-body.ts";
import type { CatalogueRow } from "./catalogue-row.ts";
import { effortFor, thinkingBudgets } from "./effort.ts";
import type { ModelRequest } from "./provider.ts";

/** `own`: OpenAI's own model or address, as opposed to a server that speaks its protocol. */
export function chatDialect({ tools, effort }: ModelRequest, row: CatalogueRow | undefined, own: boolean): ChatDialect {
  const reasoningEffort = row?.chatTools === "without-reasoning" && tools.length > 0 ? "none" : row && effortFor(row, effort);
  return {
    outputLimit: own ? "max_completion_tokens" : "max_tokens",
    promptCacheKey: own,
    ...(row?.images === false ? { images: false } : {}),
    ...(reasoningEffort === undefined ? {} : { reasoningEffort }),
  };
}

/** Names of models that reason, where the catalogue does not know them. */
const reasons = /^(o\d|gpt-([5-9]|\d\d)|gpt-oss|codex-)(?!.*chat)/;

export function responsesDialect({ model, effort }: ModelRequest, row: CatalogueRow | undefined, own: boolean): ResponsesDialect {
  const level = effortFor(row, effort);
  return {
    reasoning: row !== undefined || reasons.test(model),
    breakpoints: row?.cache?.breakpoints === true,
    promptCacheKey: own,
    ...(level === undefined ? {} : { effort: level }),
  };
}

/** What the whole family of 2.5 takes: its smallest model at least 512 tokens, its fastest at most 24,576. */
const geminiBudgets = { minimal: 1_024, low: thinkingBudgets.low, medium: thinkingBudgets.medium, high: 24_576 } as const;

export function geminiDialect({ model, effort }: ModelRequest, row: CatalogueRow | undefined): GeminiDialect {
  const generation = Number(/^gemini-(\d+)/.exec(model)?.[1] ?? "3");
  const level = effortFor(row, effort);
  if (generation >= 3) return { signatures: true, ...(level === undefined ? {} : { level }) };
  const thinks = /^gemini-2\.5/.test(model);
  return { signatures: false, ...(effort === undefined || !thinks ? {} : { budget: geminiBudgets[effort] }) };
}
