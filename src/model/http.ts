// One HTTP client for model calls, built on node:http and node:https: the global fetch would load undici (about 30 ms at start).
// It keeps connections alive, honours HTTPS_PROXY, HTTP_PROXY and NO_PROXY (never for loopback), follows no redirect and retries nothing.
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from "node:http";

export interface HttpRequest {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  /** A text goes out as UTF-8. */
  readonly body?: Uint8Array | string;
  readonly signal: AbortSignal;
  /** Called once when the last byte of the request was handed to the system. */
  readonly sent?: () => void;
}
export interface HttpReply {
  readonly status: number;
  /** Names in lower case; repeated headers joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes as they come; it fails with the socket's error when the connection is cut. Read it once. */
  chunks(): AsyncIterable<Uint8Array>;
}
export interface HttpClient {
  /** Resolves when the headers are there; rejects with the system's error, or with the signal's reason when it aborts. */
  send(request: HttpRequest): Promise<HttpReply>;
  /** Closes idle connections. */
  close(): void;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const keptIdleMilliseconds = 1_000;

export function createHttpClient(environment: Environment): HttpClient {
  const agents = new Map<string, Agent>();
  const proxies = proxyEnvironment(environment);
  const agentFor = (url: URL): Agent => {
    const proxied = proxies !== undefined && !isLoopback(url.hostname);
    const key = `${url.protocol}${proxied}`;
    let agent = agents.get(key);
    if (!agent) {
      const module = process.getBuiltinModule(url.protocol === "https:" ? "node:https" : "node:http");
      agent = new module.Agent({ keepAlive: true, ...(proxied ? { proxyEnv: proxies } : {}) });
      agents.set(key, agent);
    }
    return agent;
  };
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        if (request.signal.aborted) return reject(request.signal.reason);
        const url = new URL(request.url);
        const body = typeof request.body === "string" ? Buffer.from(request.body) : request.body;
        const outgoing = start(url, request, body?.length, agentFor(url));
        // Destroying with the reason itself makes every reader fail with it, so that nobody mistakes it for a cut.
        const abort = () => outgoing.destroy(asError(request.signal.reason));
        request.signal.addEventListener("abort", abort, { once: true });
        outgoing.on("close", () => request.signal.removeEventListener("abort", abort));
        outgoing.on("error", reject);
        if (request.sent) outgoing.once("finish", request.sent);
        outgoing.on("response", (incoming) => resolve({ status: incoming.statusCode ?? 0, headers: flatHeaders(incoming), chunks: () => read(incoming) }));
        outgoing.end(body);
      }),
    close() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}

function start(url: URL, request: HttpRequest, bytes: number | undefined, agent: Agent): ClientRequest {
  const length = bytes === undefined ? {} : { "content-length": String(bytes) };
  const options: RequestOptions = { method: request.method, headers: { ...request.headers, ...length }, agent };
  return process.getBuiltinModule(url.protocol === "https:" ? "node:https" : "node:http").request(url, options);
}

/** Hands out the chunks. Left early, it lets the rest arrive for a moment, so that the connection can be used again. */
async function* read(incoming: IncomingMessage): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
  } finally {
    if (!incoming.readableEnded && !incoming.destroyed) {
      incoming.on("error", () => {});
      incoming.resume();
      const timer = setTimeout(() => incoming.destroy(), keptIdleMilliseconds);
      timer.unref();
      incoming.once("close", () => clearTimeout(timer));
    }
  }
}

function flatHeaders(incoming: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

function proxyEnvironment(environment: Environment): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"]) {
    const value = environment[name];
    if (value) found[name] = value;
  }
  return Object.keys(found).some((name) => !/^no_proxy$/i.test(name)) ? found : undefined;
}

/** True for names and addresses that stay on this machine. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  return host === "localhost" || host.endsWith(".localhost") || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** True when `url` is a web address on this machine; false for anything that is no address. */
export function isLoopbackUrl(url: string): boolean {
  return URL.canParse(url) && isLoopback(new URL(url).hostname);
}

/**
 * What the vendor libraries read of a fetch Response: `ok`, `status`, `statusText`, `headers` (iterable, get) and `body`.
 * It is none, since that global would load undici.
 */
export function asFetchResponse(reply: HttpReply, body: AsyncIterable<Uint8Array>): Response {
  const iterator = body[Symbol.asyncIterator]();
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await iterator.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
  const shape = {
    ok: reply.status >= 200 && reply.status < 300,
    status: reply.status,
    statusText: "",
    headers: new Map(Object.entries(reply.headers)),
    body: stream,
  };
  return shape as unknown as Response;
}
