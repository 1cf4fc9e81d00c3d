// A decision in words: for the model (what it can do instead), for the person (who decided, by what, where it stands).
import type { Decision, Reason, Ruling } from "./decision.ts";
import { reasonInWords } from "./judge.ts";

/** One or two sentences for the model. For a denial: why, and what is left to do. */
export function explain(decision: Pick<Decision, "tool" | "subject" | "verdict" | "reason">): string {
  if (decision.verdict === "allow") return `Allowed: ${reasonInWords(decision.reason)}.`;
  return `Denied, nothing was done: ${reasonInWords(decision.reason)}. ${instead(decision.reason)}`;
}

function instead(reason: Reason): string {
  switch (reason.by) {
    case "rule":
      return "Do not try the same by another way; find one that does without it, or say what you would have done and why.";
    case "mode":
      return reason.mode === "plan"
        ? "Go on reading, and write down as a plan what should be changed."
        : "Go on with what is permitted, and name in your answer what is left for the person to do or to permit.";
    case "pool":
      return "Use one of the tools that are listed.";
    case "tier":
      return "Use a built-in tool for it.";
    case "fact":
    case "analysis":
    case "shell-check":
      return "Say it in a simpler form, one plain command or a file inside the project, or name what is left to do.";
    case "classifier":
      return "Keep to what the person asked for, or ask them.";
    case "person":
    case "coordinator":
    case "worker":
      return "Take it as said: do not repeat the call; change your way, or ask.";
  }
}

/** One line for the person about a ruling: verdict, who decided, by which rule from where. `command`: the text that a span points into. */
export function explainRuling(ruling: Ruling, command?: string): string {
  const reason = ruling.verdict === "ask" ? ruling.because : ruling.reason;
  const span = "span" in reason && reason.span !== undefined && command !== undefined ? command.slice(reason.span.start, reason.span.end) : "";
  const verb = { allow: "Allowed", deny: "Denied", ask: "Asks" }[ruling.verdict];
  const classifier = ruling.verdict === "ask" && ruling.classifier === true ? " It would be asked of the classifier first." : "";
  return `${verb}: ${reasonInWords(reason)}${span === "" || span === command ? "" : `, at ${JSON.stringify(span)}`}.${classifier}`;
}

/** A reason in a few words, without who gave it. */
export function reasonWords(reason: Reason): string {
  switch (reason.by) {
    case "rule":
      return `${reason.rule} (${reason.source})`;
    case "mode":
      return `${reason.mode}: ${reason.says}`;
    case "tier":
      return `${reason.tier}: ${reason.says}`;
    case "pool":
    case "fact":
    case "analysis":
      return reason.says;
    case "shell-check":
      return `check ${reason.check}: ${reason.says}`;
    case "classifier":
      return `${reason.model}: ${reason.says}`;
    case "person":
    case "coordinator":
    case "worker":
      return reason.says ?? "";
  }
}
