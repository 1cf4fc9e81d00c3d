// What a provider's cache goes by besides the bytes of the prompt: a table by provider. Each parameter that is a part of
// the key is a segment without bytes, in front of what it breaks.
import { sha256 } from "../exec/index.ts";
import type { Effort } from "../model/index.ts";
import type { Segment } from "../session/index.ts";

export interface CacheParameters {
  readonly effort?: Effort;
  /** Anthropic: how thinking is asked for; absent: not at all. */
  readonly thinking?: "adaptive" | "budget";
  /** The conversation holds an image. */
  readonly images: boolean;
}

/** Before everything: they break the whole. Before the conversation: they leave tools and system. */
export interface ParameterSegments {
  readonly whole: readonly Segment[];
  readonly conversation: readonly Segment[];
}

const nothing: ParameterSegments = { whole: [], conversation: [] };
const parameter = (name: string, value: string): Segment => ({ name, sha256: sha256(value), bytes: 0 });

/**
 * OpenAI lists reasoning effort among what breaks its cache. Anthropic: thinking on or off, its budget, and whether there are
 * images break the messages; a level of effort is no part of the key. Of other providers nothing is known.
 */
export function cacheParameters(provider: string, { effort, thinking, images }: CacheParameters): ParameterSegments {
  if (provider === "openai") return effort === undefined ? nothing : { whole: [parameter("effort", effort)], conversation: [] };
  if (provider !== "anthropic") return nothing;
  const thinks = effort === undefined || thinking === undefined ? [] : [parameter("thinking", thinking === "adaptive" ? "on" : effort)];
  return { whole: [], conversation: [...thinks, ...(images ? [parameter("images", "some")] : [])] };
}
