// The sandbox that corpus rows run in: bubblewrap, no network, a clean environment, the world at fixed places.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/** Where the world stands for those inside. */
export const homeInside = "/mnt/dev";
export const projectInside = "/mnt/dev/code/harbour";
/** The three folders of a world that a row can change, and where they stand inside. */
export const worldFolders: readonly (readonly [name: string, inside: string])[] = [
  ["home", homeInside],
  ["archive", "/mnt/archive"],
  ["tmp", "/tmp"],
];

/** A world: its folders, and what of it a row takes for the home and the project. */
export interface World {
  readonly folders: typeof worldFolders;
  readonly home: string;
  readonly project: string;
}
export const harbour: World = { folders: worldFolders, home: homeInside, project: projectInside };

/** Toolchains below somebody's home folder, which the sandbox doesn't show: found once, shown read-only. */
const toolchain = (() => {
  const root = spawnSync("rustc", ["--print", "sysroot"], { encoding: "utf8" }).stdout?.trim() ?? "";
  return root !== "" && existsSync(join(root, "bin/cargo")) ? root : null;
})();

export const sandboxLine = (folder: string, line: readonly string[], extra: readonly string[] = []): string[] => lineOf(harbour, folder, line, extra, alone);

/** A /proc of its own. */
const alone = { proc: ["--proc", "/proc"], apart: ["--unshare-all"] };
/** The /proc of the namespace that it is in: else no sandbox inside of it could have one of its own. */
const nested = { proc: ["--bind", "/proc", "/proc"], apart: ["--unshare-user", "--unshare-ipc", "--unshare-net", "--unshare-uts"] };

/** A line for `unshare`: the same world, in which bosun's own sandbox can be made as on any machine. */
export const outerLine = (world: World, folder: string, line: readonly string[], extra: readonly string[] = []): string[] => [
  ...["--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "--", "bwrap"],
  ...lineOf(world, folder, line, extra, nested),
];

function lineOf({ folders, home, project }: World, folder: string, line: readonly string[], extra: readonly string[], { proc, apart }: typeof alone): string[] {
  const path = ["/usr/local/bin", "/usr/bin", "/bin", ...(toolchain === null ? [] : ["/mnt/toolchain/bin"])].join(":");
  const environment = { PATH: path, HOME: home, TERM: "xterm", LANG: "C.UTF-8", SHELL: "/bin/bash", USER: "dev" };
  return [
    ...["--ro-bind", "/", "/", "--dev", "/dev", ...proc, "--tmpfs", "/mnt", "--tmpfs", "/root"],
    ...folders.flatMap(([name, inside]) => ["--bind", join(folder, name), inside]),
    ...(toolchain === null ? [] : ["--ro-bind", toolchain, "/mnt/toolchain"]),
    ...[...apart, "--uid", "1000", "--gid", "1000", "--die-with-parent", "--new-session", "--chdir", project, "--clearenv"],
    ...Object.entries(environment).flatMap(([name, value]) => ["--setenv", name, value]),
    ...extra,
    ...line,
  ];
}

/** For a line inside that runs a file of this repository: `extra` of the sandbox, and the line. */
export const bosunBinds: readonly string[] = ["--ro-bind", resolve(import.meta.dirname, "../../.."), "/mnt/bosun", "--ro-bind", process.execPath, "/mnt/node"];
export const bosunLine = (file: string, ...words: readonly string[]): string[] => ["/mnt/node", join("/mnt/bosun", file), ...words];

/** Where a row's programs are looked for, on this side. */
export const programFolders: readonly string[] = ["/usr/local/bin", "/usr/bin", "/bin", ...(toolchain === null ? [] : [join(toolchain, "bin")])];

const has = (program: string): boolean => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

/** Why rows can't be run here, or null. */
export const missingSandbox: string | null = (() => {
  if (process.platform !== "linux") return "rows run under bubblewrap, which is for Linux";
  if (!has("bwrap")) return "bubblewrap is not installed: apt-get install bubblewrap";
  const probe = spawnSync("bwrap", ["--ro-bind", "/", "/", "--unshare-all", "true"], { encoding: "utf8" });
  return probe.status === 0 ? null : `bubblewrap does not work here: ${probe.stderr.trim()}`;
})();
export const hasZsh = has("zsh");
export const hasStrace = has("strace");
