// From what a person names, sets or runs to a provider and a model. The environment is passed in; no global is read.
// With a key, or a base URL on this machine, nothing is asked over the network; only without any are local servers looked for.
import { BosunError, type Clock, type Outcome } from "../base/index.ts";
import type { StreamLimits } from "./adapters/guard.ts";
import type { ImportPackage, OptionalName } from "./adapters/optional.ts";
import { findModel, listCatalogue, localPrice, nearNames, priceOf } from "./catalogue.ts";
import type { CatalogueRow, ModelPrice } from "./catalogue-row.ts";
import { chatDialect, geminiDialect, responsesDialect } from "./dialects.ts";
import { createHttpClient, type Environment, type HttpClient, isLoopbackUrl } from "./http.ts";
import { findLocalServers, type LocalPlace, type LocalServer, localPlaces } from "./local.ts";
import type { Provider } from "./provider.ts";

/** `bedrock` and `vertex` need a package that the user installs. */
export type ProviderName = "anthropic" | "openai" | "gemini" | "local" | OptionalName;
export type OpenAiWire = "responses" | "chat";
export interface ProviderSettings {
  readonly baseUrl?: string;
  /** The environment variable that holds the key. */
  readonly keyName?: string;
  /** OpenAI: which of its protocols. Default: Responses at OpenAI's own address and for models that need it, else Chat completions. */
  readonly wire?: OpenAiWire;
}
export interface ModelSettings {
  /** `provider/name`, or a name alone. */
  readonly model?: string;
  readonly providers?: Partial<Readonly<Record<ProviderName, ProviderSettings>>>;
}
export interface ResolveOptions extends ModelSettings {
  readonly environment: Environment;
  readonly clock?: Clock;
  readonly limits?: Partial<StreamLimits>;
  /** Default: one made from the environment. */
  readonly http?: HttpClient;
  /** How the packages of `bedrock` and `vertex` are loaded. Default: from where bosun itself is installed. */
  readonly importPackage?: ImportPackage;
  /** Where local servers are looked for; default: the four usual ports. */
  readonly places?: readonly LocalPlace[];
}

export interface ResolvedModel {
  readonly provider: Provider;
  /** The name that is sent. */
  readonly model: string;
  /** `provider/name` */
  readonly reference: string;
  readonly baseUrl: string;
  /** What the catalogue knows; undefined for a model it does not hold. */
  readonly row: CatalogueRow | undefined;
  readonly window: number | undefined;
  readonly maximumOutput: number | undefined;
  /** Rates for a prompt of this many tokens in all; undefined: the price is unknown. */
  price(promptTokens: number): ModelPrice | undefined;
  /** Other models of its provider, by what they cost. */
  readonly others?: readonly { readonly model: string; readonly price: (promptTokens: number) => ModelPrice | undefined }[];
  /** What a person should know of its price. */
  readonly notice?: string;
}

const official = {
  anthropic: { baseUrl: "https://api.anthropic.com", baseName: "ANTHROPIC_BASE_URL", keyNames: ["ANTHROPIC_API_KEY"], model: "claude-sonnet-5-5" },
  // The newest of OpenAI's models that calls tools over both of its protocols: a base URL may be a server that knows one.
  openai: { baseUrl: "https://api.openai.com/v1", baseName: "OPENAI_BASE_URL", keyNames: ["OPENAI_API_KEY"], model: "gpt-6-sol" },
  gemini: {
    baseUrl: "https://generativelanguage.googleapis.com/v1beta",
    baseName: "GOOGLE_GEMINI_BASE_URL",
    keyNames: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    model: "gemini-4-argon",
  },
} as const;
type HostedName = keyof typeof official;

const names: readonly string[] = ["anthropic", "openai", "gemini", "local", "bedrock", "vertex"] satisfies ProviderName[];

export async function resolveModel(options: ResolveOptions): Promise<Outcome<ResolvedModel>> {
  const asked = options.model?.trim();
  if (!asked) return resolveUnnamed(options);
  const reference = readReference(asked);
  if (!reference) return unknown(`No provider is known for the model "${asked}".`, asked, knownReferences());
  const { provider, name } = reference;
  if (provider === "local") return resolveLocal(options, name);
  return provider === "bedrock" || provider === "vertex" ? resolveOptional(options, provider, name) : resolveHosted(options, provider, name);
}

/** `provider/name`; a name alone where it says whose it is. `name` is "" when only the provider is given. */
function readReference(text: string): { readonly provider: ProviderName; readonly name: string } | undefined {
  const slash = text.indexOf("/");
  const head = slash < 0 ? text : text.slice(0, slash);
  if (names.includes(head)) return { provider: head as ProviderName, name: slash < 0 ? "" : text.slice(slash + 1) };
  if (slash >= 0) return undefined;
  const row = listCatalogue().find((entry) => findModel(entry.provider, text) === entry);
  if (row) return { provider: row.provider as ProviderName, name: text };
  if (looksLike.anthropic.test(text)) return { provider: "anthropic", name: text };
  if (looksLike.gemini.test(text)) return { provider: "gemini", name: text };
  return looksLike.openai.test(text) ? { provider: "openai", name: text } : undefined;
}

/** Names that a vendor's own service may know although the catalogue does not. */
const looksLike: Readonly<Record<HostedName, RegExp>> = {
  anthropic: /^claude-/,
  openai: /^(gpt-|o\d|chatgpt-|codex-|ft:)/,
  gemini: /^(gemini-|gemma-)/,
};

async function resolveUnnamed(options: ResolveOptions): Promise<Outcome<ResolvedModel>> {
  for (const provider of ["anthropic", "openai", "gemini"] as const) {
    const { key, baseUrl } = access(options, provider);
    if (key !== undefined || isLoopbackUrl(baseUrl)) return resolveHosted(options, provider, "");
  }
  return resolveLocal(options, "");
}

async function resolveHosted(options: ResolveOptions, provider: HostedName, name: string): Promise<Outcome<ResolvedModel>> {
  const { key, keyName, baseUrl } = access(options, provider);
  const loopback = isLoopbackUrl(baseUrl);
  const isOfficial = baseUrl === official[provider].baseUrl;
  const row = findModel(provider, name || official[provider].model);
  // An alias is ours; a dated id is the vendor's own and is sent as it is.
  const model = name === "" ? official[provider].model : row?.aliases?.includes(name) ? row.id : name;
  if (!URL.canParse(baseUrl)) {
    const says = `The base URL of ${provider}, "${baseUrl}", is no address.`;
    return failed(new BosunError("usage", says, { next: `Set ${official[provider].baseName} to one like ${official[provider].baseUrl}.` }));
  }
  if (!row && isOfficial && !looksLike[provider].test(model)) {
    return unknown(`${provider} has no model "${model}".`, model, knownReferences(provider));
  }
  if (key === undefined && !loopback) {
    return failed(
      new BosunError("key-missing", `${provider}/${model} needs a key.`, { next: `Set ${keyName}, or point ${official[provider].baseName} at a server.` }),
    );
  }
  const made = await createProvider(options, provider, { baseUrl, key, row });
  const price = (promptTokens: number) => priceOf(row, promptTokens) ?? (loopback && !row ? localPrice : undefined);
  return succeeded({ provider: made, model, baseUrl, row, window: row?.window, price });
}

async function resolveLocal(options: ResolveOptions, name: string): Promise<Outcome<ResolvedModel>> {
  const set = options.providers?.local?.baseUrl;
  const places = set === undefined ? (options.places ?? localPlaces) : [{ name: "the local server", baseUrl: withVersion(set) }];
  const http = options.http ?? createHttpClient(options.environment);
  // Named model at a named address: nothing is left to find out.
  const known = set !== undefined && name !== "" ? { server: { name: "", baseUrl: withVersion(set), models: [] }, model: name, window: undefined } : undefined;
  const servers = known ? [] : await findLocalServers(http, places);
  const found = known ?? pick(servers, name);
  if (!found) {
    if (servers.length === 0) return failed(missing(name, places));
    const offered = servers.flatMap((server) => server.models.map((model) => `local/${model.id}`));
    const running = servers.map((server) => `${server.name} at ${server.baseUrl}`).join(", ");
    if (offered.length === 0) {
      return failed(new BosunError("model-missing", `${running} runs, but holds no model.`, { next: "Load a model there, for example with `ollama pull`." }));
    }
    return unknown(`No local server has a model "${name}" (asked: ${running}).`, name, offered);
  }
  const { server, model, window } = found;
  const key = keyOf(options, options.providers?.local?.keyName);
  // "local" is a name: what its address leads away to is somebody's server, and may have its price
  const price = isLoopbackUrl(server.baseUrl) ? localPrice : undefined;
  const provider = await createProvider({ ...options, http }, "local", { baseUrl: server.baseUrl, key, row: undefined });
  return succeeded({ provider, model, baseUrl: server.baseUrl, row: undefined, window, price: () => price });
}

function pick(
  servers: readonly LocalServer[],
  name: string,
): { readonly server: LocalServer; readonly model: string; readonly window: number | undefined } | undefined {
  for (const server of servers) {
    // Ollama answers to "qwen3" with "qwen3:latest".
    const model = name === "" ? server.models[0] : server.models.find(({ id }) => id === name || id === `${name}:latest`);
    if (model) return { server, model: model.id, window: model.window };
  }
  return undefined;
}

/** What such a package speaks to it finds itself (keys, regions, projects), in the environment of this process. */
async function resolveOptional(options: ResolveOptions, provider: OptionalName, name: string): Promise<Outcome<ResolvedModel>> {
  const { createOptionalProvider } = await import("./adapters/optional.ts");
  const { clock, limits, importPackage } = options;
  const made = await createOptionalProvider(provider, name, {
    ...(clock ? { clock } : {}),
    ...(limits ? { limits } : {}),
    ...(importPackage ? { importPackage } : {}),
  });
  if (!made.ok) return made;
  return succeeded({ provider: made.value, model: name, baseUrl: "", row: undefined, window: undefined, price: () => undefined });
}

function access(options: ResolveOptions, provider: HostedName): { readonly key: string | undefined; readonly keyName: string; readonly baseUrl: string } {
  const settings = options.providers?.[provider];
  const standard = official[provider];
  const keyNames: readonly string[] = settings?.keyName === undefined ? standard.keyNames : [settings.keyName];
  const key = keyNames.map((name) => keyOf(options, name)).find((found) => found !== undefined);
  const given = (settings?.baseUrl ?? options.environment[standard.baseName])?.trim();
  return { key, keyName: keyNames[0] ?? "", baseUrl: given ? baseForms[provider](given) : standard.baseUrl };
}

function keyOf(options: ResolveOptions, keyName: string | undefined): string | undefined {
  return (keyName === undefined ? undefined : options.environment[keyName]?.trim()) || undefined;
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, "");
/** Anthropic's base URL comes without "/v1" by custom; both are taken. */
const withoutVersion = (url: string): string => withoutSlash(url).replace(/\/v1$/, "");
/** Google's comes without a version by custom; with it is taken too. */
const withBeta = (url: string): string => (/\/v\d+(alpha|beta)?\d*$/.test(withoutSlash(url)) ? withoutSlash(url) : `${withoutSlash(url)}/v1beta`);
const baseForms: Readonly<Record<HostedName, (url: string) => string>> = { anthropic: withoutVersion, openai: withoutSlash, gemini: withBeta };
const withVersion = (url: string): string => (/\/v\d+$/.test(withoutSlash(url)) ? withoutSlash(url) : `${withoutSlash(url)}/v1`);

interface Access {
  readonly baseUrl: string;
  readonly key: string | undefined;
  readonly row: CatalogueRow | undefined;
}

async function createProvider(options: ResolveOptions, name: HostedName | "local", { baseUrl, key, row }: Access): Promise<Provider> {
  const http = options.http ?? createHttpClient(options.environment);
  const common = {
    id: name,
    baseUrl,
    http,
    ...(options.clock ? { clock: options.clock } : {}),
    ...(options.limits ? { limits: options.limits } : {}),
  };
  if (name === "anthropic") {
    const { createAnthropicProvider } = await import("./adapters/anthropic.ts");
    // A server on this machine wants the header, not a secret.
    return createAnthropicProvider({ ...common, key: key ?? "local", thinking: (model) => findModel("anthropic", model)?.thinking });
  }
  const keyed = { ...common, ...(key === undefined ? {} : { key }) };
  if (name === "gemini") {
    const { createGeminiProvider } = await import("./adapters/gemini.ts");
    return createGeminiProvider({ ...keyed, dialect: (request) => geminiDialect(request, findModel("gemini", request.model)) });
  }
  const known = (model: string) => (name === "openai" ? findModel("openai", model) : undefined);
  const isOwn = (model: string) => known(model) !== undefined || baseUrl === official.openai.baseUrl;
  if (wireOf(options.providers?.[name]?.wire, baseUrl, row) === "responses") {
    const { createOpenAiResponsesProvider } = await import("./adapters/openai-responses.ts");
    return createOpenAiResponsesProvider({ ...keyed, dialect: (request) => responsesDialect(request, known(request.model), isOwn(request.model)) });
  }
  const { createOpenAiCompatibleProvider } = await import("./adapters/openai-compatible.ts");
  return createOpenAiCompatibleProvider({ ...keyed, dialect: (request) => chatDialect(request, known(request.model), isOwn(request.model)) });
}

function wireOf(wanted: OpenAiWire | undefined, baseUrl: string, row: CatalogueRow | undefined): OpenAiWire {
  if (wanted !== undefined) return wanted;
  return baseUrl === official.openai.baseUrl || row?.chatTools === "responses-only" ? "responses" : "chat";
}

function succeeded(found: Omit<ResolvedModel, "reference" | "maximumOutput">): Outcome<ResolvedModel> {
  const reference = `${found.provider.id}/${found.model}`;
  return { ok: true, value: { ...found, reference, maximumOutput: found.row?.maximumOutput } };
}

const failed = (error: BosunError): Outcome<never> => ({ ok: false, error });

function unknown(says: string, name: string, candidates: readonly string[]): Outcome<never> {
  const near = nearNames(name, candidates);
  const listed = near.length > 0 ? near : candidates.slice(0, 5);
  return failed(new BosunError("model-unknown", says, { next: `Did you mean ${listed.join(", ")}? \`bosun models\` lists all; write provider/name.` }));
}

function missing(name: string, places: readonly LocalPlace[]): BosunError {
  const looked = places.map((place) => `${place.name} (${place.baseUrl})`).join(", ");
  const says = name === "" ? "No model is configured and no local model server answers." : `No local model server answers, so "${name}" cannot be reached.`;
  const next = `Set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY; or start a local server; or try \`bosun demo\`, which needs neither. Looked for ${looked}.`;
  return new BosunError("model-missing", says, { next });
}

const knownReferences = (provider?: string): readonly string[] =>
  listCatalogue()
    .filter((row) => provider === undefined || row.provider === provider)
    .map((row) => `${row.provider}/${row.id}`);

export interface ListedModel {
  readonly reference: string;
  /** The protocol it is asked over from here. */
  readonly wire: "messages" | OpenAiWire | "gemini";
  /** False: its key is not set. */
  readonly usable: boolean;
  /** The variable its key is looked for in, and whether it is there; absent: a local server's. */
  readonly key?: { readonly name: string; readonly present: boolean };
  readonly row?: CatalogueRow;
  /** The local server that has it. */
  readonly server?: string;
}

/** All models of the catalogue, and those that local servers offer now. */
export async function listModels(options: ResolveOptions): Promise<readonly ListedModel[]> {
  const http = options.http ?? createHttpClient(options.environment);
  const servers = await findLocalServers(http, options.places);
  const hosted = listCatalogue().map((row): ListedModel => {
    const provider = row.provider as HostedName;
    const { key, keyName, baseUrl } = access(options, provider);
    const wire = provider === "openai" ? wireOf(options.providers?.openai?.wire, baseUrl, row) : provider === "gemini" ? "gemini" : "messages";
    const usable = key !== undefined || isLoopbackUrl(baseUrl);
    return { reference: `${row.provider}/${row.id}`, wire, usable, key: { name: keyName, present: key !== undefined }, row };
  });
  const local = servers.flatMap((server) =>
    server.models.map(({ id }): ListedModel => ({ reference: `local/${id}`, wire: "chat", usable: true, server: server.name })),
  );
  return [...hosted, ...local];
}
