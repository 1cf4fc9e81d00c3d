// Who settles what has to be asked. One shape for the person at the screen, a lead agent, a worker without anybody.
import type { Json } from "../../base/index.ts";
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
  /** Another input for the same tool. It is judged anew, and what may run is asked again, as it would run now. */
  | { readonly edit: Json }
  /** Nobody can settle it now: the run ends here, and a later one goes on with the answer. */
  | { readonly awaiting: true };

export interface Handler {
  readonly context: "interactive" | "coordinator" | "worker";
  /** `preview`: of the call as it would run. Resolves with the answer; when `signal` aborts, soon, with whatever (it is not used). Never rejects. */
  settle(request: Request, because: Reason, preview: Preview, signal: AbortSignal): Promise<Answer>;
}
