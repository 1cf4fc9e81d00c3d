// The judge: a request and a policy in, a ruling out. Pure, total, deterministic.
//
// Owns: the order of what decides. Calls: rules, tiers; looks at nothing but its arguments.
// Invariants
//  U1  Deny wins: no rule, mode or ceiling allows what a deny rule matches, on the asked path or the real one, on any
//      command of a compound, as far as it can be heard.
//  U2  An allow rule allows a call only if every path, command and host of it is matched by some allow rule; a command of
//      which the analysis found that it only reads needs none.
//      What is not understood is matched by none but a rule for the whole tool ("bash"), and not by that one where a
//      deny or ask rule might have matched, had it been understood.
//  U3  A deny or ask rule more never makes a ruling milder: allow, ask, deny only go up.
//  U4  Mode `plan` allows effects "none" and "read", and commands that are proved to read, nothing else, whatever the rules say.
//  U5  A protected file is changed only by a person's word: rules and modes, `bypass` included, ask. In commands, settings may say otherwise.
//  U6  Mode `unattended` never gives "ask" unless the policy says "await".
//  U7  The tier is a ceiling: what a tool says of itself allows nothing its tier doesn't.
//  U8  A command is proved if it was analysed, understood and nothing was found; what a deny or ask rule matches or might match is never allowed for that.
//  U9  A rule allows a command only if it answers for every finding: see FindingFact. What must never run is denied in every mode.
//  U10 What runs within another's authority is never judged milder than by that other's own policy.
//  U11 An ask rule is overcome only by allow rules of stronger sources, which alone allow the whole call; at the same strength asking wins.
import type { CommandFact, EffectFact, Facts, FindingFact, Mode, PathFact, Reason, Request, Ruling, Span } from "./decision.ts";
import type { Policy } from "./policy.ts";
import { secretReason } from "./protected.ts";
import { effectOf, rankOf, relevantTo } from "./rule-index.ts";
import {
  matchesCommand,
  matchesDomain,
  matchesName,
  matchesPath,
  mightMatch,
  namesBelow,
  namesTool,
  type PathName,
  pathName,
  type Rule,
  spellsOut,
} from "./rules.ts";
import { ceilings } from "./tiers.ts";

const deny = (reason: Reason): Ruling => ({ verdict: "deny", reason });
const allow = (reason: Reason): Ruling => ({ verdict: "allow", reason });
const ask = (because: Reason): Extract<Ruling, { readonly verdict: "ask" }> => ({ verdict: "ask", because });

export function judge(request: Request, policy: Omit<Policy, "grant">): Ruling {
  const own = judgeAlone(request, policy);
  return policy.within === undefined ? own : stricter(judge(request, policy.within), own);
}

const severity: Readonly<Record<Ruling["verdict"], number>> = { allow: 0, ask: 1, deny: 2 };

/** U10 */
function stricter(outer: Ruling, own: Ruling): Ruling {
  if (severity[outer.verdict] !== severity[own.verdict]) return severity[outer.verdict] > severity[own.verdict] ? outer : own;
  // left open to a classifier only where both leave it open
  return outer.verdict === "ask" && outer.classifier === undefined ? outer : own;
}

function judgeAlone(request: Request, policy: Omit<Policy, "grant">): Ruling {
  const ruling = decide(request, policy);
  if (ruling.verdict !== "ask" || policy.mode !== "unattended" || policy.onUnattendedAsk === "await") return ruling;
  return deny({ by: "mode", mode: "unattended", says: `nobody is there to be asked, and this has to be asked: ${reasonInWords(ruling.because)}` });
}

function decide(request: Request, policy: Omit<Policy, "grant">): Ruling {
  const { mode, rules } = policy;
  const tool = request.call.tool;
  const ceiling = ceilings[request.source.tier];
  if (policy.pool !== undefined && !policy.pool.has(tool)) return deny({ by: "pool", says: `the tool "${tool}" is not part of this session` });
  if (!ceiling.effects.includes(request.effect))
    return deny({ by: "tier", tier: request.source.tier, says: `a ${request.source.tier}'s tool can't have the effect "${request.effect}"` });
  const denied = firstRefusal(rules.deny, request);
  if (denied !== null) return deny(denied);
  const standing = standingFindings(request, policy);
  const refused = standing.find(({ kind, class: group }) => kind === "never" || (group !== undefined && policy.classes?.[group] === "deny"));
  if (refused !== undefined) return deny(checkReason(refused));
  const proved = isProved(request, standing);
  if (mode === "plan" && request.effect !== "none" && request.effect !== "read" && !proved) {
    return deny({ by: "mode", mode, says: "this session plans: it reads, and changes and runs nothing" });
  }
  const guarded = standing.find((finding) => finding.class === "protected");
  const changes = request.effect !== "none" && request.effect !== "read";
  const stop = (changes ? protectedPath(request) : null) ?? (guarded === undefined ? null : checkReason(guarded));
  if (stop !== null) return ask(stop);
  const fog = fogOf(request, standing);
  if (fog !== null && fogAsks(request, policy)) return ask(fog);
  const byRule = ceiling.allowedBy.includes("rule");
  const asked = askedBy(request, policy);
  if (asked !== null) {
    const overcome = byRule && asked.rank > 0 ? allowedByRules(request, policy, standing, fog, asked.rank) : null;
    return overcome === null ? ask(asked.reason) : allow(overcome);
  }
  const granted = byRule ? allowedByRules(request, policy, standing, fog) : null;
  if (granted !== null) return allow(granted);
  if (proved && ceiling.allowedBy.includes("mode")) return allow({ by: "analysis", says: "it only reads, inside the project" });
  return byMode(request, mode, ceiling.allowedBy, standing);
}

/** Findings but for those that settings have settled. */
function standingFindings({ facts }: Request, { classes, allowChecks }: Pick<Policy, "classes" | "allowChecks">): readonly FindingFact[] {
  const kept = (facts.findings ?? []).filter(({ class: group }) => group === undefined || classes?.[group] !== "allow");
  return kept.map((finding) => (finding.kind === "never" && allowChecks?.has(finding.check) === true ? { ...finding, kind: "unclear" } : finding));
}

/** Whether it was seen to do nothing but read what anybody's word allows: it can run in a sandbox that shows no more than that. */
export const onlyReads = (request: Request): boolean => isProved(request, request.facts.findings ?? []);

const isProved = ({ effect, facts }: Request, standing: readonly FindingFact[]): boolean =>
  effect === "execute" && facts.findings !== undefined && standing.length === 0 && facts.commands !== null && facts.paths.length + facts.domains.length === 0;

const checkReason = ({ check, says, span }: FindingFact): Reason => ({ by: "shell-check", check, says, span });

/** The first deny rule that matches any part of the call. */
const firstRefusal = (rules: readonly Rule[], request: Request): Reason | null => refusals(rules, request, 1)[0]?.reason ?? null;

interface Refusal {
  readonly reason: Reason;
  /** Of its source. */
  readonly rank: number;
}

/** Deny or ask rules that match any part of the call, in their order. */
function refusals(rules: readonly Rule[], request: Request, most: number): readonly Refusal[] {
  const { facts, call, effect, source } = request;
  const relevant = relevantTo(rules, call.tool, effect).all;
  if (relevant.length === 0) return [];
  // whatever a plugin says that it does with a file, rules on reading and on editing it refuse that
  const isClaim = source.tier !== "builtin";
  const commands = [...(facts.commands ?? []), ...(facts.heard ?? [])];
  const names = facts.paths.flatMap(namesOf);
  const found: Refusal[] = [];
  for (const { rule, speaks } of relevant) {
    const match = speaks ? refuses(rule, commands, names, facts) : isClaim && names.some((name) => matchesPath(rule, name)) ? {} : refusesEffect(rule, request);
    if (match !== null) found.push({ rank: rankOf(rule), reason: reasonOf(rule, match.span) });
    if (found.length === most) break;
  }
  return found;
}

const reasonOf = (rule: Rule, span: Span | undefined): Reason => ({
  by: "rule",
  rule: rule.text,
  source: rule.source,
  ...(span === undefined ? {} : { span }),
});

/** The strongest ask rule that matches or might; what a deny rule might match is asked whatever allows it. */
function askedBy(request: Request, { rules }: Pick<Policy, "rules">): Refusal | null {
  const matching = strongest(refusals(rules.ask, request, Number.POSITIVE_INFINITY));
  const [undeniable] = doubts(rules.deny, request);
  if (undeniable !== undefined) return { reason: matching?.reason ?? undeniable.reason, rank: 0 };
  const possible = strongest(doubts(rules.ask, request));
  return possible === null || (matching !== null && matching.rank <= possible.rank) ? matching : possible;
}

const strongest = (found: readonly Refusal[]): Refusal | null =>
  found.reduce<Refusal | null>((best, each) => (best === null || each.rank < best.rank ? each : best), null);

function refuses(rule: Rule, commands: readonly CommandFact[], paths: readonly PathName[], { domains, names = [] }: Facts): { readonly span?: Span } | null {
  if (rule.specifier === null) return {};
  const command = commands.find(({ words }) => matchesCommand(rule, words));
  if (command !== undefined) return { span: command.span };
  const matches =
    paths.some((path) => matchesPath(rule, path)) || domains.some((domain) => matchesDomain(rule, domain)) || names.some((name) => matchesName(rule, name));
  return matches ? {} : null;
}

/** Rules on files speak of what a command reads and writes too, as far as that is known. */
function refusesEffect(rule: Rule, { facts }: Request): { readonly span?: Span } | null {
  const kind = effectOf(rule);
  if (kind === null) return null;
  const found = (facts.effects ?? []).find((effect) => {
    if (effect.path === undefined || effect.kind !== kind || effect.what === "names") return false;
    const name = pathName(effect.path);
    return matchesPath(rule, name) || (effect.deep === true && namesBelow(rule, name));
  });
  return found === undefined ? null : { span: found.span };
}

/** The deny or ask rules that might match, depending on what is known only when it runs. */
function doubts(rules: readonly Rule[], { call, effect, facts }: Request): readonly Refusal[] {
  const hidden = (facts.moreEffects ?? 0) > 0;
  const open = facts.commands?.filter((command) => (command.open ?? []).length > 0) ?? [];
  if (!hidden && open.length === 0) return [];
  return relevantTo(rules, call.tool, effect).all.flatMap(({ rule, speaks }): readonly Refusal[] => {
    const command = speaks ? open.find(({ words, open: places = [] }) => mightMatch(rule, words, places)) : undefined;
    return command === undefined && !(hidden && effectOf(rule) !== null) ? [] : [{ rank: rankOf(rule), reason: reasonOf(rule, command?.span) }];
  });
}

const namesOf = ({ real, absolute }: PathFact): readonly PathName[] =>
  absolute === undefined || absolute === real ? [pathName(real)] : [pathName(real), pathName(absolute)];

function protectedPath({ facts }: Request): Reason | null {
  const path = facts.paths.find((each) => each.protected !== null);
  return path === undefined ? null : { by: "fact", says: `${path.asked} is protected (${path.protected}): only a person's word changes it` };
}

/** Why it is not understood; null when it is. */
function fogOf({ facts }: Request, standing: readonly FindingFact[]): Reason | null {
  // no text to be read at all: a matter of the call, which no rule on commands speaks of
  if (facts.unclear !== undefined && facts.unclearAt === undefined) return { by: "fact", says: facts.unclear };
  const unclear = standing.find(({ kind }) => kind === "unclear");
  if (unclear !== undefined) return checkReason(unclear);
  if (facts.commands !== null && (facts.unclear === undefined || facts.findings?.some(({ kind }) => kind === "unclear"))) return null;
  return { by: "fact", says: facts.unclear ?? "the command is not understood", ...(facts.unclearAt === undefined ? {} : { span: facts.unclearAt }) };
}

/**
 * What is not understood asks, unless a rule names the whole tool; in `bypass` only if some deny or ask rule might have matched,
 * had it been understood. An ask rule of a weaker source than the one for the whole tool does not count.
 */
function fogAsks({ call, effect }: Request, { mode, rules }: Pick<Policy, "mode" | "rules">): boolean {
  if (relevantTo(rules.deny, call.tool, effect).own.length > 0) return true;
  const asking = relevantTo(rules.ask, call.tool, effect).own;
  if (asking.length === 0 && mode === "bypass") return false;
  const rank = Math.min(...asking.map(rankOf));
  return wholeTool(above(relevantTo(rules.allow, call.tool, effect).own, rank), call.tool) === undefined;
}

/** Those of sources stronger than that. */
const above = (rules: readonly Rule[], rank: number): readonly Rule[] =>
  rank === Number.POSITIVE_INFINITY ? rules : rules.filter((rule) => rankOf(rule) < rank);

/** The reason when every part of the call is matched by some allow rule, else null. `rank`: by rules of stronger sources alone, what needs none included. */
function allowedByRules(
  request: Request,
  { rules }: Pick<Policy, "rules">,
  standing: readonly FindingFact[],
  fog: Reason | null,
  rank: number = Number.POSITIVE_INFINITY,
): Reason | null {
  const { facts, call, effect, source } = request;
  const spoken = above(relevantTo(rules.allow, call.tool, effect).own, rank);
  // "edit(src/**)" speaks of what changes files; that a plugin's tool does no more than that is its own claim
  const own = source.tier === "builtin" ? spoken : spoken.filter((rule) => namesTool(rule, call.tool));
  if (own.length === 0) return null;
  const whole = wholeTool(own, call.tool);
  if (fog !== null) {
    const isText = "span" in fog && fog.span !== undefined && effect === "execute";
    return whole === undefined || !isText ? null : reasonOf(whole, undefined);
  }
  if (whole === undefined && !standing.every((finding) => isAnswered(finding, own, facts.commands ?? []))) return null;
  const found: (Rule | undefined)[] = [];
  const commands = facts.commands ?? [];
  const needs = (_: CommandFact, index: number): boolean => facts.findings === undefined || standing.some(({ command }) => command === index);
  const inNeed = rank === Number.POSITIVE_INFINITY ? commands.filter(needs) : commands;
  for (const { words, open } of inNeed.length === 0 ? commands : inNeed) found.push(own.find((rule) => matchesCommand(rule, words, open)));
  for (const path of facts.paths) {
    const name = pathName(path.real);
    found.push(own.find((rule) => matchesPath(rule, name) && opens(rule, path)));
  }
  for (const domain of facts.domains) found.push(own.find((rule) => matchesDomain(rule, domain)));
  for (const name of facts.names ?? []) found.push(own.find((rule) => matchesName(rule, name)));
  if (found.length === 0) found.push(own.find((rule) => rule.specifier === null));
  const used = new Set(found);
  if (used.has(undefined)) return null;
  const all = (pick: (rule: Rule) => string) => [...new Set([...used].map((rule) => pick(rule as Rule)))].join(" + ");
  return { by: "rule", rule: all((rule) => rule.text), source: all((rule) => rule.source) };
}

/** U9: whether some rule allows the command with what was found in it. */
function isAnswered(finding: FindingFact, rules: readonly Rule[], commands: readonly CommandFact[]): boolean {
  const command = finding.command === undefined ? undefined : commands[finding.command];
  if (command === undefined || finding.kind === "unclear" || finding.kind === "never") return false;
  return rules.some((rule) => matchesCommand(rule, command.words, command.open) && (finding.kind === "effect" || spellsOut(rule, finding.words)));
}

/** The rule that allows everything a tool can do: its bare name. */
const wholeTool = (rules: readonly Rule[], tool: string): Rule | undefined => rules.find((rule) => rule.specifier === null && rule.tool === tool);

/** A secret is opened by a rule that itself names secrets ("read(.env.test)"), not by one that happens to cover it ("read(**)"). */
function opens(rule: Rule, path: PathFact): boolean {
  if ((path.secret ?? null) === null) return true;
  return rule.specifier?.kind === "path" && secretReason(`/${rule.specifier.text.replace(/^[~/]+/, "")}`, { home: "/", root: "/" }) !== null;
}

function byMode(request: Request, mode: Mode, allowedBy: readonly string[], standing: readonly FindingFact[]): Ruling {
  if (mode === "bypass" && allowedBy.includes("bypass")) {
    return allow({ by: "mode", mode, says: "bypass: nothing is asked in this session but for protected files and what rules name" });
  }
  const why = whyAsk(request, mode, standing);
  if (!allowedBy.includes("mode"))
    return ask(why ?? { by: "tier", tier: request.source.tier, says: `what a ${request.source.tier}'s tool says of itself allows nothing` });
  if (why === null) return allow({ by: "mode", mode, says: modeSays(request) });
  return mode === "auto" && isForClassifier(request, standing) ? { ...ask(why), classifier: true } : ask(why);
}

/**
 * Nothing is at stake that only a person may allow: no secret, nothing outside the project, nothing protected, nothing that
 * could not be read. What was not analysed (a program or files that no subject names) may touch any of these.
 */
function isForClassifier({ effect, facts }: Request, standing: readonly FindingFact[]): boolean {
  const { paths, effects = [], unclear, commands, findings, moreEffects = 0 } = facts;
  if (unclear !== undefined || commands === null || moreEffects > 0) return false;
  if (effect === "execute" && findings === undefined) return false;
  if (effect === "write" && paths.length === 0) return false;
  if (paths.some((path) => !path.inside || path.protected !== null || (path.secret ?? null) !== null)) return false;
  if (effects.some(({ kind, outside }) => kind === "writes" && outside === true)) return false;
  return standing.every(({ kind, class: group }) => (kind === "effect" || kind === "option") && group === undefined);
}

const modeSays = ({ effect }: Request): string =>
  effect === "none"
    ? "it touches nothing but the session's own books"
    : effect === "read"
      ? "it reads inside the project"
      : effect === "write"
        ? "it edits inside the project"
        : "it only makes new files inside the project";

/** Why the mode alone doesn't allow it; null when it does. */
function whyAsk(request: Request, mode: Mode, standing: readonly FindingFact[]): Reason | null {
  const { effect, facts } = request;
  const fact = (says: string): Reason => ({ by: "fact", says });
  const outside = facts.paths.find((path) => !path.inside);
  const secret = facts.paths.find((path) => (path.secret ?? null) !== null);
  if (outside !== undefined)
    return fact(outside.real === outside.asked ? `${outside.asked} is outside the project` : `${outside.asked} leads to ${outside.real}, outside the project`);
  if (secret !== undefined) return fact(`${secret.asked} may hold secrets (${secret.secret})`);
  switch (effect) {
    case "none":
      return null;
    case "read":
      return facts.domains.length === 0 && facts.commands?.length === 0 ? null : { by: "mode", mode, says: "no rule allows it" };
    case "write":
      if (mode === "accept-edits" && facts.paths.length > 0) return null;
      return { by: "mode", mode, says: mode === "accept-edits" ? "it doesn't say which files it changes" : "changing files is asked for" };
    case "execute":
      if (mode === "accept-edits" && onlyMakes(request, standing)) return null;
      if (standing[0] !== undefined) return checkReason(standing[0]);
      return { by: "mode", mode, says: "running a program is asked for unless a rule allows it" };
    case "network":
      return { by: "mode", mode, says: "sending something out is asked for unless a rule allows it" };
    case "agent":
      return { by: "mode", mode, says: "handing work to another agent is asked for unless a rule allows it" };
  }
}

/** Programs that make files and folders, and checks of writing into a file. */
const makers: ReadonlySet<string> = new Set(["mkdir", "touch", "cp"]);
const mutation = 73;
const outputs: ReadonlySet<number> = new Set([77, 83]);

/** All that it does beside reading is to make files that are not there yet, inside the project. */
function onlyMakes({ facts }: Request, standing: readonly FindingFact[]): boolean {
  const { effects = [], commands } = facts;
  if (standing.length === 0 || commands === null || (facts.moreEffects ?? 0) > 0) return false;
  const isMaking = ({ check, kind, command }: FindingFact): boolean => {
    const name = command === undefined ? undefined : commands[command]?.words[0];
    return kind === "effect" && (outputs.has(check) || (check === mutation && name !== undefined && makers.has(name)));
  };
  const isHarmless = (effect: EffectFact): boolean => {
    if (effect.kind === "reads" || effect.kind === "repository") return true;
    return effect.kind === "writes" && effect.path !== undefined && effect.exists !== true && effect.outside !== true;
  };
  return standing.every(isMaking) && effects.every(isHarmless) && effects.some(({ kind }) => kind === "writes");
}

/** One clause for people and models: why. Never empty: who gives no reason is named. */
export function reasonInWords(reason: Reason): string {
  const says = "says" in reason && reason.says !== undefined && /[\p{L}\p{N}\p{P}\p{S}]/u.test(reason.says) ? reason.says : `the ${reason.by} decided`;
  switch (reason.by) {
    case "rule":
      return `the rule ${reason.rule} (${reason.source})`;
    case "mode":
      return `${says} (mode ${reason.mode})`;
    case "tier":
    case "pool":
    case "fact":
    case "analysis":
      return says;
    case "shell-check":
      return `${says} (check ${reason.check})`;
    case "classifier":
      return `${says} (classifier ${reason.model})`;
    case "person":
    case "coordinator":
    case "worker":
      return says;
  }
}
