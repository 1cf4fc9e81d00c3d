// The one door to a model: a call is ruled on within every limit there is, and its request line, with what it reserves, is
// durable before the answer is yes. Turns, retries, the classifier and whatever else asks a model go through here.
//
// Invariants
//  A1  Nothing is sent that this did not admit.
//  A2  Under limits that sessions share, ruling and request line are one act: no other process can rule in between.
import type { RequestId } from "../base/index.ts";
import { type Amount, type Budget, type BudgetRefusal, type CallToProject, type Projection, ruleWithin } from "../budget/index.ts";
import { type Attempt, openRequest, reservedBy } from "./attempt.ts";
import type { Execution } from "./execution.ts";
import { type BreakerEnd, tooFast } from "./spend-rate.ts";

export type Admitted =
  | { readonly ok: true; readonly request: RequestId; readonly projection: Projection }
  | { readonly ok: false; readonly ruling: BudgetRefusal }
  | { readonly ok: false; readonly tooFast: BreakerEnd };

export interface CallToAdmit {
  readonly attempt: Attempt;
  readonly call: CallToProject;
  /** What the session has spent; its time with that of the run under way. */
  readonly spent: Amount;
  /** False: no reply of the conversation itself. It takes no turn, and time is not looked at. */
  readonly isTurn: boolean;
}

/** Rejects with a BosunError where the journal cannot be written, or limits that are shared cannot be locked. */
export async function admitCall(execution: Execution, { attempt, call, spent, isTurn }: CallToAdmit): Promise<Admitted> {
  const { agent, session, world, signal } = execution;
  const open = async (shared: Parameters<typeof ruleWithin>[0]): Promise<Admitted> => {
    const own = { scope: "session", budget: isTurn ? agent.budget : besideTurns(agent.budget), spent, reserved: reservedBy(session.state) };
    const ruling = ruleWithin([own, ...shared], call);
    if (!ruling.fits) return { ok: false, ruling };
    const end = tooFast(execution, ruling.projection);
    if (end) return { ok: false, tooFast: end };
    const projection = isTurn ? ruling.projection : withoutTurn(ruling.projection);
    return { ok: true, request: await openRequest(execution, attempt, projection), projection };
  };
  return world.shared ? world.shared.within(open, signal) : open([]);
}

/** A turn is a reply of the conversation's own model, and time is looked at before each of those. */
const besideTurns = ({ usd, tokens }: Budget): Budget => ({ ...(usd === undefined ? {} : { usd }), ...(tokens === undefined ? {} : { tokens }) });

const withoutTurn = ({ expected, worst, ...projection }: Projection): Projection => ({
  ...projection,
  expected: { ...expected, turns: 0 },
  worst: { ...worst, turns: 0 },
});
