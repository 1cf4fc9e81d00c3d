// The two profiles as macOS's sandbox-exec takes them. Written from its public documentation and tested as text; not run on a Mac.

export interface SeatbeltPlace {
  readonly root: string;
  readonly home: string;
  /** The session's folder for temporary files. */
  readonly temporary: string;
  /** Folders that programs on PATH need. */
  readonly tools: readonly string[];
  /** Files and folders of the project that hold secrets. */
  readonly secrets: readonly string[];
  /** Files and folders that only the person changes, also those that are missing. */
  readonly guarded: readonly string[];
  readonly writable: readonly string[];
  readonly network: boolean;
}

const systemFolders = ["/usr", "/bin", "/sbin", "/System", "/Library", "/opt", "/nix", "/private/etc", "/private/var/db", "/private/var/select", "/dev"];
const devices = ["/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/stdout", "/dev/stderr", "/dev/dtracehelper"];

/** A string of the profile language. Control characters have no place in it. */
function quote(path: string): string {
  if (/[\p{Cc}]/u.test(path)) throw new Error(`the path ${JSON.stringify(path)} holds a control character, which a sandbox profile of macOS can't name`);
  return `"${path.replace(/["\\]/g, "\\$&")}"`;
}
const below = (paths: readonly string[]): string => paths.map((path) => `  (subpath ${quote(path)})`).join("\n");
const rule = (verb: string, what: string, paths: readonly string[]): readonly string[] => (paths.length === 0 ? [] : [`(${verb} ${what}\n${below(paths)})`]);

/** Later rules win. */
const common = [
  "(version 1)",
  "(deny default)",
  "(allow process-exec*)",
  "(allow process-fork)",
  "(allow process-info* (target same-sandbox))",
  "(allow signal (target same-sandbox))",
  "(allow sysctl-read)",
  "(allow file-read-metadata)",
  '(allow mach-lookup (global-name "com.apple.system.opendirectoryd.libinfo") (global-name "com.apple.system.notification_center"))',
  "(allow pseudo-tty)",
  "(allow ipc-posix-sem)",
];

export function readOnlySeatbelt({ root, home, temporary, tools, secrets }: SeatbeltPlace): string {
  return [
    ...common,
    '(allow file-read-data (literal "/"))',
    ...rule("allow", "file-read*", [...systemFolders, ...tools, `${home}/.gitconfig`, `${home}/.config/git`, root, temporary]),
    ...rule("allow", "file-write*", [...devices, temporary]),
    ...rule("deny", "file-read-data", secrets),
    ...rule("deny", "file-write*", [root]),
    "(deny network*)",
    "",
  ].join("\n");
}

export function workspaceSeatbelt({ root, temporary, guarded, writable, network }: SeatbeltPlace): string {
  return [
    ...common,
    "(allow file-read*)",
    "(allow mach-lookup)",
    ...rule("allow", "file-write*", [...devices, root, temporary, ...writable]),
    ...rule("deny", "file-write*", guarded),
    // what is guarded could else be moved away with the folder it is in
    ...parentsOf(guarded, root).map((path) => `(deny file-write-unlink (literal ${quote(path)}))`),
    network ? "(allow network*)" : "(deny network*)",
    "",
  ].join("\n");
}

/** Folders between the root and what is guarded, and the root itself. */
function parentsOf(guarded: readonly string[], root: string): readonly string[] {
  const found = new Set([root]);
  for (const path of guarded) {
    if (!path.startsWith(`${root}/`)) continue;
    const names = path.slice(root.length + 1).split("/");
    for (let count = 1; count < names.length; count++) found.add(`${root}/${names.slice(0, count).join("/")}`);
  }
  return [...found];
}
