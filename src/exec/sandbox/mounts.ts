// What a command sees of the file system, as a list of places, and the arguments that bubblewrap makes it from.

/** `at` is absolute and real. */
export type Mount =
  /** Readable. `from`: what is shown there, if something else. */
  | { readonly how: "show"; readonly at: string; readonly from?: string }
  | { readonly how: "write"; readonly at: string; readonly from?: string }
  /** Shown as something without content. */
  | { readonly how: "cover"; readonly at: string; readonly from: string }
  /** A folder that is there and can't be looked into. */
  | { readonly how: "closed"; readonly at: string }
  /** A folder of its own in memory, gone with the command. */
  | { readonly how: "private"; readonly at: string }
  | { readonly how: "link"; readonly at: string; readonly to: string }
  | { readonly how: "dev"; readonly at: string }
  | { readonly how: "proc"; readonly at: string };

export type Sight = "shown" | "written" | "covered" | "private" | "system" | "hidden";

export const isInside = (path: string, folder: string): boolean => path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);

const depthOf = (path: string): number => (path === "/" ? 0 : path.split("/").length - 1);

/** Outer places first; of two for one place the later; none that its surroundings show anyway. */
export function arrangeMounts(mounts: readonly Mount[]): readonly Mount[] {
  const last = new Map<string, Mount>();
  for (const mount of mounts) {
    last.delete(mount.at);
    last.set(mount.at, mount);
  }
  const sorted = [...last.values()].sort((left, right) => depthOf(left.at) - depthOf(right.at));
  const kept: Mount[] = [];
  for (const mount of sorted) {
    const around = nearest(kept, mount.at);
    const isSame = mount.how === "show" && (mount.from ?? mount.at) === mount.at && around?.how === "show" && (around.from ?? around.at) === around.at;
    if (!isSame) kept.push(mount);
  }
  return kept;
}

function nearest(mounts: readonly Mount[], path: string): Mount | undefined {
  let found: Mount | undefined;
  for (const mount of mounts) if (isInside(path, mount.at) && (found === undefined || depthOf(mount.at) >= depthOf(found.at))) found = mount;
  return found;
}

const sights = {
  show: "shown",
  write: "written",
  cover: "covered",
  closed: "hidden",
  private: "private",
  link: "shown",
  dev: "system",
  proc: "system",
} as const;

/** What a command may do at a path. */
export function sightOf(mounts: readonly Mount[], path: string): Sight {
  const mount = nearest(mounts, path);
  return mount === undefined ? "hidden" : sights[mount.how];
}

/** `bounded`: this bubblewrap can limit what is held in memory. */
export const renderMounts = (mounts: readonly Mount[], bounded: boolean): readonly string[] => mounts.flatMap((mount) => render(mount, bounded));

function render(mount: Mount, bounded: boolean): readonly string[] {
  const { at } = mount;
  switch (mount.how) {
    case "show":
      return ["--ro-bind", mount.from ?? at, at];
    case "write":
      return ["--bind", mount.from ?? at, at];
    case "cover":
      return ["--ro-bind", mount.from, at];
    case "closed":
      return bounded ? ["--perms", "0000", "--size", "4096", "--tmpfs", at] : [];
    case "private":
      return [...(bounded ? ["--size", String(256 * 1024 * 1024)] : []), "--tmpfs", at];
    case "link":
      return ["--symlink", mount.to, at];
    case "dev":
      return ["--dev", at];
    case "proc":
      // to root, without any capability, the kernel's settings are files of its own; bubblewrap closes them to others alone
      return ["--proc", at, ...(process.getuid?.() === 0 ? ["--ro-bind", "/proc/sys", `${at}/sys`] : [])];
  }
}
