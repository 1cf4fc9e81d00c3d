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
  raise(refusal: BudgetRefusal, how: Raise): Promise<void>;
}

export function createLimits(session: Session, terms: Pick<Terms, "budget" | "givenBudget">, shared: SharedBudget): Limits {
  let { budget, givenBudget: given } = terms;
  return {
    budget: () => budget,
    given: () => given,
    async raise({ limit, spent, reserved, projected, scope = "session" }, how) {
      // how long a call takes is not projected
      const more = limit === "seconds" ? Math.max(projected, onceSeconds) : projected;
      const to = how === "once" ? roundedUp(spent + reserved + more) : how.to;
      if (scope === "project" || scope === "day") {
        shared.limits = { ...shared.limits, [scope]: { ...shared.limits[scope], [limit]: to } };
        // beside the session's own limits, which are all that a resumed session takes over
        given = { ...given, raised: shared.limits } as Budget;
      } else {
        budget = { ...budget, [limit]: to };
        given = { ...given, [limit]: to };
      }
      await session.append({ type: "setting", name: "budget", value: JSON.stringify(given) });
    },
  };
}

const onceSeconds = 60;

/** Without the noise of adding fractions, which could be what a call lacks. */
const roundedUp = (value: number): number => Math.ceil(value * 1e9 - 1e-3) / 1e9;

export const sharedBudgetOf = ({ home, sessionsFolder, clock, options }: ConversationParts): SharedBudget =>
  createSharedBudget({
    home,
    sessionsFolder,
    clock,
    limits: named(options.sharedBudget ?? {}),
    ...(options.store ? { store: options.store } : {}),
  });

/** Without what names no limit: where nothing is left, nothing is locked or read. */
const named = (limits: SharedLimits): SharedLimits =>
  Object.fromEntries(Object.entries(limits).filter(([, budget]) => Object.values(budget).some((limit) => limit !== undefined)));
