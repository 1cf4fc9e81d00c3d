// Effects exist only in `commit` of a prepared call, and only src/agent/execute.ts may reach for it:
// there the intent is durable first. Any use of a member of that name anywhere else is a finding.
import type { Finding } from "./finding.ts";
import { type Node, sourceFiles, walk } from "./source.ts";

const allowed = "src/agent/execute.ts";

export function checkCommitCalls(root: string): Finding[] {
  return sourceFiles(root, ["src"])
    .filter((file) => file.path !== allowed)
    .flatMap((file) => {
      const findings: Finding[] = [];
      walk(file.program, (node) => {
        if (reachesForCommit(node)) {
          findings.push({
            file: file.path,
            line: file.lineAt(node.start),
            says: `takes \`commit\` of something: only ${allowed} may; return the prepared call to it`,
          });
        }
      });
      return findings;
    });
}

function reachesForCommit(node: Node): boolean {
  if (node.type === "MemberExpression") return named(node.property as Node);
  if (node.type !== "ObjectPattern") return false;
  return (node.properties as readonly Node[]).some((property) => property.type === "Property" && named(property.key as Node));
}

const named = (node: Node): boolean => node.name === "commit" || node.value === "commit";
