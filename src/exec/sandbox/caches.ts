// Folders of the home that builds write: what package managers fetched and compilers made. Nothing there is a setting.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { locate } from "../bash.ts";
import { kindSafely } from "./real.ts";

/** Made when they are missing and the program is there: it could not make them itself. */
const rows: readonly (readonly [program: string, folders: readonly string[]])[] = [
  ["sh", [".cache"]],
  ["npm", [".npm"]],
  ["pnpm", [".local/share/pnpm/store", ".local/state/pnpm"]],
  ["yarn", [".yarn/berry"]],
  ["bun", [".bun/install/cache"]],
  ["cargo", [".cargo/registry", ".cargo/git"]],
  ["go", ["go/pkg"]],
  ["mvn", [".m2/repository"]],
  ["gradle", [".gradle/caches", ".gradle/daemon", ".gradle/native", ".gradle/wrapper"]],
  ["dotnet", [".nuget/packages", ".local/share/NuGet"]],
  ["composer", [".composer/cache"]],
];

export interface CachePlace {
  readonly home: string;
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
}

const known = new Map<string, readonly string[]>();

/** Looked for once for each home. */
export function findCaches({ home, path, environment }: CachePlace): readonly string[] {
  const key = `${home}\0${path}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const folders = path.split(":");
  const usual = rows.flatMap(([program, names]) => (locate(program, folders) === null ? [] : names.map((name) => join(home, name))));
  const named = ["XDG_CACHE_HOME", "DENO_DIR"].flatMap((name) => environment[name] ?? []).filter((folder) => folder.startsWith(`${home}/`));
  const found = [...new Set([...usual, ...named])].filter(isThere);
  known.set(key, found);
  return found;
}

function isThere(folder: string): boolean {
  if (kindSafely(folder) !== null) return true;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    return true;
  } catch {
    return false;
  }
}
