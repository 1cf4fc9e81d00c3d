// What only a person changes in a project: shown read-only to commands that may write the rest.
//
// A name that is missing and would be run if it were there is taken by an empty folder while the command runs: git does not
// see one, nothing can be put in its place, and taking it away can lose nothing.
//
// Invariants
//  T1  What is made is noted in the run's folder before it is made.
//  T2  Only empty folders are taken away, and none that another command of this session needs.
import * as fs from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Machine, removeQuietly } from "../machine.ts";
import type { RunFolder } from "../runs.ts";
import type { GitFolders } from "./git-folders.ts";
import { isInside, type Mount } from "./mounts.ts";
import { kindSafely, realOf } from "./real.ts";
import type { Wall } from "./walls.ts";

/** Below the root; also when they are missing. */
const takenNames = [".bosun", ".vscode", ".github/workflows", ".envrc", ".mcp.json", ".gitlab-ci.yml", ".pre-commit-config.yaml"] as const;
/** Below the root, when they are there. */
const guardedNames = [
  ...[".gitmodules", ".husky", "lefthook.yml", "lefthook.yaml", ".lefthook.yml", "lefthook.toml", ".direnv", "mise.toml", ".mise.toml", ".mise"],
  ...[".github/actions", ".circleci", ".buildkite", "Jenkinsfile", "azure-pipelines.yml", "bitbucket-pipelines.yml", ".travis.yml", ".drone.yml"],
  ...[".woodpecker", ".forgejo/workflows", ".gitea/workflows", ".idea", ".zed", ".fleet", ".devcontainer", ".exrc", ".nvimrc", ".nvim.lua", ".vimrc"],
  ...[".claude", ".codex", ".gemini", ".cursor", ".opencode", ".npmrc", ".yarnrc", ".yarnrc.yml", ".pnpmfile.cjs", "bunfig.toml", "pip.conf"],
  ...[".cargo/config", ".cargo/config.toml"],
  ...[".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".profile", ".zshrc", ".zshenv", ".zprofile", ".zlogin", ".zlogout"],
  ...[".kshrc", ".inputrc", ".gitconfig"],
] as const;
/** Of the person's home, should it lie in the project. */
const homeNames = [
  ...[".config/fish", ".config/git", ".config/systemd", ".config/autostart", ".ssh", ".gnupg", ".netrc", ".aws", ".kube", ".docker", ".local/bin", "bin"],
  ...[".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".profile", ".zshrc", ".zshenv", ".zprofile", ".gitconfig", ".npmrc"],
] as const;

/** All of them, whether they are there or not: for sandboxes that take names. */
export function guardedPaths({ root, home, own, git }: GuardedPlace): readonly string[] {
  const below = [...takenNames, ...guardedNames].map((name) => join(root, name));
  const homes = isInside(home, root) ? homeNames.map((name) => join(home, name)) : [];
  const redirect = git !== null && git.common === git.entry ? ["commondir"] : [];
  const store = git === null ? [] : ["hooks", "config", "config.worktree", ...redirect].map((name) => join(git.common, name));
  return [...below, ...homes, ...store, ...hooksInside(git, root), ...(isInside(own, root) ? [own] : [])];
}

/** A folder of hooks outside is not writable anyway. */
const hooksInside = (git: GitFolders | null, root: string): readonly string[] =>
  git?.hooks != null && isInside(git.hooks, root) && git.hooks !== root ? [git.hooks] : [];

export interface Guarded {
  readonly mounts: readonly Mount[];
  /** Folders to make, outer ones first. */
  readonly make: readonly string[];
  /** What is missing and is not made: looked for afterwards. */
  readonly missing: readonly string[];
  /** A file that must never be there: git would take its settings and hooks from where it says. */
  readonly forbidden: string | null;
}

export interface GuardedPlace {
  readonly root: string;
  readonly home: string;
  /** Folder of bosun's own, for the case that it lies in the project. */
  readonly own: string;
  readonly git: GitFolders | null;
}

export function findTargets({ root, home, own, git }: GuardedPlace): Guarded {
  const mounts: Mount[] = [];
  const make: string[] = [];
  // below a link is where it leads; what is outside of the project can't be written anyway
  const guard = (named: string): boolean => {
    const kind = kindSafely(named);
    const real = kind === null || kind === "other" ? null : realOf(named);
    if (real !== null && isReached(real)) mounts.push({ how: "show", at: real });
    return kind !== null;
  };
  const isReached = (real: string) => isInside(real, root) || (git !== null && isInside(real, git.common));
  const take = (named: string) => {
    if (guard(named)) return;
    const above = dirname(named);
    const real = realOf(above) ?? above;
    if (!isReached(real)) return;
    if (kindSafely(above) === null) make.push(above);
    make.push(join(real, basename(named)));
    mounts.push({ how: "show", at: join(real, basename(named)) });
  };
  const missing = guardedNames.map((name) => join(root, name)).filter((path) => !guard(path));
  for (const name of takenNames) take(join(root, name));
  if (isInside(home, root)) for (const name of homeNames) guard(join(home, name));
  if (isInside(own, root)) guard(own);
  if (git !== null) {
    if (git.common === git.entry) mounts.push({ how: "write", at: git.entry });
    else {
      mounts.push({ how: "show", at: git.entry }, { how: "write", at: git.common }, { how: "write", at: git.own });
      for (const name of ["commondir", "gitdir", "config.worktree"]) guard(join(git.own, name));
    }
    take(join(git.common, "hooks"));
    for (const name of ["config", "config.worktree"]) guard(join(git.common, name));
    for (const module of modulesOf(git.common)) for (const name of ["hooks", "config"]) guard(join(module, name));
    for (const hooks of hooksInside(git, root)) guard(hooks);
  }
  const redirect = git !== null && git.common === git.entry ? join(git.entry, "commondir") : null;
  return {
    mounts: [...aboveThem(mounts, root), ...mounts],
    make,
    missing,
    forbidden: redirect === null || kindSafely(redirect) !== null ? null : redirect,
  };
}

/** After the command: what it made that only a person makes. It stays for the person to look at, but for what turns git around. */
export function findNew({ missing, forbidden }: Guarded): readonly Wall[] {
  const walls = missing
    .filter((path) => kindSafely(path) !== null)
    .map(
      (path): Wall => ({
        kind: "protected",
        path,
        says: `${path} is new, and is run by something other than this session: the person should look at it before using it.`,
      }),
    );
  if (forbidden === null || kindSafely(forbidden) === null) return walls;
  const aside = `${forbidden}.put-aside`;
  try {
    fs.renameSync(forbidden, aside);
  } catch {
    return [
      ...walls,
      { kind: "protected", path: forbidden, says: `${forbidden} turns git's settings and hooks elsewhere. Remove it before git is used here.` },
    ];
  }
  return [
    ...walls,
    { kind: "protected", path: forbidden, says: `${forbidden} would have turned git's settings and hooks elsewhere: it was moved to ${aside}.` },
  ];
}

/** Folders on the way to what is guarded are mounted too: else they could be renamed, and made anew. */
function aboveThem(mounts: readonly Mount[], root: string): readonly Mount[] {
  const tops = [root, ...mounts.flatMap((mount) => (mount.how === "write" ? [mount.at] : []))];
  const found = new Set<string>();
  for (const { how, at } of mounts) {
    if (how !== "show") continue;
    const top = tops.find((each) => isInside(at, each) && at !== each);
    for (let folder = dirname(at); top !== undefined && folder !== top && isInside(folder, top); folder = dirname(folder)) found.add(folder);
  }
  return [...found].map((at) => ({ how: "write", at }));
}

function modulesOf(common: string): readonly string[] {
  try {
    return fs
      .readdirSync(join(common, "modules"))
      .slice(0, 50)
      .flatMap((name) => (kindSafely(join(common, "modules", name, "config")) ? [join(common, "modules", name)] : []));
  } catch {
    return [];
  }
}

export interface Makings {
  /** Made, in a folder where this may fail; those that could not be made are gone from the mounts. */
  begin(guarded: Pick<Guarded, "mounts" | "make">, run: RunFolder | null): { readonly mounts: readonly Mount[]; end(): void };
}

const noteOf = (run: RunFolder): string => join(run.path, "made");

export function createMakings(machine: Machine): Makings {
  const holders = new Map<string, number>();
  return {
    begin({ mounts, make }, run) {
      const wanted = [...make];
      const needed = wanted.filter((path) => holders.has(path) || kindSafely(path) === null);
      if (run !== null && needed.length > 0) putSafely(machine, noteOf(run), JSON.stringify(needed));
      const made = needed.filter((path) => holders.has(path) || makeSafely(machine, path));
      for (const path of made) holders.set(path, (holders.get(path) ?? 0) + 1);
      const missing = new Set(wanted.filter((path) => kindSafely(path) === null));
      let isEnded = false;
      return {
        mounts: mounts.filter(({ at }) => !missing.has(at)),
        end() {
          if (isEnded) return;
          isEnded = true;
          for (const path of [...made].reverse()) {
            const others = (holders.get(path) ?? 1) - 1;
            if (others > 0) holders.set(path, others);
            else {
              holders.delete(path);
              removeQuietly(machine, path, "removeFolder");
            }
          }
          if (run !== null && made.length > 0) removeQuietly(machine, noteOf(run));
        },
      };
    },
  };
}

/** What earlier processes of a session left. `isOver`: nothing of this run goes on. */
export function takeAwayLeftOvers(machine: Machine, runs: readonly RunFolder[], isOver: (run: RunFolder) => boolean): void {
  for (const run of runs) {
    const note = noteOf(run);
    if (kindSafely(note) !== "file" || !isOver(run)) continue;
    for (const path of readNote(note).reverse()) removeQuietly(machine, path, "removeFolder");
    removeQuietly(machine, note);
  }
}

function readNote(path: string): string[] {
  try {
    const paths: unknown = JSON.parse(fs.readFileSync(path, "utf8"));
    return Array.isArray(paths) ? paths.filter((each): each is string => typeof each === "string" && each.startsWith("/")) : [];
  } catch {
    return [];
  }
}

function putSafely(machine: Machine, path: string, text: string): void {
  try {
    machine.put(path, text);
  } catch {
    // without the note an empty folder may stay after a crash
  }
}

/** In a folder that can't be written the command can't make it either. */
function makeSafely(machine: Machine, path: string): boolean {
  try {
    machine.makeFolder(path);
    return true;
  } catch {
    return false;
  }
}
