// The system's own folders, as far as programs need them.
import * as fs from "node:fs";
import type { Mount } from "./mounts.ts";

const shown = [
  ...["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix", "/gnu", "/snap", "/run/current-system"],
  // what is installed, for package managers that are only asked
  ...["/var/lib/dpkg", "/var/lib/apt", "/var/lib/rpm", "/var/lib/pacman", "/usr/lib/sysimage"],
  "/sys/devices/system",
];
/** Where a system has a link in place of a folder, paths through it go on to lead there. */
const links = ["/home", "/root", "/tmp"];

/** Read by root only, who is not told apart by the file's mode. */
const secrets = ["/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers", "/etc/sudoers.d", "/etc/ssl/private", "/etc/security/opasswd"];

const known = new Map<string, readonly Mount[]>();

/** Looked for once. `/etc/resolv.conf` and its like may be links to nowhere in this view: there is no network either. */
export function systemMounts(nothing: Nothing): readonly Mount[] {
  const before = known.get(nothing.folder);
  if (before !== undefined) return before;
  const made = [
    ...shown.flatMap((at): readonly Mount[] => look(at, true)),
    ...links.flatMap((at) => look(at, false)),
    ...[...secrets, ...hostKeys()].flatMap((at) => coverIfReadable(at, nothing)),
  ];
  known.set(nothing.folder, made);
  return made;
}

/** What stands in the place of a secret. */
export interface Nothing {
  readonly file: string;
  readonly folder: string;
}

function look(at: string, showFolders: boolean): readonly Mount[] {
  try {
    if (fs.lstatSync(at).isSymbolicLink()) return [{ how: "link", at, to: fs.readlinkSync(at) }];
    return showFolders ? [{ how: "show", at }] : [];
  } catch {
    return [];
  }
}

function hostKeys(): readonly string[] {
  try {
    return fs.readdirSync("/etc/ssh").flatMap((name) => (/^ssh_host_.*_key$/.test(name) ? [`/etc/ssh/${name}`] : []));
  } catch {
    return [];
  }
}

function coverIfReadable(at: string, nothing: Nothing): readonly Mount[] {
  try {
    fs.accessSync(at, fs.constants.R_OK);
    return [{ how: "cover", at, from: fs.statSync(at).isDirectory() ? nothing.folder : nothing.file }];
  } catch {
    return [];
  }
}
