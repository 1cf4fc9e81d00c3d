// Globs, matched without regular expressions: time is bounded by pattern × text, whatever a pattern says.
//
// Within a segment: `*` any characters, `?` one, `[ab]` `[!a-z]` one of a class. `**` as a whole segment: any number of
// segments. `{a,b}`: alternatives. A backslash takes the next character as it is.

type Token = string | typeof any | typeof one | CharacterClass;
const any = Symbol("*");
const one = Symbol("?");
interface CharacterClass {
  readonly negated: boolean;
  readonly ranges: readonly (readonly [string, string])[];
}
/** A text without wildcards is kept as that: most are, and comparing is then one step. */
export type Segment = string | readonly Token[];
const deep = Symbol("**");
/** An absolute path pattern, one entry per segment. */
export type PathPattern = readonly (Segment | typeof deep)[];

const mostAlternatives = 64;

/** A text in the form in which letters of either case are the same. What is matched with a folded pattern is folded too. */
export const fold = (text: string): string =>
  // by way of capitals: for "ß" and "ſ", too, a file system without case takes "SS" and "S"
  /[^\0-\x7f]/.test(text) ? text.toUpperCase().toLowerCase().normalize("NFC") : text.toLowerCase();

/** One word or segment. `only`: the wildcards that count; everything else is itself. */
export function readSegment(text: string, only: "star" | "all"): Segment {
  const tokens: Token[] = [];
  const characters = [...text];
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index] as string;
    if (character === "\\" && index + 1 < characters.length) tokens.push(characters[++index] as string);
    else if (character === "*") {
      if (tokens.at(-1) !== any) tokens.push(any);
    } else if (only === "all" && character === "?") tokens.push(one);
    else if (only === "all" && character === "[") {
      const end = characters.indexOf("]", characters[index + 1] === "!" || characters[index + 1] === "^" ? index + 3 : index + 2);
      if (end < 0) tokens.push(character);
      else {
        tokens.push(readClass(characters.slice(index + 1, end)));
        index = end;
      }
    } else tokens.push(character);
  }
  return tokens.every((token) => typeof token === "string") ? tokens.join("") : tokens;
}

function readClass(inner: readonly string[]): CharacterClass {
  const negated = inner[0] === "!" || inner[0] === "^";
  const members = negated ? inner.slice(1) : inner;
  const ranges: [string, string][] = [];
  for (let index = 0; index < members.length; index++) {
    const from = members[index] as string;
    const to = members[index + 2];
    if (members[index + 1] === "-" && to !== undefined) {
      ranges.push([from, to]);
      index += 2;
    } else ranges.push([from, from]);
  }
  return { negated, ranges };
}

export function matchesSegment(pattern: Segment, text: string): boolean {
  if (typeof pattern === "string") return pattern === text;
  if (pattern.length === 1 && pattern[0] === any) return true;
  return walk(pattern, [...text], isAny, matchesCharacter);
}

const isAny = (token: Token): boolean => token === any;
const isDeep = (token: Segment | typeof deep): boolean => token === deep;

function matchesCharacter(token: Token, character: string): boolean {
  if (typeof token === "string") return token === character;
  if (typeof token === "symbol") return token === one;
  return token.ranges.some(([from, to]) => from <= character && character <= to) !== token.negated;
}

export const matchesPattern = (pattern: PathPattern, segments: readonly string[]): boolean => walk(pattern, segments, isDeep, matchesPart);
const matchesPart = (token: Segment | typeof deep, segment: string): boolean => token !== deep && matchesSegment(token, segment);

/** Greedy with one point of return: the last wildcard is all that ever needs to give way. */
function walk<Each, Item>(
  pattern: readonly Each[],
  items: readonly Item[],
  isWild: (token: Each) => boolean,
  fits: (token: Each, item: Item) => boolean,
): boolean {
  let at = 0;
  let wild = -1;
  let resume = 0;
  for (let index = 0; index < items.length; ) {
    const token = pattern[at];
    if (token !== undefined && isWild(token)) {
      wild = at++;
      resume = index;
    } else if (token !== undefined && fits(token, items[index] as Item)) {
      at += 1;
      index += 1;
    } else if (wild >= 0) {
      at = wild + 1;
      index = ++resume;
    } else return false;
  }
  while (at < pattern.length && isWild(pattern[at] as Each)) at += 1;
  return at === pattern.length;
}

/** The patterns of a glob, one per alternative, braces written out; null when it has too many alternatives. */
export function readPattern(glob: string): readonly PathPattern[] | null {
  const plain = expandBraces(glob);
  if (plain === null) return null;
  return plain.map((each) => segmentsOf(each).map((segment) => (segment === "**" ? deep : readSegment(segment, "all"))));
}

export const segmentsOf = (path: string): readonly string[] => path.split("/").filter((segment) => segment !== "");

function expandBraces(text: string): readonly string[] | null {
  const queue = [text];
  const done: string[] = [];
  while (queue.length > 0) {
    const each = queue.pop() as string;
    const match = /^((?:[^\\{]|\\.)*)\{((?:[^\\{}]|\\.)*,(?:[^\\{}]|\\.)*)\}(.*)$/su.exec(each);
    if (match === null) done.push(each);
    else for (const choice of (match[2] as string).split(/(?<!\\),/)) queue.push(`${match[1]}${choice}${match[3]}`);
    if (queue.length + done.length > mostAlternatives) return null;
  }
  return done;
}

/** Written so that every character stands for itself. */
export const escapeGlob = (text: string): string => text.replace(/[\\*?[\]{},]/g, "\\$&");

/** Whether every text that `inner` matches is matched by `outer`. False where that can't be told from their parts. */
export function coversSegment(outer: Segment, inner: Segment): boolean {
  if (typeof inner === "string") return matchesSegment(outer, inner);
  if (typeof outer === "string") return false;
  if (outer.length === 1 && outer[0] === any) return true;
  return outer.length === inner.length && outer.every((token, index) => isSameToken(token, inner[index]));
}

const isSameToken = (one: Token, other: Token | undefined): boolean =>
  one === other || (typeof one === "object" && typeof other === "object" && JSON.stringify(one) === JSON.stringify(other));

/** The same of paths. */
export function coversPattern(outer: PathPattern, inner: PathPattern): boolean {
  const known = new Map<number, boolean>();
  const from = (at: number, of: number): boolean => {
    const token = outer[at];
    const item = inner[of];
    if (token === undefined) return item === undefined;
    const key = at * (inner.length + 1) + of;
    const before = known.get(key);
    if (before !== undefined) return before;
    let covered: boolean;
    if (token === deep) covered = from(at + 1, of) || (item !== undefined && from(at, of + 1));
    else covered = item !== undefined && item !== deep && coversSegment(token, item) && from(at + 1, of + 1);
    known.set(key, covered);
    return covered;
  };
  return from(0, 0);
}

/** Paths that a pattern matches, one with each "**" left out and one with it written out; classes stay unsampled. */
export function samplePaths(pattern: PathPattern): readonly string[] {
  const textOf = (segment: Segment): string =>
    typeof segment === "string" ? segment : segment.map((token) => (typeof token === "string" ? token : "x")).join("");
  const sample = (between: readonly string[]): string => `/${pattern.flatMap((segment) => (segment === deep ? between : [textOf(segment)])).join("/")}`;
  return [...new Set([sample([]), sample(["x", "y"])])];
}
