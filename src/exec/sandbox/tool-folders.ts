// Where the programs on PATH have what they need, when that is not one of the system's folders: version managers, tool chains.
import * as fs from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { isInside, type Mount, sightOf } from "./mounts.ts";
import { realOf } from "./real.ts";

/** Folders that hold a tool chain and nothing of the person's: shown as a whole. */
const chains = new Set([
  ...[".pyenv", ".asdf", ".volta", ".rbenv", ".nodenv", ".goenv", ".jenv", ".sdkman", ".bun", ".deno", ".fnm", ".ghcup", ".opam", ".dotnet", ".juliaup"],
  ...[".rustup", ".nvm", ".n", ".linuxbrew", ".nix-profile", "miniconda3", "anaconda3", "miniforge3", "mambaforge", "mise", "pnpm", "fnm", "node_modules"],
]);
/** Small files by which version managers choose. */
const choices = [".tool-versions", ".asdfrc", ".nvmrc", ".python-version", ".ruby-version", ".config/mise", ".local/share/uv/python"];
const mostLinks = 300;

export interface ToolPlace {
  readonly path: string;
  readonly home: string;
  readonly root: string;
}

/** `seen`: what is shown already. */
export function toolMounts({ path, home, root }: ToolPlace, seen: readonly Mount[]): readonly Mount[] {
  const found: Mount[] = [];
  const isTooMuch = (folder: string) => isInside(home, folder) || isInside(root, folder) || folder === "/";
  const add = (real: string) => {
    const sight = sightOf([...seen, ...found], real);
    if (sight !== "shown" && !isTooMuch(real) && fs.existsSync(real)) found.push({ how: "show", at: real });
  };
  for (const entry of new Set(path.split(":"))) {
    const folder = isAbsolute(entry) ? realOf(entry) : null;
    if (folder === null || isInside(folder, root)) continue;
    const chain = chainOf(folder);
    add(chain !== null && !isTooMuch(chain) ? chain : folder);
    // PATH may name it by a link
    if (folder !== entry && isInside(entry, home)) found.push({ how: "show", at: entry, from: folder });
    if (basename(dirname(folder)) === ".cargo") add(join(home, ".rustup"));
    if (chain === null || folder === "/usr/local/bin") for (const target of linksOf(folder)) add(target);
  }
  for (const name of choices) add(join(home, name));
  return found;
}

/** The whole that a folder of programs belongs to; null: it stands for itself. */
function chainOf(folder: string): string | null {
  for (let at = folder; at !== "/"; at = dirname(at)) if (chains.has(basename(at))) return at;
  const above = dirname(folder);
  const isInstalled = basename(folder) === "bin" && basename(above) !== ".local" && basename(above) !== ".cargo";
  return isInstalled && ["lib", "libexec", "share", "pkg", "include", "pyvenv.cfg"].some((name) => fs.existsSync(join(above, name))) ? above : null;
}

/** Where the links of a folder lead: to an installation, or to one program. */
function linksOf(folder: string): readonly string[] {
  try {
    const links = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isSymbolicLink());
    return links.slice(0, mostLinks).flatMap(({ name }) => {
      const target = realOf(join(folder, name));
      if (target === null || isInside(target, folder)) return [];
      return [chainOf(dirname(target)) ?? target];
    });
  } catch {
    return [];
  }
}
