// How far the estimate of a request's input is off, request by request, with the calibration that a session would have had.
import { anchorAt } from "../../src/context/calibration.ts";
import { historyOf } from "../../src/context/history.ts";
import { estimateInput, perCall, perMessage, perPart, perResult } from "../../src/context/tokens.ts";
import { type Message, noUsage, type Usage } from "../../src/model/index.ts";
import type { LastReply, SessionState } from "../../src/session/index.ts";
import type { Transcript } from "./transcripts.ts";

/** Tokens of a text by the reference. */
export type Count = (text: string) => number;

export interface Measured {
  /** Relative errors of expected input, one for each request after the third: of the whole, and of what no count stood for. */
  readonly whole: readonly number[];
  readonly added: readonly number[];
  /** Requests whose true input was above the worst case, of all. */
  readonly above: number;
  readonly requests: number;
}

const calibrationTurns = 3;
/** Fewer new tokens than this say nothing about a rate. */
const leastAdded = 20;

/** Text that a tokenizer would see of a message, in pieces. */
export function textsOf(message: Message): readonly string[] {
  return message.parts.flatMap((part) => {
    if (part.type === "text") return [part.text];
    return part.type === "call" ? [part.call.tool, JSON.stringify(part.call.input)] : [];
  });
}

/** The reference's count of the words, and our own framing: the reference has none. */
export function framingOf(message: Message): number {
  const calls = message.parts.filter(({ type }) => type === "call").length;
  return perMessage + (message.role === "tool" ? perResult : 0) + perPart * message.parts.length + perCall * calls;
}

/** `words`: tokens of each message's text by the reference. */
export function measureByReference({ messages }: Transcript, words: readonly number[]): Measured {
  const before = [0];
  for (const [index, message] of messages.entries()) before.push((before[index] ?? 0) + (words[index] ?? 0) + framingOf(message));
  // what a model writes of a call, its form included, is output
  const output = (index: number): number => (words[index] ?? 0) + framingOf(messages[index] as Message) - perMessage;
  return measure(messages, 0, (index) => ({ input: before[index] ?? 0, output: output(index), cacheRead: 0, cacheWrite: 0 }));
}

/** Against what the provider counted then; the head, which was not recorded, is what its first count leaves. */
export function measureByBill({ messages, billed }: Transcript): Measured {
  const isCounted = (index: number): boolean => inputOf(billed.get(index) ?? noUsage) > 0;
  const first = messages.findIndex((_, index) => isCounted(index));
  const usage = billed.get(first);
  if (!usage) return { whole: [], added: [], above: 0, requests: 0 };
  const head = Math.max(0, inputOf(usage) - historyOf(messages).tokensAt(first));
  return measure(messages, head, (index) => billed.get(index));
}

const inputOf = ({ input, cacheRead, cacheWrite }: Usage): number => input + cacheRead + cacheWrite;

function measure(messages: readonly Message[], head: number, usageOf: (reply: number) => Usage | undefined): Measured {
  const said: Message[] = [];
  const counts: LastReply[] = [];
  const whole: number[] = [];
  const added: number[] = [];
  let above = 0;
  let requests = 0;
  for (const [index, message] of messages.entries()) {
    const usage = message.role === "assistant" && index > 0 ? usageOf(index) : undefined;
    if (usage && inputOf(usage) > 0) {
      const { expected, worst, anchored } = predict(said, counts, head);
      const truth = inputOf(usage);
      requests += 1;
      if (truth > worst && (head === 0 || counts.length >= calibrationTurns)) above += 1;
      if (counts.length >= calibrationTurns && anchored) {
        const known = inputOf((counts.at(-1) as LastReply).usage);
        whole.push(expected / truth - 1);
        if (truth - known > leastAdded) added.push((expected - known) / (truth - known) - 1);
      }
      counts.push({ usage, usageFinal: true, messages: index + 1, at: 0 });
      if (counts.length > 17) counts.shift();
    }
    said.push(message);
  }
  return { whole, added, above, requests };
}

function predict(said: readonly Message[], counts: readonly LastReply[], head: number): ReturnType<typeof estimateInput> {
  const history = historyOf(said);
  const lastReply = counts.at(-1) ?? null;
  const state = { lastReply, counts } as SessionState;
  return estimateInput(head + history.tokensAt(said.length), lastReply ? anchorAt(lastReply.messages - 1, state, head, history) : null);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.map(Math.abs).sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
export const median = (values: readonly number[]): number => [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
