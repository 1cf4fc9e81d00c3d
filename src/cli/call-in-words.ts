// The story of one call, for a person: who asked for it, what was found, who decided, what ran, how it ended.
import { redact, redactJson } from "../base/index.ts";
import { meantCall } from "../model/index.ts";
import { type Decision, type Reason, reasonInWords } from "../permissions/index.ts";
import type { CallStory } from "../session/index.ts";
import { clip, duration, money, oneLine, tokens, visible } from "./text.ts";
import { effectInWords, underlined } from "./underlined.ts";

/** Effects and findings that are told one by one. */
const mostTold = 20;
const longestLine = 300;

/** Redacted, and safe to print. */
export function callInWords(story: CallStory): string {
  const lines = [
    `${meantCall(story.call).tool} ${story.call.id}${meantCall(story.call) === story.call ? "" : `, found through ${story.call.tool}`}, step ${story.step}, session ${story.session}`,
    "",
    ...asked(story),
    ...judged(story),
    ...ran(story),
    ...ended(story),
  ];
  return `${lines
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trimEnd()}\n`;
}

const line = (text: string, most = longestLine): string => clip(oneLine(visible(redact(text))), most);
const timeOf = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;

function asked({ request, said, reply, call, planned, decisions }: CallStory): readonly string[] {
  const agents = decisions.find(({ decision }) => decision.agents !== undefined)?.decision.agents;
  const lines = ["Who asked for it"];
  if (said !== null) lines.push(`  The person said (line ${said.seq}, ${timeOf(said.ts)}): ${line(said.text)}`);
  if (agents !== undefined && agents.length > 0) lines.push(`  The agent that called: ${line(agents.join(" > "))}`);
  if (request === null) lines.push("  The model call that asked for it cannot be read any more.");
  else {
    const { provider, model, turn, attempt, usd, tokens: count, calls, expectedUsd } = request;
    const others = calls > 1 ? `, one of ${calls} calls in that reply` : "";
    const price =
      usd === null
        ? "what it cost is not recorded"
        : `${money(usd, true)}, ${money(expectedUsd, true)} were expected${count === null ? "" : `, ${tokens(count)}`}`;
    lines.push(
      `  ${line(`${provider}/${model}`)} called it in turn ${turn}${attempt > 1 ? `, attempt ${attempt}` : ""}${others} (line ${planned.seq}, ${timeOf(planned.ts)}).`,
    );
    lines.push(`  That reply: ${price}.`);
  }
  if (reply.trim() !== "") lines.push(`  It said: ${line(reply)}`);
  lines.push("  Its arguments:");
  const input = JSON.stringify(redactJson(meantCall(call).input), null, 2).split("\n");
  lines.push(...input.slice(0, mostTold * 2).map((text) => `    ${clip(visible(text), longestLine)}`));
  if (input.length > mostTold * 2) lines.push(`    … ${input.length - mostTold * 2} more lines`);
  return [...lines, ""];
}

function judged({ decisions, questions }: CallStory): readonly string[] {
  const lines: string[] = [];
  const [last] = decisions.slice(-1);
  if (last !== undefined) lines.push(...found(last.decision));
  for (const question of questions) {
    const why = question.because === null ? "" : `: ${line(reasonInWords(question.because))}`;
    lines.push(`Asked (line ${question.seq}, ${timeOf(question.ts)}, question ${question.asking})${why}`);
  }
  for (const { seq, ts, asking, decision } of decisions)
    lines.push(...decided(decision, `line ${seq}, ${timeOf(ts)}${asking === undefined ? "" : `, to question ${asking}`}`));
  if (decisions.length === 0)
    lines.push(questions.length > 0 ? "Nobody has answered yet." : "No decision is recorded: it never came to its gate, or its line is lost.");
  return [...lines, ""];
}

function found({ facts, subject }: Decision): readonly string[] {
  const { findings = [], effects = [], moreEffects = 0, paths, domains, unclear } = facts;
  const text = redact(subject);
  // places count in the text as it was: where something was taken out of it they would point elsewhere
  const mark = (span: { readonly start: number; readonly end: number }): readonly string[] =>
    text === subject ? underlined(subject, span).map((row) => clip(row, longestLine)) : [];
  const lines = ["What was found about it", `  At stake: ${line(subject)}`];
  for (const { real, inside, protected: guarded } of paths.slice(0, mostTold))
    lines.push(`  ${line(real)}${inside ? "" : ", outside the project"}${guarded === null ? "" : `, protected: ${line(guarded)}`}`);
  for (const host of domains.slice(0, mostTold)) lines.push(`  host ${line(host)}`);
  for (const effect of effects.slice(0, mostTold)) lines.push(...mark(effect.span), `  It ${line(effectInWords(effect))}.`);
  const more = moreEffects + Math.max(0, effects.length - mostTold);
  if (more > 0) lines.push(`  and ${more} effects more`);
  for (const { check, says, span } of findings.slice(0, mostTold)) lines.push(...mark(span), `  check ${check}: ${line(says)}`);
  if (unclear !== undefined) lines.push(`  Not understood: ${line(unclear)}`);
  return [...lines, ""];
}

function decided(decision: Decision, where: string): readonly string[] {
  const { verdict, reason, asked: because, classifier, took, judged: milliseconds, holds, rule, mode, profile, sandbox, subject, input } = decision;
  const lines = [`${verdict === "allow" ? "Allowed" : "Denied"} (${where})`];
  if (because !== undefined) lines.push(`  It had to be asked: ${line(reasonInWords(because))}`, ...place(because, subject));
  if (classifier !== undefined) {
    const { model, outcome, says, risk, usd, milliseconds: time, cached } = classifier;
    const price = cached ? "known from before" : `${money(usd, true)}, ${duration(time)}`;
    lines.push(`  The classifier ${line(model)} said ${outcome}${risk === undefined ? "" : ` (risk: ${line(risk)})`}: ${line(says)} (${price})`);
  }
  lines.push(`  Decided by ${reason.by}: ${line(reasonInWords(reason))}`, ...place(reason, subject));
  const { answeredBy, answeredAt } = decision.more ?? {};
  if (typeof answeredBy === "string")
    lines.push(`  Answered by ${line(answeredBy)}${typeof answeredAt === "number" ? ` on ${timeOf(answeredAt)}` : ""}, from another process.`);
  if (because !== undefined && took > 0) lines.push(`  The answer took ${duration(took)}.`);
  lines.push(`  Mode ${mode}; it holds for the ${holds}${rule === undefined ? "" : `, by the rule ${line(rule)}`}.`);
  if (milliseconds !== undefined) lines.push(`  Judging took ${milliseconds.toFixed(2)} ms.`);
  if (input !== undefined) lines.push(`  Allowed with another input: ${line(JSON.stringify(redactJson(input)))}`);
  if (profile !== undefined) lines.push(`  Sandbox: ${profile}${sandbox === undefined ? "" : `, but none can be made here (${line(sandbox)})`}.`);
  return lines;
}

const place = (reason: Reason, subject: string): readonly string[] =>
  "span" in reason && reason.span !== undefined && redact(subject) === subject
    ? underlined(subject, reason.span).map((row) => `  ${clip(row, longestLine)}`)
    : [];

function ran({ intents, processes }: CallStory): readonly string[] {
  const lines: string[] = [];
  for (const { seq, ts, intent } of intents) {
    const child = intent.child === undefined ? "" : `, handed to session ${intent.child}`;
    lines.push(`Began (line ${seq}, ${timeOf(ts)}): effect ${intent.class}, redo ${intent.redo}, arguments ${intent.argumentsHash.slice(0, 12)}${child}`);
    const after = new Map((intent.after ?? []).map((state) => [state.path, state.sha256]));
    for (const { path, sha256 } of intent.before.slice(0, mostTold)) {
      const now = intent.after === null ? "not known beforehand" : hash(after.get(path) ?? null);
      lines.push(`  ${line(path)}: ${hash(sha256)} → ${now}`);
    }
  }
  for (const { process } of processes)
    lines.push(`  Process ${process.pid}, group ${process.group}${process.started === null ? "" : `, started ${process.started}`}`);
  return lines.length === 0 ? [] : [...lines, ""];
}
const hash = (sha256: string | null): string => (sha256 === null ? "no file" : sha256.slice(0, 12));

function ended({ end, intents }: CallStory): readonly string[] {
  if (end === null) return ["It has not ended."];
  const from = intents.at(-1)?.ts;
  const took = from === undefined ? "" : `, ${duration(end.ts - from)} after it began`;
  const lines = [
    `Ended: ${end.state}${end.verdict === null ? "" : ` (${end.verdict})`}${end.failed && end.state === "reconciled" ? ", failed" : ""} (line ${end.seq}, ${timeOf(end.ts)}${took})`,
  ];
  for (const one of end.evidence) lines.push(`  evidence: ${line(one)}`);
  const text = visible(redact(end.text)).split("\n");
  lines.push(...text.slice(0, mostTold).map((one) => `  ${clip(one, longestLine)}`));
  if (text.length > mostTold) lines.push(`  … ${text.length - mostTold} more lines; bosun sessions export shows all`);
  return lines;
}
