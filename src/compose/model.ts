// Which model a session asks: the one that is named, its own, or what can be had here.
import type { Terms } from "../agent/index.ts";
import { BosunError, type Clock, type Outcome } from "../base/index.ts";
import { type ResolvedModel, resolveModel } from "../model/index.ts";
import type { AgentOptions } from "./options.ts";

/** The session's own model where none is named now. */
export async function modelOf(
  { model }: Terms,
  usual: ResolvedModel,
  options: AgentOptions,
  environment: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): Promise<Outcome<ResolvedModel>> {
  if (model === null || model === usual.reference) return { ok: true, value: usual };
  const found = await findModel({ ...options, model }, environment, clock);
  if (found.ok) return found;
  const { code, says, message } = found.error;
  const next = `${message.slice(says.length).trim()} Or go on with another one: --model PROVIDER/NAME.`.trim();
  return { ok: false, error: new BosunError(code, `The session's model is ${model}. ${says}`, { next }) };
}

export async function findModel(
  options: AgentOptions,
  environment: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): Promise<Outcome<ResolvedModel>> {
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
    ...(options.model ? { model: options.model } : {}),
    ...(options.providers ? { providers: options.providers } : {}),
    ...(options.idleTimeout ? { limits: { idleMilliseconds: options.idleTimeout } } : {}),
  });
}
