// Another model or another effort in a session that goes on: what it would take is told before it is taken.
import { type Execution, type ModelChoice, type Terms, whatChanges } from "../agent/index.ts";
import { BosunError, type Outcome } from "../base/index.ts";
import type { Effort, ResolvedModel } from "../model/index.ts";
import { choiceOf, fallbacksOf, findModel, onWire } from "./model.ts";
import type { Change, Conversation } from "./options.ts";
import type { ConversationParts } from "./parts.ts";

export interface InUse {
  readonly choice: ModelChoice;
  /** `provider/name` */
  readonly reference: string;
  readonly effort: Effort | undefined;
}

export interface ModelInUse {
  now(): InUse;
  readonly fallbacks: ReturnType<typeof fallbacksOf>;
  /** True once after a change that the person was told the price of. */
  takeTold(): boolean;
  /** `executionWith`: a run of the session, were this its model. */
  change(to: Parameters<Conversation["change"]>[0], executionWith: (choice: ModelChoice) => Execution): Promise<Outcome<Change>>;
}

export function createModelInUse(parts: ConversationParts): ModelInUse {
  const { model, terms, options, environment, clock, session } = parts;
  const inUse = (resolved: ResolvedModel, effort: Effort | undefined): InUse => ({
    choice: choiceOf(resolved, options, effort),
    reference: resolved.reference,
    effort,
  });
  let resolved = model;
  let now = inUse(resolved, terms.effort);
  let told = false;
  const find = async (name: string): Promise<Outcome<ResolvedModel>> => {
    if (options.provider === undefined) return findModel(onWire({ ...options, model: name }, wireOf(session.state.settings.get("wire"))), environment, clock);
    const next = "Start it without one to choose models by name.";
    return { ok: false, error: new BosunError("usage", "This session asks a provider of its program's own.", { next }) };
  };
  return {
    now: () => now,
    fallbacks: fallbacksOf(options, environment, clock, () => now.effort),
    takeTold() {
      const was = told;
      told = false;
      return was;
    },
    async change({ model: name, effort: level = now.effort ?? "default" }, executionWith) {
      const found = name === undefined ? ({ ok: true, value: resolved } as const) : await find(name);
      if (!found.ok) return found;
      const next = inUse(found.value, level === "default" ? undefined : level);
      const { tokens, usd, lost } = whatChanges(executionWith(next.choice));
      const take = async (): Promise<void> => {
        resolved = found.value;
        now = next;
        told = tokens > 0;
      };
      return { ok: true, value: { model: next.reference, effort: next.effort, tokens, usd, lost, take } };
    },
  };
}

const wireOf = (wire: string | undefined): Terms["wire"] => (wire === "responses" || wire === "chat" ? wire : null);
