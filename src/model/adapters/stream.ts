// One attempt at one model call: the guards that every wire needs.
// Owns: the time-outs, the abort, and the failure that an attempt ends with. Called by anthropic.ts and openai-compatible.ts.
// Calls: http (the request), the vendor library (reading the stream), reply.ts (what was said).
// Invariants:
// 1. It never throws, and its last part is the one `finish`, whatever the network, the server or the caller do.
// 2. The request is on its way before the vendor library is loaded: it reads replies, it writes nothing.
// 3. A finish without failure means that the provider itself said how the reply ended.
// 4. When it returns, or is left early, the connection is finished or destroyed and no timer is left.
import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import type { Clock } from "../../base/index.ts";
import { messageOf } from "../../base/index.ts";
import { failureOfEvent, failureOfReply, failureOfThrown, readErrorBody } from "../failure.ts";
import { asFetchResponse, type HttpClient, type HttpReply } from "../http.ts";
import type { AssistantMessage, Finish } from "../message.ts";
import type { ModelFailure, ModelRequest, StreamPart } from "../provider.ts";
import { callIds } from "./call-ids.ts";
import { createGuard, placeOf, type StreamLimits } from "./guard.ts";
import { Reply, type VendorReading } from "./reply.ts";

export type VendorStream = (response: Response, signal: AbortSignal) => Promise<ReadableStream<LanguageModelV4StreamPart>>;

export interface Attempt {
  readonly provider: string;
  readonly request: ModelRequest;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly limits: StreamLimits;
  readonly reading: VendorReading;
  /** Loads the vendor library; called once the request is sent. */
  load(): Promise<VendorStream>;
}

export async function* streamAttempt(attempt: Attempt): AsyncIterable<StreamPart> {
  const place = placeOf(attempt.provider, attempt.url);
  const reply = new Reply(attempt.request.model, attempt.reading, () => callIds(attempt.request.messages));
  const guard = createGuard({ ...attempt, place }, () => reply.end !== undefined);
  const body = Buffer.from(attempt.body);
  const wire: Record<string, string> = { body: sha256(body), betas: sha256(attempt.headers["anthropic-beta"] ?? "") };
  let failure: ModelFailure | undefined;
  try {
    let vendor: Promise<VendorStream> | undefined;
    const load = (): Promise<VendorStream> => {
      vendor ??= attempt.load();
      loadHeaders();
      vendor.catch(() => {});
      return vendor;
    };
    const { url, headers, http } = attempt;
    const answer = await http.send({ url, headers, body, method: "POST", signal: guard.signal, sent: load });
    guard.touch();
    wire.requestId = answer.headers["request-id"] ?? answer.headers["x-request-id"] ?? "";
    if (answer.status !== 200) failure = failureOfReply({ ...answer, body: await readText(answer) }, place, attempt.clock.now());
    else {
      const reader = (await (await load())(asFetchResponse(answer, guard.watch(answer)), guard.signal)).getReader();
      for (;;) {
        guard.touch();
        const { done, value } = await reader.read();
        if (done) break;
        yield* reply.take(value);
        if (value.type === "finish") guard.hurry();
        if (reply.garbled) break;
      }
    }
  } catch (thrown) {
    failure = thrownFailure(thrown, place);
  } finally {
    guard.stop(reply.end !== undefined && failure === undefined);
  }
  yield* finish(attempt, reply, endFailure(reply, guard.found ?? guard.stall ?? failure, place), wire);
}

function* finish(attempt: Attempt, reply: Reply, failure: ModelFailure | undefined, wire: Record<string, string>): Iterable<StreamPart> {
  const aborted = failure !== undefined && attempt.signal.aborted;
  const { parts, content, finish } = reply.close(failure ? "broken" : "complete");
  yield* parts;
  const ended: Finish = aborted ? "aborted" : finish;
  const message: AssistantMessage = { role: "assistant", parts: content, provider: attempt.provider, model: attempt.request.model, finish: ended };
  const { usage, usageFinal } = reply;
  const recorded = Object.fromEntries(Object.entries({ ...wire, ...reply.wire }).filter(([, value]) => value !== ""));
  const said: ModelFailure | undefined = aborted ? { class: "aborted", message: "The call was interrupted." } : failure;
  yield { type: "finish", message, usage, usageFinal, ...(said ? { failure: said } : {}), wire: recorded };
}

/** Why this attempt failed, or undefined when the provider ended its reply itself and nothing of it was lost. */
function endFailure(reply: Reply, failed: ModelFailure | undefined, place: string): ModelFailure | undefined {
  const { end } = reply;
  if (reply.garbled) return { class: "malformed", message: `${place} sent a reply that cannot be read: ${reply.garbled}.` };
  if (end && end.unified !== "interrupted" && end.unified !== "error") {
    if (end.unified !== "tool-calls" || reply.hasContent) return undefined;
    return { class: "malformed", message: `${place} announced tool calls and sent none.` };
  }
  if (reply.error) return failureOfEvent(reply.error, place);
  return failed ?? { class: "network", message: `${place} ended its reply without saying that it was finished.` };
}

function thrownFailure(thrown: unknown, place: string): ModelFailure {
  // The Anthropic library throws when the first event is an error.
  const known = thrown as { readonly statusCode?: unknown; readonly responseBody?: unknown; readonly cause?: unknown };
  if (thrown instanceof Error && thrown.name === "AI_APICallError" && typeof known.statusCode === "number" && known.cause === undefined) {
    const body = readErrorBody(typeof known.responseBody === "string" ? known.responseBody : "");
    return failureOfEvent({ message: thrown.message, kind: body.kind, status: known.statusCode }, place);
  }
  if (thrown instanceof Error && (thrown.name.startsWith("AI_") || thrown.message.startsWith("Expected a normalized")) && known.cause === undefined) {
    return { class: "malformed", message: `${place} sent a reply that cannot be read: ${messageOf(thrown)}` };
  }
  return failureOfThrown(thrown, place);
}

async function readText(answer: HttpReply): Promise<string> {
  const limit = 65_536;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer.chunks()) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit).toString("utf8");
}

/**
 * The vendor libraries make a Headers object when the answer is there, and the first mention of that global loads all of
 * Node's fetch (25 ms): done while the model thinks.
 */
const loadHeaders = (): unknown => Reflect.get(globalThis, "Headers");

const sha256 = (data: Uint8Array | string): string => process.getBuiltinModule("node:crypto").hash("sha256", data, "hex");
