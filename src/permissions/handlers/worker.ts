// Nobody is there: what is asked is denied, or waits for a later answer. Never a hang.
import { reasonInWords } from "../judge.ts";
import type { Handler } from "./handler.ts";

export function createWorkerHandler(onAsk: "deny" | "await"): Handler {
  return {
    context: "worker",
    settle(_request, because) {
      if (onAsk === "await") return Promise.resolve({ awaiting: true });
      const says = `nobody is there to be asked, and this has to be asked: ${reasonInWords(because)}`;
      return Promise.resolve({ verdict: "deny", reason: { by: "worker", says }, holds: "call" });
    },
  };
}
