// Source files as the checks see them: found once, parsed once by the parser that also bundles them.
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { parseAst } from "rolldown/parseAst";

export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface SourceFile {
  /** Relative to the root, with "/". */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly program: Node;
  lineAt(offset: number): number;
}

export interface Import {
  readonly specifier: string;
  /** "static" also when it is a type import of the statement form. */
  readonly kind: "static" | "dynamic" | "type";
  readonly line: number;
  /** The imported file relative to the root; undefined for packages and `node:` modules. */
  readonly target: string | undefined;
}

/** All TypeScript and JavaScript files below `folders`; fixtures are material of the tests, not source. */
export function sourceFiles(root: string, folders: readonly string[]): SourceFile[] {
  const patterns = folders.map((folder) => `${folder}/**/*.{ts,tsx,js,mjs}`);
  return globSync(patterns, { cwd: root, exclude: (path) => /(^|\/)(node_modules|fixtures)$/.test(path.split(sep).join("/")) })
    .map((path) => path.split(sep).join("/"))
    .sort()
    .map((path) => parse(root, path));
}

function parse(root: string, path: string): SourceFile {
  const text = readFileSync(join(root, path), "utf8");
  const starts = [0];
  for (let index = text.indexOf("\n"); index !== -1; index = text.indexOf("\n", index + 1)) starts.push(index + 1);
  const lineAt = (offset: number): number => {
    let line = starts.findIndex((start) => start > offset);
    if (line === -1) line = starts.length;
    return line;
  };
  const program = parseAst(text, { lang: path.endsWith("x") ? "tsx" : /\.m?js$/.test(path) ? "js" : "ts" }, path) as unknown as Node;
  return { path, text, lines: text === "" ? 0 : text.endsWith("\n") ? starts.length - 1 : starts.length, program, lineAt };
}

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && typeof (value as Node).type === "string";

/** Calls `visit` for each node, parents first. */
export function walk(node: Node, visit: (node: Node, parent: Node | undefined) => void, parent?: Node): void {
  visit(node, parent);
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) walk(item, visit, node);
    } else if (isNode(value)) walk(value, visit, node);
  }
}

const importing = new Set(["ImportDeclaration", "ExportAllDeclaration", "ExportNamedDeclaration", "ImportExpression", "TSImportType"]);

/** Every import of a file: static, re-export, dynamic and in types. */
export function importsOf(root: string, file: SourceFile): Import[] {
  const found: Import[] = [];
  walk(file.program, (node) => {
    if (!importing.has(node.type)) return;
    const source = node.source as { readonly value?: unknown; readonly start: number } | null | undefined;
    if (typeof source?.value !== "string") return;
    const kind = node.type === "ImportExpression" ? "dynamic" : node.type === "TSImportType" ? "type" : "static";
    found.push({ specifier: source.value, kind, line: file.lineAt(source.start), target: resolveRelative(root, file.path, source.value) });
  });
  return found;
}

function resolveRelative(root: string, from: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return relative(root, resolve(root, dirname(from), specifier))
    .split(sep)
    .join("/");
}

export const readIfThere = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, "utf8") : undefined);
