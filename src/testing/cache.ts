// Prompt-cache arithmetic, as a strict reading of what the vendors publish (docs/model-server.md, "What is billed").
// Owns: what is cached and what a request is billed for it. Calls: nothing but hashing.
// 1. A read is an exact prefix that an earlier response wrote, with the same model and parameters, apart from cache markers.
// 2. What a request writes can be read only after the first byte of its response (`firstByte`), and not if there was none.
// 3. input + cacheRead + cacheWrite = all tokens of the request.
// 4. An entry lives `life` milliseconds after it was written or last read, on the clock that is given.
import { createHash, type Hash } from "node:crypto";
import type { Block, RequestView } from "./wire/wire.ts";

export interface CacheBill {
  /** Tokens neither read from the cache nor written to it. */
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** The part of `cacheWrite` with a life of one hour. */
  readonly cacheWriteLong: number;
}

export interface Billing extends CacheBill {
  /** Called when the first byte of the response goes out: what was written becomes readable. */
  firstByte(): void;
}

export interface PromptCache {
  /** `now` in milliseconds on any clock that does not go back. */
  bill(view: RequestView, minimum: number, now: () => number): Billing;
}

interface Entry {
  expires: number;
  readonly life: number;
}

const minute = 60_000;
const lives = { "5m": 5 * minute, "1h": 60 * minute } as const;
/** How many blocks a breakpoint looks at, itself included. */
const lookBack = 20;

/** Anthropic: breakpoints by markers, in the order tools, system, messages. */
export function createAnthropicCache(): PromptCache {
  const entries = new Map<string, Entry>();
  const live = (key: string | undefined, at: number): Entry | undefined => {
    const entry = key === undefined ? undefined : entries.get(key);
    return entry && entry.expires > at ? entry : undefined;
  };
  return {
    bill(view, minimum, now) {
      const at = now();
      const sums = runningTotals(view.blocks);
      const all = sums.at(-1) ?? 0;
      const points = view.blocks.flatMap((block, index) => (block.breakpoint && (sums[index] ?? 0) >= minimum ? [{ index, life: block.breakpoint }] : []));
      const keys = prefixKeys(
        view,
        points.map((point) => point.index),
      );
      const hit = longestHit(
        points.map((point) => point.index),
        (index) => live(keys[index], at) !== undefined,
      );
      const cacheRead = hit < 0 ? 0 : (sums[hit] ?? 0);
      for (const index of [hit, ...points.map((point) => point.index)]) {
        const entry = index <= hit ? live(keys[index], at) : undefined;
        if (entry) entry.expires = at + entry.life;
      }
      const written = points.filter((point) => point.index > hit);
      const writtenTo = (index: number | undefined): number => (index === undefined ? 0 : (sums[index] ?? 0) - cacheRead);
      const cacheWrite = writtenTo(written.at(-1)?.index);
      const cacheWriteLong = writtenTo(written.findLast((point) => point.life === "1h")?.index);
      return {
        input: all - cacheRead - cacheWrite,
        cacheRead,
        cacheWrite,
        cacheWriteLong,
        firstByte() {
          const start = now();
          for (const point of written) entries.set(keys[point.index] ?? "", { life: lives[point.life], expires: start + lives[point.life] });
        },
      };
    },
  };
}

/** The highest index that some breakpoint can see and that is cached; -1 when there is none. */
function longestHit(points: readonly number[], isCached: (index: number) => boolean): number {
  let best = -1;
  for (const point of points) {
    for (let index = point; index > point - lookBack && index > best; index--) {
      if (isCached(index)) best = index;
    }
  }
  return best;
}

/** A key stands for the whole prefix up to and including its block. Only blocks that a breakpoint looks at have one. */
function prefixKeys(view: RequestView, points: readonly number[]): (string | undefined)[] {
  const hash = createHash("sha256").update(JSON.stringify([view.model, view.wholeKey]));
  let inMessages = false;
  return view.blocks.map((block, index) => {
    if (block.segment === "messages" && !inMessages) {
      inMessages = true;
      hash.update(`\n${view.messagesKey}`);
    }
    hash.update(`\n${block.segment}\n${block.text}`);
    return points.some((point) => point >= index && point < index + lookBack) ? hash.copy().digest("hex") : undefined;
  });
}

function runningTotals(blocks: readonly Block[]): number[] {
  let sum = 0;
  return blocks.map((block) => {
    sum += block.tokens;
    return sum;
  });
}

const step = 128;
const longestLife = 60 * minute;

/** OpenAI before GPT-5.6, and its Chat completions whatever the model: the longest known prefix, from 1,024 tokens on in steps of 128; writing is free. */
export function createOpenaiCache(): PromptCache {
  const entries = new Map<string, Entry & { readonly end: number }>();
  return {
    bill(view, minimum, now) {
      const at = now();
      const all = view.blocks.reduce((sum, block) => sum + block.tokens, 0);
      const keys = stepKeys(view, minimum);
      const isLive = (key: string): boolean => {
        const entry = entries.get(key);
        return entry !== undefined && entry.expires > at;
      };
      const hits = keys.findLastIndex((one) => isLive(one.key)) + 1;
      const cacheRead = keys[hits - 1]?.tokens ?? 0;
      for (const { key } of keys.slice(0, hits)) {
        const entry = entries.get(key);
        if (entry && isLive(key)) entry.expires = Math.min(at + entry.life, entry.end);
      }
      return {
        input: all - cacheRead,
        cacheRead,
        cacheWrite: 0,
        cacheWriteLong: 0,
        firstByte() {
          const start = now();
          const life = view.cacheLife;
          for (const { key } of keys) {
            if ((entries.get(key)?.expires ?? 0) <= start) entries.set(key, { life, expires: start + life, end: start + Math.max(life, longestLife) });
          }
        },
      };
    },
  };
}

/** Keys of the prefixes of `minimum`, `minimum` + 128, … tokens. A block of t tokens is cut into t pieces of four bytes. */
function stepKeys(view: RequestView, minimum: number): { readonly key: string; readonly tokens: number }[] {
  const hash = createHash("sha256").update(JSON.stringify([view.model, view.wholeKey]));
  const keys: { key: string; tokens: number }[] = [];
  let tokens = 0;
  let next = Math.max(step, minimum);
  for (const block of view.blocks) {
    const bytes = Buffer.from(block.text);
    hash.update(`\n${block.segment}\n`);
    let taken = 0;
    while (next <= tokens + block.tokens) {
      const end = next - tokens === block.tokens ? bytes.length : Math.min(bytes.length, (next - tokens) * 4);
      keys.push({ key: keyAfter(hash, bytes.subarray(taken, end)), tokens: next });
      taken = end;
      next += step;
    }
    hash.update(bytes.subarray(taken));
    tokens += block.tokens;
  }
  return keys;
}

function keyAfter(hash: Hash, bytes: Uint8Array): string {
  hash.update(bytes);
  return hash.copy().digest("hex");
}

/** The shortest prefix that is cached, by the model's name: figures as published up to November 2026. */
const minimums: readonly (readonly [RegExp, number])[] = [
  [/(opus|fable)-5/, 512],
  [/opus-4-8|sonnet-5|sonnet-4-6/, 1_024],
  [/opus-4-7/, 2_048],
  [/opus-4-[56]|haiku-4-5/, 4_096],
  [/gemini-2\.5/, 2_048],
  [/gemini-/, 4_096],
];
export const minimumFor = (model: string): number => minimums.find(([pattern]) => pattern.test(model))?.[1] ?? 1_024;
