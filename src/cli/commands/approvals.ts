// `bosun approvals`: the calls that sessions wait for a decision about: listed, shown, allowed, denied, from any process.
import { homedir } from "node:os";
import { BosunError, redact, redactJson } from "../../base/index.ts";
import { findPlace, type Place } from "../../index.ts";
import { reasonInWords, suggest } from "../../permissions/index.ts";
import { type AskedQuestion, closedFolders, requestOf } from "../../session/index.ts";
import { questionOf } from "../approve.ts";
import type { Arguments } from "../arguments.ts";
import { standing } from "../asked-question.ts";
import { type ExitCode, exitTable } from "../exit.ts";
import { askingSessions, type FoundQuestion, findQuestion } from "../find-question.ts";
import type { Options } from "../option-table.ts";
import { reportError, warn } from "../report.ts";
import { createScreen } from "../screen.ts";
import type { Terminal } from "../terminal.ts";
import { clip, columns, oneLine, visible } from "../text.ts";

export async function run({ words, options }: Arguments, terminal: Terminal): Promise<ExitCode> {
  const place = findPlace(options.cwd === undefined ? {} : { cwd: options.cwd }, terminal.environment);
  if (!place.ok) return reportError(terminal, place.error);
  for (const closed of await closedFolders(place.value.home)) warn(terminal, closed.message);
  const [act = "list", first, ...more] = words;
  // "allow --session ID": what follows that option is the question
  const id = first ?? (act === "allow" && options.session ? options.session : undefined);
  if (act === "list" && id === undefined) return list(place.value, options, terminal);
  const takesWords = act === "deny";
  if (!["show", "allow", "deny"].includes(act) || id === undefined || (more.length > 0 && !takesWords)) {
    const next = "Write `bosun approvals`, `bosun approvals show|allow ID`, or `bosun approvals deny ID WORDS`; `bosun help approvals` tells more.";
    return reportError(terminal, new BosunError("usage", `"approvals ${words.join(" ")}" can't be understood.`, { next }));
  }
  const found = await findQuestion(place.value, id, options.all === true);
  if (!found.ok) return reportError(terminal, found.error);
  if (act === "show") return show(found.value, options, terminal);
  const { answerFor } = await import("../answer-question.ts");
  return answerFor(found.value, { act: act as "allow" | "deny", words: more.join(" "), place: place.value, options, terminal });
}

async function list(place: Place, { all: everywhere, json }: Options, terminal: Terminal): Promise<ExitCode> {
  const all = everywhere === true;
  const waiting = (await askingSessions(place, all)).flatMap((from) =>
    from.questions.filter(({ stands }) => stands !== "over").map((question, at) => ({ question, from, number: at + 1 })),
  );
  if (json === true) {
    await terminal.outJson(redactJson({ questions: waiting.map((one) => ({ ...rowOf(one), number: one.number })) }));
    return exitTable.answered.code;
  }
  if (waiting.length === 0) warn(terminal, `No session${all ? "" : " of this project"} waits for a decision${all ? "" : "; --all looks in all projects"}.`);
  const rows = waiting.map(({ question, from, number }) => [
    question.asking,
    `${question.session}:${number}`,
    dateOf(question.at),
    question.stands === "open" ? "open" : standing(question),
    ...(all ? [oneLine(from.state.cwd)] : []),
    clip(redact(oneLine(visible(`${question.call.tool} ${subjectOf(question)}`))), 120),
  ]);
  await terminal.out(columns(rows));
  if (rows.length > 0) warn(terminal, "`bosun approvals show ID` shows one; allow ID and deny ID answer it.");
  return exitTable.answered.code;
}

async function show(found: FoundQuestion, { json }: Options, terminal: Terminal): Promise<ExitCode> {
  const { question } = found;
  const request = requestOf(question);
  const suggestion = suggest(request, homedir());
  if (json === true) {
    const { preview, request: asked } = question;
    await terminal.outJson(redactJson({ ...rowOf(found), preview, facts: asked?.facts ?? null, rule: suggestion } as never));
    return exitTable.answered.code;
  }
  const { session, asking } = question;
  const { cwd } = found.from.state;
  const head = `${asking} of session ${session}, in ${visible(cwd)}, asked ${dateOf(question.at)}: ${standing(question)}`;
  const changed = question.input === undefined ? [] : ["A person changed this call; this is what would run now."];
  const text = [head, ...changed, questionOf(request, question.because, question.preview, suggestion, createScreen(terminal))].join("\n");
  await terminal.out(redact(text));
  if (question.stands === "open") warn(terminal, `Answer with \`bosun approvals allow ${asking}\` or \`bosun approvals deny ${asking} WORDS\`.`);
  return exitTable.answered.code;
}

const subjectOf = (question: AskedQuestion): string => requestOf(question).subject;

function rowOf({ question, from }: FoundQuestion): Record<string, never> {
  const { asking, session, step, call, at, because, stands, state, input, decision, letter, request } = question;
  const answer = decision
    ? { verdict: decision.decision.verdict, says: reasonInWords(decision.decision.reason), at: decision.at }
    : letter && { verdict: letter.verdict, says: letter.says ?? "", at: letter.at, who: letter.who };
  const row = {
    id: asking,
    session,
    cwd: from.state.cwd,
    step,
    tool: call.tool,
    subject: subjectOf(question),
    input: input ?? call.input,
    effect: request?.effect ?? null,
    mode: request?.mode ?? null,
    asked: new Date(at).toISOString(),
    because: reasonInWords(because),
    reason: because,
    stands,
    state,
    answer: answer ?? null,
  };
  return row as unknown as Record<string, never>;
}

/** Local time, to the minute. */
function dateOf(at: number): string {
  const date = new Date(at);
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
