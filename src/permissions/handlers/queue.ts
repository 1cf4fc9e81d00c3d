// Nobody is here, but somebody may answer from another process for a while: until the deadline, then as a worker without anybody.
import type { Clock } from "../../base/index.ts";
import type { Handler } from "./handler.ts";
import { createWorkerHandler } from "./worker.ts";

export interface QueueOptions {
  readonly clock: Clock;
  /** From the question to the deadline. */
  readonly seconds: number;
  /** What becomes of a question that nobody answered by then. */
  readonly atEnd: "deny" | "await";
}

/** The answer itself comes through the session's mailbox, which every question is watched for: it ends the wait by `signal`. */
export function createQueueHandler({ clock, seconds, atEnd }: QueueOptions): Handler {
  const worker = createWorkerHandler(atEnd, `nobody answered within ${seconds} ${seconds === 1 ? "second" : "seconds"}`);
  return {
    context: "worker",
    async settle(request, because, preview, signal) {
      const until = clock.monotonic() + seconds * 1000;
      // a timer holds no more than 24 days
      for (let left = until - clock.monotonic(); left > 0 && !signal.aborted; left = until - clock.monotonic())
        await clock.sleep(Math.min(left, 3_600_000), signal);
      return signal.aborted ? { awaiting: true } : worker.settle(request, because, preview, signal);
    },
  };
}
