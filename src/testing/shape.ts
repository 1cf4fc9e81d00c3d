// Checks JSON against a described shape and says where it differs, by path, with the key that was probably meant.
import { isJsonObject, type Json } from "../base/index.ts";

/** Adds to `problems` what is wrong with `value`; adds nothing when it is sound. */
export type Check = (value: Json, path: string, problems: string[]) => void;

export const text: Check = (value, path, problems) => {
  if (typeof value !== "string") problems.push(`${path}: a string is needed, not ${nameOf(value)}`);
};
export const filledText: Check = (value, path, problems) => {
  if (typeof value !== "string" || value === "") problems.push(`${path}: a string that is not empty is needed, not ${nameOf(value)}`);
};
export const truth: Check = (value, path, problems) => {
  if (typeof value !== "boolean") problems.push(`${path}: true or false is needed, not ${nameOf(value)}`);
};
export const anyObject: Check = (value, path, problems) => {
  if (!isJsonObject(value)) problems.push(`${path}: an object is needed, not ${nameOf(value)}`);
};
export const pattern: Check = (value, path, problems) => {
  if (typeof value !== "string") return void problems.push(`${path}: a regular expression as a string is needed, not ${nameOf(value)}`);
  try {
    new RegExp(value, "su");
  } catch (error) {
    problems.push(`${path}: ${(error as Error).message}`);
  }
};

export function whole(least: number, most = Number.MAX_SAFE_INTEGER): Check {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return (value, path, problems) => {
    const sound = typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
    if (!sound) problems.push(`${path}: a whole number ${range} is needed, not ${nameOf(value)}`);
  };
}

export function choice(...words: readonly string[]): Check {
  return (value, path, problems) => {
    if (typeof value === "string" && words.includes(value)) return;
    const meant = typeof value === "string" ? nearest(value, words) : undefined;
    problems.push(`${path}: one of ${quoted(words)} is needed, not ${nameOf(value)}${meant === undefined ? "" : `; did you mean "${meant}"?`}`);
  };
}

export function list(item: Check): Check {
  return (value, path, problems) => {
    if (!Array.isArray(value)) return void problems.push(`${path}: a list is needed, not ${nameOf(value)}`);
    value.forEach((one: Json, index) => {
      item(one, `${path}[${index}]`, problems);
    });
  };
}

export function record(item: Check, key: RegExp): Check {
  return (value, path, problems) => {
    if (!isJsonObject(value)) return void problems.push(`${path}: an object is needed, not ${nameOf(value)}`);
    for (const [name, one] of Object.entries(value)) {
      if (!key.test(name)) problems.push(`${path}: the name "${name}" does not fit ${key}`);
      else item(one, step(path, name), problems);
    }
  };
}

/** An object with these keys and no others; at least one of `optional` where `required` is empty and `filled` is set. */
export function object(required: Readonly<Record<string, Check>>, optional: Readonly<Record<string, Check>> = {}, filled = false): Check {
  const known = [...Object.keys(required), ...Object.keys(optional)];
  return (value, path, problems) => {
    if (!isJsonObject(value)) return void problems.push(`${path}: an object is needed, not ${nameOf(value)}`);
    const missing = Object.keys(required).filter((key) => !(key in value));
    for (const [key, one] of Object.entries(value)) {
      const check = Object.hasOwn(required, key) ? required[key] : Object.hasOwn(optional, key) ? optional[key] : undefined;
      if (check) check(one, step(path, key), problems);
      else problems.push(unknownKey(path, key, known, missing));
    }
    for (const key of missing) problems.push(`${path}: the key "${key}" is missing`);
    if (filled && Object.keys(value).length === 0) problems.push(`${path}: at least one of ${quoted(known)} is needed`);
  };
}

/** Chooses the check by the type of the value: a string, a number, or anything else. */
export function either(kinds: { readonly string?: Check; readonly number?: Check; readonly other: Check }): Check {
  return (value, path, problems) => {
    const check = typeof value === "string" ? kinds.string : typeof value === "number" ? kinds.number : kinds.other;
    (check ?? kinds.other)(value, path, problems);
  };
}

/** Chooses the check by the first of these keys that the object has. */
export function byKey(kinds: ReadonlyMap<string, Check>): Check {
  const keys = [...kinds.keys()];
  return (value, path, problems) => {
    if (!isJsonObject(value)) return void problems.push(`${path}: an object is needed, not ${nameOf(value)}`);
    const key = keys.find((one) => Object.hasOwn(value, one));
    if (key !== undefined) return kinds.get(key)?.(value, path, problems);
    const first = Object.keys(value).find((one) => nearest(one, keys) !== undefined);
    const meant = first === undefined ? "" : `; for "${first}" did you mean "${nearest(first, keys)}"?`;
    problems.push(`${path}: one of the keys ${quoted(keys)} is needed${meant}`);
  };
}

/** Chooses the check by the value of one key. */
export function tagged(tag: string, kinds: Readonly<Record<string, Check>>): Check {
  const tags = choice(...Object.keys(kinds));
  return (value, path, problems) => {
    if (!isJsonObject(value)) return void problems.push(`${path}: an object is needed, not ${nameOf(value)}`);
    const kind = value[tag];
    if (kind === undefined) return void problems.push(`${path}: the key "${tag}" is missing: one of ${quoted(Object.keys(kinds))}`);
    const check = typeof kind === "string" && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
    if (check) check(value, path, problems);
    else tags(kind, step(path, tag), problems);
  };
}

function unknownKey(path: string, key: string, known: readonly string[], missing: readonly string[]): string {
  const meant = nearest(key, missing) ?? nearest(key, known);
  return `${path}: unknown key "${key}"${meant === undefined ? `; the keys here are ${quoted(known)}` : `; did you mean "${meant}"?`}`;
}

const step = (path: string, key: string): string => (/^[A-Za-z_][\w-]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`);
const quoted = (words: readonly string[]): string => words.map((word) => `"${word}"`).join(", ");

function nameOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  const shown = JSON.stringify(value);
  return shown.length > 60 ? `${shown.slice(0, 57)}…` : shown;
}

/** The word that differs least from `word`, if it differs by at most a third of its letters. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const plain = (one: string) => one.toLowerCase().replace(/[-_]/g, "");
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const one of words) {
    const distance = editDistance(plain(word), plain(one));
    if (distance < least) {
      least = distance;
      best = one;
    }
  }
  return best;
}

function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const same = left[i - 1] === right[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
