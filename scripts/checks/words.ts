// What no tracked file may hold: paths of the machine it was written on, and hosts of package registries.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "./finding.ts";

interface Rule {
  readonly pattern: RegExp;
  readonly says: string;
  /** Files it does not hold for. */
  readonly except?: (path: string, text: string) => boolean;
}

// Written in pieces, so that this file passes itself.
const rules: readonly Rule[] = [
  { pattern: new RegExp(`(^|[^\\w.~*-])/${"work"}/`), says: "a path of one machine: use a path relative to the file, or a temporary folder" },
  { pattern: new RegExp(`/${"tmp"}/brief|/${"bash"}_jobs`), says: "a path of one machine: use a temporary folder of your own" },
  {
    pattern: new RegExp(`https?://[^/\\s"']*(${"regist"}ry|${"npm"}mirror|artifactory|verdaccio)[^/\\s"']*`, "i"),
    says: "the host of a package registry: the lockfile and the documents name none",
  },
  {
    pattern: new RegExp(`\\.\\./${"shared"}\\b`),
    says: "a folder beside the repository: only a test that skips without it may look there",
    except: (path, text) => path.startsWith("test/") && /\b(skip|skipIf|needs)\b/.test(text),
  },
];

export function checkWords(root: string): Finding[] {
  return trackedFiles(root).flatMap((path) => {
    const bytes = readFileSync(join(root, path));
    if (bytes.includes(0)) return [];
    const text = bytes.toString("utf8");
    const lines = text.split("\n");
    return rules
      .filter((rule) => !rule.except?.(path, text))
      .flatMap((rule) => lines.flatMap((line, index) => (rule.pattern.test(line) ? [{ file: path, line: index + 1, says: rule.says }] : [])));
  });
}

/** What git tracks, or would track; without git, every file. */
function trackedFiles(root: string): string[] {
  if (!existsSync(join(root, ".git"))) {
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  }
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return listed.split("\0").filter((path) => path !== "" && existsSync(join(root, path)));
}
