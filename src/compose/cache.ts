// What is known of a model's cache, and how long what is written there shall live.
import type { AgentDefinition } from "../agent/index.ts";
import type { ResolvedModel } from "../model/index.ts";

/** When nothing is known of the model: what all vendors keep at least. */
const usualLife = 300;

/** `wanted` counts where the model's row has a longer life; elsewhere the provider's own holds. */
export function cacheTermsOf({ row }: Pick<ResolvedModel, "row">, wanted: "5m" | "1h" | undefined): AgentDefinition["cache"] {
  const { minimumTokens = 0, lifeSeconds = usualLife, longLifeSeconds } = row?.cache ?? {};
  const long = wanted === "1h" && longLifeSeconds !== undefined;
  return long ? { least: minimumTokens, life: longLifeSeconds, long } : { least: minimumTokens, life: lifeSeconds };
}
