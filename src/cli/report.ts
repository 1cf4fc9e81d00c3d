// Errors and ends in words: what happened, then the next move. One form for all of them: "bosun: …" on stderr.
import { type BosunError, messageOf, redact } from "../base/index.ts";
import type { RunEnd } from "../session/index.ts";
import { type ExitCode, exitOfError, exitTable } from "./exit.ts";
import type { Terminal } from "./terminal.ts";
import { plain } from "./text.ts";

export type OutputFormat = "text" | "json" | "stream-json";

/** A line that a person should read, whatever the output format is. */
export function warn(terminal: Terminal, says: string): void {
  terminal.error(`bosun: ${redact(plain(says))}\n`);
}

/** On stderr, and for programs that read JSON as an object on stdout. */
export async function reportError(terminal: Terminal, error: BosunError, format: OutputFormat = "text"): Promise<ExitCode> {
  warn(terminal, error.message);
  if (format !== "text") await terminal.outJson({ type: "error", code: error.code, message: redact(error.message) });
  return exitOfError(error.code);
}

/** Something was thrown that nobody expected: a bug of ours. */
export async function reportBug(terminal: Terminal, error: unknown, format: OutputFormat): Promise<ExitCode> {
  const message = `Internal error: ${messageOf(error)}. Please report it with the lines below; the session can be continued.`;
  warn(terminal, message);
  if (error instanceof Error && error.stack !== undefined) terminal.error(`${plain(error.stack)}\n`);
  if (format !== "text") await terminal.outJson({ type: "error", code: "internal", message });
  return exitTable.internal.code;
}

/** Null: it was answered, there is nothing to say. */
export function endInWords(end: RunEnd, session: string): string | null {
  const resume = `bosun --resume ${session}`;
  switch (end.reason) {
    case "answered":
      return null;
    case "budget":
      return `${end.ruling.says} Raise the limit, then go on with \`${resume}\`.`;
    case "turns":
      return `The limit of ${end.limit} ${end.limit === 1 ? "reply" : "replies"} is reached. Go on with \`${resume} -p\`.`;
    case "awaiting": {
      const others = end.steps.flatMap(({ says }) => says ?? []);
      if (others.length === end.steps.length) return `${others.join(" ")} Then go on with \`${resume} -p\`.`;
      const asked = end.steps.map(({ tool, subject }) => `${tool} ${subject}`).join("; ");
      const more = end.steps.length === 1 ? "This call needs" : `These ${end.steps.length} calls need`;
      return `${more} a decision: ${asked}. Decide with \`bosun approvals\`, or on a terminal with \`${resume}\`, or permit it by a rule: \`${resume} -p --allowed-tools RULE\`.`;
    }
    case "refused":
      return `The model refused: ${end.says} Put the task differently, or choose another model with --model.`;
    case "model-error":
      return `${end.failure.message} (${end.attempts} ${end.attempts === 1 ? "attempt" : "attempts"}) ${modelMove(end.failure.class)} Go on with \`${resume} -p\`.`;
    case "context-exhausted":
      return end.says;
    case "breaker":
      return `${end.says} Go on with \`${resume}\` and say what to do differently.`;
    case "aborted":
      return `${end.says} Go on with \`${resume} -p\`.`;
    case "journal":
      return `${end.says} What was done before is recorded; go on with \`${resume} -p\`.`;
    case "lost-lease":
      return `${end.says} Another process has the session now.`;
  }
}

function modelMove(failure: Extract<RunEnd, { reason: "model-error" }>["failure"]["class"]): string {
  switch (failure) {
    case "overloaded":
    case "rate-limited":
      return "Wait a while, or choose another model with --model.";
    case "authentication":
      return "Check the key; `bosun doctor` says which one is used.";
    case "network":
      return "Check the connection and the base URL; `bosun doctor` shows it.";
    case "refused":
      return "Check the model's name with `bosun models`.";
    case "malformed":
      return "Check that the base URL points at the API itself.";
    case "context-too-long":
    case "aborted":
      return "";
  }
}
