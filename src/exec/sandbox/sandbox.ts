// What is put around commands, by profile: read-only for what was proved to read, workspace for what was allowed.
//
// Owns: the views of the file system. Calls: profiles, targets, secrets, probe, walls.
// Invariants
//  B1  A profile is whole or the command does not run: where the machine can make sandboxes, a view that can't be made is
//      refused with the reason, never replaced by a wider one.
//  B2  In read-only nothing is written that outlives the command, nothing outside the project and the system's folders is
//      seen but that folders which links of the project name are there, closed; and there is no network.
//  B3  What only a person changes can't be written in workspace, nor made where it is missing.
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../base/index.ts";
import { trialOf } from "../bash.ts";
import type { Cages } from "../cage.ts";
import { type Machine, removeQuietly } from "../machine.ts";
import type { RunFolder } from "../runs.ts";
import { findGitFolders } from "./git-folders.ts";
import { type Mount, sightOf } from "./mounts.ts";
import { type Probed, probe, type SandboxState } from "./probe.ts";
import { type Abilities, capabilitiesOf, type ReadOnlyBase, readOnlyBase, readOnlyMounts, type SandboxPlace, viewOf, workspaceMounts } from "./profiles.ts";
import { realOf } from "./real.ts";
import { createSecretFinder } from "./secrets.ts";
import type { Nothing } from "./system-folders.ts";
import { createMakings, findNew, findTargets, guardedPaths } from "./targets.ts";
import type { Wall } from "./walls.ts";

/** "open": the namespace alone, the file system as it is. */
export type Profile = "read-only" | "workspace" | "open";
export type Closed = Exclude<Profile, "open">;

export interface SandboxSettings extends SandboxPlace {
  /** bosun's own folder: what is remembered of this machine, and what stands in the place of secrets. */
  readonly own: string;
  /** The session's /tmp: made when it is needed, kept from call to call. */
  readonly temporary: string;
  /** In workspace. */
  readonly network: boolean;
  /** Folders that workspace may write besides the project; `~` is the home. */
  readonly writable: readonly string[];
  readonly isSecret: (path: string) => boolean;
  readonly cages: Cages;
  readonly machine: Machine;
}

/** What a call is put into. */
export interface Arrangement {
  readonly profile: Closed;
  readonly program: string;
  /** Arguments of bubblewrap. */
  readonly view: readonly string[];
  readonly mounts: readonly Mount[];
  readonly network: boolean;
  environment(from: Readonly<Record<string, string>>): Readonly<Record<string, string>>;
  /** What it made that it should not have, so far. */
  after(): readonly Wall[];
  /** Nothing of it runs any more. */
  end(): void;
}

export interface Sandbox {
  readonly settings: SandboxSettings;
  /** Of the machine; found out at the first question. */
  state(): SandboxState;
  /** `why`: no sandbox works on this machine. `refused`: the command must not run. */
  arrange(profile: Closed, cwd: string, run: RunFolder | null): Arrangement | { readonly why: string } | { readonly refused: string };
  /** After a view could not be made: what bubblewrap says, and the next move; null: the machine makes none any more, which `state` says. */
  whyNot(arrangement: Arrangement): string | null;
  /** What only the person changes, for a sandbox that takes names. */
  guarded(): readonly string[];
  /** The session's /tmp goes. */
  close(): void;
}

/** Not for commands that only read: words for somebody else's door. */
const withoutNetwork = /^(?:https?|no|all)_proxy$/i;
const placesOfOthers = new Set(["XDG_RUNTIME_DIR", "TMPDIR"]);

export function createSandbox(given: SandboxSettings): Sandbox {
  const settings = { ...given, root: realOf(given.root) ?? given.root, home: realOf(given.home) ?? given.home, own: realOf(given.own) ?? given.own };
  const { machine, own, root } = settings;
  const folder = join(own, "sandbox");
  const makings = createMakings(machine);
  const secrets = createSecretFinder(root, settings.isSecret);
  let probed: Probed | null = null;
  let nothing: Nothing | null = null;
  let base: ReadOnlyBase | null = null;
  let hasTemporary = false;
  const look = (): Probed => {
    probed ??= probe({ cages: settings.cages, folder, machine });
    return probed;
  };
  const readOnly = (abilities: Abilities, cwd: string): Pick<Arrangement, "view" | "mounts"> => {
    nothing ??= makeNothing(machine, folder);
    base ??= readOnlyBase(settings, nothing);
    const mounts = readOnlyMounts(base, settings, secrets.find(cwd), nothing);
    return { mounts, view: viewOf(mounts, { network: false, capabilities: capabilitiesOf("read-only", root) }, abilities) };
  };
  const workspace = (abilities: Abilities, run: RunFolder | null): Pick<Arrangement, "view" | "mounts" | "after" | "end"> => {
    if (!hasTemporary) makeTemporary(machine, settings.temporary);
    hasTemporary = true;
    const guarded = findTargets({ ...settings, git: findGitFolders(root) });
    const { mounts: targets, end } = makings.begin(guarded, run);
    const mounts = workspaceMounts(settings, { targets, temporary: settings.temporary, writable: settings.writable });
    return {
      mounts,
      view: viewOf(mounts, { network: settings.network, capabilities: capabilitiesOf("workspace", root) }, abilities),
      after: () => findNew(guarded),
      end,
    };
  };
  return {
    settings,
    state() {
      const found = look();
      return "why" in found ? { works: false, why: found.why } : { works: true };
    },
    arrange(profile, cwd, run) {
      const found = look();
      if ("why" in found) return found;
      const { program, abilities } = found;
      try {
        const made = { after: () => [], end: () => undefined, ...(profile === "read-only" ? readOnly(abilities, cwd) : workspace(abilities, run)) };
        const sight = sightOf(made.mounts, realOf(cwd) ?? cwd);
        if (sight !== "shown" && sight !== "written") {
          made.end();
          return {
            refused: `The working folder ${cwd} can't be seen by a command that only reads: it is outside the project ${root}. Go back with cd ${root}.`,
          };
        }
        const network = profile === "workspace" && settings.network;
        const drops = (name: string) => placesOfOthers.has(name) || (!network && withoutNetwork.test(name));
        return { profile, program, network, ...made, environment: (from) => Object.fromEntries(Object.entries(from).filter(([name]) => !drops(name))) };
      } catch (error) {
        return { refused: `The sandbox of this command could not be prepared: ${messageOf(error)}.` };
      }
    },
    whyNot({ program, view, profile }) {
      removeQuietly(machine, join(folder, "probe.json"));
      probed = null;
      if ("why" in look()) return null;
      const says = machine.runToEnd(program, trialOf(view));
      const words = (says ?? "").trim().split("\n")[0]?.slice(0, 300) || "it gave no reason";
      return `Nothing of it ran: the ${profile} sandbox of this project could not be made. bubblewrap says: ${words}. Mend what it names, or have the command allowed without a sandbox.`;
    },
    guarded: () => guardedPaths({ ...settings, git: findGitFolders(root) }),
    close() {
      if (hasTemporary) removeQuietly(machine, settings.temporary);
      hasTemporary = false;
    },
  };
}

/** A file that nobody may read and a folder without content. Where they can't be made, a device that can't be opened. */
export function makeNothing(machine: Machine, folder: string): Nothing {
  const nothing = { file: join(folder, "nothing"), folder: join(folder, "empty") };
  try {
    machine.makeFolder(nothing.folder);
    machine.put(nothing.file, "");
    chmodSync(nothing.file, 0);
    return nothing;
  } catch {
    return { file: realOf(nothing.file) ?? "/dev/null", folder: realOf(nothing.folder) ?? "/dev/null" };
  }
}

/** As /tmp is: its folder above is private. */
function makeTemporary(machine: Machine, path: string): void {
  machine.makeFolder(path);
  chmodSync(path, 0o1777);
}
