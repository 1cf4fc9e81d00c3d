// What npm would put on a disk: the tarball, unpacked, and what it depends on at run time.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { row } from "../row.ts";
import type { Group } from "./context.ts";

const megabyte = 1e6;

export const packageRows: Group = async ({ root }) => {
  const output = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const listed = JSON.parse(output) as readonly PackedTarball[] | Readonly<Record<string, PackedTarball>>;
  const packed = (Array.isArray(listed) ? listed : Object.values(listed))[0] as PackedTarball;
  const names = runtimeDependencies(root);
  const dependencies = names.reduce((sum, name) => sum + folderBytes(join(root, "node_modules", name)), 0);
  const note = `tarball ${(packed.unpackedSize / megabyte).toFixed(1)} MB in ${packed.entryCount} files, ${names.length} packages ${(dependencies / megabyte).toFixed(1)} MB`;
  return [row("package", "installed from npm", "MB", { bosun: (packed.unpackedSize + dependencies) / megabyte, note })];
};

interface PackedTarball {
  readonly unpackedSize: number;
  readonly entryCount: number;
}

/** Names of all packages that come along, those for this platform among the optional ones. */
export function runtimeDependencies(root: string): string[] {
  const found = new Set<string>();
  const visit = (manifestPath: string): void => {
    const manifest = JSON.parse(readFileSync(manifestPath, "utf8")) as Record<"dependencies" | "optionalDependencies", Record<string, string> | undefined>;
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
      const path = join(root, "node_modules", name, "package.json");
      if (found.has(name) || !existsSync(path)) continue;
      found.add(name);
      visit(path);
    }
  };
  visit(join(root, "package.json"));
  return [...found].sort();
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).reduce(
    (sum, entry) => (entry.isFile() ? sum + statSync(join(entry.parentPath, entry.name)).size : sum),
    0,
  );
}
