// OpenAI's prompt cache from GPT-5.6 on, as its guide and the descriptions of `prompt_cache_options` in public client libraries
// tell it (docs/model-server.md, "What is billed"): prefixes are cached at breakpoints only, and writing is paid.
// 1. A prefix is read only where it ends at a breakpoint of this request and was written by an earlier one, to the token.
// 2. A request writes at its implicit breakpoint and its latest three explicit ones, or at its latest four explicit ones.
// 3. input + cacheRead + cacheWrite = all tokens of the request.
import { createHash } from "node:crypto";
import type { CacheBill, PromptCache } from "./cache.ts";
import type { RequestView } from "./wire/wire.ts";

const life = 30 * 60_000;
const considered = 80;
const written = 4;

export function createBreakpointCache(): PromptCache {
  const entries = new Map<string, number>();
  return {
    bill(view, minimum, now) {
      const at = now();
      const ends = prefixes(view);
      const all = ends.at(-1)?.tokens ?? 0;
      const implicit = view.breakpoints === "implicit";
      const explicit = ends.filter((end) => end.explicit);
      const newest = implicit ? ends.findLast((end) => end.eligible) : undefined;
      const points = ends.filter((end) => end.explicit || (implicit && end.eligible)).slice(-considered);
      const hit = points.findLast((end) => end.tokens >= minimum && (entries.get(end.key) ?? 0) > at);
      if (hit) entries.set(hit.key, at + life);
      const cacheRead = hit?.tokens ?? 0;
      const places = [...explicit.slice(newest ? 1 - written : -written), ...(newest ? [newest] : [])];
      const fresh = places.filter((end) => end.tokens >= minimum && end.tokens > cacheRead);
      const cacheWrite = Math.max(cacheRead, ...fresh.map((end) => end.tokens)) - cacheRead;
      const bill: CacheBill = { input: all - cacheRead - cacheWrite, cacheRead, cacheWrite, cacheWriteLong: 0 };
      return {
        ...bill,
        firstByte() {
          const start = now();
          for (const end of fresh) entries.set(end.key, start + life);
        },
      };
    },
  };
}

interface End {
  readonly key: string;
  readonly tokens: number;
  readonly explicit: boolean;
  readonly eligible: boolean;
}

/** The prefix up to and including each block. */
function prefixes(view: RequestView): End[] {
  const hash = createHash("sha256").update(JSON.stringify([view.model, view.wholeKey]));
  let tokens = 0;
  return view.blocks.map((block) => {
    hash.update(`\n${block.segment}\n${block.text}`);
    tokens += block.tokens;
    return { key: hash.copy().digest("hex"), tokens, explicit: block.breakpoint !== undefined, eligible: block.endsTurn === true };
  });
}
