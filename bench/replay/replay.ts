// What a recorded session of another agent was billed for its input, beside what bosun's layout would have been billed for
// the same prompts at the same times: tokens by the provider's own counts, the arithmetic of the published rules.
import { readFileSync } from "node:fs";

export interface Bill {
  readonly read: number;
  readonly written: number;
  readonly missed: number;
  /** Requests that read nothing though the one before had left something to be read. */
  readonly fullMisses: number;
  /** A miss counts 1, a write 1.25 (for an hour: 2), a read 0.1. */
  readonly units: number;
}
export interface Replay {
  readonly calls: number;
  readonly billed: Bill;
  readonly fiveMinutes: Bill;
  readonly oneHour: Bill;
  /** Why bosun's layout reads nothing where something was left, by count. */
  readonly causes: { readonly compaction: number; readonly thinking: number; readonly expired: number };
}

interface Usage {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}
interface Call {
  readonly usage: Usage;
  /** When it was asked for, milliseconds. */
  readonly at: number;
  readonly compacted: boolean;
  readonly thinking: string;
}
interface Line {
  readonly type: string;
  readonly thinkingLevel?: string;
  readonly message?: { readonly role: string; readonly usage?: Usage; readonly timestamp: number };
}

/** Of Claude Opus 4.5: prompts below this are not cached. The head alone, tools and system, is. */
const leastCached = 4_096;
const weights = { miss: 1, read: 0.1 } as const;

/** Calls whose reply was counted: those that failed or were broken off before a count are left out. */
function callsOf(text: string): readonly Call[] {
  const calls: Call[] = [];
  let compacted = false;
  let thinking = "";
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const { type, message, ...entry } = JSON.parse(line) as Line;
    if (type === "compaction") compacted = true;
    thinking = entry.thinkingLevel ?? thinking;
    if (!message?.usage || promptOf(message.usage) === 0) continue;
    calls.push({ usage: message.usage, at: message.timestamp, compacted, thinking });
    compacted = false;
  }
  return calls;
}

const promptOf = ({ input, cacheRead, cacheWrite }: Usage): number => input + cacheRead + cacheWrite;

export function replay(file: string): Replay {
  const calls = callsOf(readFileSync(file, "utf8"));
  const causes = { compaction: 0, thinking: 0, expired: 0 };
  const billed = sumOf(calls.map(({ usage }, at) => ({ usage, known: knownBefore(calls, at) })));
  const layout = (seconds: number, write: number, count: boolean): Bill =>
    sumOf(
      calls.map((call, at) => {
        const known = knownBefore(calls, at);
        const why = known === 0 ? null : reasonOf(call, calls[at - 1] as Call, seconds);
        if (count && why !== null) causes[why] += 1;
        const prompt = promptOf(call.usage);
        const read = why === null ? Math.min(known, prompt) : 0;
        const rest = prompt - read;
        return { known, usage: prompt < leastCached ? { input: rest, cacheRead: read, cacheWrite: 0 } : { input: 0, cacheRead: read, cacheWrite: rest } };
      }),
      write,
    );
  return { calls: calls.length, billed, fiveMinutes: layout(300, 1.25, true), oneHour: layout(3_600, 2, false), causes };
}

/** Tokens that the call before left. */
function knownBefore(calls: readonly Call[], at: number): number {
  const before = calls[at - 1];
  const prompt = before === undefined ? 0 : promptOf(before.usage);
  return prompt < leastCached ? 0 : prompt;
}

/** Why nothing of it can be read: the rules of the provider, whatever the layout. */
function reasonOf(call: Call, before: Call, seconds: number): keyof Replay["causes"] | null {
  if (call.compacted) return "compaction";
  if (call.thinking !== before.thinking) return "thinking";
  return (call.at - before.at) / 1000 >= seconds ? "expired" : null;
}

function sumOf(calls: readonly { readonly usage: Usage; readonly known: number }[], write = 1.25): Bill {
  const total = (of: (usage: Usage) => number): number => calls.reduce((sum, { usage }) => sum + of(usage), 0);
  const [read, written, missed] = [total(({ cacheRead }) => cacheRead), total(({ cacheWrite }) => cacheWrite), total(({ input }) => input)];
  const fullMisses = calls.filter(({ usage, known }) => known > 0 && usage.cacheRead === 0).length;
  return { read, written, missed, fullMisses, units: Math.round(missed * weights.miss + written * write + read * weights.read) };
}
