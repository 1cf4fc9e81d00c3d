// `bosun approvals allow|deny`: what the person said as an answer, and what came of it in words.
import { homedir } from "node:os";
import { BosunError, type Json, loadSettings, type Outcome, parseJson, redact, systemClock } from "../base/index.ts";
import type { Place } from "../index.ts";
import { createPolicy, judge, ruleError, suggest } from "../permissions/index.ts";
import { type AskedQuestion, answerQuestion, decidedBy, isSameAnswer, type RecordedAnswer, readQuestions, requestOf, systemUser } from "../session/index.ts";
import { builtinTools, validateInput } from "../tools/index.ts";
import { standing } from "./asked-question.ts";
import { type ExitCode, exitTable } from "./exit.ts";
import type { FoundQuestion } from "./find-question.ts";
import type { Options } from "./option-table.ts";
import { ruleWriter } from "./project-rules.ts";
import { reportError, warn } from "./report.ts";
import type { Terminal } from "./terminal.ts";
import { plain, visible } from "./text.ts";

export interface Answering {
  readonly act: "allow" | "deny";
  /** To the model, with a denial. */
  readonly words: string;
  readonly place: Place;
  readonly options: Options;
  readonly terminal: Terminal;
}

export async function answerFor(found: FoundQuestion, answering: Answering): Promise<ExitCode> {
  const { terminal } = answering;
  const { question, from } = found;
  if (from.isNewer) {
    const next = "Upgrade bosun, and answer with that one.";
    return reportError(
      terminal,
      new BosunError("session-newer", `The session ${question.session} was written by a newer bosun. Nothing was recorded.`, { next }),
    );
  }
  const { rule, always, session, "for-project": forProject } = answering.options;
  const hasRule = rule !== undefined || always === true || session !== undefined || forProject === true;
  const useless = hasRule ? await whyNoRule(from.state.root, answering.place.home, forProject === true) : null;
  if (useless) return reportError(terminal, useless);
  const made = await answerFrom(question, answering);
  if (!made.ok) return reportError(terminal, made.error);
  const answer = made.value;
  const before = earlier(question);
  if (before) return say(before, answer, found, answering);
  if (question.stands !== "open") return reportError(terminal, notOpen(question));
  const answered = await answerQuestion(from.store, systemClock, question, answer);
  if (!answered.ok) return reportError(terminal, answered.error);
  const { value } = answered;
  if (value.is === "late") return say(value.first, answer, found, answering);
  const failed = value.is === "elsewhere" ? await watch(found, answer, terminal) : null;
  if (failed !== null) return failed;
  if (value.is === "kept" && value.why)
    warn(terminal, `The answer is kept, and counts when the session goes on; its journal can't be written now: ${value.why.message}`);
  if (answer.holds === "project" && answer.rule !== undefined) {
    const problem = await ruleWriter(from.state.root)(answer.rule);
    if (problem !== null) warn(terminal, `The call is allowed, and the rule for this session; it could not be written into the project's settings: ${problem}`);
  }
  return done(answer, found, answering);
}

/** Where only managed rules count, a person's would not; nor one in the settings of a project that is not trusted. Null: it would. */
async function whyNoRule(root: string, home: string, forProject: boolean): Promise<BosunError | null> {
  const loaded = await loadSettings({ root, home });
  if (!loaded.ok) return loaded.error;
  const managed = loaded.value.settings["permissions.managedRulesOnly"] ? loaded.value.origins["permissions.managedRulesOnly"] : undefined;
  if (managed !== undefined)
    return new BosunError("usage", `Only managed allow rules count here, by ${managed}.`, { next: "Allow the call alone, without a rule." });
  if (!forProject) return null;
  const next = "Trust it first (`bosun trust`), or let the rule hold for the session: --session.";
  return loaded.value.trusted ? null : new BosunError("usage", `The project ${root} is not trusted, so a rule in its settings would not count.`, { next });
}

/** What was answered before: the same again is no error. */
function earlier({ decision, letter }: AskedQuestion): RecordedAnswer | null {
  if (letter) return letter;
  if (!decision) return null;
  const { verdict, reason, holds, rule, profile, input, more } = decision.decision;
  const says = reason.by === "person" ? reason.says : undefined;
  return {
    asking: "",
    verdict,
    ...(says === undefined ? {} : { says }),
    holds,
    ...(rule === undefined ? {} : { rule }),
    ...(profile === "open" ? { profile } : {}),
    ...(input === undefined ? {} : { input }),
    at: typeof more?.["answeredAt"] === "number" ? more["answeredAt"] : decision.at,
    who: typeof more?.["answeredBy"] === "string" ? more["answeredBy"] : reason.by,
  };
}

/** Somebody was first. */
async function say(first: RecordedAnswer, mine: RecordedAnswer, found: FoundQuestion, answering: Answering): Promise<ExitCode> {
  const { terminal } = answering;
  const comparable = (answer: RecordedAnswer): RecordedAnswer => ({
    ...answer,
    asking: "",
    says: decidedBy(answer).reason.by === "person" ? wordsOf(answer) : "",
  });
  const verdict = first.verdict === "allow" ? "allowed" : "denied";
  const said = `${verdict} by ${visible(first.who)} on ${new Date(first.at).toISOString()}`;
  if (isSameAnswer(comparable(first), comparable(mine))) {
    await terminal.out(`${found.question.asking} was answered so already: ${said}.\n`);
    await next(found, answering);
    return exitTable.answered.code;
  }
  const move =
    found.question.stands === "over"
      ? "The session has gone on with it."
      : `The first answer counts; \`bosun approvals show ${found.question.asking}\` shows it.`;
  return reportError(
    terminal,
    new BosunError("usage", `${found.question.asking} was answered otherwise before: ${said}. Nothing was changed.`, { next: move }),
  );
}

/** The person's own words, as a decision and a letter both have them. */
function wordsOf(answer: RecordedAnswer): string {
  const said = decidedBy({ ...answer, says: answer.says?.replace(/^the person said no(, and: )?/, "") ?? "" }).reason;
  return "says" in said ? (said.says ?? "") : "";
}

function notOpen(question: AskedQuestion): BosunError {
  const { replaced } = question;
  const move = replaced === undefined ? "`bosun approvals` lists those that are open." : `Answer that one: bosun approvals show ${replaced}.`;
  return new BosunError("usage", `${question.asking} does not wait for an answer (${standing(question)}). Nothing was recorded.`, { next: move });
}

async function answerFrom(question: AskedQuestion, { act, words, options }: Answering): Promise<Outcome<RecordedAnswer>> {
  const base = { asking: question.asking, at: systemClock.now(), who: systemUser() };
  const given = (["rule", "always", "session", "for-project", "input", "open"] as const).filter((name) => options[name] !== undefined);
  if (act === "deny") {
    if (given.length > 0) return usage(`deny takes no --${given[0]}.`, "Write `bosun approvals deny ID WORDS`.");
    return { ok: true, value: { ...base, verdict: "deny", holds: "call", ...(words.trim() === "" ? {} : { says: words.trim() }) } };
  }
  const rule = ruleOf(question, options);
  if (!rule.ok) return rule;
  const input = await inputOf(question, options.input);
  if (!input.ok) return input;
  if (input.value !== undefined && rule.value !== null)
    return usage("--input excludes --rule, --always, --session and --for-project.", "Allow the changed call alone.");
  const holds = options["for-project"] === true ? "project" : "session";
  const isCommand = requestOf(question).effect === "execute";
  if (options.open === true && !isCommand) return usage("--open is for commands.", "Leave it out.");
  const says =
    rule.value === null ? (options.open === true ? "the person allowed it without a sandbox" : null) : `the person allowed ${rule.value} for this ${holds}`;
  return {
    ok: true,
    value: {
      ...base,
      verdict: "allow",
      holds: rule.value === null ? "call" : holds,
      ...(rule.value === null ? {} : { rule: rule.value }),
      ...(options.open === true ? { profile: "open" } : {}),
      ...(input.value === undefined ? {} : { input: input.value }),
      ...(says === null ? {} : { says }),
    },
  };
}

/** Null: none was asked for. */
function ruleOf(question: AskedQuestion, { rule, always, session, "for-project": project }: Options): Outcome<string | null> {
  if (rule === undefined && always !== true && session === undefined && project !== true) return { ok: true, value: null };
  if (session !== undefined && project === true) return usage("--session and --for-project exclude each other.", "Give one of them.");
  if (rule !== undefined && always === true) return usage("--rule and --always exclude each other.", "Give one of them.");
  const request = requestOf(question);
  if (rule === undefined) {
    const narrowest = suggest(request, homedir());
    return narrowest
      ? { ok: true, value: narrowest.rule }
      : usage("No narrow rule allows this call.", "Allow it once, without --always, or name a rule: --rule RULE.");
  }
  const { root } = request.facts;
  const subjectsOf = (tool: string) => builtinTools.find(({ name }) => name === tool)?.subjects.map(({ kind }) => kind);
  const { policy, problems } = createPolicy({
    mode: "ask",
    root: root === "" ? "/" : root,
    home: homedir(),
    rules: [{ text: rule, verdict: "allow", source: "--rule" }],
    subjectsOf,
  });
  const unreadable = ruleError(problems);
  if (unreadable) return usage(unreadable.says, "Mend the rule; docs/settings.md tells their form.");
  const ruling = judge(request, policy);
  if (ruling.verdict === "allow") return { ok: true, value: rule };
  return usage(`The rule ${rule} does not allow this call.`, "`bosun approvals show ID` names the narrowest rule that does, where there is one.");
}

async function inputOf({ call }: AskedQuestion, text: string | undefined): Promise<Outcome<Json | undefined>> {
  if (text === undefined) return { ok: true, value: undefined };
  const parsed = parseJson(text);
  if (!parsed.ok) return usage(`--input is no JSON: ${parsed.why}.`, `Write all of it, for example '${JSON.stringify(call.input)}'.`);
  const tool = builtinTools.find(({ name }) => name === call.tool);
  const invalid = tool === undefined ? null : await validateInput(tool, parsed.value);
  return invalid === null ? { ok: true, value: parsed.value } : usage(invalid, `The call as the model made it: '${JSON.stringify(call.input)}'.`);
}

/** Milliseconds in which a session that is open somewhere takes an answer. */
const patience = 2000;

/** The session is open in another process, which looks into its mailbox while it asks: what came of it. */
async function watch({ question, from }: FoundQuestion, answer: RecordedAnswer, terminal: Terminal): Promise<ExitCode | null> {
  for (const until = systemClock.monotonic() + patience; systemClock.monotonic() < until; await systemClock.sleep(50)) {
    const read = await readQuestions(from.store, question.session);
    const now = read.ok ? read.value.questions.find(({ asking }) => asking === question.asking) : undefined;
    if (now?.decision) {
      if (now.decision.decision.more?.["answeredAt"] === answer.at) return null;
      const said = `${now.decision.decision.verdict === "allow" ? "allowed" : "denied"} where it was asked`;
      return reportError(
        terminal,
        new BosunError("usage", `${question.asking} was ${said} in the same moment, and that was first.`, { next: "`bosun approvals` lists what is open." }),
      );
    }
    if (now?.stands === "over") return reportError(terminal, notOpen(now));
  }
  warn(
    terminal,
    "Another process has the session open and has not taken the answer yet. It is kept, and counts as soon as that process or a later one asks for it.",
  );
  return null;
}

async function done(answer: RecordedAnswer, found: FoundQuestion, answering: Answering): Promise<ExitCode> {
  const { question } = found;
  const verb = answer.verdict === "allow" ? "Allowed" : "Denied";
  const what = redact(visible(`${question.call.tool} ${requestOf(question).subject}`));
  const more = answer.input === undefined ? "" : ", with another input";
  const rule = answer.rule === undefined ? "" : `, and ${visible(answer.rule)} for this ${answer.holds}`;
  await answering.terminal.out(`${verb}${more}: ${what}${rule}.\n`);
  await next(found, answering);
  return exitTable.answered.code;
}

/** What there is to do now. */
async function next({ question, from }: FoundQuestion, { place, terminal }: Answering): Promise<void> {
  const read = await readQuestions(from.store, question.session);
  if (!read.ok) return;
  const { questions, state } = read.value;
  if (questions.find(({ asking }) => asking === question.asking)?.stands === "over") return warn(terminal, "The session has gone on with it.");
  const open = questions.filter(({ stands }) => stands === "open").map(({ asking }) => asking);
  if (open.length > 0) warn(terminal, `It waits for ${open.length === 1 ? "one more answer" : `${open.length} more answers`}: ${open.join(", ")}.`);
  const where = state.root === place.root ? "" : `--cwd ${JSON.stringify(state.cwd)} `;
  warn(terminal, plain(`Go on with: bosun ${where}--resume ${question.session} -p`));
}

const usage = (says: string, next: string): Outcome<never> => ({ ok: false, error: new BosunError("usage", says, { next }) });
