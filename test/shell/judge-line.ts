// One command line judged by its program's table alone: for the tests of the tables.
import { parse } from "unbash";
import type { Effect, FindingKind } from "../../src/shell/effect.ts";
import { programOf } from "../../src/shell/programs/index.ts";
import { type Call, type Judging, readByTable } from "../../src/shell/programs/options.ts";
import type { Output } from "../../src/shell/programs/program.ts";
import { type Argument, textOfValue, type Value } from "../../src/shell/value.ts";

export interface Judged {
  readonly findings: { readonly check: string; readonly kind: FindingKind; readonly says: string; readonly text: string }[];
  readonly effects: Effect[];
  /** Words of commands inside the command, texts run as scripts. */
  readonly inner: string[];
  readonly gives: Output;
}

/** `$x`: anything, `$names`: names that a program listed, `$n`: digits; unquoted they split. `*` and `?`: a pattern. */
export function judgeLine(text: string, input: Call["input"] = "nothing", pipe: Output = "anything"): Judged {
  const command = parse(text).commands[0]?.command;
  if (command?.type !== "Command" || command.name === undefined) throw new Error(`no simple command: ${text}`);
  const findings: Judged["findings"] = [];
  const effects: Effect[] = [];
  const inner: string[] = [];
  const judging: Judging = {
    finding: (check, kind, says, span) => findings.push({ check, kind, says, text: text.slice(span.start, span.end) }),
    effect: (effect) => effects.push(effect),
    command: (words, more) => {
      inner.push(words.map((word) => textOfValue(word.value) ?? "?").join(" ") + (more ? " …" : ""));
      return judge(words);
    },
    script: (script) => inner.push(script),
  };
  const judge = (words: readonly Argument[]): Output => {
    const name = textOfValue(words[0]?.value ?? { kind: "literal", text: "" }) ?? "?";
    const program = programOf(name);
    if (program === undefined) {
      findings.push({ check: "unknown-program", kind: "effect", says: `"${name}" is not known`, text: name });
      return "anything";
    }
    return readByTable(program, { name, words: words.slice(1), folders: ["/w"], input, pipe, span: { start: 0, end: text.length } }, judging);
  };
  const words = [command.name, ...command.args].map((word): Argument => {
    const raw = word.text;
    const span = { start: word.pos, end: word.end };
    const quoted = /["']/.test(raw);
    const variable = /\$(\w+)/.exec(raw)?.[1];
    const value = word.type === "Word" ? word.value : raw;
    if (variable !== undefined && !raw.includes("'"))
      return {
        span,
        value: {
          kind: "unknown",
          prefix: value.slice(0, value.indexOf("$")),
          splits: !quoted,
          holds: variable === "n" ? "number" : variable === "names" ? "names" : "anything",
        },
      };
    const wild: Value = { kind: "glob", pattern: value, prefix: value.slice(0, Math.max(0, value.search(/[*?]/))) };
    return { span, value: !quoted && /[*?]/.test(raw) && !raw.includes("\\") ? wild : { kind: "literal", text: value } };
  });
  return { findings, effects, inner, gives: judge(words) };
}

/** Nothing stands in its way, and it only reads. */
export const isProved = (judged: Judged): boolean =>
  judged.findings.length === 0 && judged.effects.every((effect) => effect.kind === "reads" || effect.kind === "repository");
