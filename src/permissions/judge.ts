// The judge: a request and a policy in, a ruling out. Pure, total, deterministic.
//
// Owns: the order of what decides. Calls: rules, tiers; looks at nothing but its arguments.
// Invariants
//  U1  Deny wins: no rule, mode or ceiling allows what a deny rule matches, on the asked path or the real one, on any
//      command of a compound, as far as it can be heard.
//  U2  An allow rule allows a call only if every path, command and host of it is matched by some allow rule.
//      What is not understood is matched by none but a rule for the whole tool ("bash"), and not by that one where a
//      deny or ask rule might have matched, had it been understood.
//  U3  A deny rule more never makes a ruling milder: allow, ask, deny only go up.
//  U4  Mode `plan` allows effects "none" and "read", nothing else, whatever the rules say.
//  U5  A protected file is changed only by a person's word: rules and modes, `bypass` included, ask.
//  U6  Mode `unattended` never gives "ask" unless the policy says "await".
//  U7  The tier is a ceiling: what a tool says of itself allows nothing its tier doesn't.
import type { CommandFact, Mode, PathFact, Reason, Request, Ruling, Span } from "./decision.ts";
import type { Policy } from "./policy.ts";
import { secretReason } from "./protected.ts";
import { matchesCommand, matchesDomain, matchesPath, type PathName, pathName, type Rule, speaksOf } from "./rules.ts";
import { ceilings } from "./tiers.ts";

const deny = (reason: Reason): Ruling => ({ verdict: "deny", reason });
const allow = (reason: Reason): Ruling => ({ verdict: "allow", reason });
const ask = (because: Reason): Ruling => ({ verdict: "ask", because });

export function judge(request: Request, policy: Omit<Policy, "grant">): Ruling {
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
  if (mode === "plan" && request.effect !== "none" && request.effect !== "read") {
    return deny({ by: "mode", mode, says: "this session plans: it reads, and changes and runs nothing" });
  }
  const stop = request.effect === "write" ? protectedPath(request) : null;
  if (stop !== null) return ask(stop);
  const fog = unclear(request, policy);
  if (fog !== null) return ask(fog);
  const asked = firstRefusal(rules.ask, request);
  if (asked !== null) return ask(asked);
  const granted = ceiling.allowedBy.includes("rule") ? allowedByRules(rules.allow, request) : null;
  if (granted !== null) return allow(granted);
  return byMode(request, mode, ceiling.allowedBy);
}

/** The first deny or ask rule that matches any part of the call. */
function firstRefusal(rules: readonly Rule[], request: Request): Reason | null {
  const commands = [...(request.facts.commands ?? []), ...(request.facts.heard ?? [])];
  const names = request.facts.paths.flatMap(namesOf);
  for (const rule of rules) {
    if (!speaksOf(rule, request.call.tool, request.effect)) continue;
    const match = refuses(rule, commands, names, request.facts.domains);
    if (match !== null) return { by: "rule", rule: rule.text, source: rule.source, ...(match.span === undefined ? {} : { span: match.span }) };
  }
  return null;
}

function refuses(rule: Rule, commands: readonly CommandFact[], names: readonly PathName[], domains: readonly string[]): { readonly span?: Span } | null {
  if (rule.specifier === null) return {};
  const command = commands.find(({ words }) => matchesCommand(rule, words));
  if (command !== undefined) return { span: command.span };
  return names.some((name) => matchesPath(rule, name)) || domains.some((domain) => matchesDomain(rule, domain)) ? {} : null;
}

const namesOf = ({ real, absolute }: PathFact): readonly PathName[] =>
  absolute === undefined || absolute === real ? [pathName(real)] : [pathName(real), pathName(absolute)];

function protectedPath({ facts }: Request): Reason | null {
  const path = facts.paths.find((each) => each.protected !== null);
  return path === undefined ? null : { by: "fact", says: `${path.asked} is protected (${path.protected}): only a person's word changes it` };
}

/** What is not understood asks, unless a rule names the whole tool; in `bypass` only if some deny or ask rule might have matched, had it been understood. */
function unclear({ call, effect, facts }: Request, { mode, rules }: Pick<Policy, "mode" | "rules">): Reason | null {
  if (facts.unclear === undefined && facts.commands !== null) return null;
  const mightMatch = [...rules.deny, ...rules.ask].some((rule) => speaksOf(rule, call.tool, effect));
  if (!mightMatch && (mode === "bypass" || wholeTool(rules.allow, call.tool) !== undefined)) return null;
  const span = facts.unclearAt === undefined ? {} : { span: facts.unclearAt };
  return { by: "fact", says: facts.unclear ?? "the command is not understood", ...span };
}

/** The reason when every part of the call is matched by some allow rule, else null. */
function allowedByRules(rules: readonly Rule[], request: Request): Reason | null {
  const { facts } = request;
  const own = rules.filter((rule) => speaksOf(rule, request.call.tool, request.effect));
  if (own.length === 0) return null;
  if (facts.commands === null || facts.unclear !== undefined) {
    const isText = facts.commands === null && facts.unclearAt !== undefined && request.effect === "execute";
    const whole = isText ? wholeTool(own, request.call.tool) : undefined;
    return whole === undefined ? null : { by: "rule", rule: whole.text, source: whole.source };
  }
  const found: (Rule | undefined)[] = [];
  for (const { words } of facts.commands) found.push(own.find((rule) => matchesCommand(rule, words)));
  for (const path of facts.paths) {
    const name = pathName(path.real);
    found.push(own.find((rule) => matchesPath(rule, name) && opens(rule, path)));
  }
  for (const domain of facts.domains) found.push(own.find((rule) => matchesDomain(rule, domain)));
  if (found.length === 0) found.push(own.find((rule) => rule.specifier === null));
  const used = new Set(found);
  if (used.has(undefined)) return null;
  const all = (pick: (rule: Rule) => string) => [...new Set([...used].map((rule) => pick(rule as Rule)))].join(" + ");
  return { by: "rule", rule: all((rule) => rule.text), source: all((rule) => rule.source) };
}

/** The rule that allows everything a tool can do: its bare name. */
const wholeTool = (rules: readonly Rule[], tool: string): Rule | undefined => rules.find((rule) => rule.specifier === null && rule.tool === tool);

/** A secret is opened by a rule that itself names secrets ("read(.env.test)"), not by one that happens to cover it ("read(**)"). */
function opens(rule: Rule, path: PathFact): boolean {
  if ((path.secret ?? null) === null) return true;
  return rule.specifier?.kind === "path" && secretReason(`/${rule.specifier.text.replace(/^[~/]+/, "")}`, { home: "/", root: "/" }) !== null;
}

function byMode(request: Request, mode: Mode, allowedBy: readonly string[]): Ruling {
  if (mode === "bypass" && allowedBy.includes("bypass")) {
    return allow({ by: "mode", mode, says: "bypass: nothing is asked in this session but for protected files and what rules name" });
  }
  const why = whyAsk(request, mode);
  if (!allowedBy.includes("mode"))
    return ask(why ?? { by: "tier", tier: request.source.tier, says: `what a ${request.source.tier}'s tool says of itself allows nothing` });
  return why === null ? allow({ by: "mode", mode, says: modeSays(request) }) : ask(why);
}

const modeSays = ({ effect }: Request): string =>
  effect === "none" ? "it touches nothing but the session's own books" : effect === "read" ? "it reads inside the project" : "it edits inside the project";

/** Why the mode alone doesn't allow it; null when it does. */
function whyAsk({ effect, facts }: Request, mode: Mode): Reason | null {
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
      return { by: "mode", mode, says: "running a program is asked for unless a rule allows it" };
    case "network":
      return { by: "mode", mode, says: "sending something out is asked for unless a rule allows it" };
    case "agent":
      return { by: "mode", mode, says: "handing work to another agent is asked for unless a rule allows it" };
  }
}

/** One clause for people and models: why. */
export function reasonInWords(reason: Reason): string {
  switch (reason.by) {
    case "rule":
      return `the rule ${reason.rule} (${reason.source})`;
    case "mode":
      return `${reason.says} (mode ${reason.mode})`;
    case "tier":
    case "pool":
    case "fact":
      return reason.says;
    case "shell-check":
      return `${reason.says} (check ${reason.check})`;
    case "classifier":
      return `${reason.says} (classifier ${reason.model})`;
    case "person":
    case "coordinator":
    case "worker":
      return reason.says ?? `the ${reason.by} decided`;
  }
}
