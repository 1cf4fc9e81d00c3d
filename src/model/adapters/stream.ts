// One attempt at one model call: the guards that every wire needs.
// Owns: the time-outs, the abort, and the failure that an attempt ends with. Called by the file of each wire.
// Calls: http (the request), a plain reader or the vendor library (reading the stream), reply.ts (what was said).
// Invariants:
// 1. It never throws, and its last part is the one `finish`, whatever the network, the server or the caller do.
// 2. The request is on its way before the vendor library is loaded: it reads replies, it writes nothing. Where there is a
//    plain reader it is loaded at the first event that is not plain, and reads the reply again from its first byte.
// 3. A finish without failure means that the provider itself said how the reply ended.
// 4. When it returns, or is left early, the connection is finished or destroyed and no timer is left.
import type { LanguageModelV4StreamPart as VendorPart } from "@ai-sdk/provider";
import type { Clock } from "../../base/index.ts";
import { messageOf } from "../../base/index.ts";
import { failureOfEvent, failureOfReply, failureOfThrown, readErrorBody } from "../failure.ts";
import { foreignReasoning } from "../history.ts";
import { asFetchResponse, type HttpClient, type HttpReply } from "../http.ts";
import type { AssistantMessage, Finish } from "../message.ts";
import type { ModelFailure, ModelRequest, StreamPart } from "../provider.ts";
import { callIds } from "./call-ids.ts";
import { createGuard, type Guard, placeOf, type StreamLimits } from "./guard.ts";
import type { PlainReader } from "./plain-anthropic.ts";
import { Reply, type VendorReading } from "./reply.ts";

export type VendorStream = (response: Response, signal: AbortSignal) => Promise<ReadableStream<VendorPart>>;

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
  /** Loads the vendor library; called once the request is sent, or when the plain reader gives up. Absent: that one reads everything. */
  readonly load?: () => Promise<VendorStream>;
  /** Reads what most replies consist of, or all of them. */
  plain?(): PlainReader;
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
    const { url, headers, http, plain, load: loadOnce } = attempt;
    const load =
      loadOnce &&
      ((): Promise<VendorStream> => {
        vendor ??= loadOnce();
        loadHeaders();
        vendor.catch(() => {});
        return vendor;
      });
    const answer = await http.send({ url, headers, body, method: "POST", signal: guard.signal, ...(plain || !load ? {} : { sent: load }) });
    guard.touch();
    wire.requestId = answer.headers["request-id"] ?? answer.headers["x-request-id"] ?? "";
    if (answer.status !== 200) failure = failureOfReply({ ...answer, body: await readText(answer) }, place, attempt.clock.now());
    else {
      for await (const part of readParts(answer, guard, plain?.(), load)) {
        yield* reply.take(part);
        if (part.type === "finish") guard.hurry();
        if (reply.garbled) break;
        guard.touch();
      }
    }
  } catch (thrown) {
    failure = thrownFailure(thrown, place);
  } finally {
    guard.stop(reply.end !== undefined && failure === undefined);
  }
  yield* finishAttempt(attempt, reply, endFailure(reply, guard.found ?? guard.stall ?? failure, place), wire);
}

/** The parts of a reply: from the plain reader as long as it understands, then from the library those that are missing. */
async function* readParts(
  answer: HttpReply,
  guard: Guard,
  plain: PlainReader | undefined,
  load: (() => Promise<VendorStream>) | undefined,
): AsyncIterable<VendorPart> {
  const chunks = guard.watch(answer)[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  let given = 0;
  for (let strange = plain === undefined; plain && !strange; ) {
    guard.touch();
    const next = await chunks.next();
    if (next.done && plain.ended()) return;
    if (next.done) break;
    read.push(next.value);
    const taken = plain.take(next.value);
    for (const part of taken.parts) {
      given += 1;
      yield part;
    }
    strange = taken.strange;
  }
  if (load) yield* libraryParts(await load(), asFetchResponse(answer, again(read, chunks)), guard, given);
}

async function* libraryParts(vendor: VendorStream, answer: Response, guard: Guard, given: number): AsyncIterable<VendorPart> {
  const reader = (await vendor(answer, guard.signal)).getReader();
  let known = given;
  for (;;) {
    guard.touch();
    const { done, value } = await reader.read();
    if (done) return;
    if (leftOut.has(value.type)) continue;
    if (known > 0) known -= 1;
    else yield value;
  }
}

/** Parts that say nothing to a reply and that the plain reader does not give. */
const leftOut: ReadonlySet<VendorPart["type"]> = new Set(["stream-start", "text-end", "tool-input-end"]);

async function* again(read: Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  yield* read.splice(0);
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** The parts that waited for the end, and the finish. */
export function* finishAttempt(
  attempt: Pick<Attempt, "provider" | "request" | "signal">,
  reply: Reply,
  failure: ModelFailure | undefined,
  wire: Record<string, string>,
): Iterable<StreamPart> {
  const aborted = failure !== undefined && attempt.signal.aborted;
  const { parts, content, finish } = reply.close(failure ? "broken" : "complete");
  yield* parts;
  const ended: Finish = aborted ? "aborted" : finish;
  const message: AssistantMessage = { role: "assistant", parts: content, provider: attempt.provider, model: attempt.request.model, finish: ended };
  const { usage, usageFinal } = reply;
  const dropped = foreignReasoning(attempt.request.messages, { provider: attempt.provider, model: attempt.request.model });
  const told = { ...wire, droppedReasoning: dropped === 0 ? "" : String(dropped), ...reply.wire };
  const recorded = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== ""));
  const said: ModelFailure | undefined = aborted ? { class: "aborted", message: "The call was interrupted." } : failure;
  yield { type: "finish", message, usage, usageFinal, ...(said ? { failure: said } : {}), wire: recorded };
}

/** Why this attempt failed, or undefined when the provider ended its reply itself and nothing of it was lost. */
export function endFailure(reply: Reply, failed: ModelFailure | undefined, place: string): ModelFailure | undefined {
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
