// A question as the journal keeps it, in the forms that a person is shown.
import type { Request } from "../permissions/index.ts";
import type { AskedQuestion } from "../session/index.ts";

/** The question as the handler was given it. */
export function requestOf({ request, call, input }: AskedQuestion): Request {
  const facts = request?.facts ?? { cwd: "", root: "", paths: [], commands: null, domains: [], unclear: "what it is about was not recorded" };
  return {
    call: input === undefined ? call : { ...call, input },
    effect: request?.effect ?? "execute",
    source: request?.source ?? { tier: "builtin" },
    subject: request?.subject ?? JSON.stringify(call.input),
    facts,
  };
}

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
