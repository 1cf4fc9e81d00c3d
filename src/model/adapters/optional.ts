// Amazon Bedrock and Google Vertex AI, through the AI SDK packages that speak to them, where the user installed these.
// Owns: which package a name needs, loading it, and one attempt over it. Called by resolve.ts when such a model is named; never before.
// Calls: the package (its own requests, keys and HTTP), reply.ts (what was said).
// Invariants:
// 1. No package is loaded from a project's folder: only from beside bosun itself.
// 2. As on every wire: one `finish`, last; it never throws; left or aborted, its call is aborted too.
import type { LanguageModelV4, LanguageModelV4Usage, SharedV4ProviderOptions, LanguageModelV4StreamPart as VendorPart } from "@ai-sdk/provider";
import { BosunError, type Clock, codeOf, messageOf, type Outcome, systemClock } from "../../base/index.ts";
import { failureOfReply, failureOfThrown } from "../failure.ts";
import type { Usage } from "../message.ts";
import type { ModelFailure, Provider, StreamPart } from "../provider.ts";
import { callIds } from "./call-ids.ts";
import { type StreamLimits, streamLimits } from "./guard.ts";
import { attached, metadataOf, packagedCall } from "./packaged-prompt.ts";
import { Reply, type VendorReading } from "./reply.ts";
import { endFailure, finishAttempt } from "./stream.ts";

export type OptionalName = "bedrock" | "vertex";
export type ImportPackage = (name: string) => Promise<unknown>;
export interface OptionalOptions {
  readonly clock?: Clock;
  readonly limits?: Partial<StreamLimits>;
  /** Default: a plain import, which finds what is installed beside bosun. */
  readonly importPackage?: ImportPackage;
}

interface Package {
  readonly name: string;
  /** The versions whose shape this file was written for. */
  readonly versions: string;
  /** Functions of the package that make a provider, by its versions. */
  readonly factories: readonly string[];
  readonly title: string;
  readonly cachePoint?: SharedV4ProviderOptions;
}
const packages: Readonly<Record<OptionalName, Package>> = {
  bedrock: {
    name: "@ai-sdk/amazon-bedrock",
    versions: "5",
    factories: ["createAmazonBedrock"],
    title: "Amazon Bedrock",
    cachePoint: { bedrock: { cachePoint: { type: "default" } } },
  },
  vertex: { name: "@ai-sdk/google-vertex", versions: "5", factories: ["createVertex", "createGoogleVertex"], title: "Google Vertex AI" },
};

/** A reasoning model may say nothing for minutes. */
const firstByteMilliseconds = 600_000;

export async function createOptionalProvider(id: OptionalName, model: string, options: OptionalOptions = {}): Promise<Outcome<Provider>> {
  const wanted = packages[id];
  const install = `npm install --global ${wanted.name}@${wanted.versions}`;
  const fail = (code: "usage" | "model-missing", says: string, next: string, cause?: unknown): Outcome<never> => ({
    ok: false,
    error: new BosunError(code, says, { next, cause }),
  });
  if (model === "") return fail("usage", `${id} needs the name of a model.`, `Write ${id}/NAME, as ${wanted.title} calls it.`);
  let loaded: unknown;
  try {
    loaded = await (options.importPackage ?? importBeside)(wanted.name);
  } catch (thrown) {
    const missing = codeOf(thrown) === "ERR_MODULE_NOT_FOUND" && messageOf(thrown).includes(`'${wanted.name}'`);
    const says = missing
      ? `${id}/… speaks to ${wanted.title} through the package ${wanted.name}, which is not installed beside bosun.`
      : `The package ${wanted.name} cannot be loaded: ${messageOf(thrown)}.`;
    return fail("model-missing", says, `Run \`${install}\` (without --global where bosun is installed in a project).`, thrown);
  }
  const make = wanted.factories.map((name) => Reflect.get(Object(loaded), name)).find((found) => typeof found === "function");
  const languageModel = (name: string): LanguageModelV4 => make({})(name);
  try {
    const version = make === undefined ? `no ${wanted.factories.join(" or ")}` : languageModel(model).specificationVersion;
    if (version === "v4") return { ok: true, value: packagedProvider(id, languageModel, wanted, options) };
    return fail("model-missing", `The installed ${wanted.name} is not a version that bosun knows (${version}).`, `Run \`${install}\`.`);
  } catch (thrown) {
    return fail("usage", `${wanted.name} cannot be set up: ${messageOf(thrown)}.`, `Set what ${wanted.title} needs (keys, region, project).`, thrown);
  }
}

const importBeside: ImportPackage = (name) => import(name);

function packagedProvider(id: OptionalName, modelOf: (name: string) => LanguageModelV4, { title, cachePoint }: Package, options: OptionalOptions): Provider {
  const clock = options.clock ?? systemClock;
  const limits = { ...streamLimits, firstByteMilliseconds, ...options.limits };
  return {
    id,
    async *stream(request, signal) {
      const reply = new Reply(request.model, reading, () => callIds(request.messages));
      const watch = createWatch(signal, clock, limits, title);
      let failure: ModelFailure | undefined;
      try {
        const call = packagedCall(request, id, cachePoint);
        const { stream } = await watch.within(Promise.resolve(modelOf(request.model).doStream({ ...call, abortSignal: watch.signal })));
        yield* readParts(stream.getReader(), reply, watch);
      } catch (thrown) {
        failure = failureOf(thrown, title, clock.now());
      } finally {
        watch.stop();
      }
      const ended = endFailure(reply, watch.stall ?? failure, title);
      yield* finishAttempt({ provider: id, request, signal }, reply, ended, {});
    },
  };
}

async function* readParts(reader: ReadableStreamDefaultReader<VendorPart>, reply: Reply, watch: Watch): AsyncIterable<StreamPart> {
  try {
    for (;;) {
      const { done, value } = await watch.within(reader.read());
      if (done) return;
      for (const part of withAttachments(value)) yield* reply.take(part);
      if (reply.garbled || reply.end) return;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** What is attached to a text or a call is told behind it, as a thought without words: a message has no other place for it. */
function withAttachments(part: VendorPart): readonly VendorPart[] {
  const metadata = part.type === "text-end" || part.type === "tool-call" ? metadataOf(part.providerMetadata) : undefined;
  if (!metadata) return [part];
  const id = "attached";
  const told = { bosun: { signature: attached("before", metadata) } };
  return [part, { type: "reasoning-start", id }, { type: "reasoning-end", id, providerMetadata: told }];
}

interface Watch {
  readonly signal: AbortSignal;
  readonly stall: ModelFailure | undefined;
  /** Waits for the package, but not longer than the limit: it may not heed the signal. */
  within<Result>(work: Promise<Result>): Promise<Result>;
  stop(): void;
}

function createWatch(caller: AbortSignal, clock: Clock, limits: StreamLimits, title: string): Watch {
  const connection = new AbortController();
  const onAbort = () => connection.abort(caller.reason);
  if (caller.aborted) onAbort();
  else caller.addEventListener("abort", onAbort, { once: true });
  let limit = limits.firstByteMilliseconds;
  let stall: ModelFailure | undefined;
  return {
    signal: connection.signal,
    async within(work) {
      const nap = new AbortController();
      const ended = new Promise<never>((_resolve, reject) => {
        const refuse = () => reject(connection.signal.reason);
        if (connection.signal.aborted) refuse();
        else connection.signal.addEventListener("abort", refuse, { once: true, signal: nap.signal });
      });
      ended.catch(() => {});
      const watching = async () => {
        await clock.sleep(limit, nap.signal);
        if (nap.signal.aborted) return;
        stall = { class: "network", message: `${title} sent nothing for ${Math.round(limit / 1000)} s.` };
        connection.abort(new Error("stalled"));
      };
      void watching().catch(() => {});
      try {
        const result = await Promise.race([work, ended]);
        limit = limits.idleMilliseconds;
        return result;
      } finally {
        nap.abort("awake");
        work.catch(() => {});
      }
    },
    stop() {
      caller.removeEventListener("abort", onAbort);
      connection.abort(new Error("left"));
    },
    get stall() {
      return stall;
    },
  };
}

function failureOf(thrown: unknown, title: string, now: number): ModelFailure {
  const known = Object(thrown) as {
    readonly name?: unknown;
    readonly statusCode?: unknown;
    readonly responseBody?: unknown;
    readonly responseHeaders?: unknown;
  };
  if (known.name === "AI_APICallError" && typeof known.statusCode === "number") {
    const headers = Object(known.responseHeaders) as Record<string, string>;
    const body = typeof known.responseBody === "string" && known.responseBody !== "" ? known.responseBody : messageOf(thrown);
    return failureOfReply({ status: known.statusCode, headers, body }, title, now);
  }
  if (known.name === "AI_LoadAPIKeyError" || known.name === "AI_LoadSettingError")
    return { class: "authentication", message: `${title}: ${messageOf(thrown)}` };
  if (typeof known.name === "string" && known.name.startsWith("AI_") && known.name !== "AI_APICallError") {
    return { class: "malformed", message: `${title} sent a reply that cannot be read: ${messageOf(thrown)}` };
  }
  return failureOfThrown(thrown, title);
}

const reading: VendorReading = {
  earlyUsage: () => undefined,
  finalUsage: usageOf,
  thinking(metadata) {
    const told = metadata?.bosun?.signature;
    if (typeof told === "string") return { signature: told };
    const own = metadataOf(metadata);
    return own ? { signature: attached("thought", own) } : {};
  },
  losesContent: () => true,
  concernsBlock: () => false,
  isRepeated: () => false,
};

function usageOf({ inputTokens, outputTokens }: LanguageModelV4Usage): Usage | undefined {
  if (inputTokens.total === undefined && outputTokens.total === undefined) return undefined;
  const cacheRead = inputTokens.cacheRead ?? 0;
  const cacheWrite = inputTokens.cacheWrite ?? 0;
  return {
    input: inputTokens.noCache ?? Math.max(0, (inputTokens.total ?? 0) - cacheRead - cacheWrite),
    output: outputTokens.total ?? 0,
    cacheRead,
    cacheWrite,
    ...(outputTokens.reasoning ? { reasoning: outputTokens.reasoning } : {}),
  };
}
