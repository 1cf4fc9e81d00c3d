// Files of at most 500 lines, functions of at most 80. Generated tables (*.generated.ts) are exempt.
import type { Finding } from "./finding.ts";
import { type Node, type SourceFile, sourceFiles, walk } from "./source.ts";

const longestFile = 500;
const longestFunction = 80;
const functions = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

export function checkSizes(root: string): Finding[] {
  return sourceFiles(root, ["src", "test", "scripts", "bench", "examples", "web"])
    .filter((file) => !/\.generated\.[a-z]+$/.test(file.path))
    .flatMap(measure);
}

function measure(file: SourceFile): Finding[] {
  const findings: Finding[] = [];
  if (file.lines > longestFile) findings.push({ file: file.path, line: 0, says: `has ${file.lines} lines, ${longestFile} are allowed: split it by noun` });
  walk(file.program, (node, parent) => {
    if (!functions.has(node.type) || isSuite(node, parent)) return;
    const first = file.lineAt(node.start);
    const lines = file.lineAt(node.end - 1) - first + 1;
    if (lines > longestFunction)
      findings.push({ file: file.path, line: first, says: `a function of ${lines} lines, ${longestFunction} are allowed: name its steps` });
  });
  return findings;
}

/** The callback of `describe` is a chapter, not a function: what it holds is measured one by one. */
function isSuite(node: Node, parent: Node | undefined): boolean {
  if (parent?.type !== "CallExpression" || !(parent.arguments as readonly Node[]).includes(node)) return false;
  let suite = false;
  walk(parent.callee as Node, (part) => {
    if (part.type === "Identifier" && part.name === "describe") suite = true;
  });
  return suite;
}
