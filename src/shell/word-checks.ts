// How a word is written: what hides a command's name or an option from the eye, and what zsh reads otherwise.
import type { Word } from "unbash";
import { find, quoted, spanOf, type Walk } from "./context.ts";
import { type Argument, prefixOf } from "./value.ts";

const plain = /^[\w./:,@+%-]*$/;

/** `made`: what the word becomes. */
export function checkWord(word: Word, made: readonly Argument[], isName: boolean, walk: Walk): void {
  const { text } = word;
  if (plain.test(text)) return;
  const span = spanOf(walk, word);
  const firsts = made.map((each) => prefixOf(each.value));
  const option = firsts.some((first) => first.startsWith("-") && first.length > 1);
  if (isName && made.length !== 1) find(walk, "brace", "unclear", "a command is made by braces, or by a variable of several words", span);
  if (isName || option) {
    const shown = isName ? "the command's name" : "an option";
    if (/[^\s'"]\\\n[^\s'"]|['"]\\\n|\\\n['"]/.test(text)) find(walk, "continuation", "unclear", `${shown} goes on in another line`, span);
    else if (isSpliced(text, isName)) find(walk, "spliced-word", "unclear", `${shown} is put together from pieces: ${quoted(text)}`, span);
    if (word.parts?.some((part) => part.type === "AnsiCQuoted" && isInName(text, part.pos - word.pos, isName)))
      find(walk, "escaped-word", "unclear", `${shown} is written in escapes: ${quoted(text)}`, span);
    if (option && firsts.some((first) => /[^\x20-\x7e]/.test(first.replace(/=.*$/s, "").slice(0, first.startsWith("--") ? undefined : 2))))
      find(walk, "homoglyph", "unclear", `the option ${quoted(text)} has characters that no option has`, span);
  }
  if (firsts.some((first) => /^[\u00ad\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/.test(first)))
    find(walk, "homoglyph", "unclear", `${quoted(text)} begins with what looks like a dash`, span);
  checkForZsh(word, walk);
}

/** Quotes or escapes inside a name, where there is nothing to quote. An option's value may be quoted: `-F','`, `--include='*.ts'`. */
function isSpliced(text: string, isName: boolean): boolean {
  if (/^(?:'[^']*'|"[^"\\$`]*")$/.test(text)) return false;
  const name = isName ? text.replace(/^\\(?=[a-z]\w*$)/, "") : text.startsWith("--") ? text.replace(/=.*$/s, "") : text;
  if (/(?:''|"")/.test(name) && !/^-\w(?:''|"")$/.test(name)) return true;
  if (/\\[A-Za-z0-9_-]/.test(name.replace(/'[^']*'|"(?:[^"\\]|\\.)*"/gs, ""))) return true;
  if (isName || text.startsWith("--")) return /['"]/.test(name) && !/^(?:'[^']*|"[^"]*)$/.test(name);
  return /^-['"]/.test(name);
}

/** Whether a position lies in the name, not in an option's value. */
function isInName(text: string, at: number, isName: boolean): boolean {
  if (isName) return true;
  return text.startsWith("--") ? !text.slice(0, at).includes("=") : at < 2;
}

function checkForZsh(word: Word, walk: Walk): void {
  const { text } = word;
  if (/^=[A-Za-z_]/.test(text)) find(walk, "zsh-equals", "unclear", `zsh reads ${quoted(text)} as the path of a program`, spanOf(walk, word));
  if (word.parts === undefined) {
    if (/\$[=~^]/.test(text.replace(/\\./gs, ""))) find(walk, "zsh-flag", "unclear", `zsh expands ${quoted(text)} otherwise`, spanOf(walk, word));
    return;
  }
  for (const part of word.parts)
    if (part.type === "Literal" && /\$[=~^]/.test(part.text.replace(/\\./gs, "")))
      find(walk, "zsh-flag", "unclear", `zsh expands ${quoted(text)} otherwise`, spanOf(walk, word));
}
