// The literal words of a text that need not be understood: for those who refuse.
import type { Word } from "unbash";

/** Characters that, bare, may stand for something else: expansion, globs, braces, tilde, extended globs. */
const special = /[$`*?[\]{}~()<>|&;#^=%\\]/;
const bareAllowed = new Set(["[", "]", "{}", "!", "="]);

/** The word as the program receives it, or null when that isn't known for certain. */
export function literalValue(word: Word): string | null {
  const { parts } = word;
  if (parts === undefined) return isPlain(word.text) ? word.value : null;
  for (const part of parts) {
    if (part.type === "SingleQuoted") continue;
    if (part.type === "Literal" && isPlain(part.text)) continue;
    if (part.type === "DoubleQuoted" && part.parts.every((child) => child.type === "Literal")) continue;
    return null;
  }
  return word.value;
}

/** Unquoted text. Escaped characters are themselves; ASCII only, since look-alikes and odd blanks belong in quotes. */
function isPlain(text: string): boolean {
  if (bareAllowed.has(text)) return true;
  const bare = text.replace(/\\[\s\S]/g, "");
  if (/[^\x20-\x7e]/.test(bare)) return false;
  // `=`, `%`, `^` and `#` inside a word, and `~` inside one without `=` or `:`, mean themselves to bash.
  const inner = bare.slice(1).replace(/[=%^#]/g, "");
  const tilde = /[=:]/.test(bare) ? inner : inner.replace(/~/g, "");
  return !special.test(`${bare.charAt(0).replace(/[%^]/, "")}${tilde}`);
}
