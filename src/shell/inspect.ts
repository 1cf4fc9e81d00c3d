// A first look over the whole tree, inner scripts included: errors, bounds, and every simple command that is in it.
import { type Command, forEachChild, type ParsedScript, type SyntaxNode } from "unbash";
import { type Around, find, limits, opens, spanOf, type Walk } from "./context.ts";
import { literalValue } from "./literal.ts";
import type { SimpleCommand } from "./reading.ts";

export interface Inspected {
  readonly commands: readonly SimpleCommand[];
  readonly count: number;
  /** Within the limits. */
  readonly fits: boolean;
}

const deeper = new Set<SyntaxNode["type"]>([
  "Subshell",
  "BraceGroup",
  "If",
  "While",
  "For",
  "ArithmeticFor",
  "Select",
  "Case",
  "Function",
  "Coproc",
  "CommandExpansion",
  "ProcessSubstitution",
  "ArithmeticCommandExpansion",
]);

export function inspect(script: ParsedScript, walk: Walk): Inspected {
  const commands: SimpleCommand[] = [];
  let count = 0;
  let nodes = 0;
  const visit = (node: SyntaxNode, depth: number): void => {
    nodes += 1;
    if (nodes > limits.nodes) return;
    if (depth > 256) return;
    if (depth > limits.depth && opens(walk, "too-deep")) {
      find(walk, "too-deep", "unclear", `it is nested deeper than ${limits.depth}`, spanOf(walk, node));
      return;
    }
    const before = walk.within;
    if (node.type === "Script") {
      for (const error of node.errors ?? [])
        find(
          walk,
          "syntax-error",
          "unclear",
          `bash would not understand it: ${error.message}`,
          spanOf(walk, { pos: error.pos, end: Math.max(error.pos + 1, node.end) }),
        );
      if (node.shebang !== undefined) find(walk, "unlisted-syntax", "unclear", "it begins like a script file", spanOf(walk, node));
      if (node.source !== undefined) walk.within ??= { start: 0, end: walk.text.length };
    }
    if (node.type === "Command") {
      count += 1;
      commands.push(...heardOf(node, walk));
    }
    forEachChild(node, (child) => visit(child, depth + (deeper.has(node.type) ? 1 : 0)));
    walk.within = before;
  };
  visit(script, 0);
  const whole = { start: 0, end: walk.text.length };
  if (count > limits.commands) find(walk, "too-many", "unclear", `it has ${count} commands, ${limits.commands} are read`, whole);
  else if (nodes > limits.nodes) find(walk, "too-many", "unclear", "it has too many parts", whole);
  return { commands, count, fits: count <= limits.commands && nodes <= limits.nodes };
}

/** Its words, literal where they are, else as written. */
function heardOf(node: Command, walk: Walk): readonly SimpleCommand[] {
  if (node.name === undefined) return [];
  const parts = [node.name, ...node.args];
  return [{ words: parts.map((part) => (part.type === "Word" ? (literalValue(part) ?? part.text) : part.text)), span: spanOf(walk, node) }];
}

export const outside: Around = { input: "nothing", pipe: "anything", depth: 0, leaves: null };
