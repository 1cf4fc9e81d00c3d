// What another model or another effort would take from a session, told before anything is changed.
import { historyLoss } from "../model/index.ts";
import { forecastCache } from "./cache.ts";
import type { Execution } from "./execution.ts";
import { assembleFor } from "./run.ts";

export interface WhatChanges {
  /** Tokens that the cache holds no more because of it, and what they cost beyond reading them; null: not known. */
  readonly tokens: number;
  readonly usd: number | null;
  /** What of the conversation is not sent, one sentence; "": nothing. */
  readonly lost: string;
}

/** `execution`: with the agent as it would be. */
export function whatChanges(execution: Execution): WhatChanges {
  const { agent, session } = execution;
  const { state } = session;
  const to = { provider: agent.provider.id, model: agent.model };
  const lost = historyLoss(state.messages, to, agent.images === false ? { images: false } : {}).says;
  if (state.prefix === null) return { tokens: 0, usd: 0, lost };
  const { broken } = forecastCache(execution, assembleFor(execution));
  return { tokens: broken?.tokens ?? 0, usd: broken === undefined ? 0 : broken.usd, lost };
}
