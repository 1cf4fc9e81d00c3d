// Structural ceilings by where a tool comes from. What a plugin or skill says of itself never grants.
//
// Invariant
//  C1  Every column narrows downwards: builtin ⊇ plugin ⊇ skill. What takes a loader's word for a column is given it from here.
import type { Effect, Tier } from "../tools/index.ts";

export interface Ceiling {
  /** What it may add to a session. "plain-name": a tool whose name has no prefix, so that a rule for it can mean nothing else. */
  readonly registers: readonly ("plain-name" | "prefixed-tool" | "skill")[];
  /** What its tools may be registered with at all. */
  readonly effects: readonly Effect[];
  /** What may allow a call without a person: a rule that names it, the mode's own judgement of its effect, the mode `bypass`, a classifier. */
  readonly allowedBy: readonly ("rule" | "mode" | "bypass" | "classifier")[];
  /** What bosun loads of it: code into its own process, a program into a sandbox beside it, text. */
  readonly loads: readonly ("module" | "program" | "text")[];
  /** Where that code may come from. None: a skill's scripts are run by `bash` alone, with its gate. */
  readonly codeFrom: readonly ("package" | "approved-copy")[];
  /** The earliest moment at which its code runs. */
  readonly runs: "session-start" | "first-call" | "never";
}

export const ceilings: Readonly<Record<Tier, Ceiling>> = {
  builtin: {
    registers: ["plain-name", "prefixed-tool", "skill"],
    effects: ["none", "read", "write", "execute", "network", "agent"],
    allowedBy: ["rule", "mode", "bypass", "classifier"],
    loads: ["module", "program", "text"],
    codeFrom: ["package", "approved-copy"],
    runs: "session-start",
  },
  // Its effect is its own claim, so neither a mode nor a classifier can go by it.
  plugin: {
    registers: ["prefixed-tool", "skill"],
    effects: ["none", "read", "write", "execute", "network"],
    allowedBy: ["rule", "bypass"],
    loads: ["program", "text"],
    codeFrom: ["approved-copy"],
    runs: "first-call",
  },
  // A skill is text; what it wants done goes through builtin tools and their gate.
  skill: { registers: ["skill"], effects: ["none", "read"], allowedBy: [], loads: ["text"], codeFrom: [], runs: "never" },
};

/** The table for people: a head and a row for each tier. */
export function ceilingRows(): readonly (readonly string[])[] {
  const listed = (words: readonly string[]): string => (words.length === 0 ? "–" : words.join(", "));
  const head = ["TIER", "REGISTERS", "EFFECTS", "ALLOWED BY", "LOADS", "CODE FROM", "RUNS FROM"];
  return [
    head,
    ...Object.entries(ceilings).map(([tier, { registers, effects, allowedBy, loads, codeFrom, runs }]) => [
      tier,
      ...[registers, effects, allowedBy, loads, codeFrom].map(listed),
      runs,
    ]),
  ];
}
