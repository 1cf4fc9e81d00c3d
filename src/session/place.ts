// Where the work is and where its sessions live.
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { BosunError, messageOf, type Outcome, rememberSecretsOf } from "../base/index.ts";
import { findRepository, sha256 } from "../exec/index.ts";

export interface Place {
  readonly cwd: string;
  readonly root: string;
  readonly home: string;
  readonly sessionsFolder: string;
}

/** Where the work is and where its sessions live. `folder-unreadable` when the working folder is none. */
export function findPlace(
  options: { readonly cwd?: string; readonly home?: string },
  environment: Readonly<Record<string, string | undefined>>,
): Outcome<Place> {
  const asked = resolve(options.cwd ?? process.cwd());
  try {
    if (!statSync(asked).isDirectory()) return { ok: false, error: new BosunError("folder-unreadable", `${asked} is not a folder.`) };
    accessSync(asked, constants.R_OK | constants.X_OK);
    const cwd = realpathSync.native(asked);
    const root = findRepository(cwd)?.root ?? cwd;
    rememberSecretsOf(root);
    const home = homeOf(options, environment);
    return { ok: true, value: { cwd, root, home, sessionsFolder: join(home, "projects", projectSlug(root)) } };
  } catch (error) {
    return { ok: false, error: new BosunError("folder-unreadable", `The working folder ${asked} cannot be read: ${messageOf(error)}.`, { cause: error }) };
  }
}

/** Where everything of bosun lives: `$BOSUN_HOME`, absolute. */
export const homeOf = ({ home }: { readonly home?: string }, environment: Readonly<Record<string, string | undefined>>): string =>
  resolve(home ?? environment["BOSUN_HOME"] ?? join(homedir(), ".bosun"));

/** Folder name of a project: readable, and different for every root. */
export function projectSlug(root: string): string {
  const name = basename(root)
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .slice(0, 40);
  return `${name || "root"}-${sha256(root).slice(0, 10)}`;
}
