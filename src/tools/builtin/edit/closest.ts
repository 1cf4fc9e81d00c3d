// Where a text that was not found may have been meant. Pure, and bounded in work.

export interface Closest {
  /** Lines from 1, both included. */
  readonly from: number;
  readonly to: number;
  /** "blanks": the same but for blanks and tabs. */
  readonly how: "blanks" | "similar";
}
const mostLines = 50_000;
const mostSteps = 400_000;

/** The lines of `text` most like `old`, or null when nothing is. Neither has CRs. */
export function findClosest(text: string, old: string): Closest | null {
  const lines = text.split("\n");
  const wanted = trimEmpty(old.split("\n"));
  if (lines.length > mostLines || wanted.length === 0) return null;
  const flatLines = lines.map(flatten);
  const flatWanted = wanted.map(flatten);
  const blanks = windowEqual(flatLines, flatWanted);
  if (blanks !== null) return { from: blanks + 1, to: blanks + wanted.length, how: "blanks" };
  return similar(flatLines, flatWanted);
}

const flatten = (line: string): string => line.trim().replace(/\s+/g, " ");

function trimEmpty(lines: readonly string[]): readonly string[] {
  let start = 0;
  let end = lines.length;
  while (start < end && lines[start]?.trim() === "") start += 1;
  while (end > start && lines[end - 1]?.trim() === "") end -= 1;
  return lines.slice(start, end);
}

/** First window equal to `wanted`, whose first and last line may be parts of lines. */
function windowEqual(lines: readonly string[], wanted: readonly string[]): number | null {
  for (let at = 0; at + wanted.length <= lines.length; at++) {
    const fits = wanted.every((line, index) => {
      const here = lines[at + index] ?? "";
      if (wanted.length === 1) return here.includes(line);
      if (index === 0) return here.endsWith(line);
      return index === wanted.length - 1 ? here.startsWith(line) : here === line;
    });
    if (fits) return at;
  }
  return null;
}

/** The window with the highest sum of likenesses, if half of it is alike. */
function similar(lines: readonly string[], wanted: readonly string[]): Closest | null {
  const pairs = wanted.map(pairsOf);
  const scores = new Map<string, number>();
  const likeness = (line: string, index: number): number => {
    const key = `${index} ${line}`;
    const known = scores.get(key);
    if (known !== undefined) return known;
    const score = line === wanted[index] ? 1 : overlap(pairsOf(line), pairs[index] ?? new Map());
    scores.set(key, score);
    return score;
  };
  const used = Math.max(1, Math.min(wanted.length, Math.floor(mostSteps / Math.max(1, lines.length))));
  let best = { at: -1, score: 0 };
  for (let at = 0; at < lines.length; at++) {
    let score = 0;
    for (let index = 0; index < used; index++) score += likeness(lines[at + index] ?? "", index);
    if (score > best.score) best = { at, score };
  }
  if (best.at === -1 || best.score < used * 0.5) return null;
  return { from: best.at + 1, to: Math.min(lines.length, best.at + wanted.length), how: "similar" };
}

/** Pairs of neighbouring characters with their counts. */
function pairsOf(line: string): Map<string, number> {
  const pairs = new Map<string, number>();
  const end = Math.min(line.length, 300) - 1;
  for (let index = 0; index < end; index++) {
    const pair = line.slice(index, index + 2);
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  return pairs;
}

/** Dice's coefficient: 0 nothing in common, 1 the same pairs. */
function overlap(one: Map<string, number>, other: Map<string, number>): number {
  let common = 0;
  let all = 0;
  for (const [pair, count] of one) {
    common += Math.min(count, other.get(pair) ?? 0);
    all += count;
  }
  for (const count of other.values()) all += count;
  return all === 0 ? 0 : (2 * common) / all;
}
