// A provider's own count of a request's input: one short call that generates nothing and is not billed.
import { type Clock, type JsonObject, parseJson } from "../../base/index.ts";
import type { HttpClient } from "../http.ts";

export interface CountCall {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
  readonly signal: AbortSignal;
  /** Name of the number in the answer. */
  readonly field: string;
}

const patienceMilliseconds = 10_000;
const longestAnswer = 64 * 1024;

/** Tokens; null when there is no usable answer in time, whatever the reason: whoever asks has an estimate to go by. */
export async function countCall(call: CountCall): Promise<number | null> {
  const over = new AbortController();
  const answered = new AbortController();
  const late = call.clock.sleep(patienceMilliseconds, answered.signal).then(() => over.abort(new Error("the count took too long")));
  try {
    const headers = { ...call.headers, accept: "application/json" };
    const signal = AbortSignal.any([call.signal, over.signal]);
    const reply = await call.http.send({ url: call.url, method: "POST", headers, body: JSON.stringify(call.body), signal });
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of reply.chunks()) {
      size += part.length;
      if (size > longestAnswer) return null;
      parts.push(part);
    }
    const parsed = parseJson(Buffer.concat(parts).toString());
    const answer = parsed.ok ? (parsed.value as JsonObject | null) : null;
    const tokens = reply.status === 200 ? answer?.[call.field] : null;
    return typeof tokens === "number" && Number.isSafeInteger(tokens) && tokens > 0 ? tokens : null;
  } catch {
    return null;
  } finally {
    answered.abort();
    await late;
  }
}
