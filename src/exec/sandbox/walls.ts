// Where a sandbox stopped a command: read from what it printed, believed only where the sandbox does stop what is named.
import { existsSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { type Mount, sightOf } from "./mounts.ts";
import { kindSafely, realOf } from "./real.ts";

export interface Wall {
  readonly kind: "read" | "write" | "protected" | "secret" | "network" | "temporary";
  readonly path?: string;
  /** Which wall, and what would lift it. */
  readonly says: string;
}

/** What a command was put into. */
export interface Seen {
  readonly profile: "read-only" | "workspace";
  readonly mounts: readonly Mount[];
  readonly network: boolean;
}

/** Words of the C library and of runtimes, by what the kernel answered. */
const refusals = /Read-only file system|EROFS|Permission denied|EACCES|Operation not permitted|EPERM|Device or resource busy|EBUSY|EXDEV|cross-device/i;
const absences = /No such file or directory|ENOENT|cannot find|not found|does not exist/i;
const unreachable =
  /Network is unreachable|ENETUNREACH|EAI_AGAIN|Temporary failure in name resolution|Could not resolve host|Name or service not known|getaddrinfo|ENOTFOUND|failed to lookup address|no such host|Connection refused|ECONNREFUSED|Network unreachable/i;
const mostWalls = 5;

export interface WallPlace {
  readonly root: string;
  readonly cwd: string;
  /** Where the session's /tmp is outside. */
  readonly temporary: string;
}

/** What a program says of itself, in a command that went on and ended well. */
const complaint = /^(?:[\w./-]+: )+.*(?:Read-only file system|Permission denied|Device or resource busy|No such file or directory)$/;

/** `output`: what is known of it. A command that ended well may have searched for such words: then only complaints count. */
export function findWalls(arrangement: Seen, { root, cwd, temporary }: WallPlace, output: string, failed: boolean): readonly Wall[] {
  const found = new Map<string, Wall>();
  for (const line of output.split("\n")) {
    if (found.size >= mostWalls) break;
    if (!failed && !complaint.test(line)) continue;
    if (!arrangement.network && unreachable.test(line)) {
      found.set("network", { kind: "network", says: networkSays(arrangement) });
      continue;
    }
    const refused = refusals.test(line);
    if (!refused && !absences.test(line)) continue;
    for (const path of pathsIn(line, cwd)) {
      const wall = (refused ? refusalAt(arrangement, path) : null) ?? absenceAt(arrangement, path, root, temporary);
      if (wall !== null && !found.has(path)) found.set(path, wall);
    }
  }
  return [...found.values()].slice(0, mostWalls);
}

const lifted = (profile: string): string =>
  profile === "read-only"
    ? "A command that changes something is asked for, and then may write the project"
    : "Only the person can have it run without a sandbox";

function networkSays({ profile }: Seen): string {
  const why = profile === "read-only" ? "it was taken for one that only reads" : "the setting shell.network is off";
  return `It has no network: ${why}. ${profile === "read-only" ? "A command that uses the network is asked for." : "The person can change the setting."}`;
}

function refusalAt({ profile, mounts }: Seen, path: string): Wall | null {
  const real = realOf(path) ?? path;
  const sight = sightOf(mounts, real);
  if (sight === "covered") return { kind: "secret", path, says: `${path} holds secrets and can't be read here. Do without it, or ask the person.` };
  if (sight !== "shown") return null;
  if (profile === "workspace") {
    const guards = mounts.filter((mount) => mount.at !== "/" && !mount.at.startsWith("/run"));
    if (sightOf(guards, real) === "shown") {
      return { kind: "protected", path, says: `${path} is one of the files that only the person changes (hooks, settings, CI, editor). ${lifted(profile)}.` };
    }
    const says = `${path} is outside the project, and what is outside can be read but not written. Write in the project or /tmp; the setting shell.writable names more folders. ${lifted(profile)}.`;
    return { kind: "write", path, says };
  }
  return { kind: "write", path, says: `${path} can't be written: the command was taken for one that only reads. ${lifted(profile)}.` };
}

/** It is there outside, and not in here. */
function absenceAt({ profile, mounts }: Seen, path: string, root: string, temporary: string): Wall | null {
  const real = realOf(path);
  if (real === null || !existsSync(real)) return null;
  const sight = sightOf(mounts, real);
  const isTemporary = path.startsWith("/tmp/") && (sight === "private" || sight === "written") && !real.startsWith(`${root}/`);
  if (isTemporary) {
    const says = `/tmp is ${profile === "workspace" ? `the session's own here (${temporary} outside)` : "empty here"}: ${path} of the system's /tmp is not in it. Keep such files in the project.`;
    return { kind: "temporary", path, says };
  }
  if (sight !== "hidden" && sight !== "private") return null;
  return {
    kind: "read",
    path,
    says: `${path} is outside of what the command sees: the project and the system's folders. ${lifted("read-only")}, and see the rest.`,
  };
}

/** Words that are paths of something, or could be made. */
function pathsIn(line: string, cwd: string): readonly string[] {
  const words = [...line.matchAll(/['"‘’`]([^'"‘’`]+)['"‘’`]|([^\s'"‘’`:,;()[\]]+)/g)].map(([, quoted, plain]) => (quoted ?? plain ?? "").trim());
  return words.flatMap((word): readonly string[] => {
    if (word.length < 2 || word.length > 1000) return [];
    const path = isAbsolute(word) ? resolve(word) : join(cwd, word);
    // a plain word is a path only if something stands there
    return isAbsolute(word) || word.includes("/") || kindSafely(path) !== null || /['"‘’`]/.test(line) ? [path] : [];
  });
}
