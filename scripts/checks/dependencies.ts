// Dependencies: pinned exactly, and each with its row in docs/dependencies.md.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "./finding.ts";
import { readIfThere } from "./source.ts";

type Ranges = Readonly<Record<string, string>>;
interface Manifest {
  readonly dependencies?: Ranges;
  readonly devDependencies?: Ranges;
  readonly optionalDependencies?: Ranges;
  readonly peerDependencies?: Ranges;
  readonly overrides?: Ranges;
}

const page = "docs/dependencies.md";
const columns = 7;

export function checkDependencies(root: string): Finding[] {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
  const declared: Ranges = { ...manifest.devDependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies, ...manifest.dependencies };
  return [...pins({ ...declared, ...manifest.overrides }), ...rows(Object.keys(declared), readIfThere(join(root, page)) ?? "")];
}

function pins(ranges: Ranges): Finding[] {
  return Object.entries(ranges)
    .filter(([, range]) => !/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(range))
    .map(([name, range]) => ({ file: "package.json", line: 0, says: `${name} is "${range}": pin one exact version` }));
}

function rows(names: readonly string[], text: string): Finding[] {
  const findings: Finding[] = [];
  const seen = new Set<string>();
  text.split("\n").forEach((line, index) => {
    const name = /^\| `([^`]+)` \|/.exec(line)?.[1];
    if (name === undefined) return;
    const at = { file: page, line: index + 1 };
    if (seen.has(name)) findings.push({ ...at, says: `a second row for ${name}` });
    seen.add(name);
    if (!names.includes(name)) findings.push({ ...at, says: `${name} is not in package.json: remove the row` });
    const cells = line.split("|").slice(1, -1);
    if (cells.length !== columns || cells.some((cell) => cell.trim() === ""))
      findings.push({ ...at, says: `the row of ${name} needs ${columns} filled cells` });
  });
  for (const name of names)
    if (!seen.has(name)) findings.push({ file: page, line: 0, says: `no row for ${name}: say what it is for, why this one, and what else was looked at` });
  return findings;
}
