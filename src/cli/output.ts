// What a run writes to stdout, in the three formats. Secrets are taken out of all of them on their way.
import { type Json, redact, redactJson } from "../base/index.ts";
import type { RunEnd, RunEvent } from "../index.ts";
import { reasonInWords } from "../permissions/index.ts";
import { type ExitCode, exitOfEnd } from "./exit.ts";
import type { OutputFormat } from "./report.ts";
import type { Terminal } from "./terminal.ts";
import { createWholeDeltas } from "./whole-deltas.ts";

/** The one object of `--output-format json`. */
export interface Result {
  readonly type: "result";
  readonly session: string;
  /** `provider/name` */
  readonly model: string;
  /** The answer; null when there is none. */
  readonly result: string | null;
  readonly end: RunEnd;
  readonly exitCode: ExitCode;
  readonly turns: number;
  readonly usage: Extract<RunEvent, { type: "run-end" }>["usage"];
  readonly cost: Extract<RunEvent, { type: "run-end" }>["cost"];
  /** False: the price of the model is unknown, `cost.usd` means nothing. */
  readonly priced: boolean;
  readonly milliseconds: number;
  /** What was not permitted. */
  readonly denied: readonly { readonly tool: string; readonly subject: string; readonly why: string }[];
}

export interface Output {
  event(event: RunEvent): Promise<void> | undefined;
  end(end: RunEnd): Promise<void>;
}

export function createOutput(terminal: Terminal, format: OutputFormat, model: string): Output {
  const denied: Result["denied"][number][] = [];
  let last: Extract<RunEvent, { type: "run-end" }> | undefined;
  const whole = createWholeDeltas();
  const outEvents = async (events: readonly RunEvent[]): Promise<void> => {
    for (const event of events) await terminal.outJson(redactJson(event as unknown as Json));
  };
  return {
    event(event) {
      if (event.type === "run-end") last = event;
      if (event.type === "decision" && event.decision.verdict === "deny") {
        denied.push({ tool: event.tool, subject: event.decision.subject, why: reasonInWords(event.decision.reason) });
      }
      return format === "stream-json" ? outEvents(whole(event)) : undefined;
    },
    async end(end) {
      if (format === "text" && end.reason === "answered" && end.text !== "") await terminal.out(`${redact(end.text).replace(/\n+$/, "")}\n`);
      if (format !== "json" || !last) return;
      const { session, turns, usage, cost, priced, milliseconds } = last;
      const result: Result = {
        type: "result",
        session,
        model,
        result: end.reason === "answered" ? end.text : null,
        end,
        exitCode: exitOfEnd(end),
        turns,
        usage,
        cost,
        priced,
        milliseconds,
        denied,
      };
      await terminal.outJson(redactJson(result as unknown as Json));
    },
  };
}
