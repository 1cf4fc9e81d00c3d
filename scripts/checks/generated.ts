// Generated documents equal what their generators write now. `npm run docs` writes them again.
import { join } from "node:path";
import { generators } from "../docs/generators.ts";
import type { Finding } from "./finding.ts";
import { readIfThere } from "./source.ts";

/** Compares the documents below `root` with what the generators of this repository write. */
export async function checkGenerated(root: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { path, generate } of await generators()) {
    const standing = readIfThere(join(root, path));
    if (standing === undefined) findings.push({ file: path, line: 0, says: "is missing: run `npm run docs`" });
    else if (standing !== (await generate())) findings.push({ file: path, line: 0, says: "is not what its generator writes now: run `npm run docs`" });
  }
  return findings;
}
