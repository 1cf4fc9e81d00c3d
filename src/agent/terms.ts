// What a session holds to (model, effort, mode, limits): what is said now, what it said itself before, and what usually holds.
import type { Budget } from "../budget/index.ts";
import { type Effort, historyLoss, type Provider } from "../model/index.ts";
import { type Mode, parseMode } from "../permissions/index.ts";
import type { SessionState } from "../session/index.ts";
import { type AgentTypeName, isAgentType } from "../tools/index.ts";
import type { Execution } from "./execution.ts";

export interface Said {
  /** `provider/name` or a provider of one's own: named now. */
  readonly model: boolean;
  readonly effort?: Effort | undefined;
  /** Of a session that has not begun. */
  readonly usualEffort?: Effort | undefined;
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
  /** Undefined: the model's own default. */
  readonly effort: Effort | undefined;
  /** Which of OpenAI's protocols its requests went over; null: none of them yet. */
  readonly wire: NonNullable<Provider["wire"]> | null;
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
    model: said.model ? null : ownModel(state),
    effort: said.effort ?? (state.lastModel === null ? said.usualEffort : effortOf(state)),
    wire: wires.find((wire) => wire === state.settings.get("wire")) ?? null,
    mode,
    agentType: said.agentType ?? agentTypeOf(state),
    // what is given now is somebody's word of this moment: it may also raise what usually holds
    budget: said.budget ? { ...said.usualBudget, ...said.budget } : lower(said.usualBudget, givenBudget),
    givenBudget,
    notices,
  };
}

const efforts: readonly Effort[] = ["minimal", "low", "medium", "high"];
const wires = ["responses", "chat"] as const;
const effortOf = ({ settings }: SessionState): Effort | undefined => efforts.find((effort) => effort === settings.get("effort"));

/** The one it was last set to: another may have stood in for it since. */
export const ownModel = ({ settings, lastModel }: SessionState): string | null =>
  settings.get("model") ?? (lastModel === null ? null : `${lastModel.provider}/${lastModel.model}`);

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
  const note = (name: "model" | "effort" | "wire" | "mode" | "agent" | "budget", value: string, unsaid: string): void => {
    if ((settings.get(name) ?? unsaid) !== value) void session.append({ type: "setting", name, value }).catch(() => undefined);
  };
  note("mode", agent.policy.mode, "");
  note("agent", agent.name, "main");
  const model = `${agent.provider.id}/${agent.model}`;
  note("model", model, ownModel(session.state) ?? model);
  note("effort", agent.effort ?? "", "");
  note("wire", agent.provider.id === "openai" ? (agent.provider.wire ?? "") : "", "");
  note("budget", JSON.stringify(agent.givenBudget ?? {}), "{}");
}

/** Said once, before it is noted: another model or protocol than the session's own goes on, and what of the conversation it is not sent. */
export function tellSwitch({ agent, session, emit }: Execution): void {
  const { state } = session;
  const before = ownModel(state);
  if (before === null || state.messages.length === 0) return;
  const now = `${agent.provider.id}/${agent.model}`;
  const tell = (says: string): void => emit({ type: "notice", level: "info", code: "model-switch", says });
  const loss = historyLoss(state.messages, { provider: agent.provider.id, model: agent.model }, agent.images === false ? { images: false } : {});
  if (before !== now) return tell(`The session goes on with ${now}; before, it was ${before}.${loss.says === "" ? "" : ` ${loss.says}`}`);
  const wire = state.settings.get("wire") ?? "";
  if (wire === "" || agent.provider.wire === undefined || wire === agent.provider.wire) return;
  tell(`The session goes on over ${wireNames[agent.provider.wire]}; what the model thought over the other protocol is not sent.`);
}

const wireNames: Readonly<Record<NonNullable<Provider["wire"]>, string>> = { responses: "OpenAI's Responses", chat: "Chat completions" };
