// What a series of requests must be billed by the vendors' published rules, from their bytes alone: written for the tests, apart from
// the arithmetic of the product and of the scripted server. Tokens are of its own counting: a block's JSON without markers, four
// bytes a token, rounded up.
import type { Usage } from "../../src/model/index.ts";

type Value = { readonly [key: string]: unknown };
interface Block {
  readonly text: string;
  readonly tokens: number;
  /** Seconds that what is written up to here lives; absent: no marker stands here. */
  readonly mark?: number;
  /** Said by a user or a tool. */
  readonly said: boolean;
}

export interface Table {
  readonly name: string;
  readonly blocks: (body: string) => readonly Block[];
  readonly minimum: number;
  readonly rule: (blocks: readonly Block[], cache: Cache, minimum: number) => Bill;
  /** US dollars per million tokens: the lists of November 2026, typed in again. */
  readonly rates: { readonly input: number; readonly output: number; readonly read: number; readonly write: number; readonly writeLong: number };
}

/** What earlier requests left, at a time in seconds. */
interface Cache {
  readonly now: number;
  readonly entries: Map<string, { readonly life: number; expires: number }>;
  /** OpenAI before GPT-5.6 and Gemini: whole prompts, and when they were last of use. */
  readonly prompts: { readonly blocks: readonly Block[]; used: number; readonly written: number }[];
}
interface Bill {
  readonly read: number;
  readonly write: number;
  readonly writeLong: number;
  /** What the first byte of the answer makes readable. */
  readonly settle: () => void;
}

export interface Oracle {
  /** Usage without output. `answered`: the first byte of its answer went out. */
  bill(body: string, now: number): { readonly usage: Usage; readonly answered: () => void };
  dollars(usage: Usage): number;
  /** Of the whole request. */
  tokens(body: string): number;
}

export function createOracle(table: Table): Oracle {
  const entries: Cache["entries"] = new Map();
  const prompts: Cache["prompts"] = [];
  let last: { readonly body: string; readonly blocks: readonly Block[] } = { body: "", blocks: [] };
  const blocksOf = (body: string): readonly Block[] => {
    if (last.body !== body) last = { body, blocks: table.blocks(body) };
    return last.blocks;
  };
  const all = (blocks: readonly Block[]): number => blocks.reduce((sum, { tokens }) => sum + tokens, 0);
  return {
    bill(body, now) {
      const blocks = blocksOf(body);
      const { read, write, writeLong, settle } = table.rule(blocks, { now, entries, prompts }, table.minimum);
      const usage = {
        input: all(blocks) - read - write,
        output: 0,
        cacheRead: read,
        cacheWrite: write,
        ...(writeLong > 0 ? { cacheWriteLong: writeLong } : {}),
      };
      return { usage, answered: settle };
    },
    dollars({ input, output, cacheRead, cacheWrite, cacheWriteLong = 0 }) {
      const { rates } = table;
      const short = cacheWrite - cacheWriteLong;
      const sum = input * rates.input + output * rates.output + cacheRead * rates.read + short * rates.write + cacheWriteLong * rates.writeLong;
      return Math.round(sum * 1000) / 1e9;
    },
    tokens: (body) => all(blocksOf(body)),
  };
}

const blockOf = (value: unknown, said = false, mark?: number): Block => {
  const text = JSON.stringify(value);
  return { text, tokens: Math.ceil(Buffer.byteLength(text) / 4), said, ...(mark === undefined ? {} : { mark }) };
};
const listOf = (value: unknown): readonly Value[] => (Array.isArray(value) ? (value as Value[]) : []);

function anthropicBlocks(body: string): readonly Block[] {
  const { tools, system, messages } = JSON.parse(body) as Value;
  const block = (value: Value, said = false): Block => {
    const { cache_control: mark, ...rest } = value as { cache_control?: { ttl?: string } };
    return blockOf(rest, said, mark ? (mark.ttl === "1h" ? 3_600 : 300) : undefined);
  };
  const said = listOf(messages).flatMap(({ role, content }) =>
    listOf(typeof content === "string" ? [{ type: "text", text: content }] : content).map((one) => block(one, role === "user")),
  );
  return [...listOf(tools).map((one) => block(one)), ...listOf(system).map((one) => block(one)), ...said];
}

function responsesBlocks(body: string): readonly Block[] {
  const { tools, input } = JSON.parse(body) as Value;
  const block = (value: Value, said: boolean): Block => {
    const { prompt_cache_breakpoint: mark, ...rest } = value;
    return blockOf(rest, said, mark ? 1_800 : undefined);
  };
  const items = listOf(input).flatMap((item) => {
    const said = item["role"] === "user" || item["type"] === "function_call_output";
    const inner = listOf(item["content"] ?? item["output"]);
    return inner.length === 0 ? [block(item, said)] : inner.map((one) => block(one, said));
  });
  return [...listOf(tools).map((one) => blockOf(one)), ...items];
}

function geminiBlocks(body: string): readonly Block[] {
  const { systemInstruction, tools, contents } = JSON.parse(body) as Value;
  const said = listOf(contents).flatMap(({ parts }) => listOf(parts).map((one) => blockOf(one)));
  return [...(systemInstruction ? [blockOf(systemInstruction)] : []), ...listOf(tools).map((one) => blockOf(one)), ...said];
}

/** Keys of whole prefixes and their lengths in tokens. */
function prefixes(blocks: readonly Block[]): readonly { readonly key: string; readonly tokens: number }[] {
  const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
  let tokens = 0;
  return blocks.map((block) => {
    tokens += block.tokens;
    return { key: hash.update(`${block.text}\n`).copy().digest("hex"), tokens };
  });
}

/** Markers; the longest prefix written before that ends within 20 blocks of one is read, the rest up to the last marker written. */
function anthropicRule(blocks: readonly Block[], { now, entries }: Cache, minimum: number): Bill {
  const ends = prefixes(blocks);
  const marks = [...blocks.keys()].filter((index) => blocks[index]?.mark !== undefined && (ends[index]?.tokens ?? 0) >= minimum);
  const isLive = (index: number): boolean => (entries.get(ends[index]?.key ?? "")?.expires ?? 0) > now;
  const hit = Math.max(-1, ...marks.flatMap((mark) => [...Array(20).keys()].map((back) => mark - back).filter((index) => index >= 0 && isLive(index))));
  for (const index of new Set([...marks, hit])) {
    const entry = index <= hit ? entries.get(ends[index]?.key ?? "") : undefined;
    if (entry && entry.expires > now) entry.expires = now + entry.life;
  }
  const read = ends[hit]?.tokens ?? 0;
  const fresh = marks.filter((index) => index > hit);
  const upTo = (index: number | undefined): number => (index === undefined ? 0 : (ends[index]?.tokens ?? 0) - read);
  const settle = (): void => {
    for (const index of fresh) {
      const life = blocks[index]?.mark ?? 0;
      entries.set(ends[index]?.key ?? "", { life, expires: now + life });
    }
  };
  return { read, write: upTo(fresh.at(-1)), writeLong: upTo(fresh.findLast((index) => blocks[index]?.mark === 3_600)), settle };
}

/** GPT-5.6 and later: at breakpoints only; the newest thing that was said is one of itself; writing is paid. */
function breakpointRule(blocks: readonly Block[], { now, entries }: Cache, minimum: number): Bill {
  const ends = prefixes(blocks);
  const last = blocks.findLastIndex(({ said }) => said);
  // where a user or a tool stops speaking an earlier implicit breakpoint may have stood
  const points = [...blocks.keys()].filter((index) => blocks[index]?.mark !== undefined || blocks[index]?.said === true).slice(-80);
  const hit = points.findLast((index) => (ends[index]?.tokens ?? 0) >= minimum && (entries.get(ends[index]?.key ?? "")?.expires ?? 0) > now) ?? -1;
  const read = ends[hit]?.tokens ?? 0;
  const known = entries.get(ends[hit]?.key ?? "");
  if (known) known.expires = now + known.life;
  const explicit = [...blocks.keys()].filter((index) => blocks[index]?.mark !== undefined).slice(-3);
  const fresh = [...explicit, last].filter((index) => (ends[index]?.tokens ?? 0) >= minimum && (ends[index]?.tokens ?? 0) > read);
  const settle = (): void => {
    for (const index of fresh) entries.set(ends[index]?.key ?? "", { life: 1_800, expires: now + 1_800 });
  };
  return { read, write: Math.max(read, ...fresh.map((index) => ends[index]?.tokens ?? 0)) - read, writeLong: 0, settle };
}

/** The longest common beginning with an earlier prompt, in whole steps; writing is free. `step` 1: to the token. */
function commonRule(step: number, life: number, longest: number): Table["rule"] {
  return (blocks, { now, prompts }, minimum) => {
    let best = 0;
    for (const prompt of prompts) {
      if (prompt.used + life <= now || prompt.written + longest <= now) continue;
      const common = commonTokens(prompt.blocks, blocks);
      const read = common < minimum ? 0 : minimum + Math.floor((common - minimum) / step) * step;
      if (read > 0) prompt.used = now;
      best = Math.max(best, read);
    }
    return { read: best, write: 0, writeLong: 0, settle: () => prompts.push({ blocks, used: now, written: now }) };
  };
}

/** Whole blocks that are equal, and of the first that is not the equal beginning. */
function commonTokens(left: readonly Block[], right: readonly Block[]): number {
  let tokens = 0;
  for (const [index, { text }] of left.entries()) {
    const other = right[index]?.text ?? "";
    if (text !== other) {
      let same = 0;
      while (same < text.length && text[same] === other[same]) same++;
      return tokens + Math.floor(Buffer.byteLength(text.slice(0, same)) / 4);
    }
    tokens += left[index]?.tokens ?? 0;
  }
  return tokens;
}

const sonnet = { input: 2, output: 10, read: 0.1, write: 2.5, writeLong: 4 };
export const tables = {
  anthropic: { name: "Anthropic", blocks: anthropicBlocks, minimum: 512, rule: anthropicRule, rates: sonnet },
  before: {
    name: "OpenAI before GPT-5.6",
    blocks: responsesBlocks,
    minimum: 1_024,
    rule: commonRule(128, 300, 3_600),
    rates: { input: 1.25, output: 10, read: 0.125, write: 0, writeLong: 0 },
  },
  since: {
    name: "OpenAI from GPT-5.6 on",
    blocks: responsesBlocks,
    minimum: 1_024,
    rule: breakpointRule,
    rates: { input: 2, output: 10, read: 0.2, write: 2.5, writeLong: 2.5 },
  },
  gemini: {
    name: "Gemini",
    blocks: geminiBlocks,
    minimum: 4_096,
    rule: commonRule(1, 300, 3_600),
    rates: { input: 0.75, output: 3.75, read: 0.075, write: 0, writeLong: 0 },
  },
} as const satisfies Record<string, Table>;
