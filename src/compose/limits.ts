// The limits of one conversation while it goes on: what a person raises holds at once and stands in the journal.
import type { Terms } from "../agent/index.ts";
import type { Budget, BudgetRefusal } from "../budget/index.ts";
import { createSharedBudget, type Session, type SharedBudget, type SharedLimits } from "../session/index.ts";
import type { Raise } from "./options.ts";
import type { ConversationParts } from "./parts.ts";

export interface Limits {
  budget(): Budget;
  /** What the journal says of it. */
  given(): Budget;
  shared(): SharedLimits;
  raise(refusal: BudgetRefusal, how: Raise): Promise<void>;
}
interface Held {
  readonly budget: Budget;
  /** Beside the session's own limits, which are all that a resumed session takes over: what was raised of others, or once. */
  readonly given: Budget & { readonly raised?: SharedLimits; readonly once?: { readonly scope: string; readonly limit: string; readonly to: number } };
  readonly shared: SharedLimits;
}

export function createLimits(session: Session, { budget, givenBudget }: Pick<Terms, "budget" | "givenBudget">, shared: SharedLimits): Limits {
  let held: Held = { budget, given: givenBudget, shared };
  /** What holds again after the reply that was let through. */
  let after: { readonly turns: number; readonly held: Held } | null = null;
  const now = (): Held => {
    if (after !== null && session.state.turns > after.turns) {
      held = after.held;
      after = null;
    }
    return held;
  };
  return {
    budget: () => now().budget,
    given: () => now().given,
    shared: () => now().shared,
    async raise({ limit, spent, reserved, projected, scope = "session" }, how) {
      // a limit that holds on takes the place of one that was raised once
      const before = how === "once" ? now() : (after?.held ?? now());
      // how long a call takes is not projected
      const more = limit === "seconds" ? Math.max(projected, onceSeconds) : projected;
      const to = how === "once" ? roundedUp(spent + reserved + more) : how.to;
      const isShared = scope === "project" || scope === "day";
      const raised = isShared ? { ...before.shared, [scope]: { ...before.shared[scope], [limit]: to } } : before.shared;
      const given = isShared ? { ...before.given, raised } : { ...before.given, [limit]: to };
      after = how === "once" ? { turns: session.state.turns, held: after?.held ?? before } : null;
      held = {
        shared: raised,
        budget: isShared ? before.budget : { ...before.budget, [limit]: to },
        given: how === "once" ? { ...before.given, once: { scope, limit, to } } : given,
      };
      await session.append({ type: "setting", name: "budget", value: JSON.stringify(held.given) });
    },
  };
}

const onceSeconds = 60;

/** Without the noise of adding fractions, which could be what a call lacks. */
const roundedUp = (value: number): number => Math.ceil(value * 1e9 - 1e-3) / 1e9;

export const sharedBudgetOf = ({ home, sessionsFolder, clock, options }: ConversationParts, limits: () => SharedLimits): SharedBudget =>
  createSharedBudget({ home, sessionsFolder, clock, limits, ...(options.store ? { store: options.store } : {}) });

/** Without what names no limit: where nothing is left, nothing is locked or read. */
export const namedLimits = (limits: SharedLimits): SharedLimits =>
  Object.fromEntries(Object.entries(limits).filter(([, budget]) => Object.values(budget).some((limit) => limit !== undefined)));
