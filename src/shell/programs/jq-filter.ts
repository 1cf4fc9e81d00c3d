// What a filter of jq does besides turning its input over: jq 1.5 to 1.8, gojq, and the expressions of the yq that is written in Go.
//
// A filter can neither run programs nor write files. It can read: modules and data by `import` and `include`, the environment by `env` and `$ENV`.
import type { Deed } from "./sed-script.ts";

/** A deed of a filter; "environment": it shows what the environment holds. */
export interface FilterDeed extends Omit<Deed, "kind"> {
  readonly kind: Deed["kind"] | "environment";
}

const sticky = {
  blank: /[ \t\r\n]+/y,
  comment: /#[^\n]*/y,
  variable: /\$[ \t\r\n]*(?:[A-Za-z_]\w*::)*[A-Za-z_]\w*/y,
  field: /\.[A-Za-z_]\w*/y,
  format: /@\w+/y,
  name: /(?:[A-Za-z_]\w*::)*[A-Za-z_]\w*/y,
  number: /\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?/y,
  sign: /[-+*/%|,.:;=<>!?()[\]{}&~]/y,
};

interface Place {
  readonly deeds: FilterDeed[];
  readonly text: string;
  at: number;
  /** Functions whose text is being read, with the parentheses open around each. */
  readonly inside: { readonly name: string; readonly open: number }[];
}

const reaching: Readonly<Record<string, string>> = {
  modulemeta: "reads a module",
  load: "reads a file",
  load_str: "reads a file",
  load_xml: "reads a file",
  load_props: "reads a file",
  load_base64: "reads a file",
  loadstr: "reads a file",
  loadxml: "reads a file",
  loadprops: "reads a file",
  loadbase64: "reads a file",
  system: "runs a command",
  eval: "runs a text as an expression",
};

export function readFilter(text: string): readonly FilterDeed[] {
  const place: Place = { deeds: [], text, at: 0, inside: [] };
  const problem = run(place, 0, false);
  if (problem !== null) place.deeds.push({ kind: "unclear", says: problem });
  return place.deeds;
}

const take = (place: Place, pattern: RegExp): string | null => {
  pattern.lastIndex = place.at;
  const found = pattern.exec(place.text)?.[0] ?? null;
  if (found !== null) place.at += found.length;
  return found;
};

/** Reads to the end, or behind the parenthesis that closes an interpolation. Returns what stands in the way. */
function run(place: Place, depth: number, within: boolean): string | null {
  if (depth > 16) return "the filter of jq is nested too deep";
  let open = 0;
  while (place.at < place.text.length) {
    if (take(place, sticky.blank) !== null) continue;
    if (place.text[place.at] === "#") {
      // A backslash at the end of a comment goes on in newer ones.
      if (take(place, sticky.comment)?.endsWith("\\")) return "where a comment of the filter ends isn't the same everywhere";
      continue;
    }
    if (place.text[place.at] === '"') {
      const problem = string(place, depth);
      if (problem !== null) return problem;
      continue;
    }
    const variable = take(place, sticky.variable);
    if (variable !== null) {
      if (/^\$\s*ENV$/.test(variable)) environment(place);
      continue;
    }
    if (take(place, sticky.field) !== null || take(place, sticky.format) !== null || take(place, sticky.number) !== null) continue;
    const name = take(place, sticky.name);
    if (name !== null) {
      if (name === "def") defines(place, open);
      else named(place, name);
      continue;
    }
    const sign = take(place, sticky.sign);
    if (sign === null) return "a sign in the filter of jq isn't known";
    if (sign === ";" && place.inside.at(-1)?.open === open) place.inside.pop();
    if (sign === "(") open += 1;
    if (sign === ")") {
      open -= 1;
      if (open < 0) return within ? null : "a parenthesis of the filter was never opened";
    }
  }
  return within || open !== 0 ? "a parenthesis of the filter isn't closed" : null;
}

function string(place: Place, depth: number): string | null {
  place.at += 1;
  for (;;) {
    take(place, /[^"\\]+/y);
    const sign = place.text[place.at];
    if (sign === undefined) return "a string of the filter isn't closed";
    if (sign === '"') {
      place.at += 1;
      return null;
    }
    if (place.text[place.at + 1] !== "(") place.at += 2;
    else {
      place.at += 2;
      const problem = run(place, depth + 1, true);
      if (problem !== null) return problem;
    }
  }
}

function named(place: Place, name: string): void {
  const after = /^\s*(["({:;|]?)(.)?/s.exec(place.text.slice(place.at));
  // A key of an object, which has a colon after it.
  if (after?.[1] === ":" && after[2] !== ":") return;
  if ((name === "import" || name === "include") && after?.[1] === '"')
    place.deeds.push({ kind: "reads", says: `${name} in the filter of jq reads a file that isn't read here` });
  else if (name === "env" || name === "strenv" || name === "envsubst") environment(place);
  else if (place.inside.some((each) => each.name === name))
    place.deeds.push({ kind: "unclear", says: `${name} in the filter of jq may go on for ever: it calls itself` });
  else if (goesOn(place, name)) place.deeds.push({ kind: "unclear", says: `${name} in the filter of jq may go on for ever` });
  else if (Object.hasOwn(reaching, name)) place.deeds.push({ kind: "unclear", says: `${name} in the filter ${reaching[name]}` });
}

/** `def name(f; $g): …;` */
function defines(place: Place, open: number): void {
  const name = take(place, /[ \t\r\n]*[A-Za-z_]\w*(?:[ \t\r\n]*\([\w$; \t\r\n]*\))?[ \t\r\n]*:/y);
  if (name === null) place.deeds.push({ kind: "unclear", says: "what the filter defines isn't understood" });
  else place.inside.push({ name: /\w+/.exec(name)?.[0] ?? "", open });
}

/** Makes values without end, unless what it is given says otherwise. */
function goesOn(place: Place, name: string): boolean {
  const rest = place.text.slice(place.at);
  const given = /^\s*\(([^()]*)\)/.exec(rest)?.[1];
  if (/^_?(?:repeat|while|until)$/.test(name)) return !isBounded(place, name);
  // Each step goes into an array or an object, which end.
  if (name === "recurse") return /^\s*\(/.test(rest) && !/^\s*(?:\.\w+\??|\.)*\[\]\??\s*$/.test(given ?? "") && !isBounded(place, name);
  if (name !== "range") return false;
  const parts = given?.split(";").map((each) => each.trim()) ?? [];
  if (parts.length === 3 && !/^-?[1-9]\d*$/.test(parts[2] ?? "")) return true;
  return parts.some((each) => /infinite|[eE]\d|\d{8}/.test(each)) ? !isBounded(place, name) : given === undefined && /infinite|[eE]\d|\d{8}/.test(rest);
}

/** `first(repeat(…))`, `limit(5; range(…))`: of which each value is one that is wanted. */
function isBounded(place: Place, name: string): boolean {
  if (name === "until") return false;
  const before = place.text.slice(0, place.at - name.length);
  return (
    /(?:^|[^\w$.])(?:first|limit)\s*\(\s*(?:\d{1,6}\s*;\s*)?$/.test(before) &&
    /^\s*\([^()|]*\)\s*\)/.test(place.text.slice(place.at)) &&
    !/empty|select|error/.test(place.text)
  );
}

/** One name of the environment that holds no secret may be shown; all of it may not. */
function environment(place: Place): void {
  const name = take(place, /\s*\.\s*[A-Z_][A-Z0-9_]*\b|\s*\(\s*[A-Z_][A-Z0-9_]*\s*\)/y);
  if (name === null || /KEY|TOKEN|SECRET|PASS|AUTH|CRED|PRIVATE|SESSION|COOKIE/i.test(name))
    place.deeds.push({ kind: "environment", says: "the filter shows what stands in the environment" });
}
