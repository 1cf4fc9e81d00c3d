// Nobody is there: what is asked is denied, or waits for a later answer. Never a hang.
import { reasonInWords } from "../judge.ts";
import type { Handler } from "./handler.ts";

/** `why`: said of a denial. */
export function createWorkerHandler(onAsk: "deny" | "await", why = "nobody is there to be asked"): Handler {
  return {
    context: "worker",
    settle(_request, because) {
      if (onAsk === "await") return Promise.resolve({ awaiting: true });
      const says = `${why}, and this has to be asked: ${reasonInWords(because)}`;
      return Promise.resolve({ verdict: "deny", reason: { by: "worker", says }, holds: "call" });
    },
  };
}
