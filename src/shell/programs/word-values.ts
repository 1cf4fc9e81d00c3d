// What is known of a word, asked for by those who read options and operands.
import { literal, type Value } from "../value.ts";

/** Attached to its option, each word that a pattern becomes begins with the option. */
export const mayBecomeWords = (value: Value, attached: boolean): boolean =>
  value.kind === "glob"
    ? !attached
    : value.kind === "unknown"
      ? value.splits && value.holds !== "number"
      : value.kind === "any-of" && value.values.some((each) => mayBecomeWords(each, attached));

export const isNumber = (value: Value): boolean =>
  value.kind === "literal"
    ? /^[+-]?\d+(?:\.\d+)?[a-zA-Z]{0,3}%?$/.test(value.text)
    : value.kind === "unknown"
      ? value.holds === "number" && /^[+-]?\d*$/.test(value.prefix)
      : value.kind === "any-of" && value.values.every(isNumber);

/** A path that can be looked up before it is used: known text, a pattern, or names that a program lists. */
export function isKnownPath(value: Value): boolean {
  switch (value.kind) {
    case "literal":
    case "glob":
      return true;
    case "unknown":
      return value.holds !== "anything";
    case "any-of":
      return value.values.every(isKnownPath);
  }
}

/** What is left of a word behind an option's name. */
export function withoutPrefix(value: Value, length: number): Value {
  switch (value.kind) {
    case "literal":
      return literal(value.text.slice(length));
    case "glob":
      return { kind: "glob", pattern: afterPrefix(value.pattern, length), prefix: value.prefix.slice(length) };
    case "unknown":
      return { ...value, prefix: value.prefix.slice(length) };
    case "any-of":
      return { kind: "any-of", values: value.values.map((each) => withoutPrefix(each, length)) };
  }
}

/** A pattern without its first characters, which stand for themselves. */
function afterPrefix(pattern: string, length: number): string {
  let at = 0;
  for (let count = 0; count < length; count++) at += pattern[at] === "\\" ? 2 : 1;
  return pattern.slice(at);
}
