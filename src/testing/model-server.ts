// A model that says what a script tells it to, over real HTTP and server-sent events, on loopback.
// Owns: the socket, the records, the order of checks. Calls: wire/* (the vendors' rules and shapes), playback, compose, cache, deliver.
// 1. Every request is recorded, also those that are refused.
// 2. Order as at the vendors: path, key, JSON, rules, model, window; then the script's turn, its fault, its answer.
// 3. Nothing is billed, and nothing enters the cache, before the first byte of an answer.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, isJsonObject, type Json, type JsonObject, messageOf, parseJson, systemClock } from "../base/index.ts";
import { createBreakpointCache } from "./breakpoint-cache.ts";
import { type Billing, createAnthropicCache, createOpenaiCache, minimumFor, type PromptCache } from "./cache.ts";
import { composeAnswer, isOwnSignature } from "./compose.ts";
import { type Delivery, deliver } from "./deliver.ts";
import { createPlayback, type Pick } from "./playback.ts";
import { commonPrefix } from "./prefix.ts";
import { type OpenRecord, type RecordedRequest, withoutSecrets } from "./record.ts";
import type { Delay, Fault, RetryAfter, Script, ScriptModel, Turn } from "./script.ts";
import { anthropicWire } from "./wire/anthropic.ts";
import { geminiWire } from "./wire/gemini.ts";
import { openaiChatWire } from "./wire/openai-chat.ts";
import { openaiResponsesWire } from "./wire/openai-responses.ts";
import type { Answer, Block, Refusal, RequestView, Signatures, Wire, WireName } from "./wire/wire.ts";

export interface ModelServerOptions {
  readonly script: Script;
  /** Time for delays, stalls and the life of cache entries. Default: the system's. */
  readonly clock?: Clock;
  /** Default 0: one that is free. */
  readonly port?: number;
  /** Values of the script's variables, before its own. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Which keys are accepted; others get 401. Default "any": also none at all. */
  readonly authentication?: "any" | "required" | { readonly key: string };
  /** How many bodies are kept, for long runs. Default: all. */
  readonly keepBodies?: number;
}

export interface ModelServer {
  /** http://127.0.0.1:port, also what ANTHROPIC_BASE_URL takes. */
  readonly url: string;
  /** What OPENAI_BASE_URL takes: `url` and /v1. GOOGLE_GEMINI_BASE_URL takes `url`. */
  readonly openaiUrl: string;
  readonly port: number;
  readonly requests: readonly RecordedRequest[];
  /** Indexes of turns that no request got yet. */
  unserved(): readonly number[];
  /** Ends every connection, also stalled ones, and resolves when all are closed. */
  close(): Promise<void>;
}

interface State {
  readonly options: ModelServerOptions;
  readonly clock: Clock;
  readonly requests: OpenRecord[];
  readonly playback: ReturnType<typeof createPlayback>;
  readonly caches: Readonly<Record<WireName, PromptCache>>;
  readonly last: Map<WireName, readonly Block[]>;
  readonly signed: Map<string, string>;
  /** Items of answers that may come back only with another one. */
  readonly needs: Map<string, string>;
  /** An answer that the next request on its wire gets once more. */
  again: { readonly wire: WireName; readonly answer: Answer; readonly turn: number } | undefined;
  serial: number;
}

const wires: readonly Wire[] = [anthropicWire, openaiChatWire, openaiResponsesWire, geminiWire];
/** The wire of a request, and what its path says for its body. */
function wireOf(path: string): { readonly wire: Wire; readonly said: JsonObject } | undefined {
  for (const wire of wires) {
    const said = wire.route ? wire.route(path) : wire.path === path.split("?")[0] ? {} : undefined;
    if (said) return { wire, said };
  }
  return undefined;
}

/** The rules changed with GPT-5.6. */
function createResponsesCache(): PromptCache {
  const [before, since] = [createOpenaiCache(), createBreakpointCache()];
  return { bill: (view, minimum, now) => (view.breakpoints === undefined ? before : since).bill(view, minimum, now) };
}

const largestBody = 64 * 1024 * 1024;

/** Starts a server; rejects only when the port can't be had. */
export async function startModelServer(options: ModelServerOptions): Promise<ModelServer> {
  const state: State = {
    options,
    clock: options.clock ?? systemClock,
    requests: [],
    playback: createPlayback(options.script),
    caches: {
      "anthropic": createAnthropicCache(),
      "openai-chat": createOpenaiCache(),
      "openai-responses": createResponsesCache(),
      "gemini": createOpenaiCache(),
    },
    last: new Map(),
    signed: new Map(
      options.script.turns.flatMap((turn) =>
        turn.reply.flatMap((part) => ("thinking" in part && part.signature ? [[part.signature, part.thinking] as const] : [])),
      ),
    ),
    needs: new Map(),
    again: undefined,
    serial: 0,
  };
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => void handle(state, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    openaiUrl: `${url}/v1`,
    port,
    requests: state.requests,
    unserved: () => state.playback.unserved(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** One request and its response, with what belongs to both. */
interface Exchange {
  readonly state: State;
  readonly response: ServerResponse;
  readonly record: OpenRecord;
  readonly requestId: string;
  readonly gone: AbortSignal;
}

async function handle(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const exchange = openExchange(state, request, response);
  const { record } = exchange;
  const body = await readBody(request);
  if (body === "gone") return;
  if (body !== "too-large") keepBody(state, record, body);
  const routed = wireOf(record.path);
  const wire = routed?.wire;
  if (wire) record.wire = wire.name;
  try {
    if (body === "too-large") refuse(exchange, wire ?? anthropicWire, { status: 413, type: "request_too_large", message: "Request exceeds the maximum size" });
    else if (routed && record.method === "POST") await answerTurn(exchange, routed.wire, request, routed.said);
    else answerOther(exchange, request);
  } catch (thrown) {
    // A bug of this server: the client must not take it for one of the model's failures, nor wait for ever.
    const message = `the model server has a bug: ${messageOf(thrown)}`;
    if (response.headersSent) response.destroy();
    else refuse(exchange, wire ?? anthropicWire, { status: 500, type: "api_error", message });
    record.says = message;
  }
}

function openExchange(state: State, request: IncomingMessage, response: ServerResponse): Exchange {
  const index = state.requests.length;
  const record: OpenRecord = {
    index,
    method: request.method ?? "",
    path: request.url ?? "",
    headers: withoutSecrets(request.headers),
    body: new Uint8Array(),
    bytes: 0,
    json: {},
    arrivedAt: state.clock.now(),
    arrived: performance.now(),
    status: 0,
    outcome: "pending",
  };
  state.requests.push(record);
  const gone = new AbortController();
  response.once("close", () => {
    if (response.writableFinished) return;
    gone.abort();
    if (record.outcome === "pending") record.outcome = "client-gone";
  });
  return { state, response, record, requestId: `req_${String(index).padStart(6, "0")}`, gone: gone.signal };
}

const pathOf = (record: RecordedRequest): string => record.path.split("?")[0] ?? "";

function keepBody(state: State, record: OpenRecord, body: Uint8Array): void {
  record.body = body;
  record.bytes = body.length;
  const dropped = state.requests[record.index - (state.options.keepBodies ?? Number.POSITIVE_INFINITY)];
  if (dropped) {
    dropped.body = new Uint8Array();
    dropped.json = {};
  }
}

async function readBody(request: IncomingMessage): Promise<Uint8Array | "too-large" | "gone"> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of request as AsyncIterable<Uint8Array>) {
      size += part.length;
      if (size <= largestBody) parts.push(part);
    }
  } catch {
    return "gone"; // the client closed the connection while it was sending
  }
  return size > largestBody ? "too-large" : Buffer.concat(parts);
}

/** Lists of models and counts of tokens: no turn is used up. */
function answerOther(exchange: Exchange, request: IncomingMessage): void {
  const { record, state } = exchange;
  const isGemini = pathOf(record).startsWith("/v1beta/");
  const wire = isGemini ? geminiWire : request.headers["anthropic-version"] === undefined ? openaiChatWire : anthropicWire;
  const where = `${record.method} ${pathOf(record)}`;
  const keyRefusal = checkKey(state, wire, request);
  if (keyRefusal) refuse(exchange, wire, keyRefusal);
  else if (where === "GET /v1/models" || where === "GET /v1beta/models") {
    const ids = modelsOf(state.options.script).map((model) => model.id);
    answerJson(exchange, 200, wire.models(ids));
  } else if (where === "POST /v1/messages/count_tokens") {
    const read = readRequest(exchange, anthropicWire, request, { max_tokens: 1 });
    if (read) answerJson(exchange, 200, { input_tokens: totalOf(read.view) });
  } else if (record.method === "POST" && geminiCount.test(pathOf(record))) {
    countGemini(exchange, request);
  } else {
    const offered = [
      "GET /v1/models",
      "GET /v1beta/models",
      ...wires.map((one) => `POST ${one.path}`),
      "POST /v1/messages/count_tokens",
      "POST /v1beta/models/{model}:countTokens",
    ].join(", ");
    refuse(exchange, wire, { status: 404, type: "not_found_error", message: `no such path: ${where}; this server has ${offered}` });
  }
}

const geminiCount = /^\/v1beta\/models\/([^/:?]+):countTokens$/;
/** The request stands in a field of the body, and names its model again. */
function countGemini(exchange: Exchange, request: IncomingMessage): void {
  const { record } = exchange;
  const parsed = parseJson(Buffer.from(record.body).toString());
  const inner = parsed.ok && isJsonObject(parsed.value) ? parsed.value.generateContentRequest : undefined;
  if (!isJsonObject(inner)) return refuse(exchange, geminiWire, geminiWire.statusError(400, "generateContentRequest is missing"));
  const raw = record.body;
  record.body = Buffer.from(JSON.stringify(inner));
  const read = readRequest(exchange, geminiWire, request, { model: decodeURIComponent(geminiCount.exec(pathOf(record))?.[1] ?? "") });
  record.body = raw;
  if (read) answerJson(exchange, 200, { totalTokens: totalOf(read.view) });
}

const modelsOf = (script: Script): readonly ScriptModel[] => script.models ?? [{ id: "scripted-model" }];
const totalOf = (view: RequestView): number => view.blocks.reduce((sum, block) => sum + block.tokens, 0);

function checkKey(state: State, wire: Wire, request: IncomingMessage): Refusal | undefined {
  const wanted = state.options.authentication ?? "any";
  const key = wire.key(request.headers);
  const accepted = wanted === "any" || (wanted === "required" ? key !== undefined : key === wanted.key);
  return accepted ? undefined : wire.statusError(401, undefined);
}

/** The request in the words of all wires; undefined when it was refused. `added` completes bodies that need less. */
function readRequest(
  exchange: Exchange,
  wire: Wire,
  request: IncomingMessage,
  added: JsonObject = {},
): { readonly view: RequestView; readonly model: ScriptModel } | undefined {
  const { record, state } = exchange;
  const parsed = parseJson(Buffer.from(record.body).toString());
  const invalid = (message: string): undefined => void refuse(exchange, wire, { status: 400, type: "invalid_request_error", message });
  if (!parsed.ok) return invalid(`The request body is not valid JSON: ${parsed.why}`);
  if (!isJsonObject(parsed.value)) return invalid("The request body must be a JSON object");
  record.json = parsed.value;
  const body = { ...parsed.value, ...added };
  const refusal = wire.check(request.headers, body, signaturesOf(state));
  if (refusal) return void refuse(exchange, wire, refusal);
  const view = wire.view(body);
  const known = state.options.script.models;
  const model = known ? known.find((one) => one.id === view.model) : { id: view.model };
  if (!model) return void refuse(exchange, wire, wire.unknownModel(view.model));
  const limits = { contextWindow: model.contextWindow ?? 200_000, maxOutput: model.maxOutput };
  const tooLong = wire.checkLimits(view, totalOf(view), limits);
  if (tooLong) return void refuse(exchange, wire, tooLong);
  return { view, model };
}

const signaturesOf = (state: State): Signatures => ({
  // A signature of our form that was never issued can only belong to another text: say so by a text that nothing equals.
  textOf: (signature) => state.signed.get(signature) ?? (isOwnSignature(signature) ? signature : undefined),
  neededBy: (item) => state.needs.get(item),
});

async function answerTurn(exchange: Exchange, wire: Wire, request: IncomingMessage, said: JsonObject): Promise<void> {
  const { state, record } = exchange;
  const keyRefusal = checkKey(state, wire, request);
  if (keyRefusal) return refuse(exchange, wire, keyRefusal);
  const read = readRequest(exchange, wire, request, said);
  if (!read) return;
  record.common = commonPrefix(state.last.get(wire.name) ?? [], read.view.blocks);
  state.last.set(wire.name, read.view.blocks);
  const billing = state.caches[wire.name].bill(read.view, read.model.minimumCached ?? minimumFor(read.view.model), () => state.clock.monotonic());
  const again = state.again?.wire === wire.name ? state.again : undefined;
  if (again) {
    state.again = undefined;
    record.turn = again.turn;
    return send(exchange, wire, { answer: again.answer, billing, view: read.view, turn: undefined, fault: undefined });
  }
  const pick = state.playback.next(read.view, wire.name);
  if (pick.kind === "refused") return refuse(exchange, wire, { status: 400, type: "invalid_request_error", message: pick.says });
  await answerPick(exchange, wire, pick, read.view, billing);
}

const lastWords: Turn = { reply: [{ text: "The script is over." }] };

async function answerPick(exchange: Exchange, wire: Wire, pick: Exclude<Pick, { kind: "refused" }>, view: RequestView, billing: Billing): Promise<void> {
  const { state, record } = exchange;
  const turn = pick.kind === "turn" ? pick.turn : lastWords;
  const fault = pick.kind === "turn" ? pick.fault : undefined;
  if (pick.kind === "turn") record.turn = pick.index;
  if (fault) record.fault = fault.kind;
  if (fault && strikeBefore(exchange, wire, view, fault)) return;
  const composed = composeAnswer({
    script: state.options.script,
    turn,
    view,
    wire,
    bill: billing,
    serial: state.serial++,
    variables: state.options.variables ?? {},
    now: state.clock.now(),
  });
  if ("says" in composed) return refuse(exchange, wire, { status: 400, type: "invalid_request_error", message: composed.says });
  for (const part of composed.answer.parts) {
    if (part.kind === "thinking") state.signed.set(part.signature, part.text);
    if (part.kind === "redacted-thinking") state.signed.set(part.data, "");
  }
  for (const [item, needed] of wire.needs?.(composed.answer) ?? []) state.needs.set(item, needed);
  if (fault?.kind === "duplicate" && pick.kind === "turn") state.again = { wire: wire.name, answer: composed.answer, turn: pick.index };
  await send(exchange, wire, { answer: composed.answer, billing, view, turn, fault });
  if (record.outcome === "client-gone" && fault?.kind === "stall" && fault.milliseconds !== undefined && pick.kind === "turn")
    state.playback.giveBack(pick.index);
}

/** Faults that leave nothing of an answer. True when one struck. */
function strikeBefore(exchange: Exchange, wire: Wire, view: RequestView, fault: Fault): boolean {
  const { response, record } = exchange;
  const isWholeError = fault.kind === "error-event" && !view.stream;
  if (fault.kind === "cut" && fault.at === "connection") response.destroy();
  else if (fault.kind === "status") refuse(exchange, wire, wire.statusError(fault.status, fault.message), fault.retryAfter);
  else if (isWholeError) refuse(exchange, wire, { status: 529, type: fault.error ?? "overloaded_error", message: fault.message ?? "Overloaded" });
  else if (fault.kind === "context-too-long") {
    const tokens = totalOf(view);
    const refusal = wire.checkLimits(view, tokens, { contextWindow: tokens - 1, maxOutput: undefined });
    if (refusal) refuse(exchange, wire, refusal);
  } else if (fault.kind === "html")
    answerText(
      exchange,
      "text/html; charset=utf-8",
      "<!doctype html><html><head><title>Sign in</title></head><body><h1>Sign in to the network</h1></body></html>\n",
    );
  else if (fault.kind === "empty") answerText(exchange, view.stream ? "text/event-stream; charset=utf-8" : "application/json", "");
  else return false;
  record.outcome = "fault";
  delete record.says;
  return true;
}

function retryHeaders(retryAfter: RetryAfter | undefined, clock: Clock): Record<string, string> {
  if (!retryAfter) return {};
  if ("seconds" in retryAfter) return { "retry-after": String(retryAfter.seconds) };
  if ("milliseconds" in retryAfter) return { "retry-after-ms": String(retryAfter.milliseconds) };
  return { "retry-after": new Date(clock.now() + retryAfter.dateInSeconds * 1000).toUTCString() };
}

interface Sending {
  readonly answer: Answer;
  readonly billing: Billing;
  readonly view: RequestView;
  readonly turn: Turn | undefined;
  readonly fault: Fault | undefined;
}

async function send(exchange: Exchange, wire: Wire, sending: Sending): Promise<void> {
  const { state, record, response } = exchange;
  const { billing, view, answer } = sending;
  const delay: Delay = sending.turn?.delay ?? state.options.script.delay ?? {};
  const delivery: Delivery = {
    wire,
    answer,
    body: record.json,
    stream: view.stream,
    response,
    clock: state.clock,
    delay,
    fault: sending.fault,
    gone: exchange.gone,
    headers: { [wire.idHeader]: exchange.requestId },
    firstByte() {
      record.status = 200;
      billing.firstByte();
      const { input, cacheRead, cacheWrite, cacheWriteLong } = billing;
      record.ledger = { input, cacheRead, cacheWrite, cacheWriteLong, total: totalOf(view) };
    },
    lastByte() {
      record.answered = performance.now();
    },
  };
  if (!view.stream) record.answer = wire.whole(answer);
  const end = await deliver(delivery);
  const failed = sending.fault !== undefined && failing.has(sending.fault.kind);
  record.outcome = end === "client-gone" ? "client-gone" : failed ? "fault" : "answered";
}

/** Faults after whose stream the client has no whole answer. */
const failing: ReadonlySet<Fault["kind"]> = new Set<Fault["kind"]>(["cut", "no-finish", "error-event", "malformed-stream"]);

function refuse(exchange: Exchange, wire: Wire, refusal: Refusal, retryAfter?: RetryAfter): void {
  exchange.record.outcome = "refused";
  exchange.record.says = refusal.message;
  const body = wire.errorBody(refusal, exchange.requestId, retryMilliseconds(retryAfter));
  // Where the body tells the wait, no header does.
  const headers = wire.name === "gemini" ? {} : retryHeaders(retryAfter, exchange.state.clock);
  answerJson(exchange, refusal.status, body, { [wire.idHeader]: exchange.requestId, ...headers }, "refused");
}

function retryMilliseconds(retryAfter: RetryAfter | undefined): number | undefined {
  if (!retryAfter) return undefined;
  if ("milliseconds" in retryAfter) return retryAfter.milliseconds;
  return ("seconds" in retryAfter ? retryAfter.seconds : retryAfter.dateInSeconds) * 1000;
}

function answerJson(
  exchange: Exchange,
  status: number,
  value: Json,
  headers: Readonly<Record<string, string>> = {},
  outcome: RecordedRequest["outcome"] = "answered",
): void {
  exchange.record.answer = value;
  answerText(exchange, "application/json", JSON.stringify(value), status, headers);
  exchange.record.outcome = outcome;
}

function answerText(exchange: Exchange, type: string, text: string, status = 200, headers: Readonly<Record<string, string>> = {}): void {
  exchange.record.status = status;
  exchange.record.answered = performance.now();
  exchange.response.writeHead(status, { "content-type": type, ...headers });
  exchange.response.end(text);
}
