// Who settles what has to be asked. One shape for the person at the screen, a lead agent, a worker without anybody.
import type { Preview } from "../../tools/index.ts";
import type { Holds, Reason, Request } from "../decision.ts";

export type Answer =
  | {
      readonly verdict: "allow" | "deny";
      readonly reason: Reason;
      readonly holds: Holds;
      /** The allow rule that goes with "session" or "project". */
      readonly rule?: string;
      /** The person wants the command to run without a sandbox. */
      readonly profile?: "open";
    }
  /** Nobody can settle it now: the run ends here, and a later one goes on with the answer. */
  | { readonly awaiting: true };

export interface Handler {
  readonly context: "interactive" | "coordinator" | "worker";
  /** Resolves with the answer; when `signal` aborts, soon, with whatever (it is not used). Never rejects. */
  settle(request: Request, because: Reason, preview: Preview, signal: AbortSignal): Promise<Answer>;
}
