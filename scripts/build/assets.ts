// Files that are not code and travel with it. The bundle is flat, so they are too: `new URL("./name.md", import.meta.url)`
// means the same in src and in dist. A folder named `demo` (at the root or in a room) is copied whole, as dist/demo.
import { cpSync, existsSync, globSync, mkdirSync, readdirSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";

export interface Asset {
  /** Relative to the root. */
  readonly from: string;
  /** Relative to dist. */
  readonly to: string;
}

export function assetsOf(root: string): Asset[] {
  const demos = ["demo", ...globSync("src/**/demo", { cwd: root })].filter((folder) => existsSync(join(root, folder)));
  const inDemo = (path: string) => demos.some((folder) => path.startsWith(`${folder}/`));
  const pages = globSync("src/**/*.md", { cwd: root })
    .map(slashes)
    .filter((path) => !inDemo(path))
    .map((from) => ({ from, to: basename(from) }));
  const whole = demos.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => slashes(join(entry.parentPath, entry.name).slice(join(root, folder).length + 1)))
      .map((path) => ({ from: `${slashes(folder)}/${path}`, to: `demo/${path}` })),
  );
  return [...pages, ...whole].sort((one, other) => (`${one.to} ${one.from}` < `${other.to} ${other.from}` ? -1 : 1));
}

/** Copies the assets; two of one name would overwrite each other, which is an error. */
export function copyAssets(root: string, dist: string): void {
  const taken = new Map<string, string>();
  for (const { from, to } of assetsOf(root)) {
    const other = taken.get(to);
    if (other !== undefined) throw new Error(`${from} and ${other} would both become dist/${to}: rename one of them.`);
    taken.set(to, from);
    mkdirSync(dirname(join(dist, to)), { recursive: true });
    cpSync(join(root, from), join(dist, to));
  }
}

const slashes = (path: string): string => path.split(sep).join("/");
