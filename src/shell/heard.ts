// Other readings of commands, for those who refuse: what a command hands on, and the same thing said otherwise.
import { forEachChild, parse, type SyntaxNode } from "unbash";
import { limits } from "./context.ts";
import { literalValue } from "./literal.ts";
import type { SimpleCommand } from "./reading.ts";
import { variantsOf } from "./wrapped.ts";

const most = 400;
const longest = 200;

export interface Heard {
  readonly commands: readonly SimpleCommand[];
  /** There were more than are looked at. */
  readonly cut: boolean;
}

/** Further readings of every command, a few layers deep. */
export function listen(commands: readonly SimpleCommand[]): Heard {
  const queue: { readonly command: SimpleCommand; readonly layer: number }[] = commands.map((command) => ({ command, layer: 0 }));
  const known = new Set(commands.map((command) => command.words.join("\0")));
  const heard: SimpleCommand[] = [];
  for (const { command, layer } of queue) {
    const { words, span } = command;
    if (words.length > longest) return { commands: heard, cut: true };
    const { commands: variants, texts } = variantsOf(words);
    const inner = layer < 3 ? texts.flatMap(commandsIn) : [];
    for (const [index, other] of [...variants, ...inner].entries()) {
      const key = other.join("\0");
      if (other.length === 0 || known.has(key)) continue;
      known.add(key);
      if (known.size > most) return { commands: heard, cut: true };
      const found = { words: other, span };
      heard.push(found);
      queue.push({ command: found, layer: index < variants.length ? layer : layer + 1 });
    }
  }
  return { commands: heard, cut: false };
}

/** The simple commands of a text inside a text. */
function commandsIn(text: string): readonly (readonly string[])[] {
  const found: (readonly string[])[] = [];
  const visit = (node: SyntaxNode, depth: number): void => {
    if (depth > 200 || found.length > most) return;
    if (node.type === "Command" && node.name !== undefined)
      found.push([node.name, ...node.args].map((part) => (part.type === "Word" ? (literalValue(part) ?? part.text) : part.text)));
    forEachChild(node, (child) => visit(child, depth + 1));
  };
  try {
    if (text.length <= limits.length) visit(parse(text), 0);
  } catch {
    // What the parser gives up on is heard by nobody; the text as a whole is a finding already.
  }
  return found;
}
