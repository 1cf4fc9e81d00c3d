// The two profiles: what each sees of the file system, and what else it has.
import { statSync } from "node:fs";
import { join } from "node:path";
import { findCaches } from "./caches.ts";
import { findGitFolders, marksOfTrees, personalGitFiles } from "./git-folders.ts";
import { arrangeMounts, isInside, type Mount, renderMounts, sightOf } from "./mounts.ts";
import { kindSafely, realOf } from "./real.ts";
import type { Found } from "./secrets.ts";
import { type Nothing, systemMounts } from "./system-folders.ts";
import { toolMounts } from "./tool-folders.ts";

export interface SandboxPlace {
  /** The project; absolute and real. */
  readonly root: string;
  /** The person's home folder, absolute and real. */
  readonly home: string;
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** What the bubblewrap of this machine can do. */
export interface Abilities {
  /** It limits what is in memory, and keeps commands from making user namespaces (from 0.8 on). */
  readonly modern: boolean;
}

/** All of a profile but what changes from call to call. */
export interface ReadOnlyBase {
  readonly mounts: readonly Mount[];
}

export function readOnlyBase({ root, home, path }: SandboxPlace, nothing: Nothing): ReadOnlyBase {
  const system: Mount[] = [
    ...systemMounts(nothing),
    { how: "dev", at: "/dev" },
    { how: "proc", at: "/proc" },
    { how: "private", at: realOf("/tmp") ?? "/tmp" },
    { how: "private", at: realOf("/var/tmp") ?? "/var/tmp" },
    // a project that the home lies in is seen with it
    ...(home === "/" || isInside(home, root) ? [] : [{ how: "private", at: home } as const]),
  ];
  const whole: Mount[] = root === "/" ? [{ how: "show", at: "/" }] : [];
  const tools = toolMounts({ path, home, root }, [...whole, ...system]);
  const personal = personalGitFiles(home).map(([at, from]): Mount => ({ how: "show", at, from }));
  return { mounts: [...whole, ...system, ...tools, ...personal, ...(root === "/" ? [] : [{ how: "show", at: root } as const])] };
}

/** With what is as it is now. */
export function readOnlyMounts({ mounts }: ReadOnlyBase, { root }: SandboxPlace, { secrets, links }: Found, nothing: Nothing): readonly Mount[] {
  const git = findGitFolders(root);
  const shown = arrangeMounts([
    ...mounts,
    ...(git === null ? [] : marksOfTrees(git.common).map((at): Mount => ({ how: "show", at }))),
    ...(git === null || git.common === git.entry ? [] : [git.common, git.own].map((at): Mount => ({ how: "show", at }))),
    ...secrets.flatMap((at): readonly Mount[] => {
      const kind = kindSafely(at);
      return kind === "file" || kind === "folder" ? [{ how: "cover", at, from: nothing[kind] }] : [];
    }),
  ]);
  const closed = closedFolders(links, shown);
  return closed.length === 0 ? shown : arrangeMounts([...shown, ...closed]);
}

/** Where links of the project lead to a folder that is not seen, it is there all the same: a list of files says what it is. */
function closedFolders(links: readonly string[], mounts: readonly Mount[]): readonly Mount[] {
  const targets = new Set(links.flatMap((link) => realOf(link) ?? []));
  return [...targets].flatMap((at): readonly Mount[] => {
    const sight = sightOf(mounts, at);
    const isUnseen = (sight === "hidden" || sight === "private") && !mounts.some((mount) => isInside(mount.at, at));
    return isUnseen && kindSafely(at) === "folder" ? [{ how: "closed", at }] : [];
  });
}

/** Of what stands in /run, only what names and the system's profile need: no sockets of other programs. */
const keptOfRun = ["/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager", "/run/current-system", "/run/wrappers", "/run/opengl-driver"];

export interface WorkspaceParts {
  readonly targets: readonly Mount[];
  /** The session's own /tmp. */
  readonly temporary: string;
  /** More folders that may be written. */
  readonly writable: readonly string[];
}

export function workspaceMounts(place: SandboxPlace, { targets, temporary, writable }: WorkspaceParts): readonly Mount[] {
  const { root, home } = place;
  const own = (paths: readonly string[]): readonly Mount[] =>
    paths.flatMap((path): readonly Mount[] => {
      const real = realOf(path.replace(/^~(?=\/|$)/, home));
      return real === null ? [] : [{ how: "write", at: real }];
    });
  return arrangeMounts([
    { how: "show", at: "/" },
    { how: "dev", at: "/dev" },
    { how: "proc", at: "/proc" },
    { how: "write", at: realOf("/tmp") ?? "/tmp", from: temporary },
    { how: "private", at: realOf("/var/tmp") ?? "/var/tmp" },
    { how: "private", at: "/run" },
    // should it lie in one of these
    { how: "show", at: home },
    ...keptOfRun.flatMap((at): readonly Mount[] => (kindSafely(at) === "folder" ? [{ how: "show", at }] : [])),
    ...own(findCaches(place)),
    ...["docker/run", "docker/desktop", "colima", "rd"].flatMap((name): readonly Mount[] => {
      const at = join(home, `.${name}`);
      return kindSafely(at) === "folder" ? [{ how: "private", at }] : [];
    }),
    ...own(writable),
    { how: "write", at: root },
    ...targets,
  ]);
}

export interface Walls {
  readonly network: boolean;
  readonly capabilities: readonly string[];
}

/** For root: it owns what it made, and no more. A project of somebody else's it may still read, and work in. */
export function capabilitiesOf(profile: "read-only" | "workspace", root: string): readonly string[] {
  if (process.getuid?.() !== 0) return [];
  const foreign = statSync(root, { throwIfNoEntry: false })?.uid !== 0;
  const kept = profile === "workspace" ? ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETUID", "SETGID"] : foreign ? ["DAC_OVERRIDE"] : [];
  return ["--cap-drop", "ALL", ...kept.flatMap((name) => ["--cap-add", `CAP_${name}`])];
}

export function viewOf(mounts: readonly Mount[], { network, capabilities }: Walls, { modern }: Abilities): readonly string[] {
  const isRoot = process.getuid?.() === 0;
  return [
    ...renderMounts(mounts, modern),
    ...(mounts[0]?.at === "/" ? [] : ["--remount-ro", "/"]),
    ...(network ? [] : ["--unshare-net"]),
    ...["--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
    ...(isRoot ? capabilities : ["--unshare-user", ...(modern ? ["--disable-userns"] : [])]),
  ];
}
