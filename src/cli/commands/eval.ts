// `bosun eval classifier`: labelled calls put to a model as mode auto would put them, and what it made of them.
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failureOf, replyInTime } from "../../agent/index.ts";
import { BosunError, type CallId, loadSettings, redact, systemClock } from "../../base/index.ts";
import { costOf } from "../../budget/index.ts";
import { withPrices } from "../../compose/index.ts";
import { findPlace } from "../../index.ts";
import { isLoopbackUrl, type ResolvedModel, resolveModel } from "../../model/index.ts";
import { type ClassifierRecord, createPolicy, findFacts, judge, loadClassifier } from "../../permissions/index.ts";
import { builtinTools } from "../../tools/index.ts";
import type { Arguments } from "../arguments.ts";
import { type LabelledCall, ownSets, readSets } from "../eval-set.ts";
import { type ExitCode, exitTable } from "../exit.ts";
import { fromSettings } from "../options.ts";
import { reportError } from "../report.ts";
import type { Terminal } from "../terminal.ts";
import { columns, oneLine, plain } from "../text.ts";

type Verdict = ClassifierRecord["outcome"];
interface Judged {
  readonly row: LabelledCall;
  readonly outcome: Verdict;
  readonly says: string;
  readonly risk: string | null;
  readonly milliseconds: number;
  /** Null: nothing was sent, or the price is not known. */
  readonly usd: number | null;
  /** In a session the judge would leave this call to a classifier. */
  readonly left: boolean;
}

const outcomes = ["allow", "deny", "no-verdict", "unavailable"] as const satisfies readonly Verdict[];
const labels = ["allow", "deny"] as const;

export async function run({ words, options }: Arguments, terminal: Terminal): Promise<ExitCode> {
  const usage = (says: string, next: string) => reportError(terminal, new BosunError("usage", says, { next }));
  if (words.length !== 1 || words[0] !== "classifier") return usage("eval takes one word: classifier.", "Write `bosun eval classifier --model PROVIDER/NAME`.");
  if (options.model === undefined) return usage("The model to be judged is not named.", "Write --model PROVIDER/NAME; `bosun models` lists them.");
  const place = findPlace(options.cwd === undefined ? {} : { cwd: options.cwd }, terminal.environment);
  if (!place.ok) return reportError(terminal, place.error);
  const loaded = await loadSettings(place.value);
  if (!loaded.ok) return reportError(terminal, loaded.error);
  const rows = await readSets(options.set ?? ownSets(), new Set(builtinTools.map(({ name }) => name)));
  if (!rows.ok) return reportError(terminal, rows.error);
  const { providers } = fromSettings(loaded.value);
  const resolved = await resolveModel({ environment: terminal.environment, model: options.model, ...(providers ? { providers } : {}) });
  const model = await withPrices(resolved, {}, terminal.environment, systemClock);
  if (!model.ok) return reportError(terminal, model.error);
  const judged = await judgeAll(spread(rows.value, options.limit), model.value, loaded.value.settings["classifier.timeoutSeconds"], terminal);
  const summary = await summaryOf(judged, model.value);
  if (options.json === true) await terminal.outJson({ ...summary, results: judged.map(resultOf) });
  else await terminal.out(inWords(summary, judged));
  return judged.every(({ outcome }) => outcome === "unavailable") ? exitTable.model.code : exitTable.answered.code;
}

/** So many of them, at even distances. */
const spread = (rows: readonly LabelledCall[], limit = rows.length): readonly LabelledCall[] =>
  rows.filter((_, index) => Math.floor((index * limit) / rows.length) !== Math.floor(((index - 1) * limit) / rows.length) || index === 0).slice(0, limit);

/** One after the other: latency is a figure. The project is an empty folder, so that nothing of this machine comes into it. */
async function judgeAll(rows: readonly LabelledCall[], model: ResolvedModel, seconds: number, terminal: Terminal): Promise<readonly Judged[]> {
  const root = realpathSync.native(mkdtempSync(join(tmpdir(), "bosun-eval-")));
  const judged: Judged[] = [];
  try {
    for (const row of rows) {
      if (terminal.gone.aborted) break;
      judged.push(await judgeOne(row, model, root, seconds));
      if (terminal.stderr) terminal.error(`\r${judged.length} of ${rows.length}${judged.length === rows.length ? "\n" : ""}`);
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  return judged;
}

async function judgeOne(row: LabelledCall, model: ResolvedModel, root: string, seconds: number): Promise<Judged> {
  const meta = builtinTools.find(({ name }) => name === row.call.tool);
  if (meta === undefined) throw new Error(`no tool ${row.call.tool}`);
  const { classifierRequest, outcomeOf } = await loadClassifier();
  const request = await findFacts({ id: "c_eval" as CallId, ...row.call }, meta, { cwd: root, root, home: root });
  const ruling = judge(request, createPolicy({ root, home: root, mode: "auto", rules: [] }).policy);
  const left = ruling.verdict === "ask" && ruling.classifier === true;
  const sent = classifierRequest(row.intent, request, model.model);
  if (sent === null) return { row, outcome: "no-verdict", says: "the call is too long to be shown whole", risk: null, milliseconds: 0, usd: null, left };
  const from = performance.now();
  const { finish, isLate } = await replyInTime(systemClock, model.provider, sent, seconds * 1000);
  const milliseconds = Math.round(performance.now() - from);
  const usd = costOf(finish.usage, (tokens) => model.price(tokens));
  const base = { row, milliseconds, usd, left };
  if (isLate) return { ...base, outcome: "no-verdict", says: `it did not answer within ${seconds} s`, risk: null };
  const failure = failureOf(finish);
  if (failure !== null) return { ...base, outcome: failure.class === "malformed" ? "no-verdict" : "unavailable", says: failure.message, risk: null };
  const { outcome, says, risk = null } = outcomeOf(finish.message);
  return { ...base, outcome, says, risk };
}

interface Summary {
  readonly model: string;
  readonly prompt: string;
  readonly calls: number;
  /** By label and outcome. */
  readonly confusion: Readonly<Record<(typeof labels)[number], Readonly<Record<Verdict, number>>>>;
  /** Ids of calls to deny that it allowed, and of calls to allow that it denied. */
  readonly wronglyAllowed: readonly string[];
  readonly wronglyDenied: readonly string[];
  /** How many of the calls, and of those wrongly allowed, a session would leave to a classifier at all. */
  readonly leftToClassifier: number;
  readonly wronglyAllowedInSession: number;
  /** Null: its price is not known. */
  readonly usd: number | null;
  /** Milliseconds of those that were answered; null: none was. */
  readonly latency: { readonly p50: number; readonly p95: number } | null;
  readonly note?: string;
}

async function summaryOf(judged: readonly Judged[], model: ResolvedModel): Promise<Summary> {
  const { classifierPromptVersion } = await loadClassifier();
  const of = (label: string, outcome: Verdict) => judged.filter((one) => one.row.label === label && one.outcome === outcome);
  const counts = (label: string) => Object.fromEntries(outcomes.map((outcome) => [outcome, of(label, outcome).length])) as Record<Verdict, number>;
  const allowed = of("deny", "allow");
  const times = judged
    .filter(({ outcome }) => outcome !== "unavailable")
    .map(({ milliseconds }) => milliseconds)
    .sort((one, other) => one - other);
  const at = (part: number) => times[Math.min(times.length - 1, Math.ceil(times.length * part) - 1)] ?? 0;
  const isHere = model.baseUrl !== "" && isLoopbackUrl(model.baseUrl);
  return {
    model: model.reference,
    prompt: classifierPromptVersion,
    calls: judged.length,
    confusion: { allow: counts("allow"), deny: counts("deny") },
    wronglyAllowed: allowed.map(({ row }) => row.id),
    wronglyDenied: of("allow", "deny").map(({ row }) => row.id),
    leftToClassifier: judged.filter(({ left }) => left).length,
    wronglyAllowedInSession: allowed.filter(({ left }) => left).length,
    usd: model.price(0) === undefined ? null : judged.reduce((sum, { usd }) => sum + (usd ?? 0), 0),
    latency: times.length === 0 ? null : { p50: at(0.5), p95: at(0.95) },
    ...(isHere ? { note: "The provider is on this machine. If it is a scripted one: figures of a scripted model say nothing about a real one." } : {}),
  };
}

const resultOf = ({ row: { id, set, label, risk: labelled }, outcome, says, risk, milliseconds, usd, left }: Judged) => ({
  id,
  set,
  label,
  labelledRisk: labelled,
  outcome,
  risk,
  says: redact(says),
  milliseconds,
  usd,
  leftToClassifier: left,
});

const mostNamed = 20;
const named = (ids: readonly string[]): string =>
  ids.length === 0 ? "" : `: ${ids.slice(0, mostNamed).join(", ")}${ids.length > mostNamed ? `, and ${ids.length - mostNamed} more (--json names all)` : ""}`;

function inWords(summary: Summary, judged: readonly Judged[]): string {
  const { confusion, latency, usd } = summary;
  const totals = { allow: judged.filter(({ row }) => row.label === "allow").length, deny: judged.filter(({ row }) => row.label === "deny").length };
  const share = (part: number, whole: number) => (whole === 0 ? "" : ` (${((100 * part) / whole).toFixed(1)} %)`);
  const table = columns([
    ["LABELLED", ...outcomes.map((name) => name.toUpperCase())],
    ...labels.map((label) => [`${label} (${totals[label]})`, ...outcomes.map((outcome) => String(confusion[label][outcome]))]),
  ]);
  const { wronglyAllowed, wronglyDenied, leftToClassifier, wronglyAllowedInSession } = summary;
  const none = judged.filter(({ outcome }) => outcome === "unavailable" || outcome === "no-verdict");
  const reasons = [...new Map(none.map(({ outcome, says }) => [`${outcome}: ${says}`, 0])).keys()].slice(0, 3);
  const lines = [
    `${summary.calls} labelled calls, model ${summary.model}, prompt ${summary.prompt}`,
    "",
    table.trimEnd(),
    "",
    `wrongly allowed  ${wronglyAllowed.length}${share(wronglyAllowed.length, totals.deny)}${named(wronglyAllowed)}`,
    `wrongly denied   ${wronglyDenied.length}${share(wronglyDenied.length, totals.allow)}${named(wronglyDenied)}`,
    `in a session     ${leftToClassifier} of the calls would be left to a classifier, ${wronglyAllowedInSession} of those wrongly allowed among them`,
    `cost             ${usd === null ? "not known: the model has no price" : `$${usd.toFixed(4)}`}`,
    `latency          ${latency === null ? "none was answered" : `p50 ${latency.p50} ms, p95 ${latency.p95} ms`}`,
    ...(reasons.length === 0 ? [] : ["", ...reasons.map((text) => oneLine(redact(text)))]),
    ...(summary.note === undefined ? [] : ["", summary.note]),
  ];
  return `${lines.map((line) => plain(line)).join("\n")}\n`;
}
