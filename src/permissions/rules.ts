// Rules: `tool`, `tool(specifier)`, `*`. Text in, data out; what matches is decided on parsed commands and real paths.
//
// Owns: the grammar of rules and what each specifier means.
// Invariants
//  R1  Allowing is strict, refusing is generous: an allow rule matches the real path, the exact program name and the
//      exact case; a deny or ask rule matches the asked path or the real one, any case, any Unicode form, a program by its base name.
//  R2  A rule on commands compares whole words: "git log *" is not a prefix of "git logx".
//  R3  A rule that can't be read is a problem with a position, never a rule that matches nothing.
import type { RuleLevel } from "../base/index.ts";
import { escapeGlob, fold, matchesPattern, matchesSegment, type PathPattern, readPattern, readSegment, type Segment, segmentsOf } from "./glob.ts";

export type RuleVerdict = "allow" | "ask" | "deny";
export interface RuleText {
  readonly text: string;
  readonly verdict: RuleVerdict;
  /** Where it stands, for people: a file and line, "the command line", "this session". */
  readonly source: string;
  /** How strong it is against rules of other sources; absent: "flags", the word of whoever started bosun. */
  readonly level?: RuleLevel;
}
export type Specifier =
  /** `open`: more words may follow. */
  | { readonly kind: "command"; readonly words: readonly WordPattern[]; readonly open: boolean }
  | { readonly kind: "path"; readonly patterns: readonly PathPattern[]; readonly text: string }
  | { readonly kind: "domain"; readonly pattern: Segment; readonly subdomains: boolean }
  | { readonly kind: "name"; readonly pattern: Segment };
interface WordPattern {
  readonly segment: Segment;
  /** Holds a wildcard and a slash: then no ".." may stand in what it allows. */
  readonly guarded: boolean;
}
export interface Rule extends RuleText {
  readonly tool: Segment;
  /** The tool as written, in lower case. */
  readonly name: string;
  readonly specifier: Specifier | null;
}
export interface RuleProblem extends RuleText {
  /** UTF-16 units from the beginning of the rule. */
  readonly position: number;
  readonly says: string;
}
export type SubjectKind = "path" | "command" | "domain" | "name";
/** What patterns are anchored at, and what the rules of a tool speak of. */
export interface RulePlace {
  readonly root: string;
  readonly home: string;
  /** What the subjects of a tool are; undefined: unknown tool, the form of the specifier decides. */
  readonly subjectsOf?: (tool: string) => readonly SubjectKind[] | undefined;
  /** Follows the links of a path that may not exist; used for what deny and ask rules name. */
  readonly realPath?: (path: string) => string;
}
export type RuleReading = { readonly ok: true; readonly rule: Rule } | { readonly ok: false; readonly problem: RuleProblem };

type Failed = { readonly position: number; readonly says: string };
const failed = (position: number, says: string): Failed => ({ position, says });
const isFailed = (value: object): value is Failed => "position" in value;

/** Tools whose rules mean something of their own: commands, names, or also what commands read and write. */
const ofOwnForm = ["bash", "skill", "read", "edit"];

export function readRule(rule: RuleText, place: RulePlace): RuleReading {
  const problem = (found: Failed): RuleReading => ({ ok: false, problem: { ...rule, ...found } });
  const text = rule.text.normalize("NFC");
  if (text.trim() !== text) return problem(failed(0, "there are blanks around it"));
  const open = text.indexOf("(");
  const name = (open < 0 ? text : text.slice(0, open)).toLowerCase();
  const bad = /[^\w.*/:-]/.exec(name);
  if (name === "") return problem(failed(0, 'it names no tool: write for example "bash(git log *)", "edit(src/**)" or "fetch(domain:example.com)"'));
  if (bad !== null) return problem(failed(bad.index, `"${bad[0]}" can't stand in the name of a tool`));
  const tool = readSegment(name, "star");
  const taken = open < 0 || text.startsWith("(domain:", open) ? undefined : ofOwnForm.find((each) => typeof tool !== "string" && matchesSegment(tool, each));
  if (taken !== undefined) {
    const says = `with a wildcard that "${taken}" fits too, nothing can stand between parentheses: whether it means files, commands or names differs by the tool, so write one rule for each`;
    return problem(failed(0, says));
  }
  if (open < 0) return { ok: true, rule: { ...rule, tool, name, specifier: null } };
  if (!text.endsWith(")")) return problem(failed(text.length, 'the closing ")" is missing at its end'));
  const inner = text.slice(open + 1, -1);
  if (inner.trim() === "") return problem(failed(open + 1, `there is nothing between the parentheses: write "${name}" to mean every call of it`));
  const specifier = readSpecifier(name, inner, place, rule.verdict);
  if (isFailed(specifier)) return problem(failed(open + 1 + specifier.position, specifier.says));
  return { ok: true, rule: { ...rule, tool, name, specifier } };
}

function readSpecifier(name: string, text: string, place: RulePlace, verdict: RuleVerdict): Specifier | Failed {
  const kinds = place.subjectsOf?.(name) ?? (name === "bash" ? ["command"] : ["path", "domain"]);
  const [kind]: readonly (SubjectKind | undefined)[] =
    kinds.length < 2 ? kinds : kinds.includes("domain") && text.startsWith("domain:") ? ["domain" as const] : kinds;
  switch (kind) {
    case "command":
      return readCommandSpecifier(text, verdict);
    case "domain":
      return readDomainSpecifier(text);
    case "path":
      return readPathSpecifier(text, place, verdict);
    case "name":
      return { kind: "name", pattern: readSegment(verdict === "allow" ? text : fold(text), "star") };
    case undefined:
      return failed(0, `"${name}" takes no specifier: write the name alone`);
  }
}

/** Words between blanks; single quotes and backslashes take what they hold as it is. */
function readCommandSpecifier(text: string, verdict: RuleVerdict): Specifier | Failed {
  const sources: string[] = [];
  let current: string | null = null;
  for (let index = 0; index < text.length; index++) {
    const character = text[index] as string;
    if (character === " ") {
      if (current !== null) sources.push(current);
      current = null;
    } else if (character === "'") {
      const end = text.indexOf("'", index + 1);
      if (end < 0) return failed(index, "this quote is not closed");
      current = `${current ?? ""}${text.slice(index + 1, end).replace(/[\\*]/g, "\\$&")}`;
      index = end;
    } else if (character === "\\") {
      if (index + 1 === text.length) return failed(index, "a backslash stands at the end");
      current = `${current ?? ""}\\${text[++index]}`;
    } else if (/[;&|<>`$\n]/.test(character)) {
      return failed(index, `"${character}" joins or expands commands; a rule speaks of one simple command (each part of a compound is matched alone)`);
    } else current = `${current ?? ""}${character}`;
  }
  if (current !== null) sources.push(current);
  const open = sources.at(-1) === "*";
  const words = (open ? sources.slice(0, -1) : sources).map((source, index) => {
    const segment = readSegment(index === 0 && verdict !== "allow" ? fold(source) : source, "star");
    const wild = typeof segment !== "string";
    return { segment, guarded: wild && source.includes("/") };
  });
  return { kind: "command", words, open };
}

function readDomainSpecifier(text: string): Specifier | Failed {
  if (!text.startsWith("domain:")) return failed(0, 'write it as "domain:example.com" or "domain:*.example.com"');
  const host = text.slice("domain:".length).toLowerCase().replace(/\.$/, "");
  const bad = /[^a-z0-9.*-]/.exec(host);
  if (host === "" || bad !== null)
    return failed("domain:".length + (bad?.index ?? 0), "only a host name can stand here, without scheme, port or path (non-ASCII names in their xn-- form)");
  const subdomains = host.startsWith("*.");
  const rest = subdomains ? host.slice(2) : host;
  if (rest.includes("*") && rest !== "*") return failed("domain:".length, 'a wildcard stands alone ("*") or first ("*.example.com")');
  return { kind: "domain", pattern: readSegment(rest, "star"), subdomains };
}

/** gitignore-like: with a slash anchored at the project, without one at any depth; a folder stands for all that is in it. */
function readPathSpecifier(text: string, place: RulePlace, verdict: RuleVerdict): Specifier | Failed {
  if (text.startsWith("!")) return failed(0, 'there is no negation: put the exception into the other list ("deny" or "ask")');
  const up = /(?:^|\/)\.\.(?:\/|$)/.exec(text);
  if (up !== null) return failed(up.index, '".." can\'t stand in a rule: anchor it with "~/" or "//"');
  const body = text.replace(/\/+$/, "").replace(/^\.\//, "/");
  const absolute = absoluteGlob(body, place);
  const globs = new Set([absolute]);
  if (verdict !== "allow" && place.realPath !== undefined) {
    const fixed = fixedPart(absolute);
    const real = place.realPath(fixed.path);
    if (real !== fixed.path) globs.add(`${escapeGlob(real)}${fixed.rest}`);
  }
  const patterns: PathPattern[] = [];
  for (const glob of globs) {
    const normal = verdict === "allow" ? glob.normalize("NFC") : fold(glob.normalize("NFC"));
    const own = readPattern(normal);
    const below = readPattern(`${normal}/**`);
    if (own === null || below === null) return failed(0, "its braces have more than 64 alternatives: write several rules");
    patterns.push(...own, ...below);
  }
  return { kind: "path", patterns, text: body };
}

function absoluteGlob(body: string, { root, home }: RulePlace): string {
  if (body === "~" || body.startsWith("~/")) return `${escapeGlob(home)}${body.slice(1)}`;
  if (body.startsWith("//")) return body.slice(1);
  const base = escapeGlob(root === "/" ? "" : root);
  if (body.startsWith("/")) return `${base}${body}`;
  return body.includes("/") ? `${base}/${body}` : `${base}/**/${body}`;
}

/** The leading segments without wildcards, unescaped, and what follows them. */
function fixedPart(glob: string): { readonly path: string; readonly rest: string } {
  const segments = glob.split("/");
  const wild = segments.findIndex((segment) => /(?<!\\)[*?[{]/.test(segment));
  const fixed = wild < 0 ? segments : segments.slice(0, wild);
  const rest = wild < 0 ? [] : segments.slice(wild);
  return { path: fixed.join("/").replace(/\\(.)/g, "$1") || "/", rest: rest.map((segment) => `/${segment}`).join("") };
}

/** Whether the rule names this tool, by its own name or a wildcard. */
export const namesTool = (rule: Rule, tool: string): boolean => matchesSegment(rule.tool, fold(tool));

/** Whether the rule speaks of this tool. `read(…)` and `edit(…)` speak of every tool that reads or changes files. */
export function speaksOf(rule: Rule, tool: string, effect: string): boolean {
  if (namesTool(rule, tool)) return true;
  if (rule.specifier?.kind !== "path") return false;
  return (rule.name === "read" && effect === "read") || (rule.name === "edit" && effect === "write");
}

/** `open`: words that are known only when it runs, each of which may become several: an allow rule matches them only by its "*" at the end. */
export function matchesCommand(rule: Rule, words: readonly string[], open: readonly number[] = []): boolean {
  const { specifier } = rule;
  if (specifier === null) return true;
  if (specifier.kind !== "command") return false;
  if (rule.verdict === "allow" && open.some((index) => index < specifier.words.length)) return false;
  if (words.length < specifier.words.length || (!specifier.open && words.length > specifier.words.length)) return false;
  return specifier.words.every(({ segment, guarded }, index) => {
    const word = (words[index] as string).normalize("NFC");
    const generous = rule.verdict !== "allow";
    if (guarded && !generous && /(?:^|\/)\.\.(?:\/|$)/.test(word)) return false;
    return matchesSegment(segment, generous && index === 0 ? fold(word) : word);
  });
}

/** Whether the rule could match, depending on what the open words turn out to be. */
export function mightMatch(rule: Rule, words: readonly string[], open: readonly number[]): boolean {
  const { specifier } = rule;
  const known = Math.min(...open);
  if (specifier?.kind !== "command" || open.length === 0) return false;
  return specifier.words.slice(0, known).every(({ segment }, index) => {
    const word = (words[index] as string).normalize("NFC");
    return matchesSegment(segment, index === 0 ? fold(word) : word);
  });
}

/** Whether every one of these words is written out in the rule; without indexes: every word. */
export function spellsOut(rule: Rule, indexes: readonly number[] | undefined): boolean {
  const { specifier } = rule;
  if (specifier?.kind !== "command") return false;
  const isFixed = (index: number): boolean => typeof specifier.words[index]?.segment === "string";
  return indexes === undefined ? !specifier.open && specifier.words.every((_, index) => isFixed(index)) : indexes.every(isFixed);
}

/** Whether the rule names something below a folder, by a beginning without wildcards. */
export function namesBelow(rule: Rule, folder: PathName): boolean {
  const { specifier } = rule;
  if (specifier?.kind !== "path") return false;
  const segments = rule.verdict === "allow" ? folder.exact : folder.folded;
  return specifier.patterns.some(
    (pattern) => pattern.length > segments.length && segments.every((each, index) => pattern[index] === each) && typeof pattern[segments.length] === "string",
  );
}

/** A path taken apart for matching: as it is, and with case folded; both in Unicode normal form C. */
export interface PathName {
  readonly exact: readonly string[];
  readonly folded: readonly string[];
}
export function pathName(path: string): PathName {
  const exact = segmentsOf(path.normalize("NFC"));
  return { exact, folded: exact.map(fold) };
}

export function matchesPath(rule: Rule, name: PathName): boolean {
  const { specifier } = rule;
  if (specifier === null) return true;
  if (specifier.kind !== "path") return false;
  const segments = rule.verdict === "allow" ? name.exact : name.folded;
  return specifier.patterns.some((pattern) => matchesPattern(pattern, segments));
}

export function matchesName(rule: Rule, name: string): boolean {
  const { specifier } = rule;
  if (specifier === null) return true;
  const text = name.normalize("NFC");
  return specifier.kind === "name" && matchesSegment(specifier.pattern, rule.verdict === "allow" ? text : fold(text));
}

export function matchesDomain(rule: Rule, domain: string): boolean {
  const { specifier } = rule;
  if (specifier === null) return true;
  if (specifier.kind !== "domain") return false;
  const host = domain.toLowerCase().replace(/\.$/, "");
  if (!specifier.subdomains) return matchesSegment(specifier.pattern, host);
  return host.split(".").some((_, index, labels) => index > 0 && matchesSegment(specifier.pattern, labels.slice(index).join(".")));
}
