// Watches one connection: time-outs, the caller's abort, and bytes that are no event stream.
// Time counts only while a read is under way: a caller who takes his time is no stalled server.
import type { Clock } from "../../base/index.ts";
import { failureOfEvent, readErrorBody } from "../failure.ts";
import type { HttpReply } from "../http.ts";
import type { ModelFailure } from "../provider.ts";

export interface StreamLimits {
  /** Milliseconds without a byte after which a stream counts as stalled. */
  readonly idleMilliseconds: number;
  /** The same before the first byte: servers that read a long prompt say nothing until they are done. */
  readonly firstByteMilliseconds: number;
}
export const streamLimits: StreamLimits = { idleMilliseconds: 120_000, firstByteMilliseconds: 120_000 };
/** After the provider's own end, how long its connection may take to end too. */
const lingerMilliseconds = 1_000;
/** Reason given to the watchdog's naps, which nobody reads: without one, each abort would build an exception and its stack. */
const awake = "awake";

/** What is watched, and how its place is named in messages. */
export interface Watched {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly limits: StreamLimits;
  readonly place: string;
}

export interface Guard {
  readonly signal: AbortSignal;
  /** Set when the watchdog broke the connection. */
  readonly stall: ModelFailure | undefined;
  /** What the bytes themselves showed: not an event stream. */
  readonly found: ModelFailure | undefined;
  /** A sign of life: from the server, or of the caller who was not reading. */
  touch(): void;
  /** The limit may have become shorter than the watchdog's sleep: then it looks again. */
  hurry(): void;
  watch(answer: HttpReply): AsyncIterable<Uint8Array>;
  /** `complete`: the connection is left to end by itself, so that it can be used again. */
  stop(complete: boolean): void;
}

export function createGuard(watched: Watched, ended: () => boolean): Guard {
  const { clock, limits, place } = watched;
  const connection = new AbortController();
  const onAbort = () => connection.abort(watched.signal.reason);
  if (watched.signal.aborted) onAbort();
  else watched.signal.addEventListener("abort", onAbort, { once: true });
  let last = clock.monotonic();
  let bytes = 0;
  let stall: ModelFailure | undefined;
  let found: ModelFailure | undefined;
  const limit = () => (ended() ? lingerMilliseconds : bytes > 0 ? limits.idleMilliseconds : limits.firstByteMilliseconds);
  let over = false;
  let nap = new AbortController();
  let napLimit = 0;
  const hurry = () => {
    if (limit() < napLimit) nap.abort(awake);
  };
  const watchdog = async () => {
    while (!over) {
      napLimit = limit();
      const left = napLimit - (clock.monotonic() - last);
      nap = new AbortController();
      if (left > 0) await clock.sleep(left, nap.signal);
      else {
        stall = { class: "network", message: `${place} sent nothing for ${Math.round(limit() / 1000)} s.` };
        return connection.abort(new Error("stalled"));
      }
    }
  };
  void watchdog();
  const touch = () => {
    last = clock.monotonic();
  };
  async function* watch(answer: HttpReply): AsyncIterable<Uint8Array> {
    let tail = "";
    for await (const chunk of answer.chunks()) {
      touch();
      if (bytes === 0) {
        found = judgeHead(chunk, answer, place);
        bytes = chunk.length;
        hurry();
      }
      if (found) return connection.abort(new Error("not an event stream"));
      yield chunk;
      tail = (tail + latin1(chunk)).slice(-64);
      // Chat completions: this line is the end, also where the server leaves the connection open.
      if (/(^|\n)data: ?\[DONE\]\r?\n/.test(tail)) return;
    }
  }
  return {
    signal: connection.signal,
    touch,
    hurry,
    watch,
    stop(complete) {
      watched.signal.removeEventListener("abort", onAbort);
      over = true;
      nap.abort(awake);
      if (!complete) connection.abort(new Error("left"));
    },
    get stall() {
      return stall;
    },
    get found() {
      return found;
    },
  };
}

/** An event stream never begins with `<` or `{`: that is a web page, or one JSON document with an error. */
function judgeHead(chunk: Uint8Array, answer: HttpReply, place: string): ModelFailure | undefined {
  const head = new TextDecoder().decode(chunk.subarray(0, 4_096)).trimStart();
  if (!/^[<{]/.test(head)) return undefined;
  const { message, kind } = readErrorBody(head);
  if (head.startsWith("{") && /"error"/.test(head)) return failureOfEvent({ message, kind }, place);
  const what = head.startsWith("<") ? message : "a JSON document";
  return { class: "malformed", status: answer.status, message: `${place} answered with ${what} instead of a stream of events. Check the base URL.` };
}

/** The provider and its address, without anything a URL may hide. */
export function placeOf(provider: string, url: string): string {
  return `${provider} (${URL.canParse(url) ? new URL(url).host : url})`;
}

const latin1 = (chunk: Uint8Array): string => Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1", Math.max(0, chunk.length - 64));
