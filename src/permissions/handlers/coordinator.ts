// A lead agent answers for those it started: within the rights it holds itself. What it may not settle goes up.
import { judge, reasonInWords } from "../judge.ts";
import type { Policy } from "../policy.ts";
import type { Handler } from "./handler.ts";

/** `policy`: what the coordinator itself may do. `up`: who answers for the rest. */
export function createCoordinatorHandler({ policy, up }: { readonly policy: Omit<Policy, "grant">; readonly up: Handler }): Handler {
  return {
    context: "coordinator",
    async settle(request, because, preview, signal) {
      const ruling = judge(request, policy);
      if (ruling.verdict === "ask") return up.settle(request, because, preview, signal);
      const words = reasonInWords(ruling.reason);
      const says = ruling.verdict === "allow" ? `it may do this itself: ${words}` : `it may not do this itself: ${words}`;
      return { verdict: ruling.verdict, reason: { by: "coordinator", says }, holds: "call" };
    },
  };
}
