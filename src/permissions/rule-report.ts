// What is wrong with rules that can be read: those that can never match, that another one makes idle, that stand twice.
// Pure but for what it is given to look at the disk with. A remark is never an error: such rules harm nobody but who relies on them.
//
// Invariant
//  P1  What is said is certain: a rule of which it can't be told is not remarked on.
import { nearest, type Tier, type ToolMeta } from "../tools/index.ts";
import { coversPattern, coversSegment, matchesSegment, type Segment, samplePaths } from "./glob.ts";
import { protectedReason } from "./protected.ts";
import { rankOf } from "./rule-index.ts";
import { type Rule, type RulePlace, type RuleText, readRule, type Specifier, speaksOf } from "./rules.ts";
import { ceilings } from "./tiers.ts";

export interface RuleRemark {
  /** "never": it can match nothing. "idle": another rule decides wherever it matches. "twice": the same stands elsewhere. */
  readonly kind: "never" | "idle" | "twice";
  readonly rule: RuleText;
  /** What is wrong and what to do: the end of a sentence that begins with the rule. */
  readonly says: string;
}
export interface ReportWorld extends Pick<RulePlace, "root" | "home"> {
  readonly tools: readonly Pick<ToolMeta, "name" | "effect" | "subjects" | "source">[];
  /** Follows links. */
  readonly realPath?: (path: string) => string;
  readonly exists?: (path: string) => boolean;
}

/** Rules that can't be read are left to `createPolicy`. */
export function reportRules(texts: readonly RuleText[], world: ReportWorld): readonly RuleRemark[] {
  const subjectsOf = (tool: string) => world.tools.find(({ name }) => name === tool)?.subjects.map(({ kind }) => kind);
  const place: RulePlace = { root: world.root, home: world.home, subjectsOf };
  const rules = texts.flatMap((text): readonly Entry[] => {
    const own = readRule(text, place);
    // every rule as a refusal, so that they are compared in one case and form
    const folded = readRule({ ...text, verdict: "deny" }, place);
    return own.ok && folded.ok
      ? [{ rule: own.rule, folded: folded.rule, spokenOf: world.tools.filter(({ name, effect }) => speaksOf(own.rule, name, effect)) }]
      : [];
  });
  return rules.flatMap((entry, index): readonly RuleRemark[] => {
    const remark = (kind: RuleRemark["kind"], says: string): readonly RuleRemark[] => [{ kind, rule: entry.rule, says }];
    const never = neverMatches(entry, world);
    if (never !== null) return remark("never", `never matches: ${never}`);
    const same = rules.slice(0, index).find(({ rule }) => rule.verdict === entry.rule.verdict && textOf(rule) === textOf(entry.rule));
    if (same !== undefined) return remark("twice", `stands twice: ${same.rule.source} says it too`);
    const idle = entry.rule.verdict === "deny" ? null : whyIdle(entry, rules);
    return idle === null ? [] : remark("idle", idle);
  });
}

interface Entry {
  readonly rule: Rule;
  readonly folded: Rule;
  readonly spokenOf: ReportWorld["tools"];
}
const textOf = ({ text }: RuleText): string => text.normalize("NFC");

function neverMatches({ rule, spokenOf }: Entry, world: ReportWorld): string | null {
  const [first] = spokenOf;
  if (first === undefined) return noTool(rule, world.tools);
  const { specifier } = rule;
  const kinds = new Set(spokenOf.flatMap(({ subjects }) => subjects.map(({ kind }) => kind)));
  if (specifier !== null && !kinds.has(specifier.kind))
    return `none of the tools that "${rule.name}" names takes a ${specifier.kind}: write "${rule.name}" alone`;
  const tiers = new Set<Tier>(spokenOf.map(({ source }) => source.tier));
  if (rule.verdict === "allow" && ![...tiers].some((tier) => ceilings[tier].allowedBy.includes("rule")))
    return `no rule allows what a ${[...tiers].join("'s or a ")}'s tool does`;
  switch (specifier?.kind) {
    case "command":
      return neverACommand(rule.text, specifier);
    case "path":
      return neverAPath(rule, specifier, spokenOf, world);
    case "domain":
    case "name":
    case undefined:
      return null;
  }
}

function noTool({ name, tool }: Rule, tools: ReportWorld["tools"]): string {
  if (typeof tool !== "string") return `no tool here is called like "${name}"; it will once there is one`;
  const [near] = nearest(name, namesOf(tools), 1);
  return `there is no tool "${name}"${near === undefined ? "" : `; did you mean ${near}?`}`;
}

const namesOf = (tools: ReportWorld["tools"]): readonly string[] => tools.map(({ name }) => name);

/** What bash takes for itself where a command begins. */
const keywords = new Set("if then elif else fi for while until do done case esac select function in time coproc [[ ]] { } !".split(" "));

function neverACommand(text: string, { words }: Extract<Specifier, { readonly kind: "command" }>): string | null {
  const first = words[0]?.segment;
  const written = words.map(({ segment }) => (typeof segment === "string" ? segment : ""));
  // "FOO=*" too
  const [start = ""] = text.slice(text.indexOf("(") + 1).split(" ");
  if (/^[A-Za-z_]\w*\+?=/.test(start)) return `"${start}" sets a variable and is no word of a command: write the rule without it`;
  if (typeof first === "string" && keywords.has(first)) return `"${first}" belongs to the shell and is no command: name the command that it runs`;
  if (start.startsWith("#")) return "it is a comment";
  const quoted = written.find((word) => /^".*"$|^"|"$/.test(word));
  return quoted === undefined
    ? null
    : `${quoted} is compared with its double quotes, which no word of a command has: write '…' or \\ where characters are to be taken as they are`;
}

function neverAPath(
  { verdict, name }: Rule,
  { patterns, text }: Extract<Specifier, { readonly kind: "path" }>,
  tools: ReportWorld["tools"],
  world: ReportWorld,
): string | null {
  if (/(?:^|\/)\.(?:\/|$)/.test(text)) return '"." is no part of a path: leave it out';
  const [, top] = /^\/([^/*?[{\\]+)/.exec(text) ?? [];
  const { exists, realPath, root, home } = world;
  if (top !== undefined && exists !== undefined && !exists(`${root}/${top}`) && exists(`/${top}`))
    return `"/" is the project's root, in which there is no ${top}: write "${name}(/${text})" for the file system's`;
  if (verdict !== "allow") return null;
  const samples = patterns.flatMap(samplePaths);
  const guarded = tools.every(({ effect }) => effect === "write") ? samples.map((path) => protectedReason(path, { root, home })) : [];
  const [reason] = guarded;
  if (reason && guarded.every((each) => each !== null)) return `what it names is protected (${reason}), and no rule allows to change that`;
  const literal = patterns[0]?.every((segment) => typeof segment === "string") === true ? samples[0] : undefined;
  const real = literal === undefined ? undefined : realPath?.(literal);
  return real === undefined || real === literal ? null : `${literal} leads to ${real}, and allow rules go by where a path leads: name that`;
}

/** The rule that decides wherever this one matches: a deny rule; of an allow rule also an ask rule of a source that is as strong. */
function whyIdle(entry: Entry, rules: readonly Entry[]): string | null {
  const { rule } = entry;
  const stronger = rules.find((other) => other.rule.verdict === "deny" && covers(other, entry));
  const words = rule.verdict === "allow" ? "allows nothing" : "asks nothing";
  if (stronger !== undefined) return `${words}: ${named(stronger)} denies all of it, and deny wins whatever its source`;
  if (rule.verdict === "ask") return null;
  const asking = rules.find((other) => other.rule.verdict === "ask" && rankOf(other.rule) <= rankOf(rule) && covers(other, entry));
  return asking === undefined ? null : `allows nothing: ${named(asking)} asks for all of it, and only a stronger source overcomes that`;
}

const named = ({ rule }: Entry): string => `${rule.text} (${rule.source})`;

/** Whether `outer`, as a refusal, matches every call that `inner` matches. */
function covers(outer: Entry, inner: Entry): boolean {
  if (!inner.spokenOf.every(({ name, effect }) => speaksOf(outer.rule, name, effect))) return false;
  // tools that are not here yet
  if (typeof inner.rule.tool !== "string" && !coversSegment(outer.rule.tool, inner.rule.tool)) return false;
  const [whole, part] = [outer.folded.specifier, inner.folded.specifier];
  if (whole === null || (whole.kind === "command" && whole.open && whole.words.length === 0)) return true;
  if (part === null || whole.kind !== part.kind) return false;
  switch (whole.kind) {
    case "command":
      return part.kind === "command" && coversCommand(whole, part);
    case "path":
      return part.kind === "path" && part.patterns.every((each) => whole.patterns.some((pattern) => coversPattern(pattern, each)));
    case "domain":
      return part.kind === "domain" && coversDomain(whole, part);
    case "name":
      return part.kind === "name" && coversSegment(whole.pattern, part.pattern);
  }
}

type CommandSpecifier = Extract<Specifier, { readonly kind: "command" }>;

function coversCommand(whole: CommandSpecifier, part: CommandSpecifier): boolean {
  if (whole.words.length > part.words.length) return false;
  if (!whole.open && (part.open || whole.words.length < part.words.length)) return false;
  return whole.words.every(({ segment }, index) => {
    const word = part.words[index]?.segment;
    return word !== undefined && coversSegment(segment, word);
  });
}

type DomainSpecifier = Extract<Specifier, { readonly kind: "domain" }>;

function coversDomain(whole: DomainSpecifier, part: DomainSpecifier): boolean {
  if (!whole.subdomains) return coversSegment(whole.pattern, part.pattern) && (!part.subdomains || isAny(whole.pattern));
  if (part.subdomains) return coversSegment(whole.pattern, part.pattern);
  const host = typeof part.pattern === "string" ? part.pattern.split(".") : [];
  return host.some((_, index) => index > 0 && matchesSegment(whole.pattern, host.slice(index).join(".")));
}

const isAny = (segment: Segment): boolean => matchesSegment(segment, "") && matchesSegment(segment, "x.y");
