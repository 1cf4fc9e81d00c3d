// Front matter that needs no YAML parser: `key: some words` on every line. Most skills have no more than that, and the
// parser costs ten times what finding them does.
//
// Invariants
//  L1  What is read here, the YAML parser reads to the same (a property test holds it); all else is left to it.

/** Words that YAML reads as something else than text. */
const noText = /^(?:true|false|null|~)$/i;
const line = /^([a-z][a-z-]*): +([A-Za-z][^\p{Cc}\p{Cs}\u0085\u2028\u2029\ufeff]*)$/u;

/** Null: a parser has to look at it. */
export function readPlainLines(text: string): ReadonlyMap<string, string> | null {
  const fields = new Map<string, string>();
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  for (const each of lines) {
    const [, key = "", given = ""] = line.exec(each) ?? [];
    const value = given.trimEnd();
    if (key === "" || noText.test(value) || noText.test(key) || fields.has(key) || /:(?: |$)| #/.test(value) || value !== given.replace(/ +$/, "")) return null;
    fields.set(key, value);
  }
  return fields.size === 0 ? null : fields;
}
