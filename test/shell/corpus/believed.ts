// What the analyser believed of a script, against the words that programs were really given.
import { matchesGlob } from "node:path";
import type { Analysis } from "../../../src/shell/analyse.ts";
import type { SimpleCommand } from "../../../src/shell/reading.ts";
import type { Value } from "../../../src/shell/value.ts";

/** Each command that ran and that the analyser did not foresee, or foresaw otherwise. Empty for a text that it does not claim to know. */
export function unforeseen(analysis: Analysis, ran: readonly (readonly string[])[]): string[] {
  const { commands, findings } = analysis;
  if (commands === null) return [];
  const wrong = ran.filter((words) => !commands.some((command) => agrees(command, words))).map((words) => `ran ${JSON.stringify(words)}`);
  const unread =
    findings.length > 0
      ? []
      : ran.filter(([name]) => name === "cat" || name === "wc").flatMap(([, ...words]) => words.filter((word) => !isRead(analysis, word)));
  return [...wrong, ...unread.map((word) => `read ${JSON.stringify(word)}`)];
}

/** An open word stands for any number of words. `command cat a` starts cat. */
function agrees(command: SimpleCommand, words: readonly string[]): boolean {
  if (command.words[0] === "command") return agrees(inner(command), words);
  const open = new Set(command.open ?? []);
  const fits = (at: number, from: number): boolean => {
    if (at === command.words.length) return from === words.length;
    if (!open.has(at)) return words[from] === command.words[at] && from < words.length && fits(at + 1, from + 1);
    for (let to = from; to <= words.length; to += 1) if (fits(at + 1, to)) return true;
    return false;
  };
  return fits(0, 0);
}

const inner = ({ words, span, open = [] }: SimpleCommand): SimpleCommand => ({ words: words.slice(1), span, open: open.map((at) => at - 1) });

/** Options and standard input are no files. */
function isRead({ effects }: Analysis, word: string): boolean {
  if (word.startsWith("-") || /^\/dev\/(?:null|stdin|fd\/\d+)$/.test(word)) return true;
  return effects.some((effect) => effect.kind === "reads" && holds(effect.path.value, word));
}

export function holds(value: Value, word: string): boolean {
  switch (value.kind) {
    case "literal":
      return value.text === word;
    case "glob":
      return word.startsWith(value.prefix) && (matchesGlob(word, value.pattern) || unescaped(value.pattern) === word);
    case "unknown":
      if (value.holds !== "number") return value.splits || word.startsWith(value.prefix);
      return /^\d*$/.test(word.startsWith(value.prefix) ? word.slice(value.prefix.length) : word);
    case "any-of":
      return value.values.some((one) => holds(one, word));
  }
}
const unescaped = (pattern: string): string => pattern.replaceAll(/\\(.)/g, "$1");
