// One turn's call: the session's own model is asked first; while it is overloaded, those that stand in for it, in their order.
//
// Invariants
//  B1  Another model is asked only when one stays overloaded or rate-limited after its retries, or is left alone for that:
//      never after a refusal, never for want of budget.
//  B2  Each turn begins with the session's own model, unless its breaker is open.
//  B3  Which model answered stands in the request line; which one is the session's own stands in its setting.
import type { Assembled } from "../context/index.ts";
import { historyLoss } from "../model/index.ts";
import type { Forecasted } from "./cache.ts";
import { forecastCache } from "./cache.ts";
import type { Execution } from "./execution.ts";
import { callModel, type Reply } from "./model-call.ts";
import { ownModel } from "./terms.ts";

interface Turn {
  readonly turn: number;
  /** How long the run has lasted. */
  seconds(): number;
  /** What is sent to another model than the session's own. */
  assemble(execution: Execution): Assembled;
}

export async function askModel(execution: Execution, context: Forecasted, { turn, seconds, assemble }: Turn): ReturnType<typeof callModel> {
  const { agent, session, world, emit } = execution;
  let asked: Execution = execution;
  let reply = await callModel(execution, context, turn, seconds());
  for (const { reference, find } of agent.fallbacks ?? []) {
    if (!isOverloaded(reply)) return reply;
    if (reference === referenceOf(asked.agent)) continue;
    const found = await find();
    if (!found.ok) {
      emit({ type: "notice", level: "warning", code: "fallback-missing", says: `${reference} cannot stand in: ${found.error.message}` });
      continue;
    }
    // the turns that follow do not wait for its retries again
    world.retry.leaveAlone(asked.agent.provider.id, asked.agent.model);
    const standIn: Execution = { ...execution, agent: { ...withoutOwn(agent), ...found.value } };
    const assembled = assemble(standIn);
    if (assembled.overflow) {
      emit({ type: "notice", level: "warning", code: "fallback-missing", says: `${reference} cannot stand in: the conversation does not fit its window.` });
      continue;
    }
    const { says: lost } = historyLoss(session.state.messages, { provider: found.value.provider.id, model: found.value.model });
    const says = `${referenceOf(asked.agent)} is overloaded: ${reference} is asked in its place.${lost === "" ? "" : ` ${lost}`}`;
    emit({ type: "notice", level: "warning", code: "fallback", says });
    if (session.state.settings.get("model") === undefined)
      void session.append({ type: "setting", name: "model", value: referenceOf(agent) }).catch(() => undefined);
    const cache = forecastCache(standIn, assembled);
    emit({ type: "context-assembled", tokens: assembled.tokens, loaded: [], segments: assembled.segments, breaks: assembled.breaks, cache });
    asked = standIn;
    reply = await callModel(standIn, { ...assembled, cache }, turn, seconds());
  }
  return reply;
}

const isOverloaded = (reply: Awaited<ReturnType<typeof callModel>>): reply is Exclude<typeof reply, Reply> => "end" in reply && reply.overloaded === true;

export const referenceOf = ({ provider, model }: { readonly provider: { readonly id: string }; readonly model: string }): string => `${provider.id}/${model}`;

/** Another model than the session's own so far. */
export function isNamed({ agent, session: { state } }: Execution): boolean {
  const own = ownModel(state);
  return own !== null && own !== referenceOf(agent);
}

/**
 * The session's own model, which has spoken in it, is asked again after another one stood in for it: that is nobody's wish to
 * be asked about. A model that was named for this run is (`isNamed`, before the terms of the run are noted).
 */
export function returnsToOwn({ agent, session: { state } }: Execution): boolean {
  const own = referenceOf(agent);
  if (
    state.settings.get("model") !== own ||
    state.lastModel === null ||
    referenceOf({ provider: { id: state.lastModel.provider }, model: state.lastModel.model }) === own
  )
    return false;
  return state.messages.some((message) => message.role === "assistant" && referenceOf({ provider: { id: message.provider }, model: message.model }) === own);
}

/** What only the session's own model has of these is not handed on to another. */
const withoutOwn = ({
  effort: _effort,
  thinking: _thinking,
  others: _others,
  ...rest
}: Execution["agent"]): Omit<Execution["agent"], "effort" | "thinking" | "others"> => rest;
