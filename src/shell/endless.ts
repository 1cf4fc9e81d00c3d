// Loops that may never end: whose condition nothing in them changes.
import { type CompoundList, forEachChild, type SyntaxNode } from "unbash";

/** Of `while` and `until`. A loop that reads lines ends with them; others need a change, or a way out. */
export function mayNotEnd(kind: "while" | "until", clause: CompoundList, body: CompoundList): boolean {
  const last = clause.commands.at(-1)?.command;
  const name = last?.type === "Command" ? last.name?.text : undefined;
  if (name === "read") return false;
  if (clause.commands.length === 1 && name === (kind === "while" ? "false" : "true")) return false;
  if (leaves(body)) return false;
  const asked = namesAsked(clause);
  const changed = namesChanged([clause, body]);
  return ![...asked].some((each) => changed.has(each));
}

/** Whether a `break`, `exit` or `return` stands anywhere in it. */
export function leaves(body: CompoundList): boolean {
  let found = false;
  visit(body, (node) => {
    if (node.type === "Command" && /^(?:break|exit|return)$/.test(node.name?.text ?? "")) found = true;
  });
  return found;
}

function visit(node: SyntaxNode, look: (node: SyntaxNode) => void, depth = 0): void {
  if (depth > 64) return;
  look(node);
  forEachChild(node, (child) => visit(child, look, depth + 1));
}

function namesAsked(clause: CompoundList): ReadonlySet<string> {
  const names = new Set<string>();
  visit(clause, (node) => {
    if (node.type === "SimpleExpansion") names.add(node.text.slice(1));
    else if (node.type === "ParameterExpansion") names.add(node.parameter);
    else if (node.type === "ArithmeticWord" && /^[A-Za-z_]\w*$/.test(node.value)) names.add(node.value);
  });
  return names;
}

const changes = /^(?:=|[-+*/%&^|]=|<<=|>>=|\+\+|--)$/;

function namesChanged(lists: readonly CompoundList[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const list of lists)
    visit(list, (node) => {
      if (node.type === "Assignment") names.add(node.name);
      else if (node.type === "Command" && node.name?.text === "read") for (const word of node.args) names.add(word.text);
      else if ((node.type === "ArithmeticUnary" || node.type === "ArithmeticBinary") && changes.test(node.operator)) {
        const target = node.type === "ArithmeticUnary" ? node.operand : node.left;
        if (target.type === "ArithmeticWord") names.add(target.value);
      }
    });
  return names;
}
