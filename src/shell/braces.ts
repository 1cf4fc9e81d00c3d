// Brace expansion, as bash does it before everything else: on characters, with quotes and expansions out of its sight.
import type { Atom } from "./atoms.ts";

const most = 64;

/** The words that a word becomes; null: too many, or a form whose result is not followed. */
export function expandBraces(atoms: readonly Atom[]): readonly (readonly Atom[])[] | null {
  const open = atoms.findIndex((_, index) => is(atoms, index, "{"));
  if (open < 0 || !atoms.some((_, index) => is(atoms, index, "}"))) return [atoms];
  // Each may have its end looked for through all that follows.
  if (atoms.reduce((count, _, index) => (is(atoms, index, "{") ? count + 1 : count), 0) > most) return null;
  const found = firstExpansion(atoms, open);
  if (found === null) return [atoms];
  if (found === "unclear") return null;
  const rests = expandBraces(atoms.slice(found.end + 1));
  if (rests === null) return null;
  const before = atoms.slice(0, found.start);
  const words: (readonly Atom[])[] = [];
  for (const alternative of found.alternatives) {
    const inner = found.sequence ? [alternative] : expandBraces(alternative);
    if (inner === null || inner.length * rests.length + words.length > most) return null;
    for (const middle of inner) for (const rest of rests) words.push([...before, ...middle, ...rest]);
  }
  return words;
}

const is = (atoms: readonly Atom[], index: number, character: string): boolean => {
  const atom = atoms[index];
  return atom !== undefined && atom.kind === "text" && !atom.quoted && atom.text === character;
};

interface Expansion {
  readonly start: number;
  readonly end: number;
  readonly alternatives: readonly (readonly Atom[])[];
  readonly sequence: boolean;
}

/** The first pair of braces that expands; a brace that doesn't stands for itself. */
function firstExpansion(atoms: readonly Atom[], from: number): Expansion | "unclear" | null {
  for (let start = from; start < atoms.length; start++) {
    if (!is(atoms, start, "{")) continue;
    const end = closing(atoms, start);
    if (end < 0) continue;
    const inner = atoms.slice(start + 1, end);
    const alternatives = splitAtCommas(inner);
    if (alternatives.length > 1) return { start, end, alternatives, sequence: false };
    const sequence = sequenceOf(inner);
    if (sequence === "unclear") return "unclear";
    if (sequence !== null) return { start, end, alternatives: sequence, sequence: true };
  }
  return null;
}

function closing(atoms: readonly Atom[], start: number): number {
  let depth = 0;
  for (let index = start; index < atoms.length; index++) {
    if (is(atoms, index, "{")) depth += 1;
    else if (is(atoms, index, "}")) {
      depth -= 1;
      if (depth === 0) return index;
    }
  }
  return -1;
}

function splitAtCommas(atoms: readonly Atom[]): readonly (readonly Atom[])[] {
  const parts: Atom[][] = [[]];
  let depth = 0;
  atoms.forEach((atom, index) => {
    if (is(atoms, index, "{")) depth += 1;
    if (is(atoms, index, "}")) depth -= 1;
    if (depth === 0 && is(atoms, index, ",")) parts.push([]);
    else parts.at(-1)?.push(atom);
  });
  return parts;
}

/** `1..5`, `a..e`, `01..10..2`. */
function sequenceOf(atoms: readonly Atom[]): readonly (readonly Atom[])[] | "unclear" | null {
  if (!atoms.some((_, index) => is(atoms, index, ".") && is(atoms, index + 1, "."))) return null;
  if (atoms.some((atom) => atom.kind !== "text" || atom.quoted)) return "unclear";
  const text = atoms.map((atom) => (atom.kind === "text" ? atom.text : "")).join("");
  const match = /^(?:(-?\d{1,6})\.\.(-?\d{1,6})|([a-z])\.\.([a-z])|([A-Z])\.\.([A-Z]))(?:\.\.(-?\d{1,4}))?$/.exec(text);
  if (match === null) return /\d|^\w\.\.\w/.test(text) ? "unclear" : null;
  const letters = match[1] === undefined;
  const at = (first: number): string => match[first] ?? match[first + 2] ?? "";
  const [from, to] = letters ? [at(3).charCodeAt(0), at(4).charCodeAt(0)] : [Number(match[1]), Number(match[2])];
  const step = Math.abs(Number(match[7] ?? 1)) || 1;
  if (Math.abs(to - from) / step >= most) return "unclear";
  const padded = !letters && [match[1], match[2]].some((number) => /^-?0\d/.test(number ?? ""));
  if (padded && (from < 0 || to < 0)) return "unclear";
  const width = padded ? Math.max(match[1]?.length ?? 0, match[2]?.length ?? 0) : 0;
  const texts: string[] = [];
  for (let value = from; from <= to ? value <= to : value >= to; value += from <= to ? step : -step)
    texts.push(letters ? String.fromCharCode(value) : String(value).padStart(width, "0"));
  return texts.map((each) => [{ kind: "text", text: each, quoted: true }]);
}
