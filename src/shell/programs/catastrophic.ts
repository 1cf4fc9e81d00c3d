// Targets whose loss nobody means: the root, the home folder, the system's folders, git's store, disks.
import { posix } from "node:path";
import type { Value } from "../value.ts";
import type { Line, Report } from "./program.ts";

const systemFolder =
  /^\/(?:bin|boot|dev|etc|home|lib|lib32|lib64|libx32|mnt|media|opt|proc|root|run|sbin|srv|sys|usr|var|usr\/(?:bin|lib|lib64|local|sbin|share|include)|var\/(?:lib|log|cache|spool)|etc\/[^/]+|(?:home|Users)\/[^/]+|Applications|Library|System|Users|Volumes|private|cores|nix|snap)$/;
const device = /^\/dev\/(?:sd|hd|vd|xvd|nvme|mmcblk|disk|rdisk|mapper\/|md|dm-|loop|ram|mtd|nbd|zd|sr|fd|mem$|kmem$|port$|core$)/;

/** A disk or the memory, written to as a whole. */
export const isDisk = (path: string): boolean => device.test(posix.normalize(path));

/** What it would be the end of, in words; null: nothing that is known. Paths are absolute or relative to `folders`. */
export function lossOf(value: Value, folders: readonly string[] | null, home: string | undefined): string | null {
  switch (value.kind) {
    case "any-of":
      return value.values.map((each) => lossOf(each, folders, home)).find((loss) => loss !== null) ?? null;
    case "literal":
      return lossOfPath(value.text, folders, home);
    case "glob": {
      // "/*" and "~/.*" empty the folder itself; "*.o" does not. A pattern for folders below is taken by what it begins with.
      const rest = value.pattern.replaceAll("\\", "").slice(value.prefix.lastIndexOf("/") + 1);
      const folder = value.prefix.slice(0, value.prefix.lastIndexOf("/") + 1);
      if (folder === "" && /^\.g(?:it|i\?|\*)/.test(rest)) return "git's store";
      if (folder === "") return /^[.*?[\]!]+$/.test(rest) ? lossOfPath(".", folders, home) : null;
      return /^[.*?![\]]*$/.test(rest) || folder === "/" ? lossOfPath(folder, folders, home) : null;
    }
    case "unknown":
      return null;
  }
}

function lossOfPath(text: string, folders: readonly string[] | null, home: string | undefined): string | null {
  if (text === "") return null;
  for (const folder of text.startsWith("/") ? ["/"] : (folders ?? [])) {
    const path = posix.resolve(folder, text);
    if (path === "/") return "the whole disk";
    if (path === home || home?.startsWith(`${path}/`) === true) return "the home folder";
    if (systemFolder.test(path)) return `the system's folder ${path}`;
    if (/\/\.git$/.test(path)) return "git's store";
    if (isDisk(path)) return "a disk";
  }
  // An absolute path through nothing known, and names that are plain whatever the folder.
  return /(?:^|\/)\.git\/*$/.test(text) ? "git's store" : null;
}

/** Refuses a command that would destroy one of these. */
export function refusesLoss(line: Line, report: Report, targets: Line["operands"], verb: string): void {
  for (const { value, span } of targets) {
    const loss = lossOf(value, line.folders, line.home);
    if (loss !== null) report.finding("catastrophic", "never", `it ${verb} ${loss}`, span);
  }
}
