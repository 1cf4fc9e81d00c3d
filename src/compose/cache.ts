// What is known of a model's cache, and how long what is written there shall live.
import type { AgentDefinition } from "../agent/index.ts";
import type { ResolvedModel } from "../model/index.ts";

/** When nothing is known of the model: what all vendors keep at least. */
const usualLife = 300;
/** OpenAI before GPT-5.6 reads from its cache in steps. */
const stepBefore56 = 128;

/** `wanted` counts where the model's row has a longer life; elsewhere the provider's own holds. */
export function cacheTermsOf({ row }: Pick<ResolvedModel, "row">, wanted: "5m" | "1h" | undefined): AgentDefinition["cache"] {
  const { minimumTokens = 0, lifeSeconds = usualLife, longLifeSeconds } = row?.cache ?? {};
  const long = wanted === "1h" && longLifeSeconds !== undefined;
  const steps = row?.provider === "openai" && row.cache?.breakpoints !== true ? { step: stepBefore56 } : {};
  return { least: minimumTokens, life: long ? longLifeSeconds : lifeSeconds, ...(long ? { long } : {}), ...steps };
}
