// What is put around a program that stays for a session, such as a plugin: narrower than what commands have, since nobody
// reads what it does next. It sees the project, the system's folders, the tool chains on PATH and its own folder; of the home,
// of secrets in the project and of the rest it sees nothing.
//
// Invariants
//  S1  In "read-only" nothing is written that outlives it, and there is no network.
//  S2  In "workspace" the project is written but for what only a person changes.
//  S3  A view that can't be made is not replaced by a wider one.
import { join } from "node:path";
import { messageOf } from "../../base/index.ts";
import type { Cages } from "../cage.ts";
import type { Machine } from "../machine.ts";
import type { RunFolder } from "../runs.ts";
import { findGitFolders } from "./git-folders.ts";
import { arrangeMounts, type Mount } from "./mounts.ts";
import { type Probed, probe } from "./probe.ts";
import { capabilitiesOf, readOnlyBase, readOnlyMounts, type SandboxPlace, viewOf } from "./profiles.ts";
import { kindSafely, realOf } from "./real.ts";
import type { Closed } from "./sandbox.ts";
import { makeNothing } from "./sandbox.ts";
import { createSecretFinder } from "./secrets.ts";
import { createMakings, findTargets } from "./targets.ts";

export interface ProgramSandboxRequest extends SandboxPlace {
  /** bosun's own folder. */
  readonly own: string;
  readonly profile: Closed;
  readonly network: boolean;
  /** What else it may read: where it is installed. */
  readonly show: readonly string[];
  readonly isSecret: (path: string) => boolean;
  /** Where it is noted what is made in the project while it runs, so that a crash leaves nothing there for good. */
  readonly run: RunFolder | null;
  readonly cages: Cages;
  readonly machine: Machine;
}

export interface ProgramView {
  readonly program: string;
  /** Arguments of bubblewrap. */
  readonly view: readonly string[];
  /** Nothing of it runs any more. */
  end(): void;
}

/** Where names of hosts are looked up, should that be a link to here. */
const resolvers = ["/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager"];

/** `why`: no sandbox works on this machine. `refused`: this one could not be made. */
export function arrangeProgram(request: ProgramSandboxRequest): ProgramView | { readonly why: string } | { readonly refused: string } {
  const { cages, machine, profile } = request;
  const own = realOf(request.own) ?? request.own;
  const place = { ...request, own, root: realOf(request.root) ?? request.root, home: realOf(request.home) ?? request.home };
  const folder = join(own, "sandbox");
  const found: Probed = probe({ cages, folder, machine });
  if ("why" in found) return found;
  try {
    const nothing = makeNothing(machine, folder);
    const secrets = createSecretFinder(place.root, request.isSecret).find(place.root);
    const seen = readOnlyMounts(readOnlyBase(place, nothing), place, secrets, nothing);
    const { mounts, end } = profile === "workspace" ? writable(place, seen) : { mounts: seen, end: () => undefined };
    const resolving = request.network ? resolvers.filter((at) => kindSafely(at) === "folder") : [];
    const shown = [...resolving, ...request.show].flatMap((path): readonly Mount[] => {
      const at = realOf(path);
      return at === null ? [] : [{ how: "show", at }];
    });
    const around = { network: request.network, capabilities: capabilitiesOf(profile, place.root) };
    return { program: found.program, view: viewOf(arrangeMounts([...mounts, ...shown]), around, found.abilities), end };
  } catch (error) {
    return { refused: `its sandbox could not be prepared: ${messageOf(error)}` };
  }
}

function writable(place: ProgramSandboxRequest, seen: readonly Mount[]): { readonly mounts: readonly Mount[]; end(): void } {
  const guarded = findTargets({ ...place, git: findGitFolders(place.root) });
  const { mounts: targets, end } = createMakings(place.machine).begin(guarded, place.run);
  const covers = seen.filter(({ how }) => how === "cover");
  return { mounts: arrangeMounts([...seen, { how: "write", at: place.root }, ...targets, ...covers]), end };
}
