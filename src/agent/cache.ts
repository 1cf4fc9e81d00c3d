// What the provider's cache should hold of a request, told before it is sent; and who is asked before it is broken.
import { type Assembled, breakVectors, forecast, outcomeOf } from "../context/index.ts";
import type { CacheBreak, CacheForecast, CacheOutcome, RunEnd } from "../session/index.ts";
import type { Finished } from "./attempt.ts";
import type { Execution } from "./execution.ts";

/** What is to be sent, with what its cache should be. */
export type Forecasted = Assembled & { readonly cache: CacheForecast };

export function forecastCache({ agent, session, world }: Execution, context: Assembled): CacheForecast {
  const { state } = session;
  const { life, least } = agent.cache;
  const { effort } = context.request;
  return forecast(state, context, {
    age: state.askedAt === null ? Number.POSITIVE_INFINITY : (world.clock.now() - state.askedAt) / 1000,
    life,
    least,
    price: agent.price,
    model: `${agent.provider.id}/${agent.model}`,
    ...(effort === undefined ? {} : { effort }),
    sourceOf: (name) => sourceOf(agent.tools.get(name)?.source),
  });
}

function sourceOf(source: NonNullable<ReturnType<Execution["agent"]["tools"]["get"]>>["source"] | undefined): string | null {
  switch (source?.tier) {
    case undefined:
    case "builtin":
      return null;
    case "plugin":
      return `plugin ${source.id}${source.server === undefined ? "" : `, server ${source.server}`}`;
    case "skill":
      return `skill ${source.path}`;
  }
}

/** By the usage the provider reported, before it is journaled. */
export const cacheOutcome = ({ agent, session }: Execution, cache: CacheForecast, { usage, usageFinal }: Finished): CacheOutcome =>
  outcomeOf(cache, usage, usageFinal, session.state.usage, agent.price);

/** Says what is broken. Where somebody is there and it can still be avoided, they are asked; an end: they do not want it. */
export async function confirmBreak({ agent, signal, emit }: Execution, { broken }: CacheForecast): Promise<RunEnd | null> {
  if (broken === undefined || broken.tokens === 0) return null;
  const vector = breakVectors.find(({ number }) => number === broken.vector);
  const says = breakInWords(broken);
  if (vector?.asks !== true || agent.confirmBreak === undefined) {
    emit({ type: "notice", level: vector?.kind === "meant" ? "info" : "warning", code: "cache-break", says });
    return null;
  }
  const wanted: Promise<boolean> = agent.confirmBreak(broken, signal);
  if (await wanted) return null;
  return { reason: "aborted", says: `Not sent. ${says}` };
}

export function breakInWords({ cause, tokens, usd }: CacheBreak): string {
  const price = usd === null ? "at a price that is not known" : `for $${usd.toFixed(4)} more than reading them`;
  return `The provider's cache is broken (${cause}): about ${tokens} tokens are paid again, ${price}.`;
}
