// `npm run check`: the structure of the repository alone, in a second or two, without the tests.
import { join } from "node:path";
import { checks } from "./checks/all.ts";
import { formatFinding } from "./checks/finding.ts";

const root = join(import.meta.dirname, "..");
for (const [name, check] of Object.entries(checks)) {
  const findings = await check(root);
  console.log(`${findings.length === 0 ? "✓" : "✗"} ${name}`);
  for (const finding of findings) console.log(`  ${formatFinding(finding)}`);
  if (findings.length > 0) process.exitCode = 1;
}
