// What a command does, looked at on the disk: where its paths lead, what they hold, whose repository git would read.
//
// Owns: the facts of a command. Calls: shell (analyseShell); reads names, links and git's settings, nothing else.
// Invariants
//  C1  Every effect is looked at; what the disk adds to it is a finding of a numbered check, as those of the text are.
//  C2  Nothing found: the command reads inside the project (or what the system has for all), no secret, in the project's own repository.
//  C3  Findings are complete or say that there are more; effects are bounded, and counted where some are left out.
import { type Analysis, analyseShell, type Effect, type Finding } from "../shell/index.ts";
import { whatIsBelow } from "./below.ts";
import type { CommandFact, EffectFact, FindingFact, PathClass, Span } from "./decision.ts";
import { leadsTo, type NamedPath, type Place, pathsOf } from "./mentions.ts";
import { isSystemFile } from "./outside.ts";
import { isInside, protectedReason, secretReason } from "./protected.ts";
import { repositoryReason } from "./repository.ts";

export interface ShellWorld extends Place {
  /** Where the command starts: absolute, links resolved. */
  readonly cwd: string;
}
export interface ShellFacts {
  readonly commands: readonly CommandFact[] | null;
  readonly heard: readonly CommandFact[];
  readonly effects: readonly EffectFact[];
  /** Effects that are not listed. */
  readonly moreEffects: number;
  readonly findings: readonly FindingFact[];
  /** It may end in another folder. */
  readonly moves: boolean;
}

/** Numbers of the checks that the disk answers. */
export const diskChecks = {
  globOption: 40,
  unknownProgram: 60,
  unknownPath: 68,
  repository: 71,
  sensitiveTarget: 78,
  outside: 92,
  symlink: 93,
  secret: 94,
} as const;
const classes: ReadonlyMap<number, PathClass> = new Map([
  [diskChecks.repository, "repository"],
  [diskChecks.sensitiveTarget, "protected"],
  [diskChecks.outside, "outside"],
  [diskChecks.symlink, "outside"],
  [diskChecks.secret, "secret"],
]);

const mostEffects = 32;
const mostFindings = 16;

export async function findShellFacts(text: string, world: ShellWorld): Promise<ShellFacts> {
  return lookAt(await analysisOf(text, world), world);
}

/** What a text says doesn't change: it is asked for when calls are put together, and again when they are judged. */
const analyses = new Map<string, Analysis>();
const mostAnalyses = 16;

async function analysisOf(text: string, { cwd, home }: ShellWorld): Promise<Analysis> {
  const key = `${cwd}\0${home}\0${text}`;
  const known = analyses.get(key);
  if (known !== undefined) return known;
  const made = await analyseShell(text, { cwd, home });
  if (analyses.size >= mostAnalyses) analyses.clear();
  if (text.length <= 8192) analyses.set(key, made);
  return made;
}

export function lookAt(analysis: Analysis, world: ShellWorld): ShellFacts {
  const looking: Looking = { analysis, world, findings: analysis.findings.map((finding) => factOf(finding, analysis)), effects: [], more: 0 };
  for (const effect of analysis.effects) look(effect, looking);
  return {
    commands: analysis.commands,
    heard: analysis.heard,
    effects: looking.effects,
    moreEffects: looking.more,
    findings: bounded(looking.findings, { start: 0, end: analysis.text.length }),
    moves: analysis.folder === null || analysis.folder.some((folder) => folder !== world.cwd),
  };
}

interface Looking {
  readonly analysis: Analysis;
  readonly world: ShellWorld;
  readonly findings: FindingFact[];
  readonly effects: EffectFact[];
  more: number;
}

/** With the places of the words that it is about, and the class that settings speak of. */
function factOf(finding: Finding, { commands, text }: Analysis): FindingFact {
  const about = finding.command === undefined ? undefined : commands?.[finding.command];
  const written = text.slice(finding.span.start, finding.span.end);
  const words = about?.words.flatMap((word, index) => (word === written ? [index] : [])) ?? [];
  const group = classes.get(finding.check);
  return { ...finding, ...(words.length === 0 ? {} : { words }), ...(group === undefined ? {} : { class: group }) };
}

const gravity = { never: 0, unclear: 1, option: 2, effect: 3 } as const;

function bounded(findings: readonly FindingFact[], whole: Span): readonly FindingFact[] {
  if (findings.length <= mostFindings) return findings;
  const kept = findings.toSorted((one, other) => gravity[one.kind] - gravity[other.kind]).slice(0, mostFindings);
  return [...kept, { check: 11, kind: "unclear", says: `${findings.length - mostFindings} more things stand against it`, span: whole }];
}

function find(looking: Looking, check: number, kind: FindingFact["kind"], says: string, span: Span): void {
  if (looking.findings.some((each) => each.check === check && each.says === says)) return;
  const command = innermost(looking.analysis.commands ?? [], span);
  const group = classes.get(check);
  looking.findings.push({ check, kind, says, span, ...(command < 0 ? {} : { command }), ...(group === undefined ? {} : { class: group }) });
}

/** Index of the shortest command around a place; -1: none. */
function innermost(commands: readonly CommandFact[], span: Span): number {
  let best = -1;
  for (const [index, each] of commands.entries()) {
    if (each.span.start > span.start || each.span.end < span.end) continue;
    const before = commands[best];
    if (before === undefined || each.span.end - each.span.start < before.span.end - before.span.start) best = index;
  }
  return best;
}

function note(looking: Looking, effect: EffectFact): void {
  if (looking.effects.length < mostEffects) looking.effects.push(effect);
  else looking.more += 1;
}

function look(effect: Effect, looking: Looking): void {
  const { span } = effect;
  switch (effect.kind) {
    case "reads":
      return eachPath(effect.path, span, looking, (named) => lookAtReading(named, effect, looking));
    case "writes":
      if (effect.path === null) note(looking, { kind: "writes", span });
      else eachPath(effect.path, span, looking, (named) => lookAtWriting(named, span, looking));
      return unexplained("it writes", span, looking);
    case "repository":
      return eachPath(effect.path, span, looking, ({ path }) => lookAtRepository(path, span, looking));
    case "network":
      note(looking, { kind: "network", span, ...(effect.host === null ? {} : { says: effect.host }) });
      return unexplained("it reaches the network", span, looking);
    case "runs":
    case "unknown":
      note(looking, { kind: effect.kind, says: effect.says, span });
      return unexplained(effect.says, span, looking);
  }
}

/** An effect that is no reading never stands without a finding. */
function unexplained(says: string, span: Span, looking: Looking): void {
  if (looking.analysis.findings.length === 0) find(looking, diskChecks.unknownProgram, "effect", says, span);
}

function eachPath(mention: Parameters<typeof pathsOf>[0], span: Span, looking: Looking, judge: (named: NamedPath) => void): void {
  const named = pathsOf(mention);
  if ("unknown" in named) return find(looking, mention.noDash === true ? diskChecks.globOption : diskChecks.unknownPath, "unclear", named.unknown, span);
  for (const each of named.paths) judge(each);
}

function lookAtReading(named: NamedPath, effect: Extract<Effect, { kind: "reads" }>, looking: Looking): void {
  const { world } = looking;
  const { what, deep, span } = effect;
  const { path } = named;
  if (named.dash === true) find(looking, diskChecks.globOption, "unclear", `it takes the file ${path} for an option`, span);
  const real = named.file === true ? path : realOf(path, span, looking);
  if (real === null) return;
  if (isInside(real, world.root)) {
    const secret = what === "content" ? secretOf(real, path, world) : null;
    if (secret !== null) find(looking, diskChecks.secret, "option", `${path} may hold secrets (${secret})`, span);
  } else if (deep || !isSystemFile(real, what)) sayOutside(path, real, span, looking);
  note(looking, { kind: "reads", path: real, what, ...(deep ? { deep } : {}), span });
  if (!deep || !isInside(real, world.root)) return;
  const numbers = { outside: diskChecks.symlink, secret: diskChecks.secret, unknown: diskChecks.unknownPath } as const;
  const kinds = { outside: "effect", secret: "option", unknown: "unclear" } as const;
  for (const met of whatIsBelow(real, effect, world)) find(looking, numbers[met.kind], kinds[met.kind], met.says, span);
}

function secretOf(real: string, path: string, world: ShellWorld): string | null {
  return secretReason(real, world) ?? (real === path ? null : secretReason(path, world));
}

function sayOutside(path: string, real: string, span: Span, looking: Looking): void {
  const { root } = looking.world;
  const byName = path.split("/").every((part) => part !== "..") && isInside(path, root);
  if (byName) find(looking, diskChecks.symlink, "effect", `${path} leads to ${real}, outside the project`, span);
  else find(looking, diskChecks.outside, "effect", `${real} is outside the project`, span);
}

/** Null: it can't be told, which is said. */
function realOf(path: string, span: Span, looking: Looking): string | null {
  const led = leadsTo(path);
  if ("real" in led) return led.real;
  find(looking, diskChecks.symlink, "unclear", `where ${path} leads can't be read`, span);
  return null;
}

function lookAtWriting({ path }: NamedPath, span: Span, looking: Looking): void {
  const led = leadsTo(path);
  if (!("real" in led)) return find(looking, diskChecks.symlink, "unclear", `where ${path} leads can't be read`, span);
  const { world } = looking;
  const reason = protectedReason(led.real, world) ?? protectedReason(path, world);
  if (reason !== null) find(looking, diskChecks.sensitiveTarget, "unclear", `${path} is protected (${reason}): only a person's word changes it`, span);
  const inside = isInside(led.real, world.root);
  note(looking, { kind: "writes", path: led.real, span, ...(led.exists ? { exists: true } : {}), ...(inside ? {} : { outside: true }) });
}

function lookAtRepository(path: string, span: Span, looking: Looking): void {
  const real = realOf(path, span, looking);
  if (real === null) return;
  note(looking, { kind: "repository", path: real, span });
  if (!isInside(real, looking.world.root)) return sayOutside(path, real, span, looking);
  const words = (looking.analysis.commands ?? looking.analysis.heard).flatMap((each) => each.words);
  const reason = repositoryReason(real, looking.world.root, words);
  if (reason !== null) find(looking, diskChecks.repository, reason.own ? "effect" : "unclear", reason.says, span);
}
