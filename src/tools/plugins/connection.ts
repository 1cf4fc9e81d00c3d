// JSON-RPC 2.0 with one process, a message a line. Whoever is at the other end may print anything, at any time, or nothing.
//
// Owns: the calls under way and when the other end is given up. Calls: the program it is handed.
// Invariants
//  N1  Every request resolves: answered, refused by the other end, or lost with the reason.
//  N2  Memory is bounded, whatever comes: a line, what comes between two answers, the number of messages.
//  N3  What is no message of this protocol ends the process; nothing is guessed from it.
import { isJsonObject, type Json, type JsonObject, parseJson } from "../../base/index.ts";
import type { LongProgram } from "../../exec/index.ts";

export type Reply =
  | { readonly is: "result"; readonly value: Json }
  /** The other end says that it failed. */
  | { readonly is: "error"; readonly message: string }
  /** Whether anything was done is not known. */
  | { readonly is: "lost"; readonly says: string };

export interface RequestTerms {
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (text: string) => void;
}
export interface Connection {
  request(method: string, parameters: JsonObject, terms: RequestTerms): Promise<Reply>;
  /** Why nothing can be asked any more; null while it can. */
  broken(): string | null;
  /** When the process has ended or was given up. */
  readonly over: Promise<void>;
  /** `says`: what calls under way are told. */
  close(says: string): Promise<void>;
}

export const mostMessageBytes = 1024 * 1024;
/** Between two answers. */
const mostBytes = 8 * 1024 * 1024;
const mostMessages = 10_000;
/** How long an answer may still come after a call was cancelled. */
const graceMilliseconds = 1000;
const progressMilliseconds = 50;
const longestProgress = 500;

interface Pending {
  readonly settle: (reply: Reply) => void;
  readonly onProgress: (text: string) => void;
}

export function createConnection(program: LongProgram): Connection {
  const pending = new Map<number, Pending>();
  const { promise: over, resolve: tellOver } = Promise.withResolvers<void>();
  let why: string | null = null;
  let next = 1;
  const giveUp = (says: string): void => {
    if (why !== null) return;
    why = says;
    for (const { settle } of pending.values()) settle({ is: "lost", says });
    pending.clear();
    tellOver();
    void program.end(0);
  };
  const send = (message: JsonObject) => program.send(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  program.onOutput(
    readLines(
      (message) => take(message, { pending, giveUp, send }),
      giveUp,
      () => why !== null,
    ),
  );
  void program.ended.then(({ exitCode, signal }) => giveUp(`it ended by itself (${signal ?? `exit code ${exitCode ?? "not known"}`})${lastWords(program)}`));
  return {
    broken: () => why,
    over,
    request(method, parameters, { timeout, signal, onProgress = () => undefined }) {
      if (why !== null) return Promise.resolve({ is: "lost", says: why });
      const id = next++;
      return new Promise((resolve) => {
        const patience = waitFor(timeout, signal, (reason) => {
          send({ method: "cancel", params: { id } });
          return () => giveUp(reason);
        });
        const settle = (reply: Reply) => {
          patience.end();
          pending.delete(id);
          resolve(reply);
        };
        pending.set(id, { settle, onProgress: throttled(onProgress) });
        send({ id, method, params: parameters });
      });
    },
    async close(says) {
      giveUp(says);
      await program.end();
    },
  };
}

/** Cancels after the time or the abort; `cancel` gives what is done when no answer comes even then. */
function waitFor(timeout: number, signal: AbortSignal, cancel: (reason: string) => () => void): { end(): void } {
  let grace: NodeJS.Timeout | undefined;
  const begin = (reason: string) => {
    if (grace !== undefined) return;
    grace = setTimeout(cancel(reason), graceMilliseconds);
  };
  const onAbort = () => begin("it was interrupted, and did not answer to that");
  const timer = setTimeout(() => begin(`it did not answer within ${timeout / 1000} s`), timeout);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  return {
    end() {
      clearTimeout(timer);
      clearTimeout(grace);
      signal.removeEventListener("abort", onAbort);
    },
  };
}

interface Taker {
  readonly pending: ReadonlyMap<number, Pending>;
  readonly giveUp: (says: string) => void;
  readonly send: (message: JsonObject) => void;
}

/** True: an answer came. */
function take(message: JsonObject, { pending, giveUp, send }: Taker): boolean {
  const { id, method, params, result, error } = message;
  const refuse = (says: string): false => {
    giveUp(says);
    return false;
  };
  if (message["jsonrpc"] !== "2.0") return refuse("it printed a message that is not JSON-RPC 2.0");
  if (typeof method === "string") {
    if (method === "progress" && id === undefined) tellProgress(params, pending);
    else if (id !== undefined) send({ id, error: { code: -32601, message: "nothing can be asked of bosun" } });
    return false;
  }
  const asked = typeof id === "number" ? pending.get(id) : undefined;
  if (asked === undefined) return refuse(`it answered what it was not asked (id ${JSON.stringify(id ?? null).slice(0, 40)})`);
  if ((result === undefined) === (error === undefined)) return refuse("it printed an answer with neither or both of result and error");
  if (result !== undefined) asked.settle({ is: "result", value: result });
  else asked.settle({ is: "error", message: isJsonObject(error) && typeof error["message"] === "string" ? error["message"] : "it said no more" });
  return true;
}

function tellProgress(params: Json | undefined, pending: ReadonlyMap<number, Pending>): void {
  const { id, text } = isJsonObject(params) ? params : {};
  if (typeof id === "number" && typeof text === "string") pending.get(id)?.onProgress(text.slice(0, longestProgress).toWellFormed());
}

function throttled(tell: (text: string) => void): (text: string) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (text) => {
    const now = performance.now();
    if (now - last < progressMilliseconds) return;
    last = now;
    tell(text);
  };
}

/** `onMessage` gives true for an answer, after which what may come is counted anew. */
function readLines(onMessage: (message: JsonObject) => boolean, giveUp: (says: string) => void, isOver: () => boolean): (bytes: Uint8Array) => void {
  let parts: Uint8Array[] = [];
  let held = 0;
  let bytesSince = 0;
  let messagesSince = 0;
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const line = (): void => {
    const whole = Buffer.concat(parts);
    parts = [];
    held = 0;
    const parsed = parseLine(decoder, whole);
    if (typeof parsed === "string") return giveUp(parsed);
    if (parsed === null) return;
    messagesSince += 1;
    if (onMessage(parsed)) bytesSince = messagesSince = 0;
    else if (messagesSince > mostMessages) giveUp(`it flooded: ${mostMessages} messages without an answer`);
  };
  return (bytes) => {
    bytesSince += bytes.length;
    for (let from = 0; from < bytes.length && !isOver(); ) {
      const end = bytes.indexOf(10, from);
      const piece = bytes.subarray(from, end < 0 ? bytes.length : end);
      held += piece.length;
      if (held > mostMessageBytes) return giveUp(`it printed a message of more than ${mostMessageBytes / 1024 / 1024} MB`);
      if (piece.length > 0) parts.push(piece);
      if (end < 0) break;
      line();
      from = end + 1;
    }
    if (bytesSince > mostBytes) giveUp(`it flooded: more than ${mostBytes / 1024 / 1024} MB without an answer`);
  };
}

/** Null: an empty line. As text: what is wrong. */
function parseLine(decoder: TextDecoder, bytes: Uint8Array): JsonObject | string | null {
  if (bytes.every((byte) => byte === 32 || byte === 13 || byte === 9)) return null;
  const shown = () => JSON.stringify(new TextDecoder().decode(bytes.subarray(0, 80)));
  try {
    const parsed = parseJson(decoder.decode(bytes));
    if (parsed.ok && isJsonObject(parsed.value)) return parsed.value;
  } catch {
    // not UTF-8
  }
  return `it printed what is no message: ${shown()}. Its output is for messages alone; what is meant for people goes to stderr`;
}

/** The end of what it said on stderr. */
export function lastWords(program: Pick<LongProgram, "errors">): string {
  const words = program.errors().trim();
  return words === "" ? "" : `. It last said: ${words.slice(-600)}`;
}
