// A decision and the effects it was about, as rows. Redacted and capped: a command of a megabyte is shown by its beginning.
import { redact } from "../base/index.ts";
import { type Decision, type EffectFact, type Reason, reasonWords } from "../permissions/index.ts";
import type { Intent } from "../workflow/index.ts";
import type { Entry } from "./entry.ts";

export interface DecisionRow {
  readonly seq: number;
  readonly ts: number;
  readonly step: string;
  readonly call: string;
  readonly tool: string;
  readonly subject: string;
  readonly effect: string | null;
  /** In words, shortened. */
  readonly effects: string;
  readonly verdict: string;
  readonly by: string;
  readonly why: string;
  /** The rule that decided, with where it stands. */
  readonly rule: string | null;
  readonly check: number | null;
  readonly span: { readonly start: number; readonly end: number } | null;
  readonly askedBy: string | null;
  /** Why it had to be asked; null: it did not. */
  readonly asked: string | null;
  /** The user of the machine who answered from another process. */
  readonly answeredBy: string | null;
  readonly mode: string;
  readonly holds: string;
  /** The rule that the answer granted. */
  readonly granted: string | null;
  readonly milliseconds: number;
  readonly judged: number | null;
  /** Names of agents, from the top one, with " > " between them. */
  readonly agents: string;
  readonly tier: string;
  /** Which plugin or skill the tool is of. */
  readonly origin: string | null;
  readonly profile: string | null;
  readonly sandbox: string | null;
  readonly classifier: {
    readonly model: string;
    readonly outcome: string;
    readonly says: string;
    readonly risk: string | null;
    readonly usd: number;
    readonly milliseconds: number;
  } | null;
}

export interface EffectRow {
  readonly seq: number;
  readonly ts: number;
  readonly step: string;
  readonly call: string;
  readonly tool: string;
  readonly stage: "foreseen" | "intent";
  readonly kind: string;
  readonly path: string | null;
  readonly says: string | null;
  readonly deep: boolean;
  readonly outside: boolean;
  readonly before: string | null;
  readonly after: string | null;
  readonly span: { readonly start: number; readonly end: number } | null;
}

const longestText = 2000;
const longestName = 400;
/** Rows for one call; a command that touches more is known by these. */
const mostEffects = 64;

/** Redacted and at most `most` characters long, with how long it was. Of a long text only the beginning is looked at. */
export function shownOf(text: string, most: number): string {
  const looked = Math.max(20 * most, 16 * 1024);
  if (text.length <= looked) return shorten(redact(text), most);
  // what the cut went through might be the beginning of a secret
  const clean = redact(text.slice(0, looked)).slice(0, -1024);
  return shorten(clean, Math.min(most, clean.length), text.length);
}

/** Cut between characters, with how long it was. */
export function shorten(text: string, most: number, length = text.length): string {
  if (length <= most) return text;
  const cut = text.slice(0, most);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}… (${length} characters)`;
}

const name = (text: string): string => shownOf(text, longestName);
const spanOf = (reason: Reason) => ("span" in reason && reason.span !== undefined ? { start: reason.span.start, end: reason.span.end } : null);

export function decisionRow(entry: Extract<Entry, { readonly type: "decision" }>): DecisionRow {
  const { decision, seq, ts, step } = entry;
  const { call, tool, reason, asked, mode, holds, took, source, classifier } = decision;
  return {
    seq,
    ts,
    step,
    call: name(call),
    tool: name(tool),
    subject: shownOf(decision.subject, longestText),
    effect: decision.effect ?? null,
    effects: effectWords(decision),
    verdict: decision.verdict,
    by: reason.by,
    why: shownOf(reasonWords(reason), longestText),
    rule: reason.by === "rule" ? name(`${reason.rule} (${reason.source})`) : null,
    check: reason.by === "shell-check" ? reason.check : null,
    span: spanOf(reason),
    askedBy: asked?.by ?? null,
    asked: asked ? shownOf(reasonWords(asked), longestText) : null,
    answeredBy: typeof decision.more?.["answeredBy"] === "string" ? name(decision.more["answeredBy"]) : null,
    mode,
    holds,
    granted: decision.rule === undefined ? null : name(decision.rule),
    milliseconds: Math.round(took),
    judged: decision.judged ?? null,
    agents: name((decision.agents ?? []).join(" > ")),
    tier: source?.tier ?? "builtin",
    origin: source === undefined || source.tier === "builtin" ? null : name(source.tier === "plugin" ? source.id : source.path),
    profile: decision.profile ?? null,
    sandbox: decision.sandbox === undefined ? null : name(decision.sandbox),
    classifier: classifier === undefined ? null : classifierRow(classifier),
  };
}

const classifierRow = ({ model, outcome, says, risk, usd, milliseconds }: NonNullable<Decision["classifier"]>) => ({
  model: name(model),
  outcome,
  says: shownOf(says, longestText),
  risk: risk ?? null,
  usd,
  milliseconds: Math.round(milliseconds),
});

/** "reads a.txt; writes b.txt" */
function effectWords({ facts, effect }: Decision): string {
  const found = facts.effects ?? [];
  const words =
    found.length > 0
      ? found.slice(0, mostEffects).map(({ kind, path, says }) => [kind, path ?? says ?? ""].join(" ").trim())
      : facts.paths.slice(0, mostEffects).map(({ real }) => `${kindOf(effect)} ${real}`);
  const more = (facts.moreEffects ?? 0) + Math.max(0, found.length - mostEffects);
  return shownOf(
    [...words, ...(facts.domains ?? []).slice(0, mostEffects).map((host) => `network ${host}`), ...(more > 0 ? [`${more} more`] : [])].join("; "),
    longestText,
  );
}

const kindOf = (effect: Decision["effect"]): string =>
  effect === "write" ? "writes" : effect === "read" || effect === "none" || effect === undefined ? "reads" : effect === "execute" ? "runs" : effect;

/** What was found that the call would do. */
export function foreseenRows(entry: Extract<Entry, { readonly type: "decision" }>): readonly EffectRow[] {
  const { seq, ts, step, decision } = entry;
  const base = { seq, ts, step, call: name(decision.call), tool: name(decision.tool), stage: "foreseen" as const, before: null, after: null };
  const { facts } = decision;
  const effects = (facts.effects ?? []).map((effect) => ({ ...base, ...effectPlace(effect) }));
  const paths =
    effects.length > 0
      ? []
      : facts.paths.map((path) => ({
          ...base,
          kind: kindOf(decision.effect),
          path: name(path.real),
          says: null,
          deep: false,
          outside: !path.inside,
          span: null,
        }));
  const hosts =
    effects.length > 0 ? [] : facts.domains.map((host) => ({ ...base, kind: "network", path: null, says: name(host), deep: false, outside: true, span: null }));
  return [...effects, ...paths, ...hosts].slice(0, mostEffects);
}

const effectPlace = ({ kind, path, says, deep, outside, span }: EffectFact) => ({
  kind,
  path: path === undefined ? null : name(path),
  says: says === undefined ? null : name(says),
  deep: deep === true,
  outside: outside === true,
  span: { start: span.start, end: span.end },
});

/** The files that an intent says it will change. */
export function intentRows(
  at: Pick<EffectRow, "seq" | "ts" | "step" | "call" | "tool">,
  { before, after, writes, class: group }: Intent,
): readonly EffectRow[] {
  if (group !== "file" && group !== "shell") return [];
  const base = { ...at, stage: "intent" as const, kind: "writes", says: null, deep: false, outside: false, span: null };
  const hashAfter = new Map((after ?? []).map((state) => [state.path, state.sha256]));
  const files = before.map((state) => ({ ...base, path: name(state.path), before: state.sha256, after: hashAfter.get(state.path) ?? null }));
  const known = new Set(before.map((state) => state.path));
  const more = (writes ?? []).flatMap((path) => (path === null || known.has(path) ? [] : [{ ...base, path: name(path), before: null, after: null }]));
  return [...files, ...more].slice(0, mostEffects);
}
