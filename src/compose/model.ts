// Which model a session asks: the one that is named, its own, or what can be had here.
import type { Fallback, ModelChoice, Terms } from "../agent/index.ts";
import { BosunError, type Clock, type Outcome } from "../base/index.ts";
import { type Effort, type ResolvedModel, resolveModel } from "../model/index.ts";
import { cacheTermsOf } from "./cache.ts";
import type { AgentOptions } from "./options.ts";
import { withPrices } from "./prices.ts";

/** The session's own model where none is named now. */
export async function modelOf(
  { model, wire }: Terms,
  usual: ResolvedModel,
  options: AgentOptions,
  environment: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): Promise<Outcome<ResolvedModel>> {
  const isUsual = model === null || model === usual.reference;
  const isOther = usual.provider.id === "openai" && wire !== null && usual.provider.wire !== wire && options.providers?.openai?.wire === undefined;
  if (isUsual && !isOther) return { ok: true, value: usual };
  const found = await findModel(onWire({ ...options, model: model ?? usual.reference }, wire), environment, clock);
  if (found.ok) return found;
  const { code, says, message } = found.error;
  const next = `${message.slice(says.length).trim()} Or go on with another one: --model PROVIDER/NAME.`.trim();
  return { ok: false, error: new BosunError(code, `The session's model is ${model}. ${says}`, { next }) };
}

/** A session stays on the protocol it began with: what a model thought over the one is lost over the other. */
export function onWire(options: AgentOptions, wire: Terms["wire"]): AgentOptions {
  const { openai } = options.providers ?? {};
  return wire === null || openai?.wire !== undefined ? options : { ...options, providers: { ...options.providers, openai: { ...openai, wire } } };
}

/** What a reply may have at most when nobody says, and where the catalogue does not know less. */
const usualMaxOutput = 16_384;

export function choiceOf(model: ResolvedModel, { maxOutput = usualMaxOutput, cacheLife }: AgentOptions, effort: Effort | undefined): ModelChoice {
  const { row } = model;
  return {
    provider: model.provider,
    model: model.model,
    contextWindow: model.window,
    price: model.price,
    ...(model.others === undefined ? {} : { others: model.others }),
    cache: cacheTermsOf(model, cacheLife),
    maxOutput: Math.min(maxOutput, model.maximumOutput ?? Number.POSITIVE_INFINITY),
    ...(effort === undefined ? {} : { effort }),
    ...(row?.thinking === undefined ? {} : { thinking: row.thinking }),
    ...(row?.images === undefined ? {} : { images: row.images }),
  };
}

/** Each is looked for when it is first needed, and then kept. */
export function fallbacksOf(
  options: AgentOptions,
  environment: Readonly<Record<string, string | undefined>>,
  clock: Clock,
  effort: () => Effort | undefined,
): readonly Fallback[] {
  const { provider: _own, ...others } = options;
  return (options.fallback ?? []).map((reference) => {
    let found: Promise<Outcome<ResolvedModel>> | undefined;
    return {
      reference,
      async find() {
        found ??= findModel({ ...others, model: reference }, environment, clock);
        const model = await found;
        return model.ok ? { ok: true, value: choiceOf(model.value, options, effort()) } : model;
      },
    };
  });
}

export async function findModel(
  options: AgentOptions,
  environment: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): Promise<Outcome<ResolvedModel>> {
  return withPrices(await resolve(options, environment, clock), options, environment, clock);
}

async function resolve(options: AgentOptions, environment: Readonly<Record<string, string | undefined>>, clock: Clock): Promise<Outcome<ResolvedModel>> {
  const own = options.provider;
  if (own) {
    return {
      ok: true,
      value: {
        provider: own.provider,
        model: own.model,
        reference: `${own.provider.id}/${own.model}`,
        baseUrl: "",
        row: undefined,
        window: own.window,
        maximumOutput: undefined,
        price: own.price ?? (() => undefined),
      },
    };
  }
  return resolveModel({
    environment,
    clock,
    ...((options.model ?? options.usualModel) ? { model: options.model ?? options.usualModel } : {}),
    ...(options.providers ? { providers: options.providers } : {}),
    ...(options.idleTimeout ? { limits: { idleMilliseconds: options.idleTimeout } } : {}),
  });
}
