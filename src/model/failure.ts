// Why a model call failed: statuses, error bodies and thrown errors become one of the seven classes.
// Pure, but for the clock value that is passed in. Known texts of context overflow come from the vendors' error pages
// and from the sources of llama.cpp, vLLM, Ollama and LM Studio.
import { codeOf, isJsonObject, type Json, messageOf, parseJson } from "../base/index.ts";
import type { FailureClass, ModelFailure } from "./provider.ts";

/** An answer that is not the stream that was asked for. Header names are in lower case. */
export interface RefusedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const overflow = [
  /prompt is too long/i, // Anthropic
  /exceed(s|ed)? (the )?(model's )?context (limit|window|size|length)/i, // Anthropic, OpenAI
  /context[_ ]length[_ ]exceeded/i, // OpenAI
  /maximum context length/i, // OpenAI, vLLM, Ollama, several gateways
  /input tokens exceed/i, // OpenAI
  /exceeds the available context size|exceed_context_size/i, // llama.cpp
  /longer than the (maximum|model's) /i, // vLLM
  /prompt too long|exceeded max context length|input length exceeds/i, // Ollama
  /context the overflows|greater than the context length/i, // LM Studio
  /maximum prompt length|reduce the length of (the|your) (messages|prompt)/i,
  /exceeds the maximum number of tokens/i,
  /request_too_large/i, // Anthropic, 413
];

const exhausted = /insufficient_quota|credit balance is too low|exceeded your current quota|billing/i;

/** What the error body says in words, its kind where it names one, and the raw text for matching. */
export function readErrorBody(body: string): { readonly message: string; readonly kind: string; readonly retryAfter?: number } {
  const parsed = parseJson(body);
  // Google answers some errors with a list of one.
  const value = parsed.ok && Array.isArray(parsed.value) ? parsed.value[0] : parsed.ok ? parsed.value : undefined;
  if (value !== undefined && isJsonObject(value)) return readErrorObject(value);
  const text = /^\s*</.test(body) ? htmlTitle(body) : body.trim();
  return { message: shorten(text), kind: "" };
}

function readErrorObject(object: Readonly<Record<string, Json>>): { readonly message: string; readonly kind: string; readonly retryAfter?: number } {
  const error = object.error;
  if (typeof error === "string") return { message: shorten(error), kind: "" };
  const source = isJsonObject(error) ? error : object;
  const message = [source.message, source.detail, source.error].find((value) => typeof value === "string");
  // Google: a status in words, and details that name the reason and the wait (google.rpc.ErrorInfo, RetryInfo).
  const details = Array.isArray(source.details) ? (source.details as readonly Json[]).filter(isJsonObject) : [];
  const kind = [source.code, source.type, source.status, ...details.map((detail) => detail.reason)].filter((value) => typeof value === "string").join(" ");
  const retryAfter = details.map((detail) => readDelay(detail.retryDelay)).find((delay) => delay !== undefined);
  const said = shorten(typeof message === "string" ? message : JSON.stringify(source));
  return { message: said, kind, ...(retryAfter === undefined ? {} : { retryAfter }) };
}

/** `"46s"`, `"0.5s"`: milliseconds. */
function readDelay(text: Json | undefined): number | undefined {
  const [, seconds] = /^(\d+(?:\.\d+)?)s$/.exec(typeof text === "string" ? text : "") ?? [];
  return seconds === undefined ? undefined : Math.ceil(Number.parseFloat(seconds) * 1000);
}

function htmlTitle(html: string): string {
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(html)?.[1]?.trim();
  return title ? `an HTML page, "${title}"` : "an HTML page";
}

const shorten = (text: string): string => (text.length > 500 ? `${text.slice(0, 500)}…` : text);

/** Classes a status with its message. `message` is matched too, since gateways answer overflows with 400, 413, 422 and 500 alike. */
export function classOfStatus(status: number, message: string): FailureClass {
  if (status === 413 || overflow.some((pattern) => pattern.test(message))) return "context-too-long";
  if (status === 401 || status === 403 || status === 407 || /API_KEY_INVALID|API_KEY_EXPIRED/.test(message)) return "authentication";
  if (status === 429) return exhausted.test(message) ? "refused" : "rate-limited";
  if (status >= 300 && status < 400) return "malformed";
  if (status === 408 || status === 409 || status === 425) return "overloaded";
  if (status === 501 || status === 505) return "refused";
  return status >= 500 ? "overloaded" : "refused";
}

/** A reply whose status is not 200. `where` names the provider and address for the message. */
export function failureOfReply(reply: RefusedReply, where: string, now: number): ModelFailure {
  const { message, kind, retryAfter: told } = readErrorBody(reply.body);
  // Google's words for "too many a minute" are those for "no credit left"; only the first says when to come back.
  const comesBack = reply.status === 429 && told !== undefined;
  const failureClass = comesBack ? "rate-limited" : classOfStatus(reply.status, `${kind} ${message}`);
  const retryAfter = readRetryAfter(reply.headers, now) ?? told;
  const location = reply.headers.location;
  const said = location && failureClass === "malformed" ? `it redirects to ${location}` : message || "no explanation";
  return {
    class: failureClass,
    status: reply.status,
    message: `${where} answered ${reply.status}: ${said}${nextMove(failureClass, reply.status, kind)}`,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}

/** An error event inside a stream: it has no status of its own, but some vendors give one or name its kind. */
export function failureOfEvent(event: { readonly message: string; readonly kind: string; readonly status?: number }, where: string): ModelFailure {
  const text = `${event.kind} ${event.message}`;
  // Gemini: the model wrote a call that its vendor could not read.
  if (/^MALFORMED_/.test(event.kind)) return { class: "malformed", message: `${where} broke off its reply: ${shorten(event.message)}` };
  const status = event.status ?? statusOfKind(text);
  const failureClass =
    status === undefined ? (overflow.some((pattern) => pattern.test(text)) ? "context-too-long" : "overloaded") : classOfStatus(status, text);
  return { class: failureClass, message: `${where} broke off with an error: ${shorten(event.message)}`, ...(status === undefined ? {} : { status }) };
}

function statusOfKind(text: string): number | undefined {
  if (/overloaded/i.test(text)) return 529;
  if (/rate.?limit/i.test(text)) return 429;
  if (/authentication|invalid_api_key/i.test(text)) return 401;
  if (/permission/i.test(text)) return 403;
  if (/insufficient_quota/i.test(text)) return 429;
  if (/invalid_request|invalid_prompt|invalid_\w*image|not_found|billing|content_policy/i.test(text)) return 400;
  return undefined;
}

function nextMove(failureClass: FailureClass, status: number, kind: string): string {
  if (failureClass === "authentication") return ". Check the key and what it may use.";
  if (failureClass === "refused" && (status === 404 || /model_not_found/.test(kind))) return ". Check the model's name and the base URL.";
  if (failureClass === "malformed") return ". Check the base URL.";
  return "";
}

const connection: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there: start the server or check the base URL",
  ENOTFOUND: "the host name is unknown: check the base URL and the network",
  EAI_AGAIN: "the host name cannot be looked up now: check the network",
  ECONNRESET: "the connection was cut",
  EPIPE: "the connection was cut",
  ETIMEDOUT: "the connection timed out",
  EHOSTUNREACH: "the host cannot be reached: check the network",
  ENETUNREACH: "the network cannot be reached",
};

/** Anything thrown while connecting or reading: by Node's sockets or by a library around them. */
export function failureOfThrown(thrown: unknown, where: string): ModelFailure {
  for (let error: unknown = thrown, depth = 0; error !== undefined && error !== null && depth < 5; depth++) {
    const code = codeOf(error);
    if (code in connection) return { class: "network", message: `${where}: ${connection[code]} (${code}).` };
    if (/^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO|ERR_SSL)/.test(code)) {
      return { class: "network", message: `${where}: no secure connection (${code}): ${messageOf(error)}` };
    }
    if (/^(HPE_|ERR_INVALID_CHUNK)/.test(code)) return { class: "malformed", message: `${where} does not speak HTTP as it should (${code}).` };
    if (code === "ERR_INVALID_URL" || code === "ERR_INVALID_PROTOCOL" || code === "ERR_INVALID_CHAR") {
      return { class: "refused", message: `${where}: the address or a header cannot be sent (${code}). Check the base URL and the key.` };
    }
    error = (error as { readonly cause?: unknown }).cause;
  }
  return { class: "network", message: `${where}: ${messageOf(thrown)}` };
}

/** Milliseconds to wait by `retry-after-ms`, or by `retry-after` in seconds or as an HTTP date; undefined when none is usable. */
export function readRetryAfter(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const milliseconds = Number.parseFloat(headers["retry-after-ms"] ?? "");
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return milliseconds;
  const text = headers["retry-after"]?.trim();
  if (!text) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Number.parseFloat(text) * 1000;
  const date = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
