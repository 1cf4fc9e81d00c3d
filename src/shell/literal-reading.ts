// The narrow view of an analysis: simple commands of literal words, or what stands in the way.
import { forEachChild, parse, type SyntaxNode } from "unbash";
import type { Analysis } from "./analyse.ts";
import { literalValue } from "./literal.ts";
import type { ShellReading, TextSpan } from "./reading.ts";

export function readingOf({ text, commands, heard, findings }: Analysis): ShellReading {
  const first = findings.find((finding) => finding.kind === "unclear") ?? findings.find((finding) => finding.command === undefined);
  if (first !== undefined || commands === null)
    return { commands: null, heard, unclear: first?.says ?? "it is not understood", span: first?.span ?? { start: 0, end: text.length } };
  if (commands.length === 0) return { commands: null, heard, unclear: "there is no command in it", span: { start: 0, end: text.length } };
  const span = firstOpenWord(text);
  if (span !== null)
    return { commands: null, heard, unclear: `what ${JSON.stringify(text.slice(span.start, span.end))} stands for is known only when it runs`, span };
  return { commands, heard };
}

/** The first word that isn't written out. Only asked of texts that the parser read without an error. */
function firstOpenWord(text: string): TextSpan | null {
  let found: TextSpan | null = null;
  const visit = (node: SyntaxNode): void => {
    if (found !== null) return;
    if (node.type === "Assignment" || (node.type === "Word" && literalValue(node) === null)) found = { start: node.pos, end: node.end };
    else forEachChild(node, visit);
  };
  visit(parse(text));
  return found;
}
