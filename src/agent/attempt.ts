// One attempt at a model call, whatever it is for: the request line, the stream, the closing line, and what it costs.
//
// Invariants
//  T1  No byte is sent before the request line, with its reservation, is durable.
//  T2  Each request line is closed by exactly one `reply` or `request-failed`.
import { type Clock, newId, type RequestId } from "../base/index.ts";
import { type Amount, add, nothing, type Projection, type Settlement } from "../budget/index.ts";
import type { ModelFailure, ModelRequest, Provider, StreamPart } from "../model/index.ts";
import type { CacheForecast, CacheOutcome, Segment, SessionState } from "../session/index.ts";
import type { Execution } from "./execution.ts";

export type Finished = Extract<StreamPart, { readonly type: "finish" }> & {
  readonly began: boolean;
  readonly seconds: number;
  /** Tokens of output that came, at most: bytes of plain text. Absent: something else came too, whose length is not seen. */
  readonly streamed?: number;
};

/** Requests that never got a closing line count at worst case. */
export const reservedBy = (state: SessionState): Amount => state.openRequests.reduce((sum, open) => add(sum, open.projection.worst), nothing);

export interface Attempt {
  readonly purpose: string;
  readonly provider: Provider;
  readonly model: string;
  readonly segments: readonly Segment[];
  readonly attempt: number;
  readonly cache?: CacheForecast;
}

/** The request line, durable. */
export async function openRequest({ session, world }: Execution, { provider, ...attempt }: Attempt, projection: Projection): Promise<RequestId> {
  const request = newId<"request">("r", world.clock.now());
  await session.append({ type: "request", request, provider: provider.id, projection, ...attempt });
  return request;
}

/** `onPart` hears of everything but the end. */
export async function streamReply(
  clock: Clock,
  provider: Provider,
  request: ModelRequest,
  signal: AbortSignal,
  onPart: (part: Exclude<StreamPart, { readonly type: "finish" }>) => void = () => undefined,
): Promise<Finished> {
  const from = clock.monotonic();
  let began = false;
  let streamed: number | null = 0;
  for await (const part of provider.stream(request, signal)) {
    if (part.type === "finish") {
      // what a model thought may be shown shortened or not at all, and a call that was cut is not shown whole
      const isPlain = part.message.parts.every(({ type }) => type === "text");
      const seen = streamed !== null && streamed > 0 && isPlain ? { streamed } : {};
      return { ...part, began, seconds: (clock.monotonic() - from) / 1000, ...seen };
    }
    began = true;
    if (part.type === "text-delta" && streamed !== null) streamed += Buffer.byteLength(part.text);
    else if (part.type !== "message-start") streamed = null;
    onPart(part);
  }
  throw new Error(`the provider ${provider.id} ended its stream without a finish part`);
}

/** The same, ended after so many milliseconds. `isLate`: that ended it; what came whole at the last moment counts. */
export async function replyInTime(
  clock: Clock,
  provider: Provider,
  request: ModelRequest,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<{ readonly finish: Finished; readonly isLate: boolean }> {
  const over = new AbortController();
  const ended = new AbortController();
  let isLate = false;
  const watch = clock.sleep(milliseconds, ended.signal).then(() => {
    if (ended.signal.aborted) return;
    isLate = true;
    over.abort();
  });
  try {
    const finish = await streamReply(clock, provider, request, signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]));
    return { finish, isLate: isLate && finish.message.finish === "aborted" };
  } finally {
    ended.abort();
    await watch;
  }
}

export function failureOf(finish: Finished): ModelFailure | null {
  if (finish.message.finish === "aborted") return { class: "aborted", message: "Interrupted while the model was speaking." };
  if (finish.message.finish === "error") return finish.failure ?? { class: "network", message: "The reply broke off." };
  return null;
}

/** The closing line of an attempt that gave a reply. */
export async function closeReplied(
  { session }: Execution,
  request: RequestId,
  purpose: string,
  finish: Finished,
  settlement: Settlement,
  cache?: CacheOutcome,
): Promise<void> {
  const { message, usage, usageFinal, wire } = finish;
  const { cost, confirmed } = settlement;
  await session.append({
    type: "reply",
    request,
    purpose,
    message,
    usage,
    usageFinal,
    cost,
    confirmed,
    ...(wire ? { wire } : {}),
    ...(cache ? { cache } : {}),
  });
}

export interface FailedAttempt {
  readonly request: RequestId;
  readonly purpose: string;
  readonly finish: Finished;
  readonly failure: ModelFailure;
  readonly settlement: Settlement;
  /** Milliseconds until it is tried again; null: it is not. */
  readonly retryIn: number | null;
}

/** The closing line of an attempt that gave none. */
export async function closeFailed({ session }: Execution, { request, purpose, finish, failure, settlement, retryIn }: FailedAttempt): Promise<void> {
  const { cost, confirmed } = settlement;
  await session.append({ type: "request-failed", request, purpose, failure, usage: finish.usage, cost, confirmed, retryIn });
}
