// Declarations: what tsc emits, reduced to what the doors reach, with specifiers as users resolve them.
import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { importsOf, type SourceFile, sourceFiles } from "../checks/source.ts";

/** Emits into dist/types; throws when a public type names a package that users do not get. */
export function emitDeclarations(root: string, dist: string): void {
  const emitted = join(dist, ".declarations");
  const tsc = join(import.meta.dirname, "../../node_modules/typescript/bin/tsc");
  try {
    execFileSync(process.execPath, [tsc, "--project", join(root, "tsconfig.build.json"), "--outDir", emitted, "--pretty", "false"], { encoding: "utf8" });
  } catch (error) {
    throw new Error(`tsc found errors:\n${(error as { readonly stdout?: string }).stdout ?? error}`);
  }
  mkdirSync(dist, { recursive: true });
  renameSync(join(emitted, "src"), join(dist, "types"));
  rmSync(emitted, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const doors = Object.values(manifest.exports as Record<string, { types?: string } | string>).flatMap((door) =>
    typeof door === "string" ? [] : [door.types ?? ""],
  );
  prune(
    dist,
    doors.map((door) => door.replace("./dist/", "")),
    Object.keys(manifest.dependencies),
  );
}

function prune(dist: string, doors: readonly string[], packages: readonly string[]): void {
  const files = new Map(sourceFiles(dist, ["types"]).map((file) => [file.path, file]));
  const reached = new Set<string>();
  const visit = (path: string): void => {
    const file = files.get(path);
    if (file === undefined || reached.has(path)) return;
    reached.add(path);
    for (const { specifier, target } of importsOf(dist, file)) {
      if (target !== undefined) visit(target.replace(/\.ts$/, ".d.ts"));
      else if (!specifier.startsWith("node:") && !packages.includes(specifier)) {
        throw new Error(`The public type in ${path} names the package ${specifier}, which is bundled and so not there for users: declare the shape in src.`);
      }
    }
  };
  doors.forEach(visit);
  for (const [path, file] of files) {
    if (reached.has(path)) writeFileSync(join(dist, path), rewrite(dist, file));
    else rmSync(join(dist, path));
  }
  removeEmptyFolders(dist);
}

/** `./tool.ts` is what the source says; beside `tool.d.ts` users resolve `./tool.js`. */
function rewrite(dist: string, file: SourceFile): string {
  const lines = file.text.split("\n");
  for (const { specifier, line, target } of importsOf(dist, file)) {
    if (target === undefined) continue;
    lines[line - 1] = (lines[line - 1] ?? "").replaceAll(JSON.stringify(specifier), JSON.stringify(specifier.replace(/\.ts$/, ".js")));
  }
  return lines.join("\n");
}

function removeEmptyFolders(dist: string): void {
  const full = new Set<string>();
  for (const file of globSync("types/**/*.d.ts", { cwd: dist })) {
    for (let folder = dirname(file); folder !== "."; folder = dirname(folder)) full.add(folder);
  }
  for (const folder of globSync("types/**/", { cwd: dist })) {
    const path = folder.replace(/\/$/, "");
    if (!full.has(path)) rmSync(join(dist, path), { recursive: true, force: true });
  }
}
