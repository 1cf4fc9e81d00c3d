// Files that code reads beside itself, `new URL("./name.md", import.meta.url)`, keep working after bundling only if
// the build copies them into dist/ under that same relative name. Here they are found and compared with what it copies.
import { existsSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { assetsOf } from "../build/assets.ts";
import type { Finding } from "./finding.ts";
import { type Node, type SourceFile, sourceFiles, walk } from "./source.ts";

export function checkAssets(root: string): Finding[] {
  const copied = new Set(assetsOf(root).map((asset) => asset.to));
  return sourceFiles(root, ["src"]).flatMap((file) => references(file).flatMap((reference) => judge(root, file, reference, copied)));
}

interface Reference {
  readonly specifier: string;
  readonly line: number;
}

function references(file: SourceFile): Reference[] {
  const found: Reference[] = [];
  walk(file.program, (node) => {
    if (node.type !== "NewExpression" || (node.callee as Node).name !== "URL") return;
    const [first, second] = node.arguments as readonly Node[];
    if (typeof first?.value !== "string" || second === undefined) return;
    if (file.text.slice(second.start, second.end) === "import.meta.url") found.push({ specifier: first.value, line: file.lineAt(node.start) });
  });
  return found;
}

function judge(root: string, file: SourceFile, reference: Reference, copied: ReadonlySet<string>): Finding[] {
  const at = { file: file.path, line: reference.line };
  const name = posix.normalize(reference.specifier);
  if (!existsSync(join(root, dirname(file.path), reference.specifier))) return [{ ...at, says: `${reference.specifier} does not exist beside the file` }];
  const there = name.endsWith("/") ? [...copied].some((path) => path.startsWith(name)) : copied.has(name);
  return there ? [] : [{ ...at, says: `${reference.specifier} is not copied to dist/${name}: see assetsOf in scripts/build/assets.ts` }];
}
