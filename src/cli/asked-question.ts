// How a question stands, in words.
import type { AskedQuestion } from "../session/index.ts";

/** How it stands, in words. */
export function standing(question: AskedQuestion): string {
  const { stands, decision, letter, replaced, state } = question;
  const verdict = decision?.decision.verdict ?? letter?.verdict;
  const words = verdict === "allow" ? "allowed" : "denied";
  if (stands === "open") return "open";
  if (stands === "answered") return `${words}; the session has not gone on yet`;
  if (replaced !== undefined && verdict === undefined) return `asked anew, as ${replaced}`;
  return `${verdict === undefined ? "never answered" : words}; the call is ${state}`;
}
