// Which files of a working tree changed since a moment: evidence for what a command did that nobody saw the end of.
import { lstatSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { findRepository } from "./git.ts";
import { type Machine, nodeMachine } from "./machine.ts";
import { runProgram } from "./program.ts";

export interface ChangedFiles {
  /** Relative to the tree, at most `most`, latest first. */
  readonly files: readonly string[];
  readonly count: number;
  /** Folders where something was added or taken away, and no file in it is among `files`. */
  readonly folders: readonly string[];
  /** Of git's own state: index, HEAD. */
  readonly git: readonly string[];
  readonly lookedAt: number;
  /** False: not all could be looked at in the time. */
  readonly whole: boolean;
}

export interface ChangeScan {
  readonly root: string;
  /** Milliseconds since 1970, by the clock of the file system. */
  readonly since: number;
  /** Path of ripgrep: it knows what git ignores and runs nothing of the repository. */
  readonly ripgrep: () => Promise<string>;
  readonly most?: number;
  /** Files looked at, and milliseconds for all of it. */
  readonly mostLooks?: number;
  readonly timeout?: number;
  readonly machine?: Machine;
}

export async function findChangedFiles(scan: ChangeScan): Promise<ChangedFiles> {
  const { root, since, most = 20, mostLooks = 20_000, timeout = 1000 } = scan;
  const until = performance.now() + timeout;
  const listed = await listFiles(scan, mostLooks, timeout * 0.6);
  const changed: { readonly path: string; readonly at: number }[] = [];
  const folders = new Set<string>([""]);
  let lookedAt = 0;
  for (const path of listed.paths) {
    if (performance.now() > until) break;
    lookedAt += 1;
    const at = changeOf(join(root, path));
    if (at !== null && at >= since) changed.push({ path, at });
    for (let folder = dirname(path); folder !== "." && !folders.has(folder); folder = dirname(folder)) folders.add(folder);
  }
  changed.sort((left, right) => right.at - left.at);
  const homes = new Set(changed.map(({ path }) => (dirname(path) === "." ? "" : dirname(path))));
  const emptied = [...folders].filter((folder) => !homes.has(folder) && performance.now() < until && (changeOf(join(root, folder)) ?? 0) >= since);
  return {
    files: changed.slice(0, most).map(({ path }) => path),
    count: changed.length,
    folders: emptied.slice(0, most).map((folder) => folder || "."),
    git: gitChanges(root, since),
    lookedAt,
    whole: listed.whole && lookedAt === listed.paths.length,
  };
}

async function listFiles(
  { root, ripgrep, machine = nodeMachine }: ChangeScan,
  most: number,
  timeout: number,
): Promise<{ readonly paths: readonly string[]; readonly whole: boolean }> {
  const options = ["--files", "--hidden", "--null", "--no-config", "--glob", "!.git", "--glob", "!node_modules"];
  let text = "";
  let count = 0;
  const decoder = new TextDecoder();
  const outcome = await runProgram({
    program: await ripgrep().catch(() => "rg"),
    arguments: [...options, "--", "."],
    cwd: root,
    environment: {},
    timeout,
    machine,
    signal: new AbortController().signal,
    onOutput(chunk) {
      text += decoder.decode(chunk, { stream: true });
      for (const byte of chunk) if (byte === 0) count += 1;
      return count < most;
    },
  });
  const paths = text
    .split("\0")
    .slice(0, -1)
    .slice(0, most)
    .map((path) => path.replace(/^\.\//, ""));
  return { paths, whole: outcome.ended === "exited" && outcome.exitCode !== 2 };
}

/** The later of the times of content and of name and mode, since tools set the first one as they like. */
function changeOf(path: string): number | null {
  try {
    const { mtimeMs, ctimeMs } = lstatSync(path);
    return Math.max(mtimeMs, ctimeMs);
  } catch {
    return null;
  }
}

function gitChanges(root: string, since: number): readonly string[] {
  const folder = findRepository(root)?.gitFolder;
  if (folder === undefined) return [];
  return ["HEAD", "index", "logs/HEAD"].filter((name) => {
    try {
      return statSync(join(folder, name)).mtimeMs >= since;
    } catch {
      return false;
    }
  });
}
