// What a session holds to (model, mode, limits): what is said now, what it said itself before, and what usually holds.
import type { Budget } from "../budget/index.ts";
import { type Mode, parseMode } from "../permissions/index.ts";
import type { SessionState } from "../session/index.ts";
import { type AgentTypeName, isAgentType } from "../tools/index.ts";
import type { Execution } from "./execution.ts";

export interface Said {
  /** `provider/name` or a provider of one's own: named now. */
  readonly model: boolean;
  readonly mode: Mode | undefined;
  /** Given to this session, in place of what was given before; undefined: that stands. */
  readonly budget: Budget | undefined;
  readonly agentType?: AgentTypeName | undefined;
  /** Holds beside it, whatever the session said. */
  readonly usualBudget: Budget;
}

export interface Terms {
  /** The session's own, `provider/name`; null: the one that is named now, or the usual one. */
  readonly model: string | null;
  readonly mode: Mode;
  readonly agentType: AgentTypeName;
  readonly budget: Budget;
  /** What stands in the journal of it: without what usually holds. */
  readonly givenBudget: Budget;
  /** What the person should know, one sentence each. */
  readonly notices: readonly string[];
}

const usualMode: Mode = "ask";

export function termsOf(state: SessionState, said: Said): Terms {
  const { mode, notices } = modeOf(state, said.mode);
  const givenBudget = said.budget ?? budgetOf(state);
  return {
    model: said.model || !state.lastModel ? null : `${state.lastModel.provider}/${state.lastModel.model}`,
    mode,
    agentType: said.agentType ?? agentTypeOf(state),
    // what is given now is somebody's word of this moment: it may also raise what usually holds
    budget: said.budget ? { ...said.usualBudget, ...said.budget } : lower(said.usualBudget, givenBudget),
    givenBudget,
    notices,
  };
}

/** A kind that is not known here may do as little as the least of them. */
function agentTypeOf({ settings }: SessionState): AgentTypeName {
  const last = settings.get("agent") ?? "main";
  return isAgentType(last) ? last : "explore";
}

/** Mode bypass is never taken over from before: it has to be named each time. */
function modeOf({ settings }: SessionState, said: Mode | undefined): { readonly mode: Mode; readonly notices: readonly string[] } {
  if (said !== undefined) return { mode: said, notices: [] };
  const last = parseMode(settings.get("mode") ?? usualMode);
  if (!last.ok) return { mode: usualMode, notices: [`The session's last mode is not known here: it goes on in mode ${usualMode}. ${last.says}`] };
  if (last.mode !== "bypass") return { mode: last.mode, notices: [] };
  const says = `The session's last mode was bypass, which has to be named each time: it goes on in mode ${usualMode}. To bypass again: --permission-mode bypass.`;
  return { mode: usualMode, notices: [says] };
}

const units = ["usd", "tokens", "turns", "seconds"] as const;

/** The limits that were given to the session before; what is no limit is passed over. */
function budgetOf({ settings }: SessionState): Budget {
  let parsed: unknown;
  try {
    parsed = JSON.parse(settings.get("budget") ?? "null");
  } catch {
    parsed = null;
  }
  if (typeof parsed !== "object" || parsed === null) return {};
  const given = parsed as Readonly<Record<string, unknown>>;
  return Object.fromEntries(units.flatMap((unit) => (typeof given[unit] === "number" ? [[unit, given[unit]]] : [])));
}

/** Where both name a limit, the lower one holds. */
const lower = (left: Budget, right: Budget): Budget => ({
  ...left,
  ...Object.fromEntries(units.flatMap((unit) => (right[unit] === undefined ? [] : [[unit, Math.min(right[unit], left[unit] ?? right[unit])]]))),
});

/** At a run's start: what it holds to, where that is not what the journal says already. The next synced line makes it durable. */
export function noteTerms({ agent, session }: Execution): void {
  const { settings } = session.state;
  const note = (name: "mode" | "agent" | "budget", value: string, unsaid: string): void => {
    if ((settings.get(name) ?? unsaid) !== value) void session.append({ type: "setting", name, value }).catch(() => undefined);
  };
  note("mode", agent.policy.mode, "");
  note("agent", agent.name, "main");
  note("budget", JSON.stringify(agent.givenBudget ?? {}), "{}");
}
