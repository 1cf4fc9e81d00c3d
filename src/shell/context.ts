// What every part of the walk shares: where findings and effects go, what stands around a command, and the bounds.
import type { ParsedScript, Word } from "unbash";
import type { AnyCheck } from "./checks/check.ts";
import type { Effect, Finding, FindingKind } from "./effect.ts";
import type { Line, Output } from "./programs/program.ts";
import type { SimpleCommand, TextSpan } from "./reading.ts";
import type { Flow, State } from "./state.ts";
import { type Argument, textOfValue, type Value } from "./value.ts";

export const limits = { length: 8192, depth: 16, commands: 50, visits: 4000, words: 64, nodes: 1500, findings: 300 } as const;

export interface Where {
  /** Absolute, as bash's PWD has it. */
  readonly cwd: string;
  readonly home: string;
}

/** What stands around a command. */
export interface Around {
  readonly input: Line["input"];
  /** What comes in by the pipe. */
  readonly pipe: Output;
  /** The command is ended after a while by what runs it (timeout). */
  readonly bounded?: true;
  /** How many scripts and wrappers it stands in. */
  readonly depth: number;
  /** States that leave the innermost loop by `break` or `continue`. Null: there is no loop. */
  readonly leaves: { states: State[] } | null;
}

export interface ReadScript {
  readonly text: string;
  readonly script: ParsedScript;
}

export interface Walk {
  readonly text: string;
  readonly where: Where;
  readonly numbers: ReadonlyMap<AnyCheck, number>;
  readonly without: ReadonlySet<number>;
  readonly findings: Finding[];
  readonly effects: Effect[];
  readonly commands: SimpleCommand[];
  /** Texts inside the text that are run as scripts. */
  readonly scripts: ReadScript[];
  visits: number;
  /** Set inside scripts that were decoded apart from the text: the span of the whole stands for every part. */
  within: TextSpan | null;
  /** Index in `commands` of the command that is being judged. */
  current: number | null;
  readonly script: (script: ParsedScript, state: State, around: Around) => Flow;
  /** A text inside the text that is run as a script; `shell`: the program that runs it. */
  readonly nested: (text: string, shell: string, span: TextSpan, state: State, around: Around) => void;
  /** A word that stays one word. */
  readonly value: (word: Word, state: State, around: Around, walk: Walk, place?: "value" | "pattern") => Value;
}

export const spanOf = (walk: Walk, at: { readonly pos: number; readonly end: number }): TextSpan => walk.within ?? { start: at.pos, end: at.end };

export function find(walk: Walk, name: AnyCheck, kind: FindingKind, says: string, span: TextSpan, command: number | null = null): void {
  const check = walk.numbers.get(name);
  if (check === undefined) throw new Error(`no check is called "${name}"`);
  if (walk.without.has(check)) return;
  if (walk.findings.length >= limits.findings) return tooMany(walk);
  if (walk.findings.some((each) => each.check === check && each.span.start === span.start && each.span.end === span.end && each.says === says)) return;
  walk.findings.push({ check, kind, says, span, ...(command === null ? {} : { command }) });
}

/** What comes after so many findings changes nothing but the time it takes: something in it is unclear. */
function tooMany(walk: Walk): void {
  const check = walk.numbers.get("too-many") ?? 0;
  if (!walk.findings.some((each) => each.check === check))
    walk.findings.push({ check, kind: "unclear", says: "there is too much to find in it", span: { start: 0, end: walk.text.length } });
}

/** Whether a structural check looks into its place. Switched off, the place stays closed: nothing in it is seen. */
export function opens(walk: Walk, name: AnyCheck): boolean {
  const check = walk.numbers.get(name);
  if (check === undefined) throw new Error(`no check is called "${name}"`);
  return !walk.without.has(check);
}

/** Standard input, other open files and the empty device are nothing that is read. */
const open = /^\/dev\/(?:null|stdin|stdout|stderr|fd\/\d+)$/;

export function note(walk: Walk, effect: Effect): void {
  if (effect.kind === "reads" && open.test(textOfValue(effect.path.value) ?? "")) return;
  walk.effects.push(effect);
}

/** What a pattern becomes here is looked at on the disk, names that begin with a dash too: wherever it is used then. */
export function notePattern({ value, span }: Argument, state: State, walk: Walk): void {
  if (value.kind === "glob") note(walk, { kind: "reads", path: { value, folders: state.folders, noDash: true }, what: "names", deep: false, span });
}

/** Counts a step; true when there were too many. */
export function tired(walk: Walk, at: { readonly pos: number; readonly end: number }): boolean {
  walk.visits += 1;
  if (walk.visits > limits.visits) find(walk, "too-many", "unclear", "it takes too many steps to read", spanOf(walk, at));
  return walk.visits > limits.visits;
}

export const quoted = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text);
