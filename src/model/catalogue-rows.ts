// What is known of models, as dated rows. A row without a source does not exist; a figure that its source does not give is left out.
// Prices in US dollars per million tokens. Tokens: window and limits as the vendor's model page gives them.
import type { CatalogueRow } from "./catalogue-row.ts";

const claude = "https://platform.claude.com/docs/en/about-claude/pricing and the model's overview page";
const gpt = (id: string): string => `https://developers.openai.com/api/docs/models/${id}`;
// Published minimums of cacheable prompts: dev.to/creeta (July 2026), for Sonnet 5.5 apidog.com/blog (October 2026).
const claudeCache = (minimumTokens: number) => ({ minimumTokens, lookBackBlocks: 20, lifeSeconds: 300, longLifeSeconds: 3_600 });
const gptCache = { minimumTokens: 1_024, lifeSeconds: 1_800, breakpoints: true } as const;
const million = { window: 1_000_000, maximumOutput: 128_000 };
const gptWindow = { window: 1_050_000, maximumInput: 922_000, maximumOutput: 128_000 };
// dev.to/aihubmix, "Choosing a reasoning effort for GPT-6.1 Sol" (October 2026): low to max, neither none nor minimal. What its
// predecessors took below low is not known here.
const gptEffort = { efforts: ["low", "medium", "high"] } as const;
// The models' overview pages (platform.claude.com/docs/en/models/…, row "Thinking"): a level, and no budget since Opus 4.7.
const adaptive = { thinking: "adaptive", efforts: ["low", "medium", "high"] } as const;
// Google's caching page (ai.google.dev/gemini-api/docs/caching, 2026-10-13) gives 4,096 tokens and no lifetime: five minutes are assumed.
const geminiCache = { minimumTokens: 4_096, lifeSeconds: 300 };
const geminiWindow = { window: 1_048_576, maximumOutput: 65_536 };
const chatNote =
  "Over Chat completions, OpenAI documents function calls for this model only without reasoning, so bosun sends reasoning_effort none with tools there; OpenAI itself it asks over Responses.";
const responsesNote = "Calls tools only over OpenAI's Responses API.";

export const catalogueRows: readonly CatalogueRow[] = [
  {
    provider: "anthropic",
    id: "claude-sonnet-5-5",
    aliases: ["sonnet"],
    ...million,
    price: { input: 2, output: 10, cacheRead: 0.1, cacheWrite: 2.5, cacheWriteLong: 4 },
    cache: claudeCache(512),
    ...adaptive,
    source: `${claude}; cache reads cut to $0.10 on 2026-10-07 (kurofune/claudit v1.9.2, against the pricing page)`,
    asOf: "2026-10-24",
  },
  {
    provider: "anthropic",
    id: "claude-opus-5-5",
    aliases: ["opus"],
    ...million,
    price: { input: 4, output: 20, cacheRead: 0.2, cacheWrite: 5, cacheWriteLong: 8 },
    cache: claudeCache(512),
    ...adaptive,
    source: `${claude}; the cacheable minimum is Opus 5's`,
    asOf: "2026-10-24",
  },
  {
    provider: "anthropic",
    id: "claude-haiku-5-5",
    aliases: ["haiku"],
    small: true,
    ...million,
    price: { input: 0.1, output: 0.5, cacheRead: 0.01, cacheWrite: 0.125, cacheWriteLong: 0.2 },
    longPrompt: { over: 100_000, price: { input: 0.5, output: 2.5, cacheRead: 0.05, cacheWrite: 0.625, cacheWriteLong: 1 } },
    cache: { lookBackBlocks: 20, lifeSeconds: 300, longLifeSeconds: 3_600 },
    ...adaptive,
    source: "https://platform.claude.com/docs/en/models/haiku-5-5/overview; kurofune/claudit v1.9.2, against the pricing page",
    asOf: "2026-10-24",
  },
  {
    provider: "anthropic",
    id: "claude-fable-5-1",
    aliases: ["fable"],
    ...million,
    price: { input: 10, output: 50, cacheRead: 0.25, cacheWrite: 12.5, cacheWriteLong: 20 },
    cache: claudeCache(512),
    ...adaptive,
    source: `${claude}; the cacheable minimum is Fable 5's`,
    asOf: "2026-10-24",
  },
  {
    provider: "anthropic",
    id: "claude-opus-5",
    ...million,
    price: { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25, cacheWriteLong: 10 },
    cache: claudeCache(512),
    ...adaptive,
    source: claude,
    asOf: "2026-10-24",
  },
  {
    provider: "anthropic",
    id: "claude-sonnet-5",
    ...million,
    price: { input: 2, output: 10, cacheRead: 0.2, cacheWrite: 2.5, cacheWriteLong: 4 },
    cache: claudeCache(1_024),
    ...adaptive,
    source: claude,
    asOf: "2026-10-24",
  },
  {
    provider: "anthropic",
    id: "claude-opus-4-8",
    maximumOutput: 128_000,
    price: { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25, cacheWriteLong: 10 },
    cache: claudeCache(1_024),
    ...adaptive,
    source: `${claude}; output limit from @ai-sdk/anthropic 4.0.105`,
    asOf: "2026-10-24",
  },
  {
    provider: "anthropic",
    id: "claude-sonnet-4-6",
    window: 1_000_000,
    maximumOutput: 128_000,
    price: { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75, cacheWriteLong: 6 },
    cache: claudeCache(1_024),
    ...adaptive,
    source: "artka.dev, models and pricing (April 2026); window from hivebook.wiki (April 2026); output limit from @ai-sdk/anthropic 4.0.105",
    asOf: "2026-04-23",
  },
  {
    provider: "anthropic",
    id: "claude-haiku-4-5",
    window: 200_000,
    maximumOutput: 64_000,
    price: { input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25, cacheWriteLong: 2 },
    cache: claudeCache(4_096),
    thinking: "budget",
    source: "https://platform.claude.com/docs/zh-CN/models/haiku-4-5/overview; artka.dev, models and pricing (April 2026)",
    asOf: "2026-10-24",
  },
  {
    provider: "openai",
    id: "gpt-6-sol",
    ...gptWindow,
    price: { input: 2, output: 10, cacheRead: 0.2, cacheWrite: 2.5 },
    longPrompt: { over: 272_000, price: { input: 4, output: 15, cacheRead: 0.4, cacheWrite: 5 } },
    cache: gptCache,
    chatTools: "without-reasoning",
    note: chatNote,
    ...gptEffort,
    source: `${gpt("gpt-6-sol")}; rates above 272,000 tokens by the rule in BerriAI/litellm discussion 42523 (input and cache 2×, output 1.5×)`,
    asOf: "2026-11-20",
  },
  {
    provider: "openai",
    id: "gpt-6-luna",
    small: true,
    ...gptWindow,
    price: { input: 0.1, output: 0.5, cacheRead: 0.01, cacheWrite: 0.125 },
    longPrompt: { over: 272_000, price: { input: 0.2, output: 0.75, cacheRead: 0.02, cacheWrite: 0.25 } },
    cache: gptCache,
    chatTools: "without-reasoning",
    note: chatNote,
    ...gptEffort,
    source: "TheKrush/PromptFuel v1.0.21 (against OpenAI's pages); docs.oxen.ai, gpt-6-luna; above 272,000 tokens: BerriAI/litellm discussion 42523",
    asOf: "2026-09-23",
  },
  {
    provider: "openai",
    id: "gpt-6.2-sol",
    ...gptWindow,
    price: { input: 2, output: 10, cacheRead: 0.1, cacheWrite: 2.5 },
    longPrompt: { over: 272_000, price: { input: 4, output: 15, cacheRead: 0.2, cacheWrite: 5 } },
    cache: gptCache,
    chatTools: "responses-only",
    note: responsesNote,
    ...gptEffort,
    source: gpt("gpt-6.2-sol"),
    asOf: "2026-11-20",
  },
  {
    provider: "openai",
    id: "gpt-6.1-sol",
    ...gptWindow,
    price: { input: 2, output: 10, cacheRead: 0.1, cacheWrite: 2.5 },
    longPrompt: { over: 272_000, price: { input: 4, output: 15, cacheRead: 0.2, cacheWrite: 5 } },
    cache: gptCache,
    chatTools: "responses-only",
    note: responsesNote,
    ...gptEffort,
    source:
      "docs.laozhang.ai, gpt-6.1-sol (2026-10-13); https://wavespeed.ai/llm/openai/gpt-6.1-sol; amine123max/Codex-Manager 0.4.7 (official price card, 2026-09-30); writing above 272,000 tokens by the rule in BerriAI/litellm discussion 42523",
    asOf: "2026-09-30",
  },
  {
    provider: "gemini",
    id: "gemini-4-argon",
    aliases: ["argon"],
    ...geminiWindow,
    price: { input: 2, output: 10, cacheRead: 0.1, cacheWrite: 2 },
    cache: geminiCache,
    efforts: ["low", "medium", "high"],
    note: "Introductory price: from 2026-12-01 it is $4, $20 and $0.20. One window for input and output together.",
    source:
      "https://ai.google.dev/gemini-api/docs/generate-content/latest-model (price until 2026-11-30, levels); cache reads: BerriAI/litellm discussion 46238; what is written to the cache costs what input costs (docs.cloud.google.com, context cache overview)",
    asOf: "2026-10-14",
  },
  {
    provider: "gemini",
    id: "gemini-3.8-flash",
    aliases: ["flash"],
    small: true,
    ...geminiWindow,
    price: { input: 0.75, output: 3.75, cacheRead: 0.075, cacheWrite: 0.75 },
    cache: geminiCache,
    // Whether it takes minimal is not known here.
    efforts: ["low", "medium", "high"],
    note: "Half price until 2026-12-31; then $1.50, $7.50 and $0.15.",
    source: "BerriAI/litellm discussion 39357; input price also in api-evangelist/deepmind, read from ai.google.dev/gemini-api/docs/pricing on 2026-10-07",
    asOf: "2026-10-07",
  },
  {
    provider: "gemini",
    id: "gemini-3.6-flash",
    price: { input: 0.75, output: 3.75, cacheRead: 0.075, cacheWrite: 0.75 },
    cache: geminiCache,
    efforts: ["minimal", "low", "medium", "high"],
    note: "Introductory price until 2026-12-31; then $1.50, $7.50 and $0.15.",
    source: "models.dev, providers/google/models/gemini-3.6-flash.toml (against ai.google.dev/gemini-api/docs/pricing)",
    asOf: "2026-10-13",
  },
];
