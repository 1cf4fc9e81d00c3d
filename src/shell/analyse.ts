// From a bash text to what it does, and to everything that stands in the way of saying so.
//
// Owns: the order of looking, and what counts as proved. Calls: the raw scan, unbash, the walk. Whoever calls it asks the second parser.
// Invariants
//  A1  Closed world: what is not listed is a finding.
//  A2  `commands` is complete or null: no text gives a part of its commands as if that were all.
//  A3  Any parse error, in lazily parsed inner scripts too, is a finding: bash runs the lines before an error.
//  A4  Total: no text throws; the work is bounded by the limits.
//  A5  What would be proved is read by a second parser, and both must see the same commands with the same words. Left out are
//      texts that have one reading only.
import { type ParsedScript, parse } from "unbash";
import { checkNumbers } from "./checks/index.ts";
import { type Around, find, limits, opens, quoted, type ReadScript, type Walk, type Where } from "./context.ts";
import type { Effect, Finding } from "./effect.ts";
import { listen } from "./heard.ts";
import { inspect, outside } from "./inspect.ts";
import { hasOneReading } from "./one-reading.ts";
import { readOtherwise } from "./plain-shell.ts";
import { findInRawText } from "./raw-text.ts";
import type { SimpleCommand, TextSpan } from "./reading.ts";
import type { Disagreement } from "./second-parser.ts";
import { after, type State, startAt } from "./state.ts";
import { readScript } from "./walk.ts";
import { expandValue } from "./words.ts";

export interface Analysis {
  readonly text: string;
  /** Every simple command that it can run, in order; null when something in it is unclear. */
  readonly commands: readonly SimpleCommand[] | null;
  /** What else is known to be in there. Complete for nobody: it serves those who refuse, never those who grant. */
  readonly heard: readonly SimpleCommand[];
  readonly effects: readonly Effect[];
  /** By their place in the text. None: nothing but the effects stands between this text and running it. */
  readonly findings: readonly Finding[];
  /** Where it may end: absolute, links not resolved. Null: not known. */
  readonly folder: readonly string[] | null;
}

export interface AnalyseOptions {
  /** Checks that are switched off. For tests alone: each check is shown to be needed. */
  readonly without?: ReadonlySet<number>;
}

/** What one parser says. */
export interface FirstReading {
  /** What the second parser is to be asked about, scripts inside scripts too; none: it can't change anything any more. */
  readonly doubted: readonly ReadScript[];
  /** The whole answer. `differs`: what the second parser says of the first that it reads otherwise; null: it agrees. */
  readonly conclude: (differs: Disagreement | null) => Analysis;
}

export function readFirst(text: string, where: Where, options: AnalyseOptions = {}): FirstReading {
  const walk = newWalk(text, where, options.without ?? new Set());
  const whole: TextSpan = { start: 0, end: text.length };
  const raw = findInRawText(text, limits.length);
  for (const each of raw) find(walk, each.name, "unclear", each.says, each.span);
  let heard: readonly SimpleCommand[] = [];
  let end: State | null = null;
  let script: ParsedScript | null = null;
  if (text.length <= limits.length || !opens(walk, "too-long")) {
    try {
      script = parse(text);
      const inspected = inspect(script, walk);
      if (script.commands.length === 0) find(walk, "unlisted-syntax", "unclear", "there is no command in it", whole);
      const { commands: more, cut } = listen(inspected.commands);
      if (cut) find(walk, "too-many", "unclear", "it wraps more commands than are looked at", whole);
      heard = [...inspected.commands, ...more];
      if (inspected.fits || !opens(walk, "too-many")) end = after(readScript(script, startAt(where.cwd), outside, walk));
    } catch (error) {
      find(walk, "syntax-error", "unclear", `the parser gave up on it (${error instanceof Error ? error.message : String(error)})`, whole);
    }
  }
  const folder = end?.folders ?? null;
  const read = script === null || walk.findings.some((each) => each.kind === "unclear") ? [] : [{ text, script }, ...walk.scripts];
  return {
    doubted: read.filter((each) => !hasOneReading(each.text)),
    conclude: (differs) => {
      if (differs !== null) find(walk, differs.rejected ? "syntax-error" : "second-parser", "unclear", differs.says, whole);
      const findings = walk.findings.toSorted((one, other) => one.span.start - other.span.start || one.span.end - other.span.end || one.check - other.check);
      const unclear = findings.some((each) => each.kind === "unclear");
      return { text, commands: unclear ? null : walk.commands, heard, effects: unique(walk.effects), findings, folder };
    },
  };
}

function newWalk(text: string, where: Where, without: ReadonlySet<number>): Walk {
  const walk: Walk = {
    text,
    where,
    numbers: checkNumbers,
    without,
    findings: [],
    effects: [],
    commands: [],
    scripts: [],
    visits: 0,
    within: null,
    current: null,
    script: (script, state, around) => readScript(script, state, around, walk),
    nested: (inner, shell, span, state, around) => readNested(inner, shell, span, state, around, walk),
    value: expandValue,
  };
  return walk;
}

/** A text that another shell runs as a script: it starts in the same folder and knows none of the variables. */
function readNested(text: string, shell: string, span: TextSpan, state: State, around: Around, walk: Walk): void {
  const before = walk.within;
  walk.within ??= span;
  const script = parse(text);
  inspect(script, walk);
  walk.scripts.push({ text, script });
  const otherwise = shell === "bash" ? null : readOtherwise(script);
  if (otherwise !== null)
    find(walk, "plain-shell", "unclear", `${shell} may not be bash, and reads ${quoted(text.slice(otherwise.pos, otherwise.end))} otherwise`, span);
  readScript(script, { ...startAt("/"), folders: state.folders }, around, walk);
  walk.within = before;
}

function unique(effects: readonly Effect[]): readonly Effect[] {
  const known = new Set<string>();
  return effects.filter((effect) => {
    const key = JSON.stringify(effect);
    if (known.has(key)) return false;
    known.add(key);
    return true;
  });
}
