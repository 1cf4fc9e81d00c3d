// `bosun policy test`: past calls judged by other rules. Reads journals, writes nothing.
import { type Json, type Outcome, redact, redactJson, systemClock } from "../../base/index.ts";
import { nodeDisk } from "../../exec/index.ts";
import { findPlace, type Place, version } from "../../index.ts";
import { judge, type Ruling, reasonInWords } from "../../permissions/index.ts";
import { createFileStore, type FoundSession, findSession, listAllSessions, projectSlug, type RecordedCall, readRecordedCalls } from "../../session/index.ts";
import { builtinTools } from "../../tools/index.ts";
import type { Arguments } from "../arguments.ts";
import { usage } from "../audit-index.ts";
import { type ExitCode, exitTable } from "../exit.ts";
import { readTime } from "../given-time.ts";
import type { Options } from "../option-table.ts";
import { type OtherPolicy, readOtherPolicy } from "../other-policy.ts";
import { reportError, warn } from "../report.ts";
import type { Terminal } from "../terminal.ts";
import { clip, columns, oneLine, visible } from "../text.ts";

const verdicts = ["allow", "ask", "deny"] as const;
type Verdict = (typeof verdicts)[number];
type Matrix = Readonly<Record<Verdict, Record<Verdict, number>>>;
interface Changed {
  readonly recorded: RecordedCall;
  readonly ruling: Ruling;
}
interface Outlook {
  readonly matrix: Matrix;
  readonly changed: readonly Changed[];
  /** Calls of which is not recorded what their tool may do. */
  readonly skipped: number;
  readonly sessions: number;
}

/** Changed calls that a person is shown. */
const mostShown = 50;

export async function run({ words, options }: Arguments, terminal: Terminal): Promise<ExitCode> {
  const place = findPlace(options.cwd === undefined ? {} : { cwd: options.cwd }, terminal.environment);
  if (!place.ok) return reportError(terminal, place.error);
  if (words[0] !== "test" || words.length > 1 || options.policy === undefined)
    return reportError(terminal, usage(`"policy ${words.join(" ")}" can't be understood.`, "Write `bosun policy test --policy FILE`."));
  const policy = await readOtherPolicy(options.policy, place.value.cwd);
  if (!policy.ok) return reportError(terminal, policy.error);
  const since = options.since === undefined ? null : readTime(options.since, "--since", systemClock.now());
  if (since && !since.ok) return reportError(terminal, since.error);
  const sessions = await choose(place.value, options);
  if (!sessions.ok) return reportError(terminal, sessions.error);
  const outlook = await judgeAgain(sessions.value, policy.value, since?.value ?? 0, terminal);
  if (options.json === true) await terminal.outJson(inJson(options.policy, outlook));
  else await terminal.out(inWords(outlook));
  if (outlook.skipped > 0) warn(terminal, `${outlook.skipped} calls are left out: it is not recorded what their tools may do.`);
  if (total(outlook.matrix) === 0)
    warn(
      terminal,
      options.all === true ? "There are no recorded calls." : "There are no recorded calls of this project here; --all takes those of all projects.",
    );
  return exitTable.answered.code;
}

async function choose(place: Place, { session, project, all }: Options): Promise<Outcome<readonly FoundSession[]>> {
  if ([session, project, all].filter((one) => one !== undefined).length > 1)
    return { ok: false, error: usage("--session, --project and --all exclude each other.", "Give one of them.") };
  if (session !== undefined) {
    const found = await findSession(place.home, session, place.sessionsFolder);
    return found.ok ? { ok: true, value: [found.value] } : found;
  }
  const slug = project === undefined ? projectSlug(place.root) : project.includes("/") ? projectSlug(project) : project;
  const found = (await listAllSessions(place.home)).filter((one) => all === true || one.project === slug || one.project.replace(/-[0-9a-f]{10}$/, "") === slug);
  return { ok: true, value: found.toSorted((left, right) => (left.session < right.session ? -1 : 1)) };
}

async function judgeAgain(sessions: readonly FoundSession[], policy: OtherPolicy, since: number, terminal: Terminal): Promise<Outlook> {
  const matrix: Matrix = { allow: { allow: 0, ask: 0, deny: 0 }, ask: { allow: 0, ask: 0, deny: 0 }, deny: { allow: 0, ask: 0, deny: 0 } };
  const changed: Changed[] = [];
  let skipped = 0;
  for (const one of sessions) {
    const store = createFileStore({ disk: nodeDisk, clock: systemClock, folder: one.projectFolder, version });
    const recorded = await readRecordedCalls(store, one.session, since);
    if (!recorded.ok) {
      warn(terminal, `${one.session} is left out: ${recorded.error.says}`);
      continue;
    }
    for (const call of recorded.value) {
      const ruling = rulingOn(call, policy);
      if (ruling === null) {
        skipped += 1;
        continue;
      }
      matrix[call.before][ruling.verdict] += 1;
      if (ruling.verdict !== call.before) changed.push({ recorded: call, ruling });
    }
  }
  return { matrix, changed, skipped, sessions: sessions.length };
}

/** Null: it is not known what the tool may do. */
function rulingOn(recorded: RecordedCall, policy: OtherPolicy): Ruling | null {
  const { call, facts, subject, root, mode } = recorded;
  const builtin = builtinTools.find(({ name }) => name === call.tool);
  const effect = recorded.effect ?? builtin?.effect;
  const source = recorded.source ?? builtin?.source;
  return effect === undefined || source === undefined ? null : judge({ call, effect, source, subject, facts }, policy.at(root || facts.root || "/", mode));
}

const total = (matrix: Matrix): number => verdicts.reduce((sum, from) => sum + verdicts.reduce((row, to) => row + matrix[from][to], 0), 0);
const reasonOf = (ruling: Ruling) => (ruling.verdict === "ask" ? ruling.because : ruling.reason);

function inJson(file: string, { matrix, changed, skipped, sessions }: Outlook): Json {
  return redactJson({
    policy: file,
    sessions,
    calls: total(matrix),
    skipped,
    matrix: matrix as unknown as Json,
    changed: changed.map(({ recorded: { session, seq, ts, step, call, subject, mode, before, because, decided }, ruling }) => ({
      session,
      seq,
      at: new Date(ts).toISOString(),
      step,
      call: call.id,
      tool: call.tool,
      subject: subject.slice(0, 4000),
      mode,
      before,
      decided,
      was: because === null ? "" : reasonInWords(because),
      after: ruling.verdict,
      because: reasonInWords(reasonOf(ruling)),
    })),
  } as unknown as Json);
}

const past: Readonly<Record<Verdict, string>> = { allow: "was allowed", ask: "was asked for", deny: "was denied" };
const now: Readonly<Record<Verdict, string>> = { allow: "now allowed", ask: "now asked for", deny: "now denied" };

function inWords({ matrix, changed, sessions }: Outlook): string {
  const lines = [`${total(matrix)} recorded calls of ${sessions} ${sessions === 1 ? "session" : "sessions"}, by the other rules:`, ""];
  lines.push(
    ...columns([["", ...verdicts.map((to) => now[to])], ...verdicts.map((from) => [past[from], ...verdicts.map((to) => String(matrix[from][to]))])])
      .trimEnd()
      .split("\n"),
    "",
  );
  if (changed.length === 0) lines.push("Nothing changes.");
  for (const { recorded, ruling } of changed.slice(0, mostShown)) {
    const { call, subject, before, session, because } = recorded;
    lines.push(`${past[before]}, ${now[ruling.verdict]}: ${call.tool} ${clip(oneLine(visible(redact(subject.slice(0, 4000)))), 100)}`);
    lines.push(`  now: ${clip(oneLine(redact(reasonInWords(reasonOf(ruling)))), 140)}`);
    if (because !== null) lines.push(`  was: ${clip(oneLine(redact(reasonInWords(because))), 140)}`);
    lines.push(`  ${session} ${call.id}`);
  }
  if (changed.length > mostShown) lines.push(`and ${changed.length - mostShown} more; --json lists all.`);
  return lines.map((line) => `${visible(line)}\n`).join("");
}
