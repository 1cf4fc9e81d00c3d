// What a series of requests costs as input on a wire that caches at breakpoints (Anthropic): by the recorded bodies alone.

/** A miss counts 1, a write to the cache 1.25, a hit 0.1; the unit is bytes of a block's JSON without markers. */
export const weights = { miss: 1, write: 1.25, hit: 0.1 } as const;
/** How many blocks a breakpoint looks back, itself included. */
const lookBack = 20;

export interface InputCost {
  readonly units: number;
  readonly miss: number;
  readonly write: number;
  readonly hit: number;
}

/** Bodies in the order they were sent. Entries live as long as the series; the vendor's least size of an entry is left out. */
export function inputCost(bodies: readonly string[]): InputCost {
  const cached = new Set<string>();
  const total = { miss: 0, write: 0, hit: 0 };
  for (const body of bodies) {
    const bill = billOf(blocksOf(JSON.parse(body)), cached);
    total.miss += bill.miss;
    total.write += bill.write;
    total.hit += bill.hit;
  }
  return { ...total, units: total.miss * weights.miss + total.write * weights.write + total.hit * weights.hit };
}

interface Block {
  readonly text: string;
  readonly marked: boolean;
}
type Body = { readonly tools?: readonly object[]; readonly system?: string | readonly object[]; readonly messages: readonly WireMessage[] };
type WireMessage = { readonly role: string; readonly content: string | readonly object[] };

function blocksOf(body: Body): Block[] {
  const system = typeof body.system === "string" ? [{ text: body.system }] : (body.system ?? []);
  const messages = body.messages.flatMap(({ role, content }) => (typeof content === "string" ? [{ role, text: content }] : content));
  return [...(body.tools ?? []), ...system, ...messages].map((block) => {
    const { cache_control: mark, ...rest } = block as { readonly cache_control?: unknown };
    return { text: JSON.stringify(rest), marked: mark !== undefined && mark !== null };
  });
}

/** Bills one request and adds what it writes to `cached`, whose keys are whole prefixes. */
function billOf(blocks: readonly Block[], cached: Set<string>): { readonly miss: number; readonly write: number; readonly hit: number } {
  const ends: number[] = [];
  const keys: string[] = [];
  const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
  let bytes = 0;
  for (const { text } of blocks) {
    bytes += Buffer.byteLength(text);
    ends.push(bytes);
    keys.push(hash.update(`${text}\n`).copy().digest("hex"));
  }
  const marks = blocks.flatMap((block, index) => (block.marked ? [index] : []));
  let hit = -1;
  for (const mark of marks) {
    for (let index = mark; index > mark - lookBack && index > hit; index--) if (cached.has(keys[index] ?? "")) hit = index;
  }
  const hitBytes = ends[hit] ?? 0;
  const written = Math.max(hitBytes, ends[marks.at(-1) ?? -1] ?? 0);
  for (const mark of marks) cached.add(keys[mark] ?? "");
  return { hit: hitBytes, write: written - hitBytes, miss: bytes - written };
}

/** Bytes by part of one request, as sent. */
export function partBytes(body: string): {
  readonly system: number;
  readonly tools: number;
  readonly messages: number;
  readonly all: number;
  readonly toolCount: number;
} {
  const parsed = JSON.parse(body) as Body;
  const bytes = (value: unknown): number => (value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value)));
  return {
    system: bytes(parsed.system),
    tools: bytes(parsed.tools),
    messages: bytes(parsed.messages),
    all: Buffer.byteLength(body),
    toolCount: parsed.tools?.length ?? 0,
  };
}

/** Share (0 to 1) of the second request's tools and system, and of all of it, that repeats the first one's from the beginning. */
export function sharedHead(first: string, second: string): { readonly head: number; readonly all: number } {
  const [one, other] = [first, second].map((body) => JSON.parse(body) as Body) as [Body, Body];
  const headOf = (body: Body): string => JSON.stringify([body.tools, body.system]);
  const ordered = (body: Body): string => JSON.stringify([body.tools, body.system, body.messages]);
  return { head: share(headOf(one), headOf(other)), all: share(ordered(one), ordered(other)) };
}

function share(before: string, after: string): number {
  const [a, b] = [Buffer.from(before), Buffer.from(after)];
  let same = 0;
  while (same < b.length && a[same] === b[same]) same += 1;
  return same / b.length;
}
