// Where only the doubt of an estimate stands in the way of a call, the provider is asked for its own count.
import { type BudgetRefusal, type CallToProject, project } from "../budget/index.ts";
import type { Forecasted } from "./cache.ts";
import type { Execution } from "./execution.ts";

/** A vendor calls its count an estimate, too: what is billed may be a little more. */
const countMargin = 0.01;
const leastMargin = 16;
/** What a ruling lowers output to before it refuses. */
const leastOutput = 4_096;

/** The context with the provider's count; null: it was not asked, could not be had, or would not help. */
export async function withCountedInput(
  { agent, signal }: Execution,
  context: Forecasted,
  call: CallToProject,
  refusal: BudgetRefusal,
): Promise<Forecasted | null> {
  const { limit, allowed, spent, reserved } = refusal;
  if ((limit !== "usd" && limit !== "tokens") || agent.provider.count === undefined) return null;
  const certain = project({ ...call, worstInputTokens: call.inputTokens, maxOutput: Math.min(call.maxOutput, leastOutput) });
  if (!certain.priced || spent + reserved + certain.worst[limit] > allowed) return null;
  const counted = await agent.provider.count(context.request, signal);
  if (counted === null) return null;
  return { ...context, tokens: counted, worstTokens: Math.ceil(counted * (1 + countMargin)) + leastMargin };
}
